/* The calls that move bytes, and those for sockets and their events. */
#include "tests/crash/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define HALF(n) (((n) + 1) / 2)

/* What a read or write of `fd` is: of a file, a socket, or something that carries a signal. */
static enum fault_call kind(
    int fd, enum fault_call file, enum fault_call connection, enum fault_call other)
{
    struct stat st;
    int e = errno;

    if (syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH) != 0)
        st.st_mode = S_IFREG;
    errno = e;
    return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? file
           : S_ISSOCK(st.st_mode)                     ? connection
                                                      : other;
}

static ssize_t result_of(enum fault_mode mode, ssize_t result)
{
    return mode == FAULT_NONE || mode == FAULT_SHORT ? result : fault_fail();
}

FAULT_EXPORT ssize_t read(int fd, void *to, size_t n)
{
    enum fault_mode mode = fault_at(kind(fd, CALL_READ, CALL_RECV, CALL_READ_PIPE), FAULT_CALLER);

    if (mode == FAULT_REFUSE)
        return fault_fail();
    /* An eventfd gives its eight bytes or none. */
    return result_of(mode, syscall(SYS_read, fd, to, mode == FAULT_SHORT && n != 8 ? HALF(n) : n));
}

FAULT_EXPORT ssize_t pread(int fd, void *to, size_t n, off_t at)
{
    enum fault_mode mode = fault_at(CALL_PREAD, FAULT_CALLER);

    if (mode == FAULT_REFUSE)
        return fault_fail();
    return result_of(mode, syscall(SYS_pread64, fd, to, mode == FAULT_SHORT ? HALF(n) : n, at));
}

FAULT_EXPORT ssize_t pread64(int fd, void *to, size_t n, off64_t at)
{
    enum fault_mode mode = fault_at(CALL_PREAD, FAULT_CALLER);

    if (mode == FAULT_REFUSE)
        return fault_fail();
    return result_of(mode, syscall(SYS_pread64, fd, to, mode == FAULT_SHORT ? HALF(n) : n, at));
}

FAULT_EXPORT ssize_t write(int fd, const void *from, size_t n)
{
    enum fault_mode mode = fault_at(kind(fd, CALL_WRITE, CALL_SEND, CALL_WRITE_PIPE), FAULT_CALLER);

    if (mode == FAULT_REFUSE)
        return fault_fail();
    return result_of(mode, syscall(SYS_write, fd, from, mode == FAULT_SHORT ? HALF(n) : n));
}

FAULT_EXPORT ssize_t pwrite(int fd, const void *from, size_t n, off_t at)
{
    enum fault_mode mode = fault_at(CALL_PWRITE, FAULT_CALLER);

    if (mode == FAULT_REFUSE)
        return fault_fail();
    return result_of(mode, syscall(SYS_pwrite64, fd, from, mode == FAULT_SHORT ? HALF(n) : n, at));
}

FAULT_EXPORT ssize_t pwrite64(int fd, const void *from, size_t n, off64_t at)
{
    enum fault_mode mode = fault_at(CALL_PWRITE, FAULT_CALLER);

    if (mode == FAULT_REFUSE)
        return fault_fail();
    return result_of(mode, syscall(SYS_pwrite64, fd, from, mode == FAULT_SHORT ? HALF(n) : n, at));
}

FAULT_EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    enum fault_mode mode =
        fault_at(kind(fd, CALL_WRITEV, CALL_SEND, CALL_WRITE_PIPE), FAULT_CALLER);

    if (mode == FAULT_REFUSE)
        return fault_fail();
    if (mode == FAULT_SHORT)
        return syscall(SYS_write, fd, parts[0].iov_base, HALF(parts[0].iov_len));
    return result_of(mode, syscall(SYS_writev, fd, parts, count));
}

static ssize_t send_to(const void *caller, int fd, const void *from, size_t n, int flags,
    const struct sockaddr *to, socklen_t to_bytes)
{
    enum fault_mode mode = fault_at(CALL_SEND, caller);

    if (mode == FAULT_REFUSE)
        return fault_fail();
    return result_of(mode,
        syscall(SYS_sendto, fd, from, mode == FAULT_SHORT ? HALF(n) : n, flags, to, to_bytes));
}

FAULT_EXPORT ssize_t send(int fd, const void *from, size_t n, int flags)
{
    return send_to(FAULT_CALLER, fd, from, n, flags, NULL, 0);
}

FAULT_EXPORT ssize_t sendto(
    int fd, const void *from, size_t n, int flags, const struct sockaddr *to, socklen_t to_bytes)
{
    return send_to(FAULT_CALLER, fd, from, n, flags, to, to_bytes);
}

FAULT_EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    enum fault_mode mode = fault_at(CALL_SEND, FAULT_CALLER);

    if (mode == FAULT_REFUSE)
        return fault_fail();
    if (mode == FAULT_SHORT)
        return syscall(SYS_sendto, fd, message->msg_iov[0].iov_base,
            HALF(message->msg_iov[0].iov_len), flags, NULL, 0);
    return result_of(mode, syscall(SYS_sendmsg, fd, message, flags));
}

static ssize_t recv_from(const void *caller, int fd, void *to, size_t n, int flags,
    struct sockaddr *from, socklen_t *from_bytes)
{
    enum fault_mode mode = fault_at(CALL_RECV, caller);

    if (mode == FAULT_REFUSE)
        return fault_fail();
    return result_of(mode,
        syscall(SYS_recvfrom, fd, to, mode == FAULT_SHORT ? HALF(n) : n, flags, from, from_bytes));
}

FAULT_EXPORT ssize_t recv(int fd, void *to, size_t n, int flags)
{
    return recv_from(FAULT_CALLER, fd, to, n, flags, NULL, NULL);
}

FAULT_EXPORT ssize_t recvfrom(
    int fd, void *to, size_t n, int flags, struct sockaddr *from, socklen_t *from_bytes)
{
    return recv_from(FAULT_CALLER, fd, to, n, flags, from, from_bytes);
}

/* Those that give a descriptor: applied, it is made and lost again. */
#define DESCRIPTOR(name, call, parameters, real)                                                   \
    FAULT_EXPORT int name parameters                                                               \
    {                                                                                              \
        enum fault_mode mode = fault_at(call, FAULT_CALLER);                                       \
        int fd = mode == FAULT_REFUSE ? -1 : (int)(real);                                          \
                                                                                                   \
        if (mode == FAULT_NONE)                                                                    \
            return fd;                                                                             \
        if (mode == FAULT_APPLY && fd < 0)                                                         \
            return fd; /* nobody came: there is nothing to lose */                                 \
        if (fd >= 0)                                                                               \
            syscall(SYS_close, fd);                                                                \
        return fault_fail();                                                                       \
    }
DESCRIPTOR(socket, CALL_SOCKET, (int family, int type, int protocol),
    syscall(SYS_socket, family, type, protocol))
DESCRIPTOR(accept, CALL_ACCEPT, (int fd_, struct sockaddr *from, socklen_t *bytes),
    syscall(SYS_accept4, fd_, from, bytes, 0))
DESCRIPTOR(accept4, CALL_ACCEPT, (int fd_, struct sockaddr *from, socklen_t *bytes, int flags),
    syscall(SYS_accept4, fd_, from, bytes, flags))
DESCRIPTOR(epoll_create, CALL_EPOLL_CREATE, (int size), ((void)size, syscall(SYS_epoll_create1, 0)))
DESCRIPTOR(epoll_create1, CALL_EPOLL_CREATE, (int flags), syscall(SYS_epoll_create1, flags))
DESCRIPTOR(eventfd, CALL_EVENTFD, (unsigned count, int flags), syscall(SYS_eventfd2, count, flags))

#define STEP(name, call, parameters, real)                                                         \
    FAULT_EXPORT int name parameters                                                               \
    {                                                                                              \
        enum fault_mode mode = fault_at(call, FAULT_CALLER);                                       \
        int result = mode == FAULT_REFUSE ? -1 : (int)(real);                                      \
                                                                                                   \
        return mode == FAULT_NONE ? result : fault_fail();                                         \
    }
STEP(bind, CALL_BIND, (int fd, const struct sockaddr *to, socklen_t bytes),
    syscall(SYS_bind, fd, to, bytes))
STEP(listen, CALL_LISTEN, (int fd, int backlog), syscall(SYS_listen, fd, backlog))
STEP(connect, CALL_CONNECT, (int fd, const struct sockaddr *to, socklen_t bytes),
    syscall(SYS_connect, fd, to, bytes))
STEP(shutdown, CALL_SHUTDOWN, (int fd, int how), syscall(SYS_shutdown, fd, how))
STEP(setsockopt, CALL_SOCKET_OPTION,
    (int fd, int level, int name_, const void *value, socklen_t bytes),
    syscall(SYS_setsockopt, fd, level, name_, value, bytes))
STEP(getsockopt, CALL_SOCKET_OPTION, (int fd, int level, int name_, void *value, socklen_t *bytes),
    syscall(SYS_getsockopt, fd, level, name_, value, bytes))
STEP(getsockname, CALL_SOCKET_NAME, (int fd, struct sockaddr *at, socklen_t *bytes),
    syscall(SYS_getsockname, fd, at, bytes))
STEP(getpeername, CALL_SOCKET_NAME, (int fd, struct sockaddr *at, socklen_t *bytes),
    syscall(SYS_getpeername, fd, at, bytes))
STEP(epoll_ctl, CALL_EPOLL_CTL, (int fd, int what, int of, struct epoll_event *event),
    syscall(SYS_epoll_ctl, fd, what, of, event))
STEP(epoll_wait, CALL_EPOLL_WAIT, (int fd, struct epoll_event *events, int max, int wait_ms),
    syscall(SYS_epoll_pwait, fd, events, max, wait_ms, NULL, 8))
STEP(epoll_pwait, CALL_EPOLL_WAIT,
    (int fd, struct epoll_event *events, int max, int wait_ms, const sigset_t *mask),
    syscall(SYS_epoll_pwait, fd, events, max, wait_ms, mask, 8))

static long poll_for(struct pollfd *fds, nfds_t count, int wait_ms)
{
    struct timespec time = {wait_ms / 1000, wait_ms % 1000 * 1000000L};

    return syscall(SYS_ppoll, fds, count, wait_ms < 0 ? NULL : &time, NULL, 8);
}
STEP(poll, CALL_POLL, (struct pollfd * fds, nfds_t count, int wait_ms),
    poll_for(fds, count, wait_ms))

FAULT_EXPORT int getaddrinfo(
    const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **out)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(
            RTLD_NEXT, "getaddrinfo");

    return fault_at(CALL_ADDRESS_LOOKUP, FAULT_CALLER) == FAULT_NONE ? real(host, port, hints, out)
                                                                     : EAI_AGAIN;
}

FAULT_EXPORT ssize_t getrandom(void *to, size_t n, unsigned flags)
{
    return fault_at(CALL_RANDOM, FAULT_CALLER) == FAULT_NONE ? syscall(SYS_getrandom, to, n, flags)
                                                             : fault_fail();
}

FAULT_EXPORT int nanosleep(const struct timespec *time, struct timespec *left)
{
    if (fault_at(CALL_SLEEP, FAULT_CALLER) == FAULT_NONE)
        return (int)syscall(SYS_nanosleep, time, left);
    if (left != NULL)
        *left = *time;
    return fault_fail();
}
