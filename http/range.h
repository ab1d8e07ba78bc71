/* The Range header, single ranges of bytes (RFC 9110 section 14). Pure. */
#ifndef KEIIN_HTTP_RANGE_H
#define KEIIN_HTTP_RANGE_H

#include "core/bytes.h"

enum http_range {
    HTTP_RANGE_NONE, /* absent, of another unit, several or malformed: the whole is sent */
    HTTP_RANGE_PART, /* *first to *last, both included */
    HTTP_RANGE_BEYOND /* nothing of it is there: 416 */
};

/* `header` may be NULL. `size` is that of the whole. */
enum http_range http_range_parse(
    const char *header, uint64_t size, uint64_t *first, uint64_t *last);

#endif
