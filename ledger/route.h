/* Which path is what, and the steps of a request (http/server.h). The loop's thread. */
#ifndef KEIIN_LEDGER_ROUTE_H
#define KEIIN_LEDGER_ROUTE_H

#include "http/server.h"
#include "ledger/ledger.h"

/* The handler of the ledger's listener; `ledger` is its context. */
struct http_handler route_handler(struct ledger *ledger);

#endif
