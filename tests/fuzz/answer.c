/*
 * client/answer.c: the ledger's answer to a submission. The input chooses what the ledger says and
 * what the client had seen; a plain second judgement says whether it may be believed. An odd
 * first byte: the rest are an answer's bytes as they are.
 */
#include "client/answer.h"

#include <stdlib.h>

#include "core/chain.h"
#include "core/msgpack.h"
#include "core/proof.h"
#include "core/sha256.h"
#include "tests/fuzz/fixture.h"
#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 1500;

#define NOTE_TIME_S 1790000000

enum {
    SAY_NO_LOG_LINE = 1,
    SAY_WRONG_LOG_LINE = 2,
    SAY_COSIGNED = 4,
    SAY_WRONG_COSIGNED = 8,
    SAY_OTHER_ORIGIN = 16,
    SAY_WRONG_ROOT = 32,
    SAY_EXACT_PROOF = 64,
    SAY_CHAINED = 128
};

/* What stays the same: the client's submission and the roster that it knows. */
static struct client_pending pending;
static struct rosters rosters;

static void make_pending(void)
{
    const struct fixture_key *writer = fixture_key(FIXTURE_WRITER, "writer", "writer.test/w");
    uint8_t signature[ED25519_SIGNATURE_BYTES], salt[SALT_BYTES] = {1};
    struct submission s = {.kind = ENTRY_RECORDS, .key = writer->vkey.key_hash, .count = 1};
    struct buf record, body, file;
    struct span record_span;
    struct chain_text text;
    struct hash digest, after;

    buf_init(&record, 4096);
    msgpack_put_map(&record, 3);
    msgpack_put_str(&record, span_str("action"));
    msgpack_put_str(&record, span_str("query"));
    msgpack_put_str(&record, span_str("at"));
    msgpack_put_uint(&record, 7);
    msgpack_put_str(&record, span_str("salt"));
    msgpack_put_bin(&record, span_of(salt, sizeof salt));
    record_span = buf_view(&record);
    sha256(&digest, record_span);
    s.records = &record_span;
    s.number = 1;
    chain_start(&s.before, &rosters.list[0]->text_hash, writer->vkey.name);
    chain_extend(&after, &s.before, &digest, 1);
    chain_text(&text, &rosters.list[0]->text_hash, writer->vkey.name, 1, &after);
    secret_sign(writer->file.secret, span_of(text.bytes, text.n), signature);
    s.signature = span_of(signature, sizeof signature);
    buf_init(&body, 1 << 16);
    submission_write(&body, &s);
    buf_init(&file, 1 << 16);
    client_pending_write(&file, false, "mark", buf_view(&body));
    FUZZ_CHECK(client_pending_parse(buf_view(&file), &pending) == 0);
    buf_destroy(&record);
    buf_destroy(&body); /* the file's bytes stay: pending borrows from them */
}

static void make_all(void)
{
    static struct roster *list[1];

    if (rosters.count > 0)
        return;
    FUZZ_CHECK(roster_parse(fixture_roster(true), &list[0], NULL) == 0);
    rosters = (struct rosters){list, 1};
    make_pending();
}

/* ---- what the ledger says ---- */

struct said {
    unsigned flags;
    struct receipt receipt;
    uint64_t size;
    struct hash root, leaf;
    bool leads; /* the proof leads from the leaf to the root */
    struct buf note, body;
};

/* How many hashes prove a place, and the root they lead to (RFC 9162 section 2.1.3.2). */
static bool follow(const struct said *s, size_t count, struct hash *hash)
{
    uint64_t fn = s->receipt.index, sn = s->size - 1;

    *hash = s->leaf;
    for (size_t i = 0; i < count; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) != 0 || fn == sn) {
            sha256_node(hash, &s->receipt.proof[i], hash);
            for (; (fn & 1) == 0 && fn != 0; fn >>= 1)
                sn >>= 1;
        } else {
            sha256_node(hash, hash, &s->receipt.proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0;
}

static void say_tree(struct said *s, struct choices *c)
{
    struct entry entry = {.kind = ENTRY_RECORDS,
        .received = s->receipt.received,
        .prev = s->receipt.prev,
        .key = pending.submission.key,
        .number = pending.submission.number,
        .before = pending.submission.before,
        .digest_count = pending.submission.count,
        .signature = pending.submission.signature};
    size_t wanted = choose(c, 8);
    struct hash root;
    struct buf out;

    buf_init(&out, ENTRY_BYTES_MAX);
    entry_write(&out, &entry, pending.submission.digests);
    sha256_leaf(&s->leaf, buf_view(&out));
    buf_destroy(&out);
    for (size_t i = 0; i < PROOF_HASHES_MAX; i++)
        memset(&s->receipt.proof[i], (int)i + 1, HASH_BYTES);
    s->receipt.proof_count = wanted;
    if ((s->flags & SAY_EXACT_PROOF) != 0 && s->receipt.index < s->size)
        for (size_t i = 0; i <= PROOF_HASHES_MAX; i++)
            if (follow(s, i, &root)) {
                s->receipt.proof_count = i;
                break;
            }
    s->leads = s->receipt.index < s->size && follow(s, s->receipt.proof_count, &s->root);
    if (!s->leads || (s->flags & SAY_WRONG_ROOT) != 0) {
        s->leads = false;
        memset(&s->root, choose_u8(c), HASH_BYTES);
    }
}

static void say_note(struct said *s)
{
    const struct fixture_key *const keys[2] = {fixture_key(FIXTURE_LOG, "log", FIXTURE_ORIGIN),
        fixture_key(FIXTURE_WITNESS, "witness", "witness.test/w")};
    const struct fixture_key *line = keys[1];
    struct buf text, other;

    buf_init(&text, CHECKPOINT_TEXT_BYTES_MAX);
    buf_init(&other, CHECKPOINT_TEXT_BYTES_MAX);
    checkpoint_write(&text,
        span_str((s->flags & SAY_OTHER_ORIGIN) != 0 ? "elsewhere" : FIXTURE_ORIGIN), s->size,
        &s->root);
    checkpoint_write(&other, span_str(FIXTURE_ORIGIN), s->size ^ 1, &s->root);
    buf_put_span(&s->note, buf_view(&text));
    buf_put_str(&s->note, "\n");
    if ((s->flags & SAY_NO_LOG_LINE) == 0)
        note_sign(&s->note,
            (s->flags & SAY_WRONG_LOG_LINE) != 0 ? buf_view(&other) : buf_view(&text),
            keys[0]->vkey.name, keys[0]->file.secret);
    if ((s->flags & (SAY_COSIGNED | SAY_WRONG_COSIGNED)) != 0) {
        struct buf whole;
        const uint8_t *end;

        buf_init(&whole, 4096);
        fixture_put_note(&whole,
            (s->flags & SAY_WRONG_COSIGNED) != 0 ? buf_view(&other) : buf_view(&text), &line, 1,
            NOTE_TIME_S);
        end = memmem(whole.p, whole.n, "\n\n", 2);
        FUZZ_CHECK(end != NULL);
        buf_put(&s->note, end + 2, (size_t)(whole.p + whole.n - end - 2));
        buf_destroy(&whole);
    }
    buf_destroy(&text);
    buf_destroy(&other);
}

static void say(struct said *s, struct choices *c, const struct client_state *before)
{
    uint64_t size;

    memset(s, 0, sizeof *s);
    buf_init(&s->note, 8192);
    buf_init(&s->body, 1 << 16);
    s->flags = choose_u8(c);
    s->receipt.index = (choose_u64(c) & UINT_MAX_CANONICAL) >> choose(c, 54);
    s->receipt.received = (choose_u64(c) & UINT_MAX_CANONICAL) >> choose(c, 54);
    size = (choose_u64(c) & INT64_MAX) >> choose(c, 63);
    s->size = size == 0 ? 1 : size;
    if ((s->flags & SAY_CHAINED) != 0 && s->receipt.index == 0)
        entry_genesis_prev(&s->receipt.prev, &rosters.list[0]->text_hash);
    else if ((s->flags & SAY_CHAINED) != 0)
        s->receipt.prev = before->leaf;
    say_tree(s, c);
    say_note(s);
    s->receipt.checkpoint = buf_view(&s->note);
    receipt_write(&s->body, &s->receipt);
    FUZZ_CHECK(buf_status(&s->body) == 0 && buf_status(&s->note) == 0);
}

/* ---- what may be believed of it ---- */

static int judge(const struct said *s, const struct client_state *before)
{
    struct hash genesis;
    bool no_lines =
        (s->flags & SAY_NO_LOG_LINE) != 0 && (s->flags & (SAY_COSIGNED | SAY_WRONG_COSIGNED)) == 0;

    if (no_lines)
        return KEIIN_EMALFORMED; /* a note has a line */
    if ((s->flags & SAY_OTHER_ORIGIN) != 0)
        return KEIIN_EMISMATCH;
    if ((s->flags & SAY_WRONG_COSIGNED) != 0 ||
        (s->flags & (SAY_NO_LOG_LINE | SAY_WRONG_LOG_LINE)) == SAY_WRONG_LOG_LINE)
        return KEIIN_ESIGNATURE;
    if ((s->flags & SAY_NO_LOG_LINE) != 0)
        return KEIIN_EABSENT;
    entry_genesis_prev(&genesis, &rosters.list[0]->text_hash);
    if (!s->leads || (s->receipt.index == 0 && !hash_eq(&s->receipt.prev, &genesis)))
        return KEIIN_EMISMATCH;
    if (before->has_entry &&
        (s->receipt.index <= before->index || s->receipt.received < before->received ||
            (s->receipt.index == before->index + 1 && !hash_eq(&s->receipt.prev, &before->leaf)) ||
            s->size < before->size ||
            (s->size == before->size && !hash_eq(&s->root, &before->root))))
        return KEIIN_EMISMATCH;
    return 0;
}

/* The receipt that is kept proves the entry; the state is the one that follows. */
static void check_kept(const struct said *s, const struct client_state *state, struct span receipt)
{
    struct proof_extra extra;
    struct proof proof;
    struct hash leaf;

    FUZZ_CHECK(proof_parse(receipt, &proof, NULL) == 0 && proof.has_extra);
    FUZZ_CHECK(proof_extra_parse(span_of(proof.extra, proof.extra_bytes), &extra) == 0);
    sha256_leaf(&leaf, extra.entry);
    FUZZ_CHECK(hash_eq(&leaf, &state->leaf) && !extra.has_record);
    FUZZ_CHECK(proof.index == state->index && state->number == 1 && state->has_checkpoint);
    FUZZ_CHECK(hash_eq(&state->head, &pending.head) && strcmp(state->mark, "mark") == 0);
    FUZZ_CHECK(tree_check_inclusion(
        proof.index, state->size, &leaf, proof.hashes, proof.hash_count, &state->root));
    if (s != NULL) {
        FUZZ_CHECK(hash_eq(&leaf, &s->leaf) && state->size == s->size);
        FUZZ_CHECK(state->received == s->receipt.received && hash_eq(&state->root, &s->root));
    }
    proof_destroy(&proof);
}

static void choose_before(struct client_state *before, struct choices *c)
{
    *before = (struct client_state){.head = pending.submission.before};
    if (choose(c, 2) == 0)
        return;
    before->has_entry = before->has_checkpoint = true;
    before->index = (choose_u64(c) & UINT_MAX_CANONICAL) >> choose(c, 54);
    before->received = (choose_u64(c) & UINT_MAX_CANONICAL) >> choose(c, 54);
    before->size = before->index + 1 + choose_u8(c);
    memset(&before->leaf, choose_u8(c), HASH_BYTES);
    memset(&before->root, choose_u8(c), HASH_BYTES);
}

static int ask(struct span body, const struct client_state *before, struct client_state *state,
    struct buf *receipt)
{
    struct why why = {""};
    struct span copy = fuzz_copy(body);
    int err = answer_check(
        copy, &pending, before, &rosters, &rosters.list[0]->text_hash, state, receipt, &why);

    FUZZ_CHECK(err == 0 || fuzz_says_why(&why));
    fuzz_end(copy);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct choices c = choices_of(in);
    bool raw = choose_u8(&c) % 2 == 1;
    struct client_state before = {0}, state;
    struct buf receipt;
    struct said said;
    int err;

    make_all();
    buf_init(&receipt, PROOF_BYTES_MAX);
    if (raw) {
        before.head = pending.submission.before;
        err = ask(choose_bytes(&c, SIZE_MAX), &before, &state, &receipt);
        FUZZ_CHECK(err == 0 || err == KEIIN_EMALFORMED || err == KEIIN_ESIGNATURE ||
                   err == KEIIN_EMISMATCH || err == KEIIN_EABSENT);
    } else {
        choose_before(&before, &c);
        say(&said, &c, &before);
        err = ask(buf_view(&said.body), &before, &state, &receipt);
        FUZZ_CHECK(err == judge(&said, &before));
    }
    if (err == 0)
        check_kept(raw ? NULL : &said, &state, buf_view(&receipt));
    if (!raw) {
        buf_destroy(&said.note);
        buf_destroy(&said.body);
    }
    buf_destroy(&receipt);
    fuzz_end(in);
    return 0;
}
