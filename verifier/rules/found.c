#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/sha256.h"
#include "core/text.h"
#include "verifier/rules/engine_internal.h"

#define USUAL_FACTS_MAX 8

void rules_finding_id(struct hash *out, const struct rule *rule,
    const struct rules_address *addresses, size_t count, struct span subject,
    const struct hash *digest)
{
    struct sha256_stream h;
    char text[2 * HASH_BYTES + 2];

    sha256_stream_init(&h);
    sha256_stream_update(&h, span_str("keiin/finding/v1\n"));
    sha256_stream_update(&h, span_str(rule->name));
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof text, "%c%" PRIu64 ".%" PRIu64, i == 0 ? '\n' : ' ',
            addresses[i].index, addresses[i].position);
        sha256_stream_update(&h, span_str(text));
    }
    hex_encode(text, span_hash(digest));
    sha256_stream_update(&h, span_str("\n"));
    if (subject.n > 0) {
        sha256_stream_update(&h, subject);
        sha256_stream_update(&h, span_str("\n"));
    }
    sha256_stream_update(&h, span_str(text));
    sha256_stream_update(&h, span_str("\n"));
    sha256_stream_final(&h, out);
}

static bool given(const struct rule_fact *facts, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(facts[i].name, name) == 0)
            return true;
    return false;
}

/* The facts of a hit, and those of its record that the hit does not give itself. */
static size_t all_facts(const struct rule_hit *hit, struct rule_fact *out)
{
    const struct rules_record *r = hit->r;
    size_t count = 0;

    for (; count < hit->fact_count; count++)
        out[count] = hit->facts[count];
    if (r != NULL) {
        struct rule_fact usual[] = {fact_time("at", r->at), fact_text("actor", r->actor.text),
            fact_text("unit", r->unit.text), fact_text("action", r->action_name),
            fact_text("dataset", r->dataset.text), fact_text("authority", r->authority.text),
            fact_text("writer", r->writer_name.text),
            fact_text("purpose", record_text(r, F_PURPOSE))};

        _Static_assert(sizeof usual / sizeof usual[0] == USUAL_FACTS_MAX, "");
        for (size_t i = 0; i < USUAL_FACTS_MAX; i++)
            if (!given(hit->facts, hit->fact_count, usual[i].name))
                out[count++] = usual[i];
    }
    return count;
}

int rule_found(struct rule_run *run, const struct rule_hit *hit)
{
    struct rule_fact facts[RULE_FACTS_MAX + USUAL_FACTS_MAX];
    struct rules *rules = run->rules;
    struct rules_finding f = {.rule = run->rule,
        .addresses = hit->addresses,
        .address_count = hit->address_count,
        .sentence = hit->sentence,
        .facts = facts,
        .open = hit->open,
        .digest = &rules->limits->digest};

    assert(hit->fact_count <= RULE_FACTS_MAX && hit->address_count > 0 &&
           hit->sentence < rule_sentences(run->rule));
    for (size_t i = 0; i < hit->fact_count; i++) {
        const struct fact_form *form = rule_fact_form(run->rule, span_str(hit->facts[i].name));

        /* Who reads the finding's JSON knows its facts by what the rule says of them. */
        assert(form != NULL && form->type == hit->facts[i].type);
    }
    f.fact_count = all_facts(hit, facts);
    rules_finding_id(&f.id, run->rule, f.addresses, f.address_count, hit->subject, f.digest);
    /* An open one is told of again, as settled or not at all. */
    rules->counts.findings += !hit->open;
    rules->counts.by_rule[run->number] += !hit->open;
    return rules->sink.take(rules->sink.ctx, &f);
}

int rule_found_record(struct rule_run *run, unsigned sentence, const struct rules_record *r,
    const struct rule_fact *facts, size_t fact_count)
{
    struct rule_hit hit = {.sentence = sentence,
        .r = r,
        .addresses = &r->address,
        .address_count = 1,
        .facts = facts,
        .fact_count = fact_count};

    return rule_found(run, &hit);
}
