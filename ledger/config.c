#include "ledger/config.h"

#include <stddef.h>
#include <stdlib.h>

#include "core/text.h"
#include "http/server.h"
#include "system/inifile.h"

#define CONFIG_BYTES_MAX (64 * 1024)

/*
 * Parts of config_memory_bytes. A connection: its structures, and an answer that is not taken.
 * A submission: its job and the answer to it. An entry: its pages in a commit. What is fixed: the
 * tree's edge, the writers of a full roster, stacks, libraries, and what malloc keeps.
 */
#define FIXED_BYTES (UINT64_C(24) << 20)
#define CONNECTION_BYTES (HTTP_ANSWER_BYTES_MAX + 4096)
#define STATUS_CONNECTIONS 16
#define SUBMISSION_BYTES 4096
#define WORKER_BYTES (UINT64_C(1) << 20)
#define ENTRY_BYTES 2048

enum setting_type { SETTING_TEXT, SETTING_NUMBER };

struct setting {
    const char *section, *name;
    enum setting_type type;
    size_t offset; /* in struct config */
    const char *initial; /* NULL: must be given */
    uint64_t min, max;
};

#define TEXT(s, n, initial)                                                                        \
    {                                                                                              \
        s, #n, SETTING_TEXT, offsetof(struct config, n), initial, 0, 0                             \
    }
#define NUMBER(s, n, initial, min, max)                                                            \
    {                                                                                              \
        s, #n, SETTING_NUMBER, offsetof(struct config, n), initial, min, max                       \
    }
#define TIB (UINT64_C(1) << 40)

static const struct setting settings[] = {
    TEXT("ledger", origin, NULL),
    TEXT("ledger", data, NULL),
    TEXT("ledger", log_key, NULL),
    TEXT("ledger", operator_key, NULL),
    TEXT("http", listen, "127.0.0.1:7380"),
    TEXT("http", prefix, ""),
    TEXT("http", status_listen, ""),
    NUMBER("http", connections_max, "1100", 1, 100000),
    NUMBER("http", connection_memory_bytes, "8192", 4096, 1 << 20),
    NUMBER("http", backlog, "1024", 1, 65535),
    NUMBER("http", idle_timeout_s, "30", 1, 3600),
    NUMBER("http", request_timeout_s, "60", 1, 3600),
    NUMBER("http", rate_bytes_min, "8192", 1, 1 << 30),
    NUMBER("limits", map_bytes_max, "274877906944", 1 << 20, 64 * TIB),
    NUMBER("limits", memory_bytes_max, "268435456", 16 << 20, TIB),
    NUMBER("limits", inflight_bytes_max, "50331648", SUBMISSION_BYTES_MAX, TIB),
    NUMBER("limits", reserve_percent, "10", 0, 90),
    NUMBER("limits", queue_submissions_max, "4096", 1, 1 << 20),
    NUMBER("limits", queue_per_writer_max, "64", 1, 1 << 20),
    NUMBER("limits", quota_bytes_per_s, "268435456", SUBMISSION_BYTES_MAX, TIB),
    NUMBER("limits", quota_submissions_per_s, "10000", 1, 1 << 30),
    NUMBER("limits", evidence_per_writer_max, "16", 1, 1024),
    NUMBER("limits", workers, "2", 1, 64),
    NUMBER("commit", group_entries_max, "4096", 1, GROUP_ENTRIES_MAX),
    NUMBER("commit", group_bytes_max, "16777216", SUBMISSION_BYTES_MAX, 1 << 30),
    NUMBER("commit", heartbeat_interval_s, "3600", 0, 366 * 24 * 3600),
    TEXT("ledger", instance, ""),
};
#define SETTING_COUNT (sizeof settings / sizeof settings[0])

struct reading {
    struct config *config;
    struct buf *errors;
    unsigned given[SETTING_COUNT]; /* line, 0 when not there */
    bool wrong;
    int err; /* KEIIN_ENOMEM: what is missing may only not have been kept */
};

static void error_line(struct reading *r, unsigned line)
{
    r->wrong = true;
    if (line > 0)
        buf_printf(r->errors, "line %u: ", line);
}

static char *text_at(struct config *config, const struct setting *s, char *value, bool set)
{
    char *at;

    if (set)
        memcpy((char *)config + s->offset, &value, sizeof value);
    memcpy(&at, (char *)config + s->offset, sizeof at);
    return at;
}

static int put_value(
    struct config *config, const struct setting *s, const char *value, struct buf *error)
{
    uint64_t number;
    char *copy;

    if (s->type == SETTING_TEXT) {
        copy = strdup(value);
        if (copy == NULL)
            return KEIIN_ENOMEM;
        free(text_at(config, s, NULL, false));
        text_at(config, s, copy, true);
        return 0;
    }
    if (!decimal_parse(span_str(value), UINT64_MAX, &number) || number < s->min ||
        number > s->max) {
        buf_printf(error, "%s is a number from %llu to %llu, not \"", s->name,
            (unsigned long long)s->min, (unsigned long long)s->max);
        text_visible(error, span_str(value));
        buf_put_str(error, "\"\n");
        return KEIIN_EUSAGE;
    }
    memcpy((char *)config + s->offset, &number, sizeof number);
    return 0;
}

static void on_setting(
    void *ctx, unsigned line, const char *section, const char *name, const char *value)
{
    struct reading *r = ctx;
    bool section_known = false;

    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *s = &settings[i];
        struct buf error;

        section_known |= strcmp(section, s->section) == 0;
        if (strcmp(section, s->section) != 0 || strcmp(name, s->name) != 0)
            continue;
        if (r->given[i] != 0) {
            error_line(r, line);
            buf_printf(r->errors, "%s is given a second time, after line %u\n", name, r->given[i]);
            return;
        }
        r->given[i] = line;
        buf_init(&error, 4096);
        switch (put_value(r->config, s, value, &error)) {
        case 0:
            break;
        case KEIIN_ENOMEM:
            r->err = KEIIN_ENOMEM;
            break;
        default:
            error_line(r, line);
            buf_put_span(r->errors, buf_view(&error));
            break;
        }
        buf_destroy(&error);
        return;
    }
    error_line(r, line);
    buf_put_str(r->errors, section_known ? "unknown key \"" : "unknown section [");
    text_visible(r->errors, span_str(section_known ? name : section));
    if (section_known)
        buf_printf(
            r->errors, "\" in [%s]; see keiin-ledger(8) for those that are known\n", section);
    else
        buf_put_str(r->errors, "]; known are [ledger], [http], [limits] and [commit]\n");
}

static void check_prefix(struct reading *r, unsigned line)
{
    char *prefix = r->config->prefix, *with_slash = NULL;
    size_t n = strlen(prefix);

    while (n > 0 && prefix[n - 1] == '/')
        prefix[--n] = 0;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)prefix[i] <= 0x20 || (unsigned char)prefix[i] >= 0x7f ||
            strchr("?#%\"<>\\", prefix[i]) != NULL) {
            error_line(r, line);
            buf_put_str(r->errors, "prefix is a path of plain characters, like /keiin\n");
            return;
        }
    if (n == 0 || prefix[0] == '/')
        return;
    if (asprintf(&with_slash, "/%s", prefix) < 0) {
        r->err = KEIIN_ENOMEM;
        return;
    }
    free(prefix);
    r->config->prefix = with_slash;
}

/* A reason that repeats what stands in the file. */
static void put_why(struct reading *r, const char *name, const struct why *why)
{
    buf_printf(r->errors, "%s: ", name);
    text_visible(r->errors, span_str(why->text));
    buf_put_str(r->errors, "\n");
}

/* What one setting's own bounds do not say. */
static void check_all(struct reading *r)
{
    struct config *c = r->config;
    struct why why;
    unsigned line[SETTING_COUNT];

    memcpy(line, r->given, sizeof line);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *s = &settings[i];

        if (s->initial == NULL && (line[i] == 0 || text_at(c, s, NULL, false)[0] == 0)) {
            error_line(r, line[i]);
            buf_printf(r->errors, "%s in [%s] must be given\n", s->name, s->section);
        }
    }
    if (line[0] != 0 && c->origin[0] != 0 && !name_valid(span_str(c->origin))) {
        error_line(r, line[0]);
        buf_put_str(r->errors, "origin is 1 to 255 bytes without space or +\n");
    }
    if (http_listen_check(c->listen, &why) != 0) {
        error_line(r, line[4]);
        put_why(r, "listen", &why);
    }
    check_prefix(r, line[5]);
    if (c->status_listen[0] != 0 && http_listen_check(c->status_listen, &why) != 0) {
        error_line(r, line[6]);
        put_why(r, "status_listen", &why);
    }
}

uint64_t config_memory_bytes(const struct config *c)
{
    uint64_t group_bytes = c->group_bytes_max;

    return FIXED_BYTES +
           (c->connections_max + STATUS_CONNECTIONS) *
               (c->connection_memory_bytes + CONNECTION_BYTES) +
           c->inflight_bytes_max / 4 * 9 + c->queue_submissions_max * SUBMISSION_BYTES +
           c->workers * WORKER_BYTES + 2 * group_bytes + c->group_entries_max * ENTRY_BYTES;
}

static void check_memory(struct reading *r)
{
    uint64_t bytes = config_memory_bytes(r->config);

    if (bytes <= r->config->memory_bytes_max)
        return;
    error_line(r, 0);
    buf_printf(r->errors,
        "the bounds add up to %llu bytes of memory, more than memory_bytes_max (%llu): lower "
        "connections_max, inflight_bytes_max or group_bytes_max, or raise memory_bytes_max; "
        "see MEMORY in keiin-ledger(8)\n",
        (unsigned long long)bytes, (unsigned long long)r->config->memory_bytes_max);
}

static int set_initial(struct config *config)
{
    struct buf none;
    int err = 0;

    memset(config, 0, sizeof *config);
    buf_init(&none, 0);
    for (size_t i = 0; i < SETTING_COUNT && err == 0; i++)
        err = put_value(
            config, &settings[i], settings[i].initial == NULL ? "" : settings[i].initial, &none);
    buf_destroy(&none);
    return err;
}

int config_read(const char *path, struct config *out, struct buf *errors)
{
    struct reading r = {.config = out, .errors = errors};
    struct inifile file = {.setting = on_setting, .ctx = &r, .errors = errors};
    int err = set_initial(out);

    if (err == 0)
        err = inifile_read(&file, path, CONFIG_BYTES_MAX, NULL);
    r.wrong |= err != 0;
    if (err != 0 && err != KEIIN_EUSAGE)
        return err;
    if (r.err == 0)
        check_all(&r);
    if (r.err == 0 && !r.wrong)
        check_memory(&r);
    if (r.err != 0) {
        buf_clear(errors);
        return r.err;
    }
    return r.wrong ? KEIIN_EUSAGE : buf_status(errors);
}

void config_destroy(struct config *config)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (settings[i].type == SETTING_TEXT) {
            free(text_at(config, &settings[i], NULL, false));
            text_at(config, &settings[i], NULL, true);
        }
}
