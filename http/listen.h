/* Listening sockets, on loopback addresses only. */
#ifndef KEIIN_HTTP_LISTEN_H
#define KEIIN_HTTP_LISTEN_H

#include "core/bytes.h"

#define LISTEN_TEXT_BYTES 64

/*
 * Opens "host:port" for listening; *fd is the caller's. `actual` gets the address with the
 * port that the kernel gave. KEIIN_EUSAGE, KEIIN_EBUSY, KEIIN_EIO.
 */
int listen_open(const char *listen, unsigned backlog, int *fd,
    char actual[static LISTEN_TEXT_BYTES], struct why *why) KEIIN_MUST_USE;
int listen_check(const char *listen, struct why *why) KEIIN_MUST_USE;

#endif
