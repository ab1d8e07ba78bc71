/*
 * The records that rules of severity high ask about: found in an audit of its own, since a finding may
 * name records that passed long before. One thread.
 */
#ifndef KEIIN_VERIFIER_URGENT_H
#define KEIIN_VERIFIER_URGENT_H

#include "verifier/rules/rules.h"
#include "verifier/verify/audited.h"

struct urgent;

/*
 * Audits SOURCE with the options of `like`, the rules listening. 0, or the exit status after a line
 * was printed; *out is NULL then.
 */
int urgent_find(const struct audited *like, const char *command, const char *where,
    const struct rules_limits *limits, struct urgent **out);
void urgent_free(struct urgent *u);

/* The checkpoint that was read; empty when there was none. */
struct span urgent_checkpoint(const struct urgent *u);
/* Whether another audit read the same and found the same. */
bool urgent_same(const struct urgent *u, const struct audit_result *other);

/* Appends the names of the rules that ask about a record, with spaces between; or nothing. */
void urgent_put(const struct urgent *u, uint64_t index, uint32_t position, struct buf *out);

#endif
