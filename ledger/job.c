#include "ledger/job.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/text.h"

const struct refusal_kind refusal_kinds[REFUSE_COUNT] = {
    [REFUSE_NOT] = {200, "", 0},
    [REFUSE_PATH] = {404, "path", 0},
    [REFUSE_METHOD] = {405, "method", 0},
    [REFUSE_LENGTH] = {411, "length", 0},
    [REFUSE_TOO_LARGE] = {413, "too-large", 0},
    [REFUSE_TYPE] = {415, "type", 0},
    [REFUSE_QUOTA] = {429, "busy", 1},
    [REFUSE_MALFORMED] = {400, "malformed", 0},
    [REFUSE_KEY_UNKNOWN] = {403, "writer-unknown", 0},
    [REFUSE_SIGNATURE] = {403, "signature", 0},
    [REFUSE_WRITER_UNKNOWN] = {403, "writer-unknown", 0},
    [REFUSE_ROLE] = {403, "role", 0},
    [REFUSE_NUMBER] = {409, "number", 0},
    [REFUSE_BEFORE] = {409, "before", 0},
    [REFUSE_ROSTER] = {422, "roster", 0},
    [REFUSE_BUSY] = {503, "busy", 1},
    [REFUSE_FULL] = {507, "full", 0},
};

struct job *job_new(enum entry_kind kind)
{
    struct job *job = calloc(1, sizeof *job);

    if (job != NULL)
        job->kind = kind;
    return job;
}

void job_free(struct job *job)
{
    if (job == NULL)
        return;
    if (job->parsed)
        submission_destroy(&job->submission);
    book_release(job->book);
    roster_free(job->roster);
    free(job->note);
    free(job->body);
    free(job->answer);
    free(job);
}

void job_refuse(struct job *job, enum refusal_code code, const char *format, ...)
{
    va_list args;

    job->refused = code;
    va_start(args, format);
    vsnprintf(job->why.text, sizeof job->why.text, format, args);
    va_end(args);
}

int job_write_refusal(struct job *job)
{
    struct refusal refusal = {.code = span_str(refusal_kinds[job->refused].code)};
    struct buf visible, body;
    int err;

    assert(job->refused != REFUSE_NOT);
    buf_init(&visible, 16 * sizeof job->why.text);
    buf_init(&body, 64 * 1024);
    /* What a detail quotes came from outside and need not be a valid str. */
    text_visible(&visible, span_str(job->why.text));
    refusal.detail = buf_view(&visible);
    refusal.has_head = job->refused == REFUSE_NUMBER || job->refused == REFUSE_BEFORE;
    refusal.head = job->head;
    refusal.number = job->head_number;
    refusal_write(&body, &refusal);
    err = buf_status(&visible);
    free(job->answer);
    job->answer = err == 0 ? buf_take(&body, &job->answer_bytes) : NULL;
    if (job->answer == NULL && err == 0)
        err = KEIIN_ENOMEM;
    buf_destroy(&visible);
    buf_destroy(&body);
    return err;
}

void job_list_init(struct job_list *list)
{
    list->first = NULL;
    list->last = &list->first;
    list->count = 0;
}

void job_list_put(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->last = job;
    list->last = &job->next;
    list->count++;
}

struct job *job_list_take(struct job_list *list)
{
    struct job *job = list->first;

    if (job == NULL)
        return NULL;
    list->first = job->next;
    if (list->first == NULL)
        list->last = &list->first;
    list->count--;
    job->next = NULL;
    return job;
}

void job_list_move(struct job_list *to, struct job_list *from)
{
    if (from->first == NULL)
        return;
    *to->last = from->first;
    to->last = from->last;
    to->count += from->count;
    job_list_init(from);
}
