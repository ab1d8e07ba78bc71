/*
 * simulate --seed N [--trace]     one seed; --trace prints all that happens
 * simulate --seeds A-B            all of them, up to the first that fails
 * simulate --seeds A-B --apart N  a process each, up to the Nth that fails
 *
 * SIGINT and SIGTERM end it after the seed under way, with the counts so far.
 *
 * A seed that fails prints its number, and fails again with the same trace hash. With 1,000
 * seeds or more every kind of fault must have happened. Exit status 0, 1 (something failed), 64.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/ed25519.h"
#include "core/text.h"
#include "system/cli.h"
#include "tests/sim/fiber.h"
#include "tests/sim/keys.h"
#include "tests/sim/sim.h"

#define SEEDS_FOR_ALL_KINDS 1000
#define AGAIN_EVERY 100 /* such a seed is run twice, to the same trace */

struct options {
    uint64_t first, last;
    uint64_t apart; /* failures that are enough; 0: all seeds in this process */
    bool one, trace;
};

/* What all seeds add up to; shared with the processes of --apart. */
struct totals {
    uint64_t seeds, failed, steps, simulated_ms;
    uint64_t hash; /* of all traces */
    uint64_t counts[COUNT_KINDS];
    uint64_t seeds_with[COUNT_KINDS];
};

static volatile uint64_t current; /* seed, for the handler */
static volatile sig_atomic_t stops; /* after this seed: someone wants to know how far it is */

static void on_stop(int number)
{
    stops = number;
}

static void on_abort(int number)
{
    char line[96];
    int n = snprintf(line, sizeof line, "seed %llu: FAILED: ended by signal %d\n",
        (unsigned long long)current, number);

    if (write(STDOUT_FILENO, line, (size_t)n) < 0)
        _exit(1);
    signal(number, SIG_DFL);
    raise(number);
}

static struct sim *run_world(uint64_t seed, bool trace, bool *good)
{
    struct sim *sim = calloc(1, sizeof *sim);

    if (sim == NULL)
        abort();
    current = seed;
    *good = sim_run(sim, seed, trace);
    return sim;
}

static void free_world(struct sim *sim)
{
    sim_free(sim);
    free(sim);
}

/* Whether the same seed makes the same world, after others had their turn in this process. */
static bool is_same_again(uint64_t seed, uint64_t hash)
{
    bool good, same;
    struct sim *sim = run_world(seed, false, &good);

    same = sim->trace_hash == hash;
    if (!same)
        printf("seed %" PRIu64 ": FAILED: a second run has trace hash %016" PRIx64 "\n", seed,
            sim->trace_hash);
    free_world(sim);
    return same;
}

static void add_up(struct totals *totals, const struct sim *sim)
{
    totals->seeds++;
    totals->steps += sim->steps;
    totals->simulated_ms += sim->now_ms;
    totals->hash = (totals->hash ^ sim->trace_hash) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < COUNT_KINDS; i++) {
        totals->counts[i] += sim->counts[i];
        totals->seeds_with[i] += sim->counts[i] > 0;
    }
}

static bool run_seed(uint64_t seed, bool trace, bool say, struct totals *totals)
{
    bool good;
    struct sim *sim = run_world(seed, trace, &good);

    add_up(totals, sim);
    if (!good)
        printf("seed %" PRIu64 ": FAILED: %s\n", seed, sim->failure);
    if (say || !good)
        printf("seed %" PRIu64 ": %s, %" PRIu64 " steps, %" PRIu64
               " s simulated, trace hash %016" PRIx64 "\n",
            seed, good ? "passed" : "failed", sim->steps, sim->now_ms / 1000, sim->trace_hash);
    if (good && seed % AGAIN_EVERY == 0)
        good = is_same_again(seed, sim->trace_hash);
    if (!good)
        totals->failed++;
    fflush(stdout);
    free_world(sim);
    return good;
}

static void run_apart(uint64_t seed, struct totals *totals)
{
    int status = 0;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        bool good = run_seed(seed, false, false, totals);

        fflush(stdout);
        keys_free();
        _exit(good ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        abort();
    if (WIFSIGNALED(status)) {
        totals->seeds++;
        totals->failed++;
    }
}

/* A table of what happened; false when a kind that must happen did not. */
static bool say_counts(const struct totals *totals)
{
    bool all = true;

    printf("%9s  %9s  what happened\n", "times", "in seeds");
    for (size_t i = 0; i < COUNT_KINDS; i++)
        printf("%9" PRIu64 "  %9" PRIu64 "  %s\n", totals->counts[i], totals->seeds_with[i],
            count_texts[i]);
    for (size_t i = 0; i < COUNT_KINDS && totals->seeds >= SEEDS_FOR_ALL_KINDS; i++)
        if (totals->counts[i] == 0) {
            printf("FAILED: never happened: %s\n", count_texts[i]);
            all = false;
        }
    return all;
}

static long long processor_s(void)
{
    struct rusage self, children;

    if (getrusage(RUSAGE_SELF, &self) != 0 || getrusage(RUSAGE_CHILDREN, &children) != 0)
        return -1;
    return (long long)(self.ru_utime.tv_sec + self.ru_stime.tv_sec + children.ru_utime.tv_sec +
                       children.ru_stime.tv_sec);
}

static int run_all(const struct options *o)
{
    struct totals *totals =
        mmap(NULL, sizeof *totals, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool good = true;

    if (totals == MAP_FAILED)
        abort();
    for (uint64_t seed = o->first; seed <= o->last && good && !stops; seed++) {
        if (o->apart > 0) {
            run_apart(seed, totals);
            good = totals->failed < o->apart;
        } else {
            good = run_seed(seed, o->trace, o->one, totals);
        }
    }
    good = totals->failed == 0;
    if (!o->one)
        good = say_counts(totals) && good;
    if (!o->one)
        printf("%" PRIu64 " seeds, %" PRIu64 " failed, %" PRIu64 " steps, %" PRIu64
               " h simulated, %lld s of processor time, hash of all traces %016" PRIx64 "\n",
            totals->seeds, totals->failed, totals->steps, totals->simulated_ms / 3600000,
            processor_s(), totals->hash);
    munmap(totals, sizeof *totals);
    return good ? EXIT_OK : EXIT_FINDINGS;
}

static bool parse(int argc, char **argv, struct options *o)
{
    const char *range = NULL, *dash;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--trace") == 0)
            o->trace = true;
        else if (strcmp(argv[i], "--apart") == 0 && i + 1 < argc &&
                 decimal_parse(span_str(argv[i + 1]), UINT64_MAX, &o->apart))
            i++;
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc && range == NULL)
            o->one = decimal_parse(span_str(range = argv[++i]), UINT64_MAX - 1, &o->first);
        else if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc && range == NULL)
            range = argv[++i];
        else
            return false;
    }
    o->last = o->first;
    if (range == NULL || o->one)
        return o->one;
    dash = strchr(range, '-');
    return dash != NULL &&
           decimal_parse(span_of(range, (size_t)(dash - range)), UINT64_MAX - 1, &o->first) &&
           decimal_parse(span_str(dash + 1), UINT64_MAX - 1, &o->last) && o->first <= o->last;
}

int main(int argc, char **argv)
{
    struct options o = {0};
    struct why why = {""};
    int status;

    if (!parse(argc, argv, &o)) {
        fputs("usage: simulate --seed N [--trace] | --seeds A-B [--apart N]\n", stderr);
        return EXIT_USAGE;
    }
    if (crypto_start(&why) != 0)
        return cli_fail(KEIIN_ECRYPTO, "simulate", &why);
    signal(SIGTERM, on_stop);
    signal(SIGINT, on_stop);
    signal(SIGABRT, on_abort);
    signal(SIGSEGV, on_abort);
    status = run_all(&o);
    keys_free();
    fiber_free_stacks();
    return status;
}
