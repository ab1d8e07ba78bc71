/* A report held against the one that was made of the ledger again, value by value. */
#include <stdio.h>
#include <stdlib.h>

#include "verifier/report/recheck_internal.h"

#define PATH_BYTES_MAX 4096

struct diff {
    struct recheck *r;
    struct buf path;
};

static void told(struct diff *d, const json_t *said, const json_t *found)
{
    size_t n = d->path.n;

    buf_put_u8(&d->path, 0);
    if (buf_status(&d->path) == KEIIN_ENOMEM)
        d->r->err = KEIIN_ENOMEM;
    else if (buf_status(&d->path) != 0)
        recheck_values(d->r, RECHECK_DIFFERS, "...", said, found);
    else
        recheck_values(d->r, RECHECK_DIFFERS, (const char *)d->path.p, said, found);
    if (buf_status(&d->path) == 0)
        d->path.n = n;
}

/* Back to what it was before a step down. */
static void back(struct diff *d, size_t n)
{
    if (buf_status(&d->path) == 0)
        d->path.n = n;
}

static void values(struct diff *d, const json_t *said, const json_t *found);

static void member(struct diff *d, const char *name, const json_t *said, const json_t *found)
{
    size_t n = d->path.n;

    buf_printf(&d->path, "%s%.100s", n == 0 ? "" : ".", name);
    values(d, said, found);
    back(d, n);
}

static void objects(struct diff *d, const json_t *said, const json_t *found)
{
    const json_t *value;
    const char *name;

    json_object_foreach ((json_t *)said, name, value)
        member(d, name, value, json_object_get(found, name));
    json_object_foreach ((json_t *)found, name, value)
        if (json_object_get(said, name) == NULL)
            member(d, name, NULL, value);
}

static void lists(struct diff *d, const json_t *said, const json_t *found)
{
    size_t a = json_array_size(said), b = json_array_size(found);

    for (size_t i = 0; i < a || i < b; i++) {
        size_t n = d->path.n;

        buf_printf(&d->path, "[%zu]", i);
        values(d, json_array_get(said, i), json_array_get(found, i));
        back(d, n);
    }
}

static void values(struct diff *d, const json_t *said, const json_t *found)
{
    if (json_is_object(said) && json_is_object(found)) {
        objects(d, said, found);
    } else if (json_is_array(said) && json_is_array(found)) {
        lists(d, said, found);
    } else {
        d->r->compared++;
        if (said == NULL || found == NULL || !json_equal(said, found))
            told(d, said, found);
    }
}

/* --- Lists whose items have a name: by it, so that one that is missing does not shift the others. */

typedef void naming(struct buf *out, const json_t *item, const void *ctx);

static void name_row(struct buf *out, const json_t *row, const void *ctx)
{
    recheck_cell_path(out, ctx, row, "");
    if (json_is_string(recheck_at(row, "period"))) /* of the public profile */
        buf_printf(out, "(%s)", recheck_string(row, "period"));
}

static void name_finding(struct buf *out, const json_t *item, const void *ctx)
{
    (void)ctx;
    buf_printf(out, "findings[id=%s]",
        json_is_string(recheck_at(item, "id")) ? recheck_string(item, "id") : "?");
}

/* Items by their names; of items with one name the last counts, as the offline check tells. */
static json_t *index_of(struct diff *d, const json_t *list, naming *name, const void *ctx)
{
    json_t *index = json_object();
    struct buf text;
    const json_t *item;
    size_t i;

    buf_init(&text, PATH_BYTES_MAX);
    json_array_foreach (list, i, item) {
        buf_clear(&text);
        name(&text, item, ctx);
        buf_put_u8(&text, 0);
        if (buf_status(&text) != 0 ||
            json_object_set(index, (const char *)text.p, (json_t *)item) != 0)
            d->r->err = KEIIN_ENOMEM;
    }
    buf_destroy(&text);
    if (index == NULL)
        d->r->err = KEIIN_ENOMEM;
    return index;
}

static void named(
    struct diff *d, const json_t *said, const json_t *found, naming *name, const void *ctx)
{
    json_t *a = index_of(d, said, name, ctx), *b = index_of(d, found, name, ctx);
    uint64_t problems = d->r->count + d->r->omitted;
    size_t n = d->path.n;

    back(d, 0);
    objects(d, a, b);
    back(d, n);
    /* Some have one name, or all are there in another order. */
    if (json_array_size(said) != json_object_size(a) ||
        json_array_size(found) != json_object_size(b) ||
        (d->r->count + d->r->omitted == problems && !json_equal(said, found)))
        lists(d, said, found);
    json_decref(a);
    json_decref(b);
}

static void figures(struct diff *d, const json_t *said, const json_t *found)
{
    size_t n = d->path.n;

    for (int t = 0; t < FIGURE_TABLES; t++) {
        const struct figure_table *table = &figure_tables[t];
        const json_t *a = recheck_at(said, table->name), *b = recheck_at(found, table->name);
        const json_t *value;
        const char *name;

        buf_printf(&d->path, ".%s", table->name);
        if (!json_is_object(a) || !json_is_object(b) || !json_is_array(recheck_at(a, "rows")) ||
            !json_is_array(recheck_at(b, "rows"))) {
            if (a != NULL || b != NULL)
                values(d, a, b);
            back(d, n);
            continue;
        }
        named(d, recheck_at(a, "rows"), recheck_at(b, "rows"), name_row, table);
        json_object_foreach ((json_t *)a, name, value)
            if (strcmp(name, "rows") != 0)
                member(d, name, value, json_object_get(b, name));
        json_object_foreach ((json_t *)b, name, value)
            if (strcmp(name, "rows") != 0 && json_object_get(a, name) == NULL)
                member(d, name, NULL, value);
        back(d, n);
    }
}

/* --- The whole. */

/* What the recount may say otherwise: whom its maker trusted, and by what it was made. */
static bool is_makers(const char *name)
{
    return strcmp(name, "version") == 0 || strcmp(name, "evidence") == 0;
}

static void ledgers(struct diff *d, const json_t *said, const json_t *found)
{
    json_t *a = json_copy((json_t *)said), *b = json_copy((json_t *)found);

    if (a == NULL || b == NULL) {
        d->r->err = KEIIN_ENOMEM;
    } else {
        json_object_del(a, "roster_trusted");
        json_object_del(b, "roster_trusted");
        objects(d, a, b);
    }
    json_decref(a);
    json_decref(b);
}

void recheck_compare(struct recheck *r, const json_t *report, const json_t *again)
{
    struct diff d = {.r = r};
    const json_t *value;
    const char *name;

    buf_init(&d.path, PATH_BYTES_MAX);
    json_object_foreach ((json_t *)report, name, value) {
        const json_t *found = json_object_get(again, name);
        size_t n = d.path.n;

        if (is_makers(name))
            continue;
        buf_printf(&d.path, "%.100s", name);
        if (found != NULL && strcmp(name, "figures") == 0)
            figures(&d, value, found);
        else if (found != NULL && strcmp(name, "ledger") == 0)
            ledgers(&d, value, found);
        else if (found != NULL && strcmp(name, "findings") == 0)
            named(&d, value, found, name_finding, NULL);
        else
            values(&d, value, found);
        back(&d, n);
    }
    json_object_foreach ((json_t *)again, name, value)
        if (!is_makers(name) && json_object_get(report, name) == NULL)
            member(&d, name, NULL, value);
    if (buf_status(&d.path) == KEIIN_ENOMEM)
        r->err = KEIIN_ENOMEM;
    buf_destroy(&d.path);
    r->recounted = true;
}
