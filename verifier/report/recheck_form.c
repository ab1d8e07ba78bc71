/* Whether JSON has the form of a report: every member there, of its type, and no other. */
#include <stdio.h>

#include "core/text.h"
#include "core/wording.h"
#include "verifier/report/public_range.h"
#include "verifier/report/recheck_internal.h"
#include "verifier/rules/rules.h"

enum kind {
    TEXT,
    TEXT_OR_NULL,
    NAME, /* of a version: 1 to 255 visible ASCII characters, no + */
    KEY, /* of a row: an id of a record, or empty */
    DIGEST, /* 64 hexadecimal digits */
    ZONE, /* +09:00 */
    TIME,
    TIME_OR_NULL,
    COUNT,
    COUNT_OR_NULL,
    FLAG,
    OBJECT,
    LIST,
    TEXTS, /* a list of texts */
    IDS, /* a list of ids */
    COUNTS, /* an object of counts, each under an id */
    TOLD /* of the public profile: a count, a range, or why it is withheld */
};

enum whose { EVERYBODY, COMMITTEE, PUBLIC };

struct member {
    const char *name;
    enum kind kind;
    enum whose whose;
};

#define END                                                                                        \
    {                                                                                              \
        NULL, TEXT, EVERYBODY                                                                      \
    }
static const struct member top[] = {{"format", TEXT, EVERYBODY}, {"version", NAME, EVERYBODY},
    {"profile", TEXT, EVERYBODY}, {"period", OBJECT, EVERYBODY}, {"ledger", OBJECT, EVERYBODY},
    {"rules", OBJECT, EVERYBODY}, {"figures", OBJECT, EVERYBODY}, {"findings", LIST, COMMITTEE},
    {"findings_max", COUNT, COMMITTEE}, {"findings_not_listed", COUNT, COMMITTEE},
    {"evidence", OBJECT, EVERYBODY}, END};
static const struct member period[] = {{"from", TIME, EVERYBODY}, {"to", TIME, EVERYBODY},
    {"zone", ZONE, EVERYBODY}, {"complete", FLAG, EVERYBODY}, END};
static const struct member ledger[] = {{"origin", TEXT, EVERYBODY}, {"id", TEXT_OR_NULL, EVERYBODY},
    {"size", COUNT, EVERYBODY}, {"root", TEXT_OR_NULL, EVERYBODY},
    {"roster_trusted", COUNT, EVERYBODY}, {"roster", COUNT, EVERYBODY},
    {"verdict", TEXT, EVERYBODY}, {"audit_findings", COUNTS, COMMITTEE},
    {"audit_findings", IDS, PUBLIC}, {"log_signed", FLAG, EVERYBODY},
    {"vouched_by_operator", FLAG, EVERYBODY}, {"vouched_at", TIME_OR_NULL, EVERYBODY},
    {"witnesses", LIST, EVERYBODY}, {"last_received", TIME_OR_NULL, COMMITTEE},
    {"entries", COUNT, COMMITTEE}, {"records_stated", COUNT, COMMITTEE},
    {"records_read", COUNT, COMMITTEE}, {"audit_findings_omitted", COUNT, COMMITTEE}, END};
static const struct member witness[] = {{"name", TEXT, EVERYBODY}, {"at", TIME, EVERYBODY}, END};
static const struct member rules[] = {{"digest", DIGEST, EVERYBODY}, {"not_used", IDS, EVERYBODY},
    {"limits_ms", COUNTS, EVERYBODY}, {"public_min", COUNT, EVERYBODY}, END};
static const struct member finding[] = {{"rule", TEXT, EVERYBODY}, {"id", DIGEST, EVERYBODY},
    {"severity", TEXT, EVERYBODY}, {"records", TEXTS, EVERYBODY}, {"open", FLAG, EVERYBODY},
    {"sentence", TEXT, EVERYBODY}, {"said", COUNT, EVERYBODY}, {"facts", OBJECT, EVERYBODY}, END};
static const struct member evidence[] = {{"checkpoint", TEXT_OR_NULL, EVERYBODY},
    {"rosters", TEXTS, EVERYBODY}, {"rosters_lacking", TEXT_OR_NULL, EVERYBODY},
    {"proofs", LIST, COMMITTEE}, END};
static const struct member proof[] = {{"record", TEXT, EVERYBODY}, {"of", TEXT_OR_NULL, EVERYBODY},
    {"proof", TEXT_OR_NULL, EVERYBODY}, {"lacking", TEXT_OR_NULL, EVERYBODY}, END};

/* --- Values. */

static bool number(struct cursor *c, size_t least, size_t most, int64_t *out)
{
    size_t n = 0;

    *out = 0;
    for (; n < most && cursor_left(c) > 0 && *c->p >= '0' && *c->p <= '9'; n++)
        *out = *out * 10 + (cursor_u8(c) - '0');
    return n >= least;
}

/* As report_time writes them: a year may have more than four digits. */
bool recheck_time(const char *text, uint64_t *ms)
{
    struct cursor c = cursor_of(span_str(text));
    int64_t v[7];
    static const char *const behind[7] = {"-", "-", "T", ":", ":", ".", "Z"};
    char again[TIME_TEXT_BYTES];
    struct civil civil;

    for (int i = 0; i < 7; i++)
        if (!number(&c,
                i == 0   ? 4
                : i == 6 ? 3
                         : 2,
                i == 0   ? 10
                : i == 6 ? 3
                         : 2,
                &v[i]) ||
            !cursor_skip(&c, behind[i]))
            return false;
    civil = (struct civil){v[0], (unsigned)v[1], (unsigned)v[2], (unsigned)v[3], (unsigned)v[4],
        (unsigned)v[5], (unsigned)v[6]};
    if (!cursor_done(&c) || !civil_to_ms(&civil, 0, ms))
        return false;
    time_text(again, *ms);
    return strcmp(again, text) == 0;
}

static struct span text_of(const json_t *value)
{
    return span_of(json_string_value(value), json_string_length(value));
}

static bool all_are(const json_t *value, enum kind kind)
{
    const json_t *item;
    const char *name;
    size_t i;

    if (kind == COUNTS ? !json_is_object(value) : !json_is_array(value))
        return false;
    json_array_foreach (value, i, item)
        if (!json_is_string(item) || (kind == IDS && !id_valid(text_of(item))))
            return false;
    json_object_foreach ((json_t *)value, name, item)
        if (!json_is_integer(item) || json_integer_value(item) < 0 || !id_valid(span_str(name)))
            return false;
    return true;
}

/* A text that has a form of its own. */
static bool is_formed(const json_t *value, enum kind kind)
{
    struct span text = text_of(value);
    struct hash hash;
    uint64_t ms;
    int minutes;

    if (!json_is_string(value))
        return false;
    switch (kind) {
    case NAME:
        return name_valid(text);
    case KEY:
        return text.n == 0 || id_valid(text);
    case DIGEST:
        return hex_decode(hash.b, HASH_BYTES, text);
    case ZONE:
        return zone_parse(text, &minutes);
    default:
        return recheck_time(json_string_value(value), &ms);
    }
}

/* Why a public number is not told as it is. */
static bool is_reason(const json_t *value)
{
    static const char *const reasons[] = {
        WHY_SMALL, WHY_SUM, WHY_ROUNDED, WHY_YEARLY, WHY_MERGED, WHY_FOLLOWS, WHY_SINGLE};

    for (size_t i = 0; json_is_string(value) && i < sizeof reasons / sizeof reasons[0]; i++)
        if (strcmp(json_string_value(value), reasons[i]) == 0)
            return true;
    return false;
}

/* 7, {"low", "high", "why"} or {"withheld"} */
static bool is_told(const json_t *value)
{
    const json_t *low = json_object_get(value, "low"), *high = json_object_get(value, "high");

    if (!json_is_object(value))
        return json_is_integer(value) && json_integer_value(value) >= 0;
    if (json_object_size(value) == 1)
        return is_reason(json_object_get(value, "withheld"));
    return json_object_size(value) == 3 && is_reason(json_object_get(value, "why")) &&
           json_is_integer(low) && json_is_integer(high) && json_integer_value(low) >= 0 &&
           json_integer_value(low) < json_integer_value(high);
}

static bool is_kind(const json_t *value, enum kind kind)
{
    switch (kind) {
    case TEXT_OR_NULL:
        return json_is_null(value) || json_is_string(value);
    case TEXT:
        return json_is_string(value);
    case TIME_OR_NULL:
        return json_is_null(value) || is_formed(value, TIME);
    case NAME:
    case KEY:
    case DIGEST:
    case ZONE:
    case TIME:
        return is_formed(value, kind);
    case COUNT_OR_NULL:
    case COUNT:
        return (kind == COUNT_OR_NULL && json_is_null(value)) ||
               (json_is_integer(value) && json_integer_value(value) >= 0);
    case FLAG:
        return json_is_boolean(value);
    case OBJECT:
        return json_is_object(value);
    case LIST:
        return json_is_array(value);
    case TEXTS:
    case IDS:
    case COUNTS:
        return all_are(value, kind);
    case TOLD:
        return is_told(value);
    }
    return false;
}

/* --- Objects. */

struct form {
    struct recheck *r;
    bool is_public, bad;
};

static void wrong(struct form *f, const char *where, const char *name, const char *what)
{
    char path[512];

    snprintf(
        path, sizeof path, "%s%s%s", where, where[0] == '\0' || name[0] == '[' ? "" : ".", name);
    recheck_problem(f->r, RECHECK_FORM, path, what, NULL);
    f->bad = true;
}

static bool is_for(const struct form *f, enum whose whose)
{
    return whose == EVERYBODY || (whose == PUBLIC) == f->is_public;
}

/* An object that has these members and no other. */
static void members(
    struct form *f, const json_t *object, const char *where, const struct member *list)
{
    size_t known = 0;
    const json_t *value;
    const char *name;

    if (!json_is_object(object)) {
        wrong(f, where, "", "it is no object");
        return;
    }
    for (const struct member *m = list; m->name != NULL; m++) {
        if (!is_for(f, m->whose))
            continue;
        value = json_object_get(object, m->name);
        if (value == NULL)
            wrong(f, where, m->name, "it is missing");
        else if (!is_kind(value, m->kind))
            wrong(f, where, m->name, "it is of another type");
        known += value != NULL;
    }
    if (json_object_size(object) == known)
        return;
    json_object_foreach ((json_t *)object, name, value) {
        const struct member *m = list;

        while (m->name != NULL && (!is_for(f, m->whose) || strcmp(m->name, name) != 0))
            m++;
        if (m->name == NULL)
            wrong(f, where, name, "it is not known");
    }
}

static void items(struct form *f, const json_t *list, const char *where, const struct member *form)
{
    const json_t *item;
    char path[128];
    size_t i;

    json_array_foreach (list, i, item) {
        snprintf(path, sizeof path, "%s[%zu]", where, i);
        members(f, item, path, form);
    }
}

static bool word(const json_t *object, const char *name, const char *const *words)
{
    const char *text = recheck_string(object, name);

    while (*words != NULL && strcmp(*words, text) != 0)
        words++;
    return *words != NULL;
}

/* --- Figures. */

static enum kind kind_of(enum figure_unit unit)
{
    return unit == FIGURE_TIME ? TIME_OR_NULL : unit == FIGURE_COUNT ? COUNT : COUNT_OR_NULL;
}

/* Keys and columns of a table's rows, or of its total. */
static void put_columns(
    const struct form *f, const struct figure_table *table, bool total, struct member *out)
{
    size_t n = 0;

    for (int k = 0; !total && table->keys[k] != NULL; k++)
        out[n++] = (struct member){table->keys[k], KEY, EVERYBODY};
    for (int i = 0; table->columns[i].name != NULL; i++)
        if (!total || table->columns[i].unit == FIGURE_COUNT)
            out[n++] = (struct member){table->columns[i].name,
                f->is_public ? TOLD : kind_of(table->columns[i].unit), EVERYBODY};
    out[n] = (struct member)END;
}

static void figures_form(struct form *f, const json_t *figures)
{
    struct member tables[FIGURE_TABLES + 1], columns[FIGURE_KEYS_MAX + FIGURE_COLUMNS_MAX + 1];
    static const struct member listed[] = {{"rows", LIST, EVERYBODY}, END};
    static const struct member counted[] = {
        {"rows", LIST, EVERYBODY}, {"total", OBJECT, EVERYBODY}, END};
    char path[96];

    for (int i = 0; i < FIGURE_TABLES; i++)
        tables[i] = (struct member){
            figure_tables[i].name, OBJECT, figure_tables[i].committee_only ? COMMITTEE : EVERYBODY};
    tables[FIGURE_TABLES] = (struct member)END;
    members(f, figures, "figures", tables);
    for (int i = 0; !f->bad && i < FIGURE_TABLES; i++) {
        const struct figure_table *table = &figure_tables[i];
        const json_t *object = recheck_at(figures, table->name);

        if (!is_for(f, tables[i].whose))
            continue;
        snprintf(path, sizeof path, "figures.%s", table->name);
        members(f, object, path, table->listed ? listed : counted);
        if (f->bad)
            return;
        put_columns(f, table, false, columns);
        snprintf(path, sizeof path, "figures.%s.rows", table->name);
        items(f, recheck_at(object, "rows"), path, columns);
        put_columns(f, table, true, columns);
        snprintf(path, sizeof path, "figures.%s.total", table->name);
        if (!table->listed)
            members(f, recheck_at(object, "total"), path, columns);
    }
}

/* --- The whole. */

/* Values that are one of a few words, or of a form of their own. */
static void words(struct form *f, const json_t *report)
{
    static const char *const verdicts[] = {"verified", "findings", "incomplete", NULL};
    static const char *const kinds[] = {"record", "entry", NULL};
    const json_t *item, *at = recheck_at(report, "evidence");
    struct rules_address address;
    size_t i;

    if (!word(recheck_at(report, "ledger"), "verdict", verdicts))
        wrong(f, "ledger", "verdict", "it is of another type");
    json_array_foreach (recheck_at(at, "proofs"), i, item) {
        bool has = json_is_string(recheck_at(item, "proof"));

        if (!recheck_address(recheck_string(item, "record"), &address) ||
            json_is_string(recheck_at(item, "of")) != has ||
            json_is_string(recheck_at(item, "lacking")) == has || (has && !word(item, "of", kinds)))
            wrong(f, "evidence.proofs", recheck_string(item, "record"), "it is of another type");
    }
    json_array_foreach (recheck_at(report, "findings"), i, item) {
        const json_t *records = recheck_at(item, "records"), *record;
        bool good =
            rule_of(span_str(recheck_string(item, "rule"))) != NULL && json_array_size(records) > 0;
        size_t k;

        json_array_foreach (records, k, record)
            good = good && recheck_address(json_string_value(record), &address);
        if (!good)
            wrong(f, "findings", recheck_string(item, "id"), "it is of another type");
    }
}

bool recheck_form(struct recheck *r, const json_t *report)
{
    static const char *const profiles[] = {"committee", "public", NULL};
    struct form f = {r, false, false};
    const json_t *format = json_object_get(report, "format");

    if (!json_is_string(format) || strcmp(json_string_value(format), REPORT_FORMAT) != 0 ||
        !json_is_string(json_object_get(report, "profile")) || !word(report, "profile", profiles)) {
        wrong(&f, "", "format", "it is no report of a form that this program knows");
        return false;
    }
    f.is_public = recheck_is_public(report);
    members(&f, report, "", top);
    if (f.bad)
        return false;
    members(&f, recheck_at(report, "period"), "period", period);
    members(&f, recheck_at(report, "ledger"), "ledger", ledger);
    members(&f, recheck_at(report, "rules"), "rules", rules);
    members(&f, recheck_at(report, "evidence"), "evidence", evidence);
    if (!f.bad) {
        items(
            &f, recheck_at(recheck_at(report, "ledger"), "witnesses"), "ledger.witnesses", witness);
        items(&f, recheck_at(recheck_at(report, "evidence"), "proofs"), "evidence.proofs", proof);
        items(&f, recheck_at(report, "findings"), "findings", finding);
        figures_form(&f, recheck_at(report, "figures"));
    }
    if (!f.bad)
        words(&f, report);
    return !f.bad;
}
