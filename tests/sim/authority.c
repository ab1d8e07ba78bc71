#include "tests/sim/authority.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/chain.h"
#include "core/roster.h"
#include "core/sha256.h"
#include "core/submission.h"
#include "core/text.h"
#include "tests/sim/keys.h"
#include "tests/sim/model.h"
#include "tests/sim/network.h"
#include "tests/sim/server.h"

/* What a roster says. */
struct draft {
    unsigned roots; /* a bit a key; so are those below */
    unsigned threshold;
    unsigned logs;
    unsigned writers[KEYS_WRITERS];
};

/* One that was made, whatever became of it. */
struct made {
    struct draft draft;
    struct hash text_hash;
    enum count_kind change; /* COUNT_KINDS: none of its own */
};

struct authority {
    struct sim *sim;
    struct hash random; /* of serial 0 */
    struct draft first; /* what it says */
    struct made *made;
    size_t made_count;
    struct made in_force;
    uint64_t serial; /* of it */
    unsigned changes; /* made so far */
    bool healing;
    unsigned key_of[KEYS_WRITERS];

    /* The clerk, who posts rosters for the committee. */
    struct caller caller;
    bool ends;
    uint64_t number; /* of its last submission in the ledger */
    struct hash head;
    struct buf pending; /* a body that was signed; empty: none */
    struct hash pending_head;
};

static void put_vkey(struct buf *out, const char *word, const struct keyfile *key, const char *rest)
{
    struct vkey vkey;

    keys_vkey(key, &vkey);
    buf_put_str(out, word);
    vkey_write(out, &vkey);
    buf_put_str(out, rest);
}

static void write_text(
    const struct draft *draft, uint64_t serial, const struct hash *parent, struct buf *out)
{
    static const char *const rest[KEYS_WRITERS] = {" agency ag-0\n", " agency ag-1\n",
        " committee oc\n", " agency ag-3\n", " operator op\n", " committee oc\n", " agency ag-9\n"};

    buf_printf(out, "keiin/roster/v1\n" SIM_ORIGIN "\n%" PRIu64 "\n", serial);
    base64_encode(out, span_hash(parent));
    buf_put_str(out, "\n");
    for (unsigned i = 0; i < KEYS_ROOTS; i++)
        if ((draft->roots >> i & 1) != 0)
            put_vkey(out, "root ", keys_root(i), "\n");
    buf_printf(out, "threshold %u\n", draft->threshold);
    for (unsigned i = 0; i < KEYS_LOGS; i++)
        if ((draft->logs >> i & 1) != 0)
            put_vkey(out, "log ", keys_log(i), "\n");
    buf_put_str(out, "quorum none\n");
    for (unsigned w = 0; w < KEYS_WRITERS; w++)
        for (unsigned i = 0; i < KEYS_A_WRITER; i++)
            if ((draft->writers[w] >> i & 1) != 0)
                put_vkey(out, "writer ", keys_writer(w, i), rest[w]);
}

static void write_note(const struct draft *draft, uint64_t serial, const struct hash *parent,
    unsigned signers, struct buf *out, struct hash *text_hash)
{
    struct buf text;

    buf_init(&text, ROSTER_TEXT_BYTES_MAX);
    write_text(draft, serial, parent, &text);
    sha256(text_hash, buf_view(&text));
    buf_put_span(out, buf_view(&text));
    buf_put_str(out, "\n");
    for (unsigned i = 0; i < KEYS_ROOTS; i++)
        if ((signers >> i & 1) != 0)
            note_sign(out, buf_view(&text), span_str(keys_root(i)->name), keys_root(i)->secret);
    if (buf_status(&text) != 0 || buf_status(out) != 0)
        abort();
    buf_destroy(&text);
}

static bool has_fewer_bits(unsigned mask, unsigned n)
{
    return (unsigned)__builtin_popcount(mask) < n;
}

/* ---- changes ---- */

static enum count_kind change_writer(struct authority *a, struct draft *d)
{
    unsigned w = (unsigned)sim_below(a->sim, a->sim->agent_count);

    if (d->writers[w] == 0) {
        d->writers[w] = 1 + (unsigned)sim_below(a->sim, 3);
        return COUNT_ROSTER_WRITER_BACK;
    }
    if (sim_chance(a->sim, 400)) {
        d->writers[w] = 0;
        return COUNT_ROSTER_WRITER_REMOVED;
    }
    /* Another key beside the one there is, or in its place. */
    d->writers[w] = sim_chance(a->sim, 500) ? 3 : d->writers[w] == 1 ? 2 : 1;
    a->key_of[w] = d->writers[w] == 1 ? 0 : 1;
    return COUNT_ROSTER_KEY_NEW;
}

static enum count_kind change_logs(struct authority *a, struct draft *d)
{
    unsigned in_use = server_log_key(a->sim->server), other = (in_use + 1) % KEYS_LOGS;

    /* The key in use stays; another comes, or those that are not in use go. */
    d->logs = d->logs == 1u << in_use ? 1u << in_use | 1u << other : 1u << in_use;
    return COUNT_ROSTER_LOG_KEY;
}

static enum count_kind change_roots(struct authority *a, struct draft *d)
{
    d->roots = 1 + (unsigned)sim_below(a->sim, (1u << KEYS_ROOTS) - 1);
    d->threshold = 1 + (unsigned)sim_below(a->sim, (unsigned)__builtin_popcount(d->roots));
    return COUNT_ROSTER_THRESHOLD;
}

/* Another one, like that in force. */
static struct made *make(struct authority *a)
{
    struct made *m;

    a->made = realloc(a->made, (a->made_count + 1) * sizeof *a->made);
    if (a->made == NULL)
        abort();
    m = &a->made[a->made_count++];
    *m = a->in_force;
    return m;
}

/* A successor of the roster in force, good or not; its note. */
static void make_next(struct authority *a, struct buf *note)
{
    struct made *m = make(a);
    unsigned signers;
    uint64_t which = sim_below(a->sim, 10), serial = a->serial + 1;

    m->change = which < 5   ? change_writer(a, &m->draft)
                : which < 8 ? change_logs(a, &m->draft)
                            : change_roots(a, &m->draft);
    signers = m->draft.roots | a->in_force.draft.roots;
    if (sim_chance(a->sim, 150)) { /* one that must be refused */
        if (sim_chance(a->sim, 500))
            serial++;
        else
            signers = 1u << sim_below(a->sim, KEYS_ROOTS); /* too few, or a stranger's */
    }
    write_note(&m->draft, serial, &a->in_force.text_hash, signers, note, &m->text_hash);
}

static void make_last(struct authority *a, struct buf *note)
{
    struct made *m = make(a);

    m->change = COUNT_KINDS;
    for (unsigned w = 0; w < KEYS_WRITERS; w++)
        m->draft.writers[w] = (1u << KEYS_A_WRITER) - 1;
    write_note(&m->draft, a->serial + 1, &a->in_force.text_hash,
        m->draft.roots | a->in_force.draft.roots, note, &m->text_hash);
}

bool authority_is_done(const struct authority *a)
{
    for (unsigned w = 0; w < KEYS_WRITERS; w++)
        if (has_fewer_bits(a->in_force.draft.writers[w], KEYS_A_WRITER))
            return false;
    return true;
}

/* Which of those made is in force, as the ledger publishes it. */
static void learn(struct authority *a)
{
    uint64_t serial = server_serial(a->sim->server);
    struct note note;
    struct hash text_hash;
    struct buf bytes;
    char path[40];

    if (serial == a->serial)
        return;
    snprintf(path, sizeof path, "roster/%" PRIu64, serial);
    buf_init(&bytes, ROSTER_BYTES_MAX);
    if (server_get(a->sim->server, path, &bytes) != 200 ||
        note_parse(buf_view(&bytes), &note, NULL) != 0) {
        sim_fail(a->sim, "%s is not there", path);
    } else {
        sha256(&text_hash, note.text);
        for (size_t i = 0; i < a->made_count; i++)
            if (hash_eq(&a->made[i].text_hash, &text_hash)) {
                a->in_force = a->made[i];
                a->serial = serial;
            }
        if (a->serial != serial)
            sim_fail(a->sim, "%s is none that was signed", path);
        else if (a->in_force.change != COUNT_KINDS)
            sim_count(a->sim, a->in_force.change);
    }
    buf_destroy(&bytes);
}

/* ---- the clerk ---- */

static void clerk_sign(struct authority *a, struct span note)
{
    const struct keyfile *key = keys_writer(KEYS_CLERK, 0);
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    struct submission s = {
        .kind = ENTRY_ROSTER, .number = a->number + 1, .before = a->head, .count = 1, .note = note};
    struct chain_text text;
    struct note parts;
    struct hash digest;
    struct vkey vkey;

    if (note_parse(note, &parts, NULL) != 0)
        abort();
    sha256(&digest, parts.text);
    s.digests = &digest;
    keys_vkey(key, &vkey);
    s.key = vkey.key_hash;
    chain_extend(&a->pending_head, &a->head, &digest, 1);
    chain_text(&text, &a->sim->ledger_id, vkey.name, s.number, &a->pending_head);
    secret_sign(key->secret, span_of(text.bytes, text.n), signature);
    s.signature = span_of(signature, sizeof signature);
    buf_clear(&a->pending);
    submission_write(&a->pending, &s);
    if (buf_status(&a->pending) != 0)
        abort();
}

/* Sends what is pending until it is in the ledger, or can never be. */
static void clerk_main(void *ctx)
{
    struct authority *a = ctx;
    struct sim *sim = a->sim;
    unsigned status;

    while (!a->ends) {
        if (a->pending.n == 0) {
            network_sleep(&a->caller, 50);
            continue;
        }
        status = network_ask(&a->caller, true, "roster", buf_view(&a->pending), 3000);
        if (a->ends)
            break;
        sim_trace(sim, "clerk: status %u", status);
        /* A lying network may have made this answer up: only what the ledger has counts. */
        if (status == 200 || status == 201) {
            struct receipt receipt;

            if (receipt_parse(span_of(a->caller.body, a->caller.body_bytes), &receipt) == 0 &&
                model_number(sim->model, KEYS_CLERK) > a->number) {
                a->number++;
                a->head = a->pending_head;
                buf_clear(&a->pending);
                sim_count(sim, COUNT_ROSTER_POSTED);
            }
        } else if (status == 422) {
            buf_clear(&a->pending);
        }
        network_sleep(&a->caller, 100 + sim_below(sim, 400));
    }
}

/* ---- from outside ---- */

void authority_turn(struct authority *a)
{
    struct sim *sim = a->sim;
    struct buf note;

    if (sim->rolled_back || !server_is_up(sim->server) || server_has_log_key_change(sim->server))
        return;
    learn(a);
    if (a->healing ? authority_is_done(a) : a->changes >= sim->plan.rosters)
        return;
    /* A log key that is listed is also taken into use, now and then. */
    if (!a->healing && sim_chance(sim, 300)) {
        unsigned other = (server_log_key(sim->server) + 1) % KEYS_LOGS;

        if ((a->in_force.draft.logs >> other & 1) != 0) {
            server_change_log_key(sim->server, other);
            return;
        }
    }
    buf_init(&note, ROSTER_BYTES_MAX);
    if (a->healing)
        make_last(a, &note);
    else
        make_next(a, &note);
    a->changes++;
    sim_trace(sim, "authority: roster %" PRIu64, a->serial + 1);
    if (!a->healing && a->pending.n == 0 && sim_chance(sim, 400))
        clerk_sign(a, buf_view(&note));
    else
        (void)server_hand_roster(sim->server, buf_view(&note));
    buf_destroy(&note);
}

void authority_first(const struct authority *a, struct buf *out)
{
    struct hash text_hash;

    write_note(&a->first, 0, &a->random, a->first.roots, out, &text_hash);
}

void authority_note_for(const struct authority *a, unsigned writer, struct buf *out)
{
    char path[40];

    buf_clear(out);
    snprintf(path, sizeof path, "roster/%" PRIu64, a->serial);
    if ((a->in_force.draft.writers[writer] >> a->key_of[writer] & 1) == 0 ||
        !server_is_up(a->sim->server) || server_get(a->sim->server, path, out) != 200) {
        buf_clear(out);
        authority_first(a, out);
    }
}

static void on_start(struct sim *sim, void *ctx, uint64_t number)
{
    struct authority *a = ctx;

    (void)sim;
    (void)number;
    if (!a->ends)
        fiber_resume(a->caller.fiber);
}

struct authority *authority_new(struct sim *sim)
{
    struct authority *a = calloc(1, sizeof *a);
    struct buf note;

    if (a == NULL)
        abort();
    a->sim = sim;
    for (size_t i = 0; i < HASH_BYTES; i++)
        a->random.b[i] = (uint8_t)sim_random_next(&sim->random);
    a->first = (struct draft){.roots = 3, .threshold = 1 + (unsigned)sim_below(sim, 2), .logs = 1};
    for (unsigned w = 0; w < KEYS_WRITERS; w++)
        a->first.writers[w] = 1;
    a->in_force = (struct made){.draft = a->first, .change = COUNT_KINDS};
    buf_init(&note, ROSTER_BYTES_MAX);
    write_note(&a->first, 0, &a->random, 3, &note, &a->in_force.text_hash);
    buf_destroy(&note);
    sim->ledger_id = a->in_force.text_hash;
    chain_start(&a->head, &sim->ledger_id, span_str(keys_writer(KEYS_CLERK, 0)->name));
    buf_init(&a->pending, SUBMISSION_BYTES_MAX);
    a->caller = (struct caller){.sim = sim, .name = "clerk"};
    a->caller.fiber = fiber_new(clerk_main, a);
    sim_later(sim, 10, on_start, a, 0);
    return a;
}

void authority_heal(struct authority *a)
{
    a->healing = true;
}

unsigned authority_key_of(const struct authority *a, unsigned writer)
{
    return a->key_of[writer];
}

void authority_end(struct authority *a)
{
    a->ends = true;
    if (a->caller.waits)
        network_kill(&a->caller);
    else
        fiber_resume(a->caller.fiber);
}

void authority_free(struct authority *a)
{
    if (a == NULL)
        return;
    fiber_free(a->caller.fiber);
    free(a->made);
    free(a->caller.body);
    buf_destroy(&a->pending);
    free(a);
}
