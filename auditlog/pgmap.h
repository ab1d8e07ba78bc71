/*
 * The map of an import (INI, inih): who a database user is, for the ledger.
 *
 *     [user nco_analyst]
 *     client = nco            client folder, relative to the map file
 *     unit = nco-2            client, unit and actor must be given;
 *     actor = p-4711          authority, purpose and role may be
 *     authority = A-17
 *     purpose = threat-analysis
 *     database_user = ...     the user's name where a section's name cannot be it
 *
 *     [zones]
 *     CET = +01:00            abbreviations that log_timezone gives; UTC, GMT, JST and
 *                             numeric ones are known
 */
#ifndef KEIIN_AUDITLOG_PGMAP_H
#define KEIIN_AUDITLOG_PGMAP_H

#include "core/bytes.h"

#define PGMAP_USERS_MAX 10000
#define PGMAP_ZONES_MAX 64

struct pgmap_user {
    char *name, *client; /* `client` with the map's folder before it */
    char *unit, *actor, *authority, *purpose, *role; /* NULL when not given */
};

struct pgmap_zone {
    char *name;
    char offset[8]; /* "+09:00", or "Z" */
};

struct pgmap {
    struct pgmap_user *users;
    size_t user_count;
    struct pgmap_zone zones[PGMAP_ZONES_MAX];
    size_t zone_count;
};

/* Reads and checks all of it. KEIIN_EUSAGE with what is wrong; KEIIN_EABSENT and so on. */
int pgmap_read(const char *path, struct pgmap *out, struct why *why) KEIIN_MUST_USE;
void pgmap_destroy(struct pgmap *map);

const struct pgmap_user *pgmap_find(const struct pgmap *map, struct span user);

/* Time of column 1, such as "2026-11-22 01:19:39.681 UTC". False when the zone is not known. */
bool pgmap_time(const struct pgmap *map, struct span text, uint64_t *ms);

#endif
