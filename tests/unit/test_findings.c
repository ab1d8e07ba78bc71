/* Orders to erase: which count, whoever wrote how many. */
#include "tests/unit/test.h"
#include "verifier/check/finding.h"

#define MANY 200000

static size_t settled(struct findings *f)
{
    const struct finding *list = NULL;
    uint64_t omitted = 0;
    size_t count = 0;

    assert_int_equal(findings_settle(f, &list, &count, &omitted), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(list[i].code, FINDING_RECORD_MISSING);
    return count + (size_t)omitted;
}

static const struct span nobody = {NULL, 0};

/*
 * Each order lacks its own sealed part, which the next one names; only the last one is whole. In
 * the worst order, each must wait for all after it.
 */
static void test_a_long_chain_of_orders(void **state)
{
    for (int whole = 0; whole <= 1; whole++) {
        struct findings *f = findings_new(10);

        for (uint64_t i = 0; i < MANY; i++) {
            struct erase_address before = {i == 0 ? MANY + 1 : i - 1, 0, true};

            findings_missing(f, i, 0, 1, true, nobody);
            findings_order(f, before, i + 1 < MANY || !whole, i, 0);
        }
        /* Nothing names the last one's own sealed part: that is missing in any case. */
        assert_int_equal(settled(f), whole ? 1 : MANY);
        findings_free(f);
    }
    (void)state;
}

/* As many orders that name one record, and lack their own sealed parts. */
static void test_many_orders_for_one_record(void **state)
{
    struct findings *f = findings_new(10);

    for (uint64_t i = 1; i <= MANY; i++) {
        struct erase_address one = {0, 0, false};

        findings_missing(f, 0, (uint32_t)(i % 2), 1, false, nobody);
        findings_order(f, one, i < MANY, i, 0);
    }
    assert_int_equal(settled(f), MANY / 2);
    findings_free(f);
    (void)state;
}

/* Two that excuse each other count no more than one that excuses itself. */
static void test_orders_in_a_circle(void **state)
{
    struct findings *f = findings_new(10);

    findings_missing(f, 1, 0, 1, true, nobody);
    findings_missing(f, 2, 0, 1, true, nobody);
    findings_missing(f, 3, 0, 1, true, nobody);
    findings_order(f, (struct erase_address){2, 0, true}, true, 1, 0);
    findings_order(f, (struct erase_address){1, 0, false}, true, 2, 0);
    findings_order(f, (struct erase_address){3, 0, true}, true, 3, 0);
    assert_int_equal(settled(f), 3);
    findings_free(f);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_long_chain_of_orders),
        cmocka_unit_test(test_many_orders_for_one_record),
        cmocka_unit_test(test_orders_in_a_circle)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
