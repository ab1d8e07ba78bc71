#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/entry.h"
#include "tests/unit/rules_stream_internal.h"
#include "verifier/rules/table.h"

void said_what_is_gone(struct stream *s, size_t count)
{
    size_t i = s->step_count;

    while (i > 0 && s->steps[i - 1].type != STEP_ENTRY)
        i--;
    assert_true(i > 0);
    s->steps[i - 1].gone = count;
}

/* Records of the entry at step `at`, with the writer of the first. */
static size_t records_of(const struct stream *s, size_t at, struct span *writer)
{
    size_t n = 0;

    while (at + 1 + n < s->step_count && s->steps[at + 1 + n].type == STEP_RECORD) {
        *writer = s->steps[at + 1 + n].place.writer;
        n++;
    }
    return n;
}

static void keep_entry(
    const struct stream *s, size_t at, struct table *numbers, const struct record_keeper *keeper)
{
    struct keeper_entry entry = s->steps[at].entry;
    struct entry parsed = {.kind = ENTRY_ROSTER, .received = entry.received};
    struct span writer = {NULL, 0};
    size_t n = records_of(s, at, &writer);

    if (n > 0) {
        uint64_t *last = table_add(numbers, key_of(writer));

        assert_non_null(last);
        parsed.kind = ENTRY_RECORDS;
        parsed.number = *last + 1;
        parsed.digest_count = n + s->steps[at].gone;
        *last += parsed.digest_count;
        entry.writer = roster_writer_by_name(entry.roster, writer);
    }
    entry.entry = &parsed;
    assert_int_equal(keeper->entry(keeper->ctx, &entry), 0);
}

void stream_keep(const struct stream *s, const struct record_keeper *keeper)
{
    struct table *numbers = table_new(sizeof(uint64_t));

    assert_non_null(numbers);
    for (size_t i = 0; i < s->step_count; i++) {
        const struct step *step = &s->steps[i];

        if (step->type == STEP_ENTRY)
            keep_entry(s, i, numbers, keeper);
        else if (step->type == STEP_RECORD)
            assert_int_equal(
                keeper->give(keeper->ctx, &step->place, span_of(step->bytes, step->n)), 0);
    }
    table_free(numbers);
}
