/* The rules about time: late records, clocks that run back, and times that others dispute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/checkpoint.h"
#include "tests/unit/rules_stream.h"

#define LATE "late-record"
#define STEP "clock-step"
#define DISPUTED "time-disputed"

/* --- late-record */

static void late_limits(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(2), "query at=1h");
    said(s, "npa", H(2), "query at=1h-1ms");
    said(s, "npa", H(2), "query at=2h+5min");
    said(s, "npa", H(2), "query at=2h+5min+1ms");
    found(s, LATE, LATE " 1.0\n" LATE " 3.0\n");
    assert_string_equal(found_sentences(s),
        "late-record: The record says that \"query\" was done at 2026-01-01T00:59:59.999Z, and the "
        "ledger received it at 2026-01-01T02:00:00.000Z, 1 h 1 ms later; at most 1 h may pass.\n"
        "late-record: The record says that \"query\" was done at 2026-01-01T02:05:00.001Z, which "
        "was still 5 min 1 ms in the future when the ledger received it at "
        "2026-01-01T02:00:00.000Z; the clocks may differ by at most 5 min.\n");
    stream_free(s);
}

/* Every record counts, whatever it is called and whoever wrote it. */
static void late_everything(void **state)
{
    struct stream *s = stream_new("[late-record]\nlimit = 0 s\nfuture = 0 s\n");

    (void)state;
    said(s, "npa", H(2), "x-query at=1h");
    said(s, "npa", H(2), "Query at=1h");
    said(s, "npa", H(2), "correct at=1h");
    said(s, "npa", H(2), "query at=1h outcome=denied emergency=true");
    said(s, "committee", H(2), "approve at=1h");
    said_too(s, "query at=2h");
    said_too(s, "query at=2h+1ms");
    said(s, "npa", H(2), "query at=!0");
    said(s, "npa", H(2), "query at=!9007199254740991");
    found(s, LATE,
        LATE " 0.0\n" LATE " 1.0\n" LATE " 2.0\n" LATE " 3.0\n" LATE " 4.0\n" LATE " 4.2\n" LATE
             " 5.0\n" LATE " 6.0\n");
    stream_free(s);
}

/* --- clock-step */

static void step_back(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), "query at=60min");
    said(s, "npa", H(1), "query at=55min"); /* at the limit */
    said(s, "npa", H(1), "query at=55min-1ms"); /* 2: from 60, though 55 came between */
    said(s, "npa", H(1), "query at=50min"); /* from there on anew */
    said(s, "npa", H(1), "query at=50min-1ms");
    said(s, "npa", H(1), "query at=45min"); /* 5: more than 5 min before 55 - 1 ms */
    said(s, "mod", H(1), "query at=10min"); /* another clock */
    said(s, "npa", H(1), "query at=30min"); /* 7 */
    said_too(s, "query at=20min"); /* in one entry, too */
    found(s, STEP, STEP " 2.0 0.0\n" STEP " 5.0 2.0\n" STEP " 7.0 5.0\n" STEP " 7.1 7.0\n");
    stream_free(s);
}

static void step_sentence_and_everything(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    said(s, "npa", H(1), "x-query at=60min");
    said(s, "npa", H(1), "Query at=50min outcome=denied");
    unlisted(s, H(1), "npa");
    passed(s, H(1));
    listed(s, H(1), "npa", ROLE_AGENCY);
    said(s, "npa", H(1), "correct at=40min");
    said(s, "mod", H(1), "query at=!9007199254740991");
    said(s, "mod", H(1), "query at=!0");
    said(s, "mod", H(1), "query at=!1");
    found(s, STEP, STEP " 1.0 0.0\n" STEP " 5.0 1.0\n" STEP " 7.0 6.0\n");
    assert_non_null(strstr(found_sentences(s),
        "clock-step: npa recorded \"Query\" at 2026-01-01T00:50:00.000Z, after it had recorded "
        "something at 2026-01-01T01:00:00.000Z: its time ran back by 10 min, and at most 5 min may "
        "lie between records that came in another order.\n"));
    stream_free(s);
}

/* --- time-disputed */

/* How a note is to be wrong. */
enum { RIGHT, OTHER_ORIGIN, UNSIGNED, WRONG_LINE, WRONG_WITNESS, NO_NOTE };

/* A checkpoint of `size` entries, cosigned at T0 + at_ms unless that is 0. */
static struct span note(struct buf *out, uint64_t size, uint64_t at_ms, int how)
{
    struct hash root = {{7}};
    struct buf text, cosigned;
    struct vkey key;
    uint8_t signature[8 + 64], signed_bytes[64];
    const struct secret *witness = stream_witness_key();

    buf_init(&text, 4096);
    buf_init(&cosigned, 4096);
    buf_init(out, 4096);
    checkpoint_write(
        &text, span_str(how == OTHER_ORIGIN ? "other.example" : "log.example"), size, &root);
    buf_put_span(out, buf_view(&text));
    buf_put_str(out, "\n");
    if (how == WRONG_LINE)
        buf_put_str(&text, "x");
    if (how != UNSIGNED)
        note_sign(out, buf_view(&text), span_str("log.example"), stream_log_key());
    if (at_ms != 0 || how == UNSIGNED) {
        uint64_t s = (T0 + at_ms) / 1000;

        note_cosigned_text(&cosigned, s, buf_view(&text));
        if (how == WRONG_WITNESS)
            buf_put_str(&cosigned, "x");
        secret_sign(witness, buf_view(&cosigned), signed_bytes);
        be64_put(signature, s);
        memcpy(signature + 8, signed_bytes, 64);
        vkey_make(&key, span_str("witness.example"), KEY_COSIGNATURE, secret_public(witness));
        note_put_line(out, key.name, key.id, span_of(signature, sizeof signature));
    }
    buf_destroy(&text);
    buf_destroy(&cosigned);
    return buf_view(out);
}

#define FRESH "[time-disputed]\nfresh = yes\n"

/* An entry with a heartbeat that names it. */
static void named(struct stream *s, uint64_t received_ms, const char *record, uint64_t size,
    uint64_t cosigned_ms, int how)
{
    struct buf out;
    struct span bytes = how == NO_NOTE ? span_str("no note") : note(&out, size, cosigned_ms, how);

    said_checkpoint(s, "npa", received_ms, record, bytes);
    if (how != NO_NOTE)
        buf_destroy(&out);
}

/* Ten entries, one an hour, 0.0 at T0. */
static void ten(struct stream *s)
{
    for (int i = 0; i < 10; i++)
        passed(s, H(i));
}

static void disputed_heartbeat(void **state)
{
    struct stream *s = stream_new(FRESH);

    (void)state;
    ten(s);
    /* Entry 7 was received at 7 h, entry 8 at 8 h. */
    named(s, H(9), "heartbeat at=7h-5min", 8, 0, RIGHT); /* 10 */
    named(s, H(9), "heartbeat at=7h-5min-1ms", 8, 0, RIGHT); /* 11: not yet there */
    named(s, H(9), "heartbeat at=8h+5min", 8, 0, RIGHT);
    named(s, H(9), "heartbeat at=8h+5min+1ms", 8, 0, RIGHT); /* 13: the next was there */
    found(s, DISPUTED, DISPUTED " 11.0 7.0\n" DISPUTED " 13.0 8.0\n");
    assert_string_equal(found_sentences(s),
        "time-disputed: npa vouched at 2026-01-01T06:54:59.999Z for a checkpoint of 8 entries; the "
        "last of them, entry 7, must have been received by then, and the ledger says that it was "
        "not received before 2026-01-01T07:00:00.000Z (allowed: 5 min).\n"
        "time-disputed: npa knew at 2026-01-01T08:05:00.001Z of no checkpoint of more than 8 "
        "entries; the next, entry 8, must have been received about then or later, and the ledger "
        "says that it was received by 2026-01-01T08:00:00.000Z (allowed: 5 min).\n");
    stream_free(s);
}

/* Without `fresh` an old checkpoint is the newest that a writer knew of, and disputes nothing. */
static void disputed_unless_fresh(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    ten(s);
    named(s, H(9), "heartbeat at=9h", 2, 0, RIGHT);
    named(s, H(9), "heartbeat at=7h-5min-1ms", 8, 0, RIGHT); /* 11 */
    found(s, DISPUTED, DISPUTED " 11.0 7.0\n");
    stream_free(s);
}

static void disputed_cosignature(void **state)
{
    struct stream *s = stream_new(FRESH);

    (void)state;
    ten(s);
    named(s, H(9), "heartbeat at=7.5h", 8, H(7) - MIN(5), RIGHT);
    named(s, H(9), "heartbeat at=7.5h", 8, H(7) - MIN(5) - S(1), RIGHT); /* 11 */
    named(s, H(9), "heartbeat at=7.5h", 8, H(8) + MIN(5), RIGHT);
    named(s, H(9), "heartbeat at=7.5h", 8, H(8) + MIN(5) + S(1), RIGHT); /* 13 */
    named(s, H(9), "heartbeat at=1h", 8, H(1), RIGHT); /* 14: both; told of once */
    found(s, DISPUTED, DISPUTED " 11.0 7.0\n" DISPUTED " 13.0 8.0\n" DISPUTED " 14.0 7.0\n");
    assert_non_null(strstr(found_sentences(s),
        "time-disputed: witness vouched at 2026-01-01T06:54:59.000Z for a checkpoint of 8 "));
    assert_non_null(
        strstr(found_sentences(s), "time-disputed: witness knew at 2026-01-01T08:05:01.000Z of no "
                                   "checkpoint of more than 8 "));
    stream_free(s);
}

/* Its own entry is the first that a heartbeat's checkpoint cannot hold. */
static void disputed_beyond(void **state)
{
    struct stream *s = stream_new(FRESH);

    (void)state;
    ten(s);
    named(s, H(9), "heartbeat", 10, 0, RIGHT);
    named(s, H(9), "heartbeat", 12, 0, RIGHT); /* 11 */
    named(s, H(9), "heartbeat", UINT64_C(9007199254740991), H(9), RIGHT); /* 12 */
    /* Behind it is only the heartbeat itself, which says nothing against it. */
    named(s, H(10), "heartbeat at=20h", 13, 0, RIGHT);
    found(s, DISPUTED, DISPUTED " 11.0\n" DISPUTED " 12.0\n");
    assert_non_null(strstr(found_sentences(s),
        "time-disputed: The heartbeat of npa in entry 11 names a checkpoint of 12 entries; it can "
        "only name one of the entries before it, and the log signed this one.\n"));
    stream_free(s);
}

/* Notes that say nothing; and the same note under another roster, or from another writer. */
static void disputed_notes(void **state)
{
    struct stream *s = stream_new(FRESH);
    struct buf out;

    (void)state;
    ten(s);
    for (int how = OTHER_ORIGIN; how <= NO_NOTE; how++)
        named(s, H(9), "heartbeat at=1h", 8, H(7.5), how); /* 10 to 14 */
    named(s, H(9), "config at=1h", 8, H(7.5), RIGHT);
    named(s, H(9), "x-heartbeat at=1h", 8, H(7.5), RIGHT);
    said(s, "npa", H(9), "heartbeat at=1h");
    said_checkpoint(s, "mod", H(9), "heartbeat at=1h", note(&out, 8, H(7.5), RIGHT)); /* 18 */
    listed(s, H(9), "new", ROLE_AGENCY);
    said_checkpoint(s, "new", H(9), "heartbeat at=1h", buf_view(&out)); /* 20 */
    said_checkpoint(s, "new", H(9), "heartbeat at=7.5h", buf_view(&out));
    rekeyed(s, H(9));
    said_checkpoint(s, "mod", H(9), "heartbeat at=1h", buf_view(&out)); /* not this log's key */
    buf_destroy(&out);
    found(s, DISPUTED, DISPUTED " 18.0 7.0\n" DISPUTED " 20.0 7.0\n");
    stream_free(s);
}

/* A note with one line again and again would only take time. */
static void disputed_repeated_lines(void **state)
{
    struct stream *s = stream_new(NULL);
    struct buf out;
    struct span line;

    (void)state;
    ten(s);
    note(&out, 8, 0, RIGHT);
    for (line = buf_view(&out); memcmp(line.p, "\n\n", 2) != 0; line.n--)
        line.p++;
    line = span_of(line.p + 2, line.n - 2);
    for (int i = 0; i < 3; i++) {
        uint8_t copy[512];
        size_t n = line.n;

        said_checkpoint(s, "npa", H(9), "heartbeat at=1h", buf_view(&out)); /* 10 to 12 */
        assert_true(n <= sizeof copy);
        memcpy(copy, line.p, n);
        buf_put(&out, copy, n);
        line = span_of(out.p + out.n - n, n);
    }
    buf_destroy(&out);
    found(s, DISPUTED, DISPUTED " 10.0 7.0\n" DISPUTED " 11.0 7.0\n");
    stream_free(s);
}

/* More notes than are remembered. */
static void disputed_many_notes(void **state)
{
    struct stream *s = stream_new(FRESH);

    (void)state;
    for (int i = 0; i < 600; i++)
        passed(s, MIN(i));
    for (int i = 0; i < 600; i++) {
        char record[40];

        snprintf(record, sizeof record, "heartbeat at=%dmin", i < 300 ? i : i - 300);
        named(s, H(10), record, 1 + (uint64_t)(i < 300 ? i : i - 300), 0, RIGHT);
    }
    named(s, H(10), "heartbeat at=300min", 200, 0, RIGHT);
    named(s, H(10), "heartbeat at=300min", 595, 0, RIGHT);
    found(s, DISPUTED, DISPUTED " 1200.0 200.0\n" DISPUTED " 1201.0 594.0\n");
    stream_free(s);
}

static void disputed_vouched(void **state)
{
    struct stream *s = stream_new(FRESH);

    (void)state;
    ten(s);
    vouched(s, 10, H(9) - MIN(5), "w1");
    vouched(s, 10, H(9) - MIN(5) - 1, "w2");
    vouched(s, 5, H(20), "w3"); /* an old checkpoint may be cosigned again */
    vouched(s, 10, H(200), "w4");
    vouched(s, 11, H(1), "w5"); /* of an entry that was not read */
    vouched(s, 10, H(9) - MIN(5) - 1, "w6"); /* an id of its own */
    found(s, DISPUTED, DISPUTED " 9.0 open\n" DISPUTED " 9.0 open\n");
    assert_string_equal(found_sentences(s),
        "time-disputed: w2 vouched at 2026-01-01T08:54:59.999Z for a checkpoint of 10 entries; the "
        "last of them, entry 9, must have been received by then, and the ledger says that it was "
        "not received before 2026-01-01T09:00:00.000Z (allowed: 5 min).\n"
        "time-disputed: w6 vouched at 2026-01-01T08:54:59.999Z for a checkpoint of 10 entries; the "
        "last of them, entry 9, must have been received by then, and the ledger says that it was "
        "not received before 2026-01-01T09:00:00.000Z (allowed: 5 min).\n");
    stream_free(s);
}

static void disputed_absurd(void **state)
{
    struct stream *s = stream_new(FRESH "limit = 3650 d\n");

    (void)state;
    ten(s);
    named(s, H(9), "heartbeat at=!0", 8, 0, RIGHT);
    named(s, H(9), "heartbeat at=!9007199254740991", 8, 0, RIGHT);
    named(s, H(9), "heartbeat at=1h", 8, UINT64_C(9007199254740000000) - T0, RIGHT);
    named(s, H(9), "heartbeat at=1h", 1, 0, RIGHT);
    found(s, DISPUTED, DISPUTED " 10.0 7.0\n" DISPUTED " 11.0 8.0\n" DISPUTED " 12.0 8.0\n");
    stream_free(s);
}

/*
 * Entries behind the last 65,536: ten a minute, of which only each minute's least and greatest
 * time is known. What that cannot decide is no hit; in the last 65,536 every time is.
 */
static void disputed_old_entries(void **state)
{
    struct stream *s = stream_new(FRESH "limit = 0 s\n");
    const unsigned count = 70000;
    char record[60];

    (void)state;
    for (unsigned i = 0; i < count; i++) {
        if (i == 2001)
            skipped(s); /* entry 2001; from here on entry n is that of (n - 1) * 6 s */
        passed(s, i * S(6));
    }
    /* Entry 109 is the last of a stretch from 594 s to 654 s; the next is from 660 s to 720 s. */
    named(s, S(6) * count, "heartbeat at=594s-1ms", 110, 0, RIGHT); /* surely before */
    named(s, S(6) * count, "heartbeat at=594s", 110, 0, RIGHT); /* not for sure */
    named(s, S(6) * count, "heartbeat at=720s+1ms", 110, 0, RIGHT); /* surely behind */
    named(s, S(6) * count, "heartbeat at=720s", 110, 0, RIGHT); /* not for sure */
    /* Entry 4,480 is one of the last 65,536 and known exactly. */
    snprintf(record, sizeof record, "heartbeat at=%us", 4479 * 6 - 1);
    named(s, S(6) * count, record, 4481, 0, RIGHT);
    snprintf(record, sizeof record, "heartbeat at=%us", 4479 * 6);
    named(s, S(6) * count, record, 4481, 0, RIGHT);
    named(s, S(6) * count, "heartbeat at=0s", 1, 0, RIGHT); /* the first of all */
    /* Of the stretch in which one was passed over nothing is sure. */
    named(s, S(6) * count, "heartbeat at=0s", 2002, 0, RIGHT);
    named(s, S(6) * count, "heartbeat at=0s", 2003 + 11, 0, RIGHT); /* 70009: the next one */
    found(s, DISPUTED,
        DISPUTED " 70001.0 109.0\n" DISPUTED " 70003.0 110.0\n" DISPUTED
                 " 70005.0 4480.0\n" DISPUTED " 70009.0 2013.0\n");
    stream_free(s);
}

/* An entry every two minutes: more than 65,536 stretches, so they become longer. */
static void disputed_thinned(void **state)
{
    struct stream *s = stream_new(FRESH "limit = 0 s\n");
    const unsigned count = 140000;

    (void)state;
    for (unsigned i = 0; i < count; i++)
        passed(s, i * S(120));
    /* Entries 1,000 and 1,001 are in one stretch, from 120,000 s to 120,120 s. */
    named(s, count * S(120), "heartbeat at=120000s-1ms", 1002, 0, RIGHT); /* surely before 1,001 */
    named(s, count * S(120), "heartbeat at=120000s", 1002, 0, RIGHT); /* not for sure */
    named(s, count * S(120), "heartbeat at=120120s+1ms", 1000, 0, RIGHT); /* surely behind 1,000 */
    named(s, count * S(120), "heartbeat at=120120s", 1000, 0, RIGHT); /* not for sure */
    found(s, DISPUTED, DISPUTED " 140000.0 1001.0\n" DISPUTED " 140002.0 1000.0\n");
    stream_free(s);
}

/* Of one entry several may say so: findings of their own, which nobody takes for one. */
static void disputed_by_several(void **state)
{
    struct stream *s = stream_new(NULL);

    (void)state;
    passed(s, H(1));
    vouched(s, 1, 0, "w");
    vouched(s, 1, 0, "v");
    found(s, "time-disputed", "time-disputed 0.0 open\ntime-disputed 0.0 open\n");
    stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(disputed_by_several),
        cmocka_unit_test(late_limits),
        cmocka_unit_test(late_everything),
        cmocka_unit_test(step_back),
        cmocka_unit_test(step_sentence_and_everything),
        cmocka_unit_test(disputed_heartbeat),
        cmocka_unit_test(disputed_unless_fresh),
        cmocka_unit_test(disputed_cosignature),
        cmocka_unit_test(disputed_beyond),
        cmocka_unit_test(disputed_notes),
        cmocka_unit_test(disputed_repeated_lines),
        cmocka_unit_test(disputed_many_notes),
        cmocka_unit_test(disputed_vouched),
        cmocka_unit_test(disputed_absurd),
        cmocka_unit_test(disputed_old_entries),
        cmocka_unit_test(disputed_thinned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
