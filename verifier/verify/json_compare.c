/* A comparison as JSON, in the order and with the names of the manual page. */
#include "core/text.h"
#include "verifier/verify/json.h"

static json_t *json_side(const struct side *s, struct span last)
{
    static const char *const kinds[] = {[SIDE_SOURCE] = "source",
        [SIDE_CHECKPOINT] = "checkpoint",
        [SIDE_PROOF] = "proof",
        [SIDE_CONSISTENCY] = "consistency"};
    json_t *json = json_object();
    struct entry entry;
    struct buf root;

    buf_init(&root, 64);
    base64_encode(&root, span_hash(&s->fetch.checkpoint.root));
    json_put(json, "name", json_visible(s->name));
    json_put(json, "kind", json_string(kinds[s->kind]));
    json_put(json, "size", json_number(true, side_size(s)));
    json_put(json, "root", json_stringn((const char *)root.p, root.n));
    json_put(json, "signed", json_boolean(s->is_signed && !s->wrong));
    json_put(json, "quorum", json_boolean(s->is_signed && s->votes.quorum));
    json_put(json, "vouched_at",
        json_number(s->is_signed && s->votes.vouched && s->votes.vouched_at_s <= INT64_MAX / 1000,
            s->votes.vouched_at_s * 1000));
    if (last.n > 0 && entry_parse(last, &entry) == 0)
        json_put(json, "last_received", json_number(true, entry.received));
    buf_destroy(&root);
    return json;
}

int json_compare(FILE *to, const struct compare *c, const struct compare_findings *f)
{
    json_t *json = json_object(), *forks = json_array();

    json_put(json, "outcome", json_string(compare_text(c->outcome)));
    json_put(json, "a", json_side(c->sides[0], buf_view(&c->last[0])));
    json_put(json, "b", json_side(c->sides[1], buf_view(&c->last[1])));
    json_put(json, "common", json_number(true, c->common));
    json_put(json, "index", json_number(c->has_index, c->index));
    json_put(json, "index_is_first", json_boolean(c->index_is_first));
    for (size_t i = 0; i < c->fork_count; i++) {
        const struct writer_fork *fork = &c->forks[i];
        json_t *item = json_object();

        json_put(item, "writer", json_visible(fork->writer));
        json_put(item, "number", json_number(true, fork->number));
        json_put(item, "a", json_number(true, fork->index[0]));
        json_put(item, "b", json_number(true, fork->index[1]));
        json_add(forks, item);
    }
    json_put(json, "writer_forks", forks);
    json_put(json, "writer_forks_omitted", json_number(true, c->forks_omitted));
    json_put(json, "scan_cut", json_boolean(c->scan_cut));
    json_put(json, "findings", json_findings(f->list, f->count));
    json_put(json, "findings_omitted", json_number(true, f->omitted));
    return json_line(to, json);
}

int json_compare_tally(FILE *to, const struct compare_tally *tally, int status)
{
    json_t *json = json_object();

    json_put(json, "outcome",
        json_string(status == 0   ? "all-there"
                    : status == 1 ? "findings"
                                  : "incomplete"));
    json_put(json, "receipts", json_number(true, tally->receipts));
    json_put(json, "there", json_number(true, tally->there));
    json_put(json, "records", json_number(true, tally->records));
    json_put(json, "not_covered", json_number(true, tally->not_covered));
    json_put(json, "findings", json_findings(tally->findings, tally->finding_count));
    json_put(json, "findings_omitted", json_number(true, tally->findings_omitted));
    return json_line(to, json);
}
