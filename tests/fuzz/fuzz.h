/*
 * What the fuzz targets share. A target is one program: tests/fuzz/X.c with
 * LLVMFuzzerTestOneInput, linked with libFuzzer (configure --enable-fuzzers) or else with
 * replay.c, which feeds it the files of tests/fuzz/corpus/X and mutations of them. One thread.
 *
 * A target shows more than that nothing crashes: what was decoded is encoded again, or judged
 * a second time by other means, and FUZZ_CHECK says what must hold.
 */
#ifndef KEIIN_TESTS_FUZZ_H
#define KEIIN_TESTS_FUZZ_H

#include "core/bytes.h"

/* How many mutations a replay tries; each target defines it, by what one costs. */
extern const unsigned fuzz_rounds;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define FUZZ_CHECK(what) ((what) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #what))
void fuzz_failed(const char *file, int line, const char *what) __attribute__((noreturn));

/*
 * Begins a run: makes libsodium ready once, and gives the input in a heap block of exactly its
 * size, so that a sanitizer sees every read beyond it. fuzz_end frees it, and fails when the
 * code under test asked for more memory at once than 128 bytes for each byte of input and
 * FUZZ_SMALL_BYTES: then it believed a length that somebody promised.
 */
#define FUZZ_SMALL_BYTES (1024 * 1024)
struct span fuzz_begin(const uint8_t *data, size_t n);
void fuzz_end(struct span input);

/* A copy in a block of exactly its size; free() its `p`. */
struct span fuzz_copy(struct span bytes);

/* The input as a source of choices: bytes from its front, zero when none is left. */
struct choices {
    const uint8_t *p, *end;
};
struct choices choices_of(struct span input);
bool choices_left(const struct choices *c);
uint8_t choose_u8(struct choices *c);
uint64_t choose_u64(struct choices *c);
/* 0 to `below` - 1, in a byte. */
unsigned choose(struct choices *c, unsigned below);
/* Up to n bytes; fewer at the end. */
struct span choose_bytes(struct choices *c, size_t n);

/* Base64 by decoding leniently and encoding again: true when exactly the same text comes out. */
bool plain_base64(struct span text);
/* UTF-8 by the table of RFC 3629 section 4, and without what SPEC.md section 2 forbids. */
bool plain_utf8(struct span text, bool any_character);

/* Whether there is a reason, in one line of plain characters, since people are shown it. */
bool fuzz_says_why(const struct why *why);

/* A file of a folder of our own in memory where there is such, else in /tmp; removed at exit. */
const char *fuzz_file(const char *name);
void fuzz_file_put(const char *name, struct span bytes);

#endif
