#include "system/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/ed25519.h"
#include "core/text.h"
#include "core/version.h"
#include "system/clock.h"
#include "system/messages.h"

#define LINE_BYTES_MAX 4096 /* of an error, without memory for more */
#define PROGRESS_FIRST_MS 1000
#define PROGRESS_EVERY_MS 200

/* Written by cli_language and cli_main, before any other thread; read by what prints. */
static const char *program_name = "keiin";

static void error_line(const char *format, va_list args)
{
    char text[LINE_BYTES_MAX], *longer = NULL;
    va_list again;
    int n;

    /* No memory is needed for what is not very long: want of it is told here too. */
    va_copy(again, args);
    n = vsnprintf(text, sizeof text, format, args);
    if (n >= (int)sizeof text && vasprintf(&longer, format, again) < 0)
        longer = NULL;
    va_end(again);
    /* One write, so that lines of several threads or processes do not mix. */
    if (n >= (int)sizeof text)
        text[utf8_whole(span_str(text)).n] = 0;
    fprintf(stderr, "%s: %s\n", program_name, longer == NULL ? text : longer);
    free(longer);
}

void cli_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    error_line(format, args);
    va_end(args);
}

int cli_usage(const char *format, ...)
{
    char text[LINE_BYTES_MAX];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n >= (int)sizeof text)
        text[utf8_whole(span_str(text)).n] = 0;
    cli_error(message_text(MESSAGE_SYSTEM_USAGE), text, program_name);
    return EXIT_USAGE;
}

int cli_fail(int err, const char *what, const struct why *why)
{
    const char *reason = why != NULL && why->text[0] != 0 ? why->text : keiin_err_text(err);
    size_t n = strlen(what);

    /* The reasons of system/file.h begin with the path: it is not said twice. */
    if (strncmp(reason, what, n) == 0 && reason[n] == ':')
        cli_error("%s", reason);
    else
        cli_error("%s: %s", what, reason);
    switch (err) {
    case KEIIN_EUSAGE:
        return EXIT_USAGE;
    case KEIIN_EABSENT:
    case KEIIN_EUNREADABLE:
    case KEIIN_EUNKNOWN:
    case KEIIN_EBUSY:
        return EXIT_INCOMPLETE;
    case KEIIN_ENOMEM:
    case KEIIN_ECRYPTO:
        return EXIT_INTERNAL;
    default:
        return EXIT_FINDINGS;
    }
}

void cli_put_visible(FILE *to, struct span text)
{
    struct buf b;

    /* Each byte becomes ten at most: "\u{e0001}" is longer than what it stands for. */
    buf_init(&b, text.n * 10 + 1);
    text_visible(&b, text);
    if (buf_status(&b) == 0 && b.n > 0)
        fwrite(b.p, 1, b.n, to);
    buf_destroy(&b);
}

bool cli_number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    if (decimal_parse(span_str(text), max, out) && *out >= min)
        return true;
    cli_usage(message_text(MESSAGE_SYSTEM_NUMBER), option, min, max);
    return false;
}

static void help(
    const char *program, const char *usage, const struct cli_command *commands, size_t count)
{
    fputs(usage, stdout);
    if (usage[0] != 0 && usage[strlen(usage) - 1] != '\n')
        putchar('\n');
    if (count == 0)
        return;
    puts(message_text(MESSAGE_SYSTEM_COMMANDS));
    for (size_t i = 0; i < count; i++)
        printf("  %-14s %s\n", commands[i].name, commands[i].summary);
    printf(message_text(MESSAGE_SYSTEM_MANUAL), program);
}

/* What was printed must have arrived: a verdict on a full disk is none. */
static int finish(int status)
{
    bool flushed = fflush(stdout) == 0;

    if (flushed && ferror(stdout) == 0)
        return status;
    cli_error(message_text(MESSAGE_SYSTEM_STDOUT),
        flushed ? message_text(MESSAGE_SYSTEM_STDOUT_BEFORE) : strerror(errno));
    return status == EXIT_OK ? EXIT_INCOMPLETE : status;
}

int cli_language(int *argc, char **argv, const char *program)
{
    static const char option[] = "--lang";
    int kept = 1, i = 1;

    program_name = program;
    messages_use(messages_language_of_environment());
    while (i < *argc && strcmp(argv[i], "--") != 0) {
        size_t n = sizeof option - 1;
        enum language language;
        const char *name;

        if (strncmp(argv[i], option, n) != 0 || (argv[i][n] != 0 && argv[i][n] != '=')) {
            argv[kept++] = argv[i++];
            continue;
        }
        name = argv[i][n] == '=' ? argv[i] + n + 1 : argv[i + 1];
        if (name == NULL || !messages_language_named(name, &language))
            return cli_usage("%s", message_text(MESSAGE_SYSTEM_LANGUAGE));
        messages_use(language);
        i += argv[i][n] == '=' ? 1 : 2;
    }
    while (i < *argc)
        argv[kept++] = argv[i++];
    argv[kept] = NULL;
    *argc = kept;
    return EXIT_OK;
}

int cli_main(int argc, char **argv, const char *program, const char *usage,
    const struct cli_command *commands, size_t count)
{
    struct why why = {""};
    int err;

    program_name = program;
    if (argc < 2)
        return cli_usage("%s", message_text(MESSAGE_SYSTEM_NO_COMMAND));
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("%s %s\n", program, PACKAGE_VERSION);
        return finish(EXIT_OK);
    }
    for (int i = 1; i < argc && i <= 2; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            help(program, usage, commands, count);
            return finish(EXIT_OK);
        }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        err = crypto_start(&why);
        if (err != 0)
            return cli_fail(err, "libsodium", &why);
        return finish(commands[i].run(argc - 1, argv + 1));
    }
    {
        struct buf b;
        int status;

        buf_init(&b, 4096);
        text_visible(&b, span_str(argv[1]));
        buf_put_u8(&b, 0);
        status = cli_usage(message_text(MESSAGE_SYSTEM_UNKNOWN_COMMAND),
            buf_status(&b) == 0 ? (const char *)b.p : "?");
        buf_destroy(&b);
        return status;
    }
}

void progress_start(struct progress *p, const char *what)
{
    p->what = what;
    p->start_ms = system_clock.monotonic_ms(system_clock.ctx);
    p->last_ms = 0;
    p->shown = false;
}

void progress_update(struct progress *p, uint64_t done, uint64_t total)
{
    uint64_t now_ms = system_clock.monotonic_ms(system_clock.ctx);
    uint64_t spent_ms = now_ms - p->start_ms, left_s;
    double rate;

    if (spent_ms < PROGRESS_FIRST_MS || now_ms - p->last_ms < PROGRESS_EVERY_MS ||
        isatty(STDERR_FILENO) != 1)
        return;
    p->last_ms = now_ms;
    p->shown = true;
    rate = (double)done * 1000.0 / (double)spent_ms;
    fputc('\r', stderr);
    if (total == 0 || done == 0 || done > total) {
        fprintf(stderr, message_text(MESSAGE_SYSTEM_PROGRESS), p->what, done, rate);
    } else {
        left_s = (uint64_t)((double)(total - done) / rate + 0.5);
        fprintf(stderr, message_text(MESSAGE_SYSTEM_PROGRESS_OF), p->what, done, total,
            (unsigned)(done * 100.0 / (double)total), rate, left_s / 60, left_s % 60);
    }
    fputs("\033[K", stderr);
    fflush(stderr);
}

void progress_end(struct progress *p)
{
    if (!p->shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    p->shown = false;
}
