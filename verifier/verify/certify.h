/* A certificate of an audit: made and signed. One thread. */
#ifndef KEIIN_VERIFIER_CERTIFY_H
#define KEIIN_VERIFIER_CERTIFY_H

#include "system/secretfile.h"
#include "verifier/check/audit.h"

/* What was asked for, and the key, from before the audit until after it. */
struct certify {
    const char *key_path, *out; /* both or neither */
    struct keyfile key;
    bool has_key;
};

/* Rows of a command's options. */
#define CERTIFY_OPTIONS(c)                                                                         \
    OPTION("certificate", .text = &(c)->key_path), OPTION("out", .text = &(c)->out)

/*
 * Before the audit: opens the key, asking for its passphrase, and sees that nothing is in the way. 0,
 * or the exit status after a line was printed.
 */
int certify_begin(struct certify *c);
/* After it, when there is a key: writes the file. Likewise. */
int certify_end(struct certify *c, const struct audit_result *r, struct span origin,
    uint64_t now_ms);
void certify_destroy(struct certify *c);

#endif
