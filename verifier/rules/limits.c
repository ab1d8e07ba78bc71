#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/sha256.h"
#include "core/text.h"
#include "core/wording.h"
#include "system/inifile.h"
#include "verifier/rules/engine_internal.h"

#define FILE_BYTES_MAX (1024 * 1024)
#define ACTIONS_MAX 1000
#define TOLERANCE_INITIAL (5 * RULE_MINUTE)
#define TOLERANCE_MAX RULE_DAY
#define PUBLIC_MIN_INITIAL 10
#define PUBLIC_MIN_MIN 3 /* with 2, small would be 1 */
#define PUBLIC_MIN_MAX 1000000

struct reading {
    struct rules_limits *limits;
    struct inifile file;
    unsigned used[64]; /* line of `use`, a rule; 0: not there */
    unsigned given[64][RULE_LIMITS_MAX]; /* line of each limit */
    unsigned tolerance, zone, public_min;
    unsigned *action_lines; /* a line an action */
    bool no_memory;
};

static void wrong(
    struct reading *r, unsigned line, const char *name, const char *value, const char *what)
{
    struct buf *errors = r->file.errors;

    inifile_error(&r->file, line);
    text_visible(errors, span_str(name));
    if (value != NULL) {
        buf_put_str(errors, " = ");
        text_visible(errors, span_str(value));
    }
    buf_printf(errors, ": %s\n", what);
}

static const struct {
    const char *name;
    uint64_t ms;
} units[] = {
    {"ms", 1}, {"s", RULE_SECOND}, {"min", RULE_MINUTE}, {"h", RULE_HOUR}, {"d", RULE_DAY}};
#define UNITS (sizeof units / sizeof units[0])

/* "90 s", "5 min", "24 h", "30 d"; the space may be missing. */
static bool duration_parse(const char *text, uint64_t *ms)
{
    size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits + strspn(text + digits, " ");
    uint64_t n;

    if (!decimal_parse(span_of(text, digits), UINT64_MAX / RULE_DAY, &n))
        return false;
    for (size_t i = 0; i < UNITS; i++)
        if (strcmp(unit, units[i].name) == 0) {
            *ms = n * units[i].ms;
            return true;
        }
    return false;
}

/* In the greatest unit of which it is a whole number, so that the file takes it as it stands. */
static void duration_put(struct buf *out, uint64_t ms)
{
    size_t i = UNITS - 1;

    /* 24 h and 72 h are how laws say it. */
    if (ms < 4 * RULE_DAY)
        i--;
    while (ms % units[i].ms != 0)
        i--;
    if (ms == 0)
        buf_put_str(out, "0 s");
    else
        buf_printf(out, "%llu %s", (unsigned long long)(ms / units[i].ms), units[i].name);
}

static bool switch_parse(const char *value, uint64_t *out)
{
    *out = strcmp(value, "yes") == 0;
    return *out == 1 || strcmp(value, "no") == 0;
}

/* Ids with spaces between, each with one space behind it in `out`. */
static bool words_parse(const char *value, struct buf *out)
{
    buf_clear(out);
    while (*value != 0) {
        size_t n = strcspn(value, " \t");

        if (n > 0 && !id_valid(span_of(value, n)))
            return false;
        if (n > 0) {
            buf_put(out, value, n);
            buf_put_u8(out, ' ');
        }
        value += n + strspn(value + n, " \t");
    }
    return true;
}

static void say_range(char said[static 128], const struct rule_limit *limit)
{
    struct buf text;

    buf_init(&text, 128);
    buf_put_str(&text, "is out of range; possible are ");
    rules_put_duration(&text, limit->min);
    buf_put_str(&text, " to ");
    rules_put_duration(&text, limit->max);
    snprintf(said, 128, "%.*s", (int)text.n, (const char *)text.p);
    buf_destroy(&text);
}

/* NULL, or what is wrong with the value; `said` has room for it. */
static const char *put_limit(const struct rule_limit *limit, const char *value, uint64_t *number,
    struct buf *words, char said[static 128])
{
    uint64_t n = 0;

    switch (limit->type) {
    case LIMIT_DURATION:
        if (!duration_parse(value, &n))
            return "is no duration; write a number and ms, s, min, h or d, such as 24 h";
        if (n < limit->min || n > limit->max) {
            say_range(said, limit);
            return said;
        }
        break;
    case LIMIT_COUNT:
        if (!decimal_parse(span_str(value), UINT64_MAX, &n) || n < limit->min || n > limit->max) {
            snprintf(said, 128, "is no number from %llu to %llu", (unsigned long long)limit->min,
                (unsigned long long)limit->max);
            return said;
        }
        break;
    case LIMIT_SWITCH:
        if (!switch_parse(value, &n))
            return "is neither yes nor no";
        break;
    case LIMIT_WORDS:
        if (!words_parse(value, words))
            return "has a word that is no id: printable ASCII without spaces, 1 to 255 bytes";
        break;
    }
    *number = n;
    return NULL;
}

/* Where a name was given before, or 0; then it is given now. */
static bool once(
    struct reading *r, unsigned *given, unsigned line, const char *name, const char *value)
{
    char said[64];

    if (*given == 0) {
        *given = line;
        return true;
    }
    snprintf(said, sizeof said, "is given a second time, after line %u", *given);
    wrong(r, line, name, value, said);
    return false;
}

static void take_rule(
    struct reading *r, unsigned line, unsigned number, const char *name, const char *value)
{
    const struct rule *rule = rules_all[number];
    const struct rule_limit *limit = rule->limits;
    char said[128];
    const char *what;
    uint64_t use;

    if (strcmp(name, "use") == 0) {
        if (!once(r, &r->used[number], line, name, value))
            return;
        if (switch_parse(value, &use))
            r->limits->rules[number].off = use == 0;
        else
            wrong(r, line, name, value, "is neither yes nor no");
        return;
    }
    for (unsigned i = 0; limit != NULL && limit[i].name != NULL; i++) {
        if (strcmp(name, limit[i].name) != 0)
            continue;
        if (!once(r, &r->given[number][i], line, name, value))
            return;
        what = put_limit(&limit[i], value, &r->limits->rules[number].numbers[i],
            &r->limits->rules[number].words[i], said);
        if (what != NULL)
            wrong(r, line, name, value, what);
        return;
    }
    inifile_error(&r->file, line);
    buf_printf(r->file.errors, "rule %s has no limit \"", rule->name);
    text_visible(r->file.errors, span_str(name));
    buf_put_str(r->file.errors, "\"; it has use");
    for (unsigned i = 0; limit != NULL && limit[i].name != NULL; i++)
        buf_printf(r->file.errors, ", %s", limit[i].name);
    buf_put_str(r->file.errors, "\n");
}

static void take_action(struct reading *r, unsigned line, const char *name, const char *value)
{
    struct rules_limits *l = r->limits;
    enum action action = action_of(span_str(value));

    if (action_of(span_str(name)) != ACTION_OWN || !id_valid(span_str(name))) {
        wrong(r, line, name, value, "is no action of an agency's own; those begin with x-");
        return;
    }
    if (action >= ACTION_COUNT_OF) {
        wrong(r, line, name, value, "is judged as an action that the vocabulary does not have");
        return;
    }
    for (size_t i = 0; i < l->action_count; i++)
        if (strcmp(l->actions[i].name, name) == 0) {
            once(r, &r->action_lines[i], line, name, value);
            return;
        }
    if (l->action_count == ACTIONS_MAX) {
        wrong(r, line, name, value, "is one action too many; 1000 are possible");
        return;
    }
    l->actions[l->action_count].name = strdup(name);
    l->actions[l->action_count].action = action;
    r->action_lines[l->action_count] = line;
    r->no_memory |= l->actions[l->action_count].name == NULL;
    l->action_count += !r->no_memory;
}

static void take_clocks(struct reading *r, unsigned line, const char *name, const char *value)
{
    uint64_t ms;

    if (strcmp(name, "tolerance") != 0)
        wrong(r, line, name, value, "is unknown in [clocks]; it has tolerance");
    else if (!once(r, &r->tolerance, line, name, value))
        return;
    else if (!duration_parse(value, &ms) || ms > TOLERANCE_MAX)
        wrong(r, line, name, value, "is no duration from 0 s to 24 h");
    else
        r->limits->clock_tolerance_ms = ms;
}

static void take_reports(struct reading *r, unsigned line, const char *name, const char *value)
{
    uint64_t n;

    if (strcmp(name, "zone") == 0) {
        if (once(r, &r->zone, line, name, value) &&
            !zone_parse(span_str(value), &r->limits->zone_minutes))
            wrong(r, line, name, value, "is no zone such as +09:00");
    } else if (strcmp(name, "public_min") != 0) {
        wrong(r, line, name, value, "is unknown in [reports]; it has zone and public_min");
    } else if (once(r, &r->public_min, line, name, value)) {
        if (!decimal_parse(span_str(value), PUBLIC_MIN_MAX, &n) || n < PUBLIC_MIN_MIN)
            wrong(r, line, name, value, "is no number from 3 to 1000000");
        else
            r->limits->public_min = n;
    }
}

static unsigned number_of(struct span name)
{
    unsigned i = 0;

    while (i < rules_count && !span_is(name, rules_all[i]->name))
        i++;
    return i;
}

static void section(void *ctx, unsigned line, struct span name)
{
    struct reading *r = ctx;

    if (span_is(name, "actions") || span_is(name, "clocks") || span_is(name, "reports") ||
        number_of(name) < rules_count)
        return;
    inifile_error(&r->file, line);
    buf_put_str(r->file.errors, "there is no rule \"");
    text_visible(r->file.errors, name);
    buf_put_str(r->file.errors, "\"; keiin-verify rules --explain all shows them\n");
}

static void setting(
    void *ctx, unsigned line, const char *section_name, const char *name, const char *value)
{
    struct reading *r = ctx;
    unsigned number = number_of(span_str(section_name));

    if (strcmp(section_name, "actions") == 0)
        take_action(r, line, name, value);
    else if (strcmp(section_name, "clocks") == 0)
        take_clocks(r, line, name, value);
    else if (strcmp(section_name, "reports") == 0)
        take_reports(r, line, name, value);
    else if (number < rules_count)
        take_rule(r, line, number, name, value);
    else if (section_name[0] == '\0')
        wrong(r, line, name, value, "stands before the first [rule]");
}

static void set_initial(struct rules_limits *l)
{
    char said[128];

    sha256(&l->digest, (struct span){NULL, 0});
    l->clock_tolerance_ms = TOLERANCE_INITIAL;
    l->public_min = PUBLIC_MIN_INITIAL;
    for (unsigned i = 0; i < 64; i++)
        for (unsigned k = 0; k < RULE_LIMITS_MAX; k++)
            buf_init(&l->rules[i].words[k], 64 * 1024);
    for (unsigned i = 0; i < rules_count; i++) {
        const struct rule_limit *limit = rules_all[i]->limits;

        for (unsigned k = 0; limit != NULL && limit[k].name != NULL; k++) {
            const char *what = put_limit(
                &limit[k], limit[k].initial, &l->rules[i].numbers[k], &l->rules[i].words[k], said);

            assert(k < RULE_LIMITS_MAX && what == NULL);
        }
    }
}

static bool words_kept(const struct rules_limits *l)
{
    bool kept = true;

    for (unsigned i = 0; i < rules_count; i++)
        for (unsigned k = 0; k < RULE_LIMITS_MAX; k++)
            kept &= l->rules[i].words[k].status == 0;
    return kept;
}

int rules_limits_read(const char *path, struct rules_limits **out, struct buf *errors)
{
    struct reading r = {.limits = calloc(1, sizeof *r.limits)};
    int err = KEIIN_ENOMEM;

    _Static_assert(sizeof r.limits->rules / sizeof r.limits->rules[0] == 64, "a place a rule");
    *out = NULL;
    assert(rules_count <= 64);
    r.action_lines = calloc(ACTIONS_MAX, sizeof *r.action_lines);
    if (r.limits == NULL || r.action_lines == NULL)
        goto out;
    set_initial(r.limits);
    r.limits->actions = calloc(ACTIONS_MAX, sizeof *r.limits->actions);
    if (r.limits->actions == NULL)
        goto out;
    r.file = (struct inifile){setting, section, &r, errors};
    err = path == NULL ? 0 : inifile_read(&r.file, path, FILE_BYTES_MAX, &r.limits->digest);
    if (err == 0 && (r.no_memory || !words_kept(r.limits)))
        err = KEIIN_ENOMEM;
    if (err == 0) {
        *out = r.limits;
        r.limits = NULL;
    }
out:
    free(r.action_lines);
    rules_limits_free(r.limits);
    return err;
}

void rules_limits_free(struct rules_limits *l)
{
    if (l == NULL)
        return;
    for (unsigned i = 0; i < 64; i++)
        for (unsigned k = 0; k < RULE_LIMITS_MAX; k++)
            buf_destroy(&l->rules[i].words[k]);
    for (size_t i = 0; i < l->action_count; i++)
        free(l->actions[i].name);
    free(l->actions);
    free(l);
}

const struct hash *rules_limits_digest(const struct rules_limits *limits)
{
    return &limits->digest;
}

void rules_limits_put(
    const struct rules_limits *limits, unsigned rule, unsigned limit, struct buf *out)
{
    uint64_t number = limits->rules[rule].numbers[limit];
    struct span words = buf_view(&limits->rules[rule].words[limit]);

    switch (rules_all[rule]->limits[limit].type) {
    case LIMIT_DURATION:
        duration_put(out, number);
        return;
    case LIMIT_COUNT:
        buf_printf(out, "%llu", (unsigned long long)number);
        return;
    case LIMIT_SWITCH:
        buf_put_str(out, number != 0 ? "yes" : "no");
        return;
    case LIMIT_WORDS:
        /* Ids are printable as they are. */
        buf_put_span(out, span_of(words.p, words.n == 0 ? 0 : words.n - 1));
        return;
    }
}

uint64_t rules_limits_number(const struct rules_limits *limits, const char *rule, const char *limit)
{
    unsigned number = 0, i = 0;

    while (strcmp(rules_all[number]->name, rule) != 0) {
        number++;
        assert(number < rules_count);
    }
    while (strcmp(rules_all[number]->limits[i].name, limit) != 0)
        i++;
    return limits->rules[number].numbers[i];
}

int rules_limits_zone_minutes(const struct rules_limits *limits)
{
    return limits->zone_minutes;
}

uint64_t rules_limits_public_min(const struct rules_limits *limits)
{
    return limits->public_min;
}

bool rules_limits_off(const struct rules_limits *limits, unsigned rule)
{
    return limits->rules[rule].off;
}
