#include "store/probe.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct report {
    int err;
    struct why why;
};

static _Noreturn void child(int fd, int (*look)(void *ctx, struct why *why), void *ctx)
{
    struct report report = {0, {""}};
    const struct rlimit no_core = {0, 0};

    static const int deadly[] = {SIGBUS, SIGSEGV, SIGABRT, SIGFPE, SIGILL};

    (void)setrlimit(RLIMIT_CORE, &no_core);
    /* Whoever handles them would say more than the one line that the parent says. */
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        (void)signal(deadly[i], SIG_DFL);
    report.err = look(ctx, &report.why);
    fflush(stdout);
    fflush(stderr);
    /* Shorter than PIPE_BUF: written whole or not at all. */
    _exit(write(fd, &report, sizeof report) == (ssize_t)sizeof report ? 0 : 1);
}

int probe_run(int (*look)(void *ctx, struct why *why), void *ctx, struct why *why)
{
    struct report report = {KEIIN_EDAMAGED, {""}};
    int fds[2], status = 0;
    ssize_t n;
    pid_t pid;

    fflush(stdout);
    fflush(stderr);
    if (pipe(fds) != 0)
        return KEIIN_ENOMEM;
    pid = fork();
    if (pid == 0) {
        close(fds[0]);
        child(fds[1], look, ctx);
    }
    close(fds[1]);
    if (pid < 0) {
        close(fds[0]);
        return KEIIN_ENOMEM;
    }
    do
        n = read(fds[0], &report, sizeof report);
    while (n < 0 && errno == EINTR);
    close(fds[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (n == (ssize_t)sizeof report) {
        if (report.err != 0 && why != NULL)
            *why = report.why;
        return report.err;
    }
    why_set(why,
        "reading the store ended by signal %d: a page is damaged or the file is cut short; restore "
        "the data folder from a backup (operator's handbook, \"Restore\")",
        WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    return KEIIN_EDAMAGED;
}
