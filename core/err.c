#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

const char *keiin_err_text(int err)
{
    switch ((enum keiin_err)err) {
    case KEIIN_OK:
        return "success";
    case KEIIN_EMALFORMED:
        return "malformed";
    case KEIIN_ELIMIT:
        return "over a limit";
    case KEIIN_ESIGNATURE:
        return "a signature does not verify";
    case KEIIN_EMISMATCH:
        return "does not agree";
    case KEIIN_EABSENT:
        return "not there";
    case KEIIN_EUNREADABLE:
        return "cannot be read";
    case KEIIN_ENOMEM:
        return "out of memory";
    case KEIIN_EFULL:
        return "no space is left";
    case KEIIN_EIO:
        return "a write or sync failed, its outcome is unknown";
    case KEIIN_EEXIST:
        return "exists already";
    case KEIIN_EUSAGE:
        return "wrong usage";
    case KEIIN_EREFUSED:
        return "refused";
    case KEIIN_EBUSY:
        return "in use";
    case KEIIN_EUNKNOWN:
        return "no answer, the outcome is unknown";
    case KEIIN_ECRYPTO:
        return "the cryptographic library does not behave as it must";
    case KEIIN_EDAMAGED:
        return "damaged";
    case KEIIN_EPASSPHRASE:
        return "the passphrase does not open the key";
    }
    return "unknown error";
}

/* Writes behind `at`; what does not fit is left out, and no character is cut in two. */
static void put(struct why *why, size_t at, const char *format, va_list args)
{
    int n = vsnprintf(why->text + at, sizeof why->text - at, format, args);

    if (n >= 0 && (size_t)n >= sizeof why->text - at)
        why->text[utf8_whole(span_str(why->text)).n] = 0;
}

void why_set(struct why *why, const char *format, ...)
{
    va_list args;

    if (why == NULL)
        return;
    va_start(args, format);
    put(why, 0, format, args);
    va_end(args);
}

static void append(struct why *why, const char *format, ...) KEIIN_PRINTF(2, 3);

static void append(struct why *why, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put(why, strlen(why->text), format, args);
    va_end(args);
}

void why_prefix(struct why *why, const char *format, ...)
{
    va_list args;
    struct why old;

    if (why == NULL)
        return;
    old = *why;
    va_start(args, format);
    put(why, 0, format, args);
    va_end(args);
    append(why, ": %s", old.text);
}
