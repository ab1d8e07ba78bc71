#include "auditlog/pgkey.h"

#include "core/msgpack.h"
#include "core/sha256.h"
#include "core/text.h"

/* Fields that the map decides. */
static bool is_of_user(struct span key)
{
    return span_is(key, "actor") || span_is(key, "authority") || span_is(key, "purpose") ||
           span_is(key, "role") || span_is(key, "unit");
}

static void half_hash(uint8_t out[static PGKEY_BYTES], struct span bytes)
{
    struct hash hash;

    sha256(&hash, bytes);
    memcpy(out, hash.b, PGKEY_BYTES);
}

static void half_final(struct sha256_stream *stream, uint8_t out[static PGKEY_BYTES])
{
    struct hash hash;

    sha256_stream_final(stream, &hash);
    memcpy(out, hash.b, PGKEY_BYTES);
}

/* The text of a value that is known to be one, or nothing. */
static struct span text_of(struct span value)
{
    struct msgpack_reader r = msgpack_read(value);

    return msgpack_peek(&r) == MSGPACK_STR ? msgpack_str(&r) : span_of(NULL, 0);
}

bool pgkey_of(struct span record, struct pgkey *out, struct pgkey_facts *facts)
{
    struct msgpack_reader r = msgpack_read(record), number;
    struct sha256_stream said, user;
    struct span last = {NULL, 0};
    size_t pairs = msgpack_map(&r);

    *out = (struct pgkey){0};
    *facts = (struct pgkey_facts){0};
    sha256_stream_init(&said);
    sha256_stream_init(&user);
    for (size_t i = 0; i < pairs && !r.in.failed; i++) {
        const uint8_t *pair = r.in.p, *start;
        struct span key = msgpack_key(&r, &last), value;

        start = r.in.p;
        msgpack_skip(&r, 2);
        value = span_of(start, (size_t)(r.in.p - start));
        if (span_is(key, "salt"))
            continue;
        if (span_is(key, "id")) {
            facts->id = text_of(value);
            half_hash(out->id, facts->id);
            continue;
        }
        if (span_is(key, "statement")) {
            half_hash(out->statement, value);
            out->has_statement = true;
            continue;
        }
        if (span_is(key, "action"))
            facts->action = text_of(value);
        if (span_is(key, "actor"))
            facts->actor = text_of(value);
        if (span_is(key, "at")) {
            number = msgpack_read(value);
            facts->at = msgpack_uint(&number);
        }
        sha256_stream_update(
            is_of_user(key) ? &user : &said, span_of(pair, (size_t)(r.in.p - pair)));
    }
    half_final(&said, out->said);
    half_final(&user, out->user);
    return facts->id.n > 0;
}

static bool is_hex(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (!((text.p[i] >= '0' && text.p[i] <= '9') || (text.p[i] >= 'a' && text.p[i] <= 'f')))
            return false;
    return text.n > 0 && text.n <= 16;
}

bool pgkey_id_form(struct span id, struct span *session)
{
    const uint8_t *first = id.n == 0 ? NULL : memchr(id.p, '.', id.n);
    const uint8_t *last = id.n == 0 ? NULL : memrchr(id.p, '.', id.n);
    uint64_t line;

    if (first == NULL || first == last || !is_hex(span_of(id.p, (size_t)(first - id.p))) ||
        !is_hex(span_of(first + 1, (size_t)(last - first - 1))) ||
        !decimal_parse(
            span_of(last + 1, (size_t)(id.p + id.n - last - 1)), UINT_MAX_CANONICAL, &line))
        return false;
    if (session != NULL)
        *session = span_of(id.p, (size_t)(last - id.p));
    return true;
}
