/*
 * core/tree.c and the node reader of core/tile.c: over a small tree whose leaves the input
 * chooses, the prover's proof is the only one that verifies, however it is changed, and at no
 * other place; over sizes up to 2^64 checks of arbitrary proofs come to an end.
 */
#include "core/tree.h"

#include "core/sha256.h"
#include "core/tile.h"
#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 3000;

#define SIZE_MAX_HERE 70

static struct hash leaves[SIZE_MAX_HERE];

/* RFC 6962 section 2.1, as it is written there. */
static void plain_root(size_t from, size_t to, struct hash *out)
{
    struct hash left, right;
    size_t half = 1;

    if (to - from == 1) {
        *out = leaves[from];
        return;
    }
    while (2 * half < to - from)
        half *= 2;
    plain_root(from, from + half, &left);
    plain_root(from + half, to, &right);
    sha256_node(out, &left, &right);
}

static int node(void *ctx, unsigned level, uint64_t index, struct hash *out)
{
    (void)ctx;
    FUZZ_CHECK(level < 7 && ((index + 1) << level) <= SIZE_MAX_HERE);
    plain_root((size_t)index << level, (size_t)(index + 1) << level, out);
    return 0;
}

/* A proof changed as the input says; may also be the same again. */
static void change(struct choices *c, struct hash *proof, size_t *count, size_t max)
{
    size_t at = *count == 0 ? 0 : choose(c, (unsigned)*count);

    switch (choose(c, 5)) {
    case 0:
        if (*count > 0)
            proof[at].b[choose(c, 32)] ^= choose_u8(c);
        break;
    case 1:
        if (*count > 0)
            memmove(&proof[at], &proof[at + 1], (--*count - at) * sizeof *proof);
        break;
    case 2:
        if (*count < max) {
            memmove(&proof[at + 1], &proof[at], (*count - at) * sizeof *proof);
            proof[at] = leaves[choose(c, SIZE_MAX_HERE)];
            ++*count;
        }
        break;
    case 3:
        if (*count > 1) {
            struct hash first = proof[0];

            proof[0] = proof[*count - 1];
            proof[*count - 1] = first;
        }
        break;
    default:
        break;
    }
}

static bool same(const struct hash *a, size_t a_count, const struct hash *b, size_t b_count)
{
    return a_count == b_count && (a_count == 0 || memcmp(a, b, a_count * sizeof *a) == 0);
}

static void inclusion(struct choices *c, size_t size, const struct hash *root)
{
    struct hash proof[PROOF_HASHES_MAX + 1], changed[PROOF_HASHES_MAX + 1];
    size_t index = choose(c, (unsigned)size), count = 0, changed_count, other;

    FUZZ_CHECK(tree_prove_inclusion(index, size, node, NULL, proof, &count) == 0);
    FUZZ_CHECK(tree_check_inclusion(index, size, &leaves[index], proof, count, root));
    memcpy(changed, proof, sizeof proof);
    changed_count = count;
    change(c, changed, &changed_count, PROOF_HASHES_MAX);
    FUZZ_CHECK(tree_check_inclusion(index, size, &leaves[index], changed, changed_count, root) ==
               same(proof, count, changed, changed_count));
    other = choose(c, (unsigned)size);
    FUZZ_CHECK(
        tree_check_inclusion(other, size, &leaves[index], proof, count, root) == (other == index));
    FUZZ_CHECK(!tree_check_inclusion(size, size, &leaves[index], proof, count, root));
}

static void consistency(struct choices *c, size_t size, const struct hash *root)
{
    struct hash proof[CONSISTENCY_HASHES_MAX + 1], changed[CONSISTENCY_HASHES_MAX + 1], old_root;
    size_t old = 1 + choose(c, (unsigned)size), count = 0, changed_count, other;

    plain_root(0, old, &old_root);
    FUZZ_CHECK(tree_prove_consistency(old, size, node, NULL, proof, &count) == 0);
    FUZZ_CHECK(tree_check_consistency(old, size, &old_root, root, proof, count));
    memcpy(changed, proof, sizeof proof);
    changed_count = count;
    change(c, changed, &changed_count, CONSISTENCY_HASHES_MAX);
    FUZZ_CHECK(tree_check_consistency(old, size, &old_root, root, changed, changed_count) ==
               same(proof, count, changed, changed_count));
    other = choose(c, SIZE_MAX_HERE);
    FUZZ_CHECK(hash_eq(&leaves[other], &old_root) ||
               !tree_check_consistency(old, size, &leaves[other], root, proof, count));
}

/* Of trees that nobody has: the answer is no, and there is one. */
static void beyond(struct choices *c)
{
    uint64_t size = choose_u64(c), index = choose_u64(c);
    struct hash proof[CONSISTENCY_HASHES_MAX];
    size_t count = choose(c, CONSISTENCY_HASHES_MAX + 1);

    for (size_t i = 0; i < CONSISTENCY_HASHES_MAX; i++)
        proof[i] = leaves[i];
    FUZZ_CHECK(!tree_check_inclusion(index, size, &leaves[0], proof,
                   count > PROOF_HASHES_MAX ? PROOF_HASHES_MAX : count, &leaves[1]) ||
               hash_eq(&leaves[0], &leaves[1]));
    FUZZ_CHECK(!tree_check_consistency(index, size, &leaves[2], &leaves[3], proof, count) ||
               hash_eq(&leaves[2], &leaves[3]));
}

static void grow(struct choices *c, size_t size, const struct hash *root)
{
    struct frontier f = {0};
    struct hash got;
    size_t at = 0;

    /* Leaf by leaf, or a complete subtree where one fits and the input says so. */
    while (at < size) {
        unsigned level = choose(c, 4);
        struct hash subtree;

        while (level > 0 && (at % (1u << level) != 0 || at + (1u << level) > size))
            level--;
        if (level == 0) {
            frontier_append(&f, &leaves[at++]);
            continue;
        }
        plain_root(at, at + (1u << level), &subtree);
        frontier_append_subtree(&f, level, &subtree);
        at += 1u << level;
    }
    FUZZ_CHECK(f.size == size);
    frontier_root(&f, &got);
    FUZZ_CHECK(hash_eq(&got, root));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct choices c = choices_of(in);
    size_t size = 1 + choose(&c, SIZE_MAX_HERE);
    uint8_t seed = choose_u8(&c);
    struct hash root, got;

    /* All leaves differ, so that no two places hold the same. */
    for (size_t i = 0; i < SIZE_MAX_HERE; i++) {
        uint8_t leaf[2] = {seed, (uint8_t)i};

        sha256_leaf(&leaves[i], span_of(leaf, sizeof leaf));
    }
    plain_root(0, size, &root);
    FUZZ_CHECK(tree_root(size, node, NULL, &got) == 0 && hash_eq(&got, &root));
    grow(&c, size, &root);
    inclusion(&c, size, &root);
    consistency(&c, size, &root);
    beyond(&c);
    fuzz_end(in);
    return 0;
}
