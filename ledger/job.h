/*
 * One submission on its way through the server. One thread has it at a time: the loop
 * (submit), a worker (validate), the sequencer, the loop again (publish). While it is in
 * a lane's queue the lane's lock guards `lane_*`.
 */
#ifndef KEIIN_LEDGER_JOB_H
#define KEIIN_LEDGER_JOB_H

#include "core/roster.h"
#include "core/submission.h"
#include "ledger/book.h"

/* The codes of SPEC.md section 8, in the order in which they are found. */
enum refusal_code {
    REFUSE_NOT,
    REFUSE_PATH,
    REFUSE_METHOD,
    REFUSE_LENGTH,
    REFUSE_TOO_LARGE,
    REFUSE_TYPE,
    REFUSE_QUOTA,
    REFUSE_MALFORMED,
    REFUSE_KEY_UNKNOWN,
    REFUSE_SIGNATURE,
    REFUSE_WRITER_UNKNOWN,
    REFUSE_ROLE,
    REFUSE_NUMBER,
    REFUSE_BEFORE,
    REFUSE_ROSTER,
    REFUSE_BUSY,
    REFUSE_FULL,
    REFUSE_COUNT
};
struct refusal_kind {
    unsigned status; /* HTTP */
    const char *code;
    unsigned retry_after_s;
};
extern const struct refusal_kind refusal_kinds[REFUSE_COUNT];

enum job_lane_state { JOB_WAITS, JOB_VALIDATES, JOB_VALID };

struct lane;
struct quota;

struct job {
    struct job *next; /* in the queue that holds it */
    struct job *lane_next, *lane_before;
    enum job_lane_state lane_state;
    struct lane *lane;

    /* Who is to be answered; NULL for nobody. The network's. */
    void *client;
    /* Called in the loop's thread instead, when it is not NULL. */
    void (*finished)(void *ctx, const struct job *job);
    void *finished_ctx;
    bool own; /* the operator's, to be numbered and signed when it gets its place */

    struct book *book; /* held: as it was when the job came */
    uint8_t *body; /* owned */
    size_t body_bytes;
    size_t charged; /* of the bytes under way; the loop's */
    struct quota *quota; /* that was charged, or NULL; the loop's */
    enum entry_kind kind;
    struct submission submission; /* borrows from the body; once `parsed` */
    bool parsed;
    uint32_t writer; /* number; once the signature is found valid */
    struct hash after; /* head after it */
    struct roster *roster; /* kind 2: NULL when it is malformed, then `why` says why */
    struct note *note; /* kind 2 */

    /* What became of it. */
    enum refusal_code refused;
    bool stored; /* newly, in this commit; else there before */
    uint64_t index; /* of its entry; with what an answer says of it: */
    uint64_t received;
    struct hash prev;
    struct why why; /* of a refusal */
    uint64_t head_number; /* of a 409 */
    struct hash head;
    uint8_t *answer; /* owned: the body of the answer */
    size_t answer_bytes;
};

struct job *job_new(enum entry_kind kind); /* NULL without memory */
void job_free(struct job *job);
void job_refuse(struct job *job, enum refusal_code code, const char *format, ...)
    KEIIN_PRINTF(3, 4);
/* Writes the body of a refusal. KEIIN_ENOMEM. */
int job_write_refusal(struct job *job) KEIIN_MUST_USE;

/* Jobs in order. */
struct job_list {
    struct job *first, **last;
    size_t count;
};
void job_list_init(struct job_list *list);
void job_list_put(struct job_list *list, struct job *job);
struct job *job_list_take(struct job_list *list); /* NULL when empty */
void job_list_move(struct job_list *to, struct job_list *from); /* all of it, to the end */

#endif
