#include "tests/sim/fiber.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef SANITIZED
#include <sanitizer/common_interface_defs.h>
#endif

#define STACK_BYTES (1024 * 1024)
#define KEPT_MAX 32

struct fiber {
    ucontext_t inside, outside;
    void *stack;
    void (*run)(void *ctx);
    void *ctx;
    bool ended;
    const void *outside_stack; /* for the sanitizer */
    size_t outside_bytes;
};

static void *kept[KEPT_MAX];
static size_t kept_count;

/* The sanitizer must know on which stack the program is. */
static void leave(void **save, const void *bottom, size_t bytes)
{
#ifdef SANITIZED
    __sanitizer_start_switch_fiber(save, bottom, bytes);
#else
    (void)save;
    (void)bottom;
    (void)bytes;
#endif
}

static void enter(void *saved, const void **bottom, size_t *bytes)
{
#ifdef SANITIZED
    __sanitizer_finish_switch_fiber(saved, bottom, bytes);
#else
    (void)saved;
    (void)bottom;
    (void)bytes;
#endif
}

static void *stack_new(void)
{
    void *stack;

    if (kept_count > 0)
        return kept[--kept_count];
    stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED || mprotect(stack, 4096, PROT_NONE) != 0)
        abort();
    return stack;
}

static void begin(unsigned high, unsigned low)
{
    struct fiber *f = (struct fiber *)(((uintptr_t)high << 32) | low);

    enter(NULL, &f->outside_stack, &f->outside_bytes);
    f->run(f->ctx);
    f->ended = true;
    leave(NULL, f->outside_stack, f->outside_bytes);
    setcontext(&f->outside);
    abort(); /* nothing comes back here */
}

struct fiber *fiber_new(void (*run)(void *ctx), void *ctx)
{
    struct fiber *f = calloc(1, sizeof *f);

    if (f == NULL || getcontext(&f->inside) != 0)
        abort();
    f->run = run;
    f->ctx = ctx;
    f->stack = stack_new();
    f->inside.uc_stack.ss_sp = f->stack;
    f->inside.uc_stack.ss_size = STACK_BYTES;
    makecontext(&f->inside, (void (*)(void))begin, 2, (unsigned)((uintptr_t)f >> 32),
        (unsigned)(uintptr_t)f);
    return f;
}

void fiber_free(struct fiber *f)
{
    if (f == NULL)
        return;
    assert(f->ended);
    if (kept_count < KEPT_MAX)
        kept[kept_count++] = f->stack;
    else
        munmap(f->stack, STACK_BYTES);
    free(f);
}

void fiber_resume(struct fiber *f)
{
    void *saved = NULL;

    assert(!f->ended);
    leave(&saved, f->stack, STACK_BYTES);
    if (swapcontext(&f->outside, &f->inside) != 0)
        abort();
    enter(saved, NULL, NULL);
}

void fiber_pause(struct fiber *f)
{
    void *saved = NULL;

    leave(&saved, f->outside_stack, f->outside_bytes);
    if (swapcontext(&f->inside, &f->outside) != 0)
        abort();
    enter(saved, &f->outside_stack, &f->outside_bytes);
}

bool fiber_ended(const struct fiber *f)
{
    return f->ended;
}

void fiber_free_stacks(void)
{
    while (kept_count > 0)
        munmap(kept[--kept_count], STACK_BYTES);
}
