/*
 * auditlog/pgmap.c: who a database user is. inih cuts what is too long for it without a word, so
 * each name and value that is taken must stand in the text whole, in a line of its own.
 */
#include "auditlog/pgmap.h"

#include <stdlib.h>

#include "core/text.h"
#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 15000;

/* The line from `at` on without white space at its ends; moves behind it. */
static struct span next_line(struct span in, size_t *at)
{
    size_t end = *at, from = *at;

    while (end < in.n && in.p[end] != '\n')
        end++;
    *at = end + 1;
    if (from == 0 && end >= 3 && memcmp(in.p, "\xef\xbb\xbf", 3) == 0)
        from = 3;
    while (from < end && strchr(" \t\r\f\v", in.p[from]) != NULL)
        from++;
    while (end > from && strchr(" \t\r\f\v", in.p[end - 1]) != NULL)
        end--;
    return span_of(in.p + from, end - from);
}

/* Whether a line is "[user NAME]". */
static bool is_section(struct span line, const char *name)
{
    size_t n = strlen(name);

    return line.n >= n + 7 && memcmp(line.p, "[user ", 6) == 0 &&
           memcmp(line.p + 6, name, n) == 0 && line.p[6 + n] == ']';
}

static bool has_section(struct span in, const char *name)
{
    for (size_t at = 0; at < in.n;)
        if (is_section(next_line(in, &at), name))
            return true;
    return false;
}

/* Whether a line has the value behind an = or a :, up to its end or a comment. */
static bool has_value(struct span in, const char *value)
{
    size_t n = strlen(value);

    for (size_t at = 0; at < in.n;) {
        struct span line = next_line(in, &at);

        for (size_t i = 0; i + n <= line.n; i++) {
            bool begins = i > 0 && strchr("=: \t\r\f\v", line.p[i - 1]) != NULL;
            bool ends = i + n == line.n || strchr(" \t\r\f\v", line.p[i + n]) != NULL;

            if ((begins || i == 0) && ends && memcmp(line.p + i, value, n) == 0)
                return true;
        }
    }
    return false;
}

static void check_user(struct span in, const struct pgmap *map, const struct pgmap_user *u)
{
    const char *const values[] = {u->unit, u->actor, u->authority, u->purpose, u->role};
    const char *client = strrchr(u->client, '/');

    FUZZ_CHECK(pgmap_find(map, span_str(u->name)) == u);
    FUZZ_CHECK(has_section(in, u->name) || has_value(in, u->name));
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        FUZZ_CHECK((values[i] == NULL && i > 1) ||
                   (id_valid(span_str(values[i])) && has_value(in, values[i])));
    FUZZ_CHECK(
        client != NULL && (client[1] == 0 || strstr((const char *)in.p, client + 1) != NULL));
}

static void check_times(const struct pgmap *map, struct span in)
{
    static const char at[] = "2026-11-22 01:19:39.681 ";
    char text[128];
    uint64_t ms;

    for (size_t i = 0; i < map->zone_count; i++) {
        size_t n = strlen(map->zones[i].name);

        FUZZ_CHECK(strlen(map->zones[i].offset) == 6);
        if (n + sizeof at > sizeof text)
            continue;
        memcpy(text, at, sizeof at);
        memcpy(text + sizeof at - 1, map->zones[i].name, n + 1);
        FUZZ_CHECK(pgmap_time(map, span_str(text), &ms));
        FUZZ_CHECK(ms > UINT64_C(1795224000000) && ms < UINT64_C(1795400000000));
    }
    (void)pgmap_time(map, in, &ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct buf text;
    struct pgmap map;
    struct why why = {""};
    int err;

    fuzz_file_put("map.ini", in);
    err = pgmap_read(fuzz_file("map.ini"), &map, &why);
    FUZZ_CHECK(err == 0 || (err == KEIIN_EUSAGE && fuzz_says_why(&why)));
    FUZZ_CHECK(err == 0 || map.user_count == 0);
    buf_init(&text, in.n + 1);
    buf_put_span(&text, in);
    buf_put_u8(&text, 0);
    if (err == 0)
        FUZZ_CHECK(map.user_count > 0 && memchr(in.p, 0, in.n) == NULL);
    for (size_t i = 0; err == 0 && i < map.user_count; i++)
        check_user(span_of(text.p, in.n), &map, &map.users[i]);
    if (err == 0) {
        check_times(&map, in);
        pgmap_destroy(&map);
    }
    buf_destroy(&text);
    fuzz_end(in);
    return 0;
}
