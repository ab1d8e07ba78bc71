#include "tests/history/writers.h"

#include <stdio.h>

#include "core/sha256.h"
#include "core/sha256_many.h"
#include "core/tile.h"
#include "tests/history/die.h"
#include "tests/history/history.h"
#include "tests/history/upkeep.h"

/* The rules' defaults. */
#define LATE_MS HOUR_MS
#define FUTURE_MS (5 * MINUTE_MS)
#define STEP_MS (5 * MINUTE_MS)

#define BATCH_BYTES_MAX (BATCH_MAX * 4096)

void writers_start(struct history *h)
{
    for (int id = 0; id < WRITERS; id++) {
        buf_init(&h->writers[id].records, BATCH_BYTES_MAX);
        ledger_writer_chain(h->ledger, &h->writers[id].chain, span_str(agencies[id].name));
    }
}

void writers_destroy(struct history *h)
{
    for (int id = 0; id < WRITERS; id++)
        buf_destroy(&h->writers[id].records);
}

void writers_list(struct history *h, enum writer_id id)
{
    h->writers[id].listed = true;
    upkeep_begin(h, id);
}

uint64_t writers_clock(const struct history *h, enum writer_id id)
{
    return (uint64_t)((int64_t)h->now_ms + agencies[id].clock_ms);
}

/* The answers to which a record of the batch belongs, now that it has an address. */
static void give_addresses(
    struct history *h, const struct waiting *record, uint64_t index, uint64_t position)
{
    for (int i = 0; i < ACT_ANSWERS_MAX; i++)
        if (record->answers[i].answer >= 0)
            answers_address(
                &h->answers, record->answers[i].answer, record->answers[i].place, index, position);
}

/* The two rules over every record. */
static void judge_times(struct history *h, struct writer *w, const struct waiting *record,
    uint64_t index, uint64_t position)
{
    uint64_t at = record->at_ms, received = h->now_ms;

    if (received > at + LATE_MS || at > received + FUTURE_MS)
        answers_address(&h->answers,
            answers_add(&h->answers, "late-record",
                at > received ? "ahead of the ledger's clock" : "sent too late"),
            0, index, position);
    if (at + STEP_MS < w->at_max_ms) {
        answers_address(&h->answers,
            answers_add(&h->answers, "clock-step", "the writer's clock ran back"), 0, index,
            position);
        w->at_max_ms = at;
    } else if (at > w->at_max_ms) {
        w->at_max_ms = at;
    }
}

void writers_flush(struct history *h, enum writer_id id)
{
    struct writer *w = &h->writers[id];
    struct hash digests[BATCH_MAX];
    struct span messages[BATCH_MAX];
    struct ledger_submission s = {.kind = ENTRY_RECORDS,
        .received_ms = h->now_ms,
        .digests = digests,
        .digest_count = w->batch_count};
    struct why why = {""};
    uint64_t index;

    if (w->batch_count == 0)
        return;
    must(w->listed, "a writer that is not listed");
    for (size_t i = 0; i < w->batch_count; i++)
        messages[i] = span_of(w->records.p + w->batch[i].first, w->batch[i].bytes);
    sha256_many(digests, SHA256_NO_PREFIX, messages, w->batch_count);
    s.records = buf_view(&w->records);
    s.key = w->keys[random_below(&h->salts, w->key_count)];
    must_do(ledger_writer_add(h->ledger, &w->chain, &s, &index, &why), "the ledger", &why);
    for (size_t i = 0; i < w->batch_count; i++) {
        give_addresses(h, &w->batch[i], index, i);
        judge_times(h, w, &w->batch[i], index, i);
        if (w->batch[i].access)
            w->last_access = (struct address){true, index, i};
        if (w->batch[i].blank)
            h->blank = (struct blank){true, index, i, false};
    }
    w->batch_count = 0;
    w->batch_number++;
    buf_clear(&w->records);
}

/* The client's timer: the batch that it was set for is sent, if it still waits. */
static void on_timer(struct history *h, void *ctx)
{
    enum writer_id id = (enum writer_id)((uintptr_t)ctx % WRITERS);
    struct writer *w = &h->writers[id];

    if ((uintptr_t)ctx / WRITERS != w->batch_number)
        return;
    if (w->hold_until_ms > h->now_ms)
        events_put(&h->events, w->hold_until_ms, on_timer, ctx);
    else
        writers_flush(h, id);
}

static void set_timer(struct history *h, enum writer_id id)
{
    uintptr_t ctx = (uintptr_t)(h->writers[id].batch_number * WRITERS + id);

    events_put(&h->events, h->now_ms + agencies[id].batch_ms, on_timer, (void *)ctx);
}

/* The act's fields, and those that every record gets. */
static void encode(struct history *h, const struct act *a, uint64_t at_ms, struct buf *out)
{
    struct act whole;
    uint8_t salt[SALT_BYTES];
    char id[32];

    memcpy(&whole, a, act_bytes(a));
    random_bytes(&h->salts, salt, sizeof salt);
    snprintf(id, sizeof id, "%s-%08llu", agencies[a->writer].organisation,
        (unsigned long long)++h->writers[a->writer].record_number);
    act_uint(&whole, F_AT, at_ms);
    act_bin(&whole, F_SALT, salt, sizeof salt);
    act_text(&whole, F_ID, id);
    buf_clear(out);
    act_encode(&whole, out);
    must(buf_status(out) == 0, "a record is too long");
}

void writers_add(struct history *h, const struct act *a)
{
    static struct buf record;
    struct writer *w = &h->writers[a->writer];
    struct waiting *waiting;

    if (record.max == 0)
        buf_init(&record, 4096);
    if (w->batch_count == BATCH_MAX)
        writers_flush(h, a->writer);
    waiting = &w->batch[w->batch_count++];
    waiting->at_ms = (uint64_t)((int64_t)writers_clock(h, a->writer) + a->at_offset_ms);
    waiting->access = a->access;
    waiting->blank = a->blank;
    memcpy(waiting->answers, a->answers, sizeof waiting->answers);
    encode(h, a, waiting->at_ms, &record);
    waiting->first = w->records.n + 2;
    waiting->bytes = record.n;
    records_put(&w->records, buf_view(&record), (struct span){NULL, 0});
    must(buf_status(&w->records) == 0, "a batch is too long");
    if (a->access)
        w->access_count++;
    h->records++;
    if (w->batch_count == 1)
        set_timer(h, a->writer);
}

void writers_send_roster(struct history *h, unsigned serial)
{
    struct ledger_submission s = {.kind = ENTRY_ROSTER,
        .received_ms = h->now_ms,
        .key = h->writers[W_OPERATOR].keys[0],
        .digests = &h->roster_hashes[serial],
        .digest_count = 1};
    struct why why = {""};
    uint64_t index;

    writers_flush(h, W_OPERATOR);
    if (serial > 0)
        must_do(ledger_writer_roster(h->ledger, serial, buf_view(&h->roster_notes[serial]), &why),
            "a roster", &why);
    must_do(ledger_writer_add(h->ledger, &h->writers[W_OPERATOR].chain, &s, &index, &why),
        "the ledger", &why);
}
