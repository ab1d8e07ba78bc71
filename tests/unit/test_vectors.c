/*
 * Every case of every file of tests/vectors that is not a whole ledger, checked by core/.
 * The ledgers are audited by keiin-verify (tests/integration/vectors.py). Each test counts
 * its cases, so that a file read wrongly cannot pass by having none.
 */
#include <jansson.h>

#include "core/chain.h"
#include "core/checkpoint.h"
#include "core/entry.h"
#include "core/msgpack.h"
#include "core/record.h"
#include "core/roster.h"
#include "core/sha256.h"
#include "core/submission.h"
#include "core/tree.h"
#include "tests/unit/test.h"

static json_t *load(const char *name)
{
    char path[256];
    json_error_t error;
    json_t *root;

    snprintf(path, sizeof path, "tests/vectors/%s", name);
    root = json_load_file(test_path(path), JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        fail_msg("%s: %s", test_path(path), error.text);
    return root;
}

static json_t *get(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    if (value == NULL)
        fail_msg("the vector has no \"%s\"", key);
    return value;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(get(object, key));

    if (text == NULL)
        fail_msg("\"%s\" is no string", key);
    return text;
}

static struct span bytes_of(const json_t *object, const char *key)
{
    return span_unhex(text_of(object, key));
}

static void hash_of(const json_t *value, struct hash *out)
{
    assert_true(hex_decode(out->b, HASH_BYTES, span_str(json_string_value(value))));
}

static void test_msgpack(void **state)
{
    json_t *root = load("msgpack.json"), *value;
    size_t i, cases = 0;
    const char *what;

    (void)state;
    json_array_foreach(get(root, "good"), i, value)
    {
        struct span s = span_unhex(json_string_value(value));

        if (!msgpack_canonical(s))
            fail_msg("good case %zu is refused", i);
        span_free(s);
        cases++;
    }
    json_object_foreach(get(root, "bad"), what, value)
    {
        struct span s = span_unhex(json_string_value(value));

        if (msgpack_canonical(s))
            fail_msg("\"%s\" passes", what);
        span_free(s);
        cases++;
    }
    assert_int_equal(
        cases, json_array_size(get(root, "good")) + json_object_size(get(root, "bad")));
    assert_true(cases >= 60);
    json_decref(root);
}

static void test_records(void **state)
{
    json_t *root = load("records.json"), *c;
    size_t i;

    (void)state;
    assert_true(json_array_size(root) >= 15);
    json_array_foreach(root, i, c)
    {
        struct span record = bytes_of(c, "record");
        struct hash digest, wanted;

        if ((record_check(record, NULL, NULL) == 0) != json_is_true(get(c, "good")))
            fail_msg("\"%s\"", text_of(c, "what"));
        sha256(&digest, record);
        hash_of(get(c, "digest"), &wanted);
        assert_true(hash_eq(&digest, &wanted));
        span_free(record);
    }
    json_decref(root);
}

static void test_ed25519(void **state)
{
    json_t *root = load("ed25519.json"), *c;
    size_t i;

    (void)state;
    assert_true(json_array_size(root) >= 12);
    json_array_foreach(root, i, c)
    {
        struct span key = bytes_of(c, "key"), message = bytes_of(c, "message");
        struct span signature = bytes_of(c, "signature");
        bool good;

        assert_int_equal(key.n, ED25519_KEY_BYTES);
        good = ed25519_key_valid(key.p) && ed25519_verify(key.p, message, signature);
        if (good != json_is_true(get(c, "good")))
            fail_msg("\"%s\"", text_of(c, "what"));
        span_free(key);
        span_free(message);
        span_free(signature);
    }
    json_decref(root);
}

struct leaves {
    struct hash hashes[64];
    size_t count;
};

/* Root of a complete subtree by growing it anew: another way than tiles. */
static int node_of(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    const struct leaves *leaves = ctx;
    struct frontier f = {0};

    for (uint64_t i = index << level; i < (index + 1) << level; i++) {
        assert_true(i < leaves->count);
        frontier_append(&f, &leaves->hashes[i]);
    }
    frontier_root(&f, out);
    return 0;
}

static size_t read_proof(const json_t *c, struct hash *proof)
{
    json_t *value;
    size_t i;

    json_array_foreach(get(c, "proof"), i, value) hash_of(value, &proof[i]);
    return json_array_size(get(c, "proof"));
}

static void test_tree(void **state)
{
    json_t *root = load("tree.json"), *value, *c, *roots = get(root, "roots");
    struct hash proof[64], made[CONSISTENCY_HASHES_MAX], hash, old_hash;
    static struct leaves leaves;
    struct frontier f = {0};
    uint8_t bytes[64];
    size_t i, n, count;

    (void)state;
    leaves.count = json_array_size(roots) - 1;
    assert_int_equal(leaves.count, 40);
    json_array_foreach(roots, i, value)
    {
        struct hash got;

        frontier_root(&f, &got);
        hash_of(value, &hash);
        assert_true(hash_eq(&got, &hash));
        memset(bytes, (int)i, sizeof bytes);
        sha256_leaf(&leaves.hashes[i], span_of(bytes, i));
        frontier_append(&f, &leaves.hashes[i]);
    }
    assert_true(json_array_size(get(root, "inclusion")) >= 20);
    json_array_foreach(get(root, "inclusion"), i, c)
    {
        uint64_t index = (uint64_t)json_integer_value(get(c, "index"));
        uint64_t size = (uint64_t)json_integer_value(get(c, "size"));

        n = read_proof(c, proof);
        hash_of(json_array_get(roots, size), &hash);
        assert_true(tree_check_inclusion(index, size, &leaves.hashes[index], proof, n, &hash));
        assert_int_equal(tree_prove_inclusion(index, size, node_of, &leaves, made, &count), 0);
        assert_int_equal(count, n);
        assert_memory_equal(made, proof, n * HASH_BYTES);
    }
    assert_true(json_array_size(get(root, "consistency")) >= 20);
    json_array_foreach(get(root, "consistency"), i, c)
    {
        uint64_t old_size = (uint64_t)json_integer_value(get(c, "old"));
        uint64_t size = (uint64_t)json_integer_value(get(c, "new"));

        n = read_proof(c, proof);
        hash_of(json_array_get(roots, size), &hash);
        hash_of(json_array_get(roots, old_size), &old_hash);
        assert_true(tree_check_consistency(old_size, size, &old_hash, &hash, proof, n));
        assert_int_equal(tree_prove_consistency(old_size, size, node_of, &leaves, made, &count), 0);
        assert_int_equal(count, n);
        assert_memory_equal(made, proof, n * HASH_BYTES);
    }
    json_decref(root);
}

/* One submission of chain.json; `head` moves on. */
static void check_submission(const json_t *c, const struct hash *ledger_id, struct span name,
    const struct hash *key, struct hash *head, const struct secret *secret)
{
    struct span request = bytes_of(c, "request"), signature = bytes_of(c, "signature");
    uint8_t made[ED25519_SIGNATURE_BYTES];
    struct submission s;
    struct chain_text text;
    struct hash wanted;
    struct why why;
    struct buf again;

    if (submission_parse(request, &s, &why) != 0)
        fail_msg("%s", why.text);
    assert_int_equal(s.count, json_array_size(get(c, "records")));
    for (size_t i = 0; i < s.count; i++) {
        struct span record = span_unhex(json_string_value(json_array_get(get(c, "records"), i)));

        test_assert_span(s.records[i], record);
        span_free(record);
    }
    assert_true(s.number == (uint64_t)json_integer_value(get(c, "number")));
    assert_true(hash_eq(&s.key, key));
    hash_of(get(c, "before"), &wanted);
    assert_true(hash_eq(&s.before, &wanted) && hash_eq(head, &wanted));
    chain_extend(head, &s.before, s.digests, s.count);
    hash_of(get(c, "head"), &wanted);
    assert_true(hash_eq(head, &wanted));
    chain_text(&text, ledger_id, name, s.number + s.count - 1, head);
    test_assert_span(span_of(text.bytes, text.n), span_str(text_of(c, "signed text")));
    secret_sign(secret, span_of(text.bytes, text.n), made);
    test_assert_span(s.signature, signature);
    test_assert_span(span_of(made, sizeof made), signature);
    buf_init(&again, SUBMISSION_BYTES_MAX);
    submission_write(&again, &s);
    test_assert_span(buf_view(&again), request);
    buf_destroy(&again);
    submission_destroy(&s);
    span_free(request);
    span_free(signature);
}

static struct secret *secret_of(const json_t *seeds, const char *name)
{
    struct span seed = bytes_of(seeds, name);
    struct secret *secret;

    assert_int_equal(seed.n, 32);
    secret = secret_from_seed(seed.p);
    assert_non_null(secret);
    span_free(seed);
    return secret;
}

static void check_first_entry(
    const json_t *root, const struct hash *ledger_id, struct span name, const struct hash *key)
{
    struct span bytes = bytes_of(root, "first entry");
    struct hash digests[ENTRY_DIGESTS_MAX], leaf, hash, head;
    struct entry entry;
    struct buf again;

    assert_int_equal(entry_parse(bytes, &entry), 0);
    assert_int_equal(entry.kind, ENTRY_ROSTER);
    entry_genesis_prev(&hash, ledger_id);
    assert_true(hash_eq(&entry.prev, &hash));
    assert_false(hash_eq(&entry.key, key)); /* an operator or committee writer signs it */
    chain_start(&head, ledger_id, name);
    assert_false(hash_eq(&entry.before, &head));
    entry_digests(&entry, digests);
    assert_true(hash_eq(&digests[0], ledger_id));
    sha256_leaf(&leaf, bytes);
    hash_of(get(root, "first leaf"), &hash);
    assert_true(hash_eq(&leaf, &hash));
    buf_init(&again, ENTRY_BYTES_MAX);
    entry_write(&again, &entry, digests);
    test_assert_span(buf_view(&again), bytes);
    buf_destroy(&again);
    span_free(bytes);
}

static void test_chain(void **state)
{
    json_t *root = load("chain.json"), *notes = load("notes.json"), *c;
    struct span name = span_str(text_of(root, "name"));
    struct secret *secret = secret_of(get(notes, "seeds"), text_of(root, "name"));
    struct hash ledger_id, key, head;
    struct vkey vkey;
    size_t i;

    (void)state;
    hash_of(get(root, "ledger id"), &ledger_id);
    hash_of(get(root, "key"), &key);
    vkey_make(&vkey, name, KEY_ED25519, secret_public(secret));
    assert_true(hash_eq(&vkey.key_hash, &key));
    chain_start(&head, &ledger_id, name);
    assert_int_equal(json_array_size(get(root, "submissions")), 3);
    json_array_foreach(get(root, "submissions"), i, c)
        check_submission(c, &ledger_id, name, &key, &head, secret);
    check_first_entry(root, &ledger_id, name, &key);
    secret_free(secret);
    json_decref(root);
    json_decref(notes);
}

static void check_vkey(const char *text, const struct note *note, bool signed_it)
{
    struct vkey key;
    struct buf again;

    assert_int_equal(vkey_parse(span_str(text), &key, NULL), 0);
    if (note_judge(note, &key).valid != signed_it)
        fail_msg("%s: signature by %s", signed_it ? "no valid" : "unexpected", text);
    buf_init(&again, 1000);
    vkey_write(&again, &key);
    test_assert_span(buf_view(&again), span_str(text));
    buf_destroy(&again);
}

static void test_notes(void **state)
{
    json_t *root = load("notes.json"), *roster = get(root, "roster"), *value;
    json_t *checkpoint = get(root, "checkpoint");
    struct span genesis = test_file("tests/vectors/genesis.roster");
    struct secret *log = secret_of(get(root, "seeds"), "log");
    struct checkpoint parsed;
    struct roster *parsed_roster = NULL;
    struct hash id, wanted;
    struct note note;
    struct buf again;
    size_t i, signers = 0;

    (void)state;
    assert_int_equal(note_parse(span_str(text_of(roster, "note")), &note, NULL), 0);
    test_assert_span(note.text, span_str(text_of(roster, "text")));
    test_assert_span(genesis, span_str(text_of(roster, "note")));
    sha256(&id, note.text);
    hash_of(get(roster, "ledger id"), &wanted);
    assert_true(hash_eq(&id, &wanted));
    json_array_foreach(get(roster, "roots"), i, value)
    {
        struct vkey key;

        assert_int_equal(vkey_parse(span_str(json_string_value(value)), &key, NULL), 0);
        signers += note_judge(&note, &key).valid;
        assert_false(note_judge(&note, &key).wrong);
    }
    assert_int_equal(signers, 2);
    assert_int_equal(roster_from_note(genesis, NULL, &parsed_roster, NULL), 0);
    assert_true(hash_eq(&parsed_roster->text_hash, &wanted));

    assert_int_equal(note_parse(span_str(text_of(checkpoint, "note")), &note, NULL), 0);
    assert_int_equal(checkpoint_parse(note.text, &parsed, NULL), 0);
    assert_true(parsed.size == 262);
    test_assert_span(parsed.origin, parsed_roster->origin);
    check_vkey(text_of(checkpoint, "log"), &note, true);
    assert_int_equal(json_array_size(get(checkpoint, "witnesses")), 3);
    json_array_foreach(get(checkpoint, "witnesses"), i, value)
        check_vkey(json_string_value(value), &note, i < 2);
    /* The log's line, made again from its seed, is the line that stands there. */
    buf_init(&again, 10000);
    checkpoint_write(&again, parsed.origin, parsed.size, &parsed.root);
    test_assert_span(buf_view(&again), note.text);
    buf_put_str(&again, "\n");
    note_sign(&again, note.text, parsed.origin, log);
    assert_memory_equal(again.p, text_of(checkpoint, "note"), again.n);
    buf_destroy(&again);
    secret_free(log);
    roster_free(parsed_roster);
    span_free(genesis);
    json_decref(root);
}

static void test_rosters(void **state)
{
    json_t *root = load("rosters.json"), *c;
    struct roster *parent = NULL, *roster;
    size_t i;

    (void)state;
    assert_int_equal(roster_from_note(span_str(text_of(root, "parent")), NULL, &parent, NULL), 0);
    assert_true(json_array_size(get(root, "rosters")) >= 29);
    json_array_foreach(get(root, "rosters"), i, c)
    {
        struct span note = span_copy(span_str(text_of(c, "note")));
        struct why why = {""};
        int err;

        roster = NULL;
        err = roster_from_note(note, parent, &roster, &why);
        if ((err == 0) != json_is_true(get(c, "good")))
            fail_msg("\"%s\": %s %s", text_of(c, "what"), keiin_err_text(err), why.text);
        assert_true((err == 0) == (roster != NULL));
        assert_true(err == 0 || why.text[0] != '\0');
        roster_free(roster);
        span_free(note);
    }
    roster_free(parent);
    json_decref(root);
}

static int start(void **state)
{
    (void)state;
    return crypto_start(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_msgpack),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_ed25519),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_rosters),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
