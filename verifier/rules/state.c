#include <stdlib.h>

#include "core/sha256.h"
#include "core/version.h"
#include "verifier/rules/engine_internal.h"

/*
 * Saved, in the byte order of the machine: these words, the digest of the limits, a hash over
 * the rules and the sizes of what they remember, numbers of the engine, its tables, the rules'
 * tables, what is due, and SHA-256 of all these bytes. It is read only by what wrote it; all else
 * is refused: values are taken as they stand there, so none may have changed by a bit.
 */
static const char words[] = "keiin rules state 1\n";

/* What a state's bytes stand for. */
static void layout(struct hash *out)
{
    struct sha256_stream h;
    uint64_t sizes[] = {sizeof(struct rules_writer), approval_bytes(), sizeof(struct wake),
        sizeof(struct rules_counts), sizeof(struct validity), 0x0102030405060708};

    sha256_stream_init(&h);
    sha256_stream_update(&h, span_of(sizes, sizeof sizes));
    sha256_stream_update(&h, span_str(PACKAGE_VERSION));
    for (size_t i = 0; i < rules_count; i++) {
        sha256_stream_update(&h, span_str(rules_all[i]->name));
        sha256_stream_update(
            &h, span_of(rules_all[i]->table_bytes, sizeof rules_all[i]->table_bytes));
    }
    sha256_stream_final(&h, out);
}

struct numbers {
    uint64_t now_ms, next_index, writer_count, roster_serial, has_roster;
    struct rules_counts counts;
};

/* The engine's own tables, in the order in which they are saved. */
static size_t own_tables(const struct rules *r, struct table *out[static 5])
{
    out[0] = r->writers;
    out[1] = r->approvals;
    out[2] = r->own;
    out[3] = r->waiting.records;
    out[4] = r->waiting.by_approval;
    return 5;
}

void rules_save(const struct rules *rules, struct buf *out)
{
    struct numbers numbers = {rules->now_ms, rules->next_index, rules->writer_count,
        rules->roster_serial, rules->has_roster, rules->counts};
    struct table *own[5];
    size_t start = out->n;
    struct hash hash;

    layout(&hash);
    buf_put_str(out, words);
    buf_put_span(out, span_hash(&rules->limits->digest));
    buf_put_span(out, span_hash(&hash));
    buf_put(out, &numbers, sizeof numbers);
    for (size_t i = 0, n = own_tables(rules, own); i < n; i++)
        table_save(own[i], out);
    for (size_t i = 0; i < rules_count; i++)
        for (int t = 0; t < RULE_TABLES_MAX; t++)
            if (rules->runs[i].tables[t] != NULL)
                table_save(rules->runs[i].tables[t], out);
    wakes_save(&rules->wakes, out);
    if (buf_status(out) != 0)
        return;
    sha256(&hash, span_of(out->p + start, out->n - start));
    buf_put_span(out, span_hash(&hash));
}

static int load_head(struct rules *rules, struct cursor *in, struct why *why)
{
    struct hash digest, saved, hash;

    layout(&hash);
    if (!cursor_skip(in, words))
        return KEIIN_EDAMAGED;
    cursor_hash(in, &digest);
    cursor_hash(in, &saved);
    if (in->failed)
        return KEIIN_EDAMAGED;
    if (!hash_eq(&digest, &rules->limits->digest)) {
        why_set(why, "it was saved with other limits");
        return KEIIN_EMISMATCH;
    }
    if (!hash_eq(&saved, &hash)) {
        why_set(why, "it was saved by another version of keiin");
        return KEIIN_EMISMATCH;
    }
    return 0;
}

static int load_numbers(struct rules *rules, struct cursor *in)
{
    struct numbers numbers;
    struct span bytes = cursor_take(in, sizeof numbers);

    if (in->failed)
        return KEIIN_EDAMAGED;
    memcpy(&numbers, bytes.p, sizeof numbers);
    if (numbers.writer_count > UINT32_MAX || numbers.has_roster > 1)
        return KEIIN_EDAMAGED;
    rules->now_ms = numbers.now_ms;
    rules->next_index = numbers.next_index;
    rules->writer_count = (uint32_t)numbers.writer_count;
    rules->roster_serial = numbers.roster_serial;
    rules->has_roster = numbers.has_roster != 0;
    rules->counts = numbers.counts;
    return 0;
}

static bool wakes_fit(const struct rules *rules)
{
    for (size_t i = 0; i < rules->wakes.count; i++) {
        const struct wake *w = &rules->wakes.heap[i];

        if (w->rule >= rules_count || w->table >= RULE_TABLES_MAX ||
            rules_all[w->rule]->due == NULL || rules->runs[w->rule].tables[w->table] == NULL)
            return false;
    }
    return true;
}

static bool values_fit(const struct rules *rules)
{
    for (unsigned i = 0; i < rules_count; i++)
        for (unsigned t = 0; rules_all[i]->fits != NULL && t < RULE_TABLES_MAX; t++) {
            const struct table *table = rules->runs[i].tables[t];

            for (const void *v = NULL; table != NULL && (v = table_next(table, v)) != NULL;)
                if (!rules_all[i]->fits(t, v))
                    return false;
        }
    return approvals_fit(rules->approvals);
}

/* Takes the hash off the end, when it is that of what is before it. */
static bool whole(struct cursor *in)
{
    struct hash hash;

    if (cursor_left(in) < HASH_BYTES)
        return false;
    in->end -= HASH_BYTES;
    sha256(&hash, span_of(in->p, cursor_left(in)));
    return memcmp(in->end, hash.b, HASH_BYTES) == 0;
}

int rules_load(struct rules *rules, struct span bytes, struct why *why)
{
    struct cursor in = cursor_of(bytes);
    struct table *own[5];
    int err;

    rules_reset(rules);
    if (!whole(&in)) {
        why_set(why, "it is damaged, or cut short");
        return KEIIN_EDAMAGED;
    }
    err = load_head(rules, &in, why);
    if (err == 0)
        err = load_numbers(rules, &in);
    for (size_t i = 0, n = own_tables(rules, own); err == 0 && i < n; i++)
        err = table_load(own[i], &in);
    for (size_t i = 0; err == 0 && i < rules_count; i++)
        for (int t = 0; err == 0 && t < RULE_TABLES_MAX; t++)
            if (rules->runs[i].tables[t] != NULL)
                err = table_load(rules->runs[i].tables[t], &in);
    if (err == 0)
        err = wakes_load(&rules->wakes, &in);
    if (err == 0 && (!cursor_done(&in) || !wakes_fit(rules) || !values_fit(rules) ||
                        !waiting_loaded(&rules->waiting)))
        err = KEIIN_EDAMAGED;
    if (err == KEIIN_EDAMAGED)
        why_set(why, "what it says does not fit together");
    if (err != 0)
        rules_reset(rules);
    return err;
}
