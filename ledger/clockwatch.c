#include "ledger/clockwatch.h"

#include <inttypes.h>

#define PARTED_MS_MAX 60000
#define BEHIND_MS_MAX 1000
#define PATIENCE_MS 60000

void clockwatch_start(struct clockwatch *watch, const struct keiin_clock *clock)
{
    watch->clock = clock;
    watch->offset_ms = (int64_t)(clock->wall_ms(clock->ctx) - clock->monotonic_ms(clock->ctx));
    watch->wrong_since_ms = 0;
}

int clockwatch_now(
    struct clockwatch *watch, uint64_t last_received, uint64_t *now_ms, struct why *why)
{
    uint64_t wall_ms = watch->clock->wall_ms(watch->clock->ctx);
    uint64_t monotonic_ms = watch->clock->monotonic_ms(watch->clock->ctx);
    int64_t parted_ms = (int64_t)(wall_ms - monotonic_ms) - watch->offset_ms;

    *now_ms = wall_ms > last_received ? wall_ms : last_received;
    if (parted_ms > PARTED_MS_MAX || parted_ms < -PARTED_MS_MAX) {
        why_set(why, "the wall clock moved by %" PRId64 " s against the monotonic clock",
            parted_ms / 1000);
    } else if (last_received > wall_ms && last_received - wall_ms > BEHIND_MS_MAX) {
        why_set(why, "the clock is %" PRIu64 " s behind the last entry",
            (last_received - wall_ms) / 1000);
    } else {
        watch->wrong_since_ms = 0;
        return 0;
    }
    if (watch->wrong_since_ms == 0)
        watch->wrong_since_ms = monotonic_ms == 0 ? 1 : monotonic_ms;
    return monotonic_ms - watch->wrong_since_ms < PATIENCE_MS ? KEIIN_EBUSY : KEIIN_EREFUSED;
}
