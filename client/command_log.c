/* keiin-client log: one record from FIELD=VALUE. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/program.h"
#include "core/msgpack.h"
#include "core/text.h"
#include "system/messages.h"

#define NO_FIELD_BYTES_MAX 100 /* of a word that is no FIELD=VALUE, in its error */

/* Bytes in hex. */
static int put_hex(struct keiin_record *record, struct span name, enum field_type type,
    struct span value, struct why *why)
{
    uint8_t *bytes = malloc(value.n / 2 + 1);
    int err;

    if (bytes == NULL)
        return KEIIN_ENOMEM;
    if (value.n % 2 != 0 || !hex_decode(bytes, value.n / 2, value))
        err = compose_wrong_type(name, type, why);
    else
        err = compose_bytes(record, name, span_of(bytes, value.n / 2), why);
    free(bytes);
    return err;
}

/* A list field is given once for each of its values. */
static int put_list(
    struct keiin_record *record, struct span name, int argc, char **argv, struct why *why)
{
    enum field_type type;
    size_t count = 0;
    int err = compose_begin(record, name, &type, why);

    for (int i = 0; i < argc; i++)
        count += strncmp(argv[i], (const char *)name.p, name.n) == 0 && argv[i][name.n] == '=';
    if (err == 0)
        msgpack_put_array(&record->bytes, count);
    for (int i = 0; i < argc && err == 0; i++) {
        if (strncmp(argv[i], (const char *)name.p, name.n) != 0 || argv[i][name.n] != '=')
            continue;
        if (!id_valid(span_str(argv[i] + name.n + 1)))
            err = compose_wrong_type(name, type, why);
        msgpack_put_str(&record->bytes, span_str(argv[i] + name.n + 1));
    }
    return err == 0 ? compose_end(record, why) : err;
}

/* Argument i of FIELD=VALUE; those of a list were taken with its first. */
static int put_argument(struct keiin_record *record, int argc, char **argv, int i, struct why *why)
{
    const char *equals = strchr(argv[i], '=');
    struct span name = span_of((const uint8_t *)argv[i], (size_t)(equals - argv[i]));
    struct span value = span_str(equals + 1);
    enum field_type type;
    uint64_t number;

    if (!record_field_type(name, &type))
        return compose_text(record, name, value, why); /* says so, in one place */
    switch (type) {
    case FIELD_IDS:
        for (int k = 0; k < i; k++)
            if (strncmp(argv[k], argv[i], name.n + 1) == 0)
                return 0;
        return put_list(record, name, argc, argv, why);
    case FIELD_UINT:
    case FIELD_TIME:
        if (decimal_parse(value, UINT_MAX_CANONICAL, &number))
            return compose_number(record, name, number, why);
        return type == FIELD_TIME ? compose_text(record, name, value, why)
                                  : compose_wrong_type(name, type, why);
    case FIELD_TRUE:
        return span_is(value, "true") ? compose_true(record, name, why)
                                      : compose_wrong_type(name, type, why);
    case FIELD_BIN:
    case FIELD_BIN16:
    case FIELD_BIN32:
        return put_hex(record, name, type, value, why);
    case FIELD_ID:
    case FIELD_TEXT:
    case FIELD_EXTENSION:
        break;
    }
    return compose_text(record, name, value, why);
}

static int compose_all(struct keiin_record *record, int argc, char **argv, struct why *why)
{
    int err = 0;

    for (int i = 0; i < argc && err == 0; i++)
        err = put_argument(record, argc, argv, i, why);
    if (err == 0 && !compose_has(record, "at"))
        err = compose_number(record, span_str("at"), system_clock.wall_ms(system_clock.ctx), why);
    return err;
}

static int send_record(struct keiin *keiin, struct keiin_record *record, const char *folder)
{
    struct keiin_status status;
    struct keiin_why told = {""};
    int err = keiin_append(keiin, record, NULL, 0, &told);

    if (err != 0)
        return program_fail(err, "log", told.text);
    err = keiin_submit(keiin, &told);
    keiin_status(keiin, &status);
    if (err == 0) {
        printf(message_text(MESSAGE_CLIENT_LOGGED), status.last_entry, status.last_number);
        return EXIT_OK;
    }
    cli_error(message_text(keiin->folder.unsure      ? MESSAGE_CLIENT_LOG_UNSURE
                           : status.batch_count == 0 ? MESSAGE_CLIENT_LOG_KEPT
                                                     : MESSAGE_CLIENT_LOG_LOST),
        folder, told.text);
    return program_exit(err);
}

int command_log(int argc, char **argv)
{
    struct program_options options;
    struct keiin_record *record = NULL;
    struct keiin *keiin = NULL;
    struct why why = {""};
    int exit_code, err;

    if (!program_options(argc, argv, true, &options))
        return EXIT_USAGE;
    if (optind == argc)
        return cli_usage("%s", message_text(MESSAGE_CLIENT_NEED_FIELDS));
    for (int i = optind; i < argc; i++)
        if (strchr(argv[i], '=') == NULL) {
            char *shown = program_visible(argv[i]);

            shown[utf8_beginning(span_str(shown), NO_FIELD_BYTES_MAX).n] = 0;
            exit_code = cli_usage(message_text(MESSAGE_CLIENT_NO_FIELD), shown);
            free(shown);
            return exit_code;
        }
    record = compose_new();
    err = record == NULL ? KEIIN_ENOMEM : compose_all(record, argc - optind, argv + optind, &why);
    if (err != 0) {
        exit_code = program_fail(err, "log", why.text);
        goto out;
    }
    keiin = program_open(&options, &exit_code);
    if (keiin != NULL)
        exit_code = send_record(keiin, record, options.folder);
out:
    keiin_close(keiin);
    compose_free(record);
    return exit_code;
}
