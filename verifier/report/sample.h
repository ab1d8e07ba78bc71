/*
 * A sample of records for an inspection, drawn so that anybody can draw it again (SPEC.md section
 * 10): of the records offered those with the least hashes, urgent ones first. Memory is that of the
 * records kept. One thread.
 */
#ifndef KEIIN_VERIFIER_REPORT_SAMPLE_H
#define KEIIN_VERIFIER_REPORT_SAMPLE_H

#include "verifier/check/batch.h"
#include "verifier/rules/fields.h"

#define SAMPLE_MAX 10000
#define SAMPLE_SEED_BYTES_MAX 100

/* Texts of a record that a work sheet shows. */
enum sample_text {
    SAMPLE_WRITER,
    SAMPLE_ORGANISATION,
    SAMPLE_ACTION,
    SAMPLE_ACTOR,
    SAMPLE_UNIT,
    SAMPLE_AUTHORITY,
    SAMPLE_PURPOSE,
    SAMPLE_DATASET,
    SAMPLE_RECIPIENT,
    SAMPLE_OUTCOME,
    SAMPLE_REASON,
    SAMPLE_DETAIL,
    SAMPLE_URGENT, /* why it came first: rules, with spaces between, or "emergency" */
    SAMPLE_TEXTS
};

struct sample_row {
    struct hash key; /* what it is drawn by */
    struct hash digest;
    uint64_t index;
    uint32_t position;
    bool has_count;
    uint64_t received, at; /* ms */
    uint64_t count;
    char *block; /* owned: the texts one behind the other */
    uint16_t end[SAMPLE_TEXTS];
};
/* Empty: the record does not have it. Borrowed from the row. */
struct span sample_text(const struct sample_row *row, enum sample_text which);

/* A seed: 1 to 100 letters, digits, dots, hyphens and underscores. */
bool sample_seed_valid(const char *seed);

/* H("keiin/sample/v1\n" || seed || "\n" || hex ledger id || "\n" || "I.P\n"). */
void sample_key(struct hash *out, const char *seed, const char *ledger_id, uint64_t index,
    uint32_t position);

/* Those with the least keys of what was offered, in a heap whose first has the greatest. */
struct sample_heap {
    struct sample_row *rows;
    size_t count, cap;
    uint64_t offered;
};
struct sample {
    size_t n;
    struct sample_heap urgent, others;
    /* From sample_settle on: the sample in the order of the ledger. */
    struct sample_row *rows;
    size_t count, urgent_count;
};
void sample_init(struct sample *s, size_t n);
void sample_destroy(struct sample *s);

/* A record of the population; `urgent` says why it comes first, empty: it does not. KEIIN_ENOMEM. */
int sample_offer(struct sample *s, const struct hash *key, const struct record_place *place,
    const struct rules_record *r, struct span urgent) KEIIN_MUST_USE;
/* All urgent ones up to n, then others, into `rows`. KEIIN_ENOMEM. */
int sample_settle(struct sample *s) KEIIN_MUST_USE;

#endif
