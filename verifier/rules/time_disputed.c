#include "core/checkpoint.h"
#include "core/text.h"
#include "verifier/rules/rule.h"

/*
 * When entries were received: of the last ones each (EXACT, so many in a row a table entry), of
 * those before stretches (STRETCHES, one table entry) with the least and the greatest time in them;
 * a stretch is a minute long, and twice as long each time that there are too many. What a
 * stretch cannot decide for sure is passed over.
 */
enum { EXACT, STRETCHES };

#define CHUNK 1024
#define CHUNKS_MAX 65 /* the newest may be just begun: so 65,536 entries at least */
#define STRETCHES_MAX 65536

struct chunk {
    uint64_t received[CHUNK]; /* and 1 added; 0 where nothing is known */
};
struct stretch {
    uint64_t first; /* entry */
    uint64_t least_ms, greatest_ms;
};
struct stretches {
    uint64_t length_ms;
    uint64_t next; /* entry behind the last */
};
enum { LIMIT, FRESH };
enum { BEYOND, LATE, EARLY };

static struct key number_key(uint8_t bytes[static 8], uint64_t number)
{
    be64_put(bytes, number);
    return key_of(span_of(bytes, 8));
}

/* --- Stretches. */

static size_t all_stretches(const struct stretches *s, const struct stretch **out)
{
    struct span more = table_more(s);

    *out = (const struct stretch *)(const void *)more.p;
    return more.n / sizeof **out;
}

static void widen(struct stretch *s, uint64_t least_ms, uint64_t greatest_ms)
{
    if (least_ms < s->least_ms)
        s->least_ms = least_ms;
    if (greatest_ms > s->greatest_ms)
        s->greatest_ms = greatest_ms;
}

/* Makes one of every two. */
static int thin(struct table *t, struct stretches *s, size_t count)
{
    struct stretch *all = table_more_edit(s);

    for (size_t i = 0; i < count / 2; i++) {
        struct stretch merged = all[2 * i];

        widen(&merged, all[2 * i + 1].least_ms, all[2 * i + 1].greatest_ms);
        all[i] = merged;
    }
    s->length_ms *= 2;
    return table_more_set(t, s, span_of(all, count / 2 * sizeof *all));
}

static int stretch_add(struct table *t, struct stretches *s, uint64_t entry, uint64_t received_ms)
{
    struct stretch fresh = {entry, received_ms, received_ms}, *last = table_more_edit(s);
    size_t count = table_more(s).n / sizeof fresh;
    int err = 0;

    if (count > 0) {
        last += count - 1;
        if (entry != s->next)
            widen(last, 0, UINT64_MAX); /* of those that were left out nothing is known */
    }
    s->next = entry + 1;
    if (count > 0 && time_after(last->least_ms, s->length_ms) >= received_ms &&
        time_after(received_ms, s->length_ms) >= last->greatest_ms) {
        widen(last, received_ms, received_ms);
        return 0;
    }
    if (count == STRETCHES_MAX)
        err = thin(t, s, count);
    return err == 0 ? table_more_append(t, s, span_of(&fresh, sizeof fresh)) : err;
}

/* The oldest exact ones become part of stretches. */
static int retire(struct rule_run *run, struct chunk *c)
{
    struct stretches *s = table_add(run->tables[STRETCHES], key_of(span_str("all")));
    uint64_t first = be64_get(table_key(c).p) * CHUNK;
    int err = s == NULL ? KEIIN_ENOMEM : 0;

    if (err == 0 && s->length_ms == 0)
        s->length_ms = RULE_MINUTE;
    for (size_t i = 0; err == 0 && i < CHUNK; i++)
        if (c->received[i] != 0)
            err = stretch_add(run->tables[STRETCHES], s, first + i, c->received[i] - 1);
    table_remove(run->tables[EXACT], c);
    return err;
}

static int entry(struct rule_run *run, const struct rules_record *r)
{
    uint8_t bytes[8];
    struct chunk *c = table_add(run->tables[EXACT], number_key(bytes, r->address.index / CHUNK));
    int err = 0;

    if (c == NULL)
        return KEIIN_ENOMEM;
    c->received[r->address.index % CHUNK] = time_after(r->received, 1);
    while (err == 0 && table_count(run->tables[EXACT]) > CHUNKS_MAX)
        err = retire(run, table_next(run->tables[EXACT], NULL));
    return err;
}

/* Between which times an entry was received. False when nothing is known of it. */
static bool received_between(
    const struct rule_run *run, uint64_t number, uint64_t *least_ms, uint64_t *greatest_ms)
{
    uint8_t bytes[8];
    const struct chunk *c = table_find(run->tables[EXACT], number_key(bytes, number / CHUNK));
    const struct stretches *s = table_next(run->tables[STRETCHES], NULL);
    const struct stretch *all;
    size_t low = 0, high;

    if (c != NULL) {
        *least_ms = *greatest_ms = c->received[number % CHUNK] - 1;
        return c->received[number % CHUNK] != 0;
    }
    if (s == NULL || number >= s->next)
        return false;
    high = all_stretches(s, &all);
    while (low < high) { /* the first stretch behind it */
        size_t middle = low + (high - low) / 2;

        if (all[middle].first <= number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return false;
    *least_ms = all[low - 1].least_ms;
    *greatest_ms = all[low - 1].greatest_ms;
    return true;
}

/* --- Judging. */

struct claim {
    uint64_t size, at_ms;
    struct span by;
    uint64_t own; /* the entry that says so */
};
struct dispute {
    unsigned sentence;
    uint64_t entry, received_ms;
};

static bool disputed(const struct rule_run *run, const struct claim *c, struct dispute *out)
{
    uint64_t limit = run->limits[LIMIT], least, greatest;

    if (c->size > c->own) {
        *out = (struct dispute){BEYOND, c->own, 0};
        return true;
    }
    if (received_between(run, c->size - 1, &least, &greatest) &&
        least > time_after(c->at_ms, limit)) {
        *out = (struct dispute){LATE, c->size - 1, least};
        return true;
    }
    if (run->limits[FRESH] != 0 && c->size < c->own &&
        received_between(run, c->size, &least, &greatest) &&
        time_after(greatest, limit) < c->at_ms) {
        *out = (struct dispute){EARLY, c->size, greatest};
        return true;
    }
    return false;
}

static int tell(struct rule_run *run, const struct rules_record *r, const struct claim *c,
    const struct dispute *d)
{
    struct rules_address addresses[2] = {{d->entry, 0}, {d->entry, 0}};
    struct rule_fact facts[] = {fact_text("by", c->by), fact_time("said", c->at_ms),
        fact_number("size", c->size), fact_index("entry", d->entry),
        fact_time("received", d->received_ms), fact_duration("limit", run->limits[LIMIT])};
    struct rule_hit hit = {.sentence = d->sentence,
        .r = r,
        .addresses = addresses,
        .address_count = r == NULL || d->sentence == BEYOND ? 1 : 2,
        .subject = r == NULL ? c->by : (struct span){NULL, 0},
        .facts = facts,
        .fact_count = 6,
        .open = r == NULL}; /* each checkpoint that is read has cosignatures of its own */

    if (r != NULL)
        addresses[0] = r->address;
    return rule_found(run, &hit);
}

/* --- Notes. */

#define CHECKPOINT_LINES 3 /* then an empty one, and signatures */
#define COSIGNATURE_BYTES (4 + 8 + ED25519_SIGNATURE_BYTES) /* key id, time, signature */

/* The time that a line says, by the key of a witness; not checked. False when it says none. */
static bool line_says(const struct note_line *line, const struct roster_witness *w, uint64_t *at_ms)
{
    uint8_t bytes[COSIGNATURE_BYTES];

    if (!span_eq(line->name, w->key.name) || memcmp(line->id, w->key.id, sizeof line->id) != 0 ||
        base64_check(line->base64) != COSIGNATURE_BYTES ||
        !base64_decode(bytes, sizeof bytes, line->base64))
        return false;
    *at_ms = be64_get(bytes + 4);
    if (*at_ms == 0 || *at_ms >= UINT64_MAX / RULE_SECOND)
        return false;
    *at_ms *= RULE_SECOND;
    return true;
}

/* Signatures cost more than all rules together: they are checked where they would matter. */
static bool may_be_disputed(const struct rule_run *run, const struct note *note, struct claim c)
{
    const struct roster *roster = run->roster;
    struct dispute d;

    if (disputed(run, &c, &d))
        return true;
    for (size_t i = 0; i < note->line_count; i++)
        for (size_t w = 0; w < roster->witness_count; w++)
            if (line_says(&note->lines[i], &roster->witnesses[w], &c.at_ms) &&
                disputed(run, &c, &d))
                return true;
    return false;
}

/* A writer makes up a note: lines by one key again and again would only take time. */
#define LINES_A_KEY 2

static bool repeats(const struct note *note, const struct vkey *key)
{
    size_t count = 0;

    for (size_t i = 0; i < note->line_count; i++)
        count += memcmp(note->lines[i].id, key->id, sizeof key->id) == 0;
    return count > LINES_A_KEY;
}

/* Whether any key of the roster has more lines than a note is given. */
static bool any_repeats(const struct note *note, const struct roster *roster)
{
    bool any = false;

    for (size_t i = 0; !any && i < roster->log_count; i++)
        any = repeats(note, &roster->logs[i].key);
    for (size_t i = 0; !any && i < roster->witness_count; i++)
        any = repeats(note, &roster->witnesses[i].key);
    return any;
}

/* Whether the log signed it, and no line by a key of the roster is wrong. */
static bool counts(const struct roster *roster, const struct note *note)
{
    bool log_signed = false, wrong = false;

    for (size_t i = 0; i < roster->log_count; i++) {
        struct note_vote vote = note_judge(note, &roster->logs[i].key);

        log_signed |= vote.valid;
        wrong |= vote.wrong;
    }
    for (size_t i = 0; i < roster->witness_count; i++)
        wrong |= note_judge(note, &roster->witnesses[i].key).wrong;
    return log_signed && !wrong;
}

/*
 * Most notes dispute nothing, and their first lines show it: of this log, a size that is not
 * disputed by the heartbeat's own time, and no second signature that might have a time, too.
 */
static bool passes(const struct rule_run *run, const struct rules_record *r, struct span note)
{
    struct cursor in = cursor_of(note);
    struct claim c = {0, r->at, r->writer_name.text, r->address.index};
    struct dispute d;
    unsigned lines = 2;

    if (!span_eq(cursor_line(&in), run->roster->origin) ||
        !decimal_parse(cursor_line(&in), UINT64_MAX, &c.size) || c.size == 0)
        return true;
    while (cursor_left(&in) > 0 && !in.failed && lines <= CHECKPOINT_LINES + 2) {
        cursor_line(&in);
        lines++;
    }
    return lines <= CHECKPOINT_LINES + 2 && !disputed(run, &c, &d);
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    const struct roster *roster = run->roster;
    struct checkpoint checkpoint;
    struct note note;
    struct dispute d;
    struct claim c;

    if (!record_has(r, F_CHECKPOINT) || roster == NULL ||
        passes(run, r, record_text(r, F_CHECKPOINT)) ||
        note_parse(record_text(r, F_CHECKPOINT), &note, NULL) != 0 ||
        checkpoint_parse(note.text, &checkpoint, NULL) != 0 ||
        !span_eq(checkpoint.origin, roster->origin) || any_repeats(&note, roster))
        return 0;
    c = (struct claim){checkpoint.size, r->at, r->writer_name.text, r->address.index};
    if (!may_be_disputed(run, &note, c) || !counts(roster, &note))
        return 0;
    if (disputed(run, &c, &d))
        return tell(run, r, &c, &d);
    for (size_t i = 0; i < roster->witness_count; i++) {
        struct note_vote vote = note_judge(&note, &roster->witnesses[i].key);

        if (!vote.valid || vote.time_s == 0 || vote.time_s >= UINT64_MAX / RULE_SECOND)
            continue;
        c.at_ms = vote.time_s * RULE_SECOND;
        c.by = roster->witnesses[i].name;
        if (disputed(run, &c, &d))
            return tell(run, r, &c, &d);
    }
    return 0;
}

/* What is behind the checkpoint says nothing here: it may be cosigned again when it is older. */
static int vouched(struct rule_run *run, uint64_t size, uint64_t at_ms, struct span witness)
{
    struct claim c = {size, at_ms, witness, size};
    struct dispute d;

    return size > 0 && disputed(run, &c, &d) ? tell(run, NULL, &c, &d) : 0;
}

static bool fits(unsigned table, const void *value)
{
    return table != EXACT || table_key(value).n == 8;
}

static const struct said sentences[] = {
    SAID("The heartbeat of {writer} in entry {entry} names a checkpoint of {size} entries; it can "
         "only name one of the entries before it, and the log signed this one.",
        "エントリ{entry}にある記録者 {writer} の定時通報は、{size}エントリのチェックポイント"
        "を示しています。示すことができるのは、それより前のエントリのチェックポイントだけです"
        "が、このチェックポイントには台帳の署名があります。"),
    SAID("{by} vouched at {said} for a checkpoint of {size} entries; the last of them, entry "
         "{entry}, must have been received by then, and the ledger says that it was not received "
         "before {received} (allowed: {limit}).",
        "{by} は、{said}に、{size}エントリのチェックポイントを裏付けました。その最後のエント"
        "リ{entry}は、その時までに受信されていなければなりませんが、台帳によれば、{received}"
        "より前には受信されていませんでした（基準値：{limit}）。"),
    SAID("{by} knew at {said} of no checkpoint of more than {size} entries; the next, entry "
         "{entry}, must have been received about then or later, and the ledger says that it was "
         "received by {received} (allowed: {limit}).",
        "{by} は、{said}の時点で、{size}エントリを超えるチェックポイントを知りませんでした。"
        "次のエントリ{entry}は、その頃以後に受信されたはずですが、台帳によれば、{received}ま"
        "でに受信されていました（基準値：{limit}）。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"limit", LIMIT_DURATION, "5 min", 0, 3650 * RULE_DAY,
        SAID("how far the clocks may lie apart, and a checkpoint behind the entries",
            "時計のずれ、及びエントリに対するチェックポイントの遅れとして許される時間")},
    {"fresh", LIMIT_SWITCH, "no", 0, 0,
        SAID("whether writers fetch a checkpoint for each heartbeat: then an entry that was "
             "received long before a heartbeat and is not in its checkpoint is disputed, too",
            "記録者が定時通報ごとにチェックポイントを取得するかどうか。その場合は、定時通報よりずっ"
            "と前に受信されながら、そのチェックポイントに含まれていないエントリも指摘します")},
    {0}};

const struct rule rule_time_disputed = {
    .name = "time-disputed",
    .severity = SEVERITY_HIGH,
    .title = SAID("The ledger's times are contradicted", "台帳の受信時刻に対する反証"),
    .sentences = sentences,
    .facts = {FORM("by", TEXT), FORM("said", TIME), FORM("size", NUMBER), FORM("entry", INDEX),
        FORM("received", TIME), FORM("limit", DURATION)},
    .meaning =
        SAID("The ledger says that it received an entry at a time that others contradict by their "
             "signatures: the operator's clock was wrong, or entries were dated back or forward.",
            "台帳が示すエントリの受信時刻が、他の者の署名に反しています。運用者の時計が誤っていた"
            "か、エントリの日時が早められ、又は遅らされたことが考えられます。"),
    .reads = SAID("received; heartbeat: checkpoint and at; the cosignatures in it, and those of "
                  "the checkpoint that is read",
        "受信時刻（received）、heartbeat の checkpoint と at、その連署、及び読み取ったチェッ"
        "クポイントの連署"),
    .blind = SAID(
        "Times between two checkpoints that somebody vouched for. Of entries before the last "
        "65,536 times are kept only roughly, and what these do not show for sure is passed over. A "
        "note that the log did not sign, or with several lines by one key, says nothing.",
        "裏付けのある二つのチェックポイントの間の時刻。最後の65,536エントリより前のエントリの"
        "時刻は、おおよそでしか保持せず、確実でないものは指摘しません。台帳の署名がないもの、"
        "又は一つの鍵による複数の行があるものからは、何も判断しません。"),
    .origin = SAID("Cosignatures with a time (c2sp.org/tlog-cosignature); linked time stamps.",
        "時刻を伴う連署（c2sp.org/tlog-cosignature）、連鎖型のタイムスタンプ。"),
    .limits = limits,
    .table_bytes = {[EXACT] = sizeof(struct chunk), [STRETCHES] = sizeof(struct stretches)},
    .actions = ACTION_BIT(ACTION_HEARTBEAT),
    .record = record,
    .entry = entry,
    .vouched = vouched,
    .fits = fits,
};
