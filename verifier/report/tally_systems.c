/* Who is listed, and when each was heard. */
#include "verifier/report/tally_internal.h"
#include "verifier/report/tally_tables.h"

struct span tally_agency(const struct tally *t, const struct rules_record *r)
{
    const struct system *s = table_find(t->systems, r->writer_name);

    return s == NULL ? (struct span){NULL, 0} : table_more(s);
}

/* A silence up to now: what of it lies in the period. */
static void silence(struct tally *t, struct system *s, uint64_t until)
{
    uint64_t limit = rules_limits_number(t->limits, "heartbeat-missing", "limit");
    uint64_t late = time_after(s->heard_ms, limit);
    uint64_t from = late > t->period.from ? late : t->period.from;

    if (until > t->period.to)
        until = t->period.to;
    if (until <= from)
        return;
    s->silent_ms += until - from;
    if (until - s->heard_ms > s->longest_ms)
        s->longest_ms = until - s->heard_ms;
}

int systems_roster(struct tally *t, const struct keeper_entry *entry)
{
    const struct roster *roster = entry->roster;

    for (size_t i = 0; i < roster->writer_count; i++) {
        struct system *s = table_add(t->systems, key_of(roster->writers[i].key.name));

        if (s == NULL || table_more_set(t->systems, s, roster->writers[i].organisation) != 0)
            return KEIIN_ENOMEM;
        s->role = roster->writers[i].role;
        if (!s->listed)
            s->heard_ms = t->now_ms;
        s->listed = true;
    }
    for (struct system *s = NULL; (s = table_next(t->systems, s)) != NULL;) {
        if (!s->listed || roster_writer_by_name(roster, table_key(s)) != NULL)
            continue;
        s->listed = false;
        silence(t, s, t->now_ms);
    }
    return 0;
}

void systems_entry(struct tally *t, const struct keeper_entry *entry)
{
    struct system *s;

    if (entry->writer == NULL)
        return;
    s = table_find(t->systems, key_of(entry->writer->key.name));
    if (s == NULL)
        return;
    s->last_number = entry_last_number(entry->entry);
    s->last_received = entry->received;
    if (!tally_counts(t) || entry->entry->kind != ENTRY_RECORDS)
        return;
    t->records_left = entry->entry->digest_count;
    t->entry_agency = table_more(s);
    s->records += t->records_left;
    tally_add(t, FIGURES_RECORDS, t->entry_agency, RECORDS_RECORDED, t->records_left);
}

void systems_record(struct tally *t, const struct rules_record *r)
{
    struct system *s = table_find(t->systems, r->writer_name);

    if (s == NULL)
        return;
    if (r->action == ACTION_OWN || r->action == ACTION_UNKNOWN)
        tally_add(t, FIGURES_RECORDS, table_more(s), RECORDS_NOT_JUDGED, 1);
    if (r->action != ACTION_HEARTBEAT)
        return;
    if (s->listed)
        silence(t, s, t->now_ms);
    s->heard_ms = t->now_ms;
    if (!tally_counts(t))
        return;
    s->heartbeats++;
    s->checkpoints += record_has(r, F_CHECKPOINT);
    tally_add(t, FIGURES_RECORDS, table_more(s), RECORDS_HEARTBEATS, 1);
}

static void put(struct tally *t, const struct system *s)
{
    struct figure_row row =
        tally_row(t, FIGURES_SYSTEMS, table_key(s), table_more(s), span_str(role_text(s->role)));
    struct figures *f = t->figures;

    figures_set(f, &row, SYSTEMS_LISTED, s->listed);
    figures_set(f, &row, SYSTEMS_RECORDS, s->records);
    figures_set(f, &row, SYSTEMS_HEARTBEATS, s->heartbeats);
    figures_set(f, &row, SYSTEMS_CHECKPOINTS, s->checkpoints);
    figures_set(f, &row, SYSTEMS_GAPS, s->gaps);
    figures_set(f, &row, SYSTEMS_SILENT, s->silent_ms);
    figures_set(f, &row, SYSTEMS_LONGEST_SILENCE, s->longest_ms);
    if (s->last_number == 0)
        return;
    figures_set(f, &row, SYSTEMS_LAST_NUMBER, s->last_number);
    figures_set(f, &row, SYSTEMS_LAST_RECEIVED, s->last_received);
}

void systems_close(struct tally *t)
{
    for (struct system *s = NULL; (s = table_next(t->systems, s)) != NULL;) {
        if (s->listed)
            silence(t, s, tally_part_end(t));
        put(t, s);
    }
}

void tally_gap(struct tally *t, struct span writer)
{
    struct system *s = table_find(t->systems, key_of(writer));

    if (s == NULL)
        return;
    s->gaps++;
    if (t->begun)
        put(t, s);
}
