/*
 * A library for LD_PRELOAD that makes one call into the C library fail, once. It numbers
 * the calls of each class; the page shared with fault_matrix.py says which one is to fail
 * and how, and takes the counts. The calls of forked children count on with their
 * parent's. Without a page nothing is counted and nothing fails.
 */
#ifndef KEIIN_TESTS_CRASH_FAULT_H
#define KEIIN_TESTS_CRASH_FAULT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define FAULT_CALLS_MAX 96 /* classes */
#define FAULT_VARIANTS_MAX 6
#define FAULT_TRACE_MAX 49152 /* calls whose callers are kept */
#define FAULT_MODULES_MAX 96

#define FAULT_EXPORT __attribute__((visibility("default")))
#define FAULT_CALLER __builtin_return_address(0)

enum fault_mode {
    FAULT_NONE,
    FAULT_REFUSE, /* not applied: an error, and nothing done */
    FAULT_APPLY, /* applied all the same: done, and an error */
    FAULT_SHORT /* the first half done, and said so */
};

/* The classes. Of one function several, where the same call means different things. */
enum fault_call {
    CALL_OPEN, /* of what is there */
    CALL_CREATE,
    CALL_CLOSE,
    CALL_READ, /* of a file */
    CALL_READ_PIPE, /* or an eventfd */
    CALL_PREAD,
    CALL_WRITE,
    CALL_WRITE_PIPE,
    CALL_PWRITE,
    CALL_WRITEV,
    CALL_FSYNC,
    CALL_FDATASYNC,
    CALL_MSYNC,
    CALL_FTRUNCATE,
    CALL_FALLOCATE,
    CALL_LSEEK,
    CALL_RENAME,
    CALL_LINK,
    CALL_UNLINK,
    CALL_MKDIR,
    CALL_CHMOD,
    CALL_STAT,
    CALL_ACCESS,
    CALL_REALPATH,
    CALL_OPENDIR,
    CALL_READDIR,
    CALL_FLOCK,
    CALL_FCNTL,
    CALL_IOCTL,
    CALL_DUP,
    CALL_PIPE,
    CALL_FOPEN,
    CALL_FGETS,
    CALL_FGETC,
    CALL_FFLUSH,
    CALL_FCLOSE,
    CALL_FSEEK,
    CALL_SOCKET,
    CALL_BIND,
    CALL_LISTEN,
    CALL_ACCEPT,
    CALL_CONNECT,
    CALL_SEND,
    CALL_RECV,
    CALL_SHUTDOWN,
    CALL_SOCKET_OPTION,
    CALL_SOCKET_NAME,
    CALL_ADDRESS_LOOKUP,
    CALL_POLL,
    CALL_EPOLL_CREATE,
    CALL_EPOLL_CTL,
    CALL_EPOLL_WAIT,
    CALL_EVENTFD,
    CALL_RANDOM,
    CALL_MEMORY,
    CALL_MMAP,
    CALL_MLOCK,
    CALL_MPROTECT,
    CALL_THREAD,
    CALL_FORK,
    CALL_WAIT,
    CALL_SLEEP,
    CALL_RLIMIT,
    CALL_COUNT
};

struct fault_variant {
    uint32_t mode;
    int32_t error;
};

/* Both sides know this layout; fault_matrix's side is tests/tools/fault_lab.py. */
struct fault_page {
    /* Set before a process starts. */
    uint32_t armed_call, armed_number; /* number 0: none fails */
    struct fault_variant armed;
    uint32_t trace; /* keep the callers */
    /* Told by the process. */
    atomic_uint fired;
    atomic_uint crashed;
    atomic_uint traced; /* calls in `trace_of`; more may have been made */
    atomic_uint counts[FAULT_CALLS_MAX];
    char fired_stack[2048]; /* who called: "module+offset", innermost first */
    char crash_stack[2048];
    uint64_t trace_of[FAULT_TRACE_MAX]; /* class << 56 | address of the caller */
};

/* What a class is called and how it can fail; written by the fork server for the other side. */
struct fault_class {
    char name[24];
    struct fault_variant variants[FAULT_VARIANTS_MAX];
};

struct fault_module {
    uint64_t first, last; /* addresses of its segments */
    char path[240];
};

struct fault_catalogue {
    uint32_t class_count, module_count;
    struct fault_class classes[FAULT_CALLS_MAX];
    struct fault_module modules[FAULT_MODULES_MAX];
};

extern const struct fault_class fault_classes[CALL_COUNT];

/* Counts a call; whether and how it is to fail. Keeps errno. */
enum fault_mode fault_at(enum fault_call call, const void *caller);

/* Sets errno as armed; returns -1. */
int fault_fail(void);
int fault_error(void);

/* From now on calls are counted in the page, a mapping of the file `fd`. */
void fault_use_page(int fd);

/* Writes the catalogue of classes and loaded modules to `fd`. */
int fault_tell_catalogue(int fd);

#endif
