#include "tests/unit/report_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/text.h"

struct rules_limits *bench_limits(const char *ini)
{
    char path[] = "/tmp/keiin-report-XXXXXX";
    struct rules_limits *limits = NULL;
    struct buf errors;
    int fd = ini == NULL ? -1 : mkstemp(path);

    buf_init(&errors, 1 << 20);
    if (ini != NULL) {
        assert_true(fd >= 0);
        assert_int_equal(write(fd, ini, strlen(ini)), (ssize_t)strlen(ini));
        close(fd);
    }
    if (rules_limits_read(ini == NULL ? NULL : path, &limits, &errors) != 0)
        fail_msg("%.*s", (int)errors.n, (const char *)errors.p);
    if (ini != NULL)
        unlink(path);
    buf_destroy(&errors);
    return limits;
}

json_t *bench_report(const struct stream *s, const struct rules_limits *limits, const char *from,
    const char *to, enum report_profile profile)
{
    struct report_options options = {.profile = profile, .limits = limits, .findings_max = 100};
    struct audit_result audit = {0};
    struct report *report = NULL;
    json_t *json = NULL;

    assert_int_equal(period_parse(&options.period, from, to, 0), PERIOD_GOOD);
    if (profile == REPORT_PUBLIC)
        assert_true(period_take_months(&options.period));
    assert_int_equal(report_new(&options, &report), 0);
    stream_keep(s, report_keeper(report));
    if (report_finish(report, &audit, span_str("log.example"), &json) != 0)
        fail_msg("no report");
    report_free(report);
    return json;
}

static void put_value(struct buf *out, const json_t *value)
{
    if (json_is_null(value))
        buf_put_str(out, "null");
    else if (json_is_string(value))
        buf_put_str(out, json_string_value(value));
    else if (json_is_integer(value))
        buf_printf(out, "%lld", (long long)json_integer_value(value));
    else if (json_object_get(value, "withheld") != NULL)
        buf_printf(out, "(%s)", json_string_value(json_object_get(value, "withheld")));
    else
        buf_printf(out, "%lld..%lld", (long long)json_integer_value(json_object_get(value, "low")),
            (long long)json_integer_value(json_object_get(value, "high")));
}

static const struct figure_table *table_of(const char *name)
{
    int i = 0;

    while (strcmp(figure_tables[i].name, name) != 0)
        assert_true(++i < FIGURE_TABLES);
    return &figure_tables[i];
}

static const json_t *figures_of(const json_t *report, const char *table)
{
    const json_t *figures = json_object_get(json_object_get(report, "figures"), table);

    assert_non_null(figures);
    return figures;
}

/* The keys of a row with spaces between. */
static void put_keys(struct buf *out, const struct figure_table *table, const json_t *row)
{
    for (int i = 0; table->keys[i] != NULL; i++) {
        const char *key = json_string_value(json_object_get(row, table->keys[i]));

        buf_printf(out, "%s%s", i > 0 ? " " : "", key[0] == 0 ? "-" : key);
    }
    buf_put_u8(out, 0);
}

static const json_t *row_of(const json_t *report, const char *name, const char *keys)
{
    const json_t *figures = figures_of(report, name), *found = NULL;
    struct buf text;
    json_t *row;
    size_t i;

    if (strcmp(keys, "total") == 0)
        return json_object_get(figures, "total");
    buf_init(&text, 4096);
    json_array_foreach (json_object_get(figures, "rows"), i, row) {
        buf_clear(&text);
        put_keys(&text, table_of(name), row);
        if (strcmp((const char *)text.p, keys) == 0)
            found = row;
    }
    buf_destroy(&text);
    return found;
}

void bench_row(const json_t *report, const char *table, const char *keys, const char *expected)
{
    const json_t *row = row_of(report, table, keys);
    const struct figure_table *t = table_of(table);
    struct buf text;

    if (expected == NULL) {
        assert_null(row);
        return;
    }
    if (row == NULL)
        fail_msg("%s has no row %s", table, keys);
    buf_init(&text, 64 * 1024);
    for (int i = 0; t->columns[i].name != NULL; i++) {
        const json_t *value = json_object_get(row, t->columns[i].name);

        if (value == NULL)
            continue;
        buf_printf(&text, "%s%s=", text.n > 0 ? " " : "", t->columns[i].name);
        put_value(&text, value);
    }
    buf_put_u8(&text, 0);
    assert_string_equal((const char *)text.p, expected);
    buf_destroy(&text);
}

size_t bench_rows(const json_t *report, const char *table)
{
    return json_array_size(json_object_get(figures_of(report, table), "rows"));
}
