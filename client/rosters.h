/*
 * The rosters of a client folder, from the one that was trusted at init on. Each was
 * checked against the one before; new ones are fetched when a log key is not known. One thread.
 */
#ifndef KEIIN_CLIENT_ROSTERS_H
#define KEIIN_CLIENT_ROSTERS_H

#include "client/network.h"
#include "core/roster.h"
#include "system/disk.h"

struct rosters {
    struct roster **list; /* in order of serial, at least one */
    size_t count;
};

/* Reads and checks those of a folder. KEIIN_EDAMAGED; KEIIN_EABSENT when the first is gone. */
int rosters_open(const struct keiin_disk *disk, const char *folder, uint64_t first_serial,
    const struct hash *ledger_id, struct rosters *out, struct why *why) KEIIN_MUST_USE;
void rosters_close(struct rosters *rosters);
const struct roster *rosters_newest(const struct rosters *rosters);

/*
 * Fetches the successors that there are, checks and stores each. 0 also when there is none.
 * KEIIN_EUNKNOWN, KEIIN_EBUSY; KEIIN_EMALFORMED, KEIIN_ESIGNATURE or KEIIN_EMISMATCH for one
 * that does not rightly follow.
 */
int rosters_fetch_new(struct rosters *rosters, const struct keiin_disk *disk, const char *folder,
    const struct keiin_network *network, struct why *why) KEIIN_MUST_USE;

/*
 * Fetches the ancestors of a trusted roster down to serial 0, each of which must hash to what
 * its successor states. notes[0 .. serial - 1] get malloc'd bytes, also after a failure.
 * `ledger_id` is H(text of serial 0).
 */
int rosters_walk_back(const struct roster *trusted, const struct keiin_network *network,
    struct span *notes, struct hash *ledger_id, struct why *why) KEIIN_MUST_USE;

#endif
