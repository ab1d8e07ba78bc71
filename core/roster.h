/*
 * Rosters: who may do what (SPEC.md section 7), with the witness policy of
 * c2sp.org/tlog-policy. A roster is immutable after roster_parse and may be read by any
 * thread; whoever parsed it frees it.
 */
#ifndef KEIIN_CORE_ROSTER_H
#define KEIIN_CORE_ROSTER_H

#include "core/checkpoint.h"
#include "core/note.h"
#include "core/vkey.h"

enum role { ROLE_AGENCY, ROLE_COMMITTEE, ROLE_OPERATOR, ROLE_AUDITOR };
const char *role_text(enum role role);
bool role_parse(struct span text, enum role *out);

struct roster_log {
    struct vkey key;
    struct span url; /* empty when absent */
};

struct roster_witness {
    struct span name; /* in the policy; the key has a name of its own */
    struct vkey key;
    struct span url;
};

/* Members are numbers of witnesses, or witness_count + number of an earlier group. */
struct roster_group {
    struct span name;
    size_t needed;
    size_t first_member; /* in roster->members */
    size_t member_count;
};

struct roster_writer {
    struct vkey key;
    enum role role;
    struct span organisation;
};

struct roster_reader {
    struct span name;
    uint8_t key[32]; /* X25519 */
    enum role role;
    struct span organisation;
};

#define ROSTER_QUORUM_NONE SIZE_MAX

/* All spans point into `text`, which the roster owns. */
struct roster {
    struct span text; /* with its last newline, without the signatures */
    struct hash text_hash; /* of serial 0 this is the ledger id */
    struct span origin;
    uint64_t serial;
    struct hash parent; /* H(text of the roster before); of serial 0 random bytes */
    struct vkey *roots;
    size_t root_count;
    size_t threshold;
    struct roster_log *logs;
    size_t log_count;
    struct roster_witness *witnesses;
    size_t witness_count;
    struct roster_group *groups;
    size_t group_count;
    size_t *members;
    size_t member_count;
    size_t quorum; /* a member number, or ROSTER_QUORUM_NONE */
    struct roster_writer *writers;
    size_t writer_count;
    size_t *writers_by_key; /* writer numbers in order of key_hash */
    struct roster_reader *readers;
    size_t reader_count;
};

/*
 * Parses and checks a roster's text. KEIIN_EMALFORMED with every error found, one a line
 * ("line 7: ..."), in `errors`, which may be NULL; KEIIN_ENOMEM.
 */
int roster_parse(struct span text, struct roster **out, struct buf *errors) KEIIN_MUST_USE;
void roster_free(struct roster *roster);

/* The writer line of a key named as entries name it; NULL when not listed. */
const struct roster_writer *roster_writer_by_key(const struct roster *roster,
    const struct hash *key);
/* The first line of a writer's name; NULL when not listed. */
const struct roster_writer *roster_writer_by_name(const struct roster *roster, struct span name);

/*
 * Holds a roster and its note against its own threshold and, when `parent` is not NULL,
 * against serial, hash, origin and threshold of the roster before. `note` must be the
 * note that `roster` was parsed from. KEIIN_ESIGNATURE when a known root's line is wrong or
 * roots are too few; KEIIN_EMISMATCH for serial, hash or origin.
 */
int roster_check(const struct roster *roster, const struct note *note,
    const struct roster *parent, struct why *why) KEIIN_MUST_USE;

/*
 * Parses a note that is a roster and checks it with roster_check. `bytes` may be freed
 * afterwards.
 */
int roster_from_note(struct span bytes, const struct roster *parent, struct roster **out,
    struct why *why) KEIIN_MUST_USE;

/* Whether the witnesses marked in `cosigned` (witness_count of them) meet the quorum. */
bool roster_quorum_met(const struct roster *roster, const bool *cosigned);

/* What the lines of a checkpoint's note say, judged by rosters. */
struct checkpoint_votes {
    bool log_signed;       /* a log key's line verifies */
    bool wrong;            /* a line by a known key is wrong: the note is invalid */
    bool quorum;           /* the valid cosignatures meet the quorum */
    bool quorum_unchecked; /* they would, were the lines that cannot be checked valid */
    bool vouched;          /* quorum met by at least one witness: `vouched_at_s` says when */
    uint64_t vouched_at_s; /* greatest t such that cosignatures of time >= t meet the quorum */
    size_t cosigned_count; /* witnesses with a valid line */
};

/*
 * Judges a checkpoint's note: log keys of `logs` and, when not NULL, of `more_logs`;
 * witnesses and quorum of `witnesses`. `cosigned` (witness_count, may be NULL) is filled
 * with who cosigned. KEIIN_ENOMEM.
 */
int roster_judge(const struct note *note, const struct roster *logs,
    const struct roster *more_logs, const struct roster *witnesses,
    struct checkpoint_votes *votes, bool *cosigned) KEIIN_MUST_USE;

#endif
