/* The ledger's machine: the steps of its threads, and requests that come in. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "ledger/publish.h"
#include "tests/sim/model.h"
#include "tests/sim/server_internal.h"

/* ---- requests ---- */

void server_sweep(struct server *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->request_count; i++) {
        struct message *m = s->requests[i];

        if (m->request.answered) {
            s->handler.closed(s->handler.ctx, &m->request);
            network_close(m, false);
        } else {
            s->requests[kept++] = m;
        }
    }
    s->request_count = kept;
}

static void forget_request(struct server *s, const struct message *m)
{
    for (size_t i = 0; i < s->request_count; i++)
        if (s->requests[i] == m) {
            s->requests[i] = s->requests[--s->request_count];
            return;
        }
}

/* A request whose body does not come to its end. */
static void give_up(struct server *s, struct message *m)
{
    s->handler.closed(s->handler.ctx, &m->request);
    forget_request(s, m);
    network_close(m, true);
}

bool server_cut_body(struct server *s)
{
    struct message *m =
        s->request_count == 0 ? NULL : s->requests[sim_below(s->sim, s->request_count)];

    if (m == NULL || m->cut || m->request.answered || m->arrived == 0 ||
        m->arrived >= m->body_bytes)
        return false;
    sim_count(s->sim, COUNT_BODY_CUT);
    sim_trace(s->sim, "%s: its body is cut off", m->from);
    m->cut = true;
    return true;
}

/* The next piece of a body; when it is whole, or broken off, what follows. */
static void on_body(struct sim *sim, void *ctx, uint64_t life)
{
    struct message *m = ctx;
    struct server *s = sim->server;
    size_t left = m->body_bytes - m->arrived, n = left;
    char length[24];

    if (!m->begun || m->life != life || !s->up || s->dead || m->request.answered)
        return;
    if (m->cut) {
        give_up(s, m);
        return;
    }
    if (left > 1 && sim_chance(sim, 200))
        n = 1 + (size_t)sim_below(sim, left);
    if (n > 0)
        s->handler.body(s->handler.ctx, &m->request, span_of(m->body + m->arrived, n));
    m->arrived += n;
    if (m->arrived < m->body_bytes) {
        sim_later(sim, 1 + sim_below(sim, 100), on_body, m, life);
        return;
    }
    snprintf(length, sizeof length, "%zu", m->body_bytes);
    if (strcmp(length, m->request.length) == 0) {
        s->handler.complete(s->handler.ctx, &m->request);
    } else {
        give_up(s, m);
    }
    server_sweep(s);
}

void server_deliver(struct server *s, struct message *m)
{
    if (!s->up || s->dead || s->request_count == REQUESTS_MAX) {
        sim_count(s->sim, COUNT_REQUEST_TO_NOBODY);
        sim_trace(s->sim, "%s: nobody takes the request", m->from);
        network_close(m, true);
        return;
    }
    m->life = s->life;
    m->begun = true;
    s->requests[s->request_count++] = m;
    s->handler.begin(s->handler.ctx, &m->request);
    if (s->dead)
        server_die(s, "killed in a store call");
    else if (m->request.answered)
        server_sweep(s);
    else
        on_body(s->sim, m, s->life);
}

/*
 * A head that is refused for another one that the ledger has is kept as evidence. What is
 * published may be of a later group than the refusal: then its own number says what was there.
 */
static void check_evidence(struct server *s, const struct message *m, struct span answer)
{
    struct refusal refusal;
    struct hash head;
    struct span name;
    uint64_t number;
    bool found;

    if (refusal_parse(answer, &refusal) != 0 || !refusal.has_head) {
        sim_fail(s->sim, "a 409 without number and head");
        return;
    }
    /* A store without room cannot keep more. */
    if (s->evidence_refused ||
        !model_is_fork(s->sim->model, span_of(m->body, m->body_bytes), &name, &number, &head) ||
        (s->groups_handed > 1 && refusal.number < number))
        return;
    if (server_evidence(s, name, number, &head, &found) < s->config.evidence_per_writer_max &&
        !found)
        sim_fail(s->sim, "%.*s signed two heads for %llu, and no evidence is kept", (int)name.n,
            (const char *)name.p, (unsigned long long)number);
    if (found)
        sim_count(s->sim, COUNT_EVIDENCE_KEPT);
}

static enum count_kind kind_of(unsigned status)
{
    switch (status) {
    case 200:
        return COUNT_ANSWERED_AGAIN;
    case 201:
        return COUNT_ANSWERED_NEW;
    case 400:
        return COUNT_REFUSED_MALFORMED;
    case 403:
        return COUNT_REFUSED_FORBIDDEN;
    case 409:
        return COUNT_REFUSED_CONFLICT;
    case 422:
        return COUNT_ROSTER_REFUSED;
    case 429:
        return COUNT_REFUSED_QUOTA;
    case 503:
        return COUNT_REFUSED_BUSY;
    case 507:
        return COUNT_REFUSED_FULL;
    default:
        return COUNT_KINDS;
    }
}

bool server_answered(struct server *s, struct message *m, unsigned status, struct span body)
{
    struct sim *sim = s->sim;

    if (s->dead)
        return false;
    sim_trace(sim, "ledger answers %s %s: %u", m->from, m->path, status);
    if (strcmp(m->request.method, "POST") != 0)
        return true;
    if (kind_of(status) == COUNT_KINDS) {
        sim_fail(sim, "status %u to a submission", status);
        return true;
    }
    sim_count(sim, kind_of(status));
    if (status == 409)
        check_evidence(s, m, body);
    if (status == 200 || status == 201)
        model_answer(sim->model, status, body);
    return true;
}

/* ---- the steps ---- */

static bool worker(struct server *s, unsigned w)
{
    if (s->taken_count[w] > 0) {
        ledger_validate(&s->ledger, s->taken[w], s->taken_count[w]);
        s->taken_count[w] = 0;
        return true;
    }
    s->taken_count[w] = lanes_take(s->ledger.lanes, false, s->taken[w]);
    return s->taken_count[w] > 0;
}

/* Remembers an image that the operator may put in place later. */
static void keep_image(struct server *s)
{
    struct sim *sim = s->sim;
    size_t at = s->image_count;

    if (!sim->plan.rollback || sim->rolled_back || !sim_chance(sim, 300))
        return;
    if (at == IMAGES_MAX) {
        at = (size_t)sim_below(sim, IMAGES_MAX);
        store_image_release(s->images[at]);
    } else {
        s->image_count++;
    }
    s->images[at] = store_image_hold(s->memory.committed);
    s->image_sizes[at] = s->ledger.state.edge.frontier.size;
    s->image_log_keys[at] = s->good_log_key;
}

static void sequencer_stops(struct server *s, int err)
{
    sim_trace(s->sim, "sequencer: %s", keiin_err_text(err));
    sequence_fail(s->sequencer, err);
    s->sequencer_state = SEQUENCER_IDLE;
    if (!s->struck && !s->clock_was_stepped && !s->dead)
        sim_fail(s->sim, "the sequencer stops without a reason: %s", keiin_err_text(err));
}

static bool sequencer(struct server *s)
{
    int err = 0;

    if (s->ledger.fatal)
        return false;
    switch (s->sequencer_state) {
    case SEQUENCER_IDLE:
        if (!sequence_take(s->sequencer, false))
            return false;
        s->sequencer_state = SEQUENCER_TOOK;
        return true;
    case SEQUENCER_TOOK:
        err = sequence_store(s->sequencer);
        s->sequencer_state = SEQUENCER_STORED;
        sim_trace(s->sim, "ledger has %llu entries, %s",
            (unsigned long long)s->ledger.state.edge.frontier.size, keiin_err_text(err));
        if (err == 0)
            keep_image(s);
        break;
    case SEQUENCER_STORED:
        err = sequence_publish(s->sequencer);
        s->sequencer_state = SEQUENCER_IDLE;
        s->groups_handed++;
        break;
    }
    if (err != 0)
        sequencer_stops(s, err);
    return true;
}

/* The loop's thread: the head moves, answers go out. */
static bool loop(struct server *s)
{
    struct why why = {""};
    bool fatal;

    if (!s->woken)
        return false;
    s->woken = false;
    fatal = publish_run(&s->ledger, &why);
    s->groups_handed = 0;
    if (s->dead)
        return true;
    server_sweep(s);
    if (s->sequencer_state == SEQUENCER_IDLE)
        s->evidence_refused = false; /* all of its answers are out */
    model_follow(s->sim->model, false);
    if (fatal) {
        sim_count(s->sim, COUNT_SERVER_FATAL);
        server_die(s, why.text);
    }
    return true;
}

/* An orderly end: what was taken on is answered first. */
static bool ends(struct server *s)
{
    if (!s->stopping || s->ledger.jobs > 0 || s->sequencer_state != SEQUENCER_IDLE)
        return false;
    sim_count(s->sim, COUNT_SERVER_STOPPED);
    server_die(s, "stopped in order");
    return true;
}

static bool one_step(struct server *s, uint64_t which)
{
    switch (which) {
    case 0:
    case 1:
        return worker(s, (unsigned)which);
    case 2:
        return sequencer(s);
    case 3:
        return loop(s);
    default:
        return ends(s);
    }
}

bool server_step(struct server *s)
{
    uint64_t first = sim_below(s->sim, 5);

    for (uint64_t i = 0; s->up && i < 5; i++)
        if (one_step(s, (first + i) % 5)) {
            if (s->up && s->dead)
                server_die(s, "killed in a store call");
            return true;
        }
    return false;
}
