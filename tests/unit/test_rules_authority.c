/* The rules about authority: hits, near misses, boundaries, and ways around them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/rules_stream.h"

#define ACCESS "query actor=npa/a unit=npa/cyber dataset=d1 "

static void action_unknown(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), "Query authority=A actor=npa/a");
    said(s, "npa", H(1), "x-query actor=npa/a");
    said(s, "npa", H(1), "inspect actor=npa/a");
    said(s, "npa", H(1), "X-query actor=npa/a");
    found(s, "action-unknown", "action-unknown 0.0\naction-unknown 3.0\n");
    stream_free(s);
}

static void authority_unknown_and_granted_later(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), ACCESS "authority=A");
    said(s, "npa", H(2), ACCESS "authority=B");
    said(s, "committee", H(3), "approve approval=A decision=granted valid_from=0h valid_to=30d");
    said(s, "npa", H(4), ACCESS "authority=A");
    said(s, "npa", H(5), ACCESS "authority=C");
    said(s, "npa", D(31), ACCESS "authority=A");
    said(s, "operator", D(31), "config");
    found(s, "authority-unknown authority-expired",
        "authority-unknown 1.0\nauthority-unknown 4.0\nauthority-expired 5.0 2.0\n");
    stream_free(s);
}

static void authority_open_at_the_end(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), ACCESS "authority=A");
    said(s, "npa", H(1), "approve approval=A decision=granted");
    said(s, "npa", H(1), ACCESS);
    found(s, "authority-unknown authority-missing",
        "authority-missing 2.0\nauthority-unknown 0.0 open\n");
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(action_unknown),
        cmocka_unit_test(authority_unknown_and_granted_later),
        cmocka_unit_test(authority_open_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
