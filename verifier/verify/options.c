#include "verifier/verify/options.h"

#include <assert.h>
#include <getopt.h>

#include "core/text.h"
#include "system/cli.h"
#include "system/messages.h"

#define FIRST_VALUE 256 /* of getopt's, beyond every character */

static bool take_number(const struct option_row *row, const char *shown, const char *value)
{
    uint64_t number = 0;

    assert(row->number != NULL || row->size != NULL || row->count != NULL ||
           row->seconds_as_ms != NULL);
    if (!cli_number(shown, value, row->min, row->max, &number))
        return false;
    if (row->number != NULL)
        *row->number = number;
    else if (row->size != NULL)
        *row->size = (size_t)number;
    else if (row->count != NULL)
        *row->count = (unsigned)number;
    else
        *row->seconds_as_ms = number * 1000;
    return true;
}

/* 0, or the exit status after a line was printed. */
static int take(const struct option_row *row, const char *command, const char *value)
{
    char shown[64];
    bool good = true;

    snprintf(shown, sizeof shown, "--%s", row->name);
    if (row->given != NULL)
        *row->given = true;
    if (row->each != NULL)
        return row->each(row->ctx, command, value);
    if (row->flag != NULL) {
        *row->flag = true;
    } else if (row->text != NULL) {
        *row->text = value;
    } else if (row->time_ms != NULL) {
        good = time_parse(span_str(value), row->time_ms);
        if (!good)
            cli_usage(message_text(MESSAGE_VERIFY_TIME), shown, value);
    } else {
        good = take_number(row, shown, value);
    }
    return good ? 0 : EXIT_USAGE;
}

int options_read(int argc, char **argv, const struct option_row *rows, size_t count)
{
    struct option longs[OPTIONS_MAX + 1] = {{0}};
    int c, status = 0;

    assert(count <= OPTIONS_MAX);
    for (size_t i = 0; i < count; i++)
        longs[i] = (struct option){rows[i].name,
            rows[i].flag != NULL ? no_argument : required_argument, NULL, FIRST_VALUE + (int)i};
    opterr = 0;
    while (status == 0 && (c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c < FIRST_VALUE)
            return cli_usage(message_text(MESSAGE_VERIFY_OPTION), argv[0], argv[optind - 1]);
        status = take(&rows[c - FIRST_VALUE], argv[0], optarg);
    }
    return status;
}
