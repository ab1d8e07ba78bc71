/* A comparison in sentences. */
#include <inttypes.h>

#include "core/sha256.h"
#include "core/text.h"
#include "system/cli.h"
#include "system/messages.h"
#include "verifier/verify/verify.h"

#define SAY(to, id, ...) fprintf(to, message_text(MESSAGE_VERIFY_##id), ##__VA_ARGS__)

/* What a side is called: A and B, as the sentences say. */
static const char *letter(size_t i)
{
    return i == 0 ? "A" : "B";
}

static void say_outcome(FILE *to, const struct compare *c)
{
    uint64_t a = side_size(c->sides[0]), b = side_size(c->sides[1]);
    size_t smaller = a <= b ? 0 : 1;

    switch (c->outcome) {
    case COMPARE_SAME:
        SAY(to, COMPARE_SAME, a);
        break;
    case COMPARE_PREFIX:
        SAY(to, COMPARE_PREFIX, letter(smaller), letter(1 - smaller), a > b ? a - b : b - a);
        break;
    case COMPARE_ENTRY:
        SAY(to, COMPARE_ENTRY);
        break;
    case COMPARE_FORK:
        SAY(to, COMPARE_FORK);
        if (c->has_index && c->index_is_first)
            SAY(to, COMPARE_FIRST, c->common, c->index);
        else if (c->has_index)
            SAY(to, COMPARE_AT, c->index);
        else
            SAY(to, COMPARE_SOMEWHERE);
        break;
    case COMPARE_OPEN:
        SAY(to, COMPARE_OPEN);
        break;
    }
}

static void say_side(FILE *to, const struct compare *c, size_t i)
{
    const struct side *s = c->sides[i];
    char time[TIME_TEXT_BYTES];
    struct entry entry;

    fprintf(to, "\n%s:           ", letter(i));
    cli_put_visible(to, span_str(s->name));
    fputs("\n", to);
    SAY(to, COMPARE_SIZE, side_size(s));
    if (c->last[i].n > 0 && entry_parse(buf_view(&c->last[i]), &entry) == 0) {
        time_text(time, entry.received);
        SAY(to, COMPARE_LAST, time);
    }
    if (!s->is_signed) {
        SAY(to, COMPARE_UNSIGNED);
    } else if (s->votes.vouched) {
        time_text(time,
            s->votes.vouched_at_s > UINT64_MAX / 1000 ? UINT64_MAX : s->votes.vouched_at_s * 1000);
        SAY(to, COMPARE_VOUCHED, time);
    } else if (s->votes.quorum) {
        SAY(to, COMPARE_OPERATOR);
    } else {
        SAY(to, COMPARE_NO_QUORUM);
    }
    if (s->kind == SIDE_PROOF && s->has_evidence)
        SAY(to, COMPARE_RECEIPT, s->evidence.proof.index);
}

static void say_writer(FILE *to, struct roster_view rosters, const struct entry *entry)
{
    const struct roster_writer *writer = NULL;
    char hex[2 * HASH_BYTES + 1];

    for (size_t i = rosters.count; i-- > 0 && writer == NULL;)
        writer = roster_writer_by_key(rosters.list[i], &entry->key);
    if (writer == NULL) {
        hex_encode(hex, span_hash(&entry->key));
        SAY(to, SHOW_KEY, hex);
        return;
    }
    SAY(to, SHOW_WRITER);
    cli_put_visible(to, writer->key.name);
    /* Its form was checked with the roster's. */
    SAY(to, SHOW_WRITER_OF, messages_role(writer->role), (int)writer->organisation.n,
        (const char *)writer->organisation.p);
}

/* The first record of an entry, where it can be read and is the one that the entry names. */
static void say_record(FILE *to, struct side *s, uint64_t index, const struct entry *entry)
{
    struct buf record, sealed;
    struct hash digest, want;
    struct why why;
    int err = KEIIN_EABSENT;

    buf_init(&record, 65535);
    buf_init(&sealed, 65535);
    if (entry->kind == ENTRY_RECORDS && s->kind == SIDE_SOURCE)
        err = fetch_record(&s->fetch, index, entry->digest_count, 0, &record, &sealed, &why);
    sha256(&digest, buf_view(&record));
    entry_digest(entry, 0, &want);
    if (err == 0 && record.n > 0 && hash_eq(&digest, &want)) {
        SAY(to, COMPARE_RECORD);
        words_record(to, buf_view(&record), "    ");
    }
    buf_destroy(&record);
    buf_destroy(&sealed);
}

static void say_entry(FILE *to, struct compare *c, size_t i)
{
    struct span bytes = buf_view(&c->entries[i]);
    char hex[2 * HASH_BYTES + 1], time[TIME_TEXT_BYTES];
    struct entry entry;
    struct hash leaf;

    SAY(to, COMPARE_IN, c->index, letter(i));
    if (bytes.n == 0) {
        SAY(to, COMPARE_NOT_READ);
        return;
    }
    sha256_leaf(&leaf, bytes);
    hex_encode(hex, span_hash(&leaf));
    if (entry_parse(bytes, &entry) != 0) {
        SAY(to, COMPARE_MALFORMED);
        SAY(to, SHOW_LEAF, hex);
        return;
    }
    if (entry.kind == ENTRY_RECORDS)
        SAY(to, SHOW_KIND_RECORDS, entry.digest_count, entry.number, entry_last_number(&entry));
    else
        SAY(to, SHOW_KIND_ROSTER, entry.number);
    time_text(time, entry.received);
    SAY(to, SHOW_RECEIVED, time);
    say_writer(to, c->rosters[i], &entry);
    SAY(to, SHOW_LEAF, hex);
    say_record(to, c->sides[i], c->index, &entry);
}

static void say_findings(FILE *to, const struct finding *list, size_t count, uint64_t omitted)
{
    if (count == 0)
        return;
    SAY(to, FINDINGS);
    for (size_t i = 0; i < count; i++)
        words_finding(to, &list[i]);
    if (omitted > 0)
        SAY(to, COMPARE_OMITTED, omitted);
}

void words_compare(FILE *to, struct compare *c, const struct compare_findings *f)
{
    say_outcome(to, c);
    if (f->count > 0 && c->outcome != COMPARE_FORK && c->outcome != COMPARE_OPEN)
        SAY(to, COMPARE_BUT);
    say_side(to, c, 0);
    say_side(to, c, 1);
    SAY(to, COMPARE_CANNOT);
    if (c->outcome == COMPARE_FORK && c->has_index) {
        say_entry(to, c, 0);
        say_entry(to, c, 1);
    }
    if (c->fork_count > 0)
        SAY(to, COMPARE_WRITERS, c->fork_count + c->forks_omitted);
    if (c->scan_cut)
        SAY(to, COMPARE_SCAN_CUT);
    say_findings(to, f->list, f->count, f->omitted);
}

void words_compare_tally(
    FILE *to, const struct compare_tally *t, const char *folder, const struct side *source)
{
    bool bad = false;

    for (size_t i = 0; i < t->finding_count; i++)
        bad = bad || t->findings[i].code != FINDING_INCOMPLETE;
    if (bad)
        SAY(to, TALLY_BAD);
    else if (t->there == t->receipts)
        SAY(to, TALLY_GOOD);
    else
        SAY(to, TALLY_OPEN);
    SAY(to, TALLY_RECEIPTS);
    cli_put_visible(to, span_str(folder));
    SAY(to, TALLY_SOURCE);
    cli_put_visible(to, span_str(source->name));
    SAY(to, TALLY_COUNTS, side_size(source), t->there, t->receipts, t->records);
    if (t->not_covered > 0)
        SAY(to, TALLY_NOT_COVERED, t->not_covered);
    SAY(to, COMPARE_CANNOT);
    say_findings(to, t->findings, t->finding_count, t->findings_omitted);
}
