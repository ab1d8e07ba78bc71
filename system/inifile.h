/*
 * Settings from an INI file, each with its line: sections, `name = value`, comments with ; or #.
 * Read by inih; what that would cut or join without a word is an error here. Any thread.
 */
#ifndef KEIIN_SYSTEM_INIFILE_H
#define KEIIN_SYSTEM_INIFILE_H

#include "core/bytes.h"

#define INIFILE_LINE_BYTES_MAX 197

struct inifile {
    /* Called for each setting, in the order of the file. Texts are borrowed. */
    void (*setting)(void *ctx, unsigned line, const char *section, const char *name,
        const char *value);
    /* Called for each line that begins a section, whether or not it has settings; or NULL. */
    void (*section)(void *ctx, unsigned line, struct span name);
    void *ctx;
    struct buf *errors; /* a line each, beginning with "line N: " */
};

/* Appends "line N: " to the errors; the caller goes on with what is wrong and a newline. */
void inifile_error(const struct inifile *f, unsigned line);

/*
 * Reads all of it, whatever is wrong in it. What is wrong with the file itself goes to `errors`;
 * KEIIN_EUSAGE when anything was added there. What file_read gives, its reason being in `errors`.
 * `digest`, unless NULL, becomes SHA-256 of the bytes.
 */
int inifile_read(const struct inifile *f, const char *path, size_t bytes_max, struct hash *digest)
    KEIIN_MUST_USE;

#endif
