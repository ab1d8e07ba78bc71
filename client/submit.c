/*
 * libkeiin: a batch signed, kept, sent, and settled by a checked answer. The order is
 * folder.h's: nothing leaves the process before it is durable.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "client/answer.h"
#include "client/client_internal.h"
#include "core/chain.h"
#include "core/sha256.h"
#include "core/text.h"

#define DELAY_FIRST_MS 200
#define DELAY_MAX_MS 10000

static uint64_t monotonic_ms(const struct keiin *keiin)
{
    return keiin->clock->monotonic_ms(keiin->clock->ctx);
}

uint64_t client_delay_ms(const struct keiin *keiin, unsigned attempt, uint64_t retry_after_s)
{
    uint64_t delay_ms = attempt >= 6 ? DELAY_MAX_MS : (uint64_t)DELAY_FIRST_MS << attempt;
    uint32_t jitter;

    /* An hour is longer than any timeout that waits for it. */
    if (retry_after_s > 0)
        return (retry_after_s > 3600 ? 3600 : retry_after_s) * 1000;
    keiin->random->fill(keiin->random->ctx, &jitter, sizeof jitter);
    return delay_ms / 2 + jitter % (delay_ms / 2 + 1);
}

/* The submission of the batch, its spans pointing into it. */
static int submission_of_batch(const struct keiin *keiin, struct submission *out)
{
    size_t record_at = 0, sealed_at = 0;

    *out = (struct submission){
        .kind = ENTRY_RECORDS,
        .key = keiin->key_hash,
        .number = keiin->folder.state.number + 1,
        .before = keiin->folder.state.head,
        .count = keiin->item_count,
        .records = calloc(keiin->item_count, sizeof *out->records),
        .sealed = calloc(keiin->item_count, sizeof *out->sealed),
        .digests = calloc(keiin->item_count, sizeof *out->digests),
    };
    if (out->records == NULL || out->sealed == NULL || out->digests == NULL)
        return KEIIN_ENOMEM;
    for (size_t i = 0; i < keiin->item_count; i++) {
        const struct batch_item *item = &keiin->items[i];

        out->records[i] = span_of(keiin->records.p + record_at, item->record_bytes);
        if (item->sealed_bytes > 0)
            out->sealed[i] = span_of(keiin->sealed.p + sealed_at, item->sealed_bytes);
        record_at += item->record_bytes;
        sealed_at += item->sealed_bytes;
        sha256(&out->digests[i], out->records[i]);
    }
    return 0;
}

static void batch_clear(struct keiin *keiin)
{
    buf_clear(&keiin->records);
    buf_clear(&keiin->sealed);
    keiin->item_count = 0;
    keiin->batch_bytes = 0;
    keiin->has_mark = false;
    keiin->track_ids = false;
}

/* Signs the batch and makes it the pending submission. */
static int sign_batch(struct keiin *keiin, struct why *why)
{
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    struct folder *folder = &keiin->folder;
    struct submission submission;
    struct chain_text text;
    struct buf body, pending;
    struct hash head;
    int err;

    assert(folder->pending.bytes == NULL && keiin->has_key);
    buf_init(&body, SUBMISSION_BYTES_MAX);
    buf_init(&pending, SUBMISSION_BYTES_MAX + 1024);
    err = submission_of_batch(keiin, &submission);
    if (err != 0)
        goto out;
    if (submission.number > UINT_MAX_CANONICAL - submission.count) {
        why_set(why, "the chain of this writer is at its end; take a new writer name");
        err = KEIIN_ELIMIT;
        goto out;
    }
    chain_extend(&head, &submission.before, submission.digests, submission.count);
    chain_text(&text, &folder->config.ledger_id, span_str(folder->config.writer),
        submission.number + submission.count - 1, &head);
    secret_sign(keiin->key.secret, span_of(text.bytes, text.n), signature);
    submission.signature = span_of(signature, sizeof signature);
    submission_write(&body, &submission);
    err = buf_status(&body);
    if (err != 0)
        goto out;
    client_pending_write(&pending, keiin->track_ids,
        keiin->has_mark ? keiin->mark : folder->state.mark, buf_view(&body));
    err = folder_keep_pending(folder, &pending, why);
    if (err != 0) {
        keiin->broken = true;
        goto out;
    }
    assert(hash_eq(&folder->pending.head, &head));
    batch_clear(keiin);
out:
    submission_destroy(&submission);
    buf_destroy(&pending);
    buf_destroy(&body);
    return err;
}

/* Whether a roster that is known here lists the key that pending is signed with. */
static bool knows_own_key(const struct keiin *keiin)
{
    const struct folder *folder = &keiin->folder;

    for (size_t i = keiin->rosters.count; i-- > 0;) {
        const struct roster_writer *writer =
            roster_writer_by_key(keiin->rosters.list[i], &folder->pending.submission.key);

        if (writer != NULL && span_is(writer->key.name, folder->config.writer))
            return true;
    }
    return false;
}

/*
 * Checks the answer, following the roster once when the log's key is not known; or when the
 * writer's own is not, since its receipts could not be verified offline later.
 */
static int check_answer(struct keiin *keiin, struct span body, struct client_state *state,
    struct buf *receipt, struct why *why)
{
    struct folder *folder = &keiin->folder;
    struct why follow = {""};
    int err;

    err = answer_check(body, &folder->pending, &folder->state, &keiin->rosters,
        &folder->config.ledger_id, state, receipt, why);
    if (err != KEIIN_EABSENT && (err != 0 || knows_own_key(keiin)))
        return err;
    err = rosters_fetch_new(&keiin->rosters, keiin->disk, folder->path, &keiin->network, &follow);
    if (err != 0) {
        *why = follow;
        return err;
    }
    buf_clear(receipt);
    err = answer_check(body, &folder->pending, &folder->state, &keiin->rosters,
        &folder->config.ledger_id, state, receipt, why);
    if (err == KEIIN_EABSENT)
        return KEIIN_ESIGNATURE;
    if (err == 0 && !knows_own_key(keiin)) {
        why_set(why, "no roster of the ledger lists the key that was signed with");
        err = KEIIN_EMISMATCH;
    }
    return err;
}

/* A positive answer: checked whole, it settles what is pending. */
static int take_answer(struct keiin *keiin, struct span body, struct why *why)
{
    struct client_state state;
    struct buf receipt;
    int err;

    buf_init(&receipt, PROOF_BYTES_MAX);
    err = check_answer(keiin, body, &state, &receipt, why);
    if (err == KEIIN_EMALFORMED || err == KEIIN_ESIGNATURE || err == KEIIN_EMISMATCH) {
        why_prefix(why, "the ledger's answer cannot be believed");
        folder_keep_evidence(
            &keiin->folder, "answer", keiin->clock->wall_ms(keiin->clock->ctx), body, why);
    } else if (err == 0) {
        err = folder_settle(&keiin->folder, &state, buf_view(&receipt), why);
        keiin->broken = err != 0;
    }
    buf_destroy(&receipt);
    return err;
}

/* The ledger knows another chain of this name: said, and never taken over. */
static int chain_differs(
    struct keiin *keiin, const struct refusal *refusal, struct span body, struct why *why)
{
    const char *name = keiin->folder.config.writer;
    uint64_t number = keiin->folder.state.number;

    if (refusal->number < number)
        why_set(why,
            "the ledger has records of %.100s up to number %" PRIu64
            ", and has acknowledged them up to %" PRIu64
            ": it is older than this folder knows it; keep the folder as it is, and give its "
            "receipts to the operator and to the committee",
            name, refusal->number, number);
    else
        why_set(why,
            "the ledger has records of %.100s up to number %" PRIu64 ", this folder up to %" PRIu64
            ": it was restored from a copy, or the name is used "
            "elsewhere; nothing more can be sent from it, take a new writer name",
            name, refusal->number, number);
    folder_keep_evidence(
        &keiin->folder, "refusal", keiin->clock->wall_ms(keiin->clock->ctx), body, why);
    return KEIIN_EMISMATCH;
}

/* A refusal that asking again does not change. */
static int take_refusal(struct keiin *keiin, unsigned status, struct span body, struct why *why)
{
    struct refusal refusal;
    struct buf shown;

    if (refusal_parse(body, &refusal) != 0) {
        why_set(why, "the ledger answered with status %u, and not as a ledger does", status);
        return KEIIN_EREFUSED;
    }
    if (status == 409 && refusal.has_head)
        return chain_differs(keiin, &refusal, body, why);
    buf_init(&shown, 4096);
    text_visible(&shown, span_of(refusal.code.p, refusal.code.n > 40 ? 40 : refusal.code.n));
    buf_put_str(&shown, ": ");
    text_visible(
        &shown, span_of(refusal.detail.p, refusal.detail.n > 200 ? 200 : refusal.detail.n));
    why_set(why, "the ledger refused (%u %.*s); what was signed is kept and goes out again", status,
        (int)(shown.n > 300 ? 300 : shown.n), shown.p == NULL ? "" : (char *)shown.p);
    buf_destroy(&shown);
    return status == 507 ? KEIIN_EFULL : KEIIN_EREFUSED;
}

/* One request. *again_ms: wait so long and ask again, when the error is UNKNOWN or BUSY. */
static int send_once(struct keiin *keiin, unsigned attempt, uint64_t *again_ms, struct why *why)
{
    const struct client_pending *pending = &keiin->folder.pending;
    struct keiin_answer answer = {0};
    unsigned char *body = NULL;
    size_t n = 0;
    int err;

    err = keiin->network.post(keiin->network.context, "records", "application/msgpack",
        pending->body.p, pending->body.n, ANSWER_BYTES_MAX, &body, &n, &answer);
    *again_ms = client_delay_ms(keiin, attempt, answer.retry_after_s);
    if (err == KEIIN_ENOMEM)
        goto out;
    if (err != 0 || answer.status == 0) {
        why_set(why, "%.255s", answer.detail);
        err = KEIIN_EUNKNOWN;
    } else if (answer.status == 200 || answer.status == 201) {
        err = take_answer(keiin, span_of(body, n), why);
    } else if (answer.status == 429 || answer.status == 503) {
        why_set(why, "%.200s: asks to come again later (%u)", keiin->folder.config.ledger_url,
            answer.status);
        err = KEIIN_EBUSY;
    } else if (answer.status >= 500 && answer.status != 507) {
        why_set(
            why, "%.200s: answered with status %u", keiin->folder.config.ledger_url, answer.status);
        err = KEIIN_EUNKNOWN;
    } else {
        err = take_refusal(keiin, answer.status, span_of(body, n), why);
    }
out:
    free(body);
    return err;
}

/* Sends what is pending until it is settled, refused, or the time is over. */
static int settle_pending(struct keiin *keiin, struct why *why)
{
    uint64_t end_ms = monotonic_ms(keiin) + keiin->timeout_ms;

    for (unsigned attempt = 0;; attempt++) {
        uint64_t again_ms, now_ms;
        int err = send_once(keiin, attempt, &again_ms, why);

        if (err != KEIIN_EUNKNOWN && err != KEIIN_EBUSY)
            return err;
        now_ms = monotonic_ms(keiin);
        if (now_ms >= end_ms || again_ms > end_ms - now_ms)
            return err;
        keiin->network.wait(keiin->network.context, again_ms);
    }
}

int client_submit(struct keiin *keiin, struct why *why)
{
    int err = 0;

    if (keiin->broken) {
        why_set(why, "an earlier write to %.300s failed; close the folder and open it again",
            keiin->folder.path);
        return KEIIN_EIO;
    }
    if (keiin->folder.pending.bytes != NULL)
        err = settle_pending(keiin, why);
    if (err == 0 && keiin->item_count > 0) {
        err = sign_batch(keiin, why);
        if (err == 0)
            err = settle_pending(keiin, why);
    }
    return err;
}

int keiin_submit(struct keiin *keiin, struct keiin_why *told)
{
    struct why why = {""};

    return client_tell(client_submit(keiin, &why), &why, told);
}

int client_mark_set(struct keiin *keiin, const char *mark, struct why *why)
{
    int err;

    assert(keiin->folder.pending.bytes == NULL);
    if (strcmp(keiin->folder.state.mark, mark) == 0)
        return 0;
    err = folder_set_mark(&keiin->folder, mark, why);
    keiin->broken = keiin->broken || err != 0;
    return err;
}
