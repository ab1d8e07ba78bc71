/* Rosters: from text to struct roster, with every error said (SPEC.md section 7). */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/roster.h"
#include "core/roster_internal.h"
#include "core/sha256.h"
#include "core/text.h"

#define FIELDS_MAX ROSTER_LINES_MAX /* words of a group line */
#define ERRORS_MAX 1000              /* enough for a person; a hostile text is not read on */

/* The kinds of lines, in the order in which they must stand. */
enum line_kind { LINE_ROOT, LINE_THRESHOLD, LINE_LOG, LINE_WITNESS, LINE_GROUP, LINE_QUORUM,
    LINE_WRITER, LINE_READER, LINE_KINDS };

static const char *const line_words[LINE_KINDS] = {"root", "threshold", "log", "witness", "group",
    "quorum", "writer", "reader"};

/* One run of the parser. `roster` is the one that is filled. */
struct parse {
    struct roster *roster;
    struct buf *errors; /* may be NULL */
    size_t line;        /* number of the line that is read, from 1 */
    size_t error_count;
    enum line_kind kind; /* of the line before */
    size_t threshold_lines, quorum_lines;
    size_t reader_cap, root_cap, log_cap, witness_cap, group_cap, member_cap, writer_cap;
    bool no_memory;
};

static void error(struct parse *p, const char *format, ...) KEIIN_PRINTF(2, 3);

static void error(struct parse *p, const char *format, ...)
{
    char text[600];
    va_list args;

    p->error_count++;
    if (p->errors == NULL)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (p->line > 0)
        buf_printf(p->errors, "line %zu: ", p->line);
    text_visible(p->errors, span_str(text));
    buf_put_str(p->errors, "\n");
}

/* Room for one element more; NULL (and no_memory) when there is none. */
static void *grow(struct parse *p, void *array, size_t count, size_t *cap, size_t size)
{
    void *bigger = array_room(array, count, cap, size);

    if (bigger == NULL)
        p->no_memory = true;
    return bigger;
}

#define APPEND(p, array, count, cap)                                                               \
    ((bigger = grow((p), (array), (count), &(p)->cap, sizeof *(array))) == NULL                    \
            ? NULL                                                                                 \
            : (memset(((array) = bigger) + (count), 0, sizeof *(array)), &(array)[(count)++]))

/* The next word of a line; words are parted by single spaces. */
static struct span word(struct cursor *c, bool *more)
{
    const uint8_t *space = cursor_left(c) == 0 ? NULL : memchr(c->p, ' ', cursor_left(c));
    struct span w = span_of(c->p, (size_t)((space == NULL ? c->end : space) - c->p));

    *more = space != NULL;
    c->p = space == NULL ? c->end : space + 1;
    return w;
}

/* Splits a line's rest into `max` words at the most; more, or an empty word, is an error. */
static size_t words(struct parse *p, struct span rest, struct span *out, size_t max)
{
    struct cursor c = cursor_of(rest);
    bool more = true;
    size_t n = 0;

    while (more) {
        struct span w = word(&c, &more);

        if (w.n == 0 || n == max) {
            error(p, w.n == 0 ? "words are parted by single spaces" : "too many words");
            return 0;
        }
        out[n++] = w;
    }
    return n;
}

static bool key(struct parse *p, struct span text, struct vkey *out)
{
    struct why why;

    if (vkey_parse(text, out, &why) == 0)
        return true;
    error(p, "%s", why.text);
    return false;
}

static bool url_valid(struct span text)
{
    if (text.n < 1 || text.n > URL_BYTES_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x21 || text.p[i] > 0x7e)
            return false;
    return true;
}

static bool organisation_valid(struct span text)
{
    if (text.n < 1 || text.n > ORGANISATION_BYTES_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (!((text.p[i] >= 'a' && text.p[i] <= 'z') || (text.p[i] >= '0' && text.p[i] <= '9') ||
                text.p[i] == '-'))
            return false;
    return true;
}

static void root_line(struct parse *p, const struct span *w, size_t n)
{
    struct roster *r = p->roster;
    struct vkey *root;
    void *bigger;

    if (n != 1) {
        error(p, "root <vkey>");
        return;
    }
    root = APPEND(p, r->roots, r->root_count, root_cap);
    if (root != NULL && key(p, w[0], root) && root->type != KEY_ED25519)
        error(p, "a root key has type 0x01");
}

static void threshold_line(struct parse *p, const struct span *w, size_t n)
{
    uint64_t value;

    p->threshold_lines++;
    if (n != 1 || !decimal_parse(w[0], ROSTER_LINES_MAX, &value)) {
        error(p, "threshold <number of roots>");
        return;
    }
    p->roster->threshold = (size_t)value;
}

static void log_line(struct parse *p, const struct span *w, size_t n)
{
    struct roster *r = p->roster;
    struct roster_log *log;
    void *bigger;

    if (n != 1 && n != 2) {
        error(p, "log <vkey> [<url>]");
        return;
    }
    log = APPEND(p, r->logs, r->log_count, log_cap);
    if (log == NULL || !key(p, w[0], &log->key))
        return;
    if (log->key.type != KEY_ED25519)
        error(p, "a log key has type 0x01");
    if (!span_eq(log->key.name, r->origin))
        error(p, "a log key's name is the origin");
    log->url = n == 2 ? w[1] : (struct span){NULL, 0};
    if (n == 2 && !url_valid(w[1]))
        error(p, "a URL has 1 to %d bytes of 0x21-0x7E", URL_BYTES_MAX);
}

/* The member number of a policy name; SIZE_MAX when it was not defined before. */
static size_t member_of(const struct roster *r, struct span name)
{
    for (size_t i = 0; i < r->witness_count; i++)
        if (span_eq(r->witnesses[i].name, name))
            return i;
    for (size_t i = 0; i < r->group_count; i++)
        if (span_eq(r->groups[i].name, name))
            return r->witness_count + i;
    return SIZE_MAX;
}

static bool policy_name(struct parse *p, struct span name)
{
    if (!name_valid(name) || span_is(name, "none")) {
        error(p, "a policy name has 1 to 255 bytes of 0x21-0x7E without '+', and is not \"none\"");
        return false;
    }
    if (member_of(p->roster, name) != SIZE_MAX) {
        error(p, "the policy name \"%.*s\" is defined twice", (int)name.n, (const char *)name.p);
        return false;
    }
    return true;
}

static void witness_line(struct parse *p, const struct span *w, size_t n)
{
    struct roster *r = p->roster;
    struct roster_witness *witness;
    void *bigger;

    if (n != 2 && n != 3) {
        error(p, "witness <name> <vkey> [<url>]");
        return;
    }
    if (!policy_name(p, w[0]))
        return;
    witness = APPEND(p, r->witnesses, r->witness_count, witness_cap);
    if (witness == NULL)
        return;
    witness->name = w[0];
    if (!key(p, w[1], &witness->key))
        return;
    if (witness->key.type != KEY_COSIGNATURE && witness->key.type != KEY_COSIGNATURE_MLDSA44)
        error(p, "a witness key has type 0x04 or 0x06");
    witness->url = n == 3 ? w[2] : (struct span){NULL, 0};
    if (n == 3 && !url_valid(w[2]))
        error(p, "a URL has 1 to %d bytes of 0x21-0x7E", URL_BYTES_MAX);
}

static void group_members(struct parse *p, struct roster_group *group, const struct span *names,
    size_t count)
{
    struct roster *r = p->roster;
    size_t self = r->witness_count + r->group_count - 1;

    group->first_member = r->member_count;
    /* One line may name thousands: what is wrong with it is said in bounded time, too. */
    for (size_t i = 0; i < count && p->error_count < ERRORS_MAX; i++) {
        size_t member = member_of(r, names[i]), *place;
        bool twice = false;
        void *bigger;

        if (member == SIZE_MAX || member == self) {
            error(p, "\"%.*s\" is not defined above", (int)names[i].n, (const char *)names[i].p);
            continue;
        }
        for (size_t k = 0; k < r->member_count && !twice; k++)
            twice = r->members[k] == member;
        if (twice) {
            error(p, "\"%.*s\" is a member twice", (int)names[i].n, (const char *)names[i].p);
            continue;
        }
        place = APPEND(p, r->members, r->member_count, member_cap);
        if (place == NULL)
            return;
        *place = member;
        group->member_count++;
    }
}

static void group_line(struct parse *p, const struct span *w, size_t n)
{
    struct roster *r = p->roster;
    struct roster_group *group;
    uint64_t needed = 0;
    void *bigger;

    if (n < 3) {
        error(p, "group <name> <k|all|any> <name>...");
        return;
    }
    if (!policy_name(p, w[0]))
        return;
    if (span_is(w[1], "all"))
        needed = n - 2;
    else if (span_is(w[1], "any"))
        needed = 1;
    else if (!decimal_parse(w[1], n - 2, &needed) || needed == 0)
        error(p, "a group needs \"all\", \"any\" or 1 to %zu of its members", n - 2);
    group = APPEND(p, r->groups, r->group_count, group_cap);
    if (group == NULL)
        return;
    group->name = w[0];
    group->needed = (size_t)needed;
    group_members(p, group, w + 2, n - 2);
}

static void quorum_line(struct parse *p, const struct span *w, size_t n)
{
    p->quorum_lines++;
    p->roster->quorum = ROSTER_QUORUM_NONE;
    if (n != 1) {
        error(p, "quorum <name|none>");
        return;
    }
    if (span_is(w[0], "none"))
        return;
    p->roster->quorum = member_of(p->roster, w[0]);
    if (p->roster->quorum == SIZE_MAX)
        error(p, "the quorum \"%.*s\" is not defined above", (int)w[0].n, (const char *)w[0].p);
}

static void writer_line(struct parse *p, const struct span *w, size_t n)
{
    struct roster *r = p->roster;
    struct roster_writer *writer;
    void *bigger;

    if (n != 3) {
        error(p, "writer <vkey> <role> <organisation>");
        return;
    }
    writer = APPEND(p, r->writers, r->writer_count, writer_cap);
    if (writer == NULL || !key(p, w[0], &writer->key))
        return;
    if (writer->key.type != KEY_ED25519)
        error(p, "a writer key has type 0x01");
    if (!role_parse(w[1], &writer->role))
        error(p, "a role is agency, committee, operator or auditor");
    writer->organisation = w[2];
    if (!organisation_valid(w[2]))
        error(p, "an organisation has 1 to 32 of a-z, 0-9 and '-'");
}

static void reader_line(struct parse *p, const struct span *w, size_t n)
{
    static const uint8_t zero[32];
    struct roster *r = p->roster;
    struct roster_reader *reader;
    uint8_t typed[33];
    void *bigger;

    if (n != 4) {
        error(p, "reader <name> <base64 of type and key> <role> <organisation>");
        return;
    }
    reader = APPEND(p, r->readers, r->reader_count, reader_cap);
    if (reader == NULL)
        return;
    reader->name = w[0];
    if (!name_valid(w[0]))
        error(p, "a reader's name has 1 to 255 bytes of 0x21-0x7E without '+'");
    if (!base64_decode(typed, sizeof typed, w[1]) || typed[0] != 0x01 ||
        memcmp(typed + 1, zero, 32) == 0)
        error(p, "a reader's key is base64 of 0x01 and 32 bytes of X25519, not all zero");
    else
        memcpy(reader->key, typed + 1, 32);
    if (!role_parse(w[2], &reader->role))
        error(p, "a role is agency, committee, operator or auditor");
    reader->organisation = w[3];
    if (!organisation_valid(w[3]))
        error(p, "an organisation has 1 to 32 of a-z, 0-9 and '-'");
}

static void body_line(struct parse *p, struct span line, struct span *scratch)
{
    static void (*const lines[LINE_KINDS])(struct parse *, const struct span *, size_t) = {
        root_line, threshold_line, log_line, witness_line, group_line, quorum_line, writer_line,
        reader_line};
    struct cursor c = cursor_of(line);
    bool more;
    struct span first = word(&c, &more);
    size_t n;

    for (int kind = 0; kind < LINE_KINDS; kind++) {
        if (!span_is(first, line_words[kind]))
            continue;
        if (kind < (int)p->kind)
            error(p, "a %s line stands above the %s lines", line_words[kind],
                line_words[p->kind]);
        else
            p->kind = (enum line_kind)kind;
        n = more ? words(p, span_of(c.p, (size_t)(c.end - c.p)), scratch, FIELDS_MAX) : 0;
        if (n > 0)
            lines[kind](p, scratch, n);
        else if (!more)
            error(p, "nothing follows \"%s\"", line_words[kind]);
        return;
    }
    error(p, "a line begins with root, threshold, log, witness, group, quorum, writer or reader");
}

static void head_lines(struct parse *p, struct cursor *c)
{
    struct roster *r = p->roster;

    p->line = 1;
    if (!span_is(cursor_line(c), "keiin/roster/v1"))
        error(p, "the first line is keiin/roster/v1");
    p->line = 2;
    r->origin = cursor_line(c);
    if (!name_valid(r->origin))
        error(p, "the origin has 1 to 255 bytes of 0x21-0x7E without '+'");
    p->line = 3;
    if (!decimal_parse(cursor_line(c), UINT_MAX_CANONICAL, &r->serial))
        error(p, "the serial is a decimal below 2^53");
    p->line = 4;
    if (!base64_decode(r->parent.b, HASH_BYTES, cursor_line(c)))
        error(p, "the fourth line is base64 of 32 bytes");
}

static int read_lines(struct parse *p)
{
    struct cursor c = cursor_of(p->roster->text);
    struct span *scratch = NULL;

    if (p->roster->text.n > ROSTER_TEXT_BYTES_MAX) {
        error(p, "a roster's text has at most %d bytes", ROSTER_TEXT_BYTES_MAX);
        return 0;
    }
    scratch = malloc(FIELDS_MAX * sizeof *scratch);
    if (scratch == NULL)
        return KEIIN_ENOMEM;
    head_lines(p, &c);
    while (!c.failed && cursor_left(&c) > 0 && !p->no_memory && p->error_count < ERRORS_MAX) {
        struct span line = cursor_line(&c);

        p->line++;
        if (c.failed)
            error(p, "the last line ends in a newline");
        else if (p->line > ROSTER_LINES_MAX) {
            error(p, "a roster has at most %d lines", ROSTER_LINES_MAX);
            break;
        } else
            body_line(p, line, scratch);
    }
    free(scratch);
    return p->no_memory ? KEIIN_ENOMEM : 0;
}

/* Counts that must hold over the whole roster. */
static void check_counts(struct parse *p)
{
    const struct roster *r = p->roster;

    p->line = 0;
    if (r->root_count == 0)
        error(p, "no root line");
    if (r->log_count == 0)
        error(p, "no log line");
    if (r->writer_count == 0)
        error(p, "no writer line");
    if (p->threshold_lines != 1)
        error(p, "there is exactly one threshold line, here %zu", p->threshold_lines);
    else if (r->threshold < 1 || r->threshold > r->root_count)
        error(p, "the threshold is between 1 and the number of roots, %zu", r->root_count);
    if (p->quorum_lines != 1)
        error(p, "there is exactly one quorum line, here %zu", p->quorum_lines);
}

/* What has to differ between all keys of a roster. */
struct unique_key {
    struct hash bytes_hash;
    struct span name;
    uint8_t id[4];
};

static int by_bytes(const void *a, const void *b)
{
    return memcmp(((const struct unique_key *)a)->bytes_hash.b,
        ((const struct unique_key *)b)->bytes_hash.b, HASH_BYTES);
}

static int by_name_and_id(const void *a, const void *b)
{
    const struct unique_key *x = a, *y = b;
    int order = memcmp(x->id, y->id, 4);

    return order != 0 ? order : span_cmp(x->name, y->name);
}

static struct unique_key unique_of(const struct vkey *k)
{
    struct unique_key u = {k->bytes_hash, k->name, {0}};

    memcpy(u.id, k->id, 4);
    return u;
}

static int check_unique(struct parse *p)
{
    struct roster *r = p->roster;
    size_t n = 0, count = r->root_count + r->log_count + r->witness_count + r->writer_count +
                          r->reader_count;
    struct unique_key *keys = calloc(count + 1, sizeof *keys);

    if (keys == NULL)
        return KEIIN_ENOMEM;
    for (size_t i = 0; i < r->root_count; i++)
        keys[n++] = unique_of(&r->roots[i]);
    for (size_t i = 0; i < r->log_count; i++)
        keys[n++] = unique_of(&r->logs[i].key);
    for (size_t i = 0; i < r->witness_count; i++)
        keys[n++] = unique_of(&r->witnesses[i].key);
    for (size_t i = 0; i < r->writer_count; i++)
        keys[n++] = unique_of(&r->writers[i].key);
    for (size_t i = 0; i < r->reader_count; i++) {
        keys[n].name = r->readers[i].name;
        vkey_id(keys[n].id, r->readers[i].name, 0x01, span_of(r->readers[i].key, 32));
        sha256(&keys[n++].bytes_hash, span_of(r->readers[i].key, 32));
    }
    qsort(keys, n, sizeof *keys, by_bytes);
    for (size_t i = 1; i < n; i++)
        /* A key that could not be read has no name: that was said already. */
        if (keys[i].name.n > 0 && by_bytes(&keys[i - 1], &keys[i]) == 0)
            error(p, "the key bytes of \"%.*s\" stand in two lines", (int)keys[i].name.n,
                (const char *)keys[i].name.p);
    qsort(keys, n, sizeof *keys, by_name_and_id);
    for (size_t i = 1; i < n; i++)
        if (keys[i].name.n > 0 && by_name_and_id(&keys[i - 1], &keys[i]) == 0)
            error(p, "two keys share the name \"%.*s\" and the key id", (int)keys[i].name.n,
                (const char *)keys[i].name.p);
    free(keys);
    return 0;
}

static int by_writer_name(const void *a, const void *b)
{
    return span_cmp((*(const struct roster_writer *const *)a)->key.name,
        (*(const struct roster_writer *const *)b)->key.name);
}

/* Lines of one writer's name agree in role and organisation. */
static int check_writers(struct parse *p)
{
    struct roster *r = p->roster;
    const struct roster_writer **sorted = calloc(r->writer_count + 1, sizeof *sorted);

    if (sorted == NULL)
        return KEIIN_ENOMEM;
    for (size_t i = 0; i < r->writer_count; i++)
        sorted[i] = &r->writers[i];
    qsort(sorted, r->writer_count, sizeof *sorted, by_writer_name);
    for (size_t i = 1; i < r->writer_count; i++)
        if (by_writer_name(&sorted[i - 1], &sorted[i]) == 0 &&
            (sorted[i - 1]->role != sorted[i]->role ||
                !span_eq(sorted[i - 1]->organisation, sorted[i]->organisation)))
            error(p, "the lines of writer \"%.*s\" differ in role or organisation",
                (int)sorted[i]->key.name.n, (const char *)sorted[i]->key.name.p);
    free(sorted);
    return 0;
}

int roster_parse(struct span text, struct roster **out, struct buf *errors)
{
    struct parse p = {0};
    uint8_t *copy = malloc(text.n + 1);
    int err = KEIIN_ENOMEM;

    *out = NULL;
    p.errors = errors;
    p.roster = calloc(1, sizeof *p.roster);
    if (p.roster == NULL || copy == NULL) {
        free(copy);
        goto out;
    }
    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    p.roster->text = span_of(copy, text.n);
    sha256(&p.roster->text_hash, p.roster->text);
    err = read_lines(&p);
    if (err != 0)
        goto out;
    check_counts(&p);
    err = check_unique(&p);
    if (err == 0)
        err = check_writers(&p);
    if (err == 0 && p.error_count > 0)
        err = KEIIN_EMALFORMED;
    if (err == 0)
        err = roster_index(p.roster);
    if (err == 0) {
        *out = p.roster;
        p.roster = NULL;
    }
out:
    roster_free(p.roster);
    return err;
}
