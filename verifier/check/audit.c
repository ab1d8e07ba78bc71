#include "verifier/check/audit.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "verifier/check/judge.h"
#include "verifier/check/pipeline.h"
#include "verifier/check/state.h"

/* One audit. What is set once is set in the order of audit_run. */
struct audit {
    struct source *source;
    const struct audit_options *options;
    struct audit_result *out;
    struct note *note; /* of the checkpoint, over out->checkpoint */
    struct checkpoint checkpoint;
    struct state state;
    bool has_state;
    uint64_t known; /* entries whose signatures were verified before, if `known_root` is theirs */
    struct hash known_root;
    struct judge judge;
    struct levels *levels;
    bool root_fits;
    struct checkpoint_votes votes;
    bool signed_by_log; /* whatever other lines say: the log cannot take it back */
    struct why incomplete;
    bool is_incomplete;
};

static const struct span nobody = {NULL, 0};

static void incomplete(struct audit *a, const struct why *why)
{
    if (!a->is_incomplete)
        a->incomplete = *why;
    a->is_incomplete = true;
}

static void found(struct audit *a, enum finding_code code, const char *detail)
{
    findings_add(a->out->list, code, FINDING_NO_INDEX, FINDING_NO_POSITION, nobody, detail);
}

/* The checkpoint that was given, or the source's. */
static int get_checkpoint(struct audit *a, const char *path, bool *longer, struct why *why)
{
    struct span given = a->options->checkpoint;
    int err = source_get(a->source, path, CHECKPOINT_BYTES_MAX, &a->out->checkpoint, longer, why);
    struct checkpoint theirs;
    struct why ignored;

    if (given.n == 0 || err == KEIIN_ENOMEM)
        return err;
    /* Where the source has grown since, its tiles may be wider. */
    if (err == 0 && !*longer && note_parse(buf_view(&a->out->checkpoint), a->note, &ignored) == 0 &&
        checkpoint_parse(a->note->text, &theirs, &ignored) == 0)
        source_expect_size(a->source, theirs.size);
    *longer = false;
    buf_clear(&a->out->checkpoint);
    buf_put_span(&a->out->checkpoint, given);
    return buf_status(&a->out->checkpoint);
}

/* Reads the checkpoint. False when the audit ends here; the finding is made. */
static bool read_checkpoint(struct audit *a, int *err)
{
    const char *path = a->options->latest ? "latest-checkpoint" : "checkpoint";
    struct why why = {""};
    bool longer;

    *err = get_checkpoint(a, path, &longer, &why);
    if (*err == KEIIN_ENOMEM)
        return false;
    if (*err != 0) {
        *err = 0;
        why_prefix(&why, "%s", path);
        incomplete(a, &why);
        return false;
    }
    if (longer)
        why_set(&why, "it is longer than a checkpoint may be");
    if (longer || note_parse(buf_view(&a->out->checkpoint), a->note, &why) != 0 ||
        checkpoint_parse(a->note->text, &a->checkpoint, &why) != 0) {
        found(a, FINDING_CHECKPOINT_INVALID, why.text);
        return false;
    }
    a->out->size = a->checkpoint.size;
    a->out->root = a->checkpoint.root;
    return true;
}

static void attempt_destroy(struct audit *a)
{
    writers_free(a->judge.writers);
    a->judge.writers = NULL;
    if (a->levels != NULL)
        levels_destroy(a->levels);
    free(a->levels);
    a->levels = NULL;
}

/* A place to begin at: the beginning. The findings of an earlier attempt are dropped. */
static int attempt_init(struct audit *a)
{
    struct rosters rosters = a->judge.rosters;

    attempt_destroy(a);
    findings_free(a->out->list);
    a->out->list = findings_new(a->options->findings_max);
    a->levels = calloc(1, sizeof *a->levels);
    a->judge = (struct judge){0};
    a->judge.rosters = rosters;
    a->judge.rosters.in_force = 0;
    a->judge.rosters.stuck = a->judge.rosters.judge_unknown = false;
    a->judge.rosters.judge = rosters.trusted;
    /* Rosters behind the trusted one are walked anew, from their entries. */
    while (a->judge.rosters.count > rosters.trusted + 1)
        roster_free(a->judge.rosters.list[--a->judge.rosters.count]);
    a->judge.writers = writers_new();
    a->judge.levels = a->levels;
    a->judge.findings = a->out->list;
    a->judge.keeper = a->options->keeper;
    a->is_incomplete = false;
    if (a->out->list == NULL || a->levels == NULL || a->judge.writers == NULL)
        return KEIIN_ENOMEM;
    entry_genesis_prev(&a->judge.prev, rosters_ledger_id(&a->judge.rosters));
    return 0;
}

/* Reads and judges the entries from where the judge stands. */
static int walk(struct audit *a, struct why *why)
{
    struct judge *j = &a->judge;
    struct batch_task task = {rosters_ledger_id(&j->rosters), rosters_in_force(&j->rosters),
        !a->options->no_records, a->options->keeper, a->known};
    unsigned threads = a->options->threads;
    struct pipeline *pipeline = NULL;
    struct batch *b;
    int err;

    if (j->size >= a->checkpoint.size)
        return 0;
    if (threads == 0)
        threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    err = pipeline_new(a->source, &task, j->size, a->checkpoint.size, threads, &pipeline, why);
    while (err == 0 && (b = pipeline_next(pipeline)) != NULL) {
        err = judge_batch(j, a->source, b);
        if (err == 0)
            err = levels_add(a->levels, a->source, b);
        pipeline_set_roster(pipeline, rosters_in_force(&j->rosters));
        if (a->options->progress != NULL)
            a->options->progress(a->options->progress_ctx, j->size, a->checkpoint.size);
        if (b->count < b->width)
            break; /* after a missing entry none is read */
    }
    pipeline_free(pipeline);
    return err;
}

/* What the tree over all entries shows. */
static int judge_tree(struct audit *a)
{
    struct levels *l = a->levels;
    struct hash root;
    int err = 0;

    if (a->judge.size == a->checkpoint.size) {
        frontier_root(&l->frontier, &root);
        a->root_fits = hash_eq(&root, &a->checkpoint.root);
        err = levels_finish(l, a->source);
        if (err == 0 && a->root_fits)
            err = levels_check_past(l, a->source);
    }
    if (a->judge.incomplete)
        incomplete(a, &a->judge.why);
    if (l->incomplete)
        incomplete(a, &l->why);
    return err;
}

/* Tells the keeper of records, if there is one to be told, where the judge stands. */
static bool begin_keeping(const struct audit *a)
{
    const struct record_keeper *keeper = a->options->keeper;
    struct hash root;

    if (keeper == NULL || keeper->begin == NULL)
        return true;
    frontier_root(&a->levels->frontier, &root);
    return keeper->begin(keeper->ctx, a->judge.size, &root);
}

/* Where the last verdict stood, when that serves. */
static bool resume_attempt(struct audit *a, int *err, struct why *why)
{
    return state_resume(&a->state, !a->options->no_records, &a->judge, a->levels, err, why) &&
           begin_keeping(a);
}

/* From the beginning, or from the last verdict. */
static int attempt(struct audit *a, bool resume, struct why *why)
{
    int err = attempt_init(a);

    a->out->entries_before = 0;
    if (err == 0 && resume && resume_attempt(a, &err, why)) {
        a->out->entries_before = a->judge.size;
    } else {
        if (err == 0 && resume)
            err = attempt_init(a);
        if (err == 0)
            begin_keeping(a);
    }
    if (err == 0 && a->known > 0)
        err = levels_expect(a->levels, a->known, &a->known_root);
    /* The remembered checkpoint, unless the audit goes on from there, must be of this history. */
    if (err == 0 && a->has_state && a->state.has_seen && a->state.seen_size > a->judge.size &&
        a->state.seen_size < a->checkpoint.size)
        err = levels_expect(a->levels, a->state.seen_size, &a->state.seen_root);
    if (err == 0)
        err = walk(a, why);
    return err == 0 ? judge_tree(a) : err;
}

/*
 * Everything, for a keeper that wants it. Signatures that were verified before are of these entries
 * when the tree over them is the same; else everything is read once more.
 */
static int read_whole(struct audit *a, struct why *why)
{
    int err;

    if (a->has_state &&
        state_known(&a->state, a->judge.rosters.trusted, &a->known, &a->known_root) &&
        a->known <= a->checkpoint.size) {
        err = attempt(a, false, why);
        if (err != 0 || (a->judge.size >= a->known && !a->levels->fork))
            return err;
    }
    a->known = 0;
    return attempt(a, false, why);
}

/*
 * First from the last verdict on. When what is new does not lead from it to the checkpoint,
 * everything is read again, and the remembered checkpoint is held against that.
 */
static int read_entries(struct audit *a, struct why *why)
{
    bool resume = a->has_state && a->state.has_seen && a->checkpoint.size >= a->state.seen_size;

    if (a->options->whole)
        return read_whole(a, why);
    if (resume) {
        int err = attempt(a, true, why);

        if (err != 0 || a->root_fits || a->judge.size < a->checkpoint.size)
            return err;
    }
    return attempt(a, false, why);
}

static int keep_witnesses(struct audit *a, const bool *cosigned)
{
    const struct roster *judge = rosters_judge(&a->judge.rosters);
    struct audit_result *out = a->out;

    out->witnesses = calloc(judge->witness_count + 1, sizeof *out->witnesses);
    if (out->witnesses == NULL)
        return KEIIN_ENOMEM;
    for (size_t i = 0; i < judge->witness_count; i++) {
        const struct vkey *key = &judge->witnesses[i].key;
        struct audit_witness *w = &out->witnesses[out->witness_count];

        if (!cosigned[i])
            continue;
        w->name = strndup((const char *)key->name.p, key->name.n);
        if (w->name == NULL)
            return KEIIN_ENOMEM;
        w->time_s = note_judge(a->note, key).time_s;
        out->witness_count++;
    }
    return 0;
}

/* When the newest of what was read is vouched for, and whether that is too long ago. */
static void judge_age(struct audit *a)
{
    const struct roster *judge = rosters_judge(&a->judge.rosters);
    struct audit_result *out = a->out;
    char detail[128], at[32];

    if (a->votes.vouched) {
        out->has_vouched = true;
        out->vouched_at_ms =
            a->votes.vouched_at_s > UINT64_MAX / 1000 ? UINT64_MAX : a->votes.vouched_at_s * 1000;
    } else if (judge->quorum == ROSTER_QUORUM_NONE && out->has_received) {
        out->has_vouched = out->vouched_by_operator = true;
        out->vouched_at_ms = out->last_received;
    }
    if (!a->options->limit_age || !out->has_vouched || a->options->now_ms <= out->vouched_at_ms ||
        a->options->now_ms - out->vouched_at_ms <= a->options->max_age_s * 1000)
        return;
    snprintf(at, sizeof at, "%" PRIu64, (a->options->now_ms - out->vouched_at_ms) / 1000);
    snprintf(detail, sizeof detail, "%s seconds old, %" PRIu64 " are allowed", at,
        a->options->max_age_s);
    found(a, FINDING_STALE, detail);
}

/*
 * Log signature, origin and quorum, by the last roster that may judge them. Where a roster
 * could not be read nothing is found, but whether the log that is known signed is noted.
 */
static int judge_checkpoint(struct audit *a)
{
    const struct roster *judge = rosters_judge(&a->judge.rosters);
    bool *cosigned = calloc(judge->witness_count + 1, sizeof *cosigned);
    bool origin = span_eq(a->checkpoint.origin, judge->origin);
    struct why why;
    int err = cosigned == NULL ? KEIIN_ENOMEM
                               : roster_judge(a->note, judge, NULL, judge, &a->votes, cosigned);

    a->signed_by_log = err == 0 && a->votes.log_signed && origin;
    if (err != 0 || a->judge.rosters.judge_unknown)
        goto out;
    err = keep_witnesses(a, cosigned);
    if (err != 0)
        goto out;
    a->out->judged = true;
    a->out->log_signed = a->signed_by_log && !a->votes.wrong;
    if (!a->out->log_signed)
        found(a, FINDING_CHECKPOINT_INVALID,
            !origin          ? "another origin than the roster's"
            : a->votes.wrong ? "a signature by a known key is wrong"
                             : "no signature by a log key that the roster lists");
    if (!a->votes.quorum && a->votes.quorum_unchecked) {
        why_set(&why, "the quorum rests on cosignatures that this program cannot check "
                      "(ML-DSA-44)");
        incomplete(a, &why);
    } else if (!a->votes.quorum) {
        char detail[128];

        snprintf(detail, sizeof detail, "%zu of %zu witnesses cosigned", a->votes.cosigned_count,
            judge->witness_count);
        found(a, FINDING_WITNESS_QUORUM, detail);
    }
    judge_age(a);
out:
    free(cosigned);
    return err;
}

/* What contradicts checkpoints that were seen before. */
static void judge_history(struct audit *a, bool whole)
{
    const struct state *s = &a->state;
    char detail[128];

    if (a->has_state && s->has_seen && a->checkpoint.size < s->seen_size) {
        snprintf(detail, sizeof detail, "size %" PRIu64 ", seen before: %" PRIu64,
            a->checkpoint.size, s->seen_size);
        found(a, FINDING_ROLLBACK, detail);
    }
    /* A fork is of two checkpoints that were signed. */
    if (!whole || !a->signed_by_log)
        return;
    if (a->has_state && s->has_seen && a->checkpoint.size == s->seen_size &&
        !hash_eq(&a->checkpoint.root, &s->seen_root))
        found(a, FINDING_FORK, "another root at the size of a checkpoint seen before");
    else if (a->root_fits && a->levels->fork)
        found(a, FINDING_FORK, "an earlier checkpoint that the log signed is of another history");
}

/* Remembers what was seen. A wish that cannot be met is an error, not a finding. */
static int remember(struct audit *a, struct why *why)
{
    const struct findings *f = a->out->list;
    bool conflict = findings_has(f, FINDING_FORK) || findings_has(f, FINDING_ROLLBACK);
    bool quorum = a->out->judged && a->out->log_signed && a->votes.quorum;
    bool stands =
        quorum && a->root_fits && !a->is_incomplete && !findings_has(f, FINDING_ROOT_MISMATCH);
    struct span note = buf_view(&a->out->checkpoint);
    const struct record_keeper *keeper = a->options->keeper;

    if (!a->has_state || !quorum)
        return 0;
    if (conflict)
        return state_keep_evidence(&a->state, note, why);
    if (stands && keeper != NULL) {
        int err = keeper->save(keeper->ctx, a->judge.size, &a->checkpoint.root, why);

        if (err != 0)
            return err;
    }
    return state_save(&a->state, &a->out->ledger_id, note, a->checkpoint.size, &a->checkpoint.root,
        !a->options->no_records, stands ? &a->judge : NULL, a->levels, why);
}

static int judge_all(struct audit *a, struct why *why)
{
    const struct judge *j = &a->judge;
    struct audit_result *out = a->out;
    bool whole = j->size == a->checkpoint.size;
    int err = 0;

    out->entries = j->size;
    out->records = j->records_read;
    out->records_stated = j->records;
    out->last_received = j->last_received;
    out->has_received = j->has_received;
    out->roster_serial = rosters_judge(&j->rosters)->serial;
    out->roster_hash = rosters_judge(&j->rosters)->text_hash;
    if (whole)
        err = judge_checkpoint(a);
    if (err != 0)
        return err;
    judge_history(a, whole);
    if (j->longer || j->tile_differs || a->levels->longer || a->levels->tile_differs ||
        (whole && !a->root_fits))
        found(a, FINDING_ROOT_MISMATCH,
            whole && !a->root_fits ? "the entries do not hash to the checkpoint's root"
            : j->tile_differs || a->levels->tile_differs
                ? "a hash tile disagrees with the entries"
                : "a file has more in it than its name says");
    return remember(a, why);
}

static int settle(struct audit *a)
{
    struct audit_result *out = a->out;
    int err;

    if (a->is_incomplete)
        found(a, FINDING_INCOMPLETE, a->incomplete.text);
    err = findings_settle(out->list, &out->findings, &out->finding_count, &out->findings_omitted);
    if (err != 0)
        return err;
    out->verdict = AUDIT_VERIFIED;
    if (out->finding_count > 0 || out->findings_omitted > 0)
        out->verdict = out->finding_count == 1 && out->findings_omitted == 0 &&
                               out->findings[0].code == FINDING_INCOMPLETE
                           ? AUDIT_INCOMPLETE
                           : AUDIT_FINDINGS;
    return 0;
}

/* Everything behind the checkpoint. */
static int audit_entries(struct audit *a, struct roster *trusted, struct why *why)
{
    struct why walk_back = {""};
    int err = rosters_start(&a->judge.rosters, trusted, a->source, &walk_back);

    if (err == KEIIN_ENOMEM)
        return err;
    if (err != 0) {
        why_prefix(&walk_back, "the rosters before the trusted one");
        incomplete(a, &walk_back);
        return 0;
    }
    a->out->ledger_id = *rosters_ledger_id(&a->judge.rosters);
    a->out->has_ledger_id = true;
    if (a->options->state != NULL) {
        err = state_open(&a->state, a->options->state, &a->out->ledger_id, why);
        if (err != 0)
            return err;
        a->has_state = true;
    }
    err = read_entries(a, why);
    return err == 0 ? judge_all(a, why) : err;
}

int audit_run(struct source *source, struct roster *trusted, const struct audit_options *options,
    struct audit_result *out, struct why *why)
{
    struct audit a = {0};
    int err = KEIIN_ENOMEM;

    assert(options->keeper == NULL || options->state == NULL || options->keeper->begin != NULL);
    *out = (struct audit_result){0};
    a.source = source;
    a.options = options;
    a.out = out;
    a.state.lock_fd = -1;
    a.note = malloc(sizeof *a.note);
    buf_init(&out->checkpoint, CHECKPOINT_BYTES_MAX);
    out->list = findings_new(options->findings_max);
    out->trusted_serial = out->roster_serial = trusted->serial;
    out->roster_hash = trusted->text_hash;
    out->records_were_read = !options->no_records;
    out->latest = options->latest;
    if (trusted->serial == 0) {
        out->ledger_id = trusted->text_hash;
        out->has_ledger_id = true;
    }
    if (a.note != NULL && out->list != NULL && read_checkpoint(&a, &err)) {
        err = audit_entries(&a, trusted, why);
        trusted = NULL;
    }
    if (err == 0)
        err = settle(&a);
    roster_free(trusted);
    attempt_destroy(&a);
    rosters_destroy(&a.judge.rosters);
    if (a.has_state)
        state_close(&a.state);
    free(a.note);
    if (err != 0)
        audit_result_destroy(out);
    return err;
}

void audit_result_destroy(struct audit_result *r)
{
    for (size_t i = 0; i < r->witness_count; i++)
        free(r->witnesses[i].name);
    free(r->witnesses);
    findings_free(r->list);
    buf_destroy(&r->checkpoint);
    *r = (struct audit_result){0};
}
