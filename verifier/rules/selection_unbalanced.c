#include "verifier/rules/datasets.h"

/* Records that come late may still speak of a batch that was erased; then it is forgotten. */
#define ERASED_KEPT_MS (30 * RULE_DAY)
/* An erasure is kept longer than the limit: its select.run may be recorded after it. */
#define ERASURE_KEPT_MS RULE_DAY

/* A data set that was received as a batch, until ERASED_KEPT_MS after its erasure. */
struct batch {
    struct rules_address run; /* the last select.run on it */
    struct rules_address received_at; /* its last batch.receive */
    uint64_t received; /* items since then */
    uint64_t selected; /* by then */
    uint64_t discards; /* of selections in place, still to be erased */
    uint64_t forget_ms; /* 0: not erased */
    bool fresh : 1; /* received since then */
    bool alone : 1; /* the select.run was on no other batch: `selected` is of this one */
};

/*
 * A select.run that discarded, until its time is over. Behind it in the table: its ref, and the
 * batches, each behind its length.
 */
struct discarded {
    struct rules_address address;
    uint64_t at, items;
};

/* The last erasure of a data set, or under a ref. */
struct erasure {
    struct rules_address address;
    uint64_t at; /* the greatest */
    uint64_t forget_ms;
};

enum { TABLE_BATCHES, TABLE_DISCARDED, TABLE_ERASED, TABLE_ERASED_BY_REF };

static bool same_place(struct rules_address a, struct rules_address b)
{
    return a.index == b.index && a.position == b.position;
}

static int received(struct rule_run *run, const struct rules_record *r)
{
    struct batch *b;

    if (r->dataset.text.n == 0)
        return 0;
    b = table_add(run->tables[TABLE_BATCHES], r->dataset);
    if (b == NULL)
        return KEIIN_ENOMEM;
    if (b->forget_ms != 0)
        *b = (struct batch){0};
    b->received = time_after(b->received, record_number(r, F_COUNT));
    b->received_at = r->address;
    b->fresh = true;
    return 0;
}

/* --- Selections. */

#define ADDRESSES_MAX 9

struct balance {
    /* Of the select.run, and of what says how much went in, of the first batches. */
    struct rules_address addresses[ADDRESSES_MAX];
    size_t address_count;
    uint64_t in;
    size_t batches;
    bool unknown; /* what went in */
};

/* What went into a select.run; its batches begin anew. */
static struct balance take_batches(struct rule_run *run, const struct rules_record *r)
{
    struct datasets all = datasets_of(r);
    struct balance sum = {.addresses = {r->address}, .address_count = 1};
    struct batch *last = NULL;
    struct key id;

    while (datasets_next(&all, &id)) {
        struct batch *b = table_find(run->tables[TABLE_BATCHES], id);

        if (b == NULL || same_place(b->run, r->address))
            continue; /* no batch, or named twice */
        sum.batches++;
        if (sum.address_count < ADDRESSES_MAX)
            sum.addresses[sum.address_count++] = b->fresh ? b->received_at : b->run;
        sum.unknown |= !b->fresh && !b->alone;
        sum.in = time_after(sum.in, b->fresh ? b->received : b->selected);
        b->run = r->address;
        b->received = 0;
        b->fresh = b->alone = false;
        if (discards_made(r) && span_eq(id.text, r->dataset.text))
            b->discards = time_after(b->discards, record_number(r, F_DISCARDED));
        last = b;
    }
    if (sum.batches == 1) {
        last->selected = record_number(r, F_COUNT);
        last->alone = true;
    }
    return sum;
}

/* Its batches; what it names, where none of that was received. */
static void put_sources(
    const struct rule_run *run, const struct rules_record *r, bool batches, struct buf *out)
{
    bool derived = ids_of(record_text(r, F_PARENTS)).left > 0;
    struct datasets all = datasets_of(r);
    struct key id;

    if (!batches && derived)
        all.first = (struct key){{NULL, 0}, 0};
    while (datasets_next(&all, &id)) {
        if (batches && table_find(run->tables[TABLE_BATCHES], id) == NULL)
            continue;
        buf_put_be16(out, (uint16_t)id.text.n);
        buf_put_span(out, id.text);
    }
}

static int wait_for_erasure(struct rule_run *run, const struct rules_record *r, bool batches)
{
    uint8_t place[12];
    struct discarded *d;
    struct buf more;
    int err;

    buf_init(&more, 2 * (size_t)RECORD_BYTES_MAX);
    buf_put_be16(&more, (uint16_t)r->ref.text.n);
    buf_put_span(&more, r->ref.text);
    put_sources(run, r, batches, &more);
    be64_put(place, r->address.index);
    be32_put(place + 8, r->address.position);
    d = table_add(run->tables[TABLE_DISCARDED], key_of(span_of(place, sizeof place)));
    err = d == NULL || buf_status(&more) != 0
              ? KEIIN_ENOMEM
              : table_more_set(run->tables[TABLE_DISCARDED], d, buf_view(&more));
    if (err == 0) {
        d->address = r->address;
        d->at = r->at;
        d->items = record_number(r, F_DISCARDED);
        err = rule_wake(run, TABLE_DISCARDED, d, time_after(record_began(r), run->limits[0]));
    }
    buf_destroy(&more);
    return err;
}

static int selected(struct rule_run *run, const struct rules_record *r)
{
    uint64_t count = record_number(r, F_COUNT), discarded = record_number(r, F_DISCARDED);
    struct balance sum = take_batches(run, r);
    struct rule_fact facts[] = {fact_number("received", sum.in), fact_number("selected", count),
        fact_number("discarded", discarded)};
    struct rule_hit hit = {.sentence = 0,
        .r = r,
        .addresses = sum.addresses,
        .address_count = sum.address_count,
        .facts = facts,
        .fact_count = 3};
    int err = 0;

    if (sum.batches > 0 && !sum.unknown && sum.in != time_after(count, discarded))
        err = rule_found(run, &hit);
    return err == 0 && discarded > 0 ? wait_for_erasure(run, r, sum.batches > 0) : err;
}

/* --- Erasures. */

static int put_erasure(
    struct rule_run *run, unsigned table, const struct rules_record *r, struct key key)
{
    struct erasure *e = table_add(run->tables[table], key);

    if (e == NULL)
        return KEIIN_ENOMEM;
    e->address = r->address;
    e->at = e->at > r->at ? e->at : r->at;
    e->forget_ms = time_after(time_after(r->received, run->limits[0]), ERASURE_KEPT_MS);
    return rule_wake(run, table, e, e->forget_ms);
}

static int erase_batch(struct rule_run *run, const struct rules_record *r, struct key id)
{
    struct batch *b = table_find(run->tables[TABLE_BATCHES], id);

    if (b == NULL)
        return 0;
    if (r->dataset.text.n > 0 && !span_eq(id.text, r->dataset.text)) {
        discards_part(r, &b->discards);
        return 0;
    }
    if (!discards_whole(r, &b->discards))
        return 0;
    b->forget_ms = time_after(r->received, ERASED_KEPT_MS);
    return rule_wake(run, TABLE_BATCHES, b, b->forget_ms);
}

static int erased(struct rule_run *run, const struct rules_record *r)
{
    struct datasets all = datasets_of(r);
    struct key id;
    int err = r->ref.text.n == 0 ? 0 : put_erasure(run, TABLE_ERASED_BY_REF, r, r->ref);

    while (err == 0 && datasets_next(&all, &id)) {
        err = put_erasure(run, TABLE_ERASED, r, id);
        if (err == 0)
            err = erase_batch(run, r, id);
    }
    return err;
}

static bool is_erased(const struct table *t, const struct discarded *d, struct span id)
{
    const struct erasure *e = table_find(t, key_of(id));

    /* One that stands before the select.run in the ledger was recorded sooner, and done later. */
    return e != NULL &&
           (e->at >= d->at || e->address.index > d->address.index ||
               (e->address.index == d->address.index && e->address.position > d->address.position));
}

static bool all_erased(const struct rule_run *run, const struct discarded *d)
{
    struct cursor in = cursor_of(table_more(d));
    struct span ref = cursor_take(&in, cursor_be16(&in));
    bool any = cursor_left(&in) > 0, all = true;

    if (ref.n > 0 && is_erased(run->tables[TABLE_ERASED_BY_REF], d, ref))
        return true;
    while (all && cursor_left(&in) > 0)
        all = is_erased(run->tables[TABLE_ERASED], d, cursor_take(&in, cursor_be16(&in)));
    return any && all;
}

static int due(struct rule_run *run, unsigned table, void *value, uint64_t when_ms)
{
    struct discarded *d = value;
    int err = 0;

    if (table == TABLE_DISCARDED) {
        struct cursor in = cursor_of(table_more(d));
        struct span ref = cursor_take(&in, cursor_be16(&in));
        struct rule_fact facts[] = {fact_time("at", d->at), fact_number("discarded", d->items),
            fact_duration("limit", run->limits[0]), fact_text("ref", ref),
            fact_text("dataset", cursor_take(&in, cursor_be16(&in)))};
        struct rule_hit hit = {.sentence = 1,
            .addresses = &d->address,
            .address_count = 1,
            .facts = facts,
            .fact_count = 5};

        if (!all_erased(run, d))
            err = rule_found(run, &hit);
        table_remove(run->tables[table], d);
        return err;
    }
    /* Another time was set since, or none: received or erased again. */
    if ((table == TABLE_BATCHES ? ((struct batch *)value)->forget_ms
                                : ((struct erasure *)value)->forget_ms) == when_ms)
        table_remove(run->tables[table], value);
    return 0;
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    if (r->undone)
        return 0;
    return r->action == ACTION_SELECT_RUN      ? selected(run, r)
           : r->action == ACTION_BATCH_RECEIVE ? received(run, r)
                                               : erased(run, r);
}

static const struct said sentences[] = {
    SAID("The selection at {at} (data set {dataset}, under {authority}) took in {received} items "
         "by the records of their receipt; it kept {selected} and discarded {discarded}; together "
         "that must be as many, and it is not.",
        "{at}の自動選別（データセット {dataset}、承認 {authority}）の対象は、受領の記録によれ"
        "ば{received}件でした。残した{selected}件と除いた{discarded}件の合計は、これと一致し"
        "なければなりませんが、一致していません。"),
    SAID("The selection at {at} (data set {dataset}, ref {ref}) discarded {discarded} items; they "
         "must be erased within {limit}, and the ledger has no erasure of them.",
        "{at}の自動選別（データセット {dataset}、参照番号 {ref}）では、{discarded}件が除かれ"
        "ました。除いたものは{limit}以内に消去しなければなりませんが、台帳にはその消去の記録"
        "がありません。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"limit", LIMIT_DURATION, "24 h", 0, 365 * RULE_DAY,
        SAID("how long after a selection the erasure of what it discarded may be recorded",
            "自動選別から、除いたものの消去の記録までに許される時間")},
    {0}};

const struct rule rule_selection_unbalanced = {
    .name = "selection-unbalanced",
    .severity = SEVERITY_HIGH,
    .title = SAID("Selected items not accounted for", "自動選別の件数又は消去の不整合"),
    .sentences = sentences,
    .facts = {FORM("received", NUMBER), FORM("selected", NUMBER), FORM("discarded", NUMBER),
        FORM("limit", DURATION), FORM("ref", TEXT)},
    .meaning =
        SAID("What was received is not what the selection kept and discarded, so that items are "
             "somewhere of which the ledger does not speak; or what it discarded was not erased.",
            "受領したものが、自動選別で残したものと除いたものとの合計に一致せず、台帳に現れないも"
            "のがどこかにあります。又は、除いたものが消去されていません。"),
    .reads = SAID("count and dataset of batch.receive; count, discarded, dataset, parents and ref "
                  "of select.run; dataset, parents, ref and count of erase. A batch that is "
                  "selected again without new items brings in what was kept the last time.",
        "batch.receive の count と dataset、select.run の count・discarded・dataset・parents"
        "・ref、erase の dataset・parents・ref・count。新たな受領なしに再び選別されたバッチに"
        "ついては、前回残した件数を対象の件数とします。"),
    .blind = SAID("Numbers that are wrong on both sides. Batches of whose receipt there is no "
                  "record. A second selection on one of several batches that were selected "
                  "together. Whether as much was erased as was thrown away.",
        "受領と選別の両方で誤っている件数。受領の記録がないバッチ。まとめて選別された複数のバッ"
        "チの一つについての、二度目の選別。除いたものと同じ件数が消去されたかどうか。"),
    .origin = SAID(
        "The automatic selection, and at once the erasure of what it does not keep (Act of 2025).",
        "自動選別と、残さないものの直ちの消去（能動的サイバー防御法制（令和7年））。"),
    .limits = limits,
    .table_bytes = {sizeof(struct batch), sizeof(struct discarded), sizeof(struct erasure),
        sizeof(struct erasure)},
    .actions =
        ACTION_BIT(ACTION_BATCH_RECEIVE) | ACTION_BIT(ACTION_SELECT_RUN) | ACTION_BIT(ACTION_ERASE),
    .record = record,
    .due = due,
};
