#include "tests/history/act.h"

#include "core/msgpack.h"
#include "core/record.h"
#include "tests/history/die.h"

static const char *const names[ACT_FIELDS] = {"action", "actor", "approval", "approved_by", "at",
    "authority", "checkpoint", "content", "corrects", "count", "criteria", "dataset", "datasets",
    "decision", "detail", "discarded", "emergency", "finding", "id", "method", "notice", "outcome",
    "parents", "purpose", "purposes", "ratify_by", "reason", "recipient", "recipient_kind",
    "recipients", "records", "ref", "requested_by", "retain_until", "role", "rule", "salt",
    "sealed", "source_count", "state", "statement", "stream", "unit", "units", "valid_from",
    "valid_to", "witnessed_by"};

void act_check_table(void)
{
    must(record_field_count == ACT_FIELDS, "the vocabulary has other fields");
    for (size_t i = 0; i < ACT_FIELDS; i++)
        must(strcmp(record_fields[i].name, names[i]) == 0, "the vocabulary has other fields");
}

void act_start(struct act *a, unsigned writer, uint64_t when_ms, const char *action)
{
    a->when_ms = when_ms;
    a->at_offset_ms = 0;
    a->writer = (uint8_t)writer;
    a->access = strcmp(action, "query") == 0 || strcmp(action, "view") == 0 ||
                strcmp(action, "export") == 0;
    a->blank = false;
    a->put_count = 0;
    a->n = 0;
    for (int i = 0; i < ACT_ANSWERS_MAX; i++)
        a->answers[i] = (struct act_answer){-1, 0};
    act_text(a, F_ACTION, action);
}

/* Takes what was written into `value` as the value of a field. */
static void put(struct act *a, enum act_field field, struct buf *value)
{
    must(buf_status(value) == 0 && a->put_count < ACT_PUT_MAX && a->n + value->n <= ACT_BYTES_MAX,
        "a record is too long");
    for (unsigned i = 0; i < a->put_count; i++)
        must(a->put[i].field != field, "a field is given twice");
    a->put[a->put_count].field = (uint8_t)field;
    a->put[a->put_count].at = a->n;
    a->put[a->put_count].n = (uint16_t)value->n;
    a->put_count++;
    memcpy(a->bytes + a->n, value->p, value->n);
    a->n = (uint16_t)(a->n + value->n);
}

/* One buffer for all values; the generator has one thread. */
static struct buf *scratch(void)
{
    static struct buf b;

    if (b.max == 0)
        buf_init(&b, ACT_BYTES_MAX);
    buf_clear(&b);
    return &b;
}

void act_text(struct act *a, enum act_field field, const char *value)
{
    struct buf *b = scratch();

    msgpack_put_str(b, span_str(value));
    put(a, field, b);
}

void act_uint(struct act *a, enum act_field field, uint64_t value)
{
    struct buf *b = scratch();

    msgpack_put_uint(b, value);
    put(a, field, b);
}

void act_true(struct act *a, enum act_field field)
{
    struct buf *b = scratch();

    msgpack_put_true(b);
    put(a, field, b);
}

void act_bin(struct act *a, enum act_field field, const void *bytes, size_t n)
{
    struct buf *b = scratch();

    msgpack_put_bin(b, span_of(bytes, n));
    put(a, field, b);
}

void act_texts(struct act *a, enum act_field field, const char *const *values, size_t count)
{
    struct buf *b = scratch();

    msgpack_put_array(b, count);
    for (size_t i = 0; i < count; i++)
        msgpack_put_str(b, span_str(values[i]));
    put(a, field, b);
}

void act_one(struct act *a, enum act_field field, const char *value)
{
    act_texts(a, field, &value, 1);
}

void act_answers(struct act *a, int answer, int place)
{
    for (int i = 0; i < ACT_ANSWERS_MAX; i++)
        if (a->answers[i].answer < 0) {
            a->answers[i] = (struct act_answer){answer, place};
            return;
        }
    must(false, "a record has too many findings");
}

size_t act_bytes(const struct act *a)
{
    return offsetof(struct act, bytes) + a->n;
}

void act_encode(const struct act *a, struct buf *out)
{
    uint8_t order[ACT_PUT_MAX];

    for (unsigned i = 0; i < a->put_count; i++) {
        unsigned j = i;

        for (; j > 0 && a->put[order[j - 1]].field > a->put[i].field; j--)
            order[j] = order[j - 1];
        order[j] = (uint8_t)i;
    }
    msgpack_put_map(out, a->put_count);
    for (unsigned i = 0; i < a->put_count; i++) {
        unsigned k = order[i];

        msgpack_put_str(out, span_str(names[a->put[k].field]));
        buf_put(out, a->bytes + a->put[k].at, a->put[k].n);
    }
}
