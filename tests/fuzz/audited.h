/*
 * What a server (server.h) publishes, audited with keiin-verify's code: it must be verified. Apart
 * from the rest, since the headers of the verifier and of the ledger share names.
 */
#ifndef KEIIN_TESTS_FUZZ_AUDITED_H
#define KEIIN_TESTS_FUZZ_AUDITED_H

#include "core/bytes.h"

/* `trusted` is the text of serial 0; `size` and `serial` are what the audit must arrive at. */
void audited(struct span trusted, uint64_t size, uint64_t serial);

#endif
