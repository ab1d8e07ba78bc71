/*
 * A process for each run without its start: the program is loaded once, and stops before
 * main. Each message on the socket named by KEIIN_FAULT_SOCKET forks a child, in which main
 * runs with the message's arguments and descriptors. Messages:
 *
 *   "R" arguments, each ended by NUL; with descriptors: input, output, errors, page -> pid
 *   "W" pid -> what waitpid says of it
 */
#include "tests/crash/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGE_BYTES_MAX 65536
#define ARGUMENTS_MAX 64
#define DESCRIPTORS 4

typedef int main_fn(int argc, char **argv, char **environment);
typedef int start_fn(main_fn *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
    void (*loader_fini)(void), void *stack_end);

static main_fn *real_main;
static char message[MESSAGE_BYTES_MAX + 1];

FAULT_EXPORT start_fn __libc_start_main;

/* Bytes of the message, 0 at the end; its descriptors. */
static size_t receive(int from, int fds[DESCRIPTORS])
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
    } control;
    struct iovec part = {message, MESSAGE_BYTES_MAX};
    struct msghdr what = {.msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.room,
        .msg_controllen = sizeof control.room};
    struct cmsghdr *c;
    ssize_t n;

    do
        n = recvmsg(from, &what, 0);
    while (n < 0 && errno == EINTR);
    c = CMSG_FIRSTHDR(&what);
    for (int i = 0; i < DESCRIPTORS; i++)
        fds[i] = -1;
    if (n > 0 && c != NULL && c->cmsg_type == SCM_RIGHTS &&
        c->cmsg_len == CMSG_LEN(DESCRIPTORS * sizeof(int)))
        memcpy(fds, CMSG_DATA(c), DESCRIPTORS * sizeof(int));
    return n < 0 ? 0 : (size_t)n;
}

static int run(size_t bytes, const int fds[DESCRIPTORS], char **environment)
{
    static char *arguments[ARGUMENTS_MAX + 1];
    int count = 0;

    for (size_t at = 1; at < bytes && count < ARGUMENTS_MAX; at += strlen(message + at) + 1)
        arguments[count++] = message + at;
    for (int i = 0; i < 3; i++)
        (void)dup2(fds[i], i);
    fault_use_page(fds[3]);
    for (int i = 0; i < DESCRIPTORS; i++)
        syscall(SYS_close, fds[i]);
    return real_main(count, arguments, environment);
}

static int serve(int argc, char **argv, char **environment)
{
    int from = atoi(getenv("KEIIN_FAULT_SOCKET")), fds[DESCRIPTORS], status = 0, reply;
    size_t bytes;

    (void)argc;
    (void)argv;
    if (fault_tell_catalogue(from) != 0)
        return 125;
    while ((bytes = receive(from, fds)) > 0) {
        if (message[0] == 'W') {
            message[bytes] = 0;
            reply = waitpid((pid_t)atoi(message + 1), &status, 0) < 0 ? -1 : status;
        } else {
            pid_t parent = getpid();

            reply = fork();
            if (reply == 0) {
                /* Nothing outlives the test that started this. */
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                if (getppid() != parent)
                    return 125;
                syscall(SYS_close, from);
                return run(bytes, fds, environment);
            }
            for (int i = 0; i < DESCRIPTORS; i++)
                if (fds[i] >= 0)
                    syscall(SYS_close, fds[i]);
        }
        if (syscall(SYS_write, from, &reply, sizeof reply) != sizeof reply)
            return 125;
    }
    return 0;
}

FAULT_EXPORT int __libc_start_main(main_fn *main, int argc, char **argv, void (*init)(void),
    void (*fini)(void), void (*loader_fini)(void), void *stack_end)
{
    start_fn *start = (start_fn *)dlsym(RTLD_NEXT, "__libc_start_main");

    real_main = main;
    return start(getenv("KEIIN_FAULT_SOCKET") == NULL ? main : serve, argc, argv, init, fini,
        loader_fini, stack_end);
}
