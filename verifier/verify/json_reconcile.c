/* A reconciliation as JSON, in the order and with the names of the manual page. */
#include "verifier/verify/json.h"

static json_t *json_parts(unsigned parts)
{
    json_t *list = json_array();

    if (parts & DIFFERS_SAID)
        json_add(list, json_string("said"));
    if (parts & DIFFERS_STATEMENT)
        json_add(list, json_string("statement"));
    if (parts & DIFFERS_USER)
        json_add(list, json_string("user"));
    return list;
}

static json_t *json_difference(const struct difference *d)
{
    json_t *item = json_object();

    json_put(item, "code", json_string(difference_text(d->kind)));
    json_put(item, "at", json_number(true, d->at));
    json_put_text(item, "log", d->log);
    if (d->log != NULL)
        json_put(item, "line", json_number(true, d->line));
    if (d->index != FINDING_NO_INDEX) {
        json_put(item, "index", json_number(true, d->index));
        json_put(item, "position", json_integer((json_int_t)d->position));
    }
    json_put_text(item, "id", d->id);
    json_put_text(item, "writer", d->writer);
    json_put_text(item, "actor", d->actor);
    json_put_text(item, "user", d->user);
    json_put_text(item, "database", d->database);
    json_put_text(item, "action", d->action);
    json_put_text(item, "statement", d->statement);
    if (d->kind == DIFFERENCE_CHANGED)
        json_put(item, "differs", json_parts(d->parts));
    if (d->kind == DIFFERENCE_NOT_IN_LOG)
        json_put(item, "session_in_log", json_boolean(d->session_in_log));
    if (d->user_unmapped)
        json_put(item, "user_mapped", json_false());
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
        json_put(json, counts[i].name, json_number(true, counts[i].value));
    json_put(json, "from", json_number(r->has_range, r->from_ms));
    json_put(json, "to", json_number(r->has_range, r->to_ms));
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

    json_put(json, "verdict", json_string(names[verdict]));
    set_counts(json, r);
    json_put(json, "why", r->incomplete ? json_visible(r->why.text) : json_null());
    for (int i = 0; i < DIFFERENCE_KINDS; i++)
        json_put(json, difference_text((enum difference_kind)i), json_number(claims, r->counts[i]));
    for (size_t i = 0; claims && i < r->count; i++)
        json_add(list, json_difference(&r->list[i]));
    json_put(json, "differences", list);
    json_put(json, "audit", json_audit_object(audit, origin));
    json_put(json, "seconds", json_real(seconds));
    return json_line(to, json);
}
