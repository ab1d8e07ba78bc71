#include "tests/history/agencies.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/note.h"
#include "core/sha256.h"
#include "core/text.h"
#include "tests/history/die.h"
#include "tests/history/history.h"

#define ORIGIN "ledger.example/history"
#define ROOT "root.example"

const struct agency agencies[WRITERS] = {
    [W_OPERATOR] = {"operator.example/ledger", "operator", ROLE_OPERATOR, 300, 20 * SECOND_MS},
    [W_COMMITTEE] = {"committee.example/office", "committee", ROLE_COMMITTEE, -4000,
        20 * SECOND_MS},
    [W_COLLECTION] = {"nco.example/collection", "nco", ROLE_AGENCY, 900, 3 * MINUTE_MS},
    [W_NCO] = {"nco.example/analysis", "nco", ROLE_AGENCY, 21000, 8 * MINUTE_MS},
    [W_NPA] = {"npa.example/cyber", "npa", ROLE_AGENCY, -47000, 10 * MINUTE_MS},
    [W_MOD] = {"mod.example/intelligence", "mod", ROLE_AGENCY, 98000, 10 * MINUTE_MS},
    [W_SDF] = {"sdf.example/cyber-command", "sdf", ROLE_AGENCY, -104000, 6 * MINUTE_MS},
    [W_NPA_WEST] = {"npa.example/cyber-west", "npa", ROLE_AGENCY, 12000, 10 * MINUTE_MS},
};

void hours_add(struct hours *hours, uint64_t hour)
{
    if (hours->count > 0 && hours_last(hours) == hour)
        return;
    hours->last[hours->count++ % HOURS_KEPT] = hour;
}

uint64_t hours_last(const struct hours *hours)
{
    return hours->count == 0 ? 0 : hours->last[(hours->count - 1) % HOURS_KEPT];
}

bool hours_full_since(const struct hours *hours, uint64_t hour)
{
    return hours->count >= HOURS_KEPT && hours->last[hours->count % HOURS_KEPT] >= hour;
}

static struct secret *make_key(const struct history *h, const char *name, unsigned number)
{
    struct secret *secret;
    struct hash seed;
    char text[128];

    snprintf(text, sizeof text, "keiin history %llu %s %u", (unsigned long long)h->plan.seed, name,
        number);
    sha256(&seed, span_str(text));
    secret = secret_from_seed(seed.b);
    must(secret != NULL, "no memory");
    return secret;
}

static void put_key(struct buf *out, const char *name, const struct secret *secret)
{
    struct vkey key;

    vkey_make(&key, span_str(name), KEY_ED25519, secret_public(secret));
    vkey_write(out, &key);
}

static void put_writer(struct buf *out, const struct history *h, enum writer_id id, unsigned key)
{
    buf_put_str(out, "writer ");
    put_key(out, agencies[id].name, h->writers[id].keys[key]);
    buf_put_str(out, " ");
    buf_put_str(out, role_text(agencies[id].role));
    buf_put_str(out, " ");
    buf_put_str(out, agencies[id].organisation);
    buf_put_str(out, "\n");
}

/* `text` gets the roster; `parent` is the hash of the one before, or 32 bytes of the seed's. */
static void make_roster(
    struct history *h, unsigned serial, const struct hash *parent, struct buf *text)
{
    buf_printf(text, "keiin/roster/v1\n%s\n%u\n", ORIGIN, serial);
    base64_encode(text, span_hash(parent));
    buf_put_str(text, "\nroot ");
    put_key(text, ROOT, h->root);
    buf_put_str(text, "\nthreshold 1\nlog ");
    put_key(text, ORIGIN, h->log);
    buf_put_str(text, "\nquorum none\n");
    for (int id = 0; id < WRITERS; id++)
        if (id != W_NPA_WEST || serial >= 2)
            put_writer(text, h, id, 0);
    if (serial >= 1)
        put_writer(text, h, W_NCO, 1);
}

static void make_rosters(struct history *h)
{
    struct hash parent;
    struct buf text;

    buf_init(&text, ROSTER_TEXT_BYTES_MAX);
    buf_printf(&text, "%llu %llu %u %u", (unsigned long long)h->plan.seed,
        (unsigned long long)h->plan.records, h->plan.days, h->violations.near);
    for (size_t i = 0; i < sizeof h->violations.wanted / sizeof h->violations.wanted[0]; i++)
        buf_printf(&text, " %u", h->violations.wanted[i]);
    sha256(&parent, buf_view(&text)); /* other options, another ledger: they must not be a fork */
    for (unsigned serial = 0; serial < ROSTERS; serial++) {
        struct buf *note = &h->roster_notes[serial];

        buf_clear(&text);
        make_roster(h, serial, &parent, &text);
        sha256(&parent, buf_view(&text));
        h->roster_hashes[serial] = parent;
        buf_init(note, ROSTER_BYTES_MAX);
        buf_put_span(note, buf_view(&text));
        buf_put_str(note, "\n");
        note_sign(note, buf_view(&text), span_str(ROOT), h->root);
        must(buf_status(&text) == 0 && buf_status(note) == 0, "no memory");
    }
    buf_destroy(&text);
}

static void add_unit(struct history *h, enum writer_id writer, bool watch, unsigned number)
{
    struct unit *unit = &h->units[h->unit_count];
    const char *organisation = agencies[writer].organisation;

    if (watch)
        snprintf(unit->name, sizeof unit->name, "%s-watch", organisation);
    else
        snprintf(unit->name, sizeof unit->name, "%s-%s-%u", organisation,
            writer == W_NPA_WEST ? "west" : "analysis", number + 1);
    unit->writer = writer;
    unit->watch = watch;
    unit->people_count = h->plan.people;
    unit->people = must_alloc(unit->people_count * sizeof *unit->people);
    for (size_t i = 0; i < unit->people_count; i++)
        snprintf(unit->people[i].id, sizeof unit->people[i].id, "%s-p-%05u", organisation,
            (unsigned)(h->unit_count * 1000 + i + 1) % 100000);
    h->unit_count++;
}

static void make_units(struct history *h)
{
    static const enum writer_id with_units[] = {W_NCO, W_NPA, W_MOD, W_SDF};

    h->units = must_alloc((4 * h->plan.units + 2) * sizeof *h->units);
    for (size_t i = 0; i < 4; i++)
        for (unsigned number = 0; number < h->plan.units; number++)
            add_unit(h, with_units[i], false, number);
    add_unit(h, W_NCO, true, 0);
    add_unit(h, W_NPA_WEST, false, 0);
}

void agencies_make(struct history *h)
{
    h->root = make_key(h, ROOT, 0);
    h->log = make_key(h, ORIGIN, 0);
    for (int id = 0; id < WRITERS; id++) {
        struct writer *w = &h->writers[id];

        for (unsigned key = 0; key < (id == W_NCO ? WRITER_KEYS_MAX : 1); key++)
            w->keys[key] = make_key(h, agencies[id].name, key);
        w->key_count = 1;
    }
    make_rosters(h);
    make_units(h);
}

void agencies_destroy(struct history *h)
{
    for (size_t i = 0; i < h->unit_count; i++) {
        free(h->units[i].people);
        free(h->units[i].cases);
    }
    free(h->units);
    for (int id = 0; id < WRITERS; id++)
        for (unsigned key = 0; key < WRITER_KEYS_MAX; key++)
            secret_free(h->writers[id].keys[key]);
    for (unsigned serial = 0; serial < ROSTERS; serial++)
        buf_destroy(&h->roster_notes[serial]);
    secret_free(h->root);
    secret_free(h->log);
}

/* Writes "<folder>.<name>". */
static void put_key_file(const char *folder, const char *name, const struct buf *bytes)
{
    char path[4096];
    FILE *f;

    snprintf(path, sizeof path, "%s.%s", folder, name);
    f = fopen(path, "w");
    must(f != NULL && fwrite(bytes->p, 1, bytes->n, f) == bytes->n && fclose(f) == 0, path);
}

void agencies_publish_keys(const struct history *h, const char *folder)
{
    struct buf keys;

    buf_init(&keys, 1 << 20);
    put_key(&keys, ROOT, h->root);
    buf_put_str(&keys, "\n");
    put_key(&keys, ORIGIN, h->log);
    buf_put_str(&keys, "\n");
    for (int id = 0; id < WRITERS; id++)
        for (unsigned key = 0; key < WRITER_KEYS_MAX; key++)
            if (h->writers[id].keys[key] != NULL) {
                put_key(&keys, agencies[id].name, h->writers[id].keys[key]);
                buf_put_str(&keys, "\n");
            }
    put_key_file(folder, "keys", &keys);
    put_key_file(folder, "roster", &h->roster_notes[0]);
    buf_destroy(&keys);
}
