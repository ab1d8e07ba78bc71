#include "tests/unit/rules_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/compose.h"
#include "core/ed25519.h"
#include "core/msgpack.h"
#include "core/record.h"
#include "core/sha256.h"
#include "tests/unit/rules_stream_internal.h"
#include "verifier/rules/engine_internal.h"
#include "verifier/rules/facts_json.h"

static const struct secret *key_at(struct secret **key, uint8_t seed)
{
    if (*key == NULL) {
        uint8_t bytes[32] = {seed};

        *key = secret_from_seed(bytes);
        assert_non_null(*key);
    }
    return *key;
}

const struct secret *stream_log_key(void)
{
    static struct secret *key;

    return key_at(&key, 1);
}

const struct secret *stream_witness_key(void)
{
    static struct secret *key;

    return key_at(&key, 2);
}

static struct roster *roster_with(const struct roster *before, const char *writer, enum role role)
{
    struct roster *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->origin = span_str("log.example");
    r->serial = before == NULL ? 0 : before->serial + 1;
    r->writers = calloc(WRITERS_MAX, sizeof *r->writers);
    r->logs = calloc(1, sizeof *r->logs);
    r->witnesses = calloc(1, sizeof *r->witnesses);
    assert_non_null(r->writers);
    assert_non_null(r->logs);
    assert_non_null(r->witnesses);
    r->log_count = r->witness_count = 1;
    vkey_make(
        &r->logs[0].key, span_str("log.example"), KEY_ED25519, secret_public(stream_log_key()));
    vkey_make(&r->witnesses[0].key, span_str("witness.example"), KEY_COSIGNATURE,
        secret_public(stream_witness_key()));
    r->witnesses[0].name = span_str("witness");
    for (size_t i = 0; before != NULL && i < before->writer_count; i++)
        if (!span_is(before->writers[i].key.name, writer))
            r->writers[r->writer_count++] = before->writers[i];
    if (role <= ROLE_AUDITOR) {
        assert_true(r->writer_count < WRITERS_MAX);
        r->writers[r->writer_count].key.name = span_str(writer);
        r->writers[r->writer_count].role = role;
        r->writers[r->writer_count++].organisation = span_str(writer);
    }
    return r;
}

static struct roster *in_force(const struct stream *s)
{
    return s->rosters[s->roster_count - 1];
}

static struct step *step(struct stream *s)
{
    assert_true(s->step_count < STEPS_MAX);
    return &s->steps[s->step_count++];
}

static void begin_entry(struct stream *s, uint64_t received_ms)
{
    struct step *e = step(s);

    e->type = STEP_ENTRY;
    e->entry = (struct keeper_entry){
        .index = s->entries++, .received = T0 + received_ms, .roster = in_force(s)};
}

unsigned passed(struct stream *s, uint64_t received_ms)
{
    begin_entry(s, received_ms);
    return (unsigned)s->entries - 1;
}

void skipped(struct stream *s)
{
    s->entries++;
}

static unsigned put_roster(struct stream *s, uint64_t received_ms, struct roster *next)
{
    assert_true(s->roster_count < sizeof s->rosters / sizeof s->rosters[0]);
    s->rosters[s->roster_count++] = next;
    return passed(s, received_ms);
}

static unsigned new_roster(
    struct stream *s, uint64_t received_ms, const char *writer, enum role role)
{
    return put_roster(s, received_ms, roster_with(in_force(s), writer, role));
}

unsigned rekeyed(struct stream *s, uint64_t received_ms)
{
    struct roster *next = roster_with(in_force(s), "", (enum role)99);

    vkey_make(&next->logs[0].key, span_str("log.example"), KEY_ED25519,
        secret_public(stream_witness_key()));
    return put_roster(s, received_ms, next);
}

unsigned listed(struct stream *s, uint64_t received_ms, const char *writer, enum role role)
{
    return new_roster(s, received_ms, writer, role);
}

unsigned unlisted(struct stream *s, uint64_t received_ms, const char *writer)
{
    return new_roster(s, received_ms, writer, (enum role)99);
}

void vouched(struct stream *s, uint64_t size, uint64_t at_ms, const char *witness)
{
    *step(s) =
        (struct step){.type = STEP_VOUCHED, .size = size, .at_ms = T0 + at_ms, .witness = witness};
}

struct stream *stream_new(const char *ini)
{
    static const struct {
        const char *name;
        enum role role;
    } writers[] = {{"committee", ROLE_COMMITTEE}, {"operator", ROLE_OPERATOR}, {"npa", ROLE_AGENCY},
        {"mod", ROLE_AGENCY}, {"nco", ROLE_AGENCY}};
    struct stream *s = calloc(1, sizeof *s);
    struct roster *roster = NULL;

    assert_non_null(s);
    assert_int_equal(crypto_start(NULL), 0);
    buf_init(&s->findings, 64 << 20);
    buf_init(&s->sentences, 64 << 20);
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++) {
        struct roster *next = roster_with(roster, writers[i].name, writers[i].role);

        if (roster != NULL) {
            free(roster->writers);
            free(roster->logs);
            free(roster->witnesses);
        }
        free(roster);
        roster = next;
    }
    roster->serial = 0;
    s->rosters[s->roster_count++] = roster;
    if (ini != NULL) {
        char path[] = "/tmp/keiin-rules-XXXXXX";
        int fd = mkstemp(path);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, ini, strlen(ini)), (ssize_t)strlen(ini));
        close(fd);
        s->ini = strdup(path);
    }
    return s;
}

void stream_free(struct stream *s)
{
    for (size_t i = 0; i < s->step_count; i++)
        free(s->steps[i].bytes);
    for (size_t i = 0; i < s->roster_count; i++) {
        free(s->rosters[i]->writers);
        free(s->rosters[i]->logs);
        free(s->rosters[i]->witnesses);
        free(s->rosters[i]);
    }
    if (s->ini != NULL)
        unlink(s->ini);
    free(s->ini);
    buf_destroy(&s->findings);
    buf_destroy(&s->sentences);
    free(s);
}

/* --- Records from text. */

static uint64_t time_of(const char *text)
{
    uint64_t total = 0;
    char *end;

    if (*text == '!')
        return strtoull(text + 1, NULL, 10);
    do {
        bool minus = *text == '-';
        double n = strtod(text + (minus || *text == '+'), &end);
        uint64_t ms;

        if (strncmp(end, "ms", 2) == 0) {
            ms = (uint64_t)n;
            end += 2;
        } else if (strncmp(end, "min", 3) == 0) {
            ms = MIN(n);
            end += 3;
        } else {
            ms = *end == 's' ? S(n) : *end == 'h' ? H(n) : D(n);
            assert_true(*end == 's' || *end == 'h' || *end == 'd');
            end++;
        }
        total = minus ? total - ms : total + ms;
        text = end;
    } while (*text != 0);
    return T0 + total;
}

static void put_ids(struct keiin_record *record, struct span name, char *value)
{
    enum field_type type;
    struct span ids[256];
    size_t count = 0;
    char *save = NULL;

    for (char *id = strcmp(value, "-") == 0 ? NULL : strtok_r(value, ",", &save); id != NULL;
         id = strtok_r(NULL, ",", &save)) {
        assert_true(count < 256);
        ids[count++] = span_str(id);
    }
    assert_int_equal(compose_begin(record, name, &type, NULL), 0);
    msgpack_put_array(&record->bytes, count);
    for (size_t i = 0; i < count; i++)
        msgpack_put_str(&record->bytes, ids[i]);
    assert_int_equal(compose_end(record, NULL), 0);
}

static void put_field(struct keiin_record *record, struct span name, char *value)
{
    enum field_type type;
    struct hash hash;
    int err = 0;

    assert_true(record_field_type(name, &type));
    switch (type) {
    case FIELD_TIME:
        err = compose_number(record, name, time_of(value), NULL);
        break;
    case FIELD_UINT:
        err = compose_number(record, name, strtoull(value, NULL, 10), NULL);
        break;
    case FIELD_TRUE:
        err = compose_true(record, name, NULL);
        break;
    case FIELD_BIN32:
        sha256(&hash, span_str(value));
        err = compose_bytes(record, name, span_hash(&hash), NULL);
        break;
    case FIELD_IDS:
        put_ids(record, name, value);
        break;
    case FIELD_TEXT:
        for (char *p = value; *p != 0; p++)
            *p = *p == '_' ? ' ' : *p;
        err = compose_text(record, name, span_str(value), NULL);
        break;
    case FIELD_ID:
    case FIELD_EXTENSION:
    case FIELD_BIN:
    case FIELD_BIN16:
        err = compose_text(record, name, span_str(value), NULL);
        break;
    }
    assert_int_equal(err, 0);
}

static void add_record(struct stream *s, const char *writer, uint32_t position, uint64_t received,
    const char *text, struct span note)
{
    struct keiin_record *record = compose_new();
    char *copy = strdup(text), *save = NULL;
    uint8_t salt[SALT_BYTES] = {(uint8_t)s->entries, (uint8_t)position};
    struct step *to = step(s);
    struct buf out;
    struct why why = {""};

    assert_non_null(record);
    assert_non_null(copy);
    put_field(record, span_str("action"), strtok_r(copy, " ", &save));
    for (char *field = strtok_r(NULL, " ", &save); field != NULL;
         field = strtok_r(NULL, " ", &save)) {
        char *value = strchr(field, '=');

        assert_non_null(value);
        *value++ = 0;
        put_field(record, span_str(field), value);
    }
    if (!compose_has(record, "at"))
        assert_int_equal(compose_number(record, span_str("at"), received, NULL), 0);
    assert_int_equal(compose_bytes(record, span_str("salt"), span_of(salt, sizeof salt), NULL), 0);
    if (note.n > 0)
        assert_int_equal(compose_bytes(record, span_str("checkpoint"), note, NULL), 0);
    buf_init(&out, RECORD_BYTES_MAX);
    if (compose_encode(record, &out, &why) != 0 || record_check(buf_view(&out), NULL, &why) != 0)
        fail_msg("%s: %s", text, why.text);
    to->type = STEP_RECORD;
    to->place = (struct record_place){.index = s->entries - 1,
        .position = position,
        .received = received,
        .writer = span_str(writer)};
    to->bytes = buf_take(&out, &to->n);
    compose_free(record);
    free(copy);
}

unsigned said_checkpoint(struct stream *s, const char *writer, uint64_t received_ms,
    const char *record, struct span note)
{
    begin_entry(s, received_ms);
    add_record(s, writer, 0, T0 + received_ms, record, note);
    return (unsigned)s->entries - 1;
}

unsigned said(struct stream *s, const char *writer, uint64_t received_ms, const char *record)
{
    return said_checkpoint(s, writer, received_ms, record, (struct span){NULL, 0});
}

void said_too(struct stream *s, const char *record)
{
    const struct step *last = &s->steps[s->step_count - 1];

    assert_int_equal(last->type, STEP_RECORD);
    add_record(s, (const char *)last->place.writer.p, last->place.position + 1,
        last->place.received, record, (struct span){NULL, 0});
}

/* --- The rules over it. */

struct told {
    struct buf *findings, *sentences;
    struct table *ids; /* of settled findings; or NULL */
    size_t entries, bytes; /* remembered at the end */
};

/* What was stored of it makes the same sentence, in either language. */
static void said_again(const struct rules_finding *f)
{
    static const struct wording japanese = {LANGUAGE_JA, 9 * 60, true};
    const struct wording *wordings[] = {NULL, &japanese};
    json_t *facts = facts_json_of(f);
    struct rule_fact back[FACTS_JSON_MAX];
    size_t count;

    assert_non_null(facts);
    assert_int_equal(facts_json_read(facts, f->rule, back, &count), 0);
    for (int i = 0; i < 2; i++) {
        struct buf one, other;

        buf_init(&one, 64 * 1024);
        buf_init(&other, 64 * 1024);
        rules_finding_sentence(&one, f, wordings[i]);
        assert_int_equal(
            rules_sentence_put(&other, f->rule, f->sentence, back, count, wordings[i]), 0);
        assert_true(one.n > 0 && span_eq(buf_view(&one), buf_view(&other)));
        buf_destroy(&one);
        buf_destroy(&other);
    }
    json_decref(facts);
}

static int take(void *ctx, const struct rules_finding *f)
{
    struct told *told = ctx;
    size_t before = told->ids == NULL ? 0 : table_count(told->ids);

    /* No two findings may be taken for one. */
    if (told->ids != NULL && !f->open) {
        assert_non_null(table_add(told->ids, key_of(span_hash(&f->id))));
        assert_int_equal(table_count(told->ids), before + 1);
    }
    said_again(f);
    buf_put_str(told->findings, f->rule->name);
    for (size_t i = 0; i < f->address_count; i++)
        buf_printf(told->findings, " %llu.%llu", (unsigned long long)f->addresses[i].index,
            (unsigned long long)f->addresses[i].position);
    buf_put_str(told->findings, f->open ? " open\n" : "\n");
    buf_put_str(told->sentences, f->rule->name);
    buf_put_str(told->sentences, ": ");
    rules_finding_sentence(told->sentences, f, NULL);
    buf_put_str(told->sentences, "\n");
    return 0;
}

static void do_step(struct rules *rules, const struct step *step)
{
    switch (step->type) {
    case STEP_ENTRY:
        assert_int_equal(rules_entry(rules, &step->entry), 0);
        return;
    case STEP_RECORD:
        assert_int_equal(rules_record(rules, &step->place, span_of(step->bytes, step->n)), 0);
        return;
    case STEP_VOUCHED:
        assert_int_equal(rules_vouched(rules, step->size, step->at_ms, span_str(step->witness)), 0);
        return;
    }
}

void stream_waiting_max(struct stream *s, uint64_t bytes)
{
    s->waiting_bytes_max = bytes;
}

static void new_rules(const struct stream *s, const struct rules_limits *limits,
    struct rules_sink sink, struct rules **out)
{
    assert_int_equal(rules_new(limits, sink, out), 0);
    if (s->waiting_bytes_max > 0)
        (*out)->waiting_bytes_max = s->waiting_bytes_max;
}

static void save(const struct rules *rules, struct buf *out)
{
    buf_init(out, 256 << 20);
    rules_save(rules, out);
    assert_int_equal(buf_status(out), 0);
}

/* Other rules with the same state; what they would save is the same to the byte. */
static struct rules *moved(const struct stream *s, const struct rules_limits *limits,
    struct rules_sink sink, struct rules *rules)
{
    struct why why = {""};
    struct buf state, again;
    struct rules *other;

    save(rules, &state);
    rules_free(rules);
    new_rules(s, limits, sink, &other);
    if (rules_load(other, buf_view(&state), &why) != 0)
        fail_msg("the state does not load: %s", why.text);
    save(other, &again);
    assert_true(span_eq(buf_view(&state), buf_view(&again)));
    buf_destroy(&state);
    buf_destroy(&again);
    return other;
}

/* The whole stream, with the state saved and loaded into other rules before step `cut`. */
static void run(
    const struct stream *s, const struct rules_limits *limits, size_t cut, struct told *told)
{
    struct rules_sink sink = {take, told};
    struct rules *rules;
    uint64_t settled;

    told->entries = told->bytes = 0;
    new_rules(s, limits, sink, &rules);
    for (size_t i = 0; i < s->step_count; i++) {
        if (i == cut)
            rules = moved(s, limits, sink, rules);
        do_step(rules, &s->steps[i]);
    }
    settled = rules_counts(rules)->findings;
    assert_int_equal(rules_open(rules), 0);
    assert_int_equal(rules_counts(rules)->findings, settled);
    for (unsigned i = 0; i < rules_count; i++)
        for (int t = 0; t < RULE_TABLES_MAX; t++)
            if (rules->runs[i].tables[t] != NULL && !rules->runs[i].off) {
                told->entries += table_count(rules->runs[i].tables[t]);
                told->bytes += table_bytes(rules->runs[i].tables[t]);
            }
    rules_free(rules);
}

void stream_state(const struct stream *s, const struct rules_limits *limits, struct buf *out)
{
    struct told told;
    struct rules_sink sink = {take, &told};
    struct buf unused[2];
    struct rules *rules;

    told = (struct told){.findings = &unused[0], .sentences = &unused[1]};
    buf_init(&unused[0], 64 << 20);
    buf_init(&unused[1], 64 << 20);
    new_rules(s, limits, sink, &rules);
    for (size_t i = 0; i < s->step_count; i++)
        do_step(rules, &s->steps[i]);
    save(rules, out);
    rules_free(rules);
    buf_destroy(&unused[0]);
    buf_destroy(&unused[1]);
}

/* All rules but those that are named. */
static void switch_off(struct rules_limits *limits, const char *only)
{
    for (size_t i = 0; i < rules_count; i++) {
        const char *name = rules_all[i]->name, *at = strstr(only, name);
        size_t n = strlen(name);

        limits->rules[i].off = true;
        for (; at != NULL; at = strstr(at + 1, name))
            if ((at == only || at[-1] == ' ') && (at[n] == 0 || at[n] == ' '))
                limits->rules[i].off = false;
    }
}

void found(struct stream *s, const char *only, const char *expected)
{
    struct rules_limits *limits;
    struct buf errors, again, unused;
    struct told told = {.findings = &s->findings, .sentences = &s->sentences, .ids = table_new(1)};
    size_t step = 1 + s->step_count / (s->step_count > 20000 ? 5 : 200);

    buf_init(&errors, 1 << 20);
    buf_init(&again, 64 << 20);
    buf_init(&unused, 64 << 20);
    if (rules_limits_read(s->ini, &limits, &errors) != 0)
        fail_msg("%.*s", (int)errors.n, (const char *)errors.p);
    if (only != NULL)
        switch_off(limits, only);
    assert_non_null(told.ids);
    run(s, limits, SIZE_MAX, &told);
    table_free(told.ids);
    buf_put_u8(&s->findings, 0);
    buf_put_u8(&s->sentences, 0);
    assert_string_equal((const char *)s->findings.p, expected);
    /* Cuts fall before entries: a ledger is never read up to the middle of one. */
    for (size_t cut = 1; cut < s->step_count; cut += step) {
        struct told other = {.findings = &again, .sentences = &unused};

        if (s->steps[cut].type != STEP_ENTRY)
            continue;
        buf_clear(&again);
        buf_clear(&unused);
        run(s, limits, cut, &other);
        buf_put_u8(&again, 0);
        assert_string_equal((const char *)again.p, expected);
    }
    buf_destroy(&errors);
    buf_destroy(&again);
    buf_destroy(&unused);
    rules_limits_free(limits);
}

const char *found_sentences(const struct stream *s)
{
    return (const char *)s->sentences.p;
}

static struct told remembered_of(struct stream *s, const char *only)
{
    struct rules_limits *limits;
    struct buf errors, unused;
    struct told told = {.findings = &unused, .sentences = &unused};

    buf_init(&errors, 1 << 20);
    buf_init(&unused, 64 << 20);
    assert_int_equal(rules_limits_read(s->ini, &limits, &errors), 0);
    switch_off(limits, only);
    run(s, limits, SIZE_MAX, &told);
    rules_limits_free(limits);
    buf_destroy(&errors);
    buf_destroy(&unused);
    return told;
}

size_t remembered(struct stream *s, const char *only)
{
    return remembered_of(s, only).entries;
}

size_t remembered_bytes(struct stream *s, const char *only)
{
    return remembered_of(s, only).bytes;
}
