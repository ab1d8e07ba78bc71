/* A record in words: a line a field, bytes in hex, times as dates. */
#include <inttypes.h>

#include "core/msgpack.h"
#include "core/record.h"
#include "core/text.h"
#include "system/cli.h"
#include "system/messages.h"
#include "verifier/verify/verify.h"

static void put_hex(FILE *to, struct span bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        fprintf(to, "%02x", bytes.p[i]);
}

static void put_value(FILE *to, struct msgpack_reader *r, enum field_type type)
{
    char time[TIME_TEXT_BYTES];
    struct span last = {NULL, 0};
    uint64_t value;
    size_t count;

    switch (msgpack_peek(r)) {
    case MSGPACK_UINT:
        value = msgpack_uint(r);
        fprintf(to, "%" PRIu64, value);
        if (type == FIELD_TIME) {
            time_text(time, value);
            fprintf(to, " (%s)", time);
        }
        return;
    case MSGPACK_TRUE:
        msgpack_true(r);
        fputs("true", to);
        return;
    case MSGPACK_STR:
        cli_put_visible(to, msgpack_str(r));
        return;
    case MSGPACK_BIN:
        put_hex(to, msgpack_bin(r));
        return;
    case MSGPACK_ARRAY:
        count = msgpack_array(r);
        for (size_t i = 0; i < count && !r->in.failed; i++) {
            fputs(i > 0 ? ", " : "", to);
            put_value(to, r, FIELD_EXTENSION);
        }
        return;
    case MSGPACK_MAP:
        count = msgpack_map(r);
        for (size_t i = 0; i < count && !r->in.failed; i++) {
            fputs(i > 0 ? ", " : "", to);
            cli_put_visible(to, msgpack_key(r, &last));
            fputs("=", to);
            put_value(to, r, FIELD_EXTENSION);
        }
        return;
    case MSGPACK_NONE:
        r->in.failed = true;
        return;
    }
}

void words_record(FILE *to, struct span record, const char *indent)
{
    struct msgpack_reader r = msgpack_read(record);
    struct span last = {NULL, 0};
    enum field_type type;
    struct why why = {""};
    size_t pairs;

    if (record_check(record, NULL, &why) != 0) {
        fputs(indent, to);
        fputs(message_text(MESSAGE_VERIFY_RECORD_MALFORMED), to);
        cli_put_visible(to, span_str(why.text));
        fputs(")\n", to);
        return;
    }
    pairs = msgpack_map(&r); /* checked above: every read succeeds */
    for (size_t i = 0; i < pairs; i++) {
        struct span key = msgpack_key(&r, &last);

        record_field_type(key, &type);
        fputs(indent, to);
        cli_put_visible(to, key);
        for (size_t n = key.n; n < 15; n++)
            fputc(' ', to);
        fputc(' ', to);
        put_value(to, &r, type);
        fputc('\n', to);
    }
}
