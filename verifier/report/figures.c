#include "verifier/report/figures.h"

#include <stdlib.h>

#include "verifier/rules/table.h"

/* clang-format off */
#define COUNT(n) {.name = (n), .unit = FIGURE_COUNT}
#define STOCK(n) {.name = (n), .unit = FIGURE_COUNT, .stock = true}
#define OTHER(n, u) {.name = (n), .unit = (u), .stock = true}
/* clang-format on */

const struct figure_table figure_tables[FIGURE_TABLES] = {
    [FIGURES_RECORDS] = {.name = "records",
        .keys = {"agency"},
        .columns = {COUNT("recorded"), COUNT("heartbeats"), COUNT("not_read"), COUNT("not_judged")},
        .committee_only = true},
    [FIGURES_SYSTEMS] = {.name = "systems",
        .keys = {"system", "agency", "role"},
        .columns = {OTHER("listed", FIGURE_NUMBER), COUNT("records"), COUNT("heartbeats"),
            COUNT("with_checkpoint"), OTHER("last_number", FIGURE_NUMBER),
            OTHER("last_received", FIGURE_TIME), OTHER("silent", FIGURE_DURATION),
            OTHER("longest_silence", FIGURE_DURATION), COUNT("gaps")},
        .listed = true,
        .committee_only = true},
    [FIGURES_APPROVALS] = {.name = "approvals",
        .keys = {"stream"},
        .columns = {COUNT("requested"), COUNT("granted"), COUNT("refused"), COUNT("extended"),
            COUNT("ratified"), COUNT("revoked"), COUNT("expired"), STOCK("live")}},
    [FIGURES_VOLUMES] = {.name = "volumes",
        .keys = {"agency"},
        .columns = {COUNT("batches"), COUNT("received"), COUNT("selected"), COUNT("discarded"),
            COUNT("erased"), COUNT("unbalanced"), COUNT("not_selected")}},
    [FIGURES_ACCESSES] = {.name = "accesses",
        .keys = {"agency", "action", "purpose"},
        .columns = {COUNT("done"), COUNT("denied"), COUNT("failed"), COUNT("items")}},
    [FIGURES_ACCESSES_OVER_TIME] = {.name = "accesses_over_time",
        .keys = {"time", "agency"},
        .columns = {COUNT("done"), COUNT("denied")}},
    [FIGURES_PROVISIONS] = {.name = "provisions",
        .keys = {"kind"},
        .columns = {COUNT("provided"), COUNT("items"), COUNT("receipts"),
            OTHER("recipients", FIGURE_NUMBER)}},
    [FIGURES_RECIPIENTS] = {.name = "recipients",
        .keys = {"kind", "recipient"},
        .columns = {COUNT("provided"), COUNT("items")},
        .committee_only = true},
    [FIGURES_EMERGENCIES] = {.name = "emergencies",
        .keys = {"agency"},
        .columns = {COUNT("begun"), COUNT("ratified"), COUNT("refused"), STOCK("waiting"),
            OTHER("shortest", FIGURE_DURATION), OTHER("median", FIGURE_DURATION),
            OTHER("longest", FIGURE_DURATION)}},
    [FIGURES_RETENTION] = {.name = "retention",
        .keys = {"agency"},
        .columns = {COUNT("due"), COUNT("on_time"), COUNT("late"), COUNT("not_erased"),
            COUNT("extended")}},
    [FIGURES_INCIDENTS] = {.name = "incidents",
        .keys = {"agency"},
        .columns = {COUNT("incidents"), OTHER("median_delay", FIGURE_DURATION),
            OTHER("longest_delay", FIGURE_DURATION)}},
    [FIGURES_FINDINGS] = {.name = "findings",
        .keys = {"rule"},
        .columns = {COUNT("found"), COUNT("explained"), COUNT("confirmed"), STOCK("undecided"),
            STOCK("undecided_30_days"), STOCK("undecided_90_days"), STOCK("undecided_longer"),
            STOCK("unsettled")}},
    [FIGURES_ACTS] = {.name = "acts", .keys = {"act"}, .columns = {COUNT("acts")}},
    [FIGURES_ANSWERS] = {.name = "answers",
        .keys = {"kind"},
        .columns = {COUNT("made"), COUNT("in_time"), COUNT("late"), STOCK("waiting"),
            STOCK("overdue")}},
};

struct figures {
    struct table *rows[FIGURE_TABLES];
    int err;
};

/* What stands behind a key: its part and its keys, each behind its length. */
struct cells {
    uint64_t values[FIGURE_COLUMNS_MAX];
    uint32_t set, part;
};

struct figures *figures_new(void)
{
    struct figures *f = calloc(1, sizeof *f);

    for (int i = 0; f != NULL && i < FIGURE_TABLES; i++) {
        f->rows[i] = table_new(sizeof(struct cells));
        if (f->rows[i] == NULL)
            f->err = KEIIN_ENOMEM;
    }
    if (f != NULL && f->err != 0) {
        figures_free(f);
        f = NULL;
    }
    return f;
}

void figures_free(struct figures *f)
{
    if (f == NULL)
        return;
    for (int i = 0; i < FIGURE_TABLES; i++)
        table_free(f->rows[i]);
    free(f);
}

void figures_clear(struct figures *f)
{
    for (int i = 0; i < FIGURE_TABLES; i++)
        table_clear(f->rows[i]);
}

int figures_status(const struct figures *f)
{
    return f->err;
}

static struct cells *cells_of(struct figures *f, const struct figure_row *row)
{
    uint8_t key[4 + FIGURE_KEYS_MAX * (2 + UINT8_MAX)];
    size_t n = 4;
    struct cells *c;

    be32_put(key, row->part);
    for (int i = 0; i < FIGURE_KEYS_MAX; i++) {
        size_t bytes = row->keys[i].n > UINT8_MAX ? UINT8_MAX : row->keys[i].n;

        be16_put(key + n, (uint16_t)bytes);
        if (bytes > 0)
            memcpy(key + n + 2, row->keys[i].p, bytes);
        n += 2 + bytes;
    }
    if (f->err != 0)
        return NULL;
    c = table_add(f->rows[row->table], key_of(span_of(key, n)));
    if (c == NULL)
        f->err = KEIIN_ENOMEM;
    else
        c->part = row->part;
    return c;
}

void figures_touch(struct figures *f, const struct figure_row *row)
{
    (void)cells_of(f, row);
}

void figures_add(struct figures *f, const struct figure_row *row, unsigned column, uint64_t n)
{
    struct cells *c = cells_of(f, row);

    if (c == NULL)
        return;
    c->values[column] = figure_sum(c->values[column], n);
    c->set |= UINT32_C(1) << column;
}

void figures_set(struct figures *f, const struct figure_row *row, unsigned column, uint64_t value)
{
    struct cells *c = cells_of(f, row);

    if (c == NULL)
        return;
    c->values[column] = value;
    c->set |= UINT32_C(1) << column;
}

static int by_keys(const void *a, const void *b)
{
    const struct figure_cells *x = a, *y = b;
    int order = 0;

    for (int i = 0; order == 0 && i < FIGURE_KEYS_MAX; i++)
        order = span_cmp(x->keys[i], y->keys[i]);
    return order != 0 ? order : (x->part > y->part) - (x->part < y->part);
}

int figures_rows(const struct figures *f, enum figure_table_number table, struct figure_cells **out,
    size_t *count)
{
    size_t n = table_count(f->rows[table]), i = 0;

    *count = 0;
    *out = NULL;
    if (n == 0)
        return 0;
    *out = calloc(n, sizeof **out);
    if (*out == NULL)
        return KEIIN_ENOMEM;
    for (const struct cells *c = NULL; (c = table_next(f->rows[table], c)) != NULL; i++) {
        struct cursor in = cursor_of(table_key(c));
        struct figure_cells *row = &(*out)[i];

        (void)cursor_be32(&in);
        for (int k = 0; k < FIGURE_KEYS_MAX; k++)
            row->keys[k] = cursor_take(&in, cursor_be16(&in));
        row->part = c->part;
        row->set = c->set;
        memcpy(row->values, c->values, sizeof row->values);
    }
    *count = n;
    qsort(*out, n, sizeof **out, by_keys);
    return 0;
}
