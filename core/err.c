#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>

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

void why_set(struct why *why, const char *format, ...)
{
    va_list args;

    if (why == NULL)
        return;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
}

void why_prefix(struct why *why, const char *format, ...)
{
    va_list args;
    struct why old;
    size_t n;

    if (why == NULL)
        return;
    old = *why;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    for (n = 0; why->text[n] != '\0'; n++)
        continue;
    snprintf(why->text + n, sizeof why->text - n, ": %s", old.text);
}
