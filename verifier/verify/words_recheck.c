#include "verifier/verify/words_recheck.h"

#include <inttypes.h>

#include "core/text.h"
#include "core/version.h"
#include "system/cli.h"
#include "system/json.h"
#include "system/messages.h"

static const enum message problems[RECHECK_CODES] = {
    [RECHECK_FORM] = MESSAGE_VERIFY_RECHECK_IS_FORM,
    [RECHECK_ROSTERS] = MESSAGE_VERIFY_RECHECK_IS_ROSTERS,
    [RECHECK_CHECKPOINT] = MESSAGE_VERIFY_RECHECK_IS_CHECKPOINT,
    [RECHECK_STATED] = MESSAGE_VERIFY_RECHECK_IS_STATED,
    [RECHECK_PROOF] = MESSAGE_VERIFY_RECHECK_IS_PROOF,
    [RECHECK_SUM] = MESSAGE_VERIFY_RECHECK_IS_SUM,
    [RECHECK_PAGE] = MESSAGE_VERIFY_RECHECK_IS_PAGE,
    [RECHECK_DIFFERS] = MESSAGE_VERIFY_RECHECK_IS_DIFFERS,
};
static const enum message opens[RECHECK_OPENS] = {
    [RECHECK_OPEN_ROSTER] = MESSAGE_VERIFY_RECHECK_OPEN_ROSTER,
    [RECHECK_OPEN_EVIDENCE] = MESSAGE_VERIFY_RECHECK_OPEN_EVIDENCE,
    [RECHECK_OPEN_QUORUM] = MESSAGE_VERIFY_RECHECK_OPEN_QUORUM,
    [RECHECK_OPEN_PROOFS] = MESSAGE_VERIFY_RECHECK_OPEN_PROOFS,
    [RECHECK_OPEN_RULES] = MESSAGE_VERIFY_RECHECK_OPEN_RULES,
    [RECHECK_OPEN_SOURCE] = MESSAGE_VERIFY_RECHECK_OPEN_SOURCE,
    [RECHECK_OPEN_PAGE] = MESSAGE_VERIFY_RECHECK_OPEN_PAGE,
};

#define PUT(to, id) fputs(message_text(MESSAGE_VERIFY_RECHECK_##id), to)
#define SAY(to, id, ...) fprintf(to, message_text(MESSAGE_VERIFY_RECHECK_##id), ##__VA_ARGS__)

int recheck_status(const struct recheck *r)
{
    return r->count > 0 ? EXIT_FINDINGS : recheck_is_open(r) ? EXIT_INCOMPLETE : EXIT_OK;
}

static const json_t *at(const json_t *report, const char *object, const char *name)
{
    return json_object_get(json_object_get(report, object), name);
}

static void say_problem(FILE *to, const struct recheck_problem *p)
{
    fprintf(to, "  %s: %s [%s]: ", p->where, message_text(problems[p->code]),
        recheck_code_text(p->code));
    if (p->found == NULL)
        fputs(p->said, to);
    else if (p->code == RECHECK_DIFFERS)
        SAY(to, COUNTED, p->said, p->found);
    else
        SAY(to, SAYS, p->said, p->found);
    fputs("\n", to);
}

static void say_opens(FILE *to, const struct recheck *r)
{
    for (int i = 0; i < RECHECK_OPENS; i++) {
        bool why =
            (i == RECHECK_OPEN_SOURCE || i == RECHECK_OPEN_ROSTER) && r->open_why.text[0] != '\0';

        if (!r->open[i])
            continue;
        fputs(message_text(opens[i]), to);
        if (why) {
            fputs(" (", to);
            cli_put_visible(to, span_str(r->open_why.text));
            fputs(")", to);
        }
        fputs("\n", to);
    }
}

/* What was held against what. */
static void say_held(
    FILE *to, const struct recheck *r, const json_t *report, uint64_t trusted_serial)
{
    char id[HEX_GROUPED_BYTES];

    if (r->roster_count > 0) {
        hex_grouped(id, &r->rosters[0]->text_hash);
        SAY(to, LEDGER_ID, id, id + 40);
    }
    if (r->trusted)
        SAY(to, TRUSTED, trusted_serial);
    else if (r->roster_count > 0)
        PUT(to, NOT_TRUSTED);
    if (r->trusted && r->other_trust)
        SAY(to, OTHER_TRUST, (uint64_t)json_integer_value(at(report, "ledger", "roster_trusted")));
    if (r->entry_proofs > 0)
        SAY(to, PROOFS, r->proofs, r->entry_proofs);
    else if (r->proofs + r->lacking_proofs > 0)
        SAY(to, PROOFS_WHOLE, r->proofs);
    if (r->sums > 0)
        SAY(to, SUMS, r->sums);
    if (!r->is_html)
        PUT(to, NO_PAGE);
    else if (r->page_holds)
        PUT(to, PAGE_HOLDS);
    if (!r->rules_known && !r->open[RECHECK_OPEN_RULES])
        PUT(to, OTHER_RULES);
    if (r->recounted)
        SAY(to, RECOUNTED, r->compared);
    else
        PUT(to, NOT_RECOUNTED);
    if (r->other_version) {
        struct buf version;

        buf_init(&version, 4096);
        text_visible(&version,
            utf8_beginning(span_str(json_string_value(json_object_get(report, "version"))), 100));
        buf_put_u8(&version, 0);
        if (buf_status(&version) == 0)
            SAY(to, OTHER_VERSION, (const char *)version.p, PACKAGE_VERSION);
        buf_destroy(&version);
    }
}

void words_recheck(FILE *to, const char *path, const struct recheck *r, const json_t *report,
    uint64_t trusted_serial)
{
    int status = recheck_status(r);

    cli_put_visible(to, span_str(path));
    fputs(message_text(status == EXIT_FINDINGS     ? MESSAGE_VERIFY_RECHECK_BAD
                       : status == EXIT_INCOMPLETE ? MESSAGE_VERIFY_RECHECK_OPEN
                       : r->recounted              ? MESSAGE_VERIFY_RECHECK_GOOD
                                                   : MESSAGE_VERIFY_RECHECK_GOOD_ALONE),
        to);
    if (report != NULL) {
        SAY(to, ABOUT, json_string_value(at(report, "period", "from")),
            json_string_value(at(report, "period", "to")),
            (uint64_t)json_integer_value(at(report, "ledger", "size")));
        say_held(to, r, report, trusted_serial);
        PUT(to, CANNOT);
    }
    say_opens(to, r);
    if (r->count == 0)
        return;
    PUT(to, PROBLEMS);
    for (size_t i = 0; i < r->count; i++)
        say_problem(to, &r->problems[i]);
    if (r->omitted > 0)
        SAY(to, OMITTED, r->omitted);
}

int json_recheck(FILE *to, const struct recheck *r, const json_t *report)
{
    static const char *const verdicts[] = {
        [EXIT_OK] = "good", [EXIT_FINDINGS] = "bad", [EXIT_INCOMPLETE] = "open"};
    json_t *json = json_object(), *list = json_array(), *open = json_array();

    for (size_t i = 0; i < r->count; i++) {
        const struct recheck_problem *p = &r->problems[i];
        json_t *item = json_object();

        json_put(item, "code", json_string(recheck_code_text(p->code)));
        json_put(item, "where", json_string(p->where));
        json_put(item, "said", json_string(p->said));
        json_put(item, "found", p->found == NULL ? json_null() : json_string(p->found));
        json_add(list, item);
    }
    for (int i = 0; i < RECHECK_OPENS; i++)
        if (r->open[i])
            json_add(open, json_string(recheck_open_text((enum recheck_open)i)));
    json_put(json, "verdict", json_string(verdicts[recheck_status(r)]));
    json_put(json, "ledger_id",
        r->roster_count > 0 ? json_hex(span_hash(&r->rosters[0]->text_hash)) : json_null());
    json_put(json, "size",
        report == NULL ? json_null() : json_incref((json_t *)at(report, "ledger", "size")));
    json_put(json, "page", json_boolean(r->is_html));
    json_put(json, "trusted", json_boolean(r->trusted));
    json_put(json, "other_trust", json_boolean(r->other_trust));
    json_put(json, "other_version", json_boolean(r->other_version));
    json_put(json, "rules_known", json_boolean(r->rules_known));
    json_put(json, "recounted", json_boolean(r->recounted));
    json_put(json, "compared", json_number(true, r->compared));
    json_put(json, "sums", json_number(true, r->sums));
    json_put(json, "proofs", json_number(true, r->proofs));
    json_put(json, "proofs_of_entries", json_number(true, r->entry_proofs));
    json_put(json, "proofs_lacking", json_number(true, r->lacking_proofs));
    json_put(json, "open", open);
    json_put(json, "open_why",
        r->open_why.text[0] != '\0' ? json_visible(r->open_why.text) : json_null());
    json_put(json, "problems", list);
    json_put(json, "problems_omitted", json_number(true, r->omitted));
    return json_line(to, json);
}
