/* keiin-verify sample: records drawn at random for an inspection, on a work sheet. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/text.h"
#include "system/cli.h"
#include "system/filepart.h"
#include "system/messages.h"
#include "verifier/report/sample_sheet.h"
#include "verifier/rules/rules.h"
#include "verifier/verify/audited.h"
#include "verifier/verify/taken.h"
#include "verifier/verify/urgent.h"
#include "verifier/verify/verify.h"

#define ACTION_NAMES_MAX 100
#define SHEET_BYTES_MAX ((size_t)1 << 30)

struct sample_run {
    struct audited ledger;
    struct record_keeper keeper;
    uint64_t n;
    bool urgent_first;
    const char *seed, *actions_text, *format, *out, *limits_path;
    struct taken_time time;
    struct rules_limits *limits;
    /* The population: actions of the vocabulary, and others by name. */
    uint64_t actions;
    struct span names[ACTION_NAMES_MAX];
    size_t name_count;
    struct buf action_list; /* names with commas between, as they are told */
    struct urgent *urgent; /* with urgent_first */
    struct sample sample;
    uint64_t others, not_in_vocabulary;
    char ledger_id[2 * HASH_BYTES + 1];
};

#define POPULATION (ACTIONS_COLLECTION | ACTIONS_HANDLING | ACTIONS_ACCESS | ACTIONS_PROVISION)

static bool keep_record(struct span record, struct buf *kept)
{
    buf_put_span(kept, record);
    return true;
}

static int see_entry(void *ctx, const struct keeper_entry *entry)
{
    struct sample_run *run = ctx;

    if (run->ledger_id[0] == '\0')
        hex_encode(run->ledger_id, span_hash(entry->ledger_id));
    return 0;
}

static bool is_of_population(const struct sample_run *run, const struct rules_record *r)
{
    if (r->action < ACTION_COUNT_OF)
        return (run->actions & ACTION_BIT(r->action)) != 0;
    for (size_t i = 0; i < run->name_count; i++)
        if (span_eq(run->names[i], r->action_name))
            return true;
    return false;
}

static int see_record(void *ctx, const struct record_place *place, struct span record)
{
    struct sample_run *run = ctx;
    struct rules_record r;
    struct hash key;
    struct buf why_first;
    int err;

    if (!taken_time_has(&run->time, place->received))
        return 0;
    err = rules_record_read(&r, record);
    if (err != 0)
        return err;
    if (!is_of_population(run, &r)) {
        run->others++;
        run->not_in_vocabulary += r.action >= ACTION_COUNT_OF;
        return 0;
    }
    buf_init(&why_first, 4096);
    if (run->urgent != NULL) {
        urgent_put(run->urgent, place->index, place->position, &why_first);
        if (why_first.n == 0 && record_has(&r, F_EMERGENCY))
            buf_put_str(&why_first, "emergency");
    }
    sample_key(&key, run->seed, run->ledger_id, place->index, place->position);
    err = buf_status(&why_first);
    if (err == 0)
        err = sample_offer(&run->sample, &key, place, &r, buf_view(&why_first));
    buf_destroy(&why_first);
    return err;
}

/* Takes --actions apart; false when it is no list of names. */
static bool read_actions(struct sample_run *run)
{
    const char *at = run->actions_text;

    for (;;) {
        struct span name = span_of(at, strcspn(at, ","));
        enum action action = action_of(name);

        if (!id_valid(name) || run->name_count == ACTION_NAMES_MAX)
            return false;
        if (action < ACTION_COUNT_OF)
            run->actions |= ACTION_BIT(action);
        else
            run->names[run->name_count++] = name;
        if (at[name.n] == '\0')
            return true;
        at += name.n + 1;
    }
}

static void list_actions(struct sample_run *run)
{
    struct buf *out = &run->action_list;

    for (int i = 0; i < ACTION_COUNT_OF; i++)
        if (run->actions & ACTION_BIT(i))
            buf_printf(out, "%s%s", out->n > 0 ? "," : "", action_text((enum action)i));
    for (size_t i = 0; i < run->name_count; i++) {
        if (out->n > 0)
            buf_put_u8(out, ',');
        buf_put_span(out, run->names[i]);
    }
}

/* 0, or the exit status after a line was printed. */
static int check(struct sample_run *run)
{
    if (run->seed == NULL || !sample_seed_valid(run->seed))
        return cli_usage("%s", message_text(MESSAGE_SAMPLE_SEED));
    if (run->ledger.json)
        return cli_usage("%s", message_text(MESSAGE_SAMPLE_NO_JSON));
    if (strcmp(run->format, "html") != 0 && strcmp(run->format, "csv") != 0)
        return cli_usage("%s", message_text(MESSAGE_SAMPLE_FORMAT));
    run->actions = run->actions_text == NULL ? POPULATION : 0;
    if (run->actions_text != NULL && !read_actions(run))
        return cli_usage("%s", message_text(MESSAGE_SAMPLE_ACTIONS));
    list_actions(run);
    return taken_time_check(&run->time);
}

static int parse(int argc, char **argv, struct sample_run *run)
{
    const struct option_row rows[] = {AUDITED_OPTIONS(&run->ledger),
        OPTION("n", .number = &run->n, .min = 1, .max = SAMPLE_MAX),
        OPTION("seed", .text = &run->seed), OPTION("urgent-first", .flag = &run->urgent_first),
        OPTION("actions", .text = &run->actions_text), OPTION("format", .text = &run->format),
        OPTION("rules", .text = &run->limits_path), OPTION("out", .text = &run->out),
        TAKEN_TIME_OPTIONS(&run->time)};
    int status = options_read(argc, argv, rows, sizeof rows / sizeof rows[0]);

    if (status == 0)
        status = check(run);
    if (status == 0 && argc - optind != 1)
        status = cli_usage(message_text(MESSAGE_VERIFY_ONE_SOURCE), argv[0]);
    return status;
}

/* A word of a shell's command line. */
static void put_word(struct buf *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "._-:/,+%@";

    buf_put_u8(out, ' ');
    if (word[0] != '\0' && strspn(word, plain) == strlen(word)) {
        buf_put_str(out, word);
        return;
    }
    buf_put_u8(out, '\'');
    for (; *word != '\0'; word++)
        buf_put_str(out, *word == '\'' ? "'\\''" : (char[]){*word, '\0'});
    buf_put_u8(out, '\'');
}

static void put_time(struct buf *out, const char *option, uint64_t ms)
{
    char text[TIME_TEXT_BYTES];

    time_text(text, ms);
    buf_printf(out, " %s %s", option, text);
}

/* How the same records are drawn again, from the ledger as it is then: up to what was there now. */
static void put_again(const struct sample_run *run, uint64_t to, struct buf *out)
{
    buf_printf(out, "keiin-verify sample --n %" PRIu64 " --seed %s", run->n, run->seed);
    if (run->urgent_first)
        buf_put_str(out, " --urgent-first");
    if (run->limits_path != NULL) {
        buf_put_str(out, " --rules");
        put_word(out, run->limits_path);
    }
    if (run->time.has_from)
        put_time(out, "--from", run->time.from);
    put_time(out, "--to", to);
    if (run->actions_text != NULL) {
        buf_put_str(out, " --actions");
        put_word(out, run->actions_text);
    }
    buf_put_str(out, " --roster NOTE --out FILE");
    put_word(out, run->ledger.where);
}

static int put_html(const struct sample_sheet *sheet, struct buf *out)
{
    struct document document;
    int err;

    document_init(&document, sheet->wording.language);
    sample_sheet_document(sheet, &document);
    err = document_html(&document, out);
    document_destroy(&document);
    return err;
}

static const char *out_name(const struct sample_run *run)
{
    return run->out != NULL ? run->out : message_text(MESSAGE_SYSTEM_STANDARD_OUTPUT);
}

/* Writes the sheet; 0, or the exit status after a line was printed. */
static int put_sheet(struct sample_run *run, struct filepart *part)
{
    const struct audit_result *audit = &run->ledger.result;
    struct sample_sheet sheet = {.sample = &run->sample,
        .audit = audit,
        .origin = span_str(run->ledger.origin),
        .seed = run->seed,
        .actions = buf_view(&run->action_list),
        .others = run->others,
        .not_in_vocabulary = run->not_in_vocabulary,
        .urgent_first = run->urgent_first,
        .limits = rules_limits_digest(run->limits),
        .has_from = run->time.has_from,
        .from = run->time.from,
        .to = run->time.has_to ? run->time.to : audit->last_received + 1,
        .wording = {messages_language(), rules_limits_zone_minutes(run->limits), false}};
    struct buf out, again;
    struct why why = {""};
    int err, status;

    buf_init(&again, 64 * 1024);
    buf_init(&out, SHEET_BYTES_MAX);
    sheet.urgent = run->sample.urgent.offered;
    sheet.population = sheet.urgent + run->sample.others.offered;
    err = sample_settle(&run->sample);
    put_again(run, sheet.to, &again);
    sheet.again = buf_view(&again);
    if (err == 0)
        err = buf_status(&again);
    if (err == 0 && strcmp(run->format, "html") == 0)
        err = put_html(&sheet, &out);
    else if (err == 0)
        sample_sheet_csv(&sheet, &out);
    if (err == 0)
        err = buf_status(&out);
    if (err == 0 && fwrite(out.p, 1, out.n, part->stream) != out.n)
        err = KEIIN_EIO;
    if (err == 0)
        err = filepart_finish(part, &why);
    status = err == 0 ? 0 : status_of_error(err, out_name(run), &why);
    if (status == 0)
        cli_error(message_text(MESSAGE_SAMPLE_DONE), run->sample.count, sheet.population);
    buf_destroy(&again);
    buf_destroy(&out);
    return status;
}

/* The audit in which records are drawn, at the checkpoint that the rules saw. */
static int draw(struct sample_run *run, int argc, char **argv)
{
    int status = audited_open(&run->ledger, argv[0], argv[optind]);

    (void)argc;
    run->keeper = (struct record_keeper){
        .take = keep_record, .give = see_record, .entry = see_entry, .ctx = run};
    run->ledger.options.keeper = &run->keeper;
    if (status == 0 && run->urgent != NULL)
        run->ledger.options.checkpoint = urgent_checkpoint(run->urgent);
    if (status == 0)
        status = audited_run(&run->ledger);
    if (status == 0 && run->urgent != NULL && !urgent_same(run->urgent, &run->ledger.result)) {
        cli_error("%s", message_text(MESSAGE_SAMPLE_CHANGED));
        status = EXIT_INCOMPLETE;
    }
    return status;
}

static int run_sample(struct sample_run *run, int argc, char **argv)
{
    struct filepart part = {0};
    struct why why = {""};
    int status, err = filepart_open(&part, run->out, &why);

    if (err != 0)
        return status_of_error(err, out_name(run), &why);
    sample_init(&run->sample, (size_t)run->n);
    status = run->urgent_first
                 ? urgent_find(&run->ledger, argv[0], argv[optind], run->limits, &run->urgent)
                 : 0;
    if (status == 0)
        status = draw(run, argc, argv);
    if (status == 0 && run->ledger.result.verdict != AUDIT_INCOMPLETE)
        status = put_sheet(run, &part);
    else if (status == 0)
        cli_error("%s", message_text(MESSAGE_SAMPLE_NO_SHEET));
    if (status == 0) {
        taken_say_verdict(&run->ledger.result);
        status = taken_status(&run->ledger.result);
    }
    filepart_drop(&part);
    return status;
}

int sample_command(int argc, char **argv)
{
    struct sample_run run = {.n = 200, .format = "html"};
    int status;

    audited_init(&run.ledger);
    buf_init(&run.action_list, 64 * 1024);
    status = parse(argc, argv, &run);
    if (status == 0)
        status = input_limits(run.limits_path, &run.limits);
    if (status == 0)
        status = run_sample(&run, argc, argv);
    sample_destroy(&run.sample);
    urgent_free(run.urgent);
    rules_limits_free(run.limits);
    buf_destroy(&run.action_list);
    audited_destroy(&run.ledger);
    return status;
}
