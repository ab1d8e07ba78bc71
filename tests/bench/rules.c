/*
 * What the oversight rules cost a record: all of them, and each by itself. The records of a
 * ledger in a folder are read and verified once, kept, and given to the rules from memory.
 *
 *     bench-rules ROSTER FOLDER [RULES-FILE]
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/ed25519.h"
#include "system/file.h"
#include "tests/bench/bench.h"
#include "verifier/check/audit.h"
#include "verifier/rules/engine_internal.h"

#define ROUNDS 5

/* An entry (bytes NULL) or a record of the stream. */
struct item {
    struct keeper_entry entry;
    struct record_place place;
    const uint8_t *bytes;
    size_t n;
};

struct stream {
    struct item *items;
    size_t count, cap, records;
};

static void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "bench-rules: %s\n", what);
        exit(1);
    }
}

static struct item *add(struct stream *s)
{
    if (s->count == s->cap) {
        s->cap = s->cap == 0 ? 1 << 16 : s->cap * 2;
        s->items = realloc(s->items, s->cap * sizeof *s->items);
        must(s->items != NULL, "no memory");
    }
    s->items[s->count] = (struct item){0};
    return &s->items[s->count++];
}

static bool take(struct span record, struct buf *kept)
{
    buf_put_span(kept, record);
    return true;
}

/* Rosters are gone with the audit: the newest is kept for all entries, which costs the same. */
static int entry(void *ctx, const struct keeper_entry *e)
{
    add(ctx)->entry = *e;
    return 0;
}

static int give(void *ctx, const struct record_place *place, struct span record)
{
    struct stream *s = ctx;
    struct item *item = add(s);
    uint8_t *bytes = malloc(record.n), *name = malloc(place->writer.n);

    must(bytes != NULL && name != NULL, "no memory");
    memcpy(bytes, record.p, record.n);
    memcpy(name, place->writer.p, place->writer.n);
    item->place = *place;
    item->place.writer = span_of(name, place->writer.n);
    item->bytes = bytes;
    item->n = record.n;
    s->records++;
    return 0;
}

static int count_finding(void *ctx, const struct rules_finding *f)
{
    (void)f;
    ++*(uint64_t *)ctx;
    return 0;
}

static double ns_a_record(
    const struct stream *s, const struct rules_limits *limits, uint64_t *found, size_t *bytes)
{
    double samples[ROUNDS];

    for (int round = 0; round < ROUNDS; round++) {
        struct rules *rules;
        double start;

        *found = 0;
        must(rules_new(limits, (struct rules_sink){count_finding, found}, &rules) == 0, "rules");
        start = bench_ns(CLOCK_PROCESS_CPUTIME_ID);
        for (size_t i = 0; i < s->count; i++) {
            const struct item *item = &s->items[i];
            int err = item->bytes == NULL
                          ? rules_entry(rules, &item->entry)
                          : rules_record(rules, &item->place, span_of(item->bytes, item->n));

            must(err == 0, "a rule failed");
        }
        samples[round] = (bench_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / (double)s->records;
        *bytes = rules_counts(rules)->state_bytes;
        rules_free(rules);
    }
    return bench_median(samples, ROUNDS);
}

static void all_off(struct rules_limits *limits, bool off)
{
    for (size_t i = 0; i < rules_count; i++)
        limits->rules[i].off = off;
}

int main(int argc, char **argv)
{
    struct audit_options options = {.findings_max = 10};
    struct record_keeper keeper = {.take = take, .give = give, .entry = entry};
    struct stream s = {0};
    struct rules_limits *limits = NULL;
    struct roster *roster, *in_force;
    struct audit_result result;
    struct source *source;
    struct buf errors;
    uint8_t *note;
    size_t n, bytes;
    uint64_t found;
    double all, none;

    must(argc == 3 || argc == 4, "usage: bench-rules ROSTER FOLDER [RULES-FILE]");
    must(crypto_start(NULL) == 0, "libsodium");
    must(file_read(argv[1], ROSTER_BYTES_MAX, &note, &n, NULL) == 0, "the roster");
    must(roster_from_note(span_of(note, n), NULL, &roster, NULL) == 0, "the roster");
    must(roster_from_note(span_of(note, n), NULL, &in_force, NULL) == 0, "the roster");
    must(source_open(argv[2], 30000, &source, NULL) == 0, "the folder");
    keeper.ctx = &s;
    options.keeper = &keeper;
    must(audit_run(source, roster, &options, &result, NULL) == 0, "the audit");
    must(result.verdict == AUDIT_VERIFIED, "the ledger does not verify");
    for (size_t i = 0; i < s.count; i++)
        s.items[i].entry.roster = in_force;
    buf_init(&errors, 65536);
    must(rules_limits_read(argc == 4 ? argv[3] : NULL, &limits, &errors) == 0, "the rules file");
    all = ns_a_record(&s, limits, &found, &bytes);
    printf("{\"records\": %zu, \"all_ns\": %.1f, \"findings\": %llu, \"state_bytes\": %zu,\n",
        s.records, all, (unsigned long long)found, bytes);
    all_off(limits, true);
    none = ns_a_record(&s, limits, &found, &bytes);
    printf(" \"none_ns\": %.1f, \"rules_ns\": {", none);
    for (size_t i = 0; i < rules_count; i++) {
        double one;

        limits->rules[i].off = false;
        one = ns_a_record(&s, limits, &found, &bytes);
        limits->rules[i].off = true;
        printf("%s\"%s\": %.1f", i == 0 ? "" : ", ", rules_all[i]->name, one - none);
    }
    printf("}}\n");
    rules_limits_free(limits);
    audit_result_destroy(&result);
    source_free(source);
    roster_free(in_force);
    return 0;
}
