/* A report's checkpoint, rosters and proofs, held against each other and what it states of them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "system/json.h"
#include "verifier/check/evidence.h"
#include "verifier/report/recheck_internal.h"
#include "verifier/report/report_internal.h"

static bool found_in_audit(const json_t *ledger, const char *code)
{
    const json_t *found = recheck_at(ledger, "audit_findings"), *item;
    size_t i;

    json_array_foreach (found, i, item)
        if (strcmp(json_string_value(item), code) == 0)
            return true;
    return json_object_get(found, code) != NULL;
}

/* --- Rosters. */

static void number_problem(struct recheck *r, size_t serial, const char *said, const char *found)
{
    char where[64];

    snprintf(where, sizeof where, "evidence.rosters[%zu]", serial);
    recheck_problem(r, RECHECK_ROSTERS, where, said, found);
}

/* Each held against the one before. */
static bool read_rosters(struct recheck *r, const json_t *list)
{
    size_t count = json_array_size(list);

    r->rosters = calloc(count + 1, sizeof *r->rosters);
    if (r->rosters == NULL) {
        r->err = KEIIN_ENOMEM;
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct roster *before = i == 0 ? NULL : r->rosters[i - 1];
        const json_t *text = json_array_get(list, i);
        struct why why = {""};
        int err = roster_from_note(span_of(json_string_value(text), json_string_length(text)),
            before, &r->rosters[i], &why);

        if (err == 0) {
            r->roster_count++;
        } else {
            r->err = err == KEIIN_ENOMEM ? err : r->err;
            number_problem(r, i, why.text[0] != '\0' ? why.text : keiin_err_text(err), NULL);
            return false;
        }
        if (i == 0 && r->rosters[0]->serial != 0) {
            number_problem(r, i, "it is not the roster of serial 0", NULL);
            return false;
        }
    }
    return true;
}

/* Whether the one in hand is one of them, or follows from their last. */
static void check_trust(struct recheck *r, const struct roster *trusted)
{
    const struct roster *last = r->rosters[r->roster_count - 1];

    if (trusted == NULL) {
        r->open[RECHECK_OPEN_ROSTER] = true;
    } else if (trusted->serial < r->roster_count) {
        r->trusted = hash_eq(&trusted->text_hash, &r->rosters[trusted->serial]->text_hash);
        if (!r->trusted)
            number_problem(
                r, (size_t)trusted->serial, "it is another than the roster in hand", NULL);
    } else if (trusted->serial == last->serial + 1) {
        r->trusted = hash_eq(&trusted->parent, &last->text_hash);
        if (!r->trusted)
            number_problem(
                r, r->roster_count - 1, "the roster in hand names another before it", NULL);
    } else {
        r->open[RECHECK_OPEN_ROSTER] = true;
        why_set(&r->open_why, "the roster in hand has serial %" PRIu64 ", the report's last %zu",
            trusted->serial, r->roster_count - 1);
    }
}

static void check_rosters(struct recheck *r, const json_t *report, const struct roster *trusted)
{
    const json_t *evidence = recheck_at(report, "evidence"), *ledger = recheck_at(report, "ledger");
    uint64_t stated = recheck_number(ledger, "roster");

    if (!json_is_null(recheck_at(evidence, "rosters_lacking")))
        r->open[RECHECK_OPEN_EVIDENCE] = true;
    if (!read_rosters(r, recheck_at(evidence, "rosters")) || r->roster_count == 0) {
        r->open[RECHECK_OPEN_EVIDENCE] = r->open[RECHECK_OPEN_EVIDENCE] || r->roster_count == 0;
        return;
    }
    if (json_is_null(recheck_at(evidence, "rosters_lacking")))
        recheck_member(
            r, RECHECK_STATED, ledger, "ledger.", "roster", json_number(true, r->roster_count - 1));
    else if (r->roster_count > stated)
        number_problem(r, r->roster_count - 1, "it is none that the report rests on", NULL);
    if (recheck_number(ledger, "roster_trusted") > stated)
        recheck_values(r, RECHECK_STATED, "ledger.roster_trusted",
            recheck_at(ledger, "roster_trusted"), recheck_at(ledger, "roster"));
    recheck_member(
        r, RECHECK_STATED, ledger, "ledger.", "id", json_hex(span_hash(&r->rosters[0]->text_hash)));
    recheck_member(
        r, RECHECK_STATED, ledger, "ledger.", "origin", json_text(r->rosters[0]->origin));
    check_trust(r, trusted);
    r->other_trust = trusted != NULL && trusted->serial != recheck_number(ledger, "roster_trusted");
}

/* --- The checkpoint. */

static json_t *witnesses(const struct note *note, const struct roster *judge, const bool *cosigned)
{
    json_t *list = json_array();

    for (size_t i = 0; i < judge->witness_count; i++)
        if (cosigned[i])
            json_add(list, report_witness(judge->witnesses[i].key.name,
                               note_judge(note, &judge->witnesses[i].key).time_s));
    return list;
}

/* Holds a member; an audit that could not read all may not have judged it, and says nothing then. */
static void hold_vote(
    struct recheck *r, const json_t *ledger, const char *name, json_t *want, json_t *nothing)
{
    if (found_in_audit(ledger, "incomplete") && json_equal(recheck_at(ledger, name), nothing))
        json_decref(want);
    else
        recheck_member(r, RECHECK_STATED, ledger, "ledger.", name, want);
    json_decref(nothing);
}

/* What the report says of who signed. */
static void check_votes(struct recheck *r, const json_t *ledger, const struct note *note,
    const struct roster *judge, const struct checkpoint_votes *votes, const bool *cosigned)
{
    bool none = judge->quorum == ROSTER_QUORUM_NONE;
    uint64_t at_ms =
        votes->vouched_at_s > UINT64_MAX / 1000 ? UINT64_MAX : votes->vouched_at_s * 1000;
    bool silent = json_is_null(recheck_at(ledger, "last_received"));

    hold_vote(
        r, ledger, "log_signed", json_boolean(votes->log_signed && !votes->wrong), json_false());
    hold_vote(r, ledger, "witnesses", witnesses(note, judge, cosigned), json_array());
    hold_vote(r, ledger, "vouched_by_operator", json_boolean(!votes->vouched && none && !silent),
        json_false());
    if (votes->vouched || !none)
        hold_vote(r, ledger, "vouched_at", report_time(votes->vouched, at_ms), json_null());
    else if (recheck_at(ledger, "last_received") != NULL)
        hold_vote(r, ledger, "vouched_at", json_incref(json_object_get(ledger, "last_received")),
            json_null());
}

static void judge_note(struct recheck *r, const json_t *ledger, const struct note *note,
    const struct checkpoint *checkpoint)
{
    const struct roster *judge = r->rosters[r->roster_count - 1];
    bool *cosigned = calloc(judge->witness_count + 1, sizeof *cosigned);
    struct checkpoint_votes votes;

    if (cosigned == NULL || roster_judge(note, judge, NULL, judge, &votes, cosigned) != 0) {
        r->err = KEIIN_ENOMEM;
        goto out;
    }
    if (r->checkpoint != NULL)
        r->judged =
            (struct evidence_checkpoint){span_str(r->checkpoint), *checkpoint, votes, judge};
    if (!span_eq(checkpoint->origin, judge->origin))
        recheck_problem(
            r, RECHECK_CHECKPOINT, "evidence.checkpoint", "another origin than the roster's", NULL);
    if (votes.wrong || !votes.log_signed)
        recheck_problem(r, RECHECK_CHECKPOINT, "evidence.checkpoint",
            votes.wrong ? "a signature by a known key is wrong"
                        : "no signature by a log key that the roster lists",
            NULL);
    if (!votes.quorum && votes.quorum_unchecked)
        r->open[RECHECK_OPEN_QUORUM] = true;
    else if (!votes.quorum)
        recheck_problem(r, RECHECK_CHECKPOINT, "evidence.checkpoint",
            "fewer witnesses cosigned than the roster asks for", NULL);
    check_votes(r, ledger, note, judge, &votes, cosigned);
out:
    free(cosigned);
}

static void check_checkpoint(struct recheck *r, const json_t *report)
{
    const json_t *text = recheck_at(recheck_at(report, "evidence"), "checkpoint");
    const json_t *ledger = recheck_at(report, "ledger");
    struct note *note = malloc(sizeof *note);
    struct checkpoint checkpoint;
    struct why why = {""};

    if (note == NULL) {
        r->err = KEIIN_ENOMEM;
        return;
    }
    if (json_is_null(text)) {
        r->open[RECHECK_OPEN_EVIDENCE] = true;
    } else if (note_parse(span_of(json_string_value(text), json_string_length(text)), note, &why) !=
                   0 ||
               checkpoint_parse(note->text, &checkpoint, &why) != 0) {
        recheck_problem(r, RECHECK_CHECKPOINT, "evidence.checkpoint", why.text, NULL);
    } else {
        r->checkpoint = strdup(json_string_value(text));
        r->err = r->checkpoint == NULL ? KEIIN_ENOMEM : r->err;
        recheck_member(
            r, RECHECK_STATED, ledger, "ledger.", "size", json_number(true, checkpoint.size));
        recheck_member(r, RECHECK_STATED, ledger, "ledger.", "root",
            report_bytes(span_hash(&checkpoint.root)));
        if (r->roster_count == recheck_number(ledger, "roster") + 1)
            judge_note(r, ledger, note, &checkpoint);
    }
    free(note);
}

/* --- Proofs. */

static void proof_problem(struct recheck *r, const char *record, const char *said)
{
    char where[96];

    snprintf(where, sizeof where, "evidence.proofs[record=%.48s]", record);
    recheck_problem(r, RECHECK_PROOF, where, said, NULL);
}

/* What the check of a proof by itself found. */
static bool settle_proof(struct recheck *r, struct findings *findings, const char *record)
{
    const struct finding *list = NULL;
    uint64_t omitted;
    size_t count = 0;
    bool good = true;

    if (findings_settle(findings, &list, &count, &omitted) != 0)
        r->err = KEIIN_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        good = false;
        if (list[i].code == FINDING_INCOMPLETE)
            r->open[RECHECK_OPEN_PROOFS] = true;
        else
            proof_problem(r, record,
                list[i].detail != NULL ? list[i].detail : finding_code_text(list[i].code));
    }
    return good;
}

static void check_proof(struct recheck *r, const json_t *item, const struct rules_address *at)
{
    const char *record = recheck_string(item, "record");
    const json_t *text = recheck_at(item, "proof");
    bool of_record = strcmp(recheck_string(item, "of"), "record") == 0;
    struct findings *findings = findings_new(100);
    struct evidence e = {0};
    int err =
        findings == NULL
            ? KEIIN_ENOMEM
            : evidence_check_under(&e, span_of(json_string_value(text), json_string_length(text)),
                  (const struct roster *const *)r->rosters, r->roster_count, &r->judged, findings);

    if (err != 0) {
        r->err = err;
    } else if (settle_proof(r, findings, record)) {
        if (!span_is(e.proof.checkpoint, r->checkpoint))
            proof_problem(r, record, "it is under another checkpoint than the report");
        else if (e.proof.index != at->index || at->position >= e.entry.digest_count ||
                 e.entry.kind != ENTRY_RECORDS)
            proof_problem(r, record, "it is of another entry, or there is no such record in it");
        else if (of_record != e.extra.has_record || (of_record && e.extra.position != at->position))
            proof_problem(r, record, "it is of another record, or lacks it");
        else
            r->proofs++;
        r->entry_proofs += !of_record;
    }
    evidence_destroy(&e);
    findings_free(findings);
}

static int by_place(const void *a, const void *b)
{
    const struct rules_address *x = a, *y = b;

    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return (x->position > y->position) - (x->position < y->position);
}

/* The records that findings name, in the order of the ledger, each once; free them. */
static struct rules_address *cited(struct recheck *r, const json_t *findings, size_t *count)
{
    struct rules_address *list = NULL, address = {0};
    const json_t *item, *record;
    size_t cap = 0, n = 0, i, k, kept = 0;

    json_array_foreach (findings, i, item) {
        json_array_foreach (recheck_at(item, "records"), k, record) {
            void *moved = array_room(list, n, &cap, sizeof *list);

            if (moved == NULL) {
                r->err = KEIIN_ENOMEM;
                goto out;
            }
            list = moved;
            if (recheck_address(json_string_value(record), &address))
                list[n++] = address;
        }
    }
out:
    if (n > 0)
        qsort(list, n, sizeof *list, by_place);
    for (i = 0; i < n; i++)
        if (kept == 0 || by_place(&list[kept - 1], &list[i]) != 0)
            list[kept++] = list[i];
    *count = kept;
    return list;
}

static void check_proofs(struct recheck *r, const json_t *report)
{
    const json_t *proofs = recheck_at(recheck_at(report, "evidence"), "proofs"), *item;
    struct rules_address at = {0};
    size_t count, next = 0, i;
    struct rules_address *wanted = cited(r, recheck_at(report, "findings"), &count);
    char address[48];

    json_array_foreach (proofs, i, item) {
        (void)recheck_address(recheck_string(item, "record"), &at);
        for (; next < count && by_place(&wanted[next], &at) < 0; next++) {
            snprintf(address, sizeof address, "%" PRIu64 ".%" PRIu64, wanted[next].index,
                wanted[next].position);
            proof_problem(r, address, "a finding names this record, and its proof is missing");
        }
        if (next == count || by_place(&wanted[next], &at) != 0)
            proof_problem(r, recheck_string(item, "record"),
                "no finding names this record, or the proofs are not in their order");
        else
            next++;
        if (json_is_null(recheck_at(item, "proof"))) {
            r->lacking_proofs++;
            r->open[RECHECK_OPEN_PROOFS] = true;
        } else if (r->judged.note.n > 0) {
            check_proof(r, item, &at);
        }
    }
    for (; next < count; next++) {
        snprintf(address, sizeof address, "%" PRIu64 ".%" PRIu64, wanted[next].index,
            wanted[next].position);
        proof_problem(r, address, "a finding names this record, and its proof is missing");
    }
    free(wanted);
}

void recheck_evidence(struct recheck *r, const json_t *report, const struct roster *trusted)
{
    check_rosters(r, report, trusted);
    check_checkpoint(r, report);
    if (!recheck_is_public(report))
        check_proofs(r, report);
    if (json_status() != 0)
        r->err = KEIIN_ENOMEM;
}
