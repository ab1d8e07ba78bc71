#include "verifier/check/state.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/sha256.h"
#include "core/text.h"
#include "system/file.h"

#define STATE_VERSION 1
#define STATE_BYTES_MAX ((size_t)1 << 30)

static json_t *json_hash(const struct hash *h)
{
    char hex[2 * HASH_BYTES + 1];

    hex_encode(hex, span_hash(h));
    return json_string(hex);
}

static json_t *json_span(struct span s)
{
    return json_stringn((const char *)s.p, s.n);
}

static bool get_hash(const json_t *object, const char *key, struct hash *out)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL && hex_decode(out->b, HASH_BYTES, span_str(text));
}

static bool get_uint(const json_t *object, const char *key, uint64_t *out)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static int damaged(const struct state *s, struct why *why)
{
    why_set(why, "%s/state.json is damaged: move the folder away and audit from the beginning",
        s->folder);
    return KEIIN_EDAMAGED;
}

static int read_json(struct state *s, const struct hash *ledger_id, struct why *why)
{
    char *path = path_join(s->folder, "state.json");
    uint8_t *bytes = NULL;
    struct hash id;
    uint64_t version;
    size_t n;
    int err = path == NULL ? KEIIN_ENOMEM : file_read(path, STATE_BYTES_MAX, &bytes, &n, why);

    free(path);
    if (err == KEIIN_EABSENT)
        return 0;
    if (err != 0)
        return err == KEIIN_ENOMEM ? err : KEIIN_EUSAGE;
    s->json = json_loadb((const char *)bytes, n, JSON_REJECT_DUPLICATES, NULL);
    free(bytes);
    if (!get_uint(s->json, "version", &version) || version != STATE_VERSION ||
        !get_hash(s->json, "ledger_id", &id))
        return damaged(s, why);
    if (!hash_eq(&id, ledger_id)) {
        why_set(why, "%s belongs to another ledger: name another folder", s->folder);
        return KEIIN_EUSAGE;
    }
    s->has_seen = get_uint(s->json, "seen_size", &s->seen_size) &&
                  get_hash(s->json, "seen_root", &s->seen_root);
    return s->has_seen ? 0 : damaged(s, why);
}

int state_open(struct state *s, const char *folder, const struct hash *ledger_id, struct why *why)
{
    char *lock = NULL;
    int err = KEIIN_ENOMEM;

    *s = (struct state){.lock_fd = -1};
    s->folder = strdup(folder);
    lock = path_join(folder, "lock");
    if (s->folder == NULL || lock == NULL)
        goto out;
    err = folder_create_all(folder, why);
    if (err == 0)
        err = file_lock(lock, &s->lock_fd, why);
    if (err == 0)
        err = read_json(s, ledger_id, why);
    else if (err != KEIIN_ENOMEM && err != KEIIN_EBUSY)
        err = KEIIN_EUSAGE;
out:
    free(lock);
    if (err != 0)
        state_close(s);
    return err;
}

void state_close(struct state *s)
{
    json_decref(s->json);
    free(s->folder);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    *s = (struct state){.lock_fd = -1};
}

/* Rosters behind the trusted one were verified when they were taken over. */
static int resume_rosters(const json_t *json, struct rosters *r)
{
    const json_t *list = json_object_get(json, "rosters");
    uint64_t in_force, judge;
    size_t i;
    json_t *text;

    if (!get_uint(json, "in_force", &in_force) || !get_uint(json, "judge", &judge))
        return KEIIN_EDAMAGED;
    json_array_foreach(list, i, text)
    {
        struct roster **bigger, *roster = NULL;
        struct span span = span_of(json_string_value(text), json_string_length(text));
        int err = json_is_string(text) ? roster_parse(span, &roster, NULL) : KEIIN_EDAMAGED;

        if (err == KEIIN_ENOMEM)
            return err;
        if (err != 0 || roster->serial != r->count) {
            roster_free(roster);
            return KEIIN_EDAMAGED;
        }
        bigger = realloc(r->list, (r->count + 1) * sizeof(struct roster *));
        if (bigger == NULL) {
            roster_free(roster);
            return KEIIN_ENOMEM;
        }
        r->list = bigger;
        r->list[r->count++] = roster;
        r->cap = r->count;
    }
    if (in_force >= r->count || judge >= r->count)
        return KEIIN_EDAMAGED;
    r->in_force = (size_t)in_force;
    r->judge = (size_t)judge;
    r->stuck = json_is_true(json_object_get(json, "stuck"));
    return 0;
}

static int resume_writers(const json_t *json, struct judge *j)
{
    const json_t *list = json_object_get(json, "writers");
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item)
    {
        const char *name = json_string_value(json_object_get(item, "name"));
        struct writer_state *state;
        struct hash head;
        uint64_t number;

        if (name == NULL || !get_uint(item, "number", &number) || !get_hash(item, "head", &head))
            return KEIIN_EDAMAGED;
        state = writers_get(j->writers, rosters_ledger_id(&j->rosters), span_str(name));
        if (state == NULL)
            return KEIIN_ENOMEM;
        state->number = number;
        state->head = head;
    }
    return 0;
}

static struct span get_span(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? (struct span){NULL, 0} : span_str(text);
}

static int resume_findings(const json_t *json, struct findings *f)
{
    uint64_t index, position, count, dropped;
    enum finding_code code;
    json_t *item;
    size_t i;

    json_array_foreach(json_object_get(json, "findings"), i, item)
    {
        if (!finding_code_parse(get_span(item, "code"), &code) || !get_uint(item, "index", &index))
            return KEIIN_EDAMAGED;
        if (!get_uint(item, "position", &position))
            position = FINDING_NO_POSITION;
        else if (position >= ENTRY_DIGESTS_MAX)
            return KEIIN_EDAMAGED;
        findings_add(f, code, index, (uint32_t)position, get_span(item, "writer"),
            json_string_value(json_object_get(item, "detail")));
    }
    json_array_foreach(json_object_get(json, "missing"), i, item)
    {
        if (!get_uint(item, "index", &index) || !get_uint(item, "position", &position) ||
            !get_uint(item, "count", &count) || position > ENTRY_DIGESTS_MAX ||
            count > ENTRY_DIGESTS_MAX - position)
            return KEIIN_EDAMAGED;
        findings_missing(f, index, (uint32_t)position, (uint32_t)count,
            json_is_true(json_object_get(item, "sealed")), get_span(item, "writer"));
    }
    json_array_foreach(json_object_get(json, "orders"), i, item)
    {
        struct erase_address named, order;

        if (!erase_address_parse(get_span(item, "named"), &named) ||
            !erase_address_parse(get_span(item, "order"), &order))
            return KEIIN_EDAMAGED;
        findings_order(f, named, json_is_true(json_object_get(item, "conditional")), order.index,
            order.position);
    }
    if (!get_uint(json, "dropped", &dropped))
        return KEIIN_EDAMAGED;
    findings_restore_dropped(f, dropped);
    return 0;
}

/* The right edge: a node for each one bit of the size, and the open tile of each level. */
static int resume_levels(const json_t *json, struct levels *l, uint64_t size)
{
    const json_t *nodes = json_object_get(json, "frontier");
    const json_t *tiles = json_object_get(json, "tiles");
    json_t *item;
    size_t i;

    l->frontier.size = size;
    for (unsigned level = 0, n = 0; level < 64; level++) {
        const char *text;

        if ((size >> level & 1) == 0)
            continue;
        text = json_string_value(json_array_get(nodes, n++));
        if (text == NULL || !hex_decode(l->frontier.nodes[level].b, HASH_BYTES, span_str(text)))
            return KEIIN_EDAMAGED;
    }
    for (unsigned level = 0; level < TILE_LEVELS_MAX; level++) {
        size_t count = (size_t)(size >> (8 * level)) % TILE_WIDTH;
        const char *text = json_string_value(json_array_get(tiles, level));

        if (text == NULL || !hex_decode(l->hashes[level][0].b, count * HASH_BYTES, span_str(text)))
            return KEIIN_EDAMAGED;
    }
    json_array_foreach(json_object_get(json, "expected"), i, item)
    {
        struct hash root;
        uint64_t at;

        if (!get_uint(item, "size", &at) || !get_hash(item, "root", &root))
            return KEIIN_EDAMAGED;
        if (levels_expect(l, at, &root) != 0)
            return KEIIN_ENOMEM;
    }
    return 0;
}

bool state_known(const struct state *s, size_t trusted, uint64_t *size, struct hash *root)
{
    const json_t *json = json_object_get(s->json, "position");
    struct levels *l;
    uint64_t of, dropped;
    bool known = get_uint(json, "trusted", &of) && of == trusted && get_uint(json, "size", size) &&
                 *size > 0 && get_uint(json, "dropped", &dropped) && dropped == 0 &&
                 json_array_size(json_object_get(json, "findings")) == 0;

    l = known ? calloc(1, sizeof *l) : NULL;
    known = l != NULL && resume_levels(json, l, *size) == 0;
    if (known)
        frontier_root(&l->frontier, root);
    if (l != NULL)
        levels_destroy(l);
    free(l);
    return known;
}

bool state_resume(const struct state *s, bool want_records, struct judge *j, struct levels *l,
    int *err, struct why *why)
{
    const json_t *json = json_object_get(s->json, "position");
    uint64_t trusted;

    *err = 0;
    if (json == NULL || (want_records && !json_is_true(json_object_get(json, "records_were_read"))))
        return false;
    /* What another trust anchor made of the rosters does not hold for this one. */
    if (!get_uint(json, "trusted", &trusted) || trusted != j->rosters.trusted)
        return false;
    if (!get_uint(json, "size", &j->size) || !get_hash(json, "prev", &j->prev) ||
        !get_uint(json, "last_received", &j->last_received) ||
        !get_uint(json, "records", &j->records) ||
        !get_uint(json, "records_read", &j->records_read))
        *err = KEIIN_EDAMAGED;
    j->has_received = json_is_true(json_object_get(json, "has_received"));
    if (*err == 0)
        *err = resume_rosters(json, &j->rosters);
    if (*err == 0)
        *err = resume_writers(json, j);
    if (*err == 0)
        *err = resume_findings(json, j->findings);
    if (*err == 0)
        *err = resume_levels(json, l, j->size);
    if (*err == KEIIN_EDAMAGED)
        damaged(s, why);
    return *err == 0;
}

static json_t *save_findings(const struct findings *f, uint64_t *dropped)
{
    const struct finding *list;
    size_t count = findings_added(f, &list, dropped);
    json_t *out = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *item;

        if (list[i].index == FINDING_NO_INDEX)
            continue;
        item = json_pack("{s:s, s:I, s:s?, s:s?}", "code", finding_code_text(list[i].code), "index",
            (json_int_t)list[i].index, "writer", list[i].writer, "detail", list[i].detail);
        if (list[i].position != FINDING_NO_POSITION)
            json_object_set_new(item, "position", json_integer((json_int_t)list[i].position));
        json_array_append_new(out, item);
    }
    return out;
}

static json_t *save_missing(const struct findings *f)
{
    const struct missing_run *runs;
    size_t count = findings_runs(f, &runs);
    json_t *out = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            out, json_pack("{s:I, s:I, s:I, s:b, s:s?}", "index", (json_int_t)runs[i].index,
                     "position", (json_int_t)runs[i].position, "count", (json_int_t)runs[i].count,
                     "sealed", (int)runs[i].sealed, "writer", runs[i].writer));
    return out;
}

static json_t *save_orders(const struct findings *f)
{
    const struct erase_order *orders;
    size_t count = findings_orders(f, &orders);
    json_t *out = json_array();

    for (size_t i = 0; i < count; i++) {
        char named[64], order[64];

        snprintf(named, sizeof named, "%" PRIu64 ".%" PRIu32 "%s", orders[i].named.index,
            orders[i].named.position, orders[i].named.sealed ? "/sealed" : "");
        snprintf(order, sizeof order, "%" PRIu64 ".%" PRIu32, orders[i].order_index,
            orders[i].order_position);
        json_array_append_new(out, json_pack("{s:s, s:s, s:b}", "named", named, "order", order,
                                       "conditional", (int)orders[i].conditional));
    }
    return out;
}

static json_t *save_writers(const struct writers *w)
{
    const struct writer_state *list;
    size_t count = writers_all(w, &list);
    json_t *out = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            out, json_pack("{s:o, s:I, s:o}", "name", json_span(list[i].name), "number",
                     (json_int_t)list[i].number, "head", json_hash(&list[i].head)));
    return out;
}

static void save_levels(json_t *out, const struct levels *l)
{
    json_t *nodes = json_array(), *tiles = json_array(), *expected = json_array();
    char hex[2 * TILE_BYTES_MAX + 1];

    for (unsigned level = 0; level < 64; level++)
        if ((l->frontier.size >> level & 1) != 0)
            json_array_append_new(nodes, json_hash(&l->frontier.nodes[level]));
    for (unsigned level = 0; level < TILE_LEVELS_MAX; level++) {
        size_t count = (size_t)(l->frontier.size >> (8 * level)) % TILE_WIDTH;

        hex_encode(hex, span_of(l->hashes[level], count * HASH_BYTES));
        json_array_append_new(tiles, json_string(hex));
    }
    for (size_t i = 0; i < l->expected_count; i++)
        json_array_append_new(
            expected, json_pack("{s:I, s:o}", "size", (json_int_t)l->expected[i].size, "root",
                          json_hash(&l->expected[i].root)));
    json_object_set_new(out, "frontier", nodes);
    json_object_set_new(out, "tiles", tiles);
    json_object_set_new(out, "expected", expected);
}

static json_t *save_position(const struct judge *j, const struct levels *l, bool records_read)
{
    uint64_t dropped;
    json_t *findings = save_findings(j->findings, &dropped), *rosters = json_array();
    json_t *out =
        json_pack("{s:I, s:I, s:o, s:I, s:b, s:I, s:I, s:b, s:I, s:I, s:b, s:o, s:o, s:o, s:I}",
            "size", (json_int_t)j->size, "trusted", (json_int_t)j->rosters.trusted, "prev",
            json_hash(&j->prev), "last_received", (json_int_t)j->last_received, "has_received",
            (int)j->has_received, "records", (json_int_t)j->records, "records_read",
            (json_int_t)j->records_read, "records_were_read", (int)records_read, "in_force",
            (json_int_t)j->rosters.in_force, "judge", (json_int_t)j->rosters.judge, "stuck",
            (int)j->rosters.stuck, "findings", findings, "missing", save_missing(j->findings),
            "orders", save_orders(j->findings), "dropped", (json_int_t)dropped);

    for (size_t i = j->rosters.trusted + 1; i < j->rosters.count; i++)
        json_array_append_new(rosters, json_span(j->rosters.list[i]->text));
    json_object_set_new(out, "rosters", rosters);
    json_object_set_new(out, "writers", save_writers(j->writers));
    save_levels(out, l);
    return out;
}

int state_save(struct state *s, const struct hash *ledger_id, struct span note, uint64_t size,
    const struct hash *root, bool records_read, const struct judge *j, const struct levels *l,
    struct why *why)
{
    json_t *json = json_pack("{s:i, s:o, s:I, s:o, s:o}", "version", STATE_VERSION, "ledger_id",
        json_hash(ledger_id), "seen_size", (json_int_t)size, "seen_root", json_hash(root),
        "seen_checkpoint", json_span(note));
    char *path = path_join(s->folder, "state.json"), *text = NULL;
    int err = KEIIN_ENOMEM;

    if (json == NULL || path == NULL)
        goto out;
    if (j != NULL)
        json_object_set_new(json, "position", save_position(j, l, records_read));
    else if (json_object_get(s->json, "position") != NULL)
        json_object_set(json, "position", json_object_get(s->json, "position"));
    text = json_dumps(json, JSON_INDENT(1) | JSON_SORT_KEYS);
    if (text != NULL)
        err = file_replace(path, 0600, span_str(text), why);
out:
    json_decref(json);
    free(path);
    free(text);
    return err;
}

int state_keep_evidence(struct state *s, struct span note, struct why *why)
{
    char name[96], hex[2 * HASH_BYTES + 1], *path;
    struct hash hash;
    int err;

    sha256(&hash, note);
    hex_encode(hex, span_hash(&hash));
    snprintf(name, sizeof name, "conflicting-checkpoint-%.16s", hex);
    path = path_join(s->folder, name);
    err = path == NULL ? KEIIN_ENOMEM : file_create(path, 0600, note, why);
    free(path);
    return err == KEIIN_EEXIST ? 0 : err;
}
