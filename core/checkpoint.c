#include "core/checkpoint.h"

#include <inttypes.h>

#include "core/text.h"

int checkpoint_parse(struct span text, struct checkpoint *out, struct why *why)
{
    struct cursor c = cursor_of(text);
    struct span size, root;

    if (text.n > CHECKPOINT_TEXT_BYTES_MAX) {
        why_set(why, "a checkpoint's text has at most %d bytes", CHECKPOINT_TEXT_BYTES_MAX);
        return KEIIN_EMALFORMED;
    }
    out->origin = cursor_line(&c);
    size = cursor_line(&c);
    root = cursor_line(&c);
    if (!cursor_done(&c) || !name_valid(out->origin) ||
        !decimal_parse(size, INT64_MAX, &out->size) ||
        !base64_decode(out->root.b, HASH_BYTES, root)) {
        why_set(why, "a checkpoint's text is three lines: origin, size, base64 of the root");
        return KEIIN_EMALFORMED;
    }
    if (out->size == 0) {
        why_set(why, "a checkpoint of size 0");
        return KEIIN_EMALFORMED;
    }
    return 0;
}

void checkpoint_write(struct buf *out, struct span origin, uint64_t size, const struct hash *root)
{
    buf_put_span(out, origin);
    buf_printf(out, "\n%" PRIu64 "\n", size);
    base64_encode(out, span_hash(root));
    buf_put_str(out, "\n");
}
