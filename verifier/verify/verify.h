/* What the commands of keiin-verify share. */
#ifndef KEIIN_VERIFIER_VERIFY_H
#define KEIIN_VERIFIER_VERIFY_H

#include <stdio.h>

#include "core/roster.h"
#include "verifier/check/audit.h"
#include "verifier/check/compare.h"
#include "verifier/check/fetch.h"
#include "verifier/check/reconcile.h"
#include "verifier/rules/rules.h"

int audit_command(int argc, char **argv);
int prove_command(int argc, char **argv);
int check_command(int argc, char **argv);
int show_command(int argc, char **argv);
int copy_command(int argc, char **argv);
int compare_command(int argc, char **argv);
int reconcile_command(int argc, char **argv);
int rules_command(int argc, char **argv);
int report_command(int argc, char **argv);
int report_check_command(int argc, char **argv);
int export_command(int argc, char **argv);
int sample_command(int argc, char **argv);

/*
 * As cli_fail, but never EXIT_FINDINGS, which is a verdict: of what cannot be read there is none.
 */
int status_of_error(int err, const char *what, const struct why *why);
/* What findings come to. */
int status_of_findings(const struct finding *list, size_t count);

/*
 * The roster in hand: from `path`, or KEIIN_ROSTER when that is NULL. Returns 0, or the exit
 * status after its line was printed. With `optional`, none named is 0 and *out NULL.
 */
int input_roster(const char *command, const char *path, bool optional, struct roster **out);

/* Rosters of one ledger in order of serial, each held against the one before. */
#define ROSTERS_MAX 1000
struct roster_list {
    struct roster *list[ROSTERS_MAX];
    size_t count;
};
/*
 * Adds the next one to a struct roster_list, the first by input_roster: what --roster does that
 * may be given more than once. 0, or the exit status after a line.
 */
int input_next_roster(void *list, const char *command, const char *path);
void input_free_rosters(struct roster_list *rosters);

/* "I" or "I.P"; false and a line printed when it is neither. */
struct address {
    uint64_t index;
    bool has_position;
    uint32_t position;
};
bool input_address(const char *text, struct address *out);

/* What commands that look at one entry or record are given, and its SOURCE opened. */
struct one {
    const char *at_text, *out, *roster_path;
    struct address at;
    bool latest;
    const char *where; /* the SOURCE as it was named */
    struct roster *roster; /* NULL when none is named */
    struct source *source;
    struct fetch fetch;
};
/*
 * 0, or the exit status after a line was printed; input_one_end in any case. --out is needed, or
 * not known.
 */
int input_one(int argc, char **argv, bool needs_out, struct one *one);
void input_one_end(struct one *one);

/* The rules' limits from a file, or the initial ones (NULL). 0, or the exit status after lines. */
int input_limits(const char *path, struct rules_limits **out);

/* The findings of an audit or check, a sentence each. */
void words_finding(FILE *to, const struct finding *f);
/* The verdict of an audit, for a lawyer. `origin` is the roster's. */
void words_audit(FILE *to, const struct audit_result *r, struct span origin, uint64_t now_ms);

/* A record's fields, one a line, each behind `indent`; what is no record is said to be none. */
void words_record(FILE *to, struct span record, const char *indent);

/* What a folder of receipts comes to. */
struct compare_tally {
    uint64_t receipts, there, records, not_covered;
    const struct finding *findings;
    size_t finding_count;
    uint64_t findings_omitted;
};
/* The findings of a comparison, settled. */
struct compare_findings {
    const struct finding *list;
    size_t count;
    uint64_t omitted;
};
void words_compare(FILE *to, struct compare *c, const struct compare_findings *f);
void words_compare_tally(
    FILE *to, const struct compare_tally *tally, const char *folder, const struct side *source);
int json_compare(
    FILE *to, const struct compare *c, const struct compare_findings *f) KEIIN_MUST_USE;
int json_compare_tally(FILE *to, const struct compare_tally *tally, int status) KEIIN_MUST_USE;

void words_reconcile(FILE *to, const struct reconcile_result *r, enum reconcile_verdict verdict,
    const struct audit_result *audit);
int json_reconcile(FILE *to, const struct reconcile_result *r, enum reconcile_verdict verdict,
    const struct audit_result *audit, struct span origin, double seconds) KEIIN_MUST_USE;

/* The verdict as one JSON object. */
int json_audit(
    FILE *to, const struct audit_result *r, struct span origin, double seconds) KEIIN_MUST_USE;

#endif
