/* A record from one JSON object (jansson). Nothing is kept between calls; any thread. */
#ifndef KEIIN_CLIENT_JSONLINE_H
#define KEIIN_CLIENT_JSONLINE_H

#include "core/compose.h"

#define JSON_LINE_BYTES_MAX (1024 * 1024)

/*
 * Fills a cleared record. Refused are, with the field in `why`: duplicate names, real
 * numbers, null, false, unknown names, values of another type than the field's. Bytes are
 * {"hex": "..."}; times whole numbers or RFC 3339. Salt is not added here.
 * KEIIN_EMALFORMED, KEIIN_ENOMEM.
 */
int jsonline_read(struct span json, struct keiin_record *out, struct why *why) KEIIN_MUST_USE;

#endif
