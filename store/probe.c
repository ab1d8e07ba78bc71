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
    ssize_t n;

    static const int deadly[] = {SIGBUS, SIGSEGV, SIGABRT, SIGFPE, SIGILL};

    (void)setrlimit(RLIMIT_CORE, &no_core);
    /* Whoever handles them would say more than the one line that the parent says. */
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        (void)signal(deadly[i], SIG_DFL);
    report.err = look(ctx, &report.why);
    if ((fflush(stdout) != 0 || ferror(stdout) != 0) && report.why.text[0] == 0) {
        /* What it found was said there. */
        why_set(&report.why, "standard output: %s", strerror(errno));
        report.err = KEIIN_EUNKNOWN;
    }
    fflush(stderr);
    /* Shorter than PIPE_BUF: written whole or not at all. */
    do
        n = write(fd, &report, sizeof report);
    while (n < 0 && errno == EINTR);
    _exit(n == (ssize_t)sizeof report ? 0 : 1);
}

static int cannot_look(struct why *why)
{
    why_set(why, "no process to look at the store first: %s", strerror(errno));
    return errno == ENOMEM ? KEIIN_ENOMEM : KEIIN_EIO;
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
        return cannot_look(why);
    pid = fork();
    if (pid == 0) {
        close(fds[0]);
        child(fds[1], look, ctx);
    }
    if (pid < 0) {
        int err = cannot_look(why);

        close(fds[0]);
        close(fds[1]);
        return err;
    }
    close(fds[1]);
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
    if (!WIFSIGNALED(status)) {
        why_set(why, "the process that looks at the store first could not say what it found");
        return KEIIN_EIO;
    }
    why_set(why,
        "reading the store ended by signal %d: a page is damaged or the file is cut short; restore "
        "the data folder from a backup (operator's handbook, \"Restore\")",
        WTERMSIG(status));
    return KEIIN_EDAMAGED;
}
