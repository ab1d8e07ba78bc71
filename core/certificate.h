/*
 * Certificates (SPEC.md section 11): the text of a note in which a verifier says what an audit found.
 * Pure; any thread.
 */
#ifndef KEIIN_CORE_CERTIFICATE_H
#define KEIIN_CORE_CERTIFICATE_H

#include "core/bytes.h"

#define CERTIFICATE_TEXT_BYTES_MAX 2048 /* KEIIN_EMALFORMED */
#define CERTIFICATE_BYTES_MAX (CERTIFICATE_TEXT_BYTES_MAX + 1 + NOTE_SIGNATURES_BYTES_MAX)
#define CERTIFICATE_HEADER "keiin-certificate/v1\n"

enum certificate_verdict {
    CERTIFICATE_VERIFIED,
    CERTIFICATE_FINDINGS,
    CERTIFICATE_INCOMPLETE,
    CERTIFICATE_VERDICTS
};
const char *certificate_verdict_text(enum certificate_verdict verdict); /* "verified"; static */

enum certificate_voucher { CERTIFICATE_NOBODY, CERTIFICATE_WITNESSES, CERTIFICATE_OPERATOR };

struct certificate {
    struct span origin; /* borrowed from the text */
    bool has_ledger_id, has_checkpoint; /* what an audit that came to nothing may lack */
    struct hash ledger_id;
    uint64_t size; /* of the checkpoint, in entries */
    struct hash root;
    uint64_t roster_trusted, roster_judge; /* serials */
    enum certificate_verdict verdict;
    uint64_t findings; /* all of them */
    uint64_t digested; /* that `findings_digest` is over: the first of the order */
    struct hash findings_digest;
    uint64_t entries, entries_before; /* judged; of these taken over from an earlier verdict */
    bool records_were_read;
    uint64_t records;
    bool has_received;
    uint64_t received; /* ms; of the last entry */
    enum certificate_voucher voucher;
    uint64_t vouched_at; /* ms */
    uint64_t time; /* ms, by the verifier's clock */
    struct span program, version; /* words of 0x21-0x7E without "+"; borrowed */
};

/* Whether its parts fit each other; only such a one is written, and given by certificate_parse. */
bool certificate_coherent(const struct certificate *c);

/* Appends the text. */
void certificate_write(struct buf *out, const struct certificate *c);

/* From a note's text: the one spelling, with parts that fit each other. KEIIN_EMALFORMED. */
int certificate_parse(struct span text, struct certificate *out, struct why *why) KEIIN_MUST_USE;

/* Whether bytes begin as a certificate does, whatever follows. */
bool certificate_begins(struct span bytes);

/* The line of a finding: "code index position[ writer]", "-" where it is of no entry or no record. */
void certificate_finding(struct buf *out, const char *code, const uint64_t *index,
    const uint32_t *position, struct span writer);

#endif
