/* What the files of libkeiin, and the importer, share of an open client folder. */
#ifndef KEIIN_CLIENT_INTERNAL_H
#define KEIIN_CLIENT_INTERNAL_H

#include "client/folder.h"
#include "client/keiin.h"
#include "client/rosters.h"
#include "core/compose.h"
#include "core/keyfile.h"
#include "system/clock.h"

#define TIMEOUT_MS 60000
#define BATCH_RECORDS 256
/* Room in a submission for all but records and sealed parts. */
#define BATCH_BYTES_MAX (SUBMISSION_BYTES_MAX - 512)

struct batch_item {
    size_t record_bytes, sealed_bytes;
};

struct keiin {
    struct folder folder;
    struct rosters rosters;
    bool has_key; /* opened with the first record */
    struct keyfile key;
    struct hash key_hash; /* H(type || public key) */
    bool broken; /* a write failed halfway: nothing more is signed or settled */

    uint64_t timeout_ms;
    size_t batch_records_max;
    bool prompt;
    struct http_client *http; /* of the default network; else NULL */
    struct keiin_network network;
    const struct keiin_clock *clock;
    const struct keiin_random *random;
    const struct keiin_disk *disk;

    /* The batch: records and sealed parts one after the other. */
    struct buf records, sealed;
    struct batch_item items[ENTRY_DIGESTS_MAX];
    size_t item_count;
    size_t batch_bytes; /* in the submission, headers too */
    bool track_ids; /* of this batch */
    bool has_mark;
    char mark[MARK_BYTES_MAX + 1];
};

/* What to say of an error: its reason, or the error alone. */
const char *client_why(int err, const struct why *why);
/* Copies the reason of a failure out; returns err. */
int client_tell(int err, const struct why *from, struct keiin_why *to);

/* As keiin_append_encoded; with `track`, the batch's ids are remembered as imported. */
int client_append(struct keiin *keiin, struct span record, struct span sealed, bool track,
    struct why *why) KEIIN_MUST_USE;
/* As keiin_submit. */
int client_submit(struct keiin *keiin, struct why *why) KEIIN_MUST_USE;
/* Adds a salt to a record that has none, and encodes it. */
int client_encode(struct keiin *keiin, struct keiin_record *record, struct buf *out,
    struct why *why) KEIIN_MUST_USE;
/* The mark that is in force: of what is pending, else of the state. */
const char *client_mark(const struct keiin *keiin);
/* Replaces the mark, durably; "" takes it away. Only when nothing is pending. */
int client_mark_set(struct keiin *keiin, const char *mark, struct why *why) KEIIN_MUST_USE;
/* Milliseconds of the next wait: Retry-After, else doubling with jitter. */
uint64_t client_delay_ms(const struct keiin *keiin, unsigned attempt, uint64_t retry_after_s);

#endif
