/* The text forms of state and pending. */
#include <inttypes.h>
#include <stdlib.h>

#include "client/folder.h"
#include "core/chain.h"
#include "core/text.h"

#define STATE_TITLE "keiin-client-state/v1\n"
#define PENDING_TITLE "keiin-client-pending/v1\n"

static void put_hash(struct buf *out, const struct hash *hash)
{
    base64_encode(out, span_hash(hash));
    buf_put_str(out, "\n");
}

void client_state_write(struct buf *out, const struct client_state *state)
{
    buf_put_str(out, STATE_TITLE);
    buf_printf(out, "number %" PRIu64 "\nhead ", state->number);
    put_hash(out, &state->head);
    if (state->has_entry) {
        buf_printf(out, "entry %" PRIu64 " %" PRIu64 " ", state->index, state->received);
        put_hash(out, &state->leaf);
    }
    if (state->has_checkpoint) {
        buf_printf(out, "checkpoint %" PRIu64 " ", state->size);
        put_hash(out, &state->root);
    }
    buf_printf(out, "mark %s\n", state->mark);
}

/* The line up to the next space, or all of it; the rest stays in *line. */
static struct span word(struct span *line)
{
    const uint8_t *space = line->n == 0 ? NULL : memchr(line->p, ' ', line->n);
    struct span taken = *line;

    if (space == NULL) {
        *line = span_of(NULL, 0);
        return taken;
    }
    taken.n = (size_t)(space - line->p);
    *line = span_of(space + 1, line->n - taken.n - 1);
    return taken;
}

static void read_number(struct cursor *in, struct span *line, uint64_t *out)
{
    if (!decimal_parse(word(line), UINT_MAX_CANONICAL, out))
        in->failed = true;
}

/* A number that is all of its line. */
static void read_whole_number(struct cursor *in, uint64_t *out)
{
    if (!decimal_parse(cursor_line(in), UINT_MAX_CANONICAL, out))
        in->failed = true;
}

/* A hash is the last thing in its line. */
static void read_hash(struct cursor *in, struct span line, struct hash *out)
{
    if (!base64_decode(out->b, HASH_BYTES, line))
        in->failed = true;
}

static void read_mark(struct cursor *in, char mark[static MARK_BYTES_MAX + 1])
{
    struct span line;

    mark[0] = 0;
    if (!cursor_skip(in, "mark ")) {
        in->failed = true;
        return;
    }
    line = cursor_line(in);
    if (line.n > MARK_BYTES_MAX || memchr(line.n == 0 ? (const uint8_t *)"" : line.p, 0, line.n)) {
        in->failed = true;
        return;
    }
    if (line.n > 0)
        memcpy(mark, line.p, line.n);
    mark[line.n] = 0;
}

static void read_title(struct cursor *in, const char *title)
{
    if (!cursor_skip(in, title))
        in->failed = true;
}

int client_state_parse(struct span bytes, struct client_state *out)
{
    struct cursor in = cursor_of(bytes);
    struct span line;

    *out = (struct client_state){0};
    read_title(&in, STATE_TITLE "number ");
    read_whole_number(&in, &out->number);
    read_title(&in, "head ");
    read_hash(&in, cursor_line(&in), &out->head);
    if (cursor_skip(&in, "entry ")) {
        line = cursor_line(&in);
        read_number(&in, &line, &out->index);
        read_number(&in, &line, &out->received);
        read_hash(&in, line, &out->leaf);
        out->has_entry = true;
    }
    if (cursor_skip(&in, "checkpoint ")) {
        line = cursor_line(&in);
        read_number(&in, &line, &out->size);
        read_hash(&in, line, &out->root);
        out->has_checkpoint = true;
    }
    read_mark(&in, out->mark);
    /* Records are there exactly when an entry and a checkpoint are. */
    if (!cursor_done(&in) || out->has_entry != (out->number > 0) ||
        out->has_checkpoint != out->has_entry || (out->has_entry && out->index >= out->size))
        return KEIIN_EDAMAGED;
    return 0;
}

void client_pending_write(struct buf *out, bool track_ids, const char *mark, struct span body)
{
    buf_put_str(out, PENDING_TITLE);
    buf_printf(out, "ids %s\nmark %s\nbytes %zu\n\n", track_ids ? "yes" : "no", mark, body.n);
    buf_put_span(out, body);
}

int client_pending_parse(struct span bytes, struct client_pending *out)
{
    struct cursor in = cursor_of(bytes);
    struct span line;
    uint64_t body_bytes = 0;
    int err;

    *out = (struct client_pending){0};
    read_title(&in, PENDING_TITLE "ids ");
    line = cursor_line(&in);
    out->track_ids = span_is(line, "yes");
    if (!out->track_ids && !span_is(line, "no"))
        in.failed = true;
    read_mark(&in, out->mark);
    read_title(&in, "bytes ");
    read_whole_number(&in, &body_bytes);
    read_title(&in, "\n");
    out->body = cursor_take(&in, body_bytes);
    if (!cursor_done(&in))
        return KEIIN_EDAMAGED;
    err = submission_parse(out->body, &out->submission, NULL);
    if (err != 0)
        return err == KEIIN_ENOMEM ? err : KEIIN_EDAMAGED;
    chain_extend(
        &out->head, &out->submission.before, out->submission.digests, out->submission.count);
    return 0;
}

void client_pending_destroy(struct client_pending *pending)
{
    if (pending->body.p != NULL)
        submission_destroy(&pending->submission);
    free(pending->bytes);
    *pending = (struct client_pending){0};
}
