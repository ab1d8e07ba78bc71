/* The cursor never reads past its end and keeps its failure; the buffer keeps its bound. */
#include "tests/unit/test.h"

static void test_span_order(void **state)
{
    (void)state;
    assert_true(span_cmp(span_str("a"), span_str("ab")) < 0);
    assert_true(span_cmp(span_str("b"), span_str("ab")) > 0);
    assert_true(span_cmp(span_of(NULL, 0), span_str("a")) < 0);
    assert_int_equal(span_cmp(span_of(NULL, 0), span_str("")), 0);
    assert_true(span_cmp(span_str("\xff"), span_str("a")) > 0); /* bytes have no sign */
    assert_true(span_eq(span_of(NULL, 0), span_str("")));
    assert_false(span_is(span_str("ab"), "a"));
}

static void test_big_endian(void **state)
{
    uint8_t b[8];

    (void)state;
    be64_put(b, UINT64_C(0x0123456789abcdef));
    assert_int_equal(b[0], 0x01);
    assert_int_equal(b[7], 0xef);
    assert_true(be64_get(b) == UINT64_C(0x0123456789abcdef));
    assert_true(be32_get(b) == 0x01234567);
    assert_int_equal(be16_get(b + 6), 0xcdef);
}

static void test_cursor_reads_in_order(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7};
    struct span s = span_copy(span_of(bytes, sizeof bytes));
    struct cursor c = cursor_of(s);

    (void)state;
    assert_int_equal(cursor_u8(&c), 1);
    assert_int_equal(cursor_be16(&c), 0x0203);
    assert_int_equal(cursor_be32(&c), 0x04050607);
    assert_true(cursor_done(&c));
    assert_int_equal(cursor_u8(&c), 0);
    assert_true(c.failed);
    assert_false(cursor_done(&c));
    span_free(s);
}

static void test_cursor_failure_is_sticky(void **state)
{
    struct span s = span_copy(span_str("abc"));
    struct cursor c = cursor_of(s);
    struct hash h;

    (void)state;
    memset(&h, 0xee, sizeof h);
    assert_int_equal(cursor_take(&c, SIZE_MAX).n, 0);
    assert_true(c.failed);
    assert_int_equal(cursor_left(&c), 3);
    assert_int_equal(cursor_take(&c, 1).n, 0);
    assert_int_equal(cursor_be16(&c), 0);
    assert_false(cursor_skip(&c, "a"));
    cursor_hash(&c, &h);
    for (size_t i = 0; i < HASH_BYTES; i++)
        assert_int_equal(h.b[i], 0);
    span_free(s);
}

static void test_cursor_lines(void **state)
{
    struct span s = span_copy(span_str("one\n\nthree"));
    struct cursor c = cursor_of(s), empty = cursor_of(span_of(NULL, 0));

    (void)state;
    assert_true(span_is(cursor_line(&c), "one"));
    assert_int_equal(cursor_line(&c).n, 0);
    assert_false(c.failed);
    assert_false(cursor_skip(&c, "threes"));
    assert_true(cursor_skip(&c, "th"));
    cursor_line(&c);
    assert_true(c.failed);
    assert_true(cursor_done(&empty));
    cursor_line(&empty);
    assert_true(empty.failed);
    span_free(s);
}

static void test_buf_grows_to_its_bound(void **state)
{
    struct buf b;
    size_t n;
    uint8_t *p;

    (void)state;
    buf_init(&b, 1000);
    for (int i = 0; i < 1000; i++)
        buf_put_u8(&b, (uint8_t)i);
    assert_int_equal(buf_status(&b), 0);
    buf_put_u8(&b, 1);
    assert_int_equal(buf_status(&b), KEIIN_ELIMIT);
    assert_int_equal(b.n, 1000);
    buf_put_str(&b, ""); /* after a failure nothing counts, not even nothing */
    assert_null(buf_extend(&b, 0));
    buf_clear(&b);
    assert_int_equal(buf_status(&b), 0);
    buf_printf(&b, "%s-%d", "x", 7);
    assert_true(span_is(buf_view(&b), "x-7"));
    p = buf_take(&b, &n);
    assert_non_null(p);
    assert_int_equal(n, 3);
    assert_int_equal(p[3], 0);
    free(p);
    buf_destroy(&b);
}

/* What is printed may fill the buffer to its bound, and not one byte more. */
static void test_buf_printf_fills_to_the_bound(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 3);
    buf_printf(&b, "%s-%d", "x", 7);
    assert_int_equal(buf_status(&b), 0);
    assert_true(span_is(buf_view(&b), "x-7"));
    buf_printf(&b, "%d", 1);
    assert_int_equal(buf_status(&b), KEIIN_ELIMIT);
    assert_int_equal(b.n, 3);
    buf_destroy(&b);
}

static void test_buf_take_gives_a_full_buffer(void **state)
{
    struct buf b;
    size_t n;
    uint8_t *p;

    (void)state;
    buf_init(&b, 4);
    buf_put_be32(&b, 0x61626364);
    p = buf_take(&b, &n); /* the NUL does not count against the bound */
    assert_non_null(p);
    assert_int_equal(n, 4);
    assert_string_equal((char *)p, "abcd");
    free(p);
    buf_init(&b, 4);
    buf_put_str(&b, "too long");
    assert_null(buf_take(&b, NULL));
    assert_null(b.p);
}

static void test_buf_never_wraps(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, SIZE_MAX / 2);
    buf_put_u8(&b, 1);
    assert_null(buf_extend(&b, SIZE_MAX));
    assert_int_equal(buf_status(&b), KEIIN_ELIMIT);
    buf_destroy(&b);
}

/* It grows by what it needs, keeps what it has, and refuses what no memory can hold. */
static void test_array_room(void **state)
{
    uint32_t *array = NULL, *more;
    size_t cap = 0, moved = 0, before;

    (void)state;
    for (uint32_t i = 0; i < 100000; i++) {
        before = cap;
        more = array_room(array, i, &cap, sizeof *more);
        assert_non_null(more);
        assert_true(cap > i);
        assert_true(cap == before || before == i);
        moved += cap != before;
        array = more;
        array[i] = i;
    }
    assert_in_range(moved, 2, 40);
    for (uint32_t i = 0; i < 100000; i++)
        assert_int_equal(array[i], i);
    before = cap;
    /* So many bytes that their number would wrap around to a small one. */
    assert_null(array_room(array, cap, &cap, SIZE_MAX / (cap + cap / 2) + 1));
    assert_int_equal(cap, before);
    assert_ptr_equal(array_room(array, cap - 1, &cap, sizeof *array), array);
    free(array);
}

static void test_every_error_has_its_text(void **state)
{
    struct why why;

    (void)state;
    for (int e = KEIIN_EPASSPHRASE; e <= 0; e++)
        for (int f = KEIIN_EPASSPHRASE; f < e; f++)
            assert_string_not_equal(keiin_err_text(e), keiin_err_text(f));
    assert_string_equal(keiin_err_text(1), keiin_err_text(KEIIN_EPASSPHRASE - 1));
    why_set(&why, "%s", "inner");
    why_prefix(&why, "outer %d", 1);
    assert_string_equal(why.text, "outer 1: inner");
    for (int i = 0; i < 100; i++)
        why_prefix(&why, "a prefix that is repeated until the text is full");
    assert_int_equal(strlen(why.text), sizeof why.text - 1);
    why_set(NULL, "nobody wants to know");
}

/* What is cut is whole characters: a ledger's name or a Japanese sentence stays UTF-8. */
static void test_reasons_are_cut_between_characters(void **state)
{
    char text[3 * 300 + 1];
    struct why why;

    (void)state;
    for (size_t i = 0; i < 300; i++)
        memcpy(text + 3 * i, "\xe5\x8f\xb0", 4);
    for (int before = 0; before < 3; before++) {
        why_set(&why, "%.*s%s", before, "aaa", text);
        assert_true(utf8_valid(span_str(why.text)));
        assert_true(strlen(why.text) > sizeof why.text - 4);
        why_set(&why, "%s", text);
        why_prefix(&why, "%.*s", before, "aaa");
        assert_true(utf8_valid(span_str(why.text)));
        assert_true(strlen(why.text) > sizeof why.text - 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_span_order),
        cmocka_unit_test(test_big_endian),
        cmocka_unit_test(test_cursor_reads_in_order),
        cmocka_unit_test(test_cursor_failure_is_sticky),
        cmocka_unit_test(test_cursor_lines),
        cmocka_unit_test(test_buf_grows_to_its_bound),
        cmocka_unit_test(test_buf_printf_fills_to_the_bound),
        cmocka_unit_test(test_buf_take_gives_a_full_buffer),
        cmocka_unit_test(test_buf_never_wraps),
        cmocka_unit_test(test_array_room),
        cmocka_unit_test(test_every_error_has_its_text),
        cmocka_unit_test(test_reasons_are_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
