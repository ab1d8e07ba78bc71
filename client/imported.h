/*
 * Which records of a client folder were imported, so that importing a source again adds
 * nothing: pairs of 16 bytes each, the first of H(id) and the first of H(what the source said),
 * appended to the file `imported` and synced before the submission is settled. One thread.
 */
#ifndef KEIIN_CLIENT_IMPORTED_H
#define KEIIN_CLIENT_IMPORTED_H

#include "core/submission.h"
#include "system/disk.h"

#define IMPORTED_HALF_BYTES 16

struct imported; /* a set of such pairs, in memory: 32 bytes and a slot each */

/* What the set says of a record. */
enum imported_answer {
    IMPORTED_NEW,
    IMPORTED_SAME,
    IMPORTED_OTHER /* the id is there, and the source said something else then */
};

/* Reads the file, which need not be there; a torn end is left out. KEIIN_ENOMEM, KEIIN_EUNREADABLE. */
int imported_open(const struct keiin_disk *disk, const char *folder, struct imported **out,
    struct why *why) KEIIN_MUST_USE;
void imported_free(struct imported *set);

/* Looks a record up by its `id`; one without is new. */
enum imported_answer imported_look(const struct imported *set, struct span record);
/* Adds it in memory, as imported_add does in the file. KEIIN_ENOMEM. */
int imported_note(struct imported *set, struct span record) KEIIN_MUST_USE;
size_t imported_count(const struct imported *set);

/* Appends the ids of a submission's records to the file, behind what is whole, and syncs it. */
int imported_add(const struct keiin_disk *disk, const char *folder,
    const struct submission *submission, struct why *why) KEIIN_MUST_USE;

#endif
