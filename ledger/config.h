/* The configuration of keiin-ledger (doc/man/keiin-ledger.8), with every bound of the server. */
#ifndef KEIIN_LEDGER_CONFIG_H
#define KEIIN_LEDGER_CONFIG_H

#include "core/bytes.h"

struct config {
    /* [ledger]: must be given */
    char *origin;
    char *data; /* folder */
    char *log_key;
    char *operator_key;
    char *instance; /* file; "": the data folder's name with ".instance" behind it */
    /* [http] */
    char *listen; /* "127.0.0.1:7380" */
    char *prefix; /* "" or "/name[/name...]", with a first slash and no last one */
    char *status_listen; /* "" is off */
    uint64_t connections_max;
    uint64_t connection_memory_bytes;
    uint64_t backlog;
    uint64_t idle_timeout_s;
    uint64_t request_timeout_s;
    uint64_t rate_bytes_min;
    /* [limits] */
    uint64_t map_bytes_max;
    uint64_t memory_bytes_max;
    uint64_t inflight_bytes_max;
    uint64_t reserve_percent;
    uint64_t queue_submissions_max;
    uint64_t queue_per_writer_max;
    uint64_t quota_bytes_per_s;
    uint64_t quota_submissions_per_s;
    uint64_t evidence_per_writer_max;
    uint64_t workers;
    /* [commit] */
    uint64_t group_entries_max;
    uint64_t group_bytes_max;
    uint64_t heartbeat_interval_s; /* 0: none */
};

/* Each commit of so many entries leaves the proof cache (ledger/edge.h) with as many behind it. */
#define GROUP_ENTRIES_MAX 4096

/*
 * The most private memory that the server takes under any load with these bounds; what
 * doc/man/keiin-ledger.8 says under MEMORY.
 */
uint64_t config_memory_bytes(const struct config *config);

/*
 * Reads and checks a configuration. KEIIN_EUSAGE with every error, one a line
 * ("line 3: ..."), in `errors`; KEIIN_EABSENT, KEIIN_EUNREADABLE; KEIIN_ENOMEM. config_destroy
 * is due in any case.
 */
int config_read(const char *path, struct config *out, struct buf *errors) KEIIN_MUST_USE;
void config_destroy(struct config *config);

#endif
