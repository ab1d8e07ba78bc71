#include "verifier/check/judge.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/text.h"

static const struct span nobody = {NULL, 0};

static void incomplete(struct judge *j, const struct why *why)
{
    if (!j->incomplete)
        j->why = *why;
    j->incomplete = true;
}

static void found(
    struct judge *j, enum finding_code code, uint64_t index, struct span writer, const char *detail)
{
    findings_add(j->findings, code, index, FINDING_NO_POSITION, writer, detail);
}

/* Findings about rosters in the words of their `why`. */
static int judge_next_roster(struct judge *j, struct source *source, uint64_t index,
    const struct batch_entry *e, struct span writer)
{
    struct rosters_proof proof;
    enum rosters_step step;
    struct why why = {""};
    int err = rosters_next(&j->rosters, source, index, e, &step, &proof, &why);

    if (err != 0)
        return err;
    switch (step) {
    case ROSTER_TAKEN:
        break;
    case ROSTER_REFUSED:
    case ROSTER_WITHOUT_PROOF:
        found(j, FINDING_ROSTER_INVALID, index, writer, why.text);
        break;
    case ROSTER_PROOF_UNCHECKED:
    case ROSTER_UNREADABLE:
        incomplete(j, &why);
        break;
    }
    return proof.there ? levels_expect(j->levels, proof.size, &proof.root) : 0;
}

/* Entry 0 and entries of kind 2 carry rosters, sent by the operator or the committee. */
static int judge_roster(struct judge *j, struct source *source, uint64_t index,
    const struct batch_entry *e, const struct roster_writer *writer)
{
    struct hash digest;

    if (index == 0) {
        entry_digest(&e->entry, 0, &digest);
        if (e->entry.kind != ENTRY_ROSTER || !hash_eq(&digest, rosters_ledger_id(&j->rosters))) {
            found(j, FINDING_ROSTER_INVALID, index, writer->key.name,
                "entry 0 does not carry the roster of serial 0");
            return 0;
        }
    }
    if (index != 0 && e->entry.kind != ENTRY_ROSTER)
        return 0;
    if (writer->role != ROLE_OPERATOR && writer->role != ROLE_COMMITTEE) {
        found(j, FINDING_ROSTER_INVALID, index, writer->key.name,
            "rosters are sent by the operator or the committee");
        return 0;
    }
    return index == 0 ? 0 : judge_next_roster(j, source, index, e, writer->key.name);
}

static int judge_writer(struct judge *j, struct source *source, uint64_t index,
    const struct batch_entry *e, const struct roster_writer *writer, bool *rightly_signed)
{
    struct span name = writer->key.name;
    struct writer_state *state = writers_get(j->writers, rosters_ledger_id(&j->rosters), name);
    char detail[128];

    if (state == NULL)
        return KEIIN_ENOMEM;
    if (e->entry.number != state->number + 1) {
        if (e->entry.number > state->number)
            snprintf(detail, sizeof detail,
                "%" PRIu64 " missing: number %" PRIu64 " where %" PRIu64 " is next",
                e->entry.number - state->number - 1, e->entry.number, state->number + 1);
        else
            snprintf(detail, sizeof detail, "number %" PRIu64 " where %" PRIu64 " is next",
                e->entry.number, state->number + 1);
        found(j, FINDING_WRITER_GAP, index, name, detail);
    }
    if (!hash_eq(&e->entry.before, &state->head))
        found(j, FINDING_WRITER_CHAIN_BROKEN, index, name, NULL);
    *rightly_signed = e->signer != NULL && span_eq(e->signer->key.name, name)
                          ? e->signature_valid
                          : batch_signature_valid(e, rosters_ledger_id(&j->rosters), writer);
    if (!*rightly_signed)
        found(j, FINDING_WRITER_SIGNATURE, index, name, NULL);
    state->number = entry_last_number(&e->entry);
    state->head = e->head;
    return judge_roster(j, source, index, e, writer);
}

static void unknown(struct judge *j, uint64_t index, const struct batch_entry *e)
{
    char hex[2 * HASH_BYTES + 1], detail[128];

    hex_encode(hex, span_hash(&e->entry.key));
    snprintf(detail, sizeof detail, "key hash %s", hex);
    found(j, FINDING_WRITER_UNKNOWN, index, nobody, detail);
}

/* Findings about records and orders to erase, of the batch's entry number i. */
static void judge_records(struct judge *j, const struct batch *b, unsigned i, size_t *record,
    size_t *order, struct span writer, bool may_order)
{
    uint64_t index = b->number * TILE_WIDTH + i;

    for (; *record < b->record_count && b->records[*record].entry == i; ++*record) {
        const struct batch_record *r = &b->records[*record];

        if (r->code == FINDING_RECORD_MISSING)
            findings_missing(j->findings, index, r->position, r->count, r->sealed, writer);
        else
            findings_add(j->findings, r->code, index, r->position, writer, r->detail);
    }
    for (; *order < b->order_count && b->orders[*order].entry == i; ++*order)
        if (may_order)
            findings_order(j->findings, b->orders[*order].named, b->orders[*order].conditional,
                index, b->orders[*order].position);
}

static void judge_place(
    struct judge *j, uint64_t index, const struct batch_entry *e, struct span writer)
{
    char detail[128], now[TIME_TEXT_BYTES], before[TIME_TEXT_BYTES];

    if (!hash_eq(&e->entry.prev, &j->prev))
        found(j, FINDING_CHAIN_BROKEN, index, writer, NULL);
    if (j->has_received && e->entry.received < j->last_received) {
        time_text(now, e->entry.received);
        time_text(before, j->last_received);
        snprintf(detail, sizeof detail, "received %s, the entry before %s", now, before);
        found(j, FINDING_TIME_REVERSED, index, writer, detail);
    }
    j->last_received = e->entry.received;
    j->has_received = true;
}

/* Gives the entry, and what was kept of its records when a listed writer rightly signed it. */
static int give_kept(const struct judge *j, const struct batch *b, unsigned i, size_t *kept,
    const struct roster_writer *writer)
{
    const struct entry *e = &b->entries[i].entry;
    uint64_t index = b->number * TILE_WIDTH + i;
    struct keeper_entry entry = {index, e->received, rosters_in_force(&j->rosters), e, writer,
        rosters_ledger_id(&j->rosters)};
    struct record_place place = {.index = index, .received = e->received, .signer = writer};
    int err = 0;

    if (j->keeper != NULL && j->keeper->entry != NULL)
        err = j->keeper->entry(j->keeper->ctx, &entry);
    for (; err == 0 && *kept < b->kept_count && b->kept[*kept].entry == i; ++*kept) {
        size_t from = *kept == 0 ? 0 : b->kept[*kept - 1].end;

        if (writer == NULL)
            continue;
        place.position = b->kept[*kept].position;
        place.writer = writer->key.name;
        place.number = e->number + place.position;
        entry_digest(e, place.position, &place.digest);
        err = j->keeper->give(
            j->keeper->ctx, &place, span_of(b->kept_bytes.p + from, b->kept[*kept].end - from));
    }
    return err;
}

/* How far the findings, orders and kept records of a batch were used. */
struct used {
    size_t record, order, kept;
};

static int judge_entry(
    struct judge *j, struct source *source, const struct batch *b, unsigned i, struct used *used)
{
    const struct batch_entry *e = &b->entries[i];
    uint64_t index = b->number * TILE_WIDTH + i;
    const struct roster_writer *writer = NULL;
    bool rightly_signed = false;
    int err = 0;

    if (e->malformed) {
        found(j, FINDING_ENTRY_MALFORMED, index, nobody, NULL);
        return 0;
    }
    writer = roster_writer_by_key(rosters_in_force(&j->rosters), &e->entry.key);
    judge_place(j, index, e, writer == NULL ? nobody : writer->key.name);
    if (writer == NULL)
        unknown(j, index, e);
    else
        err = judge_writer(j, source, index, e, writer, &rightly_signed);
    if (e->entry.kind == ENTRY_RECORDS)
        j->records += e->entry.digest_count;
    judge_records(j, b, i, &used->record, &used->order, writer == NULL ? nobody : writer->key.name,
        writer != NULL && writer->role == ROLE_COMMITTEE && rightly_signed);
    return err != 0 ? err : give_kept(j, b, i, &used->kept, rightly_signed ? writer : NULL);
}

int judge_batch(struct judge *j, struct source *source, const struct batch *b)
{
    struct used used = {0, 0, 0};

    if (b->status != 0)
        return b->status;
    for (unsigned i = b->skip; i < b->count; i++) {
        int err = judge_entry(j, source, b, i, &used);

        if (err != 0)
            return err;
        j->prev = b->entries[i].leaf;
        j->size++;
    }
    j->records_read += b->records_read;
    j->longer = j->longer || b->longer;
    j->tile_differs = j->tile_differs || b->tile_differs;
    if (b->incomplete)
        incomplete(j, &b->why);
    return 0;
}
