/* The network by libcurl (http/client.h), as libkeiin's function pointers. One thread. */
#ifndef KEIIN_CLIENT_NETWORK_H
#define KEIIN_CLIENT_NETWORK_H

#include "client/keiin.h"
#include "core/bytes.h"

struct http_client;

/* KEIIN_EUSAGE for a bad URL. `out` uses *client until that is freed with http_client_free. */
int network_default(const char *url, uint64_t timeout_ms, struct http_client **client,
    struct keiin_network *out, struct why *why) KEIIN_MUST_USE;

/*
 * GET of a path: 0 with the body (free it) for 200; KEIIN_EABSENT for 404; KEIIN_EBUSY for 429
 * and 503, KEIIN_EUNKNOWN for anything else, an answer longer than bytes_max too.
 */
int network_get(const struct keiin_network *network, const char *path, size_t bytes_max,
    uint8_t **body, size_t *n, struct why *why) KEIIN_MUST_USE;

#endif
