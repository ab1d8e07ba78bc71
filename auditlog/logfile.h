/*
 * An audit log that is read twice: a file as it is, standard input and pipes by way of a
 * nameless copy. One thread.
 */
#ifndef KEIIN_AUDITLOG_LOGFILE_H
#define KEIIN_AUDITLOG_LOGFILE_H

#include "core/bytes.h"

struct logfile {
    int fd; /* -1: none; owned */
    uint64_t at; /* bytes read */
    uint64_t end; /* no byte behind this is read */
    struct why *why; /* borrowed: filled when reading fails */
};

/*
 * Opens a log; "-" is standard input. KEIIN_EUSAGE for a folder, KEIIN_EABSENT,
 * KEIIN_EUNREADABLE, KEIIN_EFULL (of the copy), KEIIN_ENOMEM.
 */
int logfile_open(struct logfile *log, const char *path, struct why *why) KEIIN_MUST_USE;
void logfile_close(struct logfile *log);

/* Begins again, up to `end`; `why` is filled when reading fails. */
void logfile_rewind(struct logfile *log, uint64_t end, struct why *why);

/* A csv_read_fn; ctx is the logfile. KEIIN_EUNREADABLE. */
int logfile_read(void *ctx, uint8_t *bytes, size_t n, size_t *got) KEIIN_MUST_USE;

/* The key of statements' digests: 32 bytes, raw, or 64 hex digits and a newline. sodium_free it. */
int logfile_digest_key(const char *path, uint8_t **out, struct why *why) KEIIN_MUST_USE;

#endif
