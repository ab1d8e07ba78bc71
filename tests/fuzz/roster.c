/*
 * core/roster_parse.c and core/roster.c: a roster that is taken, written again from its struct,
 * is the same text; every refusal names a line; the quorum grows with its cosignatures. A first
 * byte that is odd has all key ids of the text put right, so that names and lines can change.
 */
#include "core/roster.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/sha256.h"
#include "core/text.h"
#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 3000;

/* The vkey that begins at `at` gets the id of its name and key, when it looks like one. */
static void put_id_right(uint8_t *text, size_t from, size_t to)
{
    const uint8_t *plus = memchr(text + from, '+', to - from);
    uint8_t decoded[1 + MLDSA44_KEY_BYTES], id[4];
    struct span base64;
    char hex[9];
    int64_t n;
    size_t at;

    if (plus == NULL)
        return;
    at = (size_t)(plus - text);
    if (to - at < 12 || text[at + 9] != '+')
        return;
    base64 = span_of(text + at + 10, to - at - 10);
    n = base64_check(base64);
    if (n < 2 || n > (int64_t)sizeof decoded || !base64_decode(decoded, (size_t)n, base64))
        return;
    vkey_id(id, span_of(text + from, at - from), decoded[0], span_of(decoded + 1, (size_t)n - 1));
    hex_encode(hex, span_of(id, 4));
    memcpy(text + at + 1, hex, 8);
}

static void put_ids_right(struct span in)
{
    uint8_t *text = (uint8_t *)(uintptr_t)in.p;

    for (size_t from = 0, to; from < in.n; from = to + 1) {
        for (to = from; to < in.n && text[to] != ' ' && text[to] != '\n'; to++)
            continue;
        put_id_right(text, from, to);
    }
}

static void put_key(struct buf *out, const struct roster *r, const struct vkey *key)
{
    struct span line;

    if (key->type != KEY_COSIGNATURE_MLDSA44) {
        vkey_write(out, key);
        return;
    }
    /* The key itself is not kept: as it stands in the text. */
    line = span_of(key->name.p, (size_t)(r->text.p + r->text.n - key->name.p));
    buf_put(out, line.p, strcspn((const char *)line.p, " \n"));
}

static void put_role(struct buf *out, struct span organisation, enum role role)
{
    buf_printf(out, " %s ", role_text(role));
    buf_put_span(out, organisation);
    buf_put_str(out, "\n");
}

static void put_url(struct buf *out, struct span url)
{
    if (url.n > 0)
        buf_put_str(out, " ");
    buf_put_span(out, url);
    buf_put_str(out, "\n");
}

static struct span member_name(const struct roster *r, size_t member)
{
    return member < r->witness_count ? r->witnesses[member].name
                                     : r->groups[member - r->witness_count].name;
}

/* How a group says what it needs is not kept: taken from its line. */
static void put_needed(struct buf *out, const struct roster *r, const struct roster_group *group)
{
    const char *word = (const char *)group->name.p + group->name.n + 1;
    size_t n = strcspn(word, " ");
    uint64_t k;

    FUZZ_CHECK((const uint8_t *)word + n < r->text.p + r->text.n);
    FUZZ_CHECK(span_is(span_of(word, n), "all") ? group->needed == group->member_count
               : span_is(span_of(word, n), "any")
                   ? group->needed == 1
                   : decimal_parse(span_of(word, n), SIZE_MAX, &k) && k == group->needed);
    FUZZ_CHECK(group->needed >= 1 && group->needed <= group->member_count);
    buf_put(out, word, n);
}

static void put_policy(struct buf *out, const struct roster *r)
{
    bool *seen = calloc(r->witness_count + r->group_count + 1, sizeof *seen);

    FUZZ_CHECK(seen != NULL);
    for (size_t i = 0; i < r->witness_count; i++) {
        buf_put_str(out, "witness ");
        buf_put_span(out, r->witnesses[i].name);
        buf_put_str(out, " ");
        put_key(out, r, &r->witnesses[i].key);
        put_url(out, r->witnesses[i].url);
    }
    for (size_t i = 0; i < r->group_count; i++) {
        buf_put_str(out, "group ");
        buf_put_span(out, r->groups[i].name);
        buf_put_str(out, " ");
        put_needed(out, r, &r->groups[i]);
        for (size_t k = 0; k < r->groups[i].member_count; k++) {
            size_t member = r->members[r->groups[i].first_member + k];

            FUZZ_CHECK(member < r->witness_count + i); /* only what stands above */
            FUZZ_CHECK(!seen[member]); /* of one group */
            seen[member] = true;
            buf_put_str(out, " ");
            buf_put_span(out, member_name(r, member));
        }
        buf_put_str(out, "\n");
    }
    buf_put_str(out, "quorum ");
    if (r->quorum == ROSTER_QUORUM_NONE)
        buf_put_str(out, "none");
    else
        buf_put_span(out, member_name(r, r->quorum));
    buf_put_str(out, "\n");
    free(seen);
}

static void put_roster(struct buf *out, const struct roster *r)
{
    uint8_t typed[33] = {1};

    buf_put_str(out, "keiin/roster/v1\n");
    buf_put_span(out, r->origin);
    buf_printf(out, "\n%" PRIu64 "\n", r->serial);
    base64_encode(out, span_hash(&r->parent));
    for (size_t i = 0; i < r->root_count; i++) {
        buf_put_str(out, "\nroot ");
        put_key(out, r, &r->roots[i]);
    }
    buf_printf(out, "\nthreshold %zu\n", r->threshold);
    for (size_t i = 0; i < r->log_count; i++) {
        buf_put_str(out, "log ");
        put_key(out, r, &r->logs[i].key);
        put_url(out, r->logs[i].url);
    }
    put_policy(out, r);
    for (size_t i = 0; i < r->writer_count; i++) {
        buf_put_str(out, "writer ");
        put_key(out, r, &r->writers[i].key);
        put_role(out, r->writers[i].organisation, r->writers[i].role);
    }
    for (size_t i = 0; i < r->reader_count; i++) {
        buf_put_str(out, "reader ");
        buf_put_span(out, r->readers[i].name);
        buf_put_str(out, " ");
        memcpy(typed + 1, r->readers[i].key, 32);
        base64_encode(out, span_of(typed, sizeof typed));
        put_role(out, r->readers[i].organisation, r->readers[i].role);
    }
}

static void check_lookups(const struct roster *r)
{
    for (size_t i = 0; i < r->writer_count; i++) {
        const struct roster_writer *w = &r->writers[i];
        const struct roster_writer *by_name = roster_writer_by_name(r, w->key.name);

        FUZZ_CHECK(roster_writer_by_key(r, &w->key.key_hash) == w);
        FUZZ_CHECK(by_name != NULL && by_name <= w && span_eq(by_name->key.name, w->key.name) &&
                   by_name->role == w->role && span_eq(by_name->organisation, w->organisation));
    }
    FUZZ_CHECK(roster_writer_by_key(r, &r->text_hash) == NULL);
}

/* One more cosignature never takes the quorum away; all of them meet it, and none does not. */
static void check_quorum(const struct roster *r)
{
    bool *marks = calloc(r->witness_count + 1, sizeof *marks);
    bool before, now = false;

    FUZZ_CHECK(marks != NULL);
    before = roster_quorum_met(r, marks);
    FUZZ_CHECK(before == (r->quorum == ROSTER_QUORUM_NONE));
    for (size_t i = 0, at = 0; i < r->witness_count && i < 100; i++) {
        at = (at + 7) % r->witness_count;
        while (marks[at])
            at = (at + 1) % r->witness_count;
        marks[at] = true;
        now = roster_quorum_met(r, marks);
        FUZZ_CHECK(now || !before);
        before = now;
    }
    FUZZ_CHECK(r->witness_count >= 100 || before || r->quorum == ROSTER_QUORUM_NONE);
    free(marks);
}

static void check_errors(struct span errors)
{
    struct cursor c = cursor_of(errors);

    FUZZ_CHECK(errors.n > 0 && plain_utf8(errors, true));
    while (cursor_left(&c) > 0) {
        struct span line = cursor_line(&c);

        FUZZ_CHECK(!c.failed && line.n > 0 && plain_utf8(line, false));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data + (n > 0), n - (n > 0));
    struct roster *roster = NULL;
    struct buf errors, out;
    int err;

    if (n > 0 && data[0] % 2 == 1)
        put_ids_right(in);
    buf_init(&errors, SIZE_MAX);
    err = roster_parse(in, &roster, &errors);
    FUZZ_CHECK(err == 0 || err == KEIIN_EMALFORMED);
    FUZZ_CHECK((err == 0) == (roster != NULL) && (err == 0) == (errors.n == 0));
    if (err == 0) {
        struct hash hash;

        sha256(&hash, in);
        FUZZ_CHECK(hash_eq(&hash, &roster->text_hash) && span_eq(roster->text, in));
        FUZZ_CHECK(roster->threshold >= 1 && roster->threshold <= roster->root_count);
        FUZZ_CHECK(roster->log_count >= 1 && roster->writer_count >= 1);
        buf_init(&out, in.n);
        put_roster(&out, roster);
        FUZZ_CHECK(span_eq(buf_view(&out), in));
        buf_destroy(&out);
        check_lookups(roster);
        check_quorum(roster);
    } else {
        check_errors(buf_view(&errors));
    }
    roster_free(roster);
    buf_destroy(&errors);
    fuzz_end(in);
    return 0;
}
