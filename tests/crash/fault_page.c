#include "tests/crash/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FRAMES_MAX 24

#define REFUSE(e)                                                                                  \
    {                                                                                              \
        FAULT_REFUSE, e                                                                            \
    }
#define APPLY(e)                                                                                   \
    {                                                                                              \
        FAULT_APPLY, e                                                                             \
    }
#define SHORT                                                                                      \
    {                                                                                              \
        FAULT_SHORT, 0                                                                             \
    }

const struct fault_class fault_classes[CALL_COUNT] = {
    [CALL_OPEN] = {"open", {REFUSE(EMFILE), REFUSE(EIO)}},
    [CALL_CREATE] = {"create", {REFUSE(ENOSPC), APPLY(EIO)}},
    [CALL_CLOSE] = {"close", {APPLY(EIO)}},
    [CALL_READ] = {"read", {REFUSE(EIO), REFUSE(EINTR), SHORT}},
    [CALL_READ_PIPE] = {"read-pipe", {REFUSE(EINTR), SHORT}},
    [CALL_PREAD] = {"pread", {REFUSE(EIO), SHORT}},
    [CALL_WRITE] = {"write", {REFUSE(ENOSPC), APPLY(EIO), SHORT, REFUSE(EINTR)}},
    [CALL_WRITE_PIPE] = {"write-pipe", {REFUSE(EINTR)}},
    [CALL_PWRITE] = {"pwrite", {REFUSE(ENOSPC), APPLY(EIO), SHORT}},
    [CALL_WRITEV] = {"writev", {REFUSE(ENOSPC), APPLY(EIO), SHORT}},
    [CALL_FSYNC] = {"fsync", {REFUSE(EIO), APPLY(EIO)}},
    [CALL_FDATASYNC] = {"fdatasync", {REFUSE(EIO), APPLY(EIO)}},
    [CALL_MSYNC] = {"msync", {REFUSE(EIO), APPLY(EIO)}},
    [CALL_FTRUNCATE] = {"ftruncate", {REFUSE(EIO), APPLY(EIO)}},
    [CALL_FALLOCATE] = {"fallocate", {REFUSE(ENOSPC), REFUSE(EIO), APPLY(EIO), REFUSE(EOPNOTSUPP)}},
    [CALL_LSEEK] = {"lseek", {REFUSE(EIO)}},
    [CALL_RENAME] = {"rename", {REFUSE(ENOSPC), APPLY(EIO)}},
    [CALL_LINK] = {"link", {REFUSE(ENOSPC), APPLY(EIO)}},
    [CALL_UNLINK] = {"unlink", {REFUSE(EIO), APPLY(EIO)}},
    [CALL_MKDIR] = {"mkdir", {REFUSE(ENOSPC), APPLY(EIO)}},
    [CALL_CHMOD] = {"chmod", {REFUSE(EIO), APPLY(EIO)}},
    [CALL_STAT] = {"stat", {REFUSE(EIO)}},
    [CALL_ACCESS] = {"access", {REFUSE(EIO)}},
    [CALL_REALPATH] = {"realpath", {REFUSE(EIO)}},
    [CALL_OPENDIR] = {"opendir", {REFUSE(EMFILE)}},
    [CALL_READDIR] = {"readdir", {REFUSE(EIO)}},
    [CALL_FLOCK] = {"flock", {REFUSE(EINTR), REFUSE(ENOLCK), APPLY(EIO)}},
    [CALL_FCNTL] = {"fcntl", {REFUSE(EIO)}},
    [CALL_IOCTL] = {"ioctl", {REFUSE(EIO)}},
    [CALL_DUP] = {"dup", {REFUSE(EMFILE)}},
    [CALL_PIPE] = {"pipe", {REFUSE(EMFILE)}},
    [CALL_FOPEN] = {"fopen", {REFUSE(EMFILE)}},
    [CALL_FGETS] = {"fgets", {REFUSE(EIO)}},
    [CALL_FGETC] = {"fgetc", {REFUSE(EIO)}},
    [CALL_FFLUSH] = {"fflush", {REFUSE(ENOSPC), APPLY(EIO)}},
    [CALL_FCLOSE] = {"fclose", {APPLY(EIO)}},
    [CALL_FSEEK] = {"fseek", {REFUSE(EIO)}},
    [CALL_SOCKET] = {"socket", {REFUSE(EMFILE)}},
    [CALL_BIND] = {"bind", {REFUSE(EADDRINUSE), APPLY(ENOBUFS)}},
    [CALL_LISTEN] = {"listen", {REFUSE(EADDRINUSE), APPLY(ENOBUFS)}},
    [CALL_ACCEPT] = {"accept", {REFUSE(EMFILE), APPLY(ECONNABORTED), REFUSE(EINTR)}},
    [CALL_CONNECT] = {"connect", {REFUSE(ECONNREFUSED), APPLY(ETIMEDOUT)}},
    [CALL_SEND] = {"send", {REFUSE(ECONNRESET), APPLY(ECONNRESET), SHORT, REFUSE(EINTR)}},
    [CALL_RECV] = {"recv", {REFUSE(ECONNRESET), APPLY(ECONNRESET), SHORT, REFUSE(EINTR)}},
    [CALL_SHUTDOWN] = {"shutdown", {REFUSE(ENOTCONN), APPLY(ENOTCONN)}},
    [CALL_SOCKET_OPTION] = {"socket-option", {REFUSE(ENOBUFS)}},
    [CALL_SOCKET_NAME] = {"socket-name", {REFUSE(ENOBUFS)}},
    [CALL_ADDRESS_LOOKUP] = {"address-lookup", {REFUSE(EAGAIN)}},
    [CALL_POLL] = {"poll", {REFUSE(EINTR), REFUSE(ENOMEM)}},
    [CALL_EPOLL_CREATE] = {"epoll-create", {REFUSE(EMFILE)}},
    [CALL_EPOLL_CTL] = {"epoll-ctl", {REFUSE(ENOSPC), APPLY(ENOMEM)}},
    [CALL_EPOLL_WAIT] = {"epoll-wait", {REFUSE(EINTR)}},
    [CALL_EVENTFD] = {"eventfd", {REFUSE(EMFILE)}},
    [CALL_RANDOM] = {"random", {REFUSE(EINTR)}},
    [CALL_MEMORY] = {"memory", {REFUSE(ENOMEM)}},
    [CALL_MMAP] = {"mmap", {REFUSE(ENOMEM)}},
    [CALL_MLOCK] = {"mlock", {REFUSE(ENOMEM)}},
    [CALL_MPROTECT] = {"mprotect", {REFUSE(ENOMEM)}},
    [CALL_THREAD] = {"thread", {REFUSE(EAGAIN)}},
    [CALL_FORK] = {"fork", {REFUSE(EAGAIN)}},
    [CALL_WAIT] = {"wait", {REFUSE(EINTR)}},
    [CALL_SLEEP] = {"sleep", {REFUSE(EINTR)}},
    [CALL_RLIMIT] = {"rlimit", {REFUSE(EPERM)}},
};

static struct fault_page *page;

/* No allocation: this may be inside one. */
static void write_stack(char *to, size_t bytes)
{
    void *frames[FRAMES_MAX];
    int count = backtrace(frames, FRAMES_MAX);
    size_t at = 0;

    for (int i = 0; i < count && at + 64 < bytes; i++) {
        const char *name = "?", *slash;
        Dl_info info = {NULL, NULL, NULL, NULL};
        int n;

        if (dladdr(frames[i], &info) != 0 && info.dli_fname != NULL)
            name = info.dli_fname;
        slash = strrchr(name, '/');
        if (strstr(name, "faultlib") != NULL)
            continue;
        n = snprintf(to + at, bytes - at, "%s+%lx ", slash == NULL ? name : slash + 1,
            (unsigned long)((uintptr_t)frames[i] - (uintptr_t)info.dli_fbase));
        at += n < 0 ? 0 : (size_t)n;
    }
}

enum fault_mode fault_at(enum fault_call call, const void *caller)
{
    unsigned number, place;
    int e = errno;

    if (page == NULL)
        return FAULT_NONE;
    number = atomic_fetch_add(&page->counts[call], 1) + 1;
    if (page->trace) {
        place = atomic_fetch_add(&page->traced, 1);
        if (place < FAULT_TRACE_MAX)
            page->trace_of[place] = (uint64_t)call << 56 | (uint64_t)(uintptr_t)caller;
    }
    if (number != page->armed_number || call != page->armed_call ||
        atomic_exchange(&page->fired, 1) != 0)
        return FAULT_NONE;
    write_stack(page->fired_stack, sizeof page->fired_stack);
    errno = e;
    return (enum fault_mode)page->armed.mode;
}

int fault_error(void)
{
    return page->armed.error;
}

int fault_fail(void)
{
    errno = page->armed.error;
    return -1;
}

static void on_crash(int number)
{
    if (atomic_exchange(&page->crashed, (unsigned)number) == 0)
        write_stack(page->crash_stack, sizeof page->crash_stack);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

void fault_use_page(int fd)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    void *at =
        (void *)syscall(SYS_mmap, NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (at == MAP_FAILED)
        _exit(125);
    page = at;
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        (void)signal(deadly[i], on_crash);
}

static int add_module(struct dl_phdr_info *info, size_t bytes, void *ctx)
{
    struct fault_catalogue *catalogue = ctx;
    struct fault_module *m = &catalogue->modules[catalogue->module_count];

    (void)bytes;
    if (catalogue->module_count == FAULT_MODULES_MAX)
        return 1;
    m->first = UINT64_MAX;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];

        if (p->p_type != PT_LOAD)
            continue;
        if (info->dlpi_addr + p->p_vaddr < m->first)
            m->first = info->dlpi_addr + p->p_vaddr;
        if (info->dlpi_addr + p->p_vaddr + p->p_memsz > m->last)
            m->last = info->dlpi_addr + p->p_vaddr + p->p_memsz;
    }
    (void)snprintf(m->path, sizeof m->path, "%s", info->dlpi_name);
    catalogue->module_count++;
    return 0;
}

int fault_tell_catalogue(int fd)
{
    static struct fault_catalogue catalogue;
    const char *at = (const char *)&catalogue;
    size_t left = sizeof catalogue;
    void *frame;

    (void)backtrace(&frame, 1); /* loads what it needs now, and not at a fault */
    catalogue.class_count = CALL_COUNT;
    memcpy(catalogue.classes, fault_classes, sizeof fault_classes);
    (void)dl_iterate_phdr(add_module, &catalogue);
    while (left > 0) {
        long n = syscall(SYS_write, fd, at, left);

        if (n <= 0)
            return -1;
        at += n;
        left -= (size_t)n;
    }
    return 0;
}
