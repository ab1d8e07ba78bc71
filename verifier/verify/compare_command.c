/* keiin-verify compare: two sources, checkpoints, proofs or receipts. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/text.h"
#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"
#include "verifier/verify/options.h"
#include "verifier/verify/verify.h"

struct compare_arguments {
    struct roster_list rosters;
    struct side_options options;
    const char *evidence;
    bool json;
    bool kept; /* evidence was written */
    bool searched; /* for writers that signed twice, with a folder of receipts */
};

/* 0, or the exit status after a line was printed. */
static int parse(int argc, char **argv, struct compare_arguments *a)
{
    struct side_options *o = &a->options;
    const struct option_row rows[] = {
        OPTION("roster", .each = input_next_roster, .ctx = &a->rosters),
        OPTION("evidence", .text = &a->evidence), OPTION("latest", .flag = &o->latest),
        OPTION_TIMEOUT(&o->timeout_ms), OPTION("json", .flag = &a->json)};
    int status;

    o->timeout_ms = OPTION_TIMEOUT_MS;
    status = options_read(argc, argv, rows, sizeof rows / sizeof rows[0]);
    if (status == 0 && argc - optind != 2)
        status = cli_usage("%s", message_text(MESSAGE_VERIFY_NEED_TWO));
    if (status == 0 && a->rosters.count == 0)
        status = input_next_roster(&a->rosters, argv[0], NULL);
    o->trusted = (const struct roster *const *)a->rosters.list;
    o->trusted_count = a->rosters.count;
    return status;
}

/* Evidence of the first comparison that has any. 0, or the exit status after a line. */
static int keep(struct compare_arguments *a, struct compare *c)
{
    struct why why = {""};
    int err;

    assert(a != NULL);
    if (a->evidence == NULL || a->kept || (c->outcome != COMPARE_FORK && c->fork_count == 0))
        return 0;
    a->kept = true;
    err = compare_keep(c, a->evidence, &why);
    return err == 0 ? 0 : status_of_error(err, a->evidence, &why);
}

/* ---- two sides ---- */

static int report(struct compare_arguments *a, struct compare *c)
{
    struct compare_findings f = {NULL, 0, 0};
    int err = findings_settle(c->findings, &f.list, &f.count, &f.omitted);

    if (err != 0)
        return status_of_error(err, "compare", NULL);
    if (a->json) {
        err = json_compare(stdout, c, &f);
        if (err != 0)
            return status_of_error(err, message_text(MESSAGE_SYSTEM_STANDARD_OUTPUT), NULL);
    } else {
        words_compare(stdout, c, &f);
        if (a->kept)
            printf(message_text(MESSAGE_VERIFY_COMPARE_KEPT), a->evidence);
    }
    return status_of_findings(f.list, f.count);
}

static int compare_two(struct compare_arguments *a, const char *const names[2])
{
    struct side sides[2] = {{0}, {0}};
    struct compare c = {0};
    struct why why = {""};
    int err = 0, status = 0;

    for (size_t i = 0; status == 0 && i < 2; i++) {
        err = side_open(&sides[i], names[i], &a->options, &why);
        if (err != 0)
            status = status_of_error(err, names[i], &why);
    }
    if (status == 0) {
        err = compare_run(&c, &sides[0], &sides[1], &a->options);
        if (err == 0)
            err = compare_writers(&c);
        if (err == 0)
            err = compare_ages(&c);
        status = err != 0 ? status_of_error(err, "compare", NULL) : keep(a, &c);
        if (err == 0 && status == 0)
            status = report(a, &c);
        compare_destroy(&c);
    }
    side_destroy(&sides[0]);
    side_destroy(&sides[1]);
    return status;
}

/* ---- a folder of receipts ---- */

struct receipts {
    char *folder;
    struct receipt_name {
        char *path;
        uint64_t number; /* that its name begins with; UINT64_MAX when with none */
    } * list;
    size_t count, cap;
};

static bool has_file(const char *folder, const char *name)
{
    char *path = path_join(folder, name);
    struct stat st;
    bool there = path != NULL && stat(path, &st) == 0;

    free(path);
    return there;
}

/* The folder with the receipts when `name` is one of them or a client folder; else NULL. */
static char *receipts_folder(const char *name)
{
    struct stat st;

    if (source_is_url(name) || stat(name, &st) != 0 || !S_ISDIR(st.st_mode) ||
        has_file(name, "checkpoint"))
        return NULL;
    return has_file(name, "receipts") ? path_join(name, "receipts") : strdup(name);
}

static int add_name(struct receipts *r, const char *name)
{
    struct receipt_name *more;
    static const char ending[] = ".tlog-proof";
    size_t n = strlen(name);
    struct receipt_name *place;

    if (n < sizeof ending || strcmp(name + n - (sizeof ending - 1), ending) != 0)
        return 0;
    more = array_room(r->list, r->count, &r->cap, sizeof *more);
    if (more == NULL)
        return KEIIN_ENOMEM;
    r->list = more;
    place = &r->list[r->count];
    place->path = path_join(r->folder, name);
    if (place->path == NULL)
        return KEIIN_ENOMEM;
    if (!decimal_parse(span_of((const uint8_t *)name, n - (sizeof ending - 1)), UINT64_MAX - 1,
            &place->number))
        place->number = UINT64_MAX;
    r->count++;
    return 0;
}

static int by_number(const void *a, const void *b)
{
    const struct receipt_name *x = a, *y = b;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return strcmp(x->path, y->path);
}

static int list_receipts(struct receipts *r, struct why *why)
{
    DIR *dir = opendir(r->folder);
    struct dirent *item;
    int err = 0;

    if (dir == NULL) {
        file_why(why, r->folder, strerror(errno));
        return KEIIN_EUNREADABLE;
    }
    while (err == 0 && (item = readdir(dir)) != NULL)
        err = add_name(r, item->d_name);
    closedir(dir);
    if (err == 0 && r->count == 0) {
        file_why(why, r->folder, message_text(MESSAGE_VERIFY_NO_RECEIPTS));
        err = KEIIN_EUSAGE;
    }
    if (r->count > 0)
        qsort(r->list, r->count, sizeof *r->list, by_number);
    return err;
}

static void free_receipts(struct receipts *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->list[i].path);
    free(r->list);
    free(r->folder);
}

/* What was found of one receipt goes to the list of all. */
static int add_findings(struct findings *all, struct findings *one, bool not_covered)
{
    const struct finding *list;
    uint64_t omitted;
    size_t count;
    int err = findings_settle(one, &list, &count, &omitted);

    for (size_t i = 0; err == 0 && i < count; i++)
        if (list[i].code != FINDING_INCOMPLETE || !not_covered)
            findings_add(all, list[i].code, list[i].index, list[i].position,
                list[i].writer == NULL ? span_of(NULL, 0) : span_str(list[i].writer),
                list[i].detail);
    return err;
}

/* One receipt against the source. 0, or the exit status after a line was printed. */
static int compare_one(struct compare_arguments *a, const char *path, struct side *source,
    struct compare_tally *tally, struct findings *all)
{
    struct side receipt = {0};
    struct compare c = {0};
    struct why why = {""};
    int status = 0, err = side_open(&receipt, path, &a->options, &why);

    tally->receipts++;
    if (err == KEIIN_EMALFORMED || (err == 0 && receipt.kind != SIDE_PROOF)) {
        why_prefix(&why, "%.300s", path);
        findings_add(all, FINDING_RECEIPT_MISMATCH, FINDING_NO_INDEX, FINDING_NO_POSITION,
            span_of(NULL, 0), why.text);
    } else if (err != 0) {
        status = status_of_error(err, path, &why);
    } else {
        bool there, not_covered = false;

        err = compare_run(&c, &receipt, source, &a->options);
        if (err == 0 && c.outcome == COMPARE_FORK && !a->searched) {
            a->searched = true; /* all entries of the source: once */
            err = compare_writers(&c);
        }
        there = err == 0 && receipt.has_evidence &&
                (c.outcome == COMPARE_SAME || c.outcome == COMPARE_PREFIX ||
                    c.outcome == COMPARE_ENTRY);
        if (there) {
            tally->there++;
            tally->records += receipt.evidence.entry.kind == ENTRY_RECORDS
                                  ? receipt.evidence.entry.digest_count
                                  : 0;
        } else if (err == 0 && receipt.has_evidence && receipt.is_signed &&
                   receipt.evidence.proof.index >= side_size(source)) {
            not_covered = true;
            tally->not_covered++;
        }
        if (err == 0)
            err = add_findings(all, c.findings, not_covered);
        status = err != 0 ? status_of_error(err, path, NULL) : keep(a, &c);
        compare_destroy(&c);
    }
    side_destroy(&receipt);
    return status;
}

static int report_tally(struct compare_arguments *a, struct compare_tally *tally,
    struct findings *all, const char *folder, const struct side *source)
{
    int status, err = findings_settle(
                    all, &tally->findings, &tally->finding_count, &tally->findings_omitted);

    if (err != 0)
        return status_of_error(err, "compare", NULL);
    status = status_of_findings(tally->findings, tally->finding_count);
    if (status == EXIT_OK && tally->not_covered > 0)
        status = EXIT_INCOMPLETE;
    if (a->json) {
        err = json_compare_tally(stdout, tally, status);
        if (err != 0)
            return status_of_error(err, message_text(MESSAGE_SYSTEM_STANDARD_OUTPUT), NULL);
    } else {
        words_compare_tally(stdout, tally, folder, source);
        if (a->kept)
            printf(message_text(MESSAGE_VERIFY_COMPARE_KEPT), a->evidence);
    }
    return status;
}

/* Takes the receipts' folder. */
static int compare_receipts(struct compare_arguments *a, char *folder, const char *name)
{
    struct receipts receipts = {.folder = folder};
    struct findings *all = findings_new(1000);
    struct compare_tally tally = {0};
    struct side source = {0};
    struct why why = {""};
    int status = 0, err = all == NULL ? KEIIN_ENOMEM : list_receipts(&receipts, &why);

    if (err != 0)
        status = status_of_error(err, folder, &why);
    if (status == 0) {
        err = side_open(&source, name, &a->options, &why);
        if (err != 0)
            status = status_of_error(err, name, &why);
    }
    for (size_t i = 0; status == 0 && i < receipts.count; i++)
        status = compare_one(a, receipts.list[i].path, &source, &tally, all);
    if (status == 0)
        status = report_tally(a, &tally, all, folder, &source);
    side_destroy(&source);
    findings_free(all);
    free_receipts(&receipts);
    return status;
}

int compare_command(int argc, char **argv)
{
    struct compare_arguments *a = calloc(1, sizeof *a);
    int status = a == NULL ? status_of_error(KEIIN_ENOMEM, argv[0], NULL) : parse(argc, argv, a);

    if (status == 0) {
        const char *names[2] = {argv[optind], argv[optind + 1]};
        char *folder = receipts_folder(names[0]);

        if (folder == NULL) {
            folder = receipts_folder(names[1]);
            if (folder != NULL)
                names[1] = names[0];
        }
        status = folder != NULL ? compare_receipts(a, folder, names[1]) : compare_two(a, names);
    }
    if (a != NULL)
        input_free_rosters(&a->rosters);
    free(a);
    return status;
}
