/* The second listener: /healthz, and /metrics in Prometheus' text form. The loop's thread. */
#ifndef KEIIN_LEDGER_STATUS_H
#define KEIIN_LEDGER_STATUS_H

#include "http/server.h"
#include "ledger/ledger.h"

struct status {
    const struct ledger *ledger;
    const struct http_server *server; /* the ledger's listener */
};

/* `status` outlives the server. */
struct http_handler status_handler(struct status *status);

#endif
