/* The whole ledger, as it is served, by the library of keiin-verify. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/memory_source.h"
#include "tests/sim/authority.h"
#include "tests/sim/model.h"
#include "tests/sim/server.h"
#include "verifier/check/audit.h"
#include "verifier/check/evidence.h"

static int read_file(void *ctx, const char *path, struct buf *out)
{
    struct sim *sim = ctx;
    unsigned status = server_get(sim->server, path, out);

    return status == 200 ? 0 : status == 404 ? KEIIN_EABSENT : KEIIN_EUNREADABLE;
}

static void judge(struct sim *sim, const struct audit_result *r, bool rolled_back)
{
    if (rolled_back) {
        for (size_t i = 0; i < r->finding_count; i++)
            if (r->findings[i].code == FINDING_ROLLBACK || r->findings[i].code == FINDING_FORK) {
                sim_count(sim, COUNT_ROLLBACK_SEEN_BY_AUDIT);
                return;
            }
        sim_fail(sim, "an audit that remembers does not see that the ledger was rolled back");
    } else if (r->verdict != AUDIT_VERIFIED) {
        sim_fail(sim, "audit: %s at entry %lld, %s", finding_code_text(r->findings[0].code),
            (long long)r->findings[0].index,
            r->findings[0].detail == NULL ? "" : r->findings[0].detail);
    } else if (r->entries != model_size(sim->model)) {
        sim_fail(sim, "audit: %llu entries", (unsigned long long)r->entries);
    }
}

void audit_whole(struct sim *sim, bool rolled_back, const char *state_folder)
{
    struct audit_options options = {.threads = 1, .findings_max = 10, .state = state_folder};
    struct audit_result result;
    struct roster *trusted = NULL;
    struct why why = {""};
    struct buf note;
    int err;

    buf_init(&note, ROSTER_BYTES_MAX);
    authority_first(sim->authority, &note);
    err = roster_from_note(buf_view(&note), NULL, &trusted, &why);
    memory_source_set(read_file, sim);
    if (err == 0)
        err = audit_run(memory_source(), trusted, &options, &result, &why);
    if (err != 0) {
        sim_fail(sim, "audit: %s %s", keiin_err_text(err), why.text);
    } else {
        sim_count(sim, COUNT_AUDIT);
        sim_trace(sim, "audit: verdict %d, %llu entries", (int)result.verdict,
            (unsigned long long)result.entries);
        judge(sim, &result, rolled_back);
        audit_result_destroy(&result);
    }
    buf_destroy(&note);
}

/* All rosters that are published; the caller frees each, and the list. */
static struct roster **read_rosters(struct sim *sim, size_t *count)
{
    uint64_t serial = server_serial(sim->server);
    struct roster **list = calloc(serial + 1, sizeof(struct roster *));
    struct buf note;
    char path[40];

    if (list == NULL)
        abort();
    buf_init(&note, ROSTER_BYTES_MAX);
    for (*count = 0; *count <= serial; ++*count) {
        snprintf(path, sizeof path, "roster/%zu", *count);
        if (server_get(sim->server, path, &note) != 200 ||
            roster_from_note(
                buf_view(&note), *count == 0 ? NULL : list[*count - 1], &list[*count], NULL) != 0) {
            sim_fail(sim, "%s is not there, or not good", path);
            break;
        }
    }
    buf_destroy(&note);
    return list;
}

/* By these rosters. Empty when it is good. */
static void judge_receipt(
    struct roster *const *rosters, size_t count, struct span file, struct why *why)
{
    struct findings *findings = findings_new(10);
    const struct finding *list = NULL;
    struct evidence evidence;
    uint64_t omitted = 0;
    size_t found = 0;

    why->text[0] = 0;
    if (evidence_check(&evidence, file, (const struct roster *const *)rosters, count, findings) !=
            0 ||
        findings_settle(findings, &list, &found, &omitted) != 0)
        abort();
    if (found > 0)
        why_set(why, "%s, %s", finding_code_text(list[0].code),
            list[0].detail == NULL ? "" : list[0].detail);
    evidence_destroy(&evidence);
    findings_free(findings);
}

void audit_receipt(struct sim *sim, struct span file, const char *whose)
{
    size_t count = 0;
    struct roster **rosters = read_rosters(sim, &count);
    struct why why = {""};

    if (!sim_failed(sim))
        judge_receipt(rosters, count, file, &why);
    if (why.text[0] != 0)
        sim_fail(sim, "%s: a receipt: %s", whose, why.text);
    for (size_t i = 0; i < count; i++)
        roster_free(rosters[i]);
    free(rosters);
}
