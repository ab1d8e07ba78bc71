/*
 * core/record.c: what it takes is what SPEC.md section 3 and the vocabulary say, judged a
 * second time over a tree, and the facts that it reports stand in that tree.
 */
#include "core/record.h"

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/plain_msgpack.h"

const unsigned fuzz_rounds = 60000;

static bool is_id(const struct plain *v)
{
    if (v->type != PLAIN_STR || v->bytes.n < 1 || v->bytes.n > 255)
        return false;
    for (size_t i = 0; i < v->bytes.n; i++)
        if (v->bytes.p[i] < '!' || v->bytes.p[i] > '~')
            return false;
    return true;
}

static bool is_of_type(const struct plain *v, enum field_type type)
{
    switch (type) {
    case FIELD_ID:
        return is_id(v);
    case FIELD_TEXT:
        return v->type == PLAIN_STR && v->bytes.n <= 200;
    case FIELD_UINT:
    case FIELD_TIME:
        return v->type == PLAIN_UINT;
    case FIELD_TRUE:
        return v->type == PLAIN_TRUE;
    case FIELD_BIN:
        return v->type == PLAIN_BIN;
    case FIELD_BIN16:
        return plain_is_bin(v, 16);
    case FIELD_BIN32:
        return plain_is_bin(v, 32);
    case FIELD_IDS:
        if (v->type != PLAIN_ARRAY)
            return false;
        for (size_t i = 0; i < v->count; i++)
            if (!is_id(&v->items[i]))
                return false;
        return true;
    case FIELD_EXTENSION:
        return true;
    }
    return false;
}

/* By a walk over the whole table, where record_check goes through it once. */
static bool is_record(struct span in, const struct plain *v)
{
    if (in.n > 60000 || v == NULL || v->type != PLAIN_MAP || plain_get(v, "action") == NULL ||
        plain_get(v, "at") == NULL || plain_get(v, "salt") == NULL)
        return false;
    for (size_t i = 0; i < v->count; i++) {
        struct span name = v->items[2 * i].bytes;
        enum field_type type = FIELD_EXTENSION;
        bool known = name.n >= 2 && name.p[0] == 'x' && name.p[1] == '-';

        for (size_t k = 0; k < record_field_count; k++)
            if (span_is(name, record_fields[k].name)) {
                type = record_fields[k].type;
                known = true;
            }
        if (!known || !is_of_type(&v->items[2 * i + 1], type))
            return false;
    }
    return true;
}

static void check_facts(const struct record_facts *facts, const struct plain *v)
{
    const struct plain *sealed = plain_get(v, "sealed"), *records = plain_get(v, "records");

    FUZZ_CHECK(span_eq(facts->action, plain_get(v, "action")->bytes));
    FUZZ_CHECK(facts->at == plain_get(v, "at")->number);
    FUZZ_CHECK(facts->has_sealed == (sealed != NULL));
    FUZZ_CHECK(sealed == NULL || span_eq(span_hash(&facts->sealed), sealed->bytes));
    FUZZ_CHECK(records == NULL ? facts->records.n == 0 : span_eq(facts->records, records->whole));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data, n);
    struct plain *v = plain_read(in);
    struct record_facts facts;
    struct why why = {""};
    int err = record_check(in, &facts, &why);

    FUZZ_CHECK((err == 0) == is_record(in, v));
    FUZZ_CHECK(err == 0 || (err == KEIIN_EMALFORMED && fuzz_says_why(&why)));
    FUZZ_CHECK(record_check(in, NULL, NULL) == err);
    if (err == 0)
        check_facts(&facts, v);
    plain_free(v);
    fuzz_end(in);
    return 0;
}
