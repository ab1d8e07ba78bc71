/*
 * forge-ledger: does to a copy of a ledger what a dishonest operator could do, who has the
 * log's key but no writer's. Tests and the quickstart show that keiin-verify finds it.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/entry.h"
#include "core/text.h"
#include "core/tile.h"
#include "system/cli.h"
#include "system/secretfile.h"
#include "tests/forge/ledger.h"

static const char usage[] = "usage: forge-ledger change --at I.P DIR\n"
                            "       forge-ledger remove --entry I --log-key FILE DIR\n"
                            "       forge-ledger rollback --size N --log-key FILE DIR\n"
                            "       forge-ledger writers DIR\n";

struct options {
    const char *at, *log_key, *entry, *size, *dir;
};

static int read_options(int argc, char **argv, struct options *o)
{
    static const struct option known[] = {{"at", required_argument, NULL, 'a'},
        {"log-key", required_argument, NULL, 'k'}, {"entry", required_argument, NULL, 'e'},
        {"size", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
    int c;

    *o = (struct options){0};
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        const char **to = c == 'a'   ? &o->at
                          : c == 'k' ? &o->log_key
                          : c == 'e' ? &o->entry
                          : c == 's' ? &o->size
                                     : NULL;

        if (to == NULL)
            return cli_usage("unknown option");
        *to = optarg;
    }
    if (optind + 1 != argc)
        return cli_usage("one DIR is needed");
    o->dir = argv[optind];
    return 0;
}

/* Reads the ledger and, where `log_key` names a file, the log's key. */
static int begin(const struct options *o, struct forged *ledger, struct keyfile *key)
{
    struct why why = {""};
    int err = forged_read(o->dir, ledger, &why);

    *key = (struct keyfile){0};
    if (err != 0)
        return cli_fail(err, o->dir, &why);
    if (o->log_key != NULL)
        err = secretfile_open(o->log_key, "log", false, key, &why);
    if (err != 0) {
        forged_free(ledger);
        return cli_fail(err, o->log_key, &why);
    }
    return 0;
}

static int finish(int err, const struct options *o, struct forged *ledger, struct keyfile *key,
    const struct why *why)
{
    forged_free(ledger);
    if (key->secret != NULL)
        keyfile_destroy(key);
    return err == 0 ? EXIT_OK : cli_fail(err, o->dir, why);
}

/* Changes one bit in the middle of a record; entry, tree and signatures stay as they are. */
static int change(int argc, char **argv)
{
    struct span record = {NULL, 0}, sealed;
    uint64_t index, position;
    struct why why = {""};
    struct forged ledger;
    struct keyfile key;
    struct options o;
    struct cursor c;
    const char *dot;
    int err = read_options(argc, argv, &o);

    if (err != 0)
        return err;
    dot = o.at == NULL ? NULL : strchr(o.at, '.');
    if (dot == NULL || !decimal_parse(span_of(o.at, (size_t)(dot - o.at)), SIZE_MAX, &index) ||
        !decimal_parse(span_str(dot + 1), ENTRY_DIGESTS_MAX, &position))
        return cli_usage("--at I.P is needed");
    err = begin(&o, &ledger, &key);
    if (err != 0)
        return err;
    if (index < ledger.count) {
        c = cursor_of(ledger.entries[index].records);
        for (uint64_t i = 0; i <= position; i++)
            records_next(&c, &record, &sealed);
    }
    if (index >= ledger.count || c.failed || record.n == 0) {
        why_set(&why, "there is no record %s", o.at);
        err = KEIIN_EABSENT;
    } else {
        ((uint8_t *)(uintptr_t)record.p)[record.n / 2] ^= 1;
        err = forged_write_records(o.dir, &ledger, (size_t)index, &why);
    }
    return finish(err, &o, &ledger, &key, &why);
}

/* Takes an entry out; every prev, the tree and the checkpoint are made to fit. */
static int remove_entry(int argc, char **argv)
{
    struct why why = {""};
    struct forged ledger;
    struct keyfile key;
    struct options o;
    uint64_t index;
    int err = read_options(argc, argv, &o);

    if (err != 0)
        return err;
    if (o.log_key == NULL || o.entry == NULL ||
        !decimal_parse(span_str(o.entry), SIZE_MAX, &index) || index == 0)
        return cli_usage("--entry I (not 0) and --log-key FILE are needed");
    err = begin(&o, &ledger, &key);
    if (err != 0)
        return err;
    if (index >= ledger.count) {
        why_set(&why, "there is no entry %s", o.entry);
        err = KEIIN_EABSENT;
    } else {
        forged_remove(&ledger, (size_t)index);
        err = forged_chain(&ledger, (size_t)index, &why);
    }
    if (err == 0)
        err = forged_write(o.dir, &ledger, key.secret, &why);
    return finish(err, &o, &ledger, &key, &why);
}

/* Goes back to the first N entries, under a fresh checkpoint. */
static int rollback(int argc, char **argv)
{
    struct why why = {""};
    struct forged ledger;
    struct keyfile key;
    struct options o;
    uint64_t size;
    int err = read_options(argc, argv, &o);

    if (err != 0)
        return err;
    if (o.log_key == NULL || o.size == NULL || !decimal_parse(span_str(o.size), SIZE_MAX, &size) ||
        size == 0)
        return cli_usage("--size N (not 0) and --log-key FILE are needed");
    err = begin(&o, &ledger, &key);
    if (err != 0)
        return err;
    if (size > ledger.count) {
        why_set(&why, "there are only %zu entries", ledger.count);
        err = KEIIN_EABSENT;
    }
    while (err == 0 && ledger.count > size)
        forged_remove(&ledger, ledger.count - 1);
    if (err == 0)
        err = forged_write(o.dir, &ledger, key.secret, &why);
    return finish(err, &o, &ledger, &key, &why);
}

/* A line an entry: index, key, number of the first record, how many. For scripts to choose by. */
static int writers(int argc, char **argv)
{
    struct why why = {""};
    struct forged ledger;
    struct keyfile key;
    struct options o;
    int err = read_options(argc, argv, &o);

    if (err == 0)
        err = begin(&o, &ledger, &key);
    if (err != 0)
        return err;
    for (size_t i = 0; i < ledger.count; i++) {
        char hex[2 * HASH_BYTES + 1];
        struct entry entry;

        if (entry_parse(ledger.entries[i].bytes, &entry) != 0) {
            printf("%zu malformed\n", i);
            continue;
        }
        hex_encode(hex, span_hash(&entry.key));
        printf("%zu %s %" PRIu64 " %zu\n", i, hex, entry.number, entry.digest_count);
    }
    return finish(0, &o, &ledger, &key, &why);
}

int main(int argc, char **argv)
{
    static const struct cli_command commands[] = {
        {"change", change, "change one byte of a record"},
        {"remove", remove_entry, "take an entry out and sign everything again"},
        {"rollback", rollback, "go back to an older state"},
        {"writers", writers, "list the entries: index, key, first number, records"},
    };

    return cli_main(argc, argv, "forge-ledger", usage, commands, 4);
}
