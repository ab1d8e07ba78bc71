/* An agency's program on libkeiin, and what it holds against its own folder. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/imported.h"
#include "core/text.h"
#include "tests/sim/agent_internal.h"
#include "tests/sim/authority.h"
#include "tests/sim/keys.h"
#include "tests/sim/model.h"

#define MISMATCHES_MAX 4 /* in a row, until a restored client believes it */

/* ---- what must hold of its folder ---- */

/*
 * State only goes on: nothing is ever taken back, whatever the ledger or the disk did. But one
 * that a failed call left may not be `durable`.
 */
static void check_state(struct agent *a, bool durable)
{
    struct span bytes = disk_memory_look(&a->disk, AGENT_FOLDER "/state");
    struct client_state state;
    const struct client_state *last = &a->last;

    if (bytes.n == 0)
        return;
    if (client_state_parse(bytes, &state) != 0) {
        sim_fail(a->sim, "a%u: its state is torn", a->number);
        return;
    }
    if (state.number < last->number || state.size < last->size || state.received < last->received ||
        (state.number > last->number && last->has_entry && state.index <= last->index) ||
        (state.size == last->size && last->has_checkpoint && !hash_eq(&state.root, &last->root)))
        sim_fail(a->sim,
            "a%u: its state went back from number %" PRIu64 ", size %" PRIu64 " to number %" PRIu64
            ", size %" PRIu64,
            a->number, last->number, last->size, state.number, state.size);
    if (durable)
        a->last = state;
}

/* ---- the program ---- */

static int make_record(struct agent *a, uint64_t position, struct keiin_record *record)
{
    static const uint8_t padding[20000];
    char id[48];
    int err;

    snprintf(id, sizeof id, "%u/%" PRIu64, a->number, position);
    keiin_record_clear(record);
    err = keiin_record_text(record, "action", "query", NULL);
    if (err == 0)
        err = keiin_record_number(record, "at", SIM_START_MS + position, NULL);
    if (err == 0)
        err = keiin_record_text(record, "id", id, NULL);
    if (err == 0 && sim_chance(a->sim, 100))
        err = keiin_record_bytes(
            record, "x-padding", padding, (size_t)sim_below(a->sim, sizeof padding), NULL);
    return err;
}

static int append_one(
    struct agent *a, struct keiin *keiin, struct keiin_record *record, struct keiin_why *why)
{
    static const uint8_t sealed[300] = "only for its recipients";
    struct why reason = {""};
    struct buf bytes;
    int err;

    if (a->sim->plan.track) { /* as an importer does */
        buf_init(&bytes, RECORD_BYTES_MAX);
        err = client_encode(keiin, record, &bytes, &reason);
        if (err == 0)
            err = client_append(keiin, buf_view(&bytes), span_of(NULL, 0), true, &reason);
        buf_destroy(&bytes);
        return client_tell(err, &reason, why);
    }
    if (!sim_chance(a->sim, 200))
        return keiin_append(keiin, record, NULL, 0, why);
    sim_count(a->sim, COUNT_SEALED);
    return keiin_append(keiin, record, sealed, 1 + (size_t)sim_below(a->sim, sizeof sealed), why);
}

/* Fills the batch from behind the mark. */
static int fill_batch(
    struct agent *a, struct keiin *keiin, uint64_t *position, struct keiin_why *why)
{
    struct keiin_record *record = keiin_record_new();
    uint64_t count = 1 + sim_below(a->sim, a->sim->plan.batch_max);
    char mark[32];
    int err = 0;

    if (record == NULL)
        abort();
    while (err == 0 && count-- > 0 && *position < a->records) {
        err = make_record(a, *position + 1, record);
        assert(err == 0);
        err = append_one(a, keiin, record, why);
        if (err == 0)
            ++*position;
    }
    snprintf(mark, sizeof mark, "%" PRIu64, *position);
    if (err == 0)
        err = keiin_mark(keiin, mark, why);
    keiin_record_free(record);
    return err;
}

static uint64_t position_of(const struct keiin_status *status)
{
    uint64_t position = 0;

    if (status->mark[0] != 0 && !decimal_parse(span_str(status->mark), UINT64_MAX, &position))
        abort();
    return position;
}

/* keiin_submit returned 0: all that was appended is in the ledger for good. */
static void acknowledge(struct agent *a, const struct keiin *keiin)
{
    struct keiin_status status;
    struct hash head;

    keiin_status(keiin, &status);
    if (status.pending_count != 0 || status.batch_count != 0)
        sim_fail(a->sim, "a%u: submitted, and something is left", a->number);
    if (position_of(&status) != status.last_number)
        sim_fail(a->sim, "a%u: the mark is %s at number %" PRIu64, a->number, status.mark,
            status.last_number);
    a->mismatches = 0;
    a->acknowledged = status.last_number;
    if (status.last_number == 0 || !hex_decode(head.b, HASH_BYTES, span_str(status.head)))
        return;
    sim_trace(a->sim, "a%u: %" PRIu64 " records are in", a->number, status.last_number);
    model_acknowledged(a->sim->model, a->number, status.last_number, status.last_entry, &head);
}

static void see_finding(void *ctx, const char *what)
{
    struct agent *a = ctx;

    if (!agent_is_gone(a))
        sim_fail(a->sim, "a%u: receipts: %s", a->number, what);
}

/* What it has is whole, by its own means. */
static void check_own(struct agent *a, struct keiin *keiin)
{
    struct keiin_receipts receipts;
    struct keiin_why why = {""};
    struct imported *set = NULL;
    struct keiin_status status;
    int err = keiin_receipts_check(keiin, see_finding, a, &receipts, &why);

    if (agent_is_gone(a) || sim_failed(a->sim))
        return;
    keiin_status(keiin, &status);
    if (err != 0 || receipts.record_count < status.last_number)
        sim_fail(a->sim, "a%u: receipts cover %" PRIu64 " of %" PRIu64 ": %s", a->number,
            receipts.record_count, status.last_number, why.text);
    if (!a->sim->plan.track || sim_failed(a->sim))
        return;
    err = imported_open(&a->disk.disk, AGENT_FOLDER, &set, NULL);
    if (err != 0 || imported_count(set) < status.last_number)
        sim_fail(a->sim, "a%u: %zu of %" PRIu64 " ids are remembered", a->number,
            err != 0 ? 0 : imported_count(set), status.last_number);
    imported_free(set);
}

/* What the ledger says of it, now and then. */
static void ask_ledger(struct agent *a, struct keiin *keiin)
{
    struct keiin_ledger_says says;
    struct keiin_why why = {""};
    bool faults = a->sim->faults; /* an answer on its way may be a mangled one */
    int err = keiin_ask(keiin, &says, &why);

    sim_trace(a->sim, "a%u: asks: %s, agrees %d", a->number, keiin_error_text(err), says.agrees);
    if (err == 0 && !faults && !a->restored && !a->sim->rolled_back && says.agrees == 0)
        sim_fail(a->sim, "a%u: the ledger does not agree", a->number);
}

/* After a submission that failed. True when the folder is to be opened again. */
static bool failed(struct agent *a, int err, const struct keiin_why *why)
{
    sim_trace(a->sim, "a%u: %s: %s", a->number, keiin_error_text(err), why->text);
    switch (err) {
    case KEIIN_ERROR_MISMATCH:
        a->mismatches++;
        if (a->mismatches > MISMATCHES_MAX && (a->restored || a->sim->rolled_back))
            a->lost = true;
        return a->lost;
    case KEIIN_ERROR_REFUSED:
        /* An old ledger may not know its key any more: then it cannot go on. */
        a->lost = a->lost || (a->sim->rolled_back && ++a->mismatches > 4 * MISMATCHES_MAX);
        return a->lost;
    case KEIIN_ERROR_UNKNOWN:
    case KEIIN_ERROR_BUSY:
    case KEIIN_ERROR_MALFORMED:
    case KEIIN_ERROR_SIGNATURE:
        return false;
    case KEIIN_ERROR_FULL:
    case KEIIN_ERROR_IO:
    case KEIIN_ERROR_UNREADABLE:
        return true;
    default:
        if (!agent_is_gone(a))
            sim_fail(
                a->sim, "a%u: submit gives %s: %s", a->number, keiin_error_text(err), why->text);
        return true;
    }
}

/* After a write of its own state that failed nothing more leaves the process. */
static void check_broken(struct agent *a, struct keiin *keiin)
{
    uint64_t ticket = a->caller.ticket;

    if (agent_is_gone(a) || a->disk.failed[0] == 0 || strstr(a->disk.failed, "/evidence") != NULL ||
        strstr(a->disk.failed, "/rosters/") != NULL)
        return;
    if (keiin_submit(keiin, NULL) != KEIIN_ERROR_IO || a->caller.ticket != ticket)
        sim_fail(a->sim, "a%u: goes on after a write that failed", a->number);
}

/* Sends until all is in, or the folder must be opened again. */
static void send_all(struct agent *a, struct keiin *keiin)
{
    struct keiin_status status;
    struct keiin_why why;
    uint64_t position;
    int err;

    keiin_status(keiin, &status);
    position = position_of(&status);
    while (!agent_is_gone(a) && !a->ends && !sim_failed(a->sim)) {
        why.text[0] = 0;
        err = 0;
        a->disk.failed[0] = 0;
        keiin_status(keiin, &status);
        if (status.batch_count == 0 && position < a->records)
            err = fill_batch(a, keiin, &position, &why);
        if (err == 0)
            err = keiin_submit(keiin, &why);
        if (agent_is_gone(a))
            break;
        check_state(a, err != KEIIN_ERROR_IO && err != KEIIN_ERROR_FULL);
        if (err == 0)
            acknowledge(a, keiin);
        else if (failed(a, err, &why)) {
            check_broken(a, keiin);
            break;
        }
        if (err == 0 && position == a->records)
            break;
        if (sim_chance(a->sim, 100))
            ask_ledger(a, keiin);
        network_sleep(
            &a->caller, err == 0 ? sim_below(a->sim, 300) : 100 + sim_below(a->sim, 1500));
    }
}

static int make_folder(struct agent *a, const struct keiin_options *options, struct keiin_why *why)
{
    bool first = sim_chance(a->sim, 300);
    const char *key =
        keys_put_file(a->number, first ? 0 : authority_key_of(a->sim->authority, a->number));
    struct buf note;
    int err;

    buf_init(&note, ROSTER_BYTES_MAX);
    if (first)
        authority_first(a->sim->authority, &note);
    else
        authority_note_for(a->sim->authority, a->number, &note);
    err = keiin_init(AGENT_FOLDER, "http://ledger.test", key, note.p, note.n, options, why);
    buf_destroy(&note);
    return err;
}

/* One process, from its start to its end. */
static void run_once(struct agent *a)
{
    const struct keiin_options options = {.timeout_ms = 5000,
        .batch_records_max = 8,
        .network = &a->network,
        .clock = &a->clock,
        .random = &a->sim->salts,
        .disk = &a->disk.disk};
    struct keiin *keiin = NULL;
    struct keiin_why why = {""};
    bool opening = disk_memory_look(&a->disk, AGENT_FOLDER "/state").p != NULL;
    int err = 0;

    if (!opening)
        err = make_folder(a, &options, &why);
    if (err == 0) {
        opening = true;
        keys_put_file(a->number, authority_key_of(a->sim->authority, a->number));
        err = keiin_open(AGENT_FOLDER, &options, &keiin, &why);
    }
    if (err != 0) {
        /* Why has a path of the true disk in it. */
        sim_trace(a->sim, "a%u: does not open: %s", a->number, keiin_error_text(err));
        /*
         * A new folder can wait: rosters before the one in hand may be out of reach, and a new key
         * not be in it yet. In the end there is one all the same.
         */
        if (opening && !agent_is_gone(a) && err != KEIIN_ERROR_IO && err != KEIIN_ERROR_FULL)
            sim_fail(a->sim, "a%u: %s: %s", a->number, keiin_error_text(err), why.text);
        return;
    }
    check_state(a, true);
    send_all(a, keiin);
    if (!agent_is_gone(a) && !a->lost && a->acknowledged == a->records && !sim_failed(a->sim)) {
        check_own(a, keiin);
        a->checked = !agent_is_gone(a);
    }
    keiin_close(keiin);
}

void agent_main(void *ctx)
{
    struct agent *a = ctx;

    while (!agent_is_gone(a) && !a->ends && !a->lost && !sim_failed(a->sim)) {
        if (a->checked && a->acknowledged == a->records) {
            network_sleep(&a->caller, 500);
            continue;
        }
        run_once(a);
        if (!agent_is_gone(a))
            network_sleep(&a->caller, 20 + sim_below(a->sim, 500));
    }
}
