/*
 * A file that is written over a long time and has its name only when it is whole: until then it is
 * "<path>.part". Or standard output, which has neither. One thread. `why` begins with the path, as
 * in file.h.
 */
#ifndef KEIIN_SYSTEM_FILEPART_H
#define KEIIN_SYSTEM_FILEPART_H

#include <stdio.h>

#include "core/bytes.h"

struct filepart {
    char *path, *beside; /* owned; NULL for standard output */
    FILE *stream; /* to write to, with its own buffer; NULL: nothing is open */
};

/*
 * Opens it, mode 0600; with a NULL path standard output. What an interrupted run left as "<path>.part" is overwritten. KEIIN_EEXIST
 * when `path` is there already; KEIIN_EBUSY when another process is writing it; KEIIN_EFULL,
 * KEIIN_EIO, KEIIN_ENOMEM. After an error nothing is open.
 */
int filepart_open(struct filepart *p, const char *path, struct why *why) KEIIN_MUST_USE;

/*
 * Makes it durable and gives it its name; KEIIN_EEXIST when something got that name meanwhile: then,
 * and after any other error, "<path>.part" stays. Nothing is open afterwards.
 */
int filepart_finish(struct filepart *p, struct why *why) KEIIN_MUST_USE;

/* Makes it durable as far as it is, under its other name. Nothing is open afterwards. */
int filepart_leave(struct filepart *p, struct why *why) KEIIN_MUST_USE;

/* Removes it, if it is open. */
void filepart_drop(struct filepart *p);

#endif
