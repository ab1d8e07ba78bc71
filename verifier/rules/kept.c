#include "verifier/rules/kept.h"

#include <assert.h>

struct key kept_address_key(
    uint8_t bytes[static KEPT_ADDRESS_BYTES], const struct rules_address *address)
{
    be64_put(bytes, address->index);
    be32_put(bytes + 8, address->position);
    return key_of(span_of(bytes, KEPT_ADDRESS_BYTES));
}

int kept_texts_set(struct table *t, void *value, const struct span *texts, size_t count)
{
    uint8_t bytes[KEPT_TEXTS_MAX * (1 + ID_BYTES_MAX)];
    size_t n = 0;

    assert(count <= KEPT_TEXTS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert(texts[i].n <= ID_BYTES_MAX && ID_BYTES_MAX <= UINT8_MAX);
        bytes[n++] = (uint8_t)texts[i].n;
        if (texts[i].n > 0)
            memcpy(bytes + n, texts[i].p, texts[i].n);
        n += texts[i].n;
    }
    return table_more_set(t, value, span_of(bytes, n));
}

struct span kept_text(const void *value, size_t number)
{
    struct cursor in = cursor_of(table_more(value));

    while (number-- > 0)
        cursor_take(&in, cursor_u8(&in));
    return cursor_take(&in, cursor_u8(&in));
}

static size_t times(const void *value, const uint64_t **out)
{
    struct span more = table_more(value);

    *out = (const uint64_t *)(const void *)more.p;
    return more.n / sizeof **out;
}

/* The number of those before `ms`. */
static size_t before(const uint64_t *all, size_t count, uint64_t ms)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (all[middle] < ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int kept_time_add(struct table *t, void *value, uint64_t ms, uint64_t from_ms)
{
    const uint64_t *all;
    size_t count = times(value, &all), old = before(all, count, from_ms);

    if (count > 0 && ms <= all[count - 1])
        return 0;
    /* Half of them at least, so that moving the rest costs little for each. */
    if (old > 0 && old * 2 >= count) {
        int err = table_more_set(t, value, span_of(all + old, (count - old) * sizeof *all));

        if (err != 0)
            return err;
    }
    return table_more_append(t, value, span_of(&ms, sizeof ms));
}

bool kept_time_within(const void *value, uint64_t from_ms, uint64_t to_ms)
{
    const uint64_t *all;
    size_t count = times(value, &all), first = before(all, count, from_ms);

    return first < count && all[first] <= to_ms;
}

uint64_t kept_time_last(const void *value)
{
    const uint64_t *all;
    size_t count = times(value, &all);

    return count == 0 ? 0 : all[count - 1];
}

int kept_times_due(
    struct rule_run *run, unsigned table, void *value, uint64_t when_ms, uint64_t kept_ms)
{
    uint64_t until = time_after(kept_time_last(value), kept_ms);

    if (until > when_ms)
        return rule_wake(run, table, value, until);
    table_remove(run->tables[table], value);
    return 0;
}
