/*
 * A client folder: what it is for, the writer's state, the submission under way, receipts
 * and evidence. Every change is durable when a function returns 0. One thread.
 *
 *     lock          held while the folder is open
 *     config        ledger, key file, ledger id, writer, serial of the trusted roster
 *     rosters/N     rosters from serial 0 on, as notes
 *     state         number and head of the chain, the last entry, the greatest checkpoint
 *     pending       the submission under way: a text header, an empty line, the request
 *     receipts/I.tlog-proof
 *     imported      ids of imported records (client/imported.h)
 *     evidence/     answers that do not verify or contradict what was seen
 *
 * The order of a submission, each step durable before the next: pending is written; the
 * request is sent; the receipt is written; ids of imported records are added; state is
 * replaced; pending is removed. An interruption between any two is repaired by sending the
 * same bytes again, or by removing a pending that state already counts.
 */
#ifndef KEIIN_CLIENT_FOLDER_H
#define KEIIN_CLIENT_FOLDER_H

#include "core/submission.h"
#include "system/disk.h"

#define MARK_BYTES_MAX 255

struct client_config {
    char *ledger_url;
    char *key_file;
    struct hash ledger_id;
    char writer[NAME_BYTES_MAX + 1];
    uint64_t roster_serial; /* of the one that was trusted at init */
};
void client_config_destroy(struct client_config *config);

struct client_state {
    uint64_t number; /* of the last record in the ledger; 0: none */
    struct hash head;
    bool has_entry; /* the four below */
    uint64_t index;
    uint64_t received; /* ms */
    struct hash leaf;
    char mark[MARK_BYTES_MAX + 1];
    bool has_checkpoint; /* the greatest one seen */
    uint64_t size;
    struct hash root;
};

/* The text of `state` and back, for folder.c and tests. KEIIN_EDAMAGED. */
void client_state_write(struct buf *out, const struct client_state *state);
int client_state_parse(struct span bytes, struct client_state *out) KEIIN_MUST_USE;

/* A submission under way. `submission` borrows from `bytes`. */
struct client_pending {
    uint8_t *bytes; /* NULL: there is none */
    struct span body;
    struct submission submission;
    struct hash head; /* after it */
    bool track_ids; /* its records' ids go into `imported` when it is settled */
    char mark[MARK_BYTES_MAX + 1];
};
void client_pending_destroy(struct client_pending *pending);
/* The bytes of `pending` and back. KEIIN_EDAMAGED, KEIIN_ENOMEM. `bytes` stays the caller's. */
void client_pending_write(struct buf *out, bool track_ids, const char *mark, struct span body);
int client_pending_parse(struct span bytes, struct client_pending *out) KEIIN_MUST_USE;

struct folder {
    const struct keiin_disk *disk;
    char *path;
    int lock; /* the disk's; negative: none */
    struct client_config config;
    struct client_state state;
    struct client_pending pending;
    bool unsure; /* folder_keep_pending failed, and what it wrote may still be there */
};

/*
 * Makes the folder with its files; `rosters` are notes from serial 0 to the trusted one. What
 * an interrupted init left is used; KEIIN_EEXIST when a state, a receipt or anything else
 * is there. KEIIN_EFULL, KEIIN_EIO.
 */
int folder_init(const struct keiin_disk *disk, const char *path, const struct client_config *config,
    const struct hash *head, const struct span *rosters, struct why *why) KEIIN_MUST_USE;

/* KEIIN_EABSENT, KEIIN_EBUSY, KEIIN_EDAMAGED. After a failure there is nothing to close. */
int folder_open(const struct keiin_disk *disk, const char *path, struct folder *out,
    struct why *why) KEIIN_MUST_USE;
void folder_close(struct folder *folder);

/*
 * Writes pending; there must be none. Takes over the bytes, made by client_pending_write. When
 * that fails pending is not there, or folder->unsure is set.
 * After a failure of this or of folder_settle nothing more may be signed: close the folder.
 */
int folder_keep_pending(struct folder *folder, struct buf *bytes, struct why *why) KEIIN_MUST_USE;

/*
 * Pending is in the ledger at state->index, as `receipt` (the bytes of the file) proves: state is
 * what holds from now on.
 */
int folder_settle(struct folder *folder, const struct client_state *state, struct span receipt,
    struct why *why) KEIIN_MUST_USE;

/* Replaces state by itself with another mark, which may be empty. */
int folder_set_mark(struct folder *folder, const char *mark, struct why *why) KEIIN_MUST_USE;

/* "rosters/<serial>" and "receipts/<index>.tlog-proof" in the folder; malloc'd, or NULL. */
char *folder_roster_path(const char *folder, uint64_t serial);
char *folder_receipt_path(const char *folder, uint64_t index);

/* Keeps bytes that do not verify; their file's path goes in front of `why`. Never fails loudly. */
void folder_keep_evidence(const struct folder *folder, const char *what, uint64_t now_ms,
    struct span bytes, struct why *why);

#endif
