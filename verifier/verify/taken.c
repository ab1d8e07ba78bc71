#include "verifier/verify/taken.h"

#include <inttypes.h>

#include "core/text.h"
#include "system/cli.h"
#include "system/messages.h"

int taken_time_check(const struct taken_time *t)
{
    return t->has_from && t->has_to && t->from >= t->to
               ? cli_usage("%s", message_text(MESSAGE_EXPORT_NO_TIME))
               : 0;
}

bool taken_time_has(const struct taken_time *t, uint64_t received)
{
    return (!t->has_from || received >= t->from) && (!t->has_to || received < t->to);
}

/* The audit's own reason, made visible in one line. */
static void say_incomplete(const struct audit_result *r)
{
    struct buf why;

    buf_init(&why, 8192);
    for (size_t i = 0; i < r->finding_count; i++)
        if (r->findings[i].code == FINDING_INCOMPLETE && r->findings[i].detail != NULL)
            text_visible(&why, span_str(r->findings[i].detail));
    cli_error(
        message_text(MESSAGE_EXPORT_NO_VERDICT), (int)why.n, why.n > 0 ? (const char *)why.p : "");
    buf_destroy(&why);
}

void taken_say_verdict(const struct audit_result *r)
{
    switch (r->verdict) {
    case AUDIT_VERIFIED:
        cli_error(message_text(MESSAGE_EXPORT_VERIFIED), r->size);
        return;
    case AUDIT_FINDINGS:
        cli_error(message_text(MESSAGE_EXPORT_FINDINGS), r->finding_count + r->findings_omitted);
        return;
    case AUDIT_INCOMPLETE:
        say_incomplete(r);
        return;
    }
}

int taken_status(const struct audit_result *r)
{
    static const int statuses[] = {[AUDIT_VERIFIED] = EXIT_OK,
        [AUDIT_FINDINGS] = EXIT_FINDINGS,
        [AUDIT_INCOMPLETE] = EXIT_INCOMPLETE};

    return statuses[r->verdict];
}
