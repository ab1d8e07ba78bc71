#include <assert.h>

#include "core/record.h"
#include "verifier/rules/engine_internal.h"

/* One that waits: its key is its place and then its writer's name, its bytes stand behind it. */
struct waiter {
    struct rules_address address;
    uint64_t received;
    uint64_t next; /* serial of the next one that names the same approval, or 0 */
};

#define PLACE_BYTES 12
#define PLACE_IN_TABLE_BYTES 128 /* about what a table and a line add to an entry */

/* Those of one approval, by serial. */
struct line {
    uint64_t first, last;
};

int waiting_init(struct waiting *w)
{
    w->records = table_new(sizeof(struct waiter));
    w->by_approval = table_new(sizeof(struct line));
    return w->records == NULL || w->by_approval == NULL ? KEIIN_ENOMEM : 0;
}

void waiting_destroy(struct waiting *w)
{
    table_free(w->records);
    table_free(w->by_approval);
    *w = (struct waiting){0};
}

void waiting_clear(struct waiting *w)
{
    table_clear(w->records);
    table_clear(w->by_approval);
    w->bytes = 0;
}

static uint64_t bytes_of(const struct waiter *w)
{
    return sizeof *w + table_key(w).n + table_more(w).n + PLACE_IN_TABLE_BYTES;
}

bool waiting_loaded(struct waiting *w)
{
    w->bytes = 0;
    for (struct waiter *one = NULL; (one = table_next(w->records, one)) != NULL;) {
        if (table_key(one).n < PLACE_BYTES || record_check(table_more(one), NULL, NULL) != 0)
            return false;
        w->bytes += bytes_of(one);
    }
    return true;
}

static void forget(struct waiting *all, struct waiter *w)
{
    all->bytes -= bytes_of(w);
    table_remove(all->records, w);
}

/* The record that waits, as it was when it came. False when it cannot be read any more. */
static bool read_waiter(struct rules *rules, const struct waiter *w, struct rules_record *out)
{
    struct span key = table_key(w);

    return engine_read(rules, out, table_more(w)) == 0 &&
           engine_place(rules, out, w->address, w->received,
               span_of(key.p + PLACE_BYTES, key.n - PLACE_BYTES));
}

/* The oldest is told of and forgotten. */
static int give_up(struct rules *rules, struct waiter *w)
{
    struct rules_record *r = &rules->scratch[1];
    struct line *line;
    int err = 0;

    if (read_waiter(rules, w, r)) {
        err = engine_unauthorised(rules, r, false);
        /* The oldest of all is the first of its line. */
        line = table_find(rules->waiting.by_approval, r->authority);
        if (line != NULL && line->first == table_serial(w)) {
            line->first = w->next;
            if (w->next == 0)
                table_remove(rules->waiting.by_approval, line);
        }
    }
    forget(&rules->waiting, w);
    return err;
}

int waiting_add(struct rules *rules, const struct rules_record *r)
{
    struct waiting *all = &rules->waiting;
    uint8_t key[PLACE_BYTES + NAME_BYTES_MAX];
    size_t name_bytes = r->writer_name.text.n;
    struct waiter *w, *last;
    struct line *line;
    int err = 0;

    assert(name_bytes <= NAME_BYTES_MAX);
    while (err == 0 && table_count(all->records) > 0 &&
           all->bytes + r->bytes.n > rules->waiting_bytes_max)
        err = give_up(rules, table_next(all->records, NULL));
    if (err != 0)
        return err;
    be64_put(key, r->address.index);
    be32_put(key + 8, r->address.position);
    memcpy(key + PLACE_BYTES, r->writer_name.text.p, name_bytes);
    w = table_add(all->records, key_of(span_of(key, PLACE_BYTES + name_bytes)));
    line = table_add(all->by_approval, r->authority);
    if (w == NULL || line == NULL || table_more_set(all->records, w, r->bytes) != 0)
        return KEIIN_ENOMEM;
    *w = (struct waiter){r->address, r->received, 0};
    all->bytes += bytes_of(w);
    last = line->first == 0 ? NULL : table_by_serial(all->records, line->last);
    if (last != NULL)
        last->next = table_serial(w);
    else
        line->first = table_serial(w);
    line->last = table_serial(w);
    return 0;
}

int waiting_settle(struct rules *rules, const struct rules_record *by)
{
    struct waiting *all = &rules->waiting;
    struct line *line = table_find(all->by_approval, by->approval);
    struct rules_record *r = &rules->scratch[1];
    struct waiter *w;
    int err = 0;

    if (line == NULL)
        return 0;
    for (uint64_t serial = line->first; err == 0 && serial != 0;) {
        w = table_by_serial(all->records, serial);
        if (w == NULL)
            break;
        serial = w->next;
        if (read_waiter(rules, w, r)) {
            r->approved = by->change.approval;
            err = engine_authorised(rules, r, true);
        }
        forget(all, w);
    }
    table_remove(all->by_approval, line);
    return err;
}

int waiting_expire(struct rules *rules)
{
    uint64_t wait_ms = rules->wait_ms;
    struct waiter *w;
    int err = 0;

    while (err == 0 && (w = table_next(rules->waiting.records, NULL)) != NULL &&
           time_after(w->received, wait_ms) < rules->now_ms)
        err = give_up(rules, w);
    return err;
}

int waiting_open(struct rules *rules)
{
    struct rules_record *r = &rules->scratch[1];
    int err = 0;

    for (struct waiter *w = NULL; err == 0 && (w = table_next(rules->waiting.records, w)) != NULL;)
        if (read_waiter(rules, w, r))
            err = engine_unauthorised(rules, r, true);
    return err;
}
