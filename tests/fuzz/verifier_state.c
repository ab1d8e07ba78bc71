/*
 * verifier/check/state.c: what an audit remembered, read back. It is taken, refused as damaged or
 * as another ledger's; what was taken over is written and read again to the same bytes.
 */
#include "verifier/check/state.h"

#include <stdio.h>
#include <stdlib.h>

#include "system/file.h"
#include "tests/fuzz/fixture.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_source.h"

const unsigned fuzz_rounds = 3000;

static int no_file(void *ctx, const char *path, struct buf *out)
{
    (void)ctx;
    (void)path;
    (void)out;
    return KEIIN_EABSENT;
}

static struct span saved(void)
{
    struct why why = {""};
    uint8_t *bytes = NULL;
    size_t n = 0;

    FUZZ_CHECK(file_read(fuzz_file("state.json"), 1 << 30, &bytes, &n, &why) == 0);
    return span_of(bytes, n);
}

static const char *folder(void)
{
    static char path[160];

    snprintf(path, sizeof path, "%s", fuzz_file("."));
    return path;
}

/* Where an audit stands before it reads anything. */
static void begin(struct judge *j, struct levels *l)
{
    struct roster *roster = NULL;
    struct why why = {""};

    memset(j, 0, sizeof *j);
    memset(l, 0, sizeof *l);
    FUZZ_CHECK(roster_parse(fixture_roster(true), &roster, NULL) == 0);
    memory_source_set(no_file, NULL);
    FUZZ_CHECK(rosters_start(&j->rosters, roster, memory_source(), &why) == 0);
    j->writers = writers_new();
    j->findings = findings_new(1000);
    j->levels = l;
    FUZZ_CHECK(j->writers != NULL && j->findings != NULL);
}

static void end(struct judge *j, struct levels *l)
{
    rosters_destroy(&j->rosters);
    writers_free(j->writers);
    findings_free(j->findings);
    levels_destroy(l);
}

/* Reads what is there; true when it was taken over, and then it is written again. */
static bool read_and_write(const struct hash *ledger_id, struct levels *l)
{
    struct judge j;
    struct state s;
    struct why why = {""};
    const struct finding *list;
    uint64_t omitted;
    size_t count;
    int err;
    bool taken;

    begin(&j, l);
    err = state_open(&s, folder(), ledger_id, &why);
    FUZZ_CHECK(err == 0 || err == KEIIN_EDAMAGED || err == KEIIN_EUSAGE);
    if (err != 0) {
        end(&j, l);
        return false;
    }
    taken = state_resume(&s, true, &j, l, &err, &why);
    FUZZ_CHECK(err == 0 || (err == KEIIN_EDAMAGED && !taken));
    if (taken) {
        FUZZ_CHECK(j.rosters.in_force < j.rosters.count && j.rosters.judge < j.rosters.count);
        FUZZ_CHECK(l->frontier.size == j.size);
        FUZZ_CHECK(state_save(&s, ledger_id, span_str("note\n"), s.seen_size, &s.seen_root, true,
                       &j, l, &why) == 0);
        FUZZ_CHECK(findings_settle(j.findings, &list, &count, &omitted) == 0);
    }
    state_close(&s);
    end(&j, l);
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n), first, second;
    struct levels *l = malloc(sizeof *l);
    struct roster *roster = NULL;

    FUZZ_CHECK(l != NULL && roster_parse(fixture_roster(true), &roster, NULL) == 0);
    fuzz_file_put("state.json", in);
    fuzz_file_put("lock", span_of(NULL, 0));
    if (read_and_write(&roster->text_hash, l)) {
        first = saved();
        FUZZ_CHECK(read_and_write(&roster->text_hash, l));
        second = saved();
        FUZZ_CHECK(span_eq(first, second));
        free((void *)(uintptr_t)first.p);
        free((void *)(uintptr_t)second.p);
    }
    roster_free(roster);
    free(l);
    fuzz_end(in);
    return 0;
}
