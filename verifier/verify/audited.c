#include "verifier/verify/audited.h"

#include <stdio.h>

#include "system/cli.h"
#include "system/clock.h"
#include "system/messages.h"
#include "verifier/verify/verify.h"

#define FINDINGS_MAX 1000

void audited_init(struct audited *a)
{
    *a = (struct audited){.timeout_ms = OPTION_TIMEOUT_MS, .options.findings_max = FINDINGS_MAX};
}

int audited_open(struct audited *a, const char *command, const char *where)
{
    struct why why = {""};
    int err, status = input_roster(command, a->roster_path, false, &a->roster);

    if (status != 0)
        return status;
    a->where = where;
    snprintf(a->origin, sizeof a->origin, "%.*s", (int)a->roster->origin.n,
        (const char *)a->roster->origin.p);
    err = source_open(where, a->timeout_ms, &a->source, &why);
    return err == 0 ? 0 : status_of_error(err, where, &why);
}

static void show_progress(void *ctx, uint64_t done, uint64_t total)
{
    progress_update(ctx, done, total);
}

int audited_run(struct audited *a)
{
    uint64_t start_ms = system_clock.monotonic_ms(NULL);
    struct progress progress;
    struct why why = {""};
    int err;

    if (a->options.now_ms == 0)
        a->options.now_ms = system_clock.wall_ms(NULL);
    a->options.progress = show_progress;
    a->options.progress_ctx = &progress;
    progress_start(&progress, message_text(MESSAGE_VERIFY_ENTRIES));
    err = audit_run(a->source, a->roster, &a->options, &a->result, &why);
    progress_end(&progress);
    a->roster = NULL;
    if (err != 0)
        return status_of_error(err, a->where, &why);
    a->has_result = true;
    a->seconds = (double)(system_clock.monotonic_ms(NULL) - start_ms) / 1000;
    return 0;
}

void audited_destroy(struct audited *a)
{
    if (a->has_result)
        audit_result_destroy(&a->result);
    source_free(a->source);
    roster_free(a->roster);
    *a = (struct audited){0};
}
