#include "verifier/report/public_range.h"

#include "system/json.h"

static uint64_t plus(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

struct range range_cell(uint64_t n, uint64_t min)
{
    return n == 0 || n >= min ? (struct range){n, n, WHY_SUM}
                              : (struct range){1, min - 1, WHY_SMALL};
}

struct range range_sum(struct range a, struct range b)
{
    if (b.high == 0)
        return a;
    if (a.high == 0)
        return b;
    return (struct range){plus(a.low, b.low), plus(a.high, b.high), WHY_SUM};
}

struct range range_different(struct range a, struct range b)
{
    uint64_t low = a.low > b.low ? a.low : b.low;

    return a.high == 0 ? b : b.high == 0 ? a : (struct range){low, plus(a.high, b.high), WHY_SUM};
}

struct range range_rounded(uint64_t n, uint64_t min)
{
    uint64_t steps = n / min;

    return (struct range){
        steps < 2 ? 0 : (steps - 1) * min, plus(steps * min, 2 * min - 1), WHY_ROUNDED};
}

json_t *range_json(struct range r)
{
    json_t *json;

    if (r.low == r.high)
        return json_number(true, r.low);
    json = json_object();
    json_put(json, "low", json_number(true, r.low));
    json_put(json, "high", json_number(true, r.high));
    json_put(json, "why", json_string(r.why));
    return json;
}

json_t *range_withheld(const char *why)
{
    json_t *json = json_object();

    json_put(json, "withheld", json_string(why));
    return json;
}
