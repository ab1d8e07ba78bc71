/* Secret keys from files, with the passphrase where one is needed. */
#ifndef KEIIN_SYSTEM_SECRETFILE_H
#define KEIIN_SYSTEM_SECRETFILE_H

#include "core/keyfile.h"

/*
 * Opens a secret key file. The passphrase of a locked file comes from the file that the
 * environment variable KEIIN_PASSPHRASE_FILE names (its first line), else from the
 * terminal when there is one (`prompt` allows it), else KEIIN_EPASSPHRASE. `use` ("log",
 * "writer", ...) is what the key must be for; NULL for any. `why` begins with the path.
 * KEIIN_EABSENT, KEIIN_EUNREADABLE, KEIIN_ELIMIT; KEIIN_EMALFORMED, KEIIN_EPASSPHRASE,
 * KEIIN_EMISMATCH (core/keyfile.h); KEIIN_EUSAGE for a key of another use; KEIIN_ENOMEM.
 * After a failure there is nothing to destroy.
 */
int secretfile_open(const char *path, const char *use, bool prompt, struct keyfile *out,
    struct why *why) KEIIN_MUST_USE;

/*
 * A new passphrase: from KEIIN_PASSPHRASE_FILE, else asked twice on the terminal. *out is
 * sodium_malloc'd, NUL-ended; sodium_free it. KEIIN_EPASSPHRASE, KEIIN_ENOMEM.
 */
int secretfile_new_passphrase(char **out, size_t *n, struct why *why) KEIIN_MUST_USE;

#endif
