#include "ledger/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/log.h"
#include "ledger/own.h"
#include "ledger/restore.h"
#include "system/messages.h"

#define READ_BYTES 65536

struct visitor;

struct control {
    struct ledger *ledger;
    uv_pipe_t pipe;
    struct visitor *visitors;
    uv_pipe_t spare; /* for a visitor for whom there is no memory */
    bool spare_closing, pipe_closed;
    bool turn_away; /* another such visitor waits until the spare is closed */
    int folder_fd;
    char path[64];
};

/* One client; closed when its answer is written, or when it goes away before it asked. */
struct visitor {
    uv_pipe_t pipe;
    uv_write_t write;
    struct visitor *next, **link; /* in control->visitors */
    struct ledger *ledger;
    struct buf note;
    struct buf answer;
    enum language language; /* of the report */
    bool asked; /* the roster is with the sequencer */
    uint8_t piece[READ_BYTES];
};

int control_path(const char *folder, char out[static 64], int *fd, struct why *why)
{
    *fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0) {
        why_set(why, "%s: %s", folder, strerror(errno));
        return errno == ENOENT ? KEIIN_EABSENT : KEIIN_EUNREADABLE;
    }
    snprintf(out, 64, "/proc/self/fd/%d/" CONTROL_SOCKET, *fd);
    return 0;
}

static void on_visitor_closed(uv_handle_t *handle)
{
    struct visitor *v = handle->data;

    buf_destroy(&v->note);
    buf_destroy(&v->answer);
    free(v);
}

static void visitor_close(struct visitor *v)
{
    if (uv_is_closing((uv_handle_t *)&v->pipe))
        return;
    *v->link = v->next;
    if (v->next != NULL)
        v->next->link = v->link;
    uv_close((uv_handle_t *)&v->pipe, on_visitor_closed);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status;
    visitor_close(write->data);
}

static void visitor_answer(struct visitor *v, unsigned status, struct span body)
{
    uv_buf_t out;

    buf_clear(&v->answer);
    buf_printf(&v->answer, "%03u", status);
    buf_put_span(&v->answer, body);
    if (buf_status(&v->answer) != 0) {
        visitor_close(v);
        return;
    }
    out = uv_buf_init((char *)v->answer.p, (unsigned)v->answer.n);
    v->write.data = v;
    if (uv_write(&v->write, (uv_stream_t *)&v->pipe, &out, 1, on_written) != 0)
        visitor_close(v);
}

static void visitor_refuse(struct visitor *v, enum refusal_code code, const char *detail)
{
    struct refusal refusal = {
        .code = span_str(refusal_kinds[code].code), .detail = span_str(detail)};
    struct buf body;

    buf_init(&body, 4096);
    refusal_write(&body, &refusal);
    visitor_answer(v, refusal_kinds[code].status, buf_view(&body));
    buf_destroy(&body);
}

static void on_finished(void *ctx, const struct job *job)
{
    visitor_answer(ctx, job->refused != REFUSE_NOT ? refusal_kinds[job->refused].status : 201,
        span_of(job->answer, job->answer_bytes));
}

/* What was asked and found; 200 when the ledger takes records or may, 409 when not. */
static void answer_restore(void *ctx, bool live)
{
    struct visitor *v = ctx;
    struct buf report;
    bool clean = false;

    (void)live;
    buf_init(&report, 1 << 20);
    restore_report(v->ledger->restore, v->language, &report, &clean);
    visitor_answer(v, clean ? 200 : 409, buf_view(&report));
    buf_destroy(&report);
}

static void visitor_resume(struct visitor *v, bool nothing_newer)
{
    if (v->ledger->restore == NULL)
        visitor_answer(v, 404, span_of(NULL, 0));
    else if (!nothing_newer || restore_resume(v->ledger->restore, answer_restore, v) != 0)
        answer_restore(v, false);
    else
        v->asked = true;
}

static bool is_question(struct visitor *v, const char *question)
{
    struct cursor c = cursor_of(buf_view(&v->note));

    if (!cursor_skip(&c, question))
        return false;
    v->language = cursor_skip(&c, CONTROL_IN_JAPANESE) ? LANGUAGE_JA : LANGUAGE_EN;
    return cursor_skip(&c, "\n") && cursor_left(&c) == 0;
}

static void visitor_ask(struct visitor *v)
{
    int err;

    uv_read_stop((uv_stream_t *)&v->pipe);
    if (is_question(v, CONTROL_REPORT)) {
        visitor_resume(v, false);
        return;
    }
    if (is_question(v, CONTROL_NOTHING_NEWER)) {
        visitor_resume(v, true);
        return;
    }
    if (v->ledger->reads_only) {
        visitor_refuse(v, REFUSE_BUSY, LEDGER_READS_ONLY);
        return;
    }
    if (v->ledger->draining) {
        visitor_refuse(v, REFUSE_BUSY, "the ledger is stopping");
        return;
    }
    v->asked = true;
    err = own_roster(v->ledger, buf_view(&v->note), on_finished, v);
    if (err == 0)
        return;
    v->asked = false;
    if (err == KEIIN_EMALFORMED)
        visitor_refuse(v, REFUSE_ROSTER, "what was sent is no signed note");
    else if (err == KEIIN_EREFUSED)
        visitor_refuse(v, REFUSE_WRITER_UNKNOWN, "no roster so far lists operator_key");
    else
        visitor_refuse(v, REFUSE_BUSY, keiin_err_text(err));
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    struct visitor *v = handle->data;

    (void)wanted;
    *out = uv_buf_init((char *)v->piece, sizeof v->piece);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *piece)
{
    struct visitor *v = stream->data;

    if (n == UV_EOF) {
        visitor_ask(v);
    } else if (n < 0) {
        visitor_close(v);
    } else {
        buf_put(&v->note, piece->base, (size_t)n);
        if (buf_status(&v->note) != 0) {
            uv_read_stop(stream);
            if (buf_status(&v->note) == KEIIN_ELIMIT)
                visitor_refuse(v, REFUSE_TOO_LARGE, "longer than any roster");
            else
                visitor_refuse(v, REFUSE_BUSY, keiin_err_text(buf_status(&v->note)));
        }
    }
}

/* The folder is the operator's alone; this holds even where it was made with other rights. */
static bool is_own_account(const uv_pipe_t *pipe)
{
    struct ucred peer;
    socklen_t n = sizeof peer;
    uv_os_fd_t fd;

    return uv_fileno((const uv_handle_t *)pipe, &fd) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

static void turn_away(struct control *control);

/* When both of its handles are closed. */
static void control_free(struct control *control)
{
    if (!control->pipe_closed || control->spare_closing)
        return;
    if (control->folder_fd >= 0)
        close(control->folder_fd);
    free(control);
}

static void on_spare_closed(uv_handle_t *handle)
{
    struct control *control = handle->data;

    control->spare_closing = false;
    if (control->turn_away)
        turn_away(control);
    else
        control_free(control);
}

/* A visitor who is not accepted would wait for good, and all after him. */
static void turn_away(struct control *control)
{
    control->turn_away = control->spare_closing;
    if (control->spare_closing)
        return;
    uv_pipe_init(control->pipe.loop, &control->spare, 0);
    control->spare.data = control;
    control->spare_closing = true;
    (void)uv_accept((uv_stream_t *)&control->pipe, (uv_stream_t *)&control->spare);
    uv_close((uv_handle_t *)&control->spare, on_spare_closed);
}

static void on_visitor(uv_stream_t *server, int status)
{
    struct control *control = server->data;
    struct visitor *v = status == 0 ? calloc(1, sizeof *v) : NULL;

    if (status != 0)
        return;
    if (v == NULL) {
        turn_away(control);
        return;
    }
    v->ledger = control->ledger;
    v->next = control->visitors;
    v->link = &control->visitors;
    if (v->next != NULL)
        v->next->link = &v->next;
    control->visitors = v;
    buf_init(&v->note, ROSTER_BYTES_MAX);
    buf_init(&v->answer, 1 << 20);
    uv_pipe_init(server->loop, &v->pipe, 0);
    v->pipe.data = v;
    if (uv_accept(server, (uv_stream_t *)&v->pipe) != 0 || !is_own_account(&v->pipe) ||
        uv_read_start((uv_stream_t *)&v->pipe, on_alloc, on_read) != 0)
        visitor_close(v);
}

static void on_control_closed(uv_handle_t *handle)
{
    struct control *control = handle->data;

    control->pipe_closed = true;
    control_free(control);
}

int control_new(uv_loop_t *loop, struct ledger *ledger, struct control **out, struct why *why)
{
    struct control *control = calloc(1, sizeof *control);
    int err, rc;

    *out = NULL;
    if (control == NULL)
        return KEIIN_ENOMEM;
    control->ledger = ledger;
    err = control_path(ledger->given.config->data, control->path, &control->folder_fd, why);
    if (err != 0) {
        free(control);
        return err;
    }
    (void)unlink(control->path);
    uv_pipe_init(loop, &control->pipe, 0);
    control->pipe.data = control;
    rc = uv_pipe_bind(&control->pipe, control->path);
    if (rc == 0 && chmod(control->path, 0600) != 0)
        rc = -errno;
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&control->pipe, 4, on_visitor);
    if (rc != 0) {
        why_set(why, "cannot listen on " CONTROL_SOCKET " in the data folder: %s", uv_strerror(rc));
        uv_close((uv_handle_t *)&control->pipe, on_control_closed);
        return KEIIN_EIO;
    }
    *out = control;
    return 0;
}

void control_close(struct control *control)
{
    if (control == NULL)
        return;
    while (control->visitors != NULL)
        visitor_close(control->visitors);
    (void)unlink(control->path);
    control->turn_away = false;
    uv_close((uv_handle_t *)&control->pipe, on_control_closed);
}
