/* The verdict of an audit as JSON, in the order and with the names of the manual page. */
#include <jansson.h>
#include <stdlib.h>

#include "core/text.h"
#include "verifier/verify/verify.h"

static const char *const verdicts[] = {[AUDIT_VERIFIED] = "verified",
    [AUDIT_FINDINGS] = "findings",
    [AUDIT_INCOMPLETE] = "incomplete"};

static json_t *json_number(bool has, uint64_t value)
{
    return has && value <= INT64_MAX ? json_integer((json_int_t)value) : json_null();
}

/* Text of writers and details is made visible: it may come from outside. */
static json_t *json_visible(const char *text)
{
    struct buf b;
    json_t *out;

    if (text == NULL)
        return json_null();
    buf_init(&b, 64 * 1024);
    text_visible(&b, span_str(text));
    out = json_stringn((const char *)(b.p == NULL ? (const uint8_t *)"" : b.p), b.n);
    buf_destroy(&b);
    return out;
}

static json_t *json_findings(const struct finding *findings, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct finding *f = &findings[i];
        json_t *item = json_object();

        json_object_set_new(item, "code", json_string(finding_code_text(f->code)));
        if (f->index != FINDING_NO_INDEX)
            json_object_set_new(item, "index", json_number(true, f->index));
        if (f->position != FINDING_NO_POSITION)
            json_object_set_new(item, "position", json_integer((json_int_t)f->position));
        if (f->writer != NULL && f->writer[0] != '\0')
            json_object_set_new(item, "writer", json_visible(f->writer));
        if (f->detail != NULL && f->detail[0] != '\0')
            json_object_set_new(item, "detail", json_visible(f->detail));
        json_array_append_new(list, item);
    }
    return list;
}

static json_t *json_witnesses(const struct audit_result *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->witness_count; i++) {
        uint64_t time_s = r->witnesses[i].time_s;

        json_array_append_new(list, json_pack("{s:s, s:o}", "name", r->witnesses[i].name, "at",
                                        json_number(time_s <= INT64_MAX / 1000, time_s * 1000)));
    }
    return list;
}

static json_t *audit_object(const struct audit_result *r, struct span origin)
{
    json_t *json = json_object();
    char hex[2 * HASH_BYTES + 1];
    struct buf root;

    buf_init(&root, 64);
    base64_encode(&root, span_hash(&r->root));
    hex_encode(hex, span_hash(&r->ledger_id));
    json_object_set_new(json, "verdict", json_string(verdicts[r->verdict]));
    json_object_set_new(json, "origin", json_stringn((const char *)origin.p, origin.n));
    json_object_set_new(json, "ledger_id", r->has_ledger_id ? json_string(hex) : json_null());
    json_object_set_new(json, "size", json_number(r->size > 0, r->size));
    json_object_set_new(json, "entries", json_number(true, r->entries));
    json_object_set_new(json, "records", json_number(r->records_were_read, r->records));
    json_object_set_new(
        json, "root", r->size > 0 ? json_stringn((const char *)root.p, root.n) : json_null());
    json_object_set_new(json, "last_received", json_number(r->has_received, r->last_received));
    json_object_set_new(json, "vouched_at", json_number(r->has_vouched, r->vouched_at_ms));
    json_object_set_new(
        json, "vouched_by", r->vouched_by_operator ? json_string("operator") : json_witnesses(r));
    json_object_set_new(json, "roster", json_number(true, r->roster_serial));
    json_object_set_new(json, "roster_trusted", json_number(true, r->trusted_serial));
    json_object_set_new(json, "entries_before", json_number(true, r->entries_before));
    json_object_set_new(json, "findings", json_findings(r->findings, r->finding_count));
    json_object_set_new(json, "findings_omitted", json_number(true, r->findings_omitted));
    buf_destroy(&root);
    return json;
}

/* Prints an object in one line, and frees it. */
static int put_line(FILE *to, json_t *json)
{
    int err = json == NULL ? KEIIN_ENOMEM : 0;

    if (err == 0 && json_dumpf(json, to, JSON_COMPACT | JSON_REAL_PRECISION(5)) != 0)
        err = KEIIN_EIO;
    fputs("\n", to);
    json_decref(json);
    return err;
}

int json_audit(FILE *to, const struct audit_result *r, struct span origin, double seconds)
{
    json_t *json = audit_object(r, origin);

    json_object_set_new(json, "seconds", json_real(seconds));
    return put_line(to, json);
}

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0')
        json_object_set_new(object, name, json_visible(text));
}

static json_t *json_parts(unsigned parts)
{
    json_t *list = json_array();

    if (parts & DIFFERS_SAID)
        json_array_append_new(list, json_string("said"));
    if (parts & DIFFERS_STATEMENT)
        json_array_append_new(list, json_string("statement"));
    if (parts & DIFFERS_USER)
        json_array_append_new(list, json_string("user"));
    return list;
}

static json_t *json_difference(const struct difference *d)
{
    json_t *item = json_object();

    json_object_set_new(item, "code", json_string(difference_text(d->kind)));
    json_object_set_new(item, "at", json_number(true, d->at));
    set_text(item, "log", d->log);
    if (d->log != NULL)
        json_object_set_new(item, "line", json_number(true, d->line));
    if (d->index != FINDING_NO_INDEX) {
        json_object_set_new(item, "index", json_number(true, d->index));
        json_object_set_new(item, "position", json_integer((json_int_t)d->position));
    }
    set_text(item, "id", d->id);
    set_text(item, "writer", d->writer);
    set_text(item, "actor", d->actor);
    set_text(item, "user", d->user);
    set_text(item, "database", d->database);
    set_text(item, "action", d->action);
    set_text(item, "statement", d->statement);
    if (d->kind == DIFFERENCE_CHANGED)
        json_object_set_new(item, "differs", json_parts(d->parts));
    if (d->kind == DIFFERENCE_NOT_IN_LOG)
        json_object_set_new(item, "session_in_log", json_boolean(d->session_in_log));
    if (d->user_unmapped)
        json_object_set_new(item, "user_mapped", json_false());
    return item;
}

/* Counts of log and ledger, in the order of the manual page. */
static void set_counts(json_t *json, const struct reconcile_result *r)
{
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {{"lines", r->lines}, {"statements", r->statements}, {"repeated", r->repeated},
        {"forged", r->forged}, {"torn", r->torn}, {"unmapped", r->unmapped},
        {"matched", r->matched}, {"recorded_again", r->recorded_again}, {"last_ones", r->last_ones},
        {"later", r->later}, {"unsure", r->unsure}, {"elsewhere", r->elsewhere},
        {"texts_compared", r->texts_compared}, {"texts_not_compared", r->texts_not_compared}};

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        json_object_set_new(json, counts[i].name, json_number(true, counts[i].value));
    json_object_set_new(json, "from", json_number(r->has_range, r->from_ms));
    json_object_set_new(json, "to", json_number(r->has_range, r->to_ms));
}

int json_reconcile(FILE *to, const struct reconcile_result *r, enum reconcile_verdict verdict,
    const struct audit_result *audit, struct span origin, double seconds)
{
    static const char *const names[] = {[RECONCILE_ALL_THERE] = "all-there",
        [RECONCILE_DIFFERENCES] = "differences",
        [RECONCILE_LEDGER_FINDINGS] = "ledger-findings",
        [RECONCILE_INCOMPLETE] = "incomplete"};
    json_t *json = json_object(), *list = json_array();
    bool claims = audit->verdict != AUDIT_INCOMPLETE; /* else nothing is said to be missing */

    json_object_set_new(json, "verdict", json_string(names[verdict]));
    set_counts(json, r);
    json_object_set_new(json, "why", r->incomplete ? json_visible(r->why.text) : json_null());
    for (int i = 0; i < DIFFERENCE_KINDS; i++)
        json_object_set_new(
            json, difference_text((enum difference_kind)i), json_number(claims, r->counts[i]));
    for (size_t i = 0; claims && i < r->count; i++)
        json_array_append_new(list, json_difference(&r->list[i]));
    json_object_set_new(json, "differences", list);
    json_object_set_new(json, "audit", audit_object(audit, origin));
    json_object_set_new(json, "seconds", json_real(seconds));
    return put_line(to, json);
}

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
    json_object_set_new(json, "name", json_visible(s->name));
    json_object_set_new(json, "kind", json_string(kinds[s->kind]));
    json_object_set_new(json, "size", json_number(true, side_size(s)));
    json_object_set_new(json, "root", json_stringn((const char *)root.p, root.n));
    json_object_set_new(json, "signed", json_boolean(s->is_signed && !s->wrong));
    json_object_set_new(json, "quorum", json_boolean(s->is_signed && s->votes.quorum));
    json_object_set_new(json, "vouched_at",
        json_number(s->is_signed && s->votes.vouched && s->votes.vouched_at_s <= INT64_MAX / 1000,
            s->votes.vouched_at_s * 1000));
    if (last.n > 0 && entry_parse(last, &entry) == 0)
        json_object_set_new(json, "last_received", json_number(true, entry.received));
    buf_destroy(&root);
    return json;
}

int json_compare(FILE *to, const struct compare *c, const struct compare_findings *f)
{
    json_t *json = json_object(), *forks = json_array();

    json_object_set_new(json, "outcome", json_string(compare_text(c->outcome)));
    json_object_set_new(json, "a", json_side(c->sides[0], buf_view(&c->last[0])));
    json_object_set_new(json, "b", json_side(c->sides[1], buf_view(&c->last[1])));
    json_object_set_new(json, "common", json_number(true, c->common));
    json_object_set_new(json, "index", json_number(c->has_index, c->index));
    json_object_set_new(json, "index_is_first", json_boolean(c->index_is_first));
    for (size_t i = 0; i < c->fork_count; i++) {
        const struct writer_fork *fork = &c->forks[i];
        json_t *item = json_object();

        json_object_set_new(item, "writer", json_visible(fork->writer));
        json_object_set_new(item, "number", json_number(true, fork->number));
        json_object_set_new(item, "a", json_number(true, fork->index[0]));
        json_object_set_new(item, "b", json_number(true, fork->index[1]));
        json_array_append_new(forks, item);
    }
    json_object_set_new(json, "writer_forks", forks);
    json_object_set_new(json, "writer_forks_omitted", json_number(true, c->forks_omitted));
    json_object_set_new(json, "scan_cut", json_boolean(c->scan_cut));
    json_object_set_new(json, "findings", json_findings(f->list, f->count));
    json_object_set_new(json, "findings_omitted", json_number(true, f->omitted));
    return put_line(to, json);
}

int json_compare_tally(FILE *to, const struct compare_tally *tally, int status)
{
    json_t *json = json_object();

    json_object_set_new(json, "outcome",
        json_string(status == 0   ? "all-there"
                    : status == 1 ? "findings"
                                  : "incomplete"));
    json_object_set_new(json, "receipts", json_number(true, tally->receipts));
    json_object_set_new(json, "there", json_number(true, tally->there));
    json_object_set_new(json, "records", json_number(true, tally->records));
    json_object_set_new(json, "not_covered", json_number(true, tally->not_covered));
    json_object_set_new(json, "findings", json_findings(tally->findings, tally->finding_count));
    json_object_set_new(json, "findings_omitted", json_number(true, tally->findings_omitted));
    return put_line(to, json);
}
