/* The command line's common ground: exit codes, one line for each error, numbers, text from
 * outside made visible, and progress that shows on a terminal only and cleans up. */
#include "tests/unit/test.h"

#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include "system/cli.h"
#include "system/clock.h"
#include "system/messages.h"

static char printed[8192];

/* Runs `work` with a stream led to a file, and keeps in `printed` what came. */
static void capture(FILE *stream, int fd, void (*work)(void *), void *ctx)
{
    FILE *file = tmpfile();
    int saved = dup(fd);
    size_t n;

    assert_non_null(file);
    assert_true(saved >= 0);
    fflush(stream);
    assert_true(dup2(fileno(file), fd) >= 0);
    work(ctx);
    fflush(stream);
    assert_true(dup2(saved, fd) >= 0);
    close(saved);
    rewind(file);
    n = fread(printed, 1, sizeof printed - 1, file);
    printed[n] = 0;
    fclose(file);
}

struct fail_case {
    int err;
    const char *what;
    const char *why; /* NULL for none */
    int status;
    const char *line;
};

static void fail_work(void *ctx)
{
    const struct fail_case *c = ctx;
    struct why why;

    why_set(&why, "%s", c->why == NULL ? "" : c->why);
    assert_int_equal(cli_fail(c->err, c->what, c->why == NULL ? NULL : &why), c->status);
}

static void test_fail(void **state)
{
    static struct fail_case cases[] = {
        {KEIIN_EUSAGE, "word", "is wrong", EXIT_USAGE, "word: is wrong\n"},
        {KEIIN_EABSENT, "/a", "/a: no such file", EXIT_INCOMPLETE, "/a: no such file\n"},
        {KEIIN_EUNREADABLE, "/a", "/ab: cannot", EXIT_INCOMPLETE, "/a: /ab: cannot\n"},
        {KEIIN_EUNKNOWN, "url", "cut", EXIT_INCOMPLETE, "url: cut\n"},
        {KEIIN_EMALFORMED, "f", "bad", EXIT_FINDINGS, "f: bad\n"},
        {KEIIN_EPASSPHRASE, "f", "bad", EXIT_FINDINGS, "f: bad\n"},
        {KEIIN_ENOMEM, "f", NULL, EXIT_INTERNAL, NULL},
        {KEIIN_ECRYPTO, "f", "", EXIT_INTERNAL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char wanted[200];

        capture(stderr, STDERR_FILENO, fail_work, &cases[i]);
        if (cases[i].line == NULL)
            snprintf(wanted, sizeof wanted, "keiin: f: %s\n", keiin_err_text(cases[i].err));
        else
            snprintf(wanted, sizeof wanted, "keiin: %s", cases[i].line);
        assert_string_equal(printed, wanted);
    }
}

static void number_work(void *ctx)
{
    uint64_t n;

    assert_false(cli_number("--count", ctx, 2, 10, &n));
}

static void test_number(void **state)
{
    static char *const bad[] = {
        "1", "11", "", "-3", "+3", "03", "3 ", "0x3", "18446744073709551619" /* 2^64 + 3 */};
    uint64_t n = 0;

    (void)state;
    assert_true(cli_number("--count", "2", 2, 10, &n));
    assert_int_equal(n, 2);
    assert_true(cli_number("--count", "10", 2, 10, &n));
    assert_int_equal(n, 10);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        capture(stderr, STDERR_FILENO, number_work, bad[i]);
        assert_non_null(strstr(printed, "--count"));
        assert_non_null(strstr(printed, "2 to 10"));
        assert_ptr_equal(strchr(printed, '\n'), printed + strlen(printed) - 1);
    }
}

static void visible_work(void *ctx)
{
    cli_put_visible(stdout, span_str(ctx));
}

static void test_visible(void **state)
{
    (void)state;
    capture(stdout, STDOUT_FILENO, visible_work, "a\033[31m\xe2\x80\xae\nb\xff");
    assert_string_equal(printed, "a\\u{001b}[31m\\u{202e}\\u{000a}b\\x{ff}");
    /* The longest form of each byte still fits. */
    capture(stdout, STDOUT_FILENO, visible_work, "\xf3\xa0\x80\x81\xf3\xa0\x80\x81\001\001\001");
    assert_string_equal(printed, "\\u{e0001}\\u{e0001}\\u{0001}\\u{0001}\\u{0001}");
}

static int sum(int argc, char **argv)
{
    printf("%s of %d", argv[0], argc - 1);
    return EXIT_FINDINGS;
}

struct main_case {
    char *argv[4];
    int argc;
    int status;
    const char *says;
};

static void main_work(void *ctx)
{
    static const struct cli_command commands[] = {{"sum", sum, "adds"}};
    struct main_case *c = ctx;

    assert_int_equal(
        cli_main(c->argc, c->argv, "keiin-test", "Usage: keiin-test", commands, 1), c->status);
}

static void test_main(void **state)
{
    static struct main_case cases[] = {
        {{"p", "--help", NULL}, 2, EXIT_OK, "Usage: keiin-test"},
        {{"p", "sum", "--help", NULL}, 3, EXIT_OK, "Usage: keiin-test"},
        {{"p", "--version", NULL}, 2, EXIT_OK, "keiin-test "},
        {{"p", "sum", "1", NULL}, 3, EXIT_FINDINGS, "sum of 1"},
    };
    static struct main_case wrong[] = {
        {{"p", NULL}, 1, EXIT_USAGE, "--help"},
        {{"p", "su\nm", NULL}, 2, EXIT_USAGE, "su\\u{000a}m"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        capture(stdout, STDOUT_FILENO, main_work, &cases[i]);
        assert_non_null(strstr(printed, cases[i].says));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        capture(stderr, STDERR_FILENO, main_work, &wrong[i]);
        assert_non_null(strstr(printed, wrong[i].says));
        assert_true(strncmp(printed, "keiin-test: ", 12) == 0);
    }
}

struct language_case {
    const char *words; /* of the command line, with spaces between */
    const char *left; /* after --lang was taken out */
    int status;
    enum language language;
};

static void language_work(void *ctx)
{
    struct language_case *c = ctx;
    char words[256], left[256] = "", *argv[16] = {"p"}, *rest = NULL;
    int argc = 1;

    snprintf(words, sizeof words, "%s", c->words);
    for (char *w = strtok_r(words, " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest))
        argv[argc++] = w;
    assert_int_equal(cli_language(&argc, argv, "keiin-test"), c->status);
    assert_int_equal(messages_language(), c->language);
    if (c->status != EXIT_OK)
        return;
    assert_string_equal(argv[0], "p");
    assert_null(argv[argc]);
    for (int i = 1; i < argc; i++)
        snprintf(
            left + strlen(left), sizeof left - strlen(left), "%s%s", i > 1 ? " " : "", argv[i]);
    assert_string_equal(left, c->left);
}

static void test_language(void **state)
{
    static struct language_case cases[] = {
        {"", "", EXIT_OK, LANGUAGE_EN},
        {"audit x", "audit x", EXIT_OK, LANGUAGE_EN},
        {"--lang ja audit x", "audit x", EXIT_OK, LANGUAGE_JA},
        {"audit --lang ja x", "audit x", EXIT_OK, LANGUAGE_JA},
        {"audit x --lang=ja", "audit x", EXIT_OK, LANGUAGE_JA},
        {"--lang=ja", "", EXIT_OK, LANGUAGE_JA},
        {"--lang ja audit --lang en", "audit", EXIT_OK, LANGUAGE_EN},
        {"audit -- --lang ja", "audit -- --lang ja", EXIT_OK, LANGUAGE_EN},
        {"--lang ja -- --lang=en x", "-- --lang=en x", EXIT_OK, LANGUAGE_JA},
        {"--language ja --lan ja -lang ja --langx", "--language ja --lan ja -lang ja --langx",
            EXIT_OK, LANGUAGE_EN},
        {"--lang", "", EXIT_USAGE, LANGUAGE_EN},
        {"audit --lang", "", EXIT_USAGE, LANGUAGE_EN},
        {"--lang=", "", EXIT_USAGE, LANGUAGE_EN},
        {"--lang de audit", "", EXIT_USAGE, LANGUAGE_EN},
        {"--lang --help", "", EXIT_USAGE, LANGUAGE_EN},
        {"--lang -- x", "", EXIT_USAGE, LANGUAGE_EN},
    };

    (void)state;
    assert_int_equal(setenv("LC_ALL", "C", 1), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        capture(stderr, STDERR_FILENO, language_work, &cases[i]);
        if (cases[i].status == EXIT_OK)
            assert_string_equal(printed, "");
        else
            assert_string_equal(printed,
                "keiin-test: --lang is ja (Japanese) or en (English); see keiin-test --help\n");
    }
    assert_int_equal(setenv("LC_ALL", "ja_JP.UTF-8", 1), 0);
    cases[0].language = LANGUAGE_JA;
    capture(stderr, STDERR_FILENO, language_work, &cases[0]);
    capture(stderr, STDERR_FILENO, language_work, &cases[6]); /* --lang goes before it */
    assert_int_equal(setenv("LC_ALL", "C", 1), 0);
    messages_use(LANGUAGE_EN);
}

/* What does not fit into a line is cut, but no character is. */
static void long_work(void *ctx)
{
    cli_usage("%s", (const char *)ctx);
}

static void test_long_lines(void **state)
{
    char *text = malloc(3 * 4000 + 2);

    (void)state;
    assert_non_null(text);
    for (size_t shift = 0; shift < 3; shift++) {
        size_t n = 0;

        while (n < shift)
            text[n++] = 'a';
        for (size_t i = 0; i < 2000; i++, n += 3)
            memcpy(text + n, "\xe5\x8f\xb0", 3);
        text[n] = 0;
        capture(stderr, STDERR_FILENO, long_work, text);
        assert_true(strlen(printed) > 1000);
        assert_true(utf8_valid(span_str(printed)));
    }
    free(text);
}

/* A progress that began two seconds ago. */
static void progress_work(void *ctx)
{
    struct progress p;

    (void)ctx;
    progress_start(&p, "entries");
    progress_update(&p, 10, 100); /* too early */
    p.start_ms -= 2000;
    progress_update(&p, 50, 100);
    progress_update(&p, 60, 100); /* too soon after the last */
    progress_end(&p);
    progress_end(&p);
}

static void test_progress_not_into_files(void **state)
{
    (void)state;
    capture(stderr, STDERR_FILENO, progress_work, NULL);
    assert_string_equal(printed, "");
}

/* Reads until `last`: what is written to a terminal comes late and in pieces. */
static size_t read_terminal(int master, const char *last)
{
    struct pollfd there = {.fd = master, .events = POLLIN};
    size_t n = 0, last_bytes = strlen(last);

    while (n < last_bytes || memcmp(printed + n - last_bytes, last, last_bytes) != 0) {
        ssize_t got = -1;

        if (n < sizeof printed - 1 && poll(&there, 1, 10000) == 1)
            got = read(master, printed + n, sizeof printed - 1 - n);
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    printed[n] = 0;
    return n;
}

static void test_progress_on_a_terminal(void **state)
{
    int master, terminal, saved = dup(STDERR_FILENO);
    size_t n;
    const char *line;

    (void)state;
    assert_int_equal(openpty(&master, &terminal, NULL, NULL, NULL), 0);
    assert_true(dup2(terminal, STDERR_FILENO) >= 0);
    progress_work(NULL);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    n = read_terminal(master, "\r\033[K");
    assert_true(n > 4);
    line = strstr(printed, "entries: 50 of 100 (50%), ");
    assert_non_null(line);
    assert_non_null(strstr(line, " a second, 0:0"));
    assert_null(strstr(printed, "60 of")); /* and so not the one too soon */
    assert_null(strstr(printed, "10 of"));
    assert_string_equal(printed + n - 4, "\r\033[K"); /* the line is gone in the end */
    close(master);
    close(terminal);
}

static int start(void **state)
{
    (void)state;
    return setvbuf(stderr, NULL, _IONBF, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fail), /* before cli_main gives the program its name */
        cmocka_unit_test(test_number),
        cmocka_unit_test(test_visible),
        cmocka_unit_test(test_main),
        cmocka_unit_test(test_language),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_progress_not_into_files),
        cmocka_unit_test(test_progress_on_a_terminal),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
