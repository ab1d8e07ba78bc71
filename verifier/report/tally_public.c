/*
 * Which texts of records the public may read: those of the vocabulary, and those that the committee
 * itself said in a decision before. Anything else is "other", so that nobody can have a name or a
 * secret published by writing it into a record. What was said when the record came decides.
 */
#include "verifier/report/tally_internal.h"

#define OTHER "other"

static struct key key_of_said(struct rule_key *key, enum said_what what, struct span text)
{
    uint8_t head = (uint8_t)what;

    key->n = 0;
    rule_key_add(key, span_of(&head, 1));
    rule_key_add(key, text);
    return rule_key_done(key);
}

static int say(struct tally *t, enum said_what what, struct span text)
{
    struct rule_key key;

    return table_add(t->said, key_of_said(&key, what, text)) == NULL ? KEIIN_ENOMEM : 0;
}

int public_record(struct tally *t, const struct rules_record *r)
{
    struct ids purposes = ids_of(record_text(r, F_PURPOSES));
    bool decides = r->change.step == APPROVAL_GRANTED || r->change.step == APPROVAL_EXTENDED ||
                   r->change.step == APPROVAL_EXTENDED_LATE || r->change.step == APPROVAL_RATIFIED;
    struct span purpose;
    int err = 0;

    if (!t->is_public || !decides || r->action != ACTION_APPROVE)
        return 0;
    if (record_has(r, F_STREAM))
        err = say(t, SAID_STREAM, record_text(r, F_STREAM));
    while (err == 0 && record_has(r, F_PURPOSES) && ids_next(&purposes, &purpose))
        err = say(t, SAID_PURPOSE, purpose);
    return err;
}

struct span tally_said(const struct tally *t, enum said_what what, struct span text)
{
    struct rule_key key;

    if (!t->is_public || text.n == 0 || table_find(t->said, key_of_said(&key, what, text)) != NULL)
        return text;
    return span_str(OTHER);
}

struct span tally_kind(const struct tally *t, struct span kind)
{
    bool known = span_is(kind, "domestic") || span_is(kind, "council") || span_is(kind, "foreign");

    return !t->is_public || known || kind.n == 0 ? kind : span_str(OTHER);
}

struct span tally_action(const struct tally *t, const struct rules_record *r)
{
    return t->is_public ? span_str(action_text(r->action)) : r->action_name;
}
