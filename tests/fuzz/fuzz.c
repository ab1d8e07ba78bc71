#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/ed25519.h"

void fuzz_failed(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

/* ---- memory: the linker leads all allocations of our own code through here ---- */

static size_t largest_bytes;

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);

static void meter(size_t n)
{
    largest_bytes = n > largest_bytes ? n : largest_bytes;
}

void *__wrap_malloc(size_t n)
{
    meter(n);
    return __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
    size_t bytes;

    meter(__builtin_mul_overflow(count, n, &bytes) ? SIZE_MAX : bytes);
    return __real_calloc(count, n);
}

void *__wrap_realloc(void *p, size_t n)
{
    meter(n);
    return __real_realloc(p, n);
}

struct span fuzz_copy(struct span bytes)
{
    uint8_t *p = __real_malloc(bytes.n == 0 ? 1 : bytes.n);

    if (p == NULL)
        abort();
    if (bytes.n > 0)
        memcpy(p, bytes.p, bytes.n);
    /* Of an empty input even the first byte is none of it. */
    return span_of(bytes.n == 0 ? p + 1 : p, bytes.n);
}

struct span fuzz_begin(const uint8_t *data, size_t n)
{
    static bool started;
    struct why why = {""};

    if (!started) {
        started = true;
        if (crypto_start(&why) != 0)
            fuzz_failed(__FILE__, __LINE__, why.text);
    }
    largest_bytes = 0;
    return fuzz_copy(span_of(data, n));
}

void fuzz_end(struct span input)
{
    FUZZ_CHECK(largest_bytes <= FUZZ_SMALL_BYTES + 128 * input.n);
    free((uint8_t *)(uintptr_t)input.p - (input.n == 0));
}

/* ---- choices ---- */

struct choices choices_of(struct span input)
{
    return (struct choices){input.p, input.p + input.n};
}

bool choices_left(const struct choices *c)
{
    return c->p < c->end;
}

uint8_t choose_u8(struct choices *c)
{
    return c->p < c->end ? *c->p++ : 0;
}

uint64_t choose_u64(struct choices *c)
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | choose_u8(c);
    return v;
}

unsigned choose(struct choices *c, unsigned below)
{
    return choose_u8(c) % below;
}

struct span choose_bytes(struct choices *c, size_t n)
{
    size_t left = (size_t)(c->end - c->p);
    struct span s = span_of(c->p, n < left ? n : left);

    c->p += s.n;
    return s;
}

/* ---- second opinions, slow and plain ---- */

bool plain_base64(struct span text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t pads = 0, i;

    if (text.n % 4 != 0)
        return false;
    while (pads < 2 && pads < text.n && text.p[text.n - 1 - pads] == '=')
        pads++;
    for (i = 0; i + pads < text.n; i++)
        if (text.p[i] == 0 || strchr(digits, text.p[i]) == NULL)
            return false;
    /* The digit in front of the padding carries bits that belong to no byte. */
    return pads == 0 || (strchr(digits, text.p[i - 1]) - digits) % (pads == 1 ? 4 : 16) == 0;
}

/* How many bytes the character at p has by the table of RFC 3629; 0 for none. */
static size_t rfc3629(const uint8_t *p, size_t n)
{
    static const struct {
        uint8_t from, to, second_from, second_to, bytes;
    } rows[] = {{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};

    if (p[0] <= 0x7f)
        return 1;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (p[0] < rows[i].from || p[0] > rows[i].to || n < rows[i].bytes ||
            p[1] < rows[i].second_from || p[1] > rows[i].second_to)
            continue;
        for (size_t k = 2; k < rows[i].bytes; k++)
            if (p[k] < 0x80 || p[k] > 0xbf)
                return 0;
        return rows[i].bytes;
    }
    return 0;
}

bool plain_utf8(struct span text, bool any_character)
{
    /* What is forbidden, as its first and last character's bytes. */
    static const char *const forbidden[][2] = {{"\xc2\x80", "\xc2\x9f"},
        {"\xe2\x80\x8b", "\xe2\x80\x8f"}, {"\xe2\x80\xa8", "\xe2\x80\xae"},
        {"\xe2\x81\xa0", "\xe2\x81\xa9"}, {"\xef\xbb\xbf", "\xef\xbb\xbf"}};
    size_t bytes;

    for (size_t i = 0; i < text.n; i += bytes) {
        const uint8_t *p = text.p + i;

        bytes = rfc3629(p, text.n - i);
        if (bytes == 0 || (!any_character && (p[0] < 0x20 || p[0] == 0x7f)))
            return false;
        for (size_t k = 0; k < sizeof forbidden / sizeof forbidden[0] && !any_character; k++)
            if (strlen(forbidden[k][0]) == bytes && memcmp(p, forbidden[k][0], bytes) >= 0 &&
                memcmp(p, forbidden[k][1], bytes) <= 0)
                return false;
    }
    return true;
}

bool fuzz_says_why(const struct why *why)
{
    size_t n = strlen(why->text);

    /* One that was cut may end within a character. */
    for (size_t cut = 0; n + 1 == sizeof why->text && cut < 4; cut++)
        if (plain_utf8(span_of(why->text, n - cut), false))
            return true;
    return n > 0 && plain_utf8(span_of(why->text, n), false);
}

/* ---- files, for what reads a path ---- */

static char folder[64];
static char made[8][64];
static size_t made_count;

static void remove_files(void)
{
    for (size_t i = 0; i < made_count; i++)
        unlink(fuzz_file(made[i]));
    rmdir(folder);
}

const char *fuzz_file(const char *name)
{
    static char path[160];

    if (folder[0] == 0) {
        snprintf(folder, sizeof folder, "%s/keiin-fuzz-XXXXXX",
            access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        FUZZ_CHECK(mkdtemp(folder) != NULL);
        atexit(remove_files);
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void remember(const char *name)
{
    for (size_t i = 0; i < made_count; i++)
        if (strcmp(made[i], name) == 0)
            return;
    FUZZ_CHECK(made_count < sizeof made / sizeof made[0]);
    snprintf(made[made_count++], sizeof made[0], "%s", name);
}

void fuzz_file_put(const char *name, struct span bytes)
{
    FILE *f = fopen(fuzz_file(name), "wb");

    FUZZ_CHECK(f != NULL);
    remember(name);
    FUZZ_CHECK(bytes.n == 0 || fwrite(bytes.p, 1, bytes.n, f) == bytes.n);
    FUZZ_CHECK(fclose(f) == 0);
}
