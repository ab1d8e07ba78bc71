/*
 * An import of a PostgreSQL audit log: read twice, first for what is wrong and who is in it,
 * then into records. One thread.
 */
#ifndef KEIIN_CLIENT_IMPORT_H
#define KEIIN_CLIENT_IMPORT_H

#include "auditlog/logfile.h"
#include "auditlog/pgrecord.h"
#include "client/client_internal.h"
#include "client/imported.h"
#include "system/cli.h"

struct import_options {
    const char *map_path;
    const char *digest_key_path; /* NULL: statements get no digest */
    const char *log_path; /* "-": standard input */
    bool final; /* the log is finished: nothing is held back for the next run */
    uint64_t timeout_ms;
    size_t batch_records_max;
    size_t row_bytes_max;
};

/* A client folder that mapped users of the log share. */
struct import_client {
    const char *folder; /* borrowed from the map */
    struct keiin *keiin;
    struct imported *imported;
};

struct import {
    struct pgmap map;
    struct import_client *clients; /* of users that are in the log */
    size_t client_count;
    bool *used; /* users of the map that are in the log */
    uint8_t *digest_key; /* 32 bytes, locked memory; or NULL */
    struct logfile log;
    uint64_t log_bytes; /* up to the end of the last whole row */
    struct buf unmapped; /* their names, made visible, ", " between */
    size_t unmapped_count;
    struct keiin_record *record;
    struct progress progress;

    /* Counts, of the whole log. */
    uint64_t rows, audit_rows, denied_rows, other_rows, forged_rows, torn_rows;
    uint64_t first_forged_row;
    struct pg_counts pg;
    uint64_t events_held;
    uint64_t records_sent, records_there, records_changed;
    char first_changed_id[96];
    struct span torn_session; /* borrowed from `torn` */
    char torn[65];
};

/* The first pass's rules, the clients' and the second pass's; each stops at its first error. */
int import_open(
    struct import *import, const struct import_options *options, struct why *why) KEIIN_MUST_USE;
/* Reads all, sends nothing. KEIIN_EUSAGE when users are not mapped: they are in `unmapped`. */
int import_survey(
    struct import *import, const struct import_options *options, struct why *why) KEIIN_MUST_USE;
/* Opens the folders and settles what is pending in them. */
int import_open_clients(
    struct import *import, const struct import_options *options, struct why *why) KEIIN_MUST_USE;
/* Sends what is not there yet. */
int import_send(
    struct import *import, const struct import_options *options, struct why *why) KEIIN_MUST_USE;
void import_close(struct import *import);

#endif
