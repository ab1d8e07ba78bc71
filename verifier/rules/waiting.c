#include <stdlib.h>

#include "verifier/rules/engine_internal.h"

/* One that waits; its bytes and, before them, its writer's name stand behind it in the table. */
struct waiter {
    struct rules_address address;
    uint64_t received;
    uint64_t next; /* serial of the next one that names the same approval, or 0 */
    uint32_t name_bytes;
};

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

static struct key place_key(uint8_t bytes[static 12], struct rules_address address)
{
    be64_put(bytes, address.index);
    be32_put(bytes + 8, address.position);
    return key_of(span_of(bytes, 12));
}

/* The record that waits, as it was when it came. False when it cannot be read any more. */
static bool read_waiter(struct rules *rules, const struct waiter *w, struct rules_record *out)
{
    struct span more = table_more(w);
    struct span name = span_of(more.p, w->name_bytes);

    return rules_record_read(out, span_of(more.p + name.n, more.n - name.n)) == 0 &&
           engine_place(rules, out, w->address, w->received, name);
}

/* The oldest is told of and forgotten. */
static int give_up(struct rules *rules, struct waiter *w)
{
    struct rules_record *r = &rules->scratch[1];
    int err = read_waiter(rules, w, r) ? engine_unauthorised(rules, r, false) : 0;
    struct line *line = table_find(rules->waiting.by_approval, r->authority);

    /* The oldest of all is the first of its line. */
    if (line != NULL && line->first == table_serial(w)) {
        line->first = w->next;
        if (w->next == 0)
            table_remove(rules->waiting.by_approval, line);
    }
    table_remove(rules->waiting.records, w);
    return err;
}

int waiting_add(struct rules *rules, const struct rules_record *r)
{
    struct waiting *all = &rules->waiting;
    uint8_t bytes[12];
    struct waiter *w, *last;
    struct line *line;
    int err = 0;

    while (err == 0 && table_bytes(all->records) + r->bytes.n > WAITING_BYTES_MAX &&
           table_count(all->records) > 0)
        err = give_up(rules, table_next(all->records, NULL));
    if (err != 0)
        return err;
    w = table_add(all->records, place_key(bytes, r->address));
    line = table_add(all->by_approval, r->authority);
    if (w == NULL || line == NULL)
        return KEIIN_ENOMEM;
    *w = (struct waiter){r->address, r->received, 0, (uint32_t)r->writer_name.text.n};
    last = line->first == 0 ? NULL : table_by_serial(all->records, line->last);
    if (last != NULL)
        last->next = table_serial(w);
    else
        line->first = table_serial(w);
    line->last = table_serial(w);
    err = table_more_set(all->records, w, r->writer_name.text);
    return err == 0 ? table_more_append(all->records, w, r->bytes) : err;
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
        table_remove(all->records, w);
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
