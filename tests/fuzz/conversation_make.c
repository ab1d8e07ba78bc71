#include <stdio.h>

#include "core/chain.h"
#include "core/msgpack.h"
#include "core/sha256.h"
#include "core/submission.h"
#include "tests/fuzz/conversation.h"

enum wrong {
    WRONG_NUMBER_NEXT,
    WRONG_NUMBER_SMALL,
    WRONG_NUMBER_HUGE,
    WRONG_NUMBER_ZERO,
    WRONG_BEFORE,
    WRONG_SIGNATURE,
    WRONG_SIGNER,
    ANOTHER_KEY,
    A_STRANGER,
    CUT_SHORT,
    ONE_BYTE_MORE,
    A_BAD_RECORD,
    A_SEALED_PART_UNNAMED,
    A_SEALED_PART_ANOTHER,
    A_FORK,
    NOTHING_WRONG
};

/* The first key of a writer that is listed now, or its first one. */
static unsigned listed_key(unsigned writer)
{
    for (unsigned key = 0; key < MODEL_KEYS; key++)
        if ((t.model.listed[writer] >> key & 1) != 0)
            return key;
    return 0;
}

static void put_record(struct buf *out, uint8_t salt, const struct hash *sealed, bool bad)
{
    uint8_t salts[SALT_BYTES] = {salt};

    msgpack_put_map(out, (bad ? 2 : 3) + (sealed != NULL));
    msgpack_put_str(out, span_str("action"));
    msgpack_put_str(out, span_str("query"));
    msgpack_put_str(out, span_str("at"));
    msgpack_put_uint(out, 7);
    if (!bad) {
        msgpack_put_str(out, span_str("salt"));
        msgpack_put_bin(out, span_of(salts, sizeof salts));
    }
    if (sealed != NULL) {
        msgpack_put_str(out, span_str("sealed"));
        msgpack_put_bin(out, span_hash(sealed));
    }
}

/* Where the submission says that it stands. */
static void choose_place(struct model_submission *s, enum wrong wrong)
{
    const struct model *m = &t.model;
    const struct model_entry *e = &m->entries[choose(&t.c, (unsigned)m->size)];

    s->number = m->writers[s->writer].number + 1;
    s->before = m->writers[s->writer].head;
    if (wrong == WRONG_NUMBER_NEXT)
        s->number++;
    if (wrong == WRONG_NUMBER_SMALL)
        s->number = 1 + choose(&t.c, 8);
    if (wrong == WRONG_NUMBER_HUGE)
        s->number = UINT_MAX_CANONICAL - (s->count - 1) + choose(&t.c, 2);
    if (wrong == WRONG_NUMBER_ZERO)
        s->number = 0;
    if (wrong == WRONG_BEFORE)
        memset(&s->before, choose_u8(&t.c), HASH_BYTES);
    if (wrong == A_FORK && e->writer == s->writer) {
        s->number = e->number;
        s->before = e->before;
    }
    if (s->number == 0 || s->number > UINT_MAX_CANONICAL - (s->count - 1))
        s->malformed = true;
}

static void sign(struct sent *sent, const char *name, unsigned signer, bool stranger)
{
    const struct fixture_key *key =
        stranger ? fixture_key(60, "writer", "stranger.test/s") : model_key(sent->s.writer, signer);
    struct model_submission *s = &sent->s;
    struct chain_text text;

    chain_extend(&s->after, &s->before, sent->digests, (size_t)s->count);
    chain_text(&text, &t.model.ledger_id, span_str(name), s->number + s->count - 1, &s->after);
    secret_sign(key->file.secret, span_of(text.bytes, text.n), sent->signature);
}

static void write_body(struct sent *sent, struct submission *w, enum wrong wrong)
{
    struct model_submission *s = &sent->s;
    const struct fixture_key *key =
        s->stranger ? fixture_key(60, "writer", "stranger.test/s") : model_key(s->writer, s->key);

    w->kind = s->kind;
    w->key = key->vkey.key_hash;
    w->number = s->number;
    w->before = s->before;
    w->count = (size_t)s->count;
    w->signature = span_of(sent->signature, sizeof sent->signature);
    buf_init(&sent->body, 1 << 20);
    submission_write(&sent->body, w);
    if (wrong == CUT_SHORT)
        sent->body.n -= 1 + choose(&t.c, 200) % (unsigned)sent->body.n / 2;
    if (wrong == ONE_BYTE_MORE)
        buf_put_u8(&sent->body, choose_u8(&t.c));
    s->malformed = s->malformed || wrong == CUT_SHORT || wrong == ONE_BYTE_MORE;
    FUZZ_CHECK(buf_status(&sent->body) == 0 && sent->body.n > 0);
}

static struct sent *new_sent(unsigned writer, enum wrong wrong)
{
    struct sent *sent = &t.sent[t.sent_count++];

    FUZZ_CHECK(t.sent_count <= SENT_MAX);
    memset(sent, 0, sizeof *sent);
    sent->s.writer = writer;
    sent->s.key = wrong == ANOTHER_KEY ? choose(&t.c, MODEL_KEYS) : listed_key(writer);
    sent->s.stranger = wrong == A_STRANGER;
    return sent;
}

static void sign_as_chosen(struct sent *sent, enum wrong wrong)
{
    struct model_submission *s = &sent->s;
    unsigned signer = wrong == WRONG_SIGNER ? choose(&t.c, MODEL_KEYS) : s->key;

    sign(sent, model_key(s->writer, s->key)->file.name, signer, s->stranger);
    s->wrong_signature = signer != s->key;
    if (wrong == WRONG_SIGNATURE) {
        sent->signature[choose(&t.c, ED25519_SIGNATURE_BYTES)] ^= 1;
        s->wrong_signature = true;
    }
}

struct sent *make_records(unsigned writer)
{
    uint8_t first = choose_u8(&t.c);
    enum wrong wrong = first < 128 ? NOTHING_WRONG : (enum wrong)(first % 16);
    struct sent *sent = new_sent(writer, wrong);
    struct model_submission *s = &sent->s;
    struct span records[RECORDS_MAX], sealed[RECORDS_MAX] = {{NULL, 0}};
    struct submission w = {.records = records, .sealed = sealed, .digests = sent->digests};
    struct buf bytes[RECORDS_MAX];
    struct hash digest;
    bool has_sealed = first % 8 == 1 || wrong == A_SEALED_PART_ANOTHER;

    s->kind = ENTRY_RECORDS;
    s->count = 1 + choose(&t.c, RECORDS_MAX);
    choose_place(s, wrong);
    sha256(&digest, span_str("part"));
    for (size_t i = 0; i < s->count; i++) {
        buf_init(&bytes[i], 1024);
        put_record(&bytes[i], choose_u8(&t.c), has_sealed && i == 0 ? &digest : NULL,
            wrong == A_BAD_RECORD && i == 0);
        records[i] = buf_view(&bytes[i]);
        sha256(&sent->digests[i], records[i]);
    }
    if (has_sealed || wrong == A_SEALED_PART_UNNAMED)
        sealed[0] = span_str(wrong == A_SEALED_PART_ANOTHER ? "other" : "part");
    s->malformed = s->malformed || wrong == A_BAD_RECORD || wrong == A_SEALED_PART_UNNAMED;
    s->malformed_digest = wrong == A_SEALED_PART_ANOTHER;
    s->digest = sent->digests[0];
    sign_as_chosen(sent, wrong);
    write_body(sent, &w, wrong);
    for (size_t i = 0; i < s->count; i++)
        buf_destroy(&bytes[i]);
    return sent;
}

/* ---- rosters ---- */

enum wrong_roster {
    ROSTER_SERIAL,
    ROSTER_PARENT,
    ROSTER_UNSIGNED,
    ROSTER_NONSENSE,
    ROSTER_QUORUM,
    ROSTER_LOG_KEY,
    ROSTER_RIGHT
};

static void put_writers(struct buf *out, const uint8_t lists[MODEL_WRITERS])
{
    char rest[64];

    for (unsigned w = 0; w < MODEL_WRITERS; w++)
        for (unsigned k = 0; k < MODEL_KEYS; k++) {
            snprintf(rest, sizeof rest, " %s org\n", model_role(w));
            if ((lists[w] >> k & 1) != 0)
                fixture_put_key(out, "writer", model_key(w, k), rest);
        }
}

static void put_roster(struct buf *out, uint64_t serial, const struct hash *parent,
    const uint8_t lists[MODEL_WRITERS], enum wrong_roster wrong)
{
    fixture_put_roster_head(out, serial, parent);
    if (wrong == ROSTER_LOG_KEY) {
        /* Another key of the log in the place of its own, which the head wrote last. */
        while (out->n > 0 && (out->n < 5 || memcmp(out->p + out->n - 5, "\nlog ", 5) != 0))
            out->n--;
        out->n -= 4;
        fixture_put_key(out, "log", fixture_key(61, "log", FIXTURE_ORIGIN), "\n");
    }
    if (wrong == ROSTER_QUORUM)
        fixture_put_key(
            out, "witness w", fixture_key(FIXTURE_WITNESS, "witness", "witness.test/w"), "\n");
    buf_put_str(out, wrong == ROSTER_QUORUM ? "quorum w\n" : "quorum none\n");
    put_writers(out, lists);
    if (wrong == ROSTER_NONSENSE)
        buf_put_str(out, "nonsense\n");
}

static void choose_lists(uint8_t lists[MODEL_WRITERS])
{
    uint8_t all = 0;

    for (size_t i = 0; i < MODEL_WRITERS; i++)
        lists[i] = (uint8_t)choose(&t.c, 8);
    if (choose(&t.c, 8) != 0)
        lists[OPERATOR] |= 1;
    if ((lists[AGENCY_A] >> (MODEL_KEYS - 1) & 1) != 0)
        lists[AGENCY_B] &= (1 << (MODEL_KEYS - 1)) - 1; /* one key, one line */
    for (size_t i = 0; i < MODEL_WRITERS; i++)
        all |= lists[i];
    if (all == 0)
        lists[OPERATOR] = 1;
}

struct sent *make_roster(void)
{
    unsigned first = choose_u8(&t.c),
             writer = first % 4 != 0 ? OPERATOR : choose(&t.c, MODEL_WRITERS);
    enum wrong wrong = first < 200 ? NOTHING_WRONG : (enum wrong)(first % (ONE_BYTE_MORE + 1));
    unsigned way = choose(&t.c, 16);
    enum wrong_roster wrong_roster = way < ROSTER_RIGHT ? (enum wrong_roster)way : ROSTER_RIGHT;
    const struct fixture_key *root = fixture_key(FIXTURE_ROOT, "root", "root.test/r");
    const struct fixture_key *other = fixture_key(62, "root", "root.test/r");
    struct sent *sent = new_sent(writer, wrong);
    struct model_submission *s = &sent->s;
    struct hash parent = t.model.roster_hash;
    struct submission w = {.digests = sent->digests};
    struct buf text, note;

    s->kind = ENTRY_ROSTER;
    s->count = 1;
    choose_place(s, wrong);
    choose_lists(s->lists);
    if (wrong_roster == ROSTER_PARENT)
        parent.b[choose(&t.c, HASH_BYTES)] ^= 1;
    buf_init(&text, 1 << 16);
    buf_init(&note, 1 << 16);
    put_roster(&text, t.model.serial + 1 + (wrong_roster == ROSTER_SERIAL), &parent, s->lists,
        wrong_roster);
    fixture_put_note(
        &note, buf_view(&text), wrong_roster == ROSTER_UNSIGNED ? &other : &root, 1, 0);
    sha256(&sent->digests[0], buf_view(&text));
    s->roster_hash = s->digest = sent->digests[0];
    s->bad_roster = wrong_roster != ROSTER_RIGHT;
    w.note = buf_view(&note);
    sign_as_chosen(sent, wrong);
    write_body(sent, &w, wrong);
    buf_destroy(&text);
    buf_destroy(&note);
    return sent;
}

void put_right_roster(
    struct buf *out, uint64_t serial, const struct hash *parent, const uint8_t lists[MODEL_WRITERS])
{
    put_roster(out, serial, parent, lists, ROSTER_RIGHT);
}
