#include "tests/fuzz/model.h"

#include <stdio.h>

#include "core/sha256.h"
#include "tests/fuzz/fuzz.h"

static const struct {
    const char *name, *role;
} writers[MODEL_WRITERS] = {{"operator.test/o", "operator"}, {"committee.test/c", "committee"},
    {"agency.test/a", "agency"}, {"agency.test/b", "agency"}, {"auditor.test/x", "auditor"}};

const struct fixture_key *model_key(unsigned writer, unsigned key)
{
    static struct fixture_key shared;
    const struct fixture_key *a;

    if (writer != AGENCY_B || key != MODEL_KEYS - 1)
        return fixture_key(16 + writer * MODEL_KEYS + key, "writer", writers[writer].name);
    /* The same secret under another name. */
    if (!shared.made) {
        a = model_key(AGENCY_A, key);
        shared = *a;
        snprintf(shared.file.name, sizeof shared.file.name, "%s", writers[writer].name);
        vkey_make(
            &shared.vkey, span_str(shared.file.name), KEY_ED25519, secret_public(a->file.secret));
    }
    return &shared;
}

const char *model_role(unsigned writer)
{
    return writers[writer].role;
}

/* SPEC.md section 4. */
static void head_of_silent(struct hash *out, const struct hash *ledger_id, const char *name)
{
    struct span parts[3] = {span_str("keiin/writer/v1\n"), span_hash(ledger_id), span_str(name)};

    sha256_parts(out, parts, 3);
}

static void list(struct model *m, const uint8_t lists[MODEL_WRITERS])
{
    for (size_t i = 0; i < MODEL_WRITERS; i++) {
        m->listed[i] = lists[i];
        m->ever[i] |= lists[i];
    }
}

void model_start(struct model *m, struct span roster_text, const uint8_t lists[MODEL_WRITERS])
{
    struct span parts[3];
    struct model_entry *e = &m->entries[0];
    struct hash digest;

    memset(m, 0, sizeof *m);
    sha256(&m->ledger_id, roster_text);
    m->roster_hash = m->ledger_id;
    list(m, lists);
    for (size_t i = 0; i < MODEL_WRITERS; i++)
        head_of_silent(&m->writers[i].head, &m->ledger_id, writers[i].name);
    digest = m->ledger_id;
    e->writer = OPERATOR;
    e->number = e->count = 1;
    e->before = m->writers[OPERATOR].head;
    parts[0] = span_of("\2", 1);
    parts[1] = span_hash(&e->before);
    parts[2] = span_hash(&digest);
    sha256_parts(&e->after, parts, 3);
    m->writers[OPERATOR] = (struct model_writer){1, e->after};
    m->size = 1;
}

/* Whether a key of these bytes was ever listed, under whatever name. */
static bool key_known(const struct model *m, const struct model_submission *s)
{
    const struct hash *key = &model_key(s->writer, s->key)->vkey.key_hash;

    if (s->stranger)
        return false;
    for (unsigned w = 0; w < MODEL_WRITERS; w++)
        for (unsigned k = 0; k < MODEL_KEYS; k++)
            if ((m->ever[w] >> k & 1) != 0 && hash_eq(&model_key(w, k)->vkey.key_hash, key))
                return true;
    return false;
}

static struct model_answer refused(unsigned status, const char *code)
{
    return (struct model_answer){status, code, 0, false};
}

void model_keep_evidence(struct model *m, const struct model_submission *s)
{
    uint64_t last = s->number + s->count - 1;
    const struct model_entry *found = NULL;
    size_t kept = 0;

    for (uint64_t i = 0; i < m->size; i++)
        if (m->entries[i].writer == s->writer &&
            m->entries[i].number + m->entries[i].count - 1 == last)
            found = &m->entries[i];
    if (found == NULL || hash_eq(&found->after, &s->after))
        return;
    for (size_t i = 0; i < m->evidence_count; i++) {
        const struct model_evidence *e = &m->evidence[i];

        if (e->writer == s->writer && e->last_number == last && hash_eq(&e->after, &s->after))
            return;
        kept += e->writer == s->writer;
    }
    if (kept >= 4)
        return; /* evidence_per_writer_max */
    FUZZ_CHECK(m->evidence_count < MODEL_EVIDENCE_MAX);
    m->evidence[m->evidence_count++] = (struct model_evidence){s->writer, last, s->after};
}

/* By the roster in force, and by where the writer's chain ends. */
static struct model_answer in_its_place(const struct model *m, const struct model_submission *s)
{
    const struct model_writer *w = &m->writers[s->writer];

    if ((m->listed[s->writer] >> s->key & 1) == 0)
        return refused(403, "writer-unknown");
    if (s->kind == ENTRY_ROSTER && s->writer != OPERATOR && s->writer != COMMITTEE)
        return refused(403, "role");
    if (s->number != w->number + 1)
        return refused(409, "number");
    if (!hash_eq(&s->before, &w->head))
        return refused(409, "before");
    if (s->kind == ENTRY_ROSTER && s->bad_roster)
        return refused(422, "roster");
    return refused(0, NULL);
}

static bool clock_is_wrong(const struct model *m, uint64_t wall_ms)
{
    uint64_t received = m->entries[m->size - 1].received;

    return m->parted_ms > 60000 || m->parted_ms < -60000 ||
           (received > wall_ms && received - wall_ms > 1000);
}

struct model_answer model_submit(
    struct model *m, const struct model_submission *s, uint64_t wall_ms, enum model_mode mode)
{
    struct model_answer answer;
    struct model_entry *e = &m->entries[m->size];
    uint64_t received = m->entries[m->size - 1].received;

    if (s->malformed)
        return refused(400, "malformed");
    if (!key_known(m, s))
        return refused(403, "writer-unknown");
    if (s->malformed_digest)
        return refused(400, "malformed");
    if (s->wrong_signature || (m->ever[s->writer] >> s->key & 1) == 0)
        return refused(403, "signature");
    for (uint64_t i = 0; i < m->size; i++)
        if (m->entries[i].writer == s->writer && m->entries[i].number == s->number &&
            m->entries[i].count == s->count && hash_eq(&m->entries[i].before, &s->before) &&
            hash_eq(&m->entries[i].after, &s->after))
            return (struct model_answer){200, NULL, i, false};
    answer = in_its_place(m, s);
    if (answer.code == NULL && clock_is_wrong(m, wall_ms) && mode == MODEL_STORES)
        answer = refused(503, "busy");
    if (answer.code == NULL && mode == MODEL_FULL)
        answer = refused(507, "full");
    if (answer.code != NULL) {
        answer.placed_no = true;
        return answer;
    }
    FUZZ_CHECK(m->size < MODEL_ENTRIES_MAX);
    *e = (struct model_entry){.writer = s->writer,
        .number = s->number,
        .count = s->count,
        .received = wall_ms > received ? wall_ms : received,
        .before = s->before,
        .after = s->after,
        .prev = m->entries[m->size - 1].leaf};
    m->writers[s->writer] = (struct model_writer){s->number + s->count - 1, s->after};
    if (s->kind == ENTRY_ROSTER) {
        m->serial++;
        m->roster_hash = s->roster_hash;
        list(m, s->lists);
    }
    return (struct model_answer){201, NULL, m->size++, false};
}

void model_entry_bytes(struct model *m, uint64_t index, const struct model_submission *s,
    const struct hash *digests, struct span signature)
{
    struct model_entry *e = &m->entries[index];
    struct entry entry = {.kind = s->kind,
        .received = e->received,
        .prev = e->prev,
        .key = model_key(s->writer, s->key)->vkey.key_hash,
        .number = e->number,
        .before = e->before,
        .digest_count = e->count,
        .signature = signature};
    struct buf out;

    buf_init(&out, ENTRY_BYTES_MAX);
    entry_write(&out, &entry, digests);
    FUZZ_CHECK(buf_status(&out) == 0);
    sha256_leaf(&e->leaf, buf_view(&out));
    buf_destroy(&out);
}

/* RFC 6962 section 2.1. */
static void root_of(const struct model *m, uint64_t from, uint64_t to, struct hash *out)
{
    struct hash left, right;
    uint64_t half = 1;

    if (to - from == 1) {
        *out = m->entries[from].leaf;
        return;
    }
    while (2 * half < to - from)
        half *= 2;
    root_of(m, from, from + half, &left);
    root_of(m, from + half, to, &right);
    sha256_node(out, &left, &right);
}

void model_root(const struct model *m, uint64_t size, struct hash *out)
{
    FUZZ_CHECK(size >= 1 && size <= m->size);
    root_of(m, 0, size, out);
}
