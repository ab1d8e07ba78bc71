#include "verifier/report/public_range.h"

#include "system/json.h"
#include "verifier/report/figures.h"

/* Bytes of the chance that make a throw: five of them there are in a hash. */
#define THROW_BYTES 6
#define THROWS (RANGE_ROUNDED_LEASTS / 2)

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

struct range range_rounded(uint64_t n, uint64_t min, const struct hash *chance)
{
    uint64_t width = RANGE_ROUNDED_LEASTS * min, high = n;

    for (unsigned i = 0; i < THROWS; i++) {
        uint64_t throw = 0;

        for (unsigned k = 0; k < THROW_BYTES; k++)
            throw = throw << 8 | chance->b[i * THROW_BYTES + k];
        high = plus(high, throw % (2 * min + 1));
    }
    return (struct range){
        high > width ? high - width : 0, high < FIGURE_MAX ? high : FIGURE_MAX, WHY_ROUNDED};
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
