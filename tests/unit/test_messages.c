/*
 * The table of sentences: each row says in both languages what its arguments allow. What is
 * demanded of a row is itself tried on rows that are wrong.
 */
#include "tests/unit/test.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/text.h"
#include "system/messages.h"

#define ARGUMENTS_MAX 9
#define WORDS_MAX 400

/* The types that a printf format takes, by position from 0; 0 where it takes none. */
struct arguments {
    char types[ARGUMENTS_MAX];
    size_t count;
    bool positional, sequential;
};

/* Puts a type at a position; false when there is another already, or no such position. */
static bool put_type(struct arguments *a, size_t position, char type)
{
    if (position < 1 || position > ARGUMENTS_MAX)
        return false;
    if (a->types[position - 1] != 0 && a->types[position - 1] != type)
        return false;
    a->types[position - 1] = type;
    if (position > a->count)
        a->count = position;
    return true;
}

/* "2$" after a '%' or '*', or the next one in order. */
static size_t position_of(const char **p, struct arguments *a)
{
    char *end;
    unsigned long n = strtoul(*p, &end, 10);

    if (isdigit((unsigned char)**p) && *end == '$') {
        *p = end + 1;
        a->positional = true;
        return n;
    }
    a->sequential = true;
    return a->count + 1;
}

static bool take_star(const char **p, struct arguments *a)
{
    if (**p == '*') {
        ++*p;
        return put_type(a, position_of(p, a), 'i');
    }
    while (isdigit((unsigned char)**p))
        ++*p;
    return true;
}

/* One conversion behind its '%'. An int, long and size_t are different; signedness is not. */
static bool take_conversion(const char **p, struct arguments *a)
{
    size_t position = 0;
    char type = 'i', *end;

    if (**p == '%') {
        ++*p;
        return true;
    }
    strtoul(*p, &end, 10);
    if (isdigit((unsigned char)**p) && *end == '$')
        position = position_of(p, a);
    *p += strspn(*p, "-0 +#");
    if (!take_star(p, a))
        return false;
    if (**p == '.') {
        ++*p;
        if (!take_star(p, a))
            return false;
    }
    if (**p == 'l' || **p == 'z') {
        type = **p;
        ++*p;
    }
    if (**p == 0 || strchr("diuxsf", **p) == NULL)
        return false;
    if (**p == 's' || **p == 'f')
        type = **p;
    ++*p;
    if (position == 0) {
        a->sequential = true;
        position = a->count + 1;
    }
    return put_type(a, position, type);
}

static bool arguments_of(const char *format, struct arguments *a)
{
    const char *p = format;

    memset(a, 0, sizeof *a);
    while ((p = strchr(p, '%')) != NULL) {
        p++;
        if (!take_conversion(&p, a))
            return false;
    }
    for (size_t i = 0; i < a->count; i++)
        if (a->types[i] == 0) /* printf cannot pass over an argument whose type it does not know */
            return false;
    return !(a->positional && a->sequential);
}

static size_t newlines_at(const char *text, bool at_end)
{
    size_t n = strlen(text), count = 0;

    while (count < n && text[at_end ? n - 1 - count : count] == '\n')
        count++;
    return count;
}

/* Kana or an ideograph. */
static bool has_japanese(const char *text)
{
    struct span s = span_str(text);

    while (s.n > 0) {
        uint32_t code;
        size_t n = utf8_next(s.p, s.n, &code);

        if ((code >= 0x3041 && code <= 0x30fe) || (code >= 0x4e00 && code <= 0x9fff))
            return true;
        s = span_of(s.p + n, s.n - n);
    }
    return false;
}

/* A word of three letters that is no conversion, option, command or proper name. */
static bool has_words(const char *text)
{
    size_t letters = 0;

    for (const char *p = text; *p != 0; p++) {
        letters = islower((unsigned char)*p) ? letters + 1 : 0;
        if (letters >= 3)
            return true;
    }
    return false;
}

/* The words that begin with "--", each once for every time it is said; sorted. */
static size_t options_of(const char *text, char words[WORDS_MAX][32])
{
    size_t count = 0;

    for (const char *p = text; (p = strstr(p, "--")) != NULL;) {
        size_t n = 2 + strspn(p + 2, "abcdefghijklmnopqrstuvwxyz-");

        if (n > 2 && n < 32) {
            assert_true(count < WORDS_MAX);
            snprintf(words[count++], 32, "%.*s", (int)n, p);
        }
        p += n;
    }
    qsort(words, count, sizeof words[0], (int (*)(const void *, const void *))strcmp);
    return count;
}

static bool same_options(const char *a, const char *b)
{
    char of_a[WORDS_MAX][32], of_b[WORDS_MAX][32];
    size_t count = options_of(a, of_a);

    if (options_of(b, of_b) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(of_a[i], of_b[i]) != 0)
            return false;
    return true;
}

/* What is wrong with a row, or NULL. */
static const char *wrong_with(const char *en, const char *ja)
{
    struct arguments of_en, of_ja;

    if (en == NULL || ja == NULL)
        return "a language lacks";
    if (!utf8_valid(span_str(en)) || !utf8_valid(span_str(ja)))
        return "no UTF-8";
    if (strstr(ja, "\xef\xbc\x85") != NULL || strstr(ja, "\xef\xbc\x84") != NULL)
        return "a fullwidth % or $";
    if (!arguments_of(en, &of_en) || !arguments_of(ja, &of_ja))
        return "no good format";
    if (memcmp(of_en.types, of_ja.types, sizeof of_en.types) != 0)
        return "other arguments";
    if (newlines_at(en, true) != newlines_at(ja, true) ||
        newlines_at(en, false) != newlines_at(ja, false))
        return "other newlines at an end";
    if (has_words(en) && !has_japanese(ja))
        return "not translated";
    if (has_japanese(en))
        return "Japanese for English";
    return same_options(en, ja) ? NULL : "other options";
}

static void test_every_row(void **state)
{
    size_t count = 0;

    (void)state;
    for (unsigned i = 0; i < MESSAGE_COUNT; i++) {
        enum message id = (enum message)i;
        const char *wrong = wrong_with(message_in(LANGUAGE_EN, id), message_in(LANGUAGE_JA, id));

        if (wrong != NULL)
            print_error("%s: %s\n", message_name(id), wrong);
        count += wrong != NULL;
    }
    assert_int_equal(count, 0);
}

static void test_wrong_rows(void **state)
{
    static const struct {
        const char *en, *ja, *wrong;
    } rows[] = {
        {"%s of %" PRIu64 "\n", "%2$" PRIu64 "中%1$s\n", NULL},
        {"%.*s: %s", "%3$s（%2$.*1$s）", NULL},
        {"%.*s, %d%%", "%.*sは%d%%", NULL},
        {"%-9s %5zu", "%-9s %5zu", NULL},
        {"done", NULL, "a language lacks"},
        {NULL, "済み", "a language lacks"},
        {"done", "done", "not translated"},
        {"済み", "済み", "Japanese for English"},
        {"done", "\xe6\xb8", "no UTF-8"},
        {"%s done", "済み", "other arguments"},
        {"done", "%s済み", "other arguments"},
        {"%s has %d", "%dは%s", "other arguments"},
        {"%s has %d", "%2$sは%1$d", "other arguments"},
        {"has %" PRIu64, "%dある", "other arguments"},
        {"has %" PRIu64, "%zuある", "other arguments"},
        {"has %.*s", "%sある", "other arguments"},
        {"has %.*s", "%1$.*2$sある", "other arguments"},
        {"has %.*s", "%2$sある", "no good format"},
        {"%s has %s", "%2$sは%sある", "no good format"},
        {"%s has %s", "%2$sだけ", "no good format"},
        {"%s has", "%1$sと%1$dある", "no good format"},
        {"has %d", "%qある", "no good format"},
        {"has %d", "ある%", "no good format"},
        {"has %d%%", "%dある％", "a fullwidth % or $"},
        {"done\n", "済み", "other newlines at an end"},
        {"\ndone", "済み", "other newlines at an end"},
        {"give --out", "--inを", "other options"},
        {"give --out and --in", "--outを", "other options"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *wrong = wrong_with(rows[i].en, rows[i].ja);

        if (rows[i].wrong == NULL || wrong == NULL) {
            if (rows[i].wrong != wrong)
                print_error("row %zu: %s\n", i, wrong == NULL ? "good" : wrong);
            assert_ptr_equal(rows[i].wrong, wrong);
        } else {
            assert_string_equal(wrong, rows[i].wrong);
        }
    }
}

static void test_language_in_use(void **state)
{
    enum language language;

    (void)state;
    assert_int_equal(messages_language(), LANGUAGE_EN); /* until somebody says otherwise */
    assert_string_equal(message_text(MESSAGE_SYSTEM_ROLE_AUDITOR), "auditor");
    messages_use(LANGUAGE_JA);
    assert_int_equal(messages_language(), LANGUAGE_JA);
    assert_string_equal(message_text(MESSAGE_SYSTEM_ROLE_AUDITOR), "監査者");
    assert_string_equal(messages_role(ROLE_OPERATOR), "運用者");
    assert_string_equal(message_in(LANGUAGE_EN, MESSAGE_SYSTEM_ROLE_AUDITOR), "auditor");
    messages_use(LANGUAGE_EN);
    for (enum role role = ROLE_AGENCY; role <= ROLE_AUDITOR; role++)
        assert_string_equal(messages_role(role), role_text(role));
    assert_true(messages_language_named("ja", &language) && language == LANGUAGE_JA);
    assert_true(messages_language_named("en", &language) && language == LANGUAGE_EN);
    assert_false(messages_language_named("", &language));
    assert_false(messages_language_named("JA", &language));
    assert_false(messages_language_named("ja_JP", &language));
}

static void test_environment(void **state)
{
    static const struct {
        const char *all, *messages, *lang;
        enum language language;
    } cases[] = {
        {NULL, NULL, NULL, LANGUAGE_EN},
        {"", "", "", LANGUAGE_EN},
        {NULL, NULL, "ja_JP.UTF-8", LANGUAGE_JA},
        {NULL, NULL, "ja", LANGUAGE_JA},
        {NULL, NULL, "ja.UTF-8", LANGUAGE_JA},
        {NULL, NULL, "ja_JP.eucJP", LANGUAGE_JA},
        {NULL, NULL, "jam_JM", LANGUAGE_EN},
        {NULL, NULL, "j", LANGUAGE_EN},
        {NULL, NULL, "de_DE.UTF-8", LANGUAGE_EN},
        {"C", NULL, "ja_JP.UTF-8", LANGUAGE_EN},
        {"", NULL, "ja_JP.UTF-8", LANGUAGE_JA},
        {"C.UTF-8", "ja_JP.UTF-8", "ja_JP.UTF-8", LANGUAGE_EN},
        {NULL, "en_GB.UTF-8", "ja_JP.UTF-8", LANGUAGE_EN},
        {NULL, "ja_JP.UTF-8", "en_GB.UTF-8", LANGUAGE_JA},
        {"ja_JP.UTF-8", "C", "C", LANGUAGE_JA},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *values[] = {cases[i].all, cases[i].messages, cases[i].lang};
        static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

        for (size_t k = 0; k < 3; k++) {
            unsetenv(names[k]);
            if (values[k] != NULL)
                setenv(names[k], values[k], 1);
        }
        assert_int_equal(messages_language_of_environment(), cases[i].language);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row),
        cmocka_unit_test(test_wrong_rows),
        cmocka_unit_test(test_language_in_use),
        cmocka_unit_test(test_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
