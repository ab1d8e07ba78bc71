#include "ledger/quota.h"

static uint64_t add_up_to(uint64_t value, uint64_t more, uint64_t max)
{
    return value >= max || more >= max - value ? max : value + more;
}

static void refill(struct quota *q, const struct quota_limits *limits, uint64_t now_ms)
{
    uint64_t passed_ms = now_ms - q->at_ms;

    if (q->at_ms == 0 || passed_ms >= 1000) {
        q->submissions = limits->submissions_per_s * 1000;
        q->bytes = limits->bytes_per_s * 1000;
    } else {
        q->submissions = add_up_to(q->submissions, limits->submissions_per_s * passed_ms,
            limits->submissions_per_s * 1000);
        q->bytes = add_up_to(q->bytes, limits->bytes_per_s * passed_ms, limits->bytes_per_s * 1000);
    }
    q->at_ms = now_ms;
}

bool quota_charge(
    struct quota *q, const struct quota_limits *limits, uint64_t now_ms, uint64_t bytes)
{
    refill(q, limits, now_ms == 0 ? 1 : now_ms);
    if (q->submissions < 1000 || q->bytes < bytes * 1000)
        return false;
    q->submissions -= 1000;
    q->bytes -= bytes * 1000;
    return true;
}

void quota_refund(struct quota *q, const struct quota_limits *limits, uint64_t bytes)
{
    q->submissions = add_up_to(q->submissions, 1000, limits->submissions_per_s * 1000);
    q->bytes = add_up_to(q->bytes, bytes * 1000, limits->bytes_per_s * 1000);
}
