/*
 * What two accounts of one statement are compared by: the record that an import makes of it,
 * and the one that a ledger holds. Pure.
 */
#ifndef KEIIN_AUDITLOG_PGKEY_H
#define KEIIN_AUDITLOG_PGKEY_H

#include "core/bytes.h"

#define PGKEY_BYTES 16 /* of each hash: half a SHA-256 */

struct pgkey {
    uint8_t id[PGKEY_BYTES]; /* of `id` */
    uint8_t said[PGKEY_BYTES]; /* of all that the log says but the statement's text */
    uint8_t user[PGKEY_BYTES]; /* of who the map says it was, and why */
    uint8_t statement[PGKEY_BYTES]; /* of the digest of the text; zero when there is none */
    bool has_statement;
};

/*
 * The key of a well-formed record; the salt has no part in it. False when it has no id.
 * *at gets its time (ms); *id, *action and *actor are borrowed from the record, empty when absent.
 */
struct pgkey_facts {
    uint64_t at;
    struct span id, action, actor;
};
bool pgkey_of(struct span record, struct pgkey *out, struct pgkey_facts *facts);

/*
 * Whether an id is of the form that an import gives: "<hex>.<hex>.<line>", PostgreSQL's session
 * and a line of it. *session (may be NULL) is borrowed: what stands before the last dot.
 */
bool pgkey_id_form(struct span id, struct span *session);

#endif
