/* The figures as JSON, for the committee: as they are. */
#include <stdlib.h>

#include "verifier/report/report_internal.h"

static json_t *value_of(
    const struct figure_column *column, const struct figure_cells *row, unsigned i)
{
    bool set = (row->set >> i & 1) != 0;

    if (column->unit == FIGURE_TIME)
        return report_time(set, row->values[i]);
    if (column->unit == FIGURE_COUNT)
        return json_number(true, row->values[i]);
    return json_number(set, row->values[i]);
}

static json_t *row_object(const struct figure_table *table, const struct figure_cells *row)
{
    json_t *json = json_object();

    for (int k = 0; table->keys[k] != NULL; k++)
        json_put(json, table->keys[k], json_text(row->keys[k]));
    for (unsigned i = 0; table->columns[i].name != NULL; i++)
        json_put(json, table->columns[i].name, value_of(&table->columns[i], row, i));
    return json;
}

static json_t *total_object(
    const struct figure_table *table, const struct figure_cells *rows, size_t count)
{
    json_t *json = json_object();

    for (unsigned i = 0; table->columns[i].name != NULL; i++) {
        uint64_t sum = 0;

        if (table->columns[i].unit != FIGURE_COUNT)
            continue;
        for (size_t k = 0; k < count; k++)
            sum = figure_sum(sum, rows[k].values[i]);
        json_put(json, table->columns[i].name, json_number(true, sum));
    }
    return json;
}

int report_figures(const struct figures *f, json_t **out)
{
    json_t *all = json_object();

    for (int t = 0; t < FIGURE_TABLES; t++) {
        const struct figure_table *table = &figure_tables[t];
        json_t *object = json_object(), *list = json_array();
        struct figure_cells *rows;
        size_t count;

        if (figures_rows(f, (enum figure_table_number)t, &rows, &count) != 0) {
            json_decref(object);
            json_decref(list);
            json_decref(all);
            return KEIIN_ENOMEM;
        }
        for (size_t i = 0; i < count; i++)
            json_add(list, row_object(table, &rows[i]));
        json_put(object, "rows", list);
        if (!table->listed)
            json_put(object, "total", total_object(table, rows, count));
        json_put(all, table->name, object);
        free(rows);
    }
    *out = all;
    return 0;
}
