#include "verifier/check/finding.h"

#include <assert.h>
#include <stdlib.h>

#include "core/text.h"

static const char *const code_texts[FINDING_CODES] = {
    [FINDING_CHECKPOINT_INVALID] = "checkpoint-invalid",
    [FINDING_WITNESS_QUORUM] = "witness-quorum",
    [FINDING_ROLLBACK] = "rollback",
    [FINDING_FORK] = "fork",
    [FINDING_STALE] = "stale",
    [FINDING_ROOT_MISMATCH] = "root-mismatch",
    [FINDING_ENTRY_MALFORMED] = "entry-malformed",
    [FINDING_CHAIN_BROKEN] = "chain-broken",
    [FINDING_TIME_REVERSED] = "time-reversed",
    [FINDING_WRITER_UNKNOWN] = "writer-unknown",
    [FINDING_WRITER_GAP] = "writer-gap",
    [FINDING_WRITER_CHAIN_BROKEN] = "writer-chain-broken",
    [FINDING_WRITER_SIGNATURE] = "writer-signature",
    [FINDING_WRITER_FORK] = "writer-fork",
    [FINDING_ROSTER_INVALID] = "roster-invalid",
    [FINDING_RECORD_MISMATCH] = "record-mismatch",
    [FINDING_RECORD_MALFORMED] = "record-malformed",
    [FINDING_RECORD_MISSING] = "record-missing",
    [FINDING_RECEIPT_MISMATCH] = "receipt-mismatch",
    [FINDING_INCOMPLETE] = "incomplete",
};

struct findings {
    size_t max;
    struct finding *list; /* the first `max` added; after findings_settle the ordered result */
    size_t count, cap;
    uint64_t dropped; /* added when the list was full; they come later in the order */
    struct missing_run *runs;
    size_t run_count, run_cap;
    struct erase_order *orders;
    size_t order_count, order_cap;
    bool has[FINDING_CODES];
    bool no_memory;
};

const char *finding_code_text(enum finding_code code)
{
    return code_texts[code];
}

bool finding_code_parse(struct span text, enum finding_code *out)
{
    for (int i = 0; i < FINDING_CODES; i++)
        if (span_is(text, code_texts[i])) {
            *out = (enum finding_code)i;
            return true;
        }
    return false;
}

struct findings *findings_new(size_t max)
{
    struct findings *f = calloc(1, sizeof *f);

    if (f != NULL)
        f->max = max;
    return f;
}

static void finding_destroy(struct finding *finding)
{
    free(finding->writer);
    free(finding->detail);
}

void findings_free(struct findings *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->count; i++)
        finding_destroy(&f->list[i]);
    for (size_t i = 0; i < f->run_count; i++)
        free(f->runs[i].writer);
    free(f->list);
    free(f->runs);
    free(f->orders);
    free(f);
}

/* Room for one more element; false, and no_memory, when there is none. */
static bool room(struct findings *f, void **array, size_t count, size_t *cap, size_t size)
{
    void *bigger = array_room(*array, count, cap, size);

    if (bigger == NULL) {
        f->no_memory = true;
        return false;
    }
    *array = bigger;
    return true;
}

static char *copy(struct findings *f, struct span text)
{
    char *out;

    if (text.p == NULL)
        return NULL;
    out = strndup((const char *)text.p, text.n);
    if (out == NULL)
        f->no_memory = true;
    return out;
}

void findings_add(struct findings *f, enum finding_code code, uint64_t index, uint32_t position,
    struct span writer, const char *detail)
{
    f->has[code] = true;
    /* Those of the whole ledger are few, and are never dropped for those of entries. */
    if (f->count >= f->max && index != FINDING_NO_INDEX) {
        f->dropped++;
        return;
    }
    if (!room(f, (void **)&f->list, f->count, &f->cap, sizeof *f->list))
        return;
    f->list[f->count++] = (struct finding){code, position, index, copy(f, writer),
        copy(f, detail == NULL ? (struct span){NULL, 0} : span_str(detail))};
}

bool findings_has(const struct findings *f, enum finding_code code)
{
    return f->has[code];
}

void findings_missing(struct findings *f, uint64_t index, uint32_t position, uint32_t count,
    bool sealed, struct span writer)
{
    struct missing_run *last = f->run_count == 0 ? NULL : &f->runs[f->run_count - 1];

    if (last != NULL && last->index == index && last->sealed == sealed &&
        last->position + last->count == position) {
        last->count += count;
        return;
    }
    if (!room(f, (void **)&f->runs, f->run_count, &f->run_cap, sizeof *f->runs))
        return;
    assert(f->runs != NULL);
    f->runs[f->run_count++] = (struct missing_run){index, position, count, sealed, copy(f, writer)};
}

void findings_order(struct findings *f, struct erase_address named, bool conditional,
    uint64_t order_index, uint32_t order_position)
{
    if (room(f, (void **)&f->orders, f->order_count, &f->order_cap, sizeof *f->orders))
        f->orders[f->order_count++] =
            (struct erase_order){named, conditional, order_index, order_position};
}

bool erase_address_parse(struct span text, struct erase_address *out)
{
    const uint8_t *dot = text.n == 0 ? NULL : memchr(text.p, '.', text.n);
    struct span position;
    uint64_t value;

    if (dot == NULL)
        return false;
    position = span_of(dot + 1, (size_t)(text.p + text.n - dot - 1));
    out->sealed = position.n > 7 && memcmp(position.p + position.n - 7, "/sealed", 7) == 0;
    if (out->sealed)
        position.n -= 7;
    if (!decimal_parse(span_of(text.p, (size_t)(dot - text.p)), UINT64_MAX - 1, &out->index) ||
        !decimal_parse(position, ENTRY_DIGESTS_MAX - 1, &value))
        return false;
    out->position = (uint32_t)value;
    return true;
}

static int address_cmp(const struct erase_address *a, const struct erase_address *b)
{
    if (a->index != b->index)
        return a->index < b->index ? -1 : 1;
    if (a->position != b->position)
        return a->position < b->position ? -1 : 1;
    return (int)a->sealed - (int)b->sealed;
}

/* By what they name; of those that name one thing first those that count. */
static int order_cmp(const void *a, const void *b)
{
    const struct erase_order *x = a, *y = b;
    int order = address_cmp(&x->named, &y->named);

    return order != 0 ? order : (int)x->conditional - (int)y->conditional;
}

/* Whether an order that counts names exactly this. The orders are sorted. */
static bool named_exactly(const struct findings *f, const struct erase_address *address)
{
    size_t low = 0, high = f->order_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (address_cmp(&f->orders[middle].named, address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < f->order_count && address_cmp(&f->orders[low].named, address) == 0 &&
           !f->orders[low].conditional;
}

/* An order that names a record covers its sealed part too. */
static bool ordered(const struct findings *f, uint64_t index, uint32_t position, bool sealed)
{
    struct erase_address address = {index, position, false};

    if (named_exactly(f, &address))
        return true;
    address.sealed = true;
    return sealed && named_exactly(f, &address);
}

static int place_cmp(const struct erase_order *order, uint64_t index, uint32_t position)
{
    if (order->order_index != index)
        return order->order_index < index ? -1 : 1;
    return order->order_position < position ? -1 : order->order_position > position;
}

static int by_place(const void *a, const void *b)
{
    const struct erase_order *x = *(struct erase_order *const *)a;
    const struct erase_order *y = *(struct erase_order *const *)b;

    return place_cmp(x, y->order_index, y->order_position);
}

/* The orders that stand in the place which `order` names count from now on: they go to `work`. */
static size_t excuse(struct erase_order *const *places, size_t count,
    const struct erase_address *named, struct erase_order **work)
{
    size_t low = 0, high = count, excused = 0;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (place_cmp(places[middle], named->index, named->position) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < count && place_cmp(places[low], named->index, named->position) == 0; low++) {
        if (!places[low]->conditional)
            break; /* another order was here before: all of this place count */
        places[low]->conditional = false;
        work[excused++] = places[low];
    }
    return excused;
}

/*
 * Orders whose own sealed part is gone count once another order that counts excuses that. Each
 * order is looked at once, whoever wrote how many.
 */
static void settle_orders(struct findings *f)
{
    struct erase_order **places = calloc(f->order_count + 1, sizeof *places);
    struct erase_order **work = calloc(f->order_count + 1, sizeof *work);
    size_t waiting = 0, conditional = 0;

    f->no_memory = f->no_memory || places == NULL || work == NULL;
    if (f->no_memory || f->order_count == 0)
        goto out;
    for (size_t i = 0; i < f->order_count; i++) {
        struct erase_order *order = &f->orders[i];

        if (order->conditional)
            places[conditional++] = order;
        else
            work[waiting++] = order;
    }
    qsort(places, conditional, sizeof *places, by_place);
    while (waiting > 0) {
        struct erase_address named = work[--waiting]->named;

        waiting += excuse(places, conditional, &named, work + waiting);
    }
    qsort(f->orders, f->order_count, sizeof *f->orders, order_cmp);
out:
    free(places);
    free(work);
}

static int finding_cmp(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;

    if (x->index != y->index)
        return x->index < y->index ? -1 : 1; /* FINDING_NO_INDEX is the greatest */
    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    return x->position < y->position ? -1 : x->position > y->position;
}

/* Appends what remains of the missing records, at most `max` of them; counts the others. */
static void add_missing(struct findings *f, uint64_t *over)
{
    size_t added = 0;

    for (size_t i = 0; i < f->run_count; i++) {
        const struct missing_run *run = &f->runs[i];

        for (uint32_t k = 0; k < run->count; k++) {
            uint32_t position = run->position + k;

            if (ordered(f, run->index, position, run->sealed))
                continue;
            f->has[FINDING_RECORD_MISSING] = true;
            if (added == f->max) {
                ++*over;
                continue;
            }
            if (!room(f, (void **)&f->list, f->count, &f->cap, sizeof *f->list))
                return;
            added++;
            f->list[f->count++] = (struct finding){FINDING_RECORD_MISSING, position, run->index,
                run->writer == NULL ? NULL : copy(f, span_str(run->writer)),
                copy(f, span_str(run->sealed ? "the sealed part" : "the record"))};
        }
    }
}

int findings_settle(
    struct findings *f, const struct finding **list, size_t *count, uint64_t *omitted)
{
    size_t entries, whole;

    *omitted = f->dropped;
    settle_orders(f);
    add_missing(f, omitted);
    if (f->no_memory)
        return KEIIN_ENOMEM;
    if (f->count > 0)
        qsort(f->list, f->count, sizeof *f->list, finding_cmp);
    for (entries = 0; entries < f->count && f->list[entries].index != FINDING_NO_INDEX; entries++)
        continue;
    whole = f->count - entries;
    if (entries > f->max) {
        *omitted += entries - f->max;
        for (size_t i = f->max; i < entries; i++)
            finding_destroy(&f->list[i]);
        memmove(&f->list[f->max], &f->list[entries], whole * sizeof *f->list);
        f->count = f->max + whole;
    }
    *list = f->list;
    *count = f->count;
    return 0;
}

size_t findings_runs(const struct findings *f, const struct missing_run **runs)
{
    *runs = f->runs;
    return f->run_count;
}

size_t findings_orders(const struct findings *f, const struct erase_order **orders)
{
    *orders = f->orders;
    return f->order_count;
}

size_t findings_added(const struct findings *f, const struct finding **list, uint64_t *dropped)
{
    *list = f->list;
    *dropped = f->dropped;
    return f->count;
}

void findings_restore_dropped(struct findings *f, uint64_t dropped)
{
    f->dropped += dropped;
}
