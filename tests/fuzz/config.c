/*
 * ledger/config.c: the configuration. What is taken, written again with every setting in it, is
 * read to the same values; what is refused is refused with a reason in plain characters.
 */
#include "ledger/config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/text.h"
#include "http/server.h"
#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 15000;

static void put_all(struct buf *out, const struct config *c)
{
    buf_printf(out, "[ledger]\norigin = %s\ndata = %s\nlog_key = %s\noperator_key = %s\n",
        c->origin, c->data, c->log_key, c->operator_key);
    buf_printf(out, "[http]\nlisten = %s\nprefix = %s\nstatus_listen = %s\n", c->listen, c->prefix,
        c->status_listen);
    buf_printf(out, "connections_max = %" PRIu64 "\nconnection_memory_bytes = %" PRIu64 "\n",
        c->connections_max, c->connection_memory_bytes);
    buf_printf(out,
        "backlog = %" PRIu64 "\nidle_timeout_s = %" PRIu64 "\nrequest_timeout_s = %" PRIu64 "\n",
        c->backlog, c->idle_timeout_s, c->request_timeout_s);
    buf_printf(out, "[limits]\nmap_bytes_max = %" PRIu64 "\ninflight_bytes_max = %" PRIu64 "\n",
        c->map_bytes_max, c->inflight_bytes_max);
    buf_printf(out, "reserve_percent = %" PRIu64 "\nqueue_submissions_max = %" PRIu64 "\n",
        c->reserve_percent, c->queue_submissions_max);
    buf_printf(out, "queue_per_writer_max = %" PRIu64 "\nquota_bytes_per_s = %" PRIu64 "\n",
        c->queue_per_writer_max, c->quota_bytes_per_s);
    buf_printf(out,
        "quota_submissions_per_s = %" PRIu64 "\nevidence_per_writer_max = %" PRIu64 "\n",
        c->quota_submissions_per_s, c->evidence_per_writer_max);
    buf_printf(out, "workers = %" PRIu64 "\n[commit]\ngroup_entries_max = %" PRIu64 "\n",
        c->workers, c->group_entries_max);
    buf_printf(out, "group_bytes_max = %" PRIu64 "\nheartbeat_interval_s = %" PRIu64 "\n",
        c->group_bytes_max, c->heartbeat_interval_s);
}

static void same(const struct config *a, const struct config *b)
{
    const char *const texts[][2] = {{a->origin, b->origin}, {a->data, b->data},
        {a->log_key, b->log_key}, {a->operator_key, b->operator_key}, {a->listen, b->listen},
        {a->prefix, b->prefix}, {a->status_listen, b->status_listen}};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        FUZZ_CHECK(strcmp(texts[i][0], texts[i][1]) == 0);
    FUZZ_CHECK(memcmp(&a->connections_max, &b->connections_max,
                   offsetof(struct config, map_bytes_max) -
                       offsetof(struct config, connections_max)) == 0);
    FUZZ_CHECK(memcmp(&a->map_bytes_max, &b->map_bytes_max,
                   sizeof *a - offsetof(struct config, map_bytes_max)) == 0);
}

/* No setting stands in the text twice: of `all`, which has each once, every name is sought. */
static void check_once(struct span in, struct span all)
{
    struct cursor names = cursor_of(all);

    while (cursor_left(&names) > 0) {
        struct span line = cursor_line(&names), name;
        const uint8_t *space = memchr(line.p, ' ', line.n);
        struct cursor c = cursor_of(in);
        size_t count = 0;

        name = span_of(line.p, space == NULL ? 0 : (size_t)(space - line.p));
        while (name.n > 0 && cursor_left(&c) > 0) {
            while (cursor_left(&c) > 0 && memchr(" \t\r\f\v", *c.p, 5) != NULL)
                c.p++;
            if (cursor_left(&c) > name.n && memcmp(c.p, name.p, name.n) == 0 &&
                memchr(" \t=:", c.p[name.n], 4) != NULL)
                count++;
            c.p = memchr(c.p, '\n', cursor_left(&c));
            c.p = c.p == NULL ? c.end : c.p + 1;
        }
        FUZZ_CHECK(count <= 1);
    }
}

static void check_values(const struct config *c)
{
    struct why why;

    FUZZ_CHECK(name_valid(span_str(c->origin)) && c->data[0] != 0);
    FUZZ_CHECK(c->log_key[0] != 0 && c->operator_key[0] != 0);
    FUZZ_CHECK(http_listen_check(c->listen, &why) == 0);
    FUZZ_CHECK(
        c->prefix[0] == 0 || (c->prefix[0] == '/' && c->prefix[strlen(c->prefix) - 1] != '/'));
    FUZZ_CHECK(c->inflight_bytes_max >= SUBMISSION_BYTES_MAX && c->reserve_percent <= 90);
    FUZZ_CHECK(c->group_entries_max >= 1 && c->group_entries_max <= GROUP_ENTRIES_MAX);
}

/*
 * put_all writes " = ": what begins with a semicolon would be a comment behind it, and a line that
 * was just short enough without the spaces would be too long.
 */
static bool can_be_put(const struct config *c)
{
    const char *texts[] = {c->origin, c->data, c->log_key, c->operator_key, c->instance, c->listen,
        c->prefix, c->status_listen};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i][0] == ';' || strlen(texts[i]) > 160)
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct config config, again;
    struct buf errors, out;
    int err;

    fuzz_file_put("ledger.conf", in);
    buf_init(&errors, 1 << 20);
    buf_init(&out, 1 << 16);
    err = config_read(fuzz_file("ledger.conf"), &config, &errors);
    FUZZ_CHECK(err == 0 || err == KEIIN_EUSAGE || (err == KEIIN_EUNREADABLE && in.n > 65536));
    FUZZ_CHECK((err == 0) == (errors.n == 0) && plain_utf8(buf_view(&errors), true));
    if (err == 0) {
        check_values(&config);
        put_all(&out, &config);
        check_once(in, buf_view(&out));
    }
    if (err == 0 && can_be_put(&config)) {
        fuzz_file_put("again.conf", buf_view(&out));
        FUZZ_CHECK(config_read(fuzz_file("again.conf"), &again, &errors) == 0);
        same(&config, &again);
        config_destroy(&again);
    }
    config_destroy(&config);
    buf_destroy(&errors);
    buf_destroy(&out);
    fuzz_end(in);
    return 0;
}
