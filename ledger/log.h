/* The server's log: one JSON object a line on stderr. Any thread; a line is one write. */
#ifndef KEIIN_LEDGER_LOG_H
#define KEIIN_LEDGER_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "system/clock.h"

enum log_level { LOG_INFO, LOG_WARNING, LOG_ERROR };

/* The clock of the lines; before any other thread. */
void log_start(const struct keiin_clock *clock);
/* {"time":...,"level":...,"event":event,"detail":text}; the text may hold anything. */
void log_line(enum log_level level, const char *event, const char *format, ...) KEIIN_PRINTF(3, 4);

#endif
