/* JSON of keiin-verify: whole, or not at all when memory runs out; text from outside made visible. */
#include <jansson.h>

#include "tests/unit/test.h"
#include "verifier/verify/json.h"

static size_t allocations, fail_at;

static void *allocate(size_t n)
{
    return allocations++ == fail_at ? NULL : malloc(n);
}

static struct audit_result result_of(struct findings *findings)
{
    static char names[2][3] = {"w1", "w2"};
    static struct audit_witness witnesses[] = {{names[0], 7}, {names[1], 8}};
    struct audit_result r = {.verdict = AUDIT_FINDINGS,
        .size = 5,
        .entries = 5,
        .has_ledger_id = true,
        .has_vouched = true,
        .witnesses = witnesses,
        .witness_count = 2};

    findings_add(findings, FINDING_WRITER_GAP, 3, FINDING_NO_POSITION, span_str("x/y"), "1 to 2");
    findings_add(findings, FINDING_RECORD_MISMATCH, 4, 1, span_str("x\033y"), NULL);
    assert_int_equal(
        findings_settle(findings, &r.findings, &r.finding_count, &r.findings_omitted), 0);
    return r;
}

/* What json_audit prints; free() it. */
static char *print(const struct audit_result *r, int *err)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);

    assert_non_null(to);
    *err = json_audit(to, r, span_str("example.org/log"), 0.5);
    assert_int_equal(fclose(to), 0);
    return text;
}

static void test_whole(void **state)
{
    struct findings *findings = findings_new(10);
    struct audit_result r = result_of(findings);
    json_t *json, *list;
    char *text;
    int err;

    (void)state;
    text = print(&r, &err);
    assert_int_equal(err, 0);
    assert_int_equal(text[strlen(text) - 1], '\n');
    json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "verdict")), "findings");
    assert_int_equal(json_array_size(json_object_get(json, "vouched_by")), 2);
    list = json_object_get(json, "findings");
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(list, 0), "detail")), "1 to 2");
    assert_null(json_object_get(json_array_get(list, 1), "detail"));
    assert_null(
        strchr(json_string_value(json_object_get(json_array_get(list, 1), "writer")), '\033'));
    json_decref(json);
    free(text);
    findings_free(findings);
}

/* Each allocation of the library fails once: never is anything printed that lacks a part. */
static void test_without_memory(void **state)
{
    struct findings *findings = findings_new(10);
    struct audit_result r = result_of(findings);
    char *whole, *text;
    size_t count, refused = 0;
    int err;

    (void)state;
    fail_at = SIZE_MAX;
    json_set_alloc_funcs(allocate, free);
    allocations = 0;
    whole = print(&r, &err);
    assert_int_equal(err, 0);
    count = allocations;
    assert_true(count > 50);
    for (size_t i = 0; i < count; i++) {
        fail_at = i;
        allocations = 0;
        text = print(&r, &err);
        if (err == 0) { /* it did without */
            assert_string_equal(text, whole);
        } else {
            assert_true(err == KEIIN_ENOMEM || err == KEIIN_EIO);
            assert_true(err == KEIIN_EIO || text[0] == '\0');
            refused++;
        }
        free(text);
    }
    assert_true(refused > 50);
    /* What failed before is forgotten. */
    fail_at = SIZE_MAX;
    text = print(&r, &err);
    assert_int_equal(err, 0);
    assert_string_equal(text, whole);
    free(text);
    free(whole);
    findings_free(findings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
