/*
 * libkeiin: appends records to a keiin ledger, so that none is lost, repeated or taken
 * back.
 *
 * A writer has a client folder. It holds the number and head of the writer's chain, the
 * submission under way and every receipt. Before a signature leaves the process it is
 * durable there; after an error or a crash the same bytes go out again. So:
 *
 *   - Never copy a client folder and use both, and never restore one from a backup: take a
 *     new writer name instead. The ledger keeps two signed chains of one name as evidence.
 *   - Appended records are in memory. They are kept for certain when keiin_submit has
 *     returned 0 (the ledger has them, and the receipt was checked), or
 *     KEIIN_ERROR_UNKNOWN or KEIIN_ERROR_BUSY with keiin_status saying that the batch is
 *     empty (they are in the folder, and go out with the next keiin_submit).
 *   - One process at a time has a folder open. A `struct keiin` belongs to one thread at a
 *     time; different ones are independent. The library keeps no state of its own.
 *   - Calls block, at most for the time that the options give and one request more.
 *
 * Every function returns 0 or a negative enum keiin_error, and then says in `why`, when that
 * is not NULL, in one line what was wrong with what.
 */
#ifndef KEIIN_H
#define KEIIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define KEIIN_API __attribute__((visibility("default")))
#define KEIIN_CHECK __attribute__((warn_unused_result))
#else
#define KEIIN_API
#define KEIIN_CHECK
#endif

enum keiin_error {
    KEIIN_ERROR_MALFORMED = -1, /* bytes or a record that break their format */
    KEIIN_ERROR_LIMIT = -2, /* too long, or the batch is full: submit first */
    KEIIN_ERROR_SIGNATURE = -3, /* a signature that does not verify */
    KEIIN_ERROR_MISMATCH = -4, /* two things that must agree do not: an answer and what is
                                    known, or the ledger's idea of this writer and this folder */
    KEIIN_ERROR_ABSENT = -5, /* no such file, folder or thing */
    KEIIN_ERROR_UNREADABLE = -6, /* could not be read or reached */
    KEIIN_ERROR_NO_MEMORY = -7,
    KEIIN_ERROR_FULL = -8, /* a disk is full, here or at the ledger */
    KEIIN_ERROR_IO = -9, /* a write or sync failed: close the folder and open it again */
    KEIIN_ERROR_EXISTS = -10, /* there already; nothing was overwritten */
    KEIIN_ERROR_USAGE = -11, /* what the caller gave is wrong */
    KEIIN_ERROR_REFUSED = -12, /* the ledger refused; nothing was stored */
    KEIIN_ERROR_BUSY = -13, /* the folder is in use, or the ledger says: come again later */
    KEIIN_ERROR_UNKNOWN = -14, /* no answer that can be used: it may have been stored */
    KEIIN_ERROR_CRYPTO = -15, /* a cryptographic library does not behave as it must */
    KEIIN_ERROR_DAMAGED = -16, /* a client folder that contradicts itself */
    KEIIN_ERROR_PASSPHRASE = -17 /* the passphrase does not open the key */
};

/* One sentence for an error, static, never NULL. */
KEIIN_API const char *keiin_error_text(int error);

/* Why a call failed: one line, without a newline. Left alone when it did not. */
struct keiin_why {
    char text[512];
};

/* ---- What the library reaches the world through -------------------------------------- */

struct keiin_answer {
    unsigned status; /* HTTP status; 0 when there was no answer */
    uint64_t retry_after_s; /* 0 when not given */
    char detail[256]; /* when there was none: why, for people */
};

/*
 * Network functions. `path` comes after the ledger's URL and a slash. *body gets malloc'd
 * bytes (or NULL), at most bytes_max, which the library frees. 0 when there was an answer of
 * any status; KEIIN_ERROR_UNKNOWN when there was none, KEIIN_ERROR_NO_MEMORY.
 */
struct keiin_network {
    void *context;
    int (*get)(void *context, const char *path, size_t bytes_max, unsigned char **body, size_t *n,
        struct keiin_answer *answer);
    int (*post)(void *context, const char *path, const char *content_type,
        const unsigned char *content, size_t content_n, size_t bytes_max, unsigned char **body,
        size_t *n, struct keiin_answer *answer);
    void (*wait)(void *context, uint64_t delay_ms);
};

struct keiin_clock; /* of the simulator that tests the library; NULL elsewhere */
struct keiin_random; /* likewise */
struct keiin_disk; /* likewise */

/* Zero everywhere is the default. The structs pointed to must outlive the folder's use. */
struct keiin_options {
    uint64_t timeout_ms; /* keiin_submit and keiin_ask try again for so long; 0: 60,000 */
    size_t batch_records_max; /* 1 to 1,024; 0: 256 */
    int prompt; /* nonzero: a key's passphrase may be asked for on the terminal */
    const struct keiin_network *network; /* NULL: libcurl and the folder's URL */
    const struct keiin_clock *clock;
    const struct keiin_random *random;
    const struct keiin_disk *disk; /* all files but the key's */
};

/* ---- A client folder ------------------------------------------------------------------ */

struct keiin;

/*
 * Makes a client folder, once; nothing is overwritten. `key_file` is a writer's secret key
 * file (keiin-keys generate --type writer); its name must be a writer's in the roster. It
 * stays where it is, the folder remembers its absolute path. `roster` are the bytes of a
 * roster's note, the anchor of all that is checked later. For one of serial above 0 those
 * before it are fetched from the ledger; else nothing is sent.
 * EXISTS; USAGE (URL); MALFORMED, SIGNATURE (roster, key); MISMATCH (key not listed);
 * UNKNOWN (ledger not reached); ABSENT, UNREADABLE, FULL, IO.
 */
KEIIN_API int keiin_init(const char *folder, const char *ledger_url, const char *key_file,
    const void *roster, size_t roster_n, const struct keiin_options *options,
    struct keiin_why *why) KEIIN_CHECK;

/* Opens and locks a folder. ABSENT; BUSY (in use); DAMAGED; USAGE (options). */
KEIIN_API int keiin_open(const char *folder, const struct keiin_options *options,
    struct keiin **out, struct keiin_why *why) KEIIN_CHECK;
/* Appended records that were not submitted are dropped. NULL is fine. */
KEIIN_API void keiin_close(struct keiin *keiin);

/* ---- Records -------------------------------------------------------------------------- */

/*
 * A record under construction: fields by name, in any order, of the vocabulary or beginning
 * with "x-". Putting a field twice, or a value of another type than the field's, is
 * MALFORMED with the field in `why`.
 */
struct keiin_record;

KEIIN_API struct keiin_record *keiin_record_new(void); /* NULL without memory */
KEIIN_API void keiin_record_free(struct keiin_record *record);
KEIIN_API void keiin_record_clear(struct keiin_record *record);
/* Text fields, NUL-ended UTF-8. For time fields, RFC 3339. */
KEIIN_API int keiin_record_text(struct keiin_record *record, const char *field, const char *value,
    struct keiin_why *why) KEIIN_CHECK;
/* Counts, and times in milliseconds since 1970; at most 2^53-1. */
KEIIN_API int keiin_record_number(struct keiin_record *record, const char *field, uint64_t value,
    struct keiin_why *why) KEIIN_CHECK;
/* Fields that are true or absent. */
KEIIN_API int keiin_record_true(
    struct keiin_record *record, const char *field, struct keiin_why *why) KEIIN_CHECK;
KEIIN_API int keiin_record_bytes(struct keiin_record *record, const char *field, const void *bytes,
    size_t n, struct keiin_why *why) KEIIN_CHECK;
KEIIN_API int keiin_record_texts(struct keiin_record *record, const char *field,
    const char *const *values, size_t count, struct keiin_why *why) KEIIN_CHECK;
/*
 * All fields from one JSON object. Bytes are {"hex": "..."}, times numbers or RFC 3339;
 * duplicate names, real numbers, null and false are MALFORMED. The record is cleared first.
 */
KEIIN_API int keiin_record_json(
    struct keiin_record *record, const char *json, size_t n, struct keiin_why *why) KEIIN_CHECK;

/*
 * Adds the record to the batch, with a random salt unless it has one. `sealed` (may be NULL)
 * is its sealed part, which only its recipients can read; the field "sealed" is set to
 * its hash. MALFORMED: what the ledger would refuse is refused here, and nothing was added.
 * LIMIT: the batch is full; submit it and append again. The record stays the caller's.
 */
KEIIN_API int keiin_append(struct keiin *keiin, struct keiin_record *record, const void *sealed,
    size_t sealed_n, struct keiin_why *why) KEIIN_CHECK;
/* The same for a record that is canonical msgpack already, with salt and all. */
KEIIN_API int keiin_append_encoded(struct keiin *keiin, const void *record, size_t n,
    const void *sealed, size_t sealed_n, struct keiin_why *why) KEIIN_CHECK;

/*
 * A mark of the caller's own, at most 255 printable bytes, that becomes durable in one step
 * with the batch it is put on: a position in the source, so that a caller that was
 * interrupted goes on where the batch ended. keiin_status gives it back. MALFORMED.
 */
KEIIN_API int keiin_mark(struct keiin *keiin, const char *mark, struct keiin_why *why) KEIIN_CHECK;

/*
 * Sends what is pending from before, then the batch, and waits for checked receipts.
 *   0           all of it is in the ledger.
 *   UNKNOWN     no usable answer within the time. What was signed is kept and goes out
 *               again; a batch that was not signed yet is still in memory.
 *   BUSY        as UNKNOWN, the ledger asking to come later.
 *   REFUSED, FULL  the ledger refused (why says so); kept, too, since it was signed.
 *   MISMATCH    the ledger knows another chain of this name (the folder was restored or used
 *               twice: take a new name), or an answer contradicts what was seen before.
 *   MALFORMED, SIGNATURE  an answer that does not verify; it is kept in evidence/.
 *   PASSPHRASE, ABSENT, UNREADABLE  the key file.
 *   IO, FULL    the folder could not be written.
 */
KEIIN_API int keiin_submit(struct keiin *keiin, struct keiin_why *why) KEIIN_CHECK;

/* ---- What is known -------------------------------------------------------------------- */

struct keiin_status {
    char ledger_url[2049];
    char ledger_id[65]; /* hex */
    char writer[256];
    char key_file[4096];
    uint64_t last_number; /* of the last record known to be in the ledger; 0: none */
    char head[65]; /* hex, of the chain up to it */
    uint64_t last_entry; /* place of the entry that holds it */
    uint64_t pending_count; /* records signed, and not known to be in the ledger */
    size_t batch_count; /* records in memory */
    uint64_t roster_serial; /* the newest roster known */
    char mark[256]; /* of what is pending, else of the last that was sent; may be empty */
};
KEIIN_API void keiin_status(const struct keiin *keiin, struct keiin_status *out);

/* What the ledger says about this writer. It is told, never taken over. */
struct keiin_ledger_says {
    uint64_t last_number;
    char head[65];
    int agrees; /* 1: with the folder; 2: with it once what is pending is counted; 0: no */
};
/* UNKNOWN, BUSY; ABSENT (the ledger never heard the name); MALFORMED. */
KEIIN_API int keiin_ask(
    struct keiin *keiin, struct keiin_ledger_says *out, struct keiin_why *why) KEIIN_CHECK;

struct keiin_receipts {
    uint64_t receipt_count; /* that verify */
    uint64_t record_count; /* that they cover */
    uint64_t provisional_count; /* whose checkpoint no quorum of witnesses is known to back */
    uint64_t finding_count;
};
/* Told of each receipt that does not verify, or is missing; `what` is one line. */
typedef void keiin_finding_fn(void *context, const char *what);
/*
 * Verifies every stored receipt again, offline: signatures, entry, proof, checkpoint, and that
 * together they cover the chain from 1 to the last number. 0 also with findings.
 */
KEIIN_API int keiin_receipts_check(struct keiin *keiin, keiin_finding_fn *finding, void *context,
    struct keiin_receipts *out, struct keiin_why *why) KEIIN_CHECK;

#ifdef __cplusplus
}
#endif

#endif
