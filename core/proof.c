#include "core/proof.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/msgpack.h"
#include "core/text.h"

static const char first_line[] = "c2sp.org/tlog-proof@v1";

static int bad(struct proof *proof, struct why *why, const char *what)
{
    proof_destroy(proof);
    why_set(why, "%s", what);
    return KEIIN_EMALFORMED;
}

static int read_extra(struct cursor *c, struct proof *out, struct why *why)
{
    struct span base64 = cursor_line(c);
    int64_t n = c->failed ? -1 : base64_check(base64);

    /* Without extra data there is no such line (c2sp.org/tlog-proof). */
    if (n < 1 || n > PROOF_EXTRA_BYTES_MAX)
        return bad(out, why, "the extra line is not base64 of an allowed length");
    out->extra = malloc((size_t)n + 1);
    if (out->extra == NULL)
        return KEIIN_ENOMEM;
    out->has_extra = true;
    out->extra_bytes = (size_t)n;
    if (!base64_decode(out->extra, (size_t)n, base64))
        return bad(out, why, "the extra line is not base64");
    return 0;
}

int proof_parse(struct span bytes, struct proof *out, struct why *why)
{
    struct cursor c = cursor_of(bytes);
    struct span line;
    int err;

    *out = (struct proof){0};
    if (!span_is(cursor_line(&c), first_line))
        return bad(out, why, "the first line of a proof is c2sp.org/tlog-proof@v1");
    if (cursor_skip(&c, "extra ")) {
        err = read_extra(&c, out, why);
        if (err != 0)
            return err;
    }
    if (!cursor_skip(&c, "index ") || !decimal_parse(cursor_line(&c), UINT64_MAX, &out->index))
        return bad(out, why, "a proof has a line \"index <decimal>\"");
    for (;;) {
        line = cursor_line(&c);
        if (c.failed)
            return bad(out, why, "a proof ends with an empty line and a checkpoint");
        if (line.n == 0)
            break;
        if (out->hash_count == PROOF_HASHES_MAX ||
            !base64_decode(out->hashes[out->hash_count].b, HASH_BYTES, line))
            return bad(out, why, "a line of the proof is not base64 of 32 bytes, at most 64 lines");
        out->hash_count++;
    }
    out->checkpoint = cursor_take(&c, cursor_left(&c));
    return 0;
}

void proof_destroy(struct proof *proof)
{
    free(proof->extra);
    proof->extra = NULL;
}

void proof_write(struct buf *out, struct span extra, uint64_t index, const struct hash *hashes,
    size_t hash_count, struct span checkpoint)
{
    buf_printf(out, "%s\n", first_line);
    if (extra.n > 0) {
        buf_put_str(out, "extra ");
        base64_encode(out, extra);
        buf_put_str(out, "\n");
    }
    buf_printf(out, "index %" PRIu64 "\n", index);
    for (size_t i = 0; i < hash_count; i++) {
        base64_encode(out, span_hash(&hashes[i]));
        buf_put_str(out, "\n");
    }
    buf_put_str(out, "\n");
    buf_put_span(out, checkpoint);
}

int proof_extra_parse(struct span bytes, struct proof_extra *out)
{
    struct msgpack_reader r = msgpack_read(bytes);
    size_t elements = msgpack_array(&r);

    *out = (struct proof_extra){0};
    out->entry = msgpack_bin(&r);
    if (elements == 4) {
        out->has_record = true;
        out->position = msgpack_uint(&r);
        out->record = msgpack_bin(&r);
        out->sealed = msgpack_bin(&r);
    } else if (elements != 1) {
        return KEIIN_EMALFORMED;
    }
    return msgpack_done(&r) ? 0 : KEIIN_EMALFORMED;
}

void proof_extra_write(struct buf *out, const struct proof_extra *extra)
{
    msgpack_put_array(out, extra->has_record ? 4 : 1);
    msgpack_put_bin(out, extra->entry);
    if (!extra->has_record)
        return;
    msgpack_put_uint(out, extra->position);
    msgpack_put_bin(out, extra->record);
    msgpack_put_bin(out, extra->sealed);
}
