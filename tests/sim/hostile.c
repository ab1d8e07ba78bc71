#include "tests/sim/hostile.h"

#include <stdlib.h>

#include "core/chain.h"
#include "core/msgpack.h"
#include "core/note.h"
#include "core/sha256.h"
#include "core/submission.h"
#include "tests/sim/authority.h"
#include "tests/sim/keys.h"
#include "tests/sim/model.h"
#include "tests/sim/network.h"

struct hostile {
    struct sim *sim;
    struct caller caller;
    bool ends;
    uint64_t content; /* makes records differ */
};

static void put_record(struct hostile *h, struct buf *out)
{
    uint8_t salt[SALT_BYTES];

    h->sim->salts.fill(h->sim->salts.ctx, salt, sizeof salt);
    msgpack_put_map(out, 3);
    msgpack_put_str(out, span_str("action"));
    msgpack_put_str(out, span_str("query"));
    msgpack_put_str(out, span_str("at"));
    msgpack_put_uint(out, ++h->content);
    msgpack_put_str(out, span_str("salt"));
    msgpack_put_bin(out, span_of(salt, sizeof salt));
}

/* Puts key and signature to a submission that has all else; now and then a wrong one. */
static void sign(struct hostile *h, struct submission *s, struct buf *body)
{
    const struct keyfile *key = keys_writer(KEYS_HOSTILE, 0);
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    struct chain_text text;
    struct hash after;
    struct vkey vkey;

    keys_vkey(key, &vkey);
    s->key = vkey.key_hash;
    chain_extend(&after, &s->before, s->digests, s->count);
    chain_text(&text, &h->sim->ledger_id, vkey.name, s->number + s->count - 1, &after);
    secret_sign(key->secret, span_of(text.bytes, text.n), signature);
    if (sim_chance(h->sim, 50))
        signature[0] ^= 1;
    s->signature = span_of(signature, sizeof signature);
    submission_write(body, s);
}

/* A submission of one record, with any number and head. */
static void submit(struct hostile *h, uint64_t number, const struct hash *before, struct buf *body)
{
    struct submission s = {.kind = ENTRY_RECORDS, .number = number, .before = *before, .count = 1};
    struct hash digest;
    struct span view;
    struct buf record;

    buf_init(&record, RECORD_BYTES_MAX);
    put_record(h, &record);
    view = buf_view(&record);
    sha256(&digest, view);
    s.records = &view;
    s.digests = &digest;
    sign(h, &s, body);
    buf_destroy(&record);
}

static void make_body(struct hostile *h, struct buf *body)
{
    struct sim *sim = h->sim;
    uint64_t number = model_number(sim->model, KEYS_HOSTILE);
    struct hash head, other;

    model_head(sim->model, KEYS_HOSTILE, &head);
    sim->salts.fill(sim->salts.ctx, other.b, sizeof other.b);
    switch (sim_below(sim, 6)) {
    case 0: /* another head for a number that is taken */
    case 1:
        if (number > 0) {
            sim_count(sim, COUNT_HOSTILE_FORK);
            submit(h, 1 + sim_below(sim, number), &other, body);
            break;
        }
        /* fall through */
    case 2:
        sim_count(sim, COUNT_HOSTILE_WRONG);
        if (sim_chance(sim, 500))
            submit(h, number + 1, &other, body);
        else
            submit(h, number + 2 + sim_below(sim, 3), &head, body);
        break;
    case 3:
        sim_count(sim, COUNT_HOSTILE_GARBAGE);
        for (uint64_t n = sim_below(sim, 200); n > 0; n--)
            buf_put_u8(body, (uint8_t)sim_random_next(&sim->random));
        break;
    default: /* in order; but what was sent before may still be on its way */
        submit(h, number + 1, &head, body);
    }
}

/* Rightly signed, by a role that may not: a roster, even one that was good once. */
static void make_roster_body(struct hostile *h, struct buf *body)
{
    struct submission s = {.kind = ENTRY_ROSTER, .count = 1};
    struct note parts;
    struct hash digest;
    struct buf note;

    buf_init(&note, ROSTER_BYTES_MAX);
    authority_first(h->sim->authority, &note);
    if (note_parse(buf_view(&note), &parts, NULL) != 0)
        abort();
    sha256(&digest, parts.text);
    s.digests = &digest;
    s.note = buf_view(&note);
    s.number = model_number(h->sim->model, KEYS_HOSTILE) + 1;
    model_head(h->sim->model, KEYS_HOSTILE, &s.before);
    sign(h, &s, body);
    buf_destroy(&note);
}

static void ask_something(struct hostile *h)
{
    static const char *const paths[] = {"tile/0/000", "tile/0/999.p/1", "tile/entries/x001/000",
        "tile/records/000.p/1", "roster/0", "roster/1.tlog-proof", "roster/99", "roster/",
        "writers/00", "latest-checkpoint", "checkpoint", "records", "nowhere"};

    (void)network_ask(&h->caller, false, paths[sim_below(h->sim, sizeof paths / sizeof paths[0])],
        span_of(NULL, 0), 2000);
}

static void hostile_main(void *ctx)
{
    struct hostile *h = ctx;
    struct buf body;

    while (!h->ends) {
        bool roster = sim_chance(h->sim, 100);

        network_sleep(&h->caller, 50 + sim_below(h->sim, 2000));
        if (h->ends || !h->sim->faults)
            continue;
        if (sim_chance(h->sim, 150)) {
            ask_something(h);
            continue;
        }
        buf_init(&body, SUBMISSION_BYTES_MAX);
        if (roster)
            make_roster_body(h, &body);
        else
            make_body(h, &body);
        if (buf_status(&body) != 0)
            abort();
        (void)network_ask(&h->caller, true, roster ? "roster" : "records", buf_view(&body), 2000);
        buf_destroy(&body);
    }
}

static void on_start(struct sim *sim, void *ctx, uint64_t number)
{
    struct hostile *h = ctx;

    (void)sim;
    (void)number;
    if (!h->ends)
        fiber_resume(h->caller.fiber);
}

struct hostile *hostile_new(struct sim *sim)
{
    struct hostile *h = calloc(1, sizeof *h);

    if (h == NULL)
        abort();
    h->sim = sim;
    h->caller = (struct caller){.sim = sim, .name = "hostile"};
    h->caller.fiber = fiber_new(hostile_main, h);
    sim_later(sim, 10, on_start, h, 0);
    return h;
}

void hostile_end(struct hostile *h)
{
    h->ends = true;
    if (h->caller.waits)
        network_kill(&h->caller);
    else
        fiber_resume(h->caller.fiber);
}

void hostile_free(struct hostile *h)
{
    if (h == NULL)
        return;
    fiber_free(h->caller.fiber);
    free(h->caller.body);
    free(h);
}
