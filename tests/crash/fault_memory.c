/* Memory, threads and processes. */
#include "tests/crash/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The C library's own, by the names that it exports them under for this. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *old, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

FAULT_EXPORT void *malloc(size_t n)
{
    return fault_at(CALL_MEMORY, FAULT_CALLER) == FAULT_NONE ? __libc_malloc(n) : no_memory();
}

FAULT_EXPORT void *calloc(size_t count, size_t n)
{
    return fault_at(CALL_MEMORY, FAULT_CALLER) == FAULT_NONE ? __libc_calloc(count, n)
                                                             : no_memory();
}

FAULT_EXPORT void *realloc(void *old, size_t n)
{
    return fault_at(CALL_MEMORY, FAULT_CALLER) == FAULT_NONE ? __libc_realloc(old, n) : no_memory();
}

FAULT_EXPORT void *aligned_alloc(size_t alignment, size_t n)
{
    return fault_at(CALL_MEMORY, FAULT_CALLER) == FAULT_NONE ? __libc_memalign(alignment, n)
                                                             : no_memory();
}

FAULT_EXPORT int posix_memalign(void **out, size_t alignment, size_t n)
{
    void *got =
        fault_at(CALL_MEMORY, FAULT_CALLER) == FAULT_NONE ? __libc_memalign(alignment, n) : NULL;

    if (got == NULL)
        return ENOMEM;
    *out = got;
    return 0;
}

FAULT_EXPORT void *mmap(void *at, size_t n, int rights, int flags, int fd, off_t from)
{
    if (fault_at(CALL_MMAP, FAULT_CALLER) == FAULT_NONE)
        return (void *)syscall(SYS_mmap, at, n, rights, flags, fd, from);
    (void)fault_fail();
    return MAP_FAILED;
}

FAULT_EXPORT void *mmap64(void *at, size_t n, int rights, int flags, int fd, off64_t from)
{
    if (fault_at(CALL_MMAP, FAULT_CALLER) == FAULT_NONE)
        return (void *)syscall(SYS_mmap, at, n, rights, flags, fd, from);
    (void)fault_fail();
    return MAP_FAILED;
}

FAULT_EXPORT int mlock(const void *at, size_t n)
{
    return fault_at(CALL_MLOCK, FAULT_CALLER) == FAULT_NONE ? (int)syscall(SYS_mlock, at, n)
                                                            : fault_fail();
}

FAULT_EXPORT int mprotect(void *at, size_t n, int rights)
{
    return fault_at(CALL_MPROTECT, FAULT_CALLER) == FAULT_NONE
               ? (int)syscall(SYS_mprotect, at, n, rights)
               : fault_fail();
}

FAULT_EXPORT int pthread_create(
    pthread_t *out, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
        (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(
            RTLD_NEXT, "pthread_create");

    return fault_at(CALL_THREAD, FAULT_CALLER) == FAULT_NONE ? real(out, attributes, run, argument)
                                                             : fault_error();
}

FAULT_EXPORT pid_t fork(void)
{
    pid_t (*real)(void) = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");

    return fault_at(CALL_FORK, FAULT_CALLER) == FAULT_NONE ? real() : fault_fail();
}

FAULT_EXPORT pid_t waitpid(pid_t pid, int *status, int options)
{
    return fault_at(CALL_WAIT, FAULT_CALLER) == FAULT_NONE
               ? (pid_t)syscall(SYS_wait4, pid, status, options, NULL)
               : fault_fail();
}
