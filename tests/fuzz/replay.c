/*
 * A fuzz target without a fuzzer: feeds it every file of its corpus, then a fixed number of
 * seeded mutations of them. Any compiler, any sanitizer or none. A run that dies says which
 * input it was and leaves it in `replay-failed` of the current folder.
 *
 *     PROGRAM [FILE or FOLDER...]     KEIIN_SEED=N  another run of mutations
 *                                     KEIIN_ROUNDS=N  more or fewer of them
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define INPUTS_MAX 4096
#define INPUT_BYTES_MAX (1024 * 1024)
#define STEPS_MAX 4 /* changes that make one mutation */

struct input {
    char name[256];
    uint8_t *p;
    size_t n;
};

static struct input inputs[INPUTS_MAX];
static size_t input_count;

/* What runs now, for who dies. */
static const char *now_name = "nothing";
static unsigned long now_round;
static const uint8_t *now_p;
static size_t now_n;

/* Sanitizers end in SIGABRT, so that the input is known; other signals are theirs to report. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
    return "abort_on_error=1";
}

__attribute__((visibility("default"))) const char *__ubsan_default_options(void)
{
    return "abort_on_error=1";
}

static void say_input(void)
{
    char line[512];
    int fd = open("replay-failed", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int n = snprintf(line, sizeof line,
        "died of %s, mutation %lu; %zu bytes are in ./replay-failed\n", now_name, now_round, now_n);

    if (write(STDERR_FILENO, line, (size_t)n) < 0 || fd < 0 || write(fd, now_p, now_n) < 0)
        return;
    close(fd);
}

static void on_signal(int number)
{
    say_input();
    signal(number, SIG_DFL);
    raise(number);
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t n)
{
    return n == 0 ? 0 : (size_t)(next_random(state) % n);
}

static void run(const struct input *input, unsigned long round, const uint8_t *p, size_t n)
{
    now_name = input->name;
    now_round = round;
    now_p = p;
    now_n = n;
    (void)LLVMFuzzerTestOneInput(p, n);
}

static void load_file(const char *path)
{
    struct input *input = &inputs[input_count];
    FILE *f = fopen(path, "rb");
    size_t n = strlen(path);

    if (f == NULL || input_count == INPUTS_MAX) {
        fprintf(stderr, "%s: %s\n", path, f == NULL ? strerror(errno) : "too many inputs");
        exit(1);
    }
    snprintf(input->name, sizeof input->name, "%s", n < 256 ? path : path + n - 255);
    input->p = malloc(INPUT_BYTES_MAX);
    input->n = input->p == NULL ? 0 : fread(input->p, 1, INPUT_BYTES_MAX, f);
    input->p = realloc(input->p, input->n + 1);
    input_count++;
    fclose(f);
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void load(const char *path)
{
    struct dirent **names = NULL;
    struct stat st;
    char file[4096];
    int count;

    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        load_file(path);
        return;
    }
    count = scandir(path, &names, not_hidden, alphasort); /* an order, so that a run repeats */
    for (int i = 0; i < count; i++) {
        snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
        load_file(file);
        free(names[i]);
    }
    free(names);
}

/* Moves what is behind `at` by `by` bytes, either way, within the room. */
static size_t shift(uint8_t *p, size_t n, size_t at, size_t by, bool longer, size_t room)
{
    if (longer) {
        by = by > room - n ? room - n : by;
        memmove(p + at + by, p + at, n - at);
        return n + by;
    }
    by = by > n - at ? n - at : by;
    memmove(p + at, p + at + by, n - at - by);
    return n - by;
}

/* The line that holds the byte at `at`: from its first byte to behind its newline. */
static void line_of(const uint8_t *p, size_t n, size_t at, size_t *from, size_t *to)
{
    for (*from = at; *from > 0 && p[*from - 1] != '\n'; --*from)
        continue;
    for (*to = at; *to < n && p[*to] != '\n'; ++*to)
        continue;
    *to += *to < n;
}

/* Two lines, or two parts around a newline, change places. */
static void swap_lines(uint8_t *p, size_t n, uint64_t *random)
{
    static uint8_t whole[INPUT_BYTES_MAX + 64];
    size_t a[2], b[2], at = 0;

    line_of(p, n, below(random, n + 1), &a[0], &a[1]);
    line_of(p, n, below(random, n + 1), &b[0], &b[1]);
    if (a[1] > b[0])
        return; /* the same one, or the wrong way round: nothing */
    memcpy(whole, p + b[0], b[1] - b[0]);
    at = b[1] - b[0];
    memcpy(whole + at, p + a[1], b[0] - a[1]);
    at += b[0] - a[1];
    memcpy(whole + at, p + a[0], a[1] - a[0]);
    memcpy(p + a[0], whole, b[1] - a[0]);
}

static size_t change(uint8_t *p, size_t n, size_t room, uint64_t *random)
{
    static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xc0, 0xc1, 0xc4, 0xcf, 0xd9, 0xdc, 0xdf,
        0xff, '\n', ' ', '=', '+', '/', '0', '9', '"', ',', '\\', '\r'};
    const struct input *other = &inputs[below(random, input_count)];
    size_t at = below(random, n + 1), from, count;

    switch (below(random, 9)) {
    case 0:
        if (at < n)
            p[at] ^= (uint8_t)(1u << below(random, 8));
        return n;
    case 1:
        if (at < n)
            p[at] = telling[below(random, sizeof telling)];
        return n;
    case 2:
        if (at < n)
            p[at] = (uint8_t)(p[at] + (below(random, 2) == 0 ? 1 : -1));
        return n;
    case 3: /* bytes go */
        return shift(p, n, at, 1 + below(random, 8), false, room);
    case 4: /* bytes come */
        count = shift(p, n, at, 1 + below(random, 4), true, room);
        for (size_t i = at; i < at + (count - n); i++)
            p[i] = telling[below(random, sizeof telling)];
        return count;
    case 5: /* the end goes */
        return at;
    case 6:
        swap_lines(p, n, random);
        return n;
    case 7: /* a part again */
        from = below(random, n + 1);
        count = below(random, n - from + 1);
        count = count > room - n ? room - n : count;
        memmove(p + at + count, p + at, n - at);
        if (count > 0)
            memmove(p + at, p + (from >= at ? from + count : from),
                from >= at || from + count <= at ? count : at - from);
        return n + count;
    default: /* a part of another input over this one */
        from = below(random, other->n + 1);
        count = below(random, other->n - from + 1);
        count = count > room - at ? room - at : count;
        if (count > 0)
            memcpy(p + at, other->p + from, count);
        return at + count > n ? at + count : n;
    }
}

static void mutate_all(unsigned long rounds, uint64_t seed)
{
    static uint8_t scratch[INPUT_BYTES_MAX + 64];
    uint64_t random = seed;

    for (unsigned long round = 1; round <= rounds; round++) {
        const struct input *input = &inputs[round % input_count];
        size_t n = input->n, room = 2 * input->n + 64, steps = 1 + below(&random, STEPS_MAX);

        room = room > sizeof scratch ? sizeof scratch : room;
        memcpy(scratch, input->p, n);
        for (size_t i = 0; i < steps; i++)
            n = change(scratch, n, room, &random);
        run(input, round, scratch, n);
    }
}

/* The corpus of this program in the source tree. */
static void load_corpus(const char *program)
{
    const char *src = getenv("KEIIN_SRC"), *slash = strrchr(program, '/');
    char path[4096];

    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%s", src == NULL ? "." : src,
        slash == NULL ? program : slash + 1);
    load(path);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 0);
}

int main(int argc, char **argv)
{
    static const int deadly[] = {SIGABRT, SIGTERM, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    uint64_t seed = setting("KEIIN_SEED", 20261001);
    unsigned long rounds = argc > 1 ? 0 : fuzz_rounds;

    for (int i = 1; i < argc; i++)
        load(argv[i]);
    if (argc == 1)
        load_corpus(argv[0]);
    if (input_count == 0) {
        fprintf(stderr, "%s: no corpus; is KEIIN_SRC the source tree?\n", argv[0]);
        return 1;
    }
    for (size_t i = 0; i < (__sanitizer_set_death_callback == NULL ? 6 : 2); i++)
        signal(deadly[i], on_signal);
    for (size_t i = 0; i < input_count; i++)
        run(&inputs[i], 0, inputs[i].p, inputs[i].n);
    rounds = setting("KEIIN_ROUNDS", rounds);
    mutate_all(rounds, seed);
    printf("%zu inputs, %lu mutations, KEIIN_SEED=%llu\n", input_count, rounds,
        (unsigned long long)seed);
    for (size_t i = 0; i < input_count; i++)
        free(inputs[i].p);
    return 0;
}
