/*
 * Canonical msgpack (SPEC.md section 2): a strict reader over borrowed bytes, and a
 * writer that gives the one valid encoding. A reader's failure is sticky: after it, reads
 * give zero or nothing. Nothing is allocated for a promised size. Pure; any thread.
 */
#ifndef KEIIN_CORE_MSGPACK_H
#define KEIIN_CORE_MSGPACK_H

#include "core/bytes.h"

enum msgpack_type { MSGPACK_NONE, MSGPACK_UINT, MSGPACK_TRUE, MSGPACK_STR, MSGPACK_BIN,
    MSGPACK_ARRAY, MSGPACK_MAP };

struct msgpack_reader {
    struct cursor in;
};

struct msgpack_reader msgpack_read(struct span bytes);
/* Type of the next value; MSGPACK_NONE at the end, after a failure, or for what is forbidden. */
enum msgpack_type msgpack_peek(const struct msgpack_reader *r);
uint64_t msgpack_uint(struct msgpack_reader *r);
struct span msgpack_str(struct msgpack_reader *r);
/* A str whose characters the caller checks by a stricter rule (core/text.h: id_valid). */
struct span msgpack_str_raw(struct msgpack_reader *r);
struct span msgpack_bin(struct msgpack_reader *r);
bool msgpack_true(struct msgpack_reader *r);
/* Elements of the array, or pairs of the map; never more than bytes remain. */
size_t msgpack_array(struct msgpack_reader *r);
size_t msgpack_map(struct msgpack_reader *r);
/* A bin of exactly 32 bytes. */
void msgpack_hash(struct msgpack_reader *r, struct hash *out);
/* The next key of a map: a str, above `*last` in byte order; updates it. Start from {NULL, 0}. */
struct span msgpack_key(struct msgpack_reader *r, struct span *last);
/* Walks over one value that stands at `depth` (the outermost is at 1), checking all of it. */
void msgpack_skip(struct msgpack_reader *r, unsigned depth);
bool msgpack_done(const struct msgpack_reader *r); /* all read, nothing failed */

/* True when the bytes are exactly one canonical value. */
bool msgpack_canonical(struct span bytes);

/* Writers, into a buffer that carries its own failure. */
void msgpack_put_uint(struct buf *out, uint64_t v);
void msgpack_put_true(struct buf *out);
void msgpack_put_str(struct buf *out, struct span text);
void msgpack_put_bin(struct buf *out, struct span bytes);
void msgpack_put_array(struct buf *out, size_t count);
void msgpack_put_map(struct buf *out, size_t count);

#endif
