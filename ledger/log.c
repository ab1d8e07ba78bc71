#include "ledger/log.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/bytes.h"
#include "core/text.h"

/* Set once, before there are other threads. */
static const struct keiin_clock *log_clock = &system_clock;

void log_start(const struct keiin_clock *clock)
{
    log_clock = clock;
}

static void write_line(const char *line, size_t n)
{
    /* Nobody can be told that the log itself cannot be written. */
    if (write(STDERR_FILENO, line, n) < 0)
        return;
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    static const char *const levels[] = {"info", "warning", "error"};
    char time[TIME_TEXT_BYTES], *detail = NULL, *json = NULL;
    json_t *object = NULL;
    struct buf visible, line;
    va_list args;

    buf_init(&visible, 64 * 1024);
    buf_init(&line, 256 * 1024);
    va_start(args, format);
    if (vasprintf(&detail, format, args) < 0)
        detail = NULL;
    va_end(args);
    if (detail != NULL)
        text_visible(&visible, span_str(detail));
    time_text(time, log_clock->wall_ms(log_clock->ctx));
    object = json_pack("{s:s, s:s, s:s, s:s%}", "time", time, "level", levels[level], "event",
        event, "detail", visible.n > 0 ? (const char *)visible.p : "", visible.n);
    if (object != NULL)
        json = json_dumps(object, JSON_COMPACT);
    if (json != NULL) {
        buf_put_str(&line, json);
        buf_put_u8(&line, '\n');
        if (buf_status(&line) == 0)
            write_line((const char *)line.p, line.n);
    }
    free(json);
    json_decref(object);
    free(detail);
    buf_destroy(&line);
    buf_destroy(&visible);
}
