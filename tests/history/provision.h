/*
 * What leaves a data set: exports and copies, each with the data set that came of it, and
 * provisions with their receipts; abroad only after de-identification, and with a notice.
 */
#ifndef KEIIN_TESTS_HISTORY_PROVISION_H
#define KEIIN_TESTS_HISTORY_PROVISION_H

#include "tests/history/access.h"

struct recipient {
    const char *name, *kind;
    enum writer_id writer; /* of its receipts: its own, or WRITERS: the provider's */
};
extern const struct recipient recipients[];
extern const size_t recipient_count;

/* Recipients that an approval allows, or no limit. */
void provision_scope(struct random *random, enum writer_id writer, struct scope *scope);
/* An export from a data set that may be used until `until_ms`; perhaps it is provided then. */
void provision_put_export(struct history *h, const struct use_case *c, const struct seat *seat,
    const char *set, uint64_t until_ms, uint64_t when_ms, uint64_t count);
void provision_put_copy(struct history *h, const struct seat *seat, const char *set,
    uint64_t when_ms, uint64_t count);

/* One provision. */
struct provision {
    const struct seat *seat;
    const struct recipient *to;
    const char *dataset, *ref, *notice; /* notice NULL: none here */
    uint64_t count, when_ms;
};
/* Its records: given, received; not yet put. */
void provision_act(struct random *random, struct act *a, const struct provision *p);
void provision_receipt(struct act *a, const struct provision *p, uint64_t when_ms);
/* De-identification of a data set. */
void provision_deident(struct act *a, const struct seat *seat, const char *dataset,
    uint64_t when_ms, const char *action);

#endif
