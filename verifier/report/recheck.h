/*
 * A report of another's making, held against itself, against the evidence in it and, once it is
 * counted again, against the ledger. The file may come from anybody: nothing of it is believed, and
 * whatever it holds, the answer is a list of what is wrong and of what could not be told. One thread.
 */
#ifndef KEIIN_VERIFIER_REPORT_RECHECK_H
#define KEIIN_VERIFIER_REPORT_RECHECK_H

#include <jansson.h>

#include "core/roster.h"
#include "verifier/check/evidence.h"
#include "verifier/report/report.h"

/* The longest file that is looked at, how many values its JSON may have, and how deep they may be. */
#define RECHECK_BYTES_MAX ((size_t)256 << 20)
#define RECHECK_VALUES_MAX ((size_t)8 << 20)
#define RECHECK_DEPTH_MAX 16
/* Kept; more are counted. */
#define RECHECK_PROBLEMS_MAX 100

enum recheck_code {
    RECHECK_FORM, /* it is no report, or a member is missing, unknown, or of another type */
    RECHECK_ROSTERS, /* its rosters do not follow from one another, or from the one in hand */
    RECHECK_CHECKPOINT, /* its checkpoint is not signed, or short of the quorum */
    RECHECK_STATED, /* a member says other than checkpoint and rosters, or the rules file */
    RECHECK_PROOF, /* a proof is missing, wrong, or of something else */
    RECHECK_SUM, /* members contradict each other */
    RECHECK_PAGE, /* the page does not show what its data say */
    RECHECK_DIFFERS, /* the ledger says something else */
    RECHECK_CODES
};
const char *recheck_code_text(enum recheck_code code); /* "form"; static */

struct recheck_problem {
    enum recheck_code code;
    char *where; /* "figures.accesses[agency=npa, ...].done", or of the file; owned, visible */
    char *said; /* what the report says, or what is wrong; owned, visible */
    char *found; /* what it should be; owned, visible; NULL where there is no such value */
};

/* What could not be told. */
enum recheck_open {
    RECHECK_OPEN_ROSTER, /* no roster in hand, or one that the report's say nothing of */
    RECHECK_OPEN_EVIDENCE, /* the report lacks its checkpoint or rosters */
    RECHECK_OPEN_QUORUM, /* cosignatures that this program cannot check */
    RECHECK_OPEN_PROOFS, /* records without a proof */
    RECHECK_OPEN_RULES, /* the rules file that was used is not at hand */
    RECHECK_OPEN_SOURCE, /* the source does not reach, or could not be read */
    RECHECK_OPEN_PAGE, /* the page is another version's */
    RECHECK_OPENS
};
const char *recheck_open_text(enum recheck_open open); /* "no-roster"; static */

struct recheck {
    struct recheck_problem *problems;
    size_t count, cap;
    uint64_t omitted;
    bool open[RECHECK_OPENS];
    struct why open_why; /* of RECHECK_OPEN_SOURCE and RECHECK_OPEN_ROSTER */

    /* What was held against what. */
    bool is_html;
    bool page_holds; /* it shows what its data say, byte by byte */
    bool other_version; /* the report is of another version of this program */
    bool rules_known; /* the limits in it were held against their file */
    bool recounted;
    bool trusted; /* its rosters lead to the one in hand */
    bool other_trust; /* the report trusted another serial than the one in hand */
    uint64_t proofs, entry_proofs, lacking_proofs; /* that hold; of which of erased records */
    uint64_t sums; /* held */
    uint64_t compared; /* values that were counted again */

    /* Of the evidence, where it holds. */
    struct roster **rosters; /* owned, by serial */
    size_t roster_count;
    char *checkpoint; /* the note; owned; NULL without one */
    struct evidence_checkpoint judged; /* by the last roster; borrows from both */
    int err; /* KEIIN_ENOMEM sticks */
};

void recheck_init(struct recheck *r);
void recheck_destroy(struct recheck *r);

/*
 * Reads a file: JSON, or HTML that carries it. NULL, and a problem, when it is no report. What is
 * returned is of the form of a report, so that its members need not be looked for; json_decref.
 */
json_t *recheck_read(struct recheck *r, struct span file);

/*
 * All that can be held against itself without the ledger. `trusted` (borrowed) may be NULL; `limits` are
 * those of the rules file in hand, or the initial ones. `file` is the HTML, or empty.
 */
void recheck_offline(struct recheck *r, const json_t *report, const struct roster *trusted,
    const struct rules_limits *limits, struct span file);

/* The options by which the report was counted; KEIIN_EMALFORMED: it has no such period. */
int recheck_options(const json_t *report, const struct rules_limits *limits,
    struct report_options *out) KEIIN_MUST_USE;
/* Holds every value against a report that was made again. */
void recheck_compare(struct recheck *r, const json_t *report, const json_t *again);

bool recheck_is_open(const struct recheck *r);

#endif
