#include "verifier/rules/approvals.h"

#include <stdlib.h>

/* More than the lists of a record can take: each id has two bytes at least there. */
#define LIST_BYTES_MAX (8 * (size_t)RECORD_BYTES_MAX)

size_t approval_bytes(void)
{
    return sizeof(struct approval);
}

/* What more an approval has: its parts, each behind its length; empty: no limit. */
static struct span part_of(const struct approval *a, enum approval_part part)
{
    struct cursor in = cursor_of(table_more(a));
    struct span found = {NULL, 0};

    for (int i = 0; i <= (int)part && cursor_left(&in) > 0; i++)
        found = cursor_take(&in, cursor_be32(&in));
    return found;
}

static int put_parts(struct table *t, struct approval *a, const struct span parts[static PARTS])
{
    struct buf all;
    int err;

    buf_init(&all, PARTS * LIST_BYTES_MAX);
    for (int i = 0; i < PARTS; i++) {
        buf_put_be32(&all, (uint32_t)parts[i].n);
        buf_put_span(&all, parts[i]);
    }
    err = buf_status(&all) == 0 ? table_more_set(t, a, buf_view(&all)) : KEIIN_ENOMEM;
    buf_destroy(&all);
    return err;
}

static void get_parts(const struct approval *a, struct span parts[static PARTS])
{
    for (int i = 0; i < PARTS; i++)
        parts[i] = part_of(a, (enum approval_part)i);
}

/* --- Lists. An agency can make a long one be asked about with each record, so they are sorted. */

/* A list: this, where each id stands in the bytes behind, in the order of the ids, and these. */
struct list {
    uint32_t count;
};
struct listed_id {
    uint32_t at, n;
};

static int compare_ids(const void *a, const void *b)
{
    return span_cmp(*(const struct span *)a, *(const struct span *)b);
}

/* Makes a list of an encoded array. */
static int put_list(struct buf *out, struct span array)
{
    struct ids ids = ids_of(array);
    struct list list = {(uint32_t)ids.left};
    struct span *sorted = calloc(ids.left + 1, sizeof *sorted);
    int err = sorted == NULL ? KEIIN_ENOMEM : 0;

    for (uint32_t i = 0; err == 0 && i < list.count; i++)
        ids_next(&ids, &sorted[i]);
    if (err == 0) {
        qsort(sorted, list.count, sizeof *sorted, compare_ids);
        buf_put(out, &list, sizeof list);
    }
    for (uint32_t i = 0; err == 0 && i < list.count; i++) {
        struct listed_id id = {(uint32_t)(sorted[i].p - array.p), (uint32_t)sorted[i].n};

        buf_put(out, &id, sizeof id);
    }
    free(sorted);
    if (err == 0)
        buf_put_span(out, array);
    return err == 0 ? buf_status(out) : err;
}

bool approval_limits(const struct approval *a, enum approval_part list)
{
    return part_of(a, list).n > 0;
}

bool approval_allows(const struct approval *a, enum approval_part list, struct span id)
{
    struct cursor in = cursor_of(part_of(a, list));
    struct list head;
    struct span head_bytes = cursor_take(&in, sizeof head), places;
    size_t low = 0, high;

    if (in.failed)
        return true;
    memcpy(&head, head_bytes.p, sizeof head);
    places = cursor_take(&in, head.count * sizeof(struct listed_id));
    high = head.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct listed_id one;
        int order;

        memcpy(&one, places.p + middle * sizeof one, sizeof one);
        order = span_cmp(id, span_of(in.p + one.at, one.n));
        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

/* Whether a list is as put_list makes it: places that are all within the bytes behind them. */
static bool list_fits(struct span part)
{
    struct cursor in = cursor_of(part);
    struct span head = cursor_take(&in, sizeof(struct list)), places;
    struct list list;

    if (part.n == 0)
        return true;
    if (in.failed)
        return false;
    memcpy(&list, head.p, sizeof list);
    places = cursor_take(&in, (size_t)list.count * sizeof(struct listed_id));
    for (uint32_t i = 0; !in.failed && i < list.count; i++) {
        struct listed_id id;

        memcpy(&id, places.p + i * sizeof id, sizeof id);
        if (id.at > cursor_left(&in) || id.n > cursor_left(&in) - id.at)
            return false;
    }
    return !in.failed;
}

bool approvals_fit(const struct table *approvals)
{
    for (const struct approval *a = NULL; (a = table_next(approvals, a)) != NULL;) {
        struct cursor in = cursor_of(table_more(a));

        for (int i = 0; i < PARTS && cursor_left(&in) > 0; i++) {
            struct span part = cursor_take(&in, cursor_be32(&in));

            if (i == PART_VALIDITY ? part.n % sizeof(struct validity) != 0 : !list_fits(part))
                return false;
        }
        if (!cursor_done(&in))
            return false;
    }
    return true;
}

/* --- Times. */

#define VALIDITIES_MAX 1000

/* A copy of the validities, with room for one more. NULL without memory. */
static struct validity *validities(struct span part, size_t *count)
{
    struct validity *list;

    *count = part.n / sizeof *list;
    list = calloc(*count + 1, sizeof *list);
    if (list != NULL && part.n > 0)
        memcpy(list, part.p, part.n);
    return list;
}

/* One more; the oldest goes when there are too many. */
static void append(struct validity *list, size_t *count, struct validity more)
{
    if (*count == VALIDITIES_MAX)
        memmove(list, list + 1, --*count * sizeof *list);
    list[(*count)++] = more;
}

/* The number of the one that ends last. */
static size_t last_of(const struct validity *list, size_t count)
{
    size_t last = 0;

    for (size_t i = 1; i < count; i++)
        last = list[i].to >= list[last].to ? i : last;
    return last;
}

uint64_t approval_valid_to(const struct approval *a)
{
    struct span part = part_of(a, PART_VALIDITY);
    uint64_t to = 0;

    for (size_t at = 0; at < part.n; at += sizeof(struct validity)) {
        struct validity v;

        memcpy(&v, part.p + at, sizeof v);
        to = v.to > to ? v.to : to;
    }
    return to;
}

enum approval_time approval_at(const struct approval *a, uint64_t at, struct validity *out)
{
    struct span part = part_of(a, PART_VALIDITY);
    struct validity before = {0}, after = {0};
    bool valid = false, ended = false, begins = false;

    *out = (struct validity){0};
    for (size_t i = 0; i < part.n; i += sizeof(struct validity)) {
        struct validity v;

        memcpy(&v, part.p + i, sizeof v);
        if (at >= v.from && at <= v.to) {
            *out = valid && out->known <= v.known ? *out : v;
            valid = true;
        } else if (at > v.to) {
            before = ended && before.to >= v.to ? before : v;
            ended = true;
        } else {
            after = begins && after.from <= v.from ? after : v;
            begins = true;
        }
    }
    if (valid)
        return TIME_VALID;
    *out = ended ? before : after;
    if (!ended)
        return TIME_BEFORE;
    return before.revoked ? TIME_REVOKED : TIME_AFTER;
}

/* The limits that a record gives, in place of those that were there. Their lists are put in `lists`. */
static int limit(
    struct approval *a, const struct rules_record *r, struct span *parts, struct buf *lists)
{
    static const enum field_number fields[] = {
        [PART_PURPOSES] = F_PURPOSES,
        [PART_DATASETS] = F_DATASETS,
        [PART_UNITS] = F_UNITS,
        [PART_RECIPIENTS] = F_RECIPIENTS,
    };

    size_t ends[PARTS] = {0};
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof fields / sizeof fields[0]; i++) {
        if (record_has(r, fields[i]))
            err = put_list(lists, record_text(r, fields[i]));
        ends[i] = lists->n;
    }
    for (size_t i = 0; err == 0 && i < sizeof fields / sizeof fields[0]; i++) {
        size_t start = i == 0 ? 0 : ends[i - 1];

        if (ends[i] > start)
            parts[i] = span_of(lists->p + start, ends[i] - start);
    }
    if (record_has(r, F_CRITERIA)) {
        a->has_criteria = true;
        memcpy(a->criteria.b, record_text(r, F_CRITERIA).p, HASH_BYTES);
    }
    a->address = r->address;
    return err;
}

static struct validity validity_of(const struct rules_record *r)
{
    return (struct validity){record_number(r, F_VALID_FROM),
        record_has(r, F_VALID_TO) ? record_number(r, F_VALID_TO) : UINT64_MAX, r->received,
        r->address, r->address, false};
}

/*
 * Longer than it was: from the receipt on when it had ended by then, and from valid_from on when
 * that leaves a gap. What names no end makes nothing longer, and may still change the limits.
 */
static void extend(
    struct validity *list, size_t *count, struct rules_record *r, struct approval_change *change)
{
    struct validity more = validity_of(r), *last = &list[last_of(list, *count)];

    change->valid_to_before = last->to;
    change->ended_by = last->ended_by;
    change->was_revoked = last->revoked;
    change->step = APPROVAL_EXTENDED;
    if (r->received > last->to || last->revoked) {
        change->step = APPROVAL_EXTENDED_LATE;
        more.from = more.from > r->received ? more.from : r->received;
    }
    if (!record_has(r, F_VALID_TO))
        return;
    if (change->step == APPROVAL_EXTENDED_LATE || more.from > last->to) {
        append(list, count, more);
        return;
    }
    last->to = more.to;
    last->ended_by = r->address;
}

/* What a decision makes of an approval; *limited: the record says its limits anew. */
static bool decide(struct approval *a, struct rules_record *r, struct span *parts,
    struct validity *list, size_t *count, bool *limited)
{
    struct approval_change *change = &r->change;
    struct validity v = validity_of(r);

    if (record_is(r, F_DECISION, "granted")) {
        change->step = APPROVAL_GRANTED;
        memset(parts, 0, PART_VALIDITY * sizeof parts[0]);
        a->has_criteria = a->revoked = false;
        a->granted = true;
        append(list, count, v);
    } else if (record_is(r, F_DECISION, "extended") && *count > 0) {
        extend(list, count, r, change);
    } else if (record_is(r, F_DECISION, "ratified")) {
        change->step = APPROVAL_RATIFIED;
        a->granted = a->ratified = true;
        v.known = 0;
        append(list, count, v);
    } else if (record_is(r, F_DECISION, "refused") && !a->ratified && !a->refused) {
        change->step = APPROVAL_REFUSED;
        a->refused = true;
        a->refused_ms = r->received;
        a->refusal = r->address;
        return true;
    } else {
        return false;
    }
    *limited = true;
    return true;
}

static int approve(struct table *t, struct approval *a, struct rules_record *r)
{
    struct span parts[PARTS];
    struct validity *list;
    bool limited = false;
    struct buf lists;
    size_t count;
    int err = 0;

    buf_init(&lists, LIST_BYTES_MAX);
    get_parts(a, parts);
    list = validities(parts[PART_VALIDITY], &count);
    if (list == NULL)
        return KEIIN_ENOMEM;
    if (decide(a, r, parts, list, &count, &limited)) {
        if (limited)
            err = limit(a, r, parts, &lists);
        parts[PART_VALIDITY] = span_of(list, count * sizeof *list);
        if (err == 0)
            err = put_parts(t, a, parts);
    }
    free(list);
    buf_destroy(&lists);
    return err;
}

static int revoke(struct table *t, struct approval *a, struct rules_record *r)
{
    struct span parts[PARTS];
    struct validity *list;
    size_t count;
    int err;

    r->change.step = APPROVAL_REVOKED;
    get_parts(a, parts);
    list = validities(parts[PART_VALIDITY], &count);
    if (list == NULL)
        return KEIIN_ENOMEM;
    /* Of two the earlier one counts. */
    if (!a->revoked || record_began(r) < a->revoked_ms) {
        a->revoked_ms = record_began(r);
        a->revocation = r->address;
    }
    a->revoked = true;
    for (size_t i = 0; i < count; i++) {
        if (list[i].to <= record_began(r))
            continue;
        list[i].to = record_began(r);
        list[i].ended_by = r->address;
        list[i].revoked = true;
    }
    parts[PART_VALIDITY] = span_of(list, count * sizeof *list);
    err = put_parts(t, a, parts);
    free(list);
    return err;
}

int approvals_take(struct table *approvals, struct rules_record *r)
{
    struct approval *a;

    if (r->approval.text.n == 0 || r->undone)
        return 0;
    if (r->action == ACTION_APPROVE && record_is(r, F_DECISION, "requested"))
        return 0; /* grants nothing, whoever writes it */
    if (r->writer->role != ROLE_COMMITTEE)
        return 0;
    a = r->action == ACTION_APPROVE ? table_add(approvals, r->approval)
                                    : table_find(approvals, r->approval);
    r->change.approval = a;
    if (a == NULL)
        return r->action == ACTION_APPROVE ? KEIIN_ENOMEM : 0;
    return r->action == ACTION_APPROVE ? approve(approvals, a, r) : revoke(approvals, a, r);
}
