#include "core/roster.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/roster_internal.h"

static const char *const role_names[] = {"agency", "committee", "operator", "auditor"};

const char *role_text(enum role role)
{
    return role_names[role];
}

bool role_parse(struct span text, enum role *out)
{
    for (size_t i = 0; i < sizeof role_names / sizeof role_names[0]; i++)
        if (span_is(text, role_names[i])) {
            *out = (enum role)i;
            return true;
        }
    return false;
}

void roster_free(struct roster *roster)
{
    if (roster == NULL)
        return;
    free((void *)roster->text.p); /* the roster's own copy */
    free(roster->roots);
    free(roster->logs);
    free(roster->witnesses);
    free(roster->groups);
    free(roster->members);
    free(roster->writers);
    free(roster->writers_by_key);
    free(roster->readers);
    free(roster);
}

static int by_key_hash(const void *a, const void *b, void *ctx)
{
    const struct roster *r = ctx;

    return memcmp(r->writers[*(const size_t *)a].key.key_hash.b,
        r->writers[*(const size_t *)b].key.key_hash.b, HASH_BYTES);
}

int roster_index(struct roster *roster)
{
    roster->writers_by_key = calloc(roster->writer_count + 1, sizeof *roster->writers_by_key);
    if (roster->writers_by_key == NULL)
        return KEIIN_ENOMEM;
    for (size_t i = 0; i < roster->writer_count; i++)
        roster->writers_by_key[i] = i;
    qsort_r(roster->writers_by_key, roster->writer_count, sizeof *roster->writers_by_key,
        by_key_hash, roster);
    return 0;
}

const struct roster_writer *roster_writer_by_key(const struct roster *roster,
    const struct hash *key)
{
    size_t low = 0, high = roster->writer_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct roster_writer *writer = &roster->writers[roster->writers_by_key[middle]];
        int order = memcmp(key->b, writer->key.key_hash.b, HASH_BYTES);

        if (order == 0)
            return writer;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const struct roster_writer *roster_writer_by_name(const struct roster *roster, struct span name)
{
    for (size_t i = 0; i < roster->writer_count; i++)
        if (span_eq(roster->writers[i].key.name, name))
            return &roster->writers[i];
    return NULL;
}

/* Counts the valid lines by the roots of `by`; KEIIN_ESIGNATURE when one is wrong or they are few. */
static int count_roots(const struct roster *by, const struct note *note, const char *whose,
    struct why *why)
{
    size_t valid = 0;

    for (size_t i = 0; i < by->root_count; i++) {
        struct note_vote vote = note_judge(note, &by->roots[i]);

        if (vote.wrong) {
            why_set(why, "the line of root \"%.*s\" is wrong", (int)by->roots[i].name.n,
                (const char *)by->roots[i].name.p);
            return KEIIN_ESIGNATURE;
        }
        valid += vote.valid;
    }
    if (valid < by->threshold) {
        why_set(why, "%zu of %s roots signed, %zu are needed", valid, whose, by->threshold);
        return KEIIN_ESIGNATURE;
    }
    return 0;
}

int roster_check(const struct roster *roster, const struct note *note, const struct roster *parent,
    struct why *why)
{
    int err;

    if (parent != NULL) {
        if (roster->serial != parent->serial + 1) {
            why_set(why, "serial %" PRIu64 " does not follow %" PRIu64, roster->serial,
                parent->serial);
            return KEIIN_EMISMATCH;
        }
        if (!hash_eq(&roster->parent, &parent->text_hash)) {
            why_set(why, "the fourth line is not the hash of the roster before");
            return KEIIN_EMISMATCH;
        }
        if (!span_eq(roster->origin, parent->origin)) {
            why_set(why, "the origin is not that of the roster before");
            return KEIIN_EMISMATCH;
        }
        err = count_roots(parent, note, "the old roster's", why);
        if (err != 0)
            return err;
    }
    return count_roots(roster, note, "its own", why);
}

int roster_from_note(struct span bytes, const struct roster *parent, struct roster **out,
    struct why *why)
{
    struct roster *roster = NULL;
    struct note *note = malloc(sizeof *note);
    struct buf errors;
    int err = KEIIN_ENOMEM;

    *out = NULL;
    buf_init(&errors, 4096);
    if (note == NULL)
        goto out;
    err = note_parse(bytes, note, why);
    if (err != 0)
        goto out;
    err = roster_parse(note->text, &roster, &errors);
    if (err == KEIIN_EMALFORMED) {
        const uint8_t *end = errors.n == 0 ? NULL : memchr(errors.p, '\n', errors.n);

        why_set(why, "%.*s", end == NULL ? 0 : (int)(end - errors.p), (const char *)errors.p);
    }
    if (err == 0)
        err = roster_check(roster, note, parent, why);
    if (err == 0) {
        *out = roster;
        roster = NULL;
    }
out:
    roster_free(roster);
    buf_destroy(&errors);
    free(note);
    return err;
}

bool roster_quorum_met(const struct roster *roster, const bool *cosigned)
{
    /* Groups name only what stands above them: one pass settles all. */
    bool met[ROSTER_LINES_MAX] = {false};

    if (roster->quorum == ROSTER_QUORUM_NONE)
        return true;
    for (size_t i = 0; i < roster->witness_count; i++)
        met[i] = cosigned[i];
    for (size_t i = 0; i < roster->group_count; i++) {
        const struct roster_group *group = &roster->groups[i];
        size_t count = 0;

        for (size_t k = 0; k < group->member_count; k++)
            count += met[roster->members[group->first_member + k]];
        met[roster->witness_count + i] = count >= group->needed;
    }
    return met[roster->quorum];
}

struct judge {
    struct note_vote *votes;
    bool *marked;
};

/* The greatest time such that cosignatures of that time or later meet the quorum. */
static void find_vouched(const struct roster *witnesses, struct judge *j,
    struct checkpoint_votes *votes)
{
    for (size_t i = 0; i < witnesses->witness_count; i++) {
        uint64_t time_s = j->votes[i].time_s;

        if (!j->votes[i].valid || (votes->vouched && time_s <= votes->vouched_at_s))
            continue;
        for (size_t k = 0; k < witnesses->witness_count; k++)
            j->marked[k] = j->votes[k].valid && j->votes[k].time_s >= time_s;
        if (roster_quorum_met(witnesses, j->marked)) {
            votes->vouched = true;
            votes->vouched_at_s = time_s;
        }
    }
}

static void judge_logs(const struct note *note, const struct roster *logs,
    struct checkpoint_votes *votes)
{
    for (size_t i = 0; i < logs->log_count; i++) {
        struct note_vote vote = note_judge(note, &logs->logs[i].key);

        votes->log_signed = votes->log_signed || vote.valid;
        votes->wrong = votes->wrong || vote.wrong;
    }
}

int roster_judge(const struct note *note, const struct roster *logs,
    const struct roster *more_logs, const struct roster *witnesses,
    struct checkpoint_votes *votes, bool *cosigned)
{
    struct judge j = {calloc(witnesses->witness_count + 1, sizeof *j.votes),
        calloc(witnesses->witness_count + 1, sizeof *j.marked)};
    int err = KEIIN_ENOMEM;

    *votes = (struct checkpoint_votes){0};
    if (j.votes == NULL || j.marked == NULL)
        goto out;
    judge_logs(note, logs, votes);
    if (more_logs != NULL)
        judge_logs(note, more_logs, votes);
    for (size_t i = 0; i < witnesses->witness_count; i++) {
        j.votes[i] = note_judge(note, &witnesses->witnesses[i].key);
        votes->wrong = votes->wrong || j.votes[i].wrong;
        j.marked[i] = j.votes[i].valid;
        votes->cosigned_count += j.votes[i].valid;
        if (cosigned != NULL)
            cosigned[i] = j.votes[i].valid;
    }
    votes->quorum = roster_quorum_met(witnesses, j.marked);
    if (votes->quorum && witnesses->quorum != ROSTER_QUORUM_NONE)
        find_vouched(witnesses, &j, votes);
    for (size_t i = 0; i < witnesses->witness_count; i++)
        j.marked[i] = j.votes[i].valid || j.votes[i].unchecked;
    votes->quorum_unchecked = roster_quorum_met(witnesses, j.marked);
    err = 0;
out:
    free(j.votes);
    free(j.marked);
    return err;
}
