/*
 * Signed notes and cosignatures (c2sp.org/signed-note, c2sp.org/tlog-cosignature) with
 * the limits of SPEC.md section 1. Pure; any thread.
 */
#ifndef KEIIN_CORE_NOTE_H
#define KEIIN_CORE_NOTE_H

#include "core/ed25519.h"
#include "core/vkey.h"

struct note_line {
    struct span name;
    struct span base64; /* of key id || signature: canonical base64 of 5 bytes or more */
    uint8_t id[4];
};

/* A note taken apart; all borrowed from the bytes it was parsed from. */
struct note {
    struct span text; /* with its last newline */
    struct note_line lines[NOTE_LINES_MAX];
    size_t line_count;
};

/* Checks form and limits, no signature. KEIIN_EMALFORMED. */
int note_parse(struct span bytes, struct note *out, struct why *why) KEIIN_MUST_USE;

/* What the lines of one key say. Several lines by one key count once. */
struct note_vote {
    bool valid;     /* a line verifies */
    bool wrong;     /* a line by this key is wrong or of wrong length: the note is invalid */
    bool unchecked; /* a line that this program cannot check (ML-DSA-44) */
    uint64_t time_s; /* of the latest valid cosignature; 0 for type 0x01 */
};

/* Judges the lines by one known key; lines by other keys are passed over. */
struct note_vote note_judge(const struct note *note, const struct vkey *key);

/* Appends the signature line of an Ed25519 key (type 0x01) over `text` to `out`. */
void note_sign(struct buf *out, struct span text, struct span name, const struct secret *secret);

/* Appends a signature line from a signature that is there already (type 0x01 or a cosignature). */
void note_put_line(struct buf *out, struct span name, const uint8_t id[static 4],
    struct span signature);

/* The text that a 0x04 cosignature signs: "cosignature/v1\ntime <s>\n" || text. */
void note_cosigned_text(struct buf *out, uint64_t time_s, struct span text);

#endif
