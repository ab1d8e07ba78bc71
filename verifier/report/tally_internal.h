/* What the parts of a tally share. */
#ifndef KEIIN_VERIFIER_REPORT_TALLY_INTERNAL_H
#define KEIIN_VERIFIER_REPORT_TALLY_INTERNAL_H

#include "core/sha256.h"
#include "verifier/report/tally.h"
#include "verifier/rules/datasets.h"

struct tally {
    struct period period;
    const struct rules_limits *limits;
    bool is_public;
    struct figures *figures;
    struct sha256_stream signatures; /* over those of the entries so far, for the public */
    uint64_t now_ms; /* the greatest time of receipt so far */
    bool begun; /* an entry of the period was seen */
    bool over; /* closed: nothing is counted any more */
    bool complete; /* an entry behind the period was seen */
    bool lacks_records; /* that entries of the period state */
    unsigned part; /* of the entry at hand, once begun */
    uint64_t roster_serial;
    bool has_roster;
    uint64_t records_left; /* of the entry at hand, that did not come yet */
    struct span entry_agency; /* of its writer; borrowed from `systems` */
    char label[PERIOD_LABEL_BYTES]; /* the piece of time of the entry at hand */
    uint64_t label_from, label_until;

    struct table *systems; /* by writer; behind each its agency: systems.c */
    struct table *approvals; /* by id; behind each its stream */
    struct table *batches, *retained, *discards; /* by data set; behind the first two the agency */
    struct table *recipients; /* by part, kind and recipient */
    struct table *provided; /* by ref; behind each the kind of recipient */
    struct table *emergencies; /* by approval; behind each the agency */
    struct table *durations; /* by part, table and agency; behind each uint64_t values */
    struct table *demands; /* by ref or address; behind each its demands */
    struct table *said; /* by what it is and the text: what the public may read */
    struct counted_findings *findings;
};

/* The writer's agency, as the roster lists it; empty for one that none listed. */
struct span tally_agency(const struct tally *t, const struct rules_record *r);
/* Whether what is at hand counts. */
static inline bool tally_counts(const struct tally *t)
{
    return t->begun && !t->over;
}
/* A row of the part at hand. */
struct figure_row tally_row(const struct tally *t, enum figure_table_number table, struct span a,
    struct span b, struct span c);
void tally_add(
    struct tally *t, enum figure_table_number table, struct span key, unsigned column, uint64_t n);
/* The end of the part at hand, or where what was read ends before it: then the last instant of that. */
uint64_t tally_part_end(const struct tally *t);
/* The last millisecond of the same. */
uint64_t tally_part_last(const struct tally *t);
/* Whether a time is in the part at hand, and not behind what was read. */
bool tally_in_part(const struct tally *t, uint64_t ms);
/* Keeps a duration of an agency for the medians of a table's row. KEIIN_ENOMEM. */
int tally_duration(struct tally *t, enum figure_table_number table, struct span agency,
    uint64_t ms) KEIIN_MUST_USE;

/* Texts as they may stand in rows: for the public only what is known not to tell on anybody. */
enum said_what { SAID_STREAM, SAID_PURPOSE };
struct span tally_said(const struct tally *t, enum said_what what, struct span text);
struct span tally_kind(const struct tally *t, struct span kind);
/* Of an action of the vocabulary, or one that is judged as such. */
struct span tally_action(const struct tally *t, const struct rules_record *r);

/* A file each; `close` is called at the end of each part of the period. KEIIN_ENOMEM. */
int systems_roster(struct tally *t, const struct keeper_entry *entry) KEIIN_MUST_USE;
void systems_entry(struct tally *t, const struct keeper_entry *entry);
void systems_record(struct tally *t, const struct rules_record *r);
void systems_close(struct tally *t);
int public_record(struct tally *t, const struct rules_record *r) KEIIN_MUST_USE;
int approvals_record(struct tally *t, const struct rules_record *r) KEIIN_MUST_USE;
void approvals_close(struct tally *t);
int volumes_record(struct tally *t, const struct rules_record *r) KEIIN_MUST_USE;
void volumes_close(struct tally *t);
int retention_record(struct tally *t, const struct rules_record *r) KEIIN_MUST_USE;
void retention_close(struct tally *t);
int accesses_record(struct tally *t, const struct rules_record *r) KEIIN_MUST_USE;
int emergencies_record(struct tally *t, const struct rules_record *r) KEIIN_MUST_USE;
void emergencies_close(struct tally *t);
/* Each finding once. */
int findings_add_found(struct tally *t, const struct rules_finding *f) KEIIN_MUST_USE;
/* The committee's record of what became of one: named by its id, or at least 16 digits of it. */
void findings_judged(struct tally *t, const struct rules_record *r);
void findings_close(struct tally *t);
struct counted_findings *counted_findings_new(void); /* NULL without memory */
void counted_findings_free(struct counted_findings *all);
void counted_findings_clear(struct counted_findings *all);
int committee_record(struct tally *t, const struct rules_record *r) KEIIN_MUST_USE;
void committee_close(struct tally *t);
int durations_close(struct tally *t) KEIIN_MUST_USE;

#endif
