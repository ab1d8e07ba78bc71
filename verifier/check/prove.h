/*
 * A .tlog-proof of one entry or record, made of what a SOURCE gives under a fetch's checkpoint.
 * Whether that is signed is another question (evidence.h). Blocking; one thread.
 */
#ifndef KEIIN_VERIFIER_PROVE_H
#define KEIIN_VERIFIER_PROVE_H

#include "verifier/check/fetch.h"

struct prove_what {
    uint64_t index;
    bool has_position; /* of a record; else the entry alone */
    uint32_t position;
    bool without_sealed; /* the record without its sealed part */
    bool or_entry; /* the entry alone, where its record is erased or not there */
};

/*
 * Appends the file to `out`; *of_record says whether the record is in it, which then is the one
 * that the entry holds if `or_entry` is set. As fetch.h for errors; KEIIN_EUSAGE: there is no such
 * entry or position; KEIIN_EABSENT: the record is erased; KEIIN_EMISMATCH: not the entry's record.
 */
int prove(struct fetch *f, const struct prove_what *what, struct buf *out, bool *of_record,
    struct why *why) KEIIN_MUST_USE;

#endif
