/*
 * Everything that is read (SPEC.md section 6, and writers/ of section 8), from the
 * published head and without a key. The loop's thread.
 */
#ifndef KEIIN_LEDGER_SERVE_H
#define KEIIN_LEDGER_SERVE_H

#include "http/server.h"
#include "ledger/ledger.h"

/* Answers a GET or HEAD of `path`, which stands behind the prefix and its slash. */
void serve(struct ledger *ledger, struct http_request *request, const char *path);

#endif
