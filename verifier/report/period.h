/*
 * The time that a report is about: from one instant up to, and without, another, in a zone that
 * says what a day and a month are. Pure; any thread.
 */
#ifndef KEIIN_VERIFIER_REPORT_PERIOD_H
#define KEIIN_VERIFIER_REPORT_PERIOD_H

#include "core/bytes.h"

#define PERIOD_PARTS_MAX 12

struct period {
    uint64_t from, to; /* ms */
    int zone_minutes;
    /* Its parts, each from its bound up to the next; one part, or its months. */
    unsigned parts;
    uint64_t bounds[PERIOD_PARTS_MAX + 1];
};

enum period_wrong { PERIOD_GOOD, PERIOD_FROM_UNREADABLE, PERIOD_TO_UNREADABLE, PERIOD_BACKWARDS };
/*
 * From two texts, each a year (2025), a month (2025-04), a day (2025-04-01) or a time (RFC 3339): from the
 * beginning of the first to the end of the second, or to the very time that it is.
 */
enum period_wrong period_parse(
    struct period *out, const char *from, const char *to, int zone_minutes) KEIIN_MUST_USE;

/* Whether it is one calendar month, or one calendar year; then its parts are set to its months. */
bool period_take_months(struct period *p);

/* Into how small pieces of time a chart of it is cut. */
enum period_step { PERIOD_DAYS, PERIOD_MONTHS, PERIOD_YEARS };
enum period_step period_step(const struct period *p);
/* The piece that a time is in: "2025-04-01", "2025-04" or "2025". */
#define PERIOD_LABEL_BYTES 32
void period_label(const struct period *p, uint64_t ms, char out[static PERIOD_LABEL_BYTES]);
/* The beginning of the piece behind the one that a time is in. */
uint64_t period_next(const struct period *p, uint64_t ms);

#endif
