/* The lines of a roster that is being drafted, in their sections. One thread. */
#ifndef KEIIN_KEYS_DRAFT_H
#define KEIIN_KEYS_DRAFT_H

#include "keys/keys.h"

/* In the order in which the lines stand. */
enum draft_section {
    DRAFT_ROOT,
    DRAFT_THRESHOLD,
    DRAFT_LOG,
    DRAFT_WITNESS,
    DRAFT_GROUP,
    DRAFT_QUORUM,
    DRAFT_WRITER,
    DRAFT_READER,
    DRAFT_SECTIONS
};

struct draft {
    struct span origin; /* borrowed */
    uint64_t serial;
    struct hash parent;
    struct draft_lines {
        char **line; /* owned, each without its newline */
        size_t count;
    } sections[DRAFT_SECTIONS];
    bool no_memory; /* a line could not be kept; draft_finish says so */
};

/* Serial 0, with 32 random bytes in the place of the parent. */
void draft_start(struct draft *d, struct span origin);
/* The successor of a roster: its lines, the next serial, its hash. The roster must live on. */
void draft_follow(struct draft *d, const struct roster *before);
void draft_destroy(struct draft *d);

/* Adds a line; the format leaves out the section's word, its space and the newline. */
void draft_add(struct draft *d, enum draft_section section, const char *format, ...)
    KEIIN_PRINTF(3, 4);
void draft_clear(struct draft *d, enum draft_section section);
/* Removes the lines whose vkey, key name or policy name is `name`; says how many. */
size_t draft_remove(struct draft *d, enum draft_section section, const char *name);

/*
 * Lines from the words of the command line; exit codes. A writer is role:organisation:FILE,
 * a reader NAME:role:organisation:FILE (the file holds base64 of type and key); a key alone
 * is told by its type and name: witness, log, else root.
 */
bool draft_is_writer_word(const char *word);
int draft_add_writer(struct draft *d, const char *word);
int draft_add_reader(struct draft *d, const char *word);
int draft_add_key(struct draft *d, const char *path);
/* The same for a key that must be for that section: root, log or witness. */
int draft_add_key_to(struct draft *d, enum draft_section section, const char *path);

/*
 * Replaces groups and quorum: "none", or a number, "all" or "any" of all witnesses, who
 * then form one group of that name.
 */
int draft_quorum(struct draft *d, const char *needed, const char *group);

/* Holds the text against every rule and prints it (output_write). Exit code. */
int draft_finish(struct draft *d, const char *out_path);

#endif
