/*
 * The record that a statement of an audit log becomes: what the log says of it, and what the
 * map says of its user. Whoever imports and whoever reconciles go by this one rule. Pure.
 */
#ifndef KEIIN_AUDITLOG_PGRECORD_H
#define KEIIN_AUDITLOG_PGRECORD_H

#include "auditlog/pgstatement.h"
#include "core/compose.h"

/*
 * Fills a record (cleared first); no salt, and with a user of NULL nothing of the map. KEIIN_EMALFORMED with the field; KEIIN_ENOMEM.
 */
int pgrecord_fill(struct keiin_record *record, const struct pg_event *event,
    const struct pgmap_user *user, struct why *why) KEIIN_MUST_USE;

#endif
