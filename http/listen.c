#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/text.h"

#define SOCKET_BUFFER_BYTES (64 * 1024) /* each way; the kernel takes twice that */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Says something of an address that somebody wrote, in plain characters. */
static void say(struct why *why, const char *before, const char *text, const char *after)
{
    struct buf shown;

    buf_init(&shown, 4096);
    text_visible(&shown, span_of(text, strnlen(text, 200)));
    why_set(
        why, "%s%.*s%s", before, (int)shown.n, shown.p == NULL ? "" : (const char *)shown.p, after);
    buf_destroy(&shown);
}

static int parse(const char *text, union address *out, socklen_t *bytes, struct why *why)
{
    const char *colon = strrchr(text, ':');
    char host[INET6_ADDRSTRLEN + 2] = "";
    uint64_t port;
    size_t n;

    memset(out, 0, sizeof *out);
    if (colon == NULL || (size_t)(colon - text) >= sizeof host ||
        !decimal_parse(span_str(colon + 1), 65535, &port))
        goto bad;
    n = (size_t)(colon - text);
    memcpy(host, text, n);
    host[n] = 0;
    if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = 0;
        if (inet_pton(AF_INET6, host + 1, &out->v6.sin6_addr) != 1)
            goto bad;
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons((uint16_t)port);
        *bytes = sizeof out->v6;
        if (!IN6_IS_ADDR_LOOPBACK(&out->v6.sin6_addr))
            goto beyond;
        return 0;
    }
    if (inet_pton(AF_INET, host, &out->v4.sin_addr) != 1)
        goto bad;
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons((uint16_t)port);
    *bytes = sizeof out->v4;
    if (ntohl(out->v4.sin_addr.s_addr) >> 24 != 127)
        goto beyond;
    return 0;
bad:
    say(why, "\"", text,
        "\" is no address to listen on; give one like 127.0.0.1:7380 or [::1]:7380");
    return KEIIN_EUSAGE;
beyond:
    say(why, "", text,
        " is not a loopback address; this version speaks no TLS, so listen on 127.0.0.1 or "
        "[::1] and put a TLS proxy in front");
    return KEIIN_EUSAGE;
}

int listen_check(const char *listen_text, struct why *why)
{
    union address address;
    socklen_t bytes;

    return parse(listen_text, &address, &bytes, why);
}

static void actual_text(int fd, char out[static LISTEN_TEXT_BYTES])
{
    union address address;
    socklen_t bytes = sizeof address;
    char host[INET6_ADDRSTRLEN] = "";

    memset(&address, 0, sizeof address);
    if (getsockname(fd, &address.any, &bytes) != 0)
        bytes = 0;
    if (address.any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &address.v6.sin6_addr, host, sizeof host);
        snprintf(out, LISTEN_TEXT_BYTES, "[%s]:%u", host, ntohs(address.v6.sin6_port));
    } else {
        inet_ntop(AF_INET, &address.v4.sin_addr, host, sizeof host);
        snprintf(out, LISTEN_TEXT_BYTES, "%s:%u", host, ntohs(address.v4.sin_port));
    }
}

int listen_open(const char *listen_text, unsigned backlog, int *fd,
    char actual[static LISTEN_TEXT_BYTES], struct why *why)
{
    union address address;
    const int one = 1, buffer_bytes = SOCKET_BUFFER_BYTES;
    socklen_t bytes;
    int err = parse(listen_text, &address, &bytes, why), s;

    *fd = -1;
    if (err != 0)
        return err;
    s = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s < 0) {
        why_set(why, "no socket: %s", strerror(errno));
        return KEIIN_EIO;
    }
    (void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    /* The kernel's memory of a connection is bounded, too; those that come inherit it. */
    (void)setsockopt(s, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    (void)setsockopt(s, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
    if (bind(s, &address.any, bytes) != 0 || listen(s, (int)backlog) != 0) {
        err = errno == EADDRINUSE ? KEIIN_EBUSY : KEIIN_EIO;
        why_set(why, "cannot listen on %s: %s", listen_text, strerror(errno));
        close(s);
        return err;
    }
    actual_text(s, actual);
    *fd = s;
    return 0;
}
