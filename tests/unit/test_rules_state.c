/* The rules' saved state: what is damaged, foreign or does not fit together is not believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/compose.h"
#include "core/ed25519.h"
#include "core/sha256.h"
#include "tests/unit/rules_stream.h"
#include "verifier/rules/engine_internal.h"

static int no_finding(void *ctx, const struct rules_finding *f)
{
    (void)ctx;
    (void)f;
    return 0;
}

static struct rules_limits *initial_limits(void)
{
    struct rules_limits *limits;
    struct buf errors;

    buf_init(&errors, 1000);
    assert_int_equal(rules_limits_read(NULL, &limits, &errors), 0);
    buf_destroy(&errors);
    return limits;
}

/* Something of each kind: approvals, what waits, what is due, actions of an agency's own. */
static struct stream *small_stream(void)
{
    struct stream *s = stream_new(NULL);

    said(s, "committee", 0, "approve approval=A decision=granted datasets=d1 valid_to=9d");
    said(s, "npa", H(1), "query dataset=d1 authority=A");
    said(s, "npa", H(1), "query dataset=d1 authority=B");
    said(s, "npa", H(1), "query dataset=d1 authority=B emergency=true");
    said(s, "npa", H(1), "x-own dataset=d1");
    return s;
}

static int load(const struct rules_limits *limits, struct span state)
{
    struct why why = {""};
    struct rules *rules;
    int err;

    assert_int_equal(rules_new(limits, (struct rules_sink){no_finding, NULL}, &rules), 0);
    err = rules_load(rules, state, &why);
    if (err != 0) {
        /* Refused with a reason, and as if nothing had been tried. */
        assert_true(why.text[0] != 0);
        assert_int_equal(table_count(rules->writers), 0);
        assert_int_equal(table_count(rules->waiting.records), 0);
        assert_int_equal(rules->wakes.count, 0);
        assert_int_equal(rules_counts(rules)->records, 0);
    }
    assert_int_equal(rules_open(rules), 0);
    rules_free(rules);
    return err;
}

static void damaged_states_are_refused(void **state)
{
    struct rules_limits *limits = initial_limits();
    struct stream *s = small_stream();
    struct buf saved;

    (void)state;
    stream_state(s, limits, &saved);
    assert_int_equal(load(limits, buf_view(&saved)), 0);
    for (size_t n = 0; n < saved.n; n++)
        assert_int_equal(load(limits, span_of(saved.p, n)), KEIIN_EDAMAGED);
    for (size_t i = 0; i < saved.n; i++) {
        saved.p[i] ^= (uint8_t)(1 << i % 8);
        assert_int_equal(load(limits, buf_view(&saved)), KEIIN_EDAMAGED);
        saved.p[i] ^= (uint8_t)(1 << i % 8);
    }
    buf_put_u8(&saved, 0);
    assert_int_equal(load(limits, buf_view(&saved)), KEIIN_EDAMAGED);
    buf_destroy(&saved);
    stream_free(s);
    rules_limits_free(limits);
}

/* The hash over it, made again. */
static void seal(struct buf *state)
{
    struct hash hash;

    sha256(&hash, span_of(state->p, state->n - HASH_BYTES));
    memcpy(state->p + state->n - HASH_BYTES, hash.b, HASH_BYTES);
}

/* Whole, and of other limits or another version. */
static void foreign_states_are_refused(void **state)
{
    struct rules_limits *limits = initial_limits();
    const size_t words_bytes = strlen("keiin rules state 1\n");
    struct stream *s = small_stream();
    struct buf saved;

    (void)state;
    stream_state(s, limits, &saved);
    limits->digest.b[0] ^= 1;
    assert_int_equal(load(limits, buf_view(&saved)), KEIIN_EMISMATCH);
    limits->digest.b[0] ^= 1;
    saved.p[words_bytes + HASH_BYTES] ^= 1;
    seal(&saved);
    assert_int_equal(load(limits, buf_view(&saved)), KEIIN_EMISMATCH);
    saved.p[words_bytes + HASH_BYTES] ^= 1;
    saved.p[0] ^= 1;
    seal(&saved);
    assert_int_equal(load(limits, buf_view(&saved)), KEIIN_EDAMAGED);
    saved.p[0] ^= 1;
    seal(&saved);
    assert_int_equal(load(limits, buf_view(&saved)), 0);
    /* Something due of a rule, or a table, that there is not; they stand last. */
    for (size_t back = 4; back <= 8; back += 4) {
        uint8_t *p = saved.p + saved.n - HASH_BYTES - back;

        p[3] ^= 0x40;
        seal(&saved);
        assert_int_equal(load(limits, buf_view(&saved)), KEIIN_EDAMAGED);
        p[3] ^= 0x40;
    }
    seal(&saved);
    assert_int_equal(load(limits, buf_view(&saved)), 0);
    /* One byte more or less inside. */
    buf_put_u8(&saved, 0);
    seal(&saved);
    assert_int_equal(load(limits, buf_view(&saved)), KEIIN_EDAMAGED);
    saved.n -= 2;
    seal(&saved);
    assert_int_equal(load(limits, buf_view(&saved)), KEIIN_EDAMAGED);
    buf_destroy(&saved);
    stream_free(s);
    rules_limits_free(limits);
}

/* --- States that were changed and sealed again: what they say must not be believed. */

static struct rule_run *run_of(struct rules *rules, const char *name)
{
    for (size_t i = 0; i < rules_count; i++)
        if (strcmp(rules_all[i]->name, name) == 0)
            return &rules->runs[i];
    fail_msg("no rule %s", name);
    return NULL;
}

static struct rules *behind(const struct rules_limits *limits, struct stream *s)
{
    struct rules *rules;
    struct buf saved;

    assert_int_equal(rules_new(limits, (struct rules_sink){no_finding, NULL}, &rules), 0);
    stream_state(s, limits, &saved);
    assert_int_equal(rules_load(rules, buf_view(&saved), NULL), 0);
    buf_destroy(&saved);
    stream_free(s);
    return rules;
}

/* What it remembers now is refused. */
static void refused(struct rules *rules)
{
    struct buf saved;

    buf_init(&saved, 1 << 24);
    rules_save(rules, &saved);
    assert_int_equal(buf_status(&saved), 0);
    assert_int_equal(load(rules->limits, buf_view(&saved)), KEIIN_EDAMAGED);
    buf_destroy(&saved);
    rules_free(rules);
}

static void values_that_do_not_fit(void **state)
{
    struct rules_limits *limits = initial_limits();
    const struct span three = {(const uint8_t *)"abc", 3};
    const size_t writer_count_at = 20 + 2 * HASH_BYTES + 2 * 8;
    struct rules *rules = behind(limits, small_stream());
    struct stream *s = small_stream();
    struct table *t = rules->approvals;
    struct buf saved;

    (void)state;
    assert_int_equal(table_more_append(t, table_next(t, NULL), three), 0);
    refused(rules);
    rules = behind(limits, small_stream());
    t = rules->waiting.records;
    assert_int_equal(table_more_set(t, table_next(t, NULL), three), 0);
    refused(rules);
    rules = behind(limits, small_stream());
    assert_non_null(table_add(run_of(rules, "time-disputed")->tables[0], key_of(three)));
    refused(rules);
    rules = behind(limits, small_stream());
    t = run_of(rules, "volume-outlier")->tables[0];
    assert_int_equal(table_more_set(t, table_add(t, key_of(three)), three), 0);
    refused(rules);
    rules = behind(limits, small_stream());
    t = run_of(rules, "copy-untracked")->tables[0];
    memset(
        table_add(t, key_of(three)), 0xff, run_of(rules, "copy-untracked")->rule->table_bytes[0]);
    refused(rules);
    /* Numbers that would not be saved again as they are: of writers, and whether there is a roster. */
    stream_state(s, limits, &saved);
    for (size_t at = writer_count_at; at <= writer_count_at + 16; at += 16) {
        memset(saved.p + at, 0xff, 8);
        seal(&saved);
        assert_int_equal(load(limits, buf_view(&saved)), KEIIN_EDAMAGED);
        memset(saved.p + at, 0, 8);
    }
    buf_destroy(&saved);
    stream_free(s);
    rules_limits_free(limits);
}

static void say(
    struct rules *rules, const char *writer, const char *action, const char *fields[][2])
{
    struct record_place place = {
        .index = rules->next_index, .received = T0 + H(2), .writer = span_str(writer)};
    struct keiin_record *record = compose_new();
    const uint8_t salt[SALT_BYTES] = {0};
    struct buf bytes;

    buf_init(&bytes, RECORD_BYTES_MAX);
    assert_int_equal(compose_text(record, span_str("action"), span_str(action), NULL), 0);
    assert_int_equal(compose_number(record, span_str("at"), T0 + H(2), NULL), 0);
    assert_int_equal(compose_bytes(record, span_str("salt"), span_of(salt, SALT_BYTES), NULL), 0);
    for (size_t i = 0; fields[i][0] != NULL; i++)
        assert_int_equal(
            compose_text(record, span_str(fields[i][0]), span_str(fields[i][1]), NULL), 0);
    assert_int_equal(compose_encode(record, &bytes, NULL), 0);
    assert_int_equal(rules_record(rules, &place, buf_view(&bytes)), 0);
    buf_destroy(&bytes);
    compose_free(record);
}

/* Numbers of entries that are not there, and lists that have no end. */
static void names_that_lead_nowhere(void **state)
{
    static const char *of_ref[][2] = {{"ref", "r"}, {NULL, NULL}};
    static const char *of_approval[][2] = {{"authority", "A"}, {NULL, NULL}};
    static const char *refusal[][2] = {{"approval", "E"}, {"decision", "refused"}, {NULL, NULL}};
    struct rules_limits *limits = initial_limits();
    struct rules *rules;
    struct table *touched;

    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        struct stream *s = stream_new(NULL);

        said(s, "npa", 0, "collect.start ref=r authority=A");
        rules = behind(limits, s);
        table_clear(run_of(rules, "collection-overrun")->tables[lost]);
        say(rules, "npa", "collect.stop", lost == 0 ? of_approval : of_ref);
        rules_free(rules);
    }
    for (int end = 3; end <= 4; end++) { /* the words of the list: before, after */
        struct stream *s = stream_new(NULL);
        uint64_t *words;

        said(s, "npa", 0, "query dataset=d authority=E emergency=true");
        rules = behind(limits, s);
        touched = run_of(rules, "emergency-unratified")->tables[1];
        words = table_next(touched, NULL);
        assert_non_null(words);
        words[end] = table_serial(words);
        alarm(30);
        say(rules, "committee", "approve", refusal);
        alarm(0);
        rules_free(rules);
    }
    rules_limits_free(limits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_states_are_refused),
        cmocka_unit_test(foreign_states_are_refused),
        cmocka_unit_test(values_that_do_not_fit),
        cmocka_unit_test(names_that_lead_nowhere),
    };

    if (crypto_start(NULL) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
