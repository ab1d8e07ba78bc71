#include "ledger/restore.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/msgpack.h"
#include "core/text.h"
#include "ledger/extend.h"
#include "ledger/log.h"
#include "ledger/recover.h"
#include "ledger/rosters.h"
#include "system/file.h"
#include "system/messages.h"

#define REPORT_BYTES_MAX (1 << 20)
#define NEWER_SHOWN 10
#define EVIDENCE_BYTES_MAX (2 * CHECKPOINT_BYTES_MAX + 4096)

struct restore {
    struct ledger *ledger;
    struct restore_options options;
    uint64_t restored_size; /* before anything was taken over */
    pthread_t thread;
    bool busy; /* the thread was started and not joined */
    bool live; /* submissions are taken */
    restore_finished_fn *finished;
    void *finished_ctx;

    pthread_mutex_t lock;
    bool done; /* under the lock: the thread has nothing more to do */

    /* The thread's while it is busy, else the loop's. */
    struct ledger *shell; /* for extend.h */
    struct extension extension;
    bool resume; /* go live at the end, if nothing stands against it */
    bool clean, resumed;
    int err; /* why the server must stop */
    struct why why;
    struct buf reports[LANGUAGES]; /* lines, for whoever asks in that language */
};

/* A line of the report; the log has it in English. */
static void line(struct restore *r, enum message id, ...)
{
    char text[2048];

    for (size_t i = 0; i < LANGUAGES; i++) {
        va_list args;

        va_start(args, id);
        vsnprintf(text, sizeof text, message_in((enum language)i, id), args);
        va_end(args);
        text_visible(&r->reports[i], span_str(text));
        buf_put_str(&r->reports[i], "\n");
        if (i == LANGUAGE_EN)
            log_line(LOG_INFO, "after-restore", "%s", text);
    }
}

/* ---- the thread ---- */

/* The log's keys by every roster so far, and the configured one. */
static int add_keys(const struct restore *r, struct known *known)
{
    struct roster *roster = NULL;
    struct store_txn txn;
    struct buf note;
    int err = known_add_key(known, secret_public(r->shell->given.log_key->secret));

    if (err == 0)
        err = store_begin(&r->shell->given.store, false, &txn);
    if (err != 0)
        return err;
    buf_init(&note, ROSTER_BYTES_MAX);
    for (uint64_t serial = 0; err == 0 && serial <= r->shell->state.roster->serial; serial++) {
        buf_clear(&note);
        err = rosters_get(&txn, serial, &note);
        if (err == 0)
            err = roster_from_note(buf_view(&note), NULL, &roster, NULL);
        for (size_t i = 0; err == 0 && i < roster->log_count; i++)
            err = known_add_key(known, roster->logs[i].key.key);
        if (err == 0)
            roster_free(roster);
    }
    buf_destroy(&note);
    store_abort(&txn);
    return err;
}

/* The instance file's checkpoint: this very server signed it, or one that had its folder. */
static int add_own(const struct restore *r, struct known *known)
{
    const struct instance *in = r->options.instance;
    struct checkpoint checkpoint;
    struct why why;
    int err;

    if (in == NULL || !in->there)
        return 0;
    err = known_add(
        known, span_of(in->checkpoint, in->checkpoint_bytes), in->path, &checkpoint, &why);
    return err == KEIIN_ENOMEM ? err : 0;
}

#define TWO_HISTORIES "this log has signed two histories: the restored one, and that of %.120s; "
#define USE_NEITHER "; use neither before it is known which is the true one"

/* Both checkpoints, for whoever has to find out which history is the true one. */
static void keep_evidence(struct restore *r)
{
    const struct known_checkpoint *c = r->extension.conflict;
    const struct state *state = &r->shell->state;
    const struct keiin_clock *clock = r->shell->given.clock;
    struct why why = {""};
    char *path = NULL;
    struct buf text;

    assert(c != NULL);
    buf_init(&text, EVIDENCE_BYTES_MAX);
    buf_put_str(&text, "This log has signed two checkpoints that cannot both be true.\n\nOf the "
                       "restored store:\n\n");
    buf_put(&text, state->checkpoint, state->checkpoint_bytes);
    buf_put_str(&text, "\nOf ");
    text_visible(&text, span_str(c->where));
    buf_put_str(&text, "\n\n");
    buf_put(&text, c->note, c->note_bytes);
    if (asprintf(&path, "%s/evidence-%" PRIu64 ".txt", r->shell->given.config->data,
            clock->wall_ms(clock->ctx)) < 0)
        path = NULL;
    if (path == NULL || buf_status(&text) != 0 ||
        file_create(path, 0600, buf_view(&text), &why) != 0)
        why_set(&r->why, TWO_HISTORIES "they could not be kept as a file (%.120s)" USE_NEITHER,
            c->where, why.text);
    else
        why_set(&r->why, TWO_HISTORIES "both checkpoints are kept in %.120s" USE_NEITHER, c->where,
            path);
    free(path);
    buf_destroy(&text);
}

/* The mirror with the most entries that the store has not; NULL when there is none. */
static struct known_source *best_mirror(const struct restore *r, struct known *known)
{
    struct known_source *best = NULL;

    for (size_t i = 0; i < known->source_count; i++) {
        struct known_source *s = &known->sources[i];

        if (s->kind == KNOWN_MIRROR && s->answered &&
            s->size > r->shell->state.edge.frontier.size && (best == NULL || s->size > best->size))
            best = s;
    }
    return best;
}

/* Everything that a source can give. `receipts_why` says why receipts were not taken. */
static int take_over(struct restore *r, struct known *known, struct why *receipts_why)
{
    struct extension *x = &r->extension;
    struct known_source *s;
    int err = extend_compare(x);

    while (err == 0 && (s = best_mirror(r, known)) != NULL) {
        err = extend_from_mirror(x, s->source, s->size, &s->root, &s->why);
        if (err == KEIIN_EUNREADABLE) {
            s->answered = false;
            err = 0;
        }
    }
    if (err == 0) {
        err = extend_from_receipts(x, receipts_why);
        if (err == KEIIN_EUNREADABLE)
            err = 0;
    }
    return err == 0 ? extend_compare(x) : err;
}

static void report_source(struct restore *r, const struct known_source *s)
{
    static const enum message words[] = {[KNOWN_MIRROR] = MESSAGE_LEDGER_RESTORE_MIRROR,
        [KNOWN_CHECKPOINT] = MESSAGE_LEDGER_RESTORE_CHECKPOINT};

    if (!s->answered)
        line(r, MESSAGE_LEDGER_RESTORE_NOT_ASKED, s->where, s->why.text);
    else if (s->kind == KNOWN_RECEIPTS)
        line(r, MESSAGE_LEDGER_RESTORE_RECEIPTS, s->where, s->receipt_count, s->size);
    else
        line(r, words[s->kind], s->where, s->size);
}

static void report(struct restore *r, const struct known *known, const struct why *receipts_why)
{
    uint64_t size = r->shell->state.edge.frontier.size;
    bool any = false, all = true;
    size_t newer = 0;

    for (size_t i = 0; i < known->source_count; i++) {
        report_source(r, &known->sources[i]);
        any = any || (known->sources[i].answered && known->sources[i].size > 0);
        all = all && known->sources[i].answered;
    }
    line(r, MESSAGE_LEDGER_RESTORE_SIZE, r->restored_size, size);
    if (r->extension.records_lost > 0)
        line(r, MESSAGE_LEDGER_RESTORE_LOST, r->extension.records_lost);
    if (receipts_why->text[0] != 0)
        line(r, MESSAGE_LEDGER_RESTORE_STOPPED, receipts_why->text);
    for (size_t i = known->checkpoint_count; i-- > 0 && known->checkpoints[i].size > size;)
        if (++newer <= NEWER_SHOWN)
            line(r, MESSAGE_LEDGER_RESTORE_NEWER, known->checkpoints[i].where,
                known->checkpoints[i].size);
    if (!all)
        line(r, MESSAGE_LEDGER_RESTORE_SOME_SILENT);
    if (!any)
        line(r, MESSAGE_LEDGER_RESTORE_NOBODY);
    r->clean = any && all && newer == 0;
}

/* What the operator puts on record: that the ledger was restored, and on what it went on. */
static void incident_record(const struct restore *r, size_t asked, struct buf *out)
{
    const struct state *state = &r->shell->state;
    const struct keiin_clock *clock = r->shell->given.clock;
    const struct keiin_random *random = r->shell->given.random;
    uint8_t salt[SALT_BYTES];
    char detail[FREE_TEXT_BYTES_MAX + 1];

    random->fill(random->ctx, salt, sizeof salt);
    snprintf(detail, sizeof detail,
        "ledger restored from a copy of %" PRIu64 " entries, extended to %" PRIu64
        "; sources asked: %zu; records lost: %" PRIu64
        "; the operator says that nothing newer exists",
        r->restored_size, state->edge.frontier.size, asked, r->extension.records_lost);
    msgpack_put_map(out, 5);
    msgpack_put_str(out, span_str("action"));
    msgpack_put_str(out, span_str("incident"));
    msgpack_put_str(out, span_str("at"));
    msgpack_put_uint(out, clock->wall_ms(clock->ctx));
    msgpack_put_str(out, span_str("checkpoint"));
    msgpack_put_bin(out, span_of(state->checkpoint, state->checkpoint_bytes));
    msgpack_put_str(out, span_str("detail"));
    msgpack_put_str(out, span_str(detail));
    msgpack_put_str(out, span_str("salt"));
    msgpack_put_bin(out, span_of(salt, sizeof salt));
}

static int go_live(struct restore *r, size_t asked)
{
    struct why why = {""};
    struct buf record;
    int err;

    buf_init(&record, RECORD_BYTES_MAX);
    incident_record(r, asked, &record);
    err = buf_status(&record);
    if (err == 0)
        err = extend_finish(&r->extension, buf_view(&record), &why);
    buf_destroy(&record);
    if (err == KEIIN_EREFUSED || err == KEIIN_EFULL) {
        line(
            r, MESSAGE_LEDGER_RESTORE_STOPPED, err == KEIIN_EFULL ? keiin_err_text(err) : why.text);
        r->clean = false;
        return 0;
    }
    r->resumed = err == 0;
    return err;
}

static int ask_round(struct restore *r)
{
    struct why receipts_why = {""};
    struct known known;
    int err =
        known_init(&known, r->shell->given.config->origin, r->options.from, r->options.from_count);

    for (size_t i = 0; i < LANGUAGES; i++)
        buf_clear(&r->reports[i]);
    r->clean = false;
    r->extension.known = &known;
    r->extension.conflict = NULL;
    if (err == 0)
        err = add_keys(r, &known);
    if (err == 0)
        err = add_own(r, &known);
    if (err == 0)
        err = known_ask(&known, r->shell->state.edge.frontier.size);
    if (err == 0) {
        known_sort(&known);
        err = take_over(r, &known, &receipts_why);
    }
    if (err == 0)
        report(r, &known, &receipts_why);
    else if (err == KEIIN_EMISMATCH)
        keep_evidence(r);
    if (err == 0 && r->clean && r->resume)
        err = go_live(r, known.source_count);
    known_destroy(&known);
    r->extension.known = NULL;
    return err;
}

static void *thread_main(void *arg)
{
    struct restore *r = arg;

    r->why.text[0] = 0;
    r->err = ask_round(r);
    if (r->err != 0 && r->why.text[0] == 0)
        why_set(&r->why,
            "taking over what others know failed (%s); start again after the cause is gone, what "
            "was taken "
            "over stays",
            keiin_err_text(r->err));
    pthread_mutex_lock(&r->lock);
    r->done = true;
    pthread_mutex_unlock(&r->lock);
    r->ledger->given.network->wake(r->ledger->given.network->ctx);
    return NULL;
}

/* ---- the loop ---- */

static int begin_round(struct restore *r, bool resume)
{
    r->resume = resume;
    r->done = false;
    if (pthread_create(&r->thread, NULL, thread_main, r) != 0)
        return KEIIN_ENOMEM;
    r->busy = true;
    return 0;
}

int restore_mark(const struct store *store, struct why *why)
{
    struct restored_mark mark = {0, 0};
    struct store_txn txn;
    int err = store_begin(store, true, &txn);

    if (err != 0)
        return err;
    err = restored_mark_get(&txn, &mark);
    if (err != KEIIN_EABSENT) {
        store_abort(&txn);
        return err;
    }
    err = log_size(&txn, &mark.size);
    if (err == 0)
        err = restored_mark_put(&txn, &mark);
    if (err == 0)
        err = store_room(&txn, UINT64_C(64) << 10);
    if (err == 0)
        err = store_commit(&txn);
    else
        store_abort(&txn);
    if (err != 0)
        why_set(why, "the data folder could not be marked as restored: %s", keiin_err_text(err));
    return err;
}

int restore_start(struct ledger *ledger, const struct restore_options *options,
    struct restore **out, struct why *why)
{
    struct restore *r = calloc(1, sizeof *r);
    int err = KEIIN_ENOMEM;

    *out = NULL;
    if (r == NULL)
        return err;
    pthread_mutex_init(&r->lock, NULL);
    r->ledger = ledger;
    r->options = *options;
    for (size_t i = 0; i < LANGUAGES; i++)
        buf_init(&r->reports[i], REPORT_BYTES_MAX);
    buf_init(&r->extension.bytes, ENTRY_BUNDLE_BYTES_MAX);
    buf_init(&r->extension.records, (size_t)UINT32_MAX);
    r->shell = calloc(1, sizeof *r->shell);
    if (r->shell != NULL) {
        r->shell->given = ledger->given;
        r->shell->committed_book = book_hold(ledger->committed_book);
        r->extension.shell = r->shell;
        r->extension.served = ledger;
        r->extension.without_records = options->without_records;
        err = extend_reload(&r->extension, why);
    }
    if (err == 0)
        err = group_new(r->shell, &r->extension.group);
    if (err == 0) {
        r->restored_size = r->shell->state.edge.frontier.size;
        ledger->reads_only = true;
        ledger->restore = r;
        log_line(LOG_WARNING, "reads-only", "%s", LEDGER_READS_ONLY);
        err = begin_round(r, false);
    }
    if (err != 0) {
        restore_free(r);
        return err;
    }
    *out = r;
    return 0;
}

void restore_free(struct restore *r)
{
    if (r == NULL)
        return;
    r->ledger->restore = NULL;
    group_free(r->extension.group);
    buf_destroy(&r->extension.bytes);
    buf_destroy(&r->extension.records);
    free(r->extension.runs);
    for (size_t i = 0; i < LANGUAGES; i++)
        buf_destroy(&r->reports[i]);
    if (r->shell != NULL) {
        state_destroy(&r->shell->state);
        book_release(r->shell->committed_book);
        free(r->shell);
    }
    pthread_mutex_destroy(&r->lock);
    free(r);
}

bool restore_busy(const struct restore *r)
{
    return r != NULL && r->busy;
}

static void finish(struct restore *r)
{
    restore_finished_fn *finished = r->finished;

    if (r->resumed && !r->live) {
        r->live = true;
        ledger_adopt(r->ledger, &r->shell->state);
        r->ledger->reads_only = false;
        log_line(
            LOG_WARNING, "resumed", "%s", message_in(LANGUAGE_EN, MESSAGE_LEDGER_RESTORE_LIVE));
    }
    r->finished = NULL;
    if (finished != NULL)
        finished(r->finished_ctx, r->live);
}

int restore_poll(struct restore *r, struct why *why)
{
    bool done;

    if (r == NULL || !r->busy)
        return 0;
    pthread_mutex_lock(&r->lock);
    done = r->done;
    pthread_mutex_unlock(&r->lock);
    if (!done)
        return 0;
    pthread_join(r->thread, NULL);
    r->busy = false;
    if (r->err != 0) {
        *why = r->why;
        return r->err;
    }
    finish(r);
    return 0;
}

void restore_report(const struct restore *r, enum language language, struct buf *out, bool *clean)
{
    *clean = r->live || (!r->busy && r->clean);
    if (r->busy)
        buf_printf(out, "%s\n", message_in(language, MESSAGE_LEDGER_RESTORE_ASKING));
    else
        buf_put_span(out, buf_view(&r->reports[language]));
    if (r->live)
        buf_printf(out, "%s\n", message_in(language, MESSAGE_LEDGER_RESTORE_LIVE));
    else if (*clean)
        buf_printf(out, "%s\n", message_in(language, MESSAGE_LEDGER_RESTORE_CLEAN));
    else if (!r->busy)
        buf_printf(out, "%s\n", message_in(language, MESSAGE_LEDGER_RESTORE_OPEN));
}

int restore_resume(struct restore *r, restore_finished_fn *finished, void *ctx)
{
    int err;

    if (r->busy)
        return KEIIN_EBUSY;
    r->finished = finished;
    r->finished_ctx = ctx;
    err = r->live ? 0 : begin_round(r, true);
    if (err == 0 && r->live)
        finish(r);
    return err;
}
