/*
 * history [--records N] [--days N] [--seed N] [--near N] [--violate RULE[=N]]... [--answers FILE]
 *         FOLDER
 *
 * Writes a ledger, as the folder that is published, with months of a lawful operation in it and,
 * where asked for, N near misses of each kind, and violations of rules at seeded places. FOLDER
 * must not exist. Beside it come FOLDER.roster (the trusted serial 0) and FOLDER.keys (all public
 * keys). The same seed and options give the same bytes. Prints one JSON object. Exit status 0, 1
 * (failed), 64 (usage).
 *
 * Heartbeats alone are 70,000 records a year. A history of fewer than 150,000 records therefore
 * covers fewer days, 40 at least, unless --days says otherwise.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/ed25519.h"
#include "core/text.h"
#include "tests/history/die.h"
#include "tests/history/history.h"

#define EXIT_USAGE 64

struct options {
    uint64_t records, days, seed, near;
    const char *answers, *folder;
};

static int usage(const char *what)
{
    fprintf(stderr,
        "history: %s\n"
        "usage: history [--records N] [--days N] [--seed N] [--near N]\n"
        "               [--violate RULE[=N]|all[=N]]... [--answers FILE] FOLDER\n",
        what);
    return EXIT_USAGE;
}

static bool number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    return decimal_parse(span_str(text), max, out) && *out >= min;
}

static int read_options(int argc, char **argv, struct options *o, struct violations *violations)
{
    static const struct option known[] = {{"records", required_argument, NULL, 'r'},
        {"days", required_argument, NULL, 'd'}, {"seed", required_argument, NULL, 's'},
        {"near", required_argument, NULL, 'n'}, {"violate", required_argument, NULL, 'v'},
        {"answers", required_argument, NULL, 'a'}, {NULL, 0, NULL, 0}};
    int c;

    *o = (struct options){.records = 100000, .seed = 1};
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == 'r' && !number(optarg, PLAN_RECORDS_MIN, PLAN_RECORDS_MAX, &o->records))
            return usage("--records: a number from 10000 to 20000000");
        if (c == 'd' && !number(optarg, PLAN_DAYS_MIN, PLAN_DAYS_MAX, &o->days))
            return usage("--days: a number from 40 to 365");
        if (c == 's' && !number(optarg, 0, UINT64_MAX, &o->seed))
            return usage("--seed: a number");
        if (c == 'n' && !number(optarg, 0, 1000, &o->near))
            return usage("--near: a number up to 1000");
        if (c == 'v' && !violations_want(violations, optarg))
            return usage("--violate: no such rule, or a number that is none");
        if (c == 'a')
            o->answers = optarg;
        if (c == '?')
            return usage("unknown option");
    }
    if (optind + 1 != argc)
        return usage("one FOLDER is needed");
    o->folder = argv[optind];
    violations->near = (unsigned)o->near;
    if (violations->total > 0 && o->answers == NULL)
        return usage("--violate needs --answers");
    return 0;
}

int main(int argc, char **argv)
{
    struct history *h = must_alloc(sizeof *h);
    struct options o;
    struct why why = {""};
    int status = read_options(argc, argv, &o, &h->violations);

    if (status != 0) {
        free(h);
        return status;
    }
    must_do(crypto_start(&why), "cryptography", &why);
    act_check_table();
    must(mkdir(o.folder, 0755) == 0, "the folder cannot be made, or is there already");
    plan_make(&h->plan, o.seed, o.records, (unsigned)o.days);
    history_make(h, o.folder);
    agencies_publish_keys(h, o.folder);
    if (o.answers != NULL)
        must(answers_write(&h->answers, o.answers), "the answers cannot be written");
    printf("{\"records\":%" PRIu64 ",\"entries\":%" PRIu64 ",\"days\":%u,\"sessions\":%" PRIu64
           ",\"approvals\":%u,\"answers\":%zu}\n",
        h->records, ledger_writer_size(h->ledger), h->plan.days, h->access.sessions, h->approvals,
        h->answers.count);
    history_destroy(h);
    free(h);
    return 0;
}
