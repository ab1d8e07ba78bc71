#include "tests/fuzz/rules_stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/compose.h"
#include "core/msgpack.h"
#include "core/record.h"
#include "core/text.h"
#include "tests/fuzz/fixture.h"

#define T0 UINT64_C(1767225600000) /* 2026-01-01T00:00:00Z */
#define TIME_MAX ((UINT64_C(1) << 53) - 1)
#define VOUCHED_MAX 4

static const char *const writer_names[] = {"committee.test/c", "operator.test/o", "npa.test/a",
    "mod.test/a", "nco.test/a", "stranger.test/s"};

/* --- Rosters: the second has a writer more and another's role, the third lacks two. */

static const struct roster *roster_of(unsigned serial)
{
    static const char *const roles[3][6] = {
        {" committee k\n", " operator op\n", " agency npa\n", " agency mod\n", "", ""},
        {" committee k\n", " operator op\n", " agency npa\n", " auditor mod\n", " agency nco\n",
            ""},
        {" committee k\n", " operator op\n", "", " agency mod\n", "", ""}};
    static struct roster *rosters[3];
    struct hash parent;
    struct buf text;

    if (rosters[serial] != NULL)
        return rosters[serial];
    memset(&parent, 7, sizeof parent);
    buf_init(&text, 1 << 16);
    fixture_put_roster_head(&text, serial, &parent);
    fixture_put_key(
        &text, "witness w", fixture_key(FIXTURE_WITNESS, "witness", "witness.test/w"), "\n");
    buf_put_str(&text, "quorum w\n");
    for (unsigned i = 0; i < 6; i++)
        if (roles[serial][i][0] != 0)
            fixture_put_key(
                &text, "writer", fixture_key(10 + i, "writer", writer_names[i]), roles[serial][i]);
    FUZZ_CHECK(roster_parse(buf_view(&text), &rosters[serial], NULL) == 0);
    buf_destroy(&text);
    return rosters[serial];
}

/* --- Values. */

static const uint64_t spans_ms[] = {0, 1, RULE_SECOND, RULE_MINUTE, 5 * RULE_MINUTE,
    5 * RULE_MINUTE + 1, RULE_HOUR, RULE_HOUR + 1, 24 * RULE_HOUR, 24 * RULE_HOUR + 1,
    72 * RULE_HOUR, 72 * RULE_HOUR + 1, 30 * RULE_DAY, 30 * RULE_DAY + 1, 3650 * RULE_DAY};
#define SPANS (sizeof spans_ms / sizeof spans_ms[0])

/* Around `from`, or one of the ends of time. */
static uint64_t choose_time(struct choices *c, uint64_t from)
{
    unsigned what = choose(c, 2 * SPANS + 3);

    if (what < SPANS)
        return from + spans_ms[what] < TIME_MAX ? from + spans_ms[what] : TIME_MAX;
    if (what < 2 * SPANS)
        return from > spans_ms[what - SPANS] ? from - spans_ms[what - SPANS] : 0;
    return what == 2 * SPANS ? 0 : what == 2 * SPANS + 1 ? 1 : TIME_MAX;
}

static uint64_t choose_count(struct choices *c)
{
    static const uint64_t counts[] = {0, 1, 2, 3, 10, 100, 1000, TIME_MAX};

    return counts[choose(c, sizeof counts / sizeof counts[0])];
}

/* Few of each kind: that two records name the same is what the rules look for. */
static const char *choose_id(struct choices *c, const char *field)
{
    static const char *const sets[][9] = {{"actor", "a", "b", "auto:a", "c"},
        {"requested_by", "a", "b", "c"}, {"approved_by", "a", "b", "c"}, {"witnessed_by", "a", "b"},
        {"dataset", "d", "e", "f", "g"}, {"authority", "A", "B", "C"}, {"approval", "A", "B", "C"},
        {"unit", "u", "v"}, {"ref", "r", "s"}, {"purpose", "p", "q"},
        {"outcome", "denied", "failure", "success"},
        {"decision", "granted", "requested", "extended", "ratified", "refused"},
        {"method", "all", "in-place", "m"}, {"recipient", "npa.test/a", "mod.test/a", "R"},
        {"recipient_kind", "domestic", "foreign", "council", "k"}, {"state", "on", "off"}};
    unsigned set = 0, count = 0;

    for (; set < sizeof sets / sizeof sets[0]; set++)
        if (strcmp(sets[set][0], field) == 0)
            break;
    if (set == sizeof sets / sizeof sets[0])
        return choose(c, 2) == 0 ? "x" : "y";
    while (count < 8 && sets[set][count + 1] != NULL)
        count++;
    return sets[set][1 + choose(c, count)];
}

static const char *choose_of_ids(struct choices *c, const char *field)
{
    static const char *const lists[][2] = {{"parents", "dataset"}, {"datasets", "dataset"},
        {"purposes", "purpose"}, {"units", "unit"}, {"recipients", "recipient"}};

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (strcmp(lists[i][0], field) == 0)
            return choose_id(c, lists[i][1]);
    return "1.0";
}

static void put_note(struct keiin_record *record, struct choices *c, uint64_t now)
{
    uint64_t size = choose(c, 64), ms = choose_time(c, now);
    const struct fixture_key *keys[2];
    struct hash root = {{0}};
    struct buf text, note;
    size_t count = 0;

    if (choose(c, 4) != 0)
        keys[count++] = fixture_key(FIXTURE_LOG, "log", FIXTURE_ORIGIN);
    if (choose(c, 2) != 0)
        keys[count++] = fixture_key(FIXTURE_WITNESS, "witness", "witness.test/w");
    buf_init(&text, 1 << 12);
    buf_init(&note, 1 << 12);
    buf_printf(&text, FIXTURE_ORIGIN "\n%" PRIu64 "\n", size);
    base64_encode(&text, span_hash(&root));
    buf_put_str(&text, "\n");
    fixture_put_note(&note, buf_view(&text), keys, count, ms / RULE_SECOND);
    FUZZ_CHECK(compose_bytes(record, span_str("checkpoint"), buf_view(&note), NULL) == 0);
    buf_destroy(&text);
    buf_destroy(&note);
}

static void put_ids(struct keiin_record *record, struct choices *c, const struct field *field)
{
    size_t count = choose(c, 4);
    enum field_type type;

    FUZZ_CHECK(compose_begin(record, span_str(field->name), &type, NULL) == 0);
    msgpack_put_array(&record->bytes, count);
    for (size_t i = 0; i < count; i++)
        msgpack_put_str(&record->bytes, span_str(choose_of_ids(c, field->name)));
    FUZZ_CHECK(compose_end(record, NULL) == 0);
}

static void put_field(
    struct keiin_record *record, struct choices *c, const struct field *field, uint64_t now)
{
    static const char *const texts[] = {"", "t", "a { b } c", "\xc3\xa4\xe2\x82\xac"};
    struct span name = span_str(field->name);
    uint8_t bytes[32];
    int err = 0;

    switch (field->type) {
    case FIELD_ID:
        err = compose_text(record, name, span_str(choose_id(c, field->name)), NULL);
        break;
    case FIELD_TEXT:
    case FIELD_EXTENSION:
        err = compose_text(record, name, span_str(texts[choose(c, 4)]), NULL);
        break;
    case FIELD_UINT:
        err = compose_number(record, name, choose_count(c), NULL);
        break;
    case FIELD_TIME:
        err = compose_number(record, name, choose_time(c, now), NULL);
        break;
    case FIELD_TRUE:
        err = compose_true(record, name, NULL);
        break;
    case FIELD_BIN:
        put_note(record, c, now);
        break;
    case FIELD_BIN16:
    case FIELD_BIN32:
        memset(bytes, choose(c, 3), sizeof bytes);
        err =
            compose_bytes(record, name, span_of(bytes, field->type == FIELD_BIN16 ? 16 : 32), NULL);
        break;
    case FIELD_IDS:
        put_ids(record, c, field);
        break;
    }
    FUZZ_CHECK(err == 0);
}

static struct keiin_record *begun(struct span action, uint64_t at)
{
    struct keiin_record *record = compose_new();
    uint8_t salt[SALT_BYTES] = {0};

    FUZZ_CHECK(record != NULL);
    FUZZ_CHECK(compose_text(record, span_str("action"), action, NULL) == 0);
    FUZZ_CHECK(compose_number(record, span_str("at"), at, NULL) == 0);
    FUZZ_CHECK(compose_bytes(record, span_str("salt"), span_of(salt, sizeof salt), NULL) == 0);
    return record;
}

static struct span ended(struct keiin_record *record)
{
    struct buf bytes;
    struct span out;

    buf_init(&bytes, RECORD_BYTES_MAX);
    FUZZ_CHECK(compose_encode(record, &bytes, NULL) == 0);
    out = fuzz_copy(buf_view(&bytes));
    buf_destroy(&bytes);
    compose_free(record);
    return out;
}

/* Any action, with some of the fields; those that most rules read more often. */
static struct span composed(struct choices *c, uint64_t now)
{
    static const enum field_number usual[] = {F_ACTOR, F_APPROVAL, F_AUTHORITY, F_DATASET,
        F_DECISION, F_COUNT, F_OUTCOME, F_REF, F_UNIT, F_PARENTS, F_VALID_TO, F_VALID_FROM,
        F_DISCARDED, F_RETAIN_UNTIL, F_RECIPIENT, F_RECIPIENT_KIND};
    unsigned action = choose(c, ACTION_COUNT_OF + 3);
    unsigned high = choose_u8(c), mask = high << 8 | choose_u8(c), more = choose(c, 5);
    struct keiin_record *record =
        begun(span_str(action < ACTION_COUNT_OF    ? action_text((enum action)action)
                       : action == ACTION_COUNT_OF ? "nothing"
                       : action == ACTION_OWN + 1  ? "x-own"
                                                   : "x-lookup"),
            choose_time(c, now));

    for (unsigned i = 0; i < 16; i++)
        if ((mask >> i & 1) != 0)
            put_field(record, c, &record_fields[usual[i]], now);
    for (unsigned i = 0; i < more; i++) {
        const struct field *field = &record_fields[choose(c, F_COUNT_OF)];

        if (!compose_has(record, field->name))
            put_field(record, c, field, now);
    }
    return ended(record);
}

/* One as agencies write them: an action with the fields that belong to it, each mostly there. */
static struct span usual(struct choices *c, uint64_t now)
{
    static const struct {
        enum action action;
        enum field_number fields[8]; /* F_ACTION behind the last */
    } forms[] = {
        {ACTION_APPROVE, {F_APPROVAL, F_DECISION, F_VALID_TO, F_DATASETS, F_PURPOSES, F_UNITS}},
        {ACTION_APPROVE, {F_APPROVAL, F_DECISION, F_CRITERIA, F_RECIPIENTS, F_VALID_FROM}},
        {ACTION_REVOKE, {F_APPROVAL}},
        {ACTION_QUERY, {F_AUTHORITY, F_ACTOR, F_DATASET, F_UNIT, F_PURPOSE, F_COUNT, F_OUTCOME}},
        {ACTION_VIEW, {F_ACTOR, F_DATASET, F_COUNT, F_OUTCOME, F_UNIT}},
        {ACTION_HEARTBEAT, {F_SOURCE_COUNT, F_CHECKPOINT}},
        {ACTION_HEARTBEAT, {F_SOURCE_COUNT}},
        {ACTION_BATCH_RECEIVE, {F_AUTHORITY, F_DATASET, F_COUNT, F_REF, F_RETAIN_UNTIL}},
        {ACTION_COLLECT_START, {F_AUTHORITY, F_REF}},
        {ACTION_COLLECT_STOP, {F_AUTHORITY, F_REF}},
        {ACTION_SELECT_CRITERIA, {F_AUTHORITY, F_CRITERIA}},
        {ACTION_SELECT_RUN, {F_AUTHORITY, F_DATASET, F_PARENTS, F_COUNT, F_DISCARDED, F_CRITERIA}},
        {ACTION_ERASE, {F_DATASET, F_COUNT, F_PARENTS, F_WITNESSED_BY, F_APPROVED_BY}},
        {ACTION_PROVIDE, {F_AUTHORITY, F_DATASET, F_RECIPIENT, F_RECIPIENT_KIND, F_REF, F_NOTICE}},
        {ACTION_RECEIVE, {F_DATASET, F_REF, F_AUTHORITY}},
        {ACTION_NOTIFY, {F_REF, F_NOTICE}},
        {ACTION_DEMAND, {F_REF}},
        {ACTION_RESPOND, {F_REF}},
        {ACTION_DEIDENT_APPLY, {F_DATASET, F_PARENTS}},
        {ACTION_EMERGENCY_BEGIN, {F_APPROVAL, F_AUTHORITY, F_RATIFY_BY}},
        {ACTION_QUERY, {F_AUTHORITY, F_DATASET, F_EMERGENCY, F_RATIFY_BY}},
        {ACTION_EXPORT, {F_AUTHORITY, F_ACTOR, F_DATASET, F_COUNT, F_PARENTS}},
        {ACTION_RETAIN_EXTEND, {F_DATASET, F_RETAIN_UNTIL}},
    };
    unsigned form = choose(c, sizeof forms / sizeof forms[0]), left_out = choose_u8(c);
    struct keiin_record *record = begun(
        span_str(action_text(forms[form].action)), choose(c, 4) == 3 ? choose_time(c, now) : now);

    for (unsigned i = 0; i < 8 && forms[form].fields[i] != F_ACTION; i++)
        if ((left_out >> i & 1) == 0)
            put_field(record, c, &record_fields[forms[form].fields[i]], now);
    return ended(record);
}

/* --- The stream. */

static struct rules_step *step(struct rules_stream *s)
{
    FUZZ_CHECK(s->count < RULES_STEPS_MAX);
    return &s->steps[s->count++];
}

/* NULL before the first entry. */
static const struct roster *roster_in_force(const struct rules_stream *s)
{
    for (size_t i = s->count; i-- > 0;)
        if (s->steps[i].type == RULES_ENTRY)
            return s->steps[i].entry.roster;
    return NULL;
}

static void put_entry(struct rules_stream *s, uint64_t received, const struct roster *roster)
{
    struct rules_step *to = step(s);

    s->received = received < TIME_MAX ? received : TIME_MAX;
    s->position = 0;
    to->type = RULES_ENTRY;
    to->entry =
        (struct keeper_entry){.index = s->next_index++, .received = s->received, .roster = roster};
}

static void add_entry(struct rules_stream *s, struct choices *c)
{
    unsigned what = choose(c, 64);
    const struct roster *roster = roster_in_force(s);
    uint64_t received = s->received;

    if (what < 2 * SPANS) /* mostly forward */
        received += spans_ms[what % SPANS];
    else if (what == 2 * SPANS)
        received = choose_time(c, received);
    s->next_index += what == 63; /* one that was malformed is passed over */
    if (roster == NULL)
        roster = roster_of(0);
    else if (what >= 48 && what < 56 && roster->serial < 2)
        roster = roster_of((unsigned)roster->serial + 1);
    put_entry(s, received, roster);
}

static void put_record(struct rules_stream *s, unsigned writer, struct span bytes)
{
    struct rules_step *to = step(s);

    to->type = RULES_RECORD;
    to->place = (struct record_place){.index = s->next_index - 1,
        .position = s->position++,
        .received = s->received,
        .writer = span_str(writer_names[writer])};
    to->bytes = bytes;
}

static void add_record(struct rules_stream *s, struct choices *c, unsigned writer)
{
    unsigned how = choose(c, 8);
    struct span given;
    size_t n;

    if (how < 7) {
        put_record(s, writer, how < 4 ? usual(c, s->received) : composed(c, s->received));
        return;
    }
    /* A record as it stands in the input, where one does. */
    n = (size_t)choose_u8(c) << 8;
    given = choose_bytes(c, n | choose_u8(c));
    if (record_check(given, NULL, NULL) == 0)
        put_record(s, writer, fuzz_copy(given));
}

/* The last record again, some times, each in an entry of its own: what is counted grows. */
static void repeat(struct rules_stream *s, struct choices *c, unsigned writer)
{
    unsigned times = choose(c, 16);
    uint64_t apart_ms = spans_ms[choose(c, SPANS)];
    const struct rules_step *last = &s->steps[s->count - 1];

    if (last->type != RULES_RECORD)
        return;
    for (unsigned i = 0; i < times && s->count + 2 + VOUCHED_MAX < RULES_STEPS_MAX; i++) {
        put_entry(s, s->received + apart_ms, roster_in_force(s));
        put_record(s, writer, fuzz_copy(last->bytes));
    }
}

void rules_stream_make(struct rules_stream *s, struct choices *c)
{
    static const char *const witnesses[VOUCHED_MAX] = {"w", "v", "u", "t"};
    unsigned vouched = choose(c, VOUCHED_MAX + 1), writer = 0;

    s->received = T0;
    add_entry(s, c);
    while (choices_left(c) && s->count + 1 + VOUCHED_MAX < RULES_STEPS_MAX) {
        unsigned what = choose(c, 16);

        /* An entry is of one writer. */
        if (what < 13) {
            writer = what % 6;
            add_entry(s, c);
        }
        if (what == 15)
            repeat(s, c, writer);
        else
            add_record(s, c, writer);
    }
    for (unsigned i = 0; i < vouched; i++) {
        struct rules_step *to = step(s);

        to->type = RULES_VOUCHED;
        to->size = (s->next_index * (4 - i)) / 4;
        to->at_ms = s->received > spans_ms[3 * i] ? s->received - spans_ms[3 * i] : 0;
        to->witness = span_str(witnesses[i]);
    }
}

void rules_stream_free(struct rules_stream *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->steps[i].type == RULES_RECORD)
            free((void *)(uintptr_t)s->steps[i].bytes.p);
    s->count = 0;
}

const struct rules_limits *rules_stream_limits(bool small)
{
    static const char text[] =
        "[clocks]\ntolerance = 1 s\n[actions]\nx-lookup = query\n[authority-unknown]\nwait = 1 h\n"
        "[use-after-erase]\nremember = 24 h\ncounted = no\n[deident-missing]\nlimit = foreign "
        "council listed\n[emergency-unratified]\nratify_within = 1 h\nratify_within_max = 24 h\n"
        "[denied-burst]\ndenied = 2\n[volume-outlier]\nfactor = 2\nhours_min = 2\n"
        "[response-overdue]\nlimit = 1 h\n[foreign-unnotified]\nlimit = 1 h\nbefore = 5 min\n"
        "[provision-unmatched]\nlimit = 1 h\n[raw-access]\nuse = no\n";
    static struct rules_limits *limits[2];
    struct buf errors;

    if (limits[small] != NULL)
        return limits[small];
    buf_init(&errors, 1 << 16);
    fuzz_file_put("small.ini", span_str(text));
    if (rules_limits_read(small ? fuzz_file("small.ini") : NULL, &limits[small], &errors) != 0)
        fprintf(stderr, "%.*s", (int)errors.n, (const char *)errors.p);
    FUZZ_CHECK(limits[small] != NULL);
    buf_destroy(&errors);
    return limits[small];
}

/* --- What was found. */

static int take(void *ctx, const struct rules_finding *f)
{
    struct rules_told *told = ctx;
    char id[2 * HASH_BYTES + 1];
    size_t start;

    FUZZ_CHECK(f->address_count > 0 && rule_of(span_str(f->rule->name)) == f->rule);
    if (!f->open) {
        FUZZ_CHECK(told->id_count < sizeof told->ids / sizeof told->ids[0]);
        told->ids[told->id_count++] = f->id;
    }
    hex_encode(id, span_hash(&f->id));
    buf_printf(&told->text, "%s %s%s", f->rule->name, id, f->open ? " open" : "");
    for (size_t i = 0; i < f->address_count; i++)
        buf_printf(
            &told->text, " %" PRIu64 ".%" PRIu64, f->addresses[i].index, f->addresses[i].position);
    buf_put_str(&told->text, ": ");
    start = told->text.n;
    rules_finding_sentence(&told->text, f, NULL);
    FUZZ_CHECK(buf_status(&told->text) == 0 && told->text.n > start);
    FUZZ_CHECK(plain_utf8(span_of(told->text.p + start, told->text.n - start), false));
    buf_put_str(&told->text, "\n");
    return 0;
}

void rules_told_init(struct rules_told *told)
{
    buf_init(&told->text, 16 << 20);
    told->id_count = 0;
}

void rules_told_destroy(struct rules_told *told)
{
    buf_destroy(&told->text);
}

struct rules_sink rules_told_sink(struct rules_told *told)
{
    return (struct rules_sink){take, told};
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash));
}

void rules_told_check_ids(struct rules_told *told)
{
    qsort(told->ids, told->id_count, sizeof told->ids[0], by_bytes);
    for (size_t i = 1; i < told->id_count; i++) {
        bool twice = hash_eq(&told->ids[i - 1], &told->ids[i]);

        if (twice)
            fwrite(told->text.p, 1, told->text.n, stderr);
        FUZZ_CHECK(!twice);
    }
}

void rules_stream_step(struct rules *rules, const struct rules_step *s)
{
    switch (s->type) {
    case RULES_ENTRY:
        FUZZ_CHECK(rules_entry(rules, &s->entry) == 0);
        return;
    case RULES_RECORD:
        FUZZ_CHECK(rules_record(rules, &s->place, s->bytes) == 0);
        return;
    case RULES_VOUCHED:
        FUZZ_CHECK(rules_vouched(rules, s->size, s->at_ms, s->witness) == 0);
        return;
    }
}
