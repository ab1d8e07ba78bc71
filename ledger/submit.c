#include "ledger/submit.h"

#include <stdlib.h>
#include <strings.h>

#include "core/sha256.h"
#include "core/text.h"
#include "system/messages.h"

#define BODY_STEP_BYTES (32 * 1024) /* the first room for a body */
#define HEAD_BYTES 79 /* of any body, up to `before`: they say whose it is */

/* A POST that is coming in. */
struct upload {
    enum entry_kind kind;
    size_t bytes; /* promised */
    size_t charged; /* in ledger->inflight_bytes: what `body` has room for */
    uint8_t *body;
    bool privileged; /* names a key of the committee's or the operator's */
    uint8_t head[HEAD_BYTES]; /* the first that came: no room is taken before they are whole */
    size_t got;
    bool shed; /* no room: what comes is dropped, the answer is 503 */
};

static void put_reply(struct http_request *request, enum refusal_code code, const char *allow,
    uint8_t *body, size_t n)
{
    struct http_reply reply = {.status = refusal_kinds[code].status,
        .content_type = "application/msgpack",
        .cache_control = "no-store", /* a 404 may be kept otherwise, and come true later */
        .allow = allow,
        .retry_after_s = refusal_kinds[code].retry_after_s,
        .body = HTTP_TAKE,
        .bytes = span_of(body, n)};

    http_reply(request, &reply);
}

void submit_refuse(
    struct http_request *request, enum refusal_code code, const char *allow, const char *detail)
{
    struct refusal refusal = {
        .code = span_str(refusal_kinds[code].code), .detail = span_str(detail)};
    struct buf body;
    uint8_t *bytes;
    size_t n = 0;

    buf_init(&body, 4096);
    refusal_write(&body, &refusal);
    bytes = buf_take(&body, &n);
    put_reply(request, code, allow, bytes, bytes == NULL ? 0 : n);
}

static void refuse(
    struct ledger *ledger, struct http_request *request, enum refusal_code code, const char *detail)
{
    ledger->metrics.refused[code]++;
    submit_refuse(request, code, code == REFUSE_METHOD ? "POST" : NULL, detail);
}

static bool is_msgpack(const char *type)
{
    size_t n = type == NULL ? 0 : strcspn(type, "; \t");

    return n == strlen("application/msgpack") && strncasecmp(type, "application/msgpack", n) == 0;
}

void submit_begin(struct ledger *ledger, struct http_request *request, enum entry_kind kind)
{
    const char *length = http_request_header(request, "Content-Length");
    struct upload *upload;
    uint64_t bytes;

    if (strcmp(http_request_method(request), "POST") != 0) {
        refuse(ledger, request, REFUSE_METHOD, "submissions are sent by POST");
        return;
    }
    if (length == NULL || http_request_header(request, "Transfer-Encoding") != NULL ||
        !decimal_parse(span_str(length), UINT64_MAX, &bytes)) {
        refuse(ledger, request, REFUSE_LENGTH, "a Content-Length is needed");
        return;
    }
    if (bytes > SUBMISSION_BYTES_MAX) {
        refuse(ledger, request, REFUSE_TOO_LARGE, "a submission has at most 4 MiB");
        return;
    }
    if (!is_msgpack(http_request_header(request, "Content-Type"))) {
        refuse(ledger, request, REFUSE_TYPE, "the type is application/msgpack");
        return;
    }
    if (ledger->reads_only) {
        refuse(ledger, request, REFUSE_BUSY, LEDGER_READS_ONLY);
        return;
    }
    upload = calloc(1, sizeof *upload);
    if (upload == NULL || ledger->draining) {
        free(upload);
        refuse(ledger, request, REFUSE_BUSY, "the ledger is stopping");
        return;
    }
    upload->kind = kind;
    upload->bytes = (size_t)bytes;
    http_request_set(request, upload);
}

/* Whose body it is, by the key that it names: the committee's and the operator's come first. */
static bool names_privileged(const struct ledger *ledger, struct span first)
{
    const struct book_key *key;
    struct hash key_hash;

    if (!submission_peek_key(first, &key_hash))
        return false;
    key = book_find_key(ledger->published.book, &key_hash, NULL);
    return key != NULL && book_writer(ledger->published.book, key->writer)->privileged;
}

/*
 * Room for so many bytes of a body: all for the committee and the operator, all but the
 * reserve for others. What is charged is what has come and not what was promised; where
 * it gets scarce the body that comes in slowest is given up.
 */
static bool charge(
    struct ledger *ledger, struct http_request *request, const struct upload *upload, size_t bytes)
{
    const struct config *config = ledger->given.config;
    uint64_t max = config->inflight_bytes_max;
    uint64_t others = ledger->inflight_bytes - upload->charged, after = others + bytes;

    if (after > max / 4 * 3)
        (void)http_server_cut_slowest_body(http_request_server(request));
    if (!upload->privileged)
        max -= max / 100 * config->reserve_percent;
    /* One alone always has room: else what is larger than its share would never get in. */
    if (others > 0 && after > max)
        return false;
    ledger->inflight_bytes = after;
    return true;
}

/* Makes the buffer of a body long enough for its next piece. */
static bool reserve(
    struct ledger *ledger, struct http_request *request, struct upload *upload, struct span piece)
{
    size_t wanted = upload->got + piece.n, bytes;
    uint8_t *body;

    if (wanted <= upload->charged)
        return true;
    if (upload->charged == 0)
        upload->privileged = names_privileged(
            ledger, span_of(upload->head, wanted < HEAD_BYTES ? wanted : HEAD_BYTES));
    bytes = wanted < BODY_STEP_BYTES / 2 ? BODY_STEP_BYTES : 2 * wanted;
    if (bytes > upload->bytes)
        bytes = upload->bytes;
    if (!charge(ledger, request, upload, bytes))
        return false;
    body = realloc(upload->body, bytes);
    if (body == NULL) {
        ledger->inflight_bytes -= bytes - upload->charged;
        return false;
    }
    if (upload->body == NULL)
        memcpy(body, upload->head, upload->got);
    upload->body = body;
    upload->charged = bytes;
    return true;
}

/* True where these, with what came before, are not enough to say whose body it is. */
static bool is_only_head(struct upload *upload, struct span piece)
{
    size_t enough = upload->bytes < HEAD_BYTES ? upload->bytes : HEAD_BYTES;
    size_t left = upload->got < enough ? enough - upload->got : 0;

    memcpy(upload->head + upload->got, piece.p, piece.n < left ? piece.n : left);
    return piece.n < left;
}

void submit_body(struct ledger *ledger, struct http_request *request, struct span piece)
{
    struct upload *upload = http_request_get(request);

    if (upload == NULL || upload->shed || piece.n > upload->bytes - upload->got)
        return;
    if (upload->body != NULL || !is_only_head(upload, piece)) {
        if (!reserve(ledger, request, upload, piece)) {
            upload->shed = true;
            ledger->inflight_bytes -= upload->charged;
            upload->charged = 0;
            free(upload->body);
            upload->body = NULL;
            return;
        }
        memcpy(upload->body + upload->got, piece.p, piece.n);
    }
    upload->got += piece.n;
    ledger->metrics.body_bytes += piece.n;
}

static struct job *job_of(
    struct ledger *ledger, struct http_request *request, struct upload *upload)
{
    struct job *job = job_new(upload->kind);

    if (job == NULL)
        return NULL;
    job->client = request;
    job->body = upload->body;
    job->body_bytes = upload->got;
    job->charged = upload->charged;
    job->book = book_hold(ledger->published.book);
    upload->body = NULL;
    upload->charged = 0;
    return job;
}

static struct quota_limits limits_of(const struct ledger *ledger)
{
    return (struct quota_limits){
        ledger->given.config->quota_submissions_per_s, ledger->given.config->quota_bytes_per_s};
}

/* The last places in the queue are the committee's and the operator's. */
static bool queue_has_room(const struct ledger *ledger, bool privileged)
{
    const struct config *config = ledger->given.config;
    uint64_t max = config->queue_submissions_max;

    if (!privileged)
        max -= max * config->reserve_percent / 100;
    return ledger->jobs < max || (max == 0 && ledger->jobs == 0);
}

/* Charges the writer that the body names and queues the job; or says why not. */
static enum refusal_code admit(struct ledger *ledger, struct job *job)
{
    const struct keiin_clock *clock = ledger->given.clock;
    struct quota_limits limits = limits_of(ledger);
    const struct book_key *key = NULL;
    uint32_t writer = LANE_UNKNOWN;
    bool privileged = false;
    struct hash key_hash;
    struct quota *quota;
    int err;

    if (submission_peek_key(span_of(job->body, job->body_bytes), &key_hash))
        key = book_find_key(job->book, &key_hash, NULL);
    if (key != NULL) {
        writer = key->writer;
        privileged = book_writer(job->book, writer)->privileged;
        quota = lanes_quota(ledger->lanes, writer);
        if (quota == NULL ||
            !quota_charge(quota, &limits, clock->monotonic_ms(clock->ctx), job->body_bytes))
            return REFUSE_QUOTA;
        job->quota = quota;
    }
    if (!queue_has_room(ledger, privileged))
        return REFUSE_BUSY;
    err = lanes_put(ledger->lanes, writer, job);
    if (err != 0)
        return err == KEIIN_EBUSY ? REFUSE_QUOTA : REFUSE_BUSY;
    ledger->jobs++;
    return REFUSE_NOT;
}

static void refund(struct ledger *ledger, const struct job *job)
{
    struct quota_limits limits = limits_of(ledger);

    if (job->quota != NULL)
        quota_refund(job->quota, &limits, job->body_bytes);
}

void submit_complete(struct ledger *ledger, struct http_request *request)
{
    struct upload *upload = http_request_get(request);
    enum refusal_code code;
    struct job *job;

    if (upload->shed) {
        refuse(ledger, request, REFUSE_BUSY, "too much is under way; send the same again later");
        return;
    }
    if (upload->got != upload->bytes || upload->bytes == 0) {
        refuse(ledger, request, REFUSE_MALFORMED, "the body is empty or not as long as promised");
        return;
    }
    job = job_of(ledger, request, upload);
    if (job == NULL) {
        refuse(ledger, request, REFUSE_BUSY, "out of memory");
        return;
    }
    code = admit(ledger, job);
    if (code == REFUSE_NOT)
        return;
    refuse(ledger, request, code,
        code == REFUSE_QUOTA ? "this writer sends more than its quota; send the same again later"
                             : "too much is under way; send the same again later");
    if (code != REFUSE_QUOTA)
        refund(ledger, job);
    ledger->inflight_bytes -= job->charged;
    job_free(job);
}

void submit_closed(struct ledger *ledger, struct http_request *request)
{
    struct upload *upload = http_request_get(request);

    if (upload == NULL)
        return;
    ledger->inflight_bytes -= upload->charged;
    free(upload->body);
    free(upload);
    http_request_set(request, NULL);
}

void submit_answer(void *ctx, void *client, struct job *job)
{
    struct http_reply reply = {.content_type = "application/msgpack",
        .body = HTTP_TAKE,
        .bytes = span_of(job->answer, job->answer_bytes)};

    (void)ctx;
    reply.status = job->refused != REFUSE_NOT ? refusal_kinds[job->refused].status
                   : job->stored              ? 201
                                              : 200;
    reply.retry_after_s = refusal_kinds[job->refused].retry_after_s;
    if (job->refused == REFUSE_NOT && job->stored)
        http_request_trust(client);
    job->answer = NULL;
    http_reply(client, &reply);
}

int submit_own(struct ledger *ledger, struct job *job)
{
    struct hash name_hash;
    int err;

    if (ledger->reads_only) {
        job_free(job);
        return KEIIN_EBUSY;
    }
    job->own = true;
    job->book = book_hold(ledger->published.book);
    sha256(&name_hash, span_str(ledger->given.operator_key->name));
    err = book_find_name(job->book, &name_hash, &job->writer);
    if (err == 0)
        err = lanes_put(ledger->lanes, job->writer, job);
    if (err != 0)
        job_free(job);
    else
        ledger->jobs++;
    return err == KEIIN_EABSENT ? KEIIN_EREFUSED : err;
}

void submit_finished(struct ledger *ledger, struct job *job)
{
    ledger->jobs--;
    ledger->inflight_bytes -= job->charged;
    ledger->metrics.refused[job->refused]++;
    if (job->refused == REFUSE_NOT && job->stored)
        ledger->metrics.stored++;
    else if (job->refused == REFUSE_NOT)
        ledger->metrics.replayed++;
    /* What a writer did not sign is not charged to it: anyone can name its key. */
    if (job->refused == REFUSE_MALFORMED || job->refused == REFUSE_SIGNATURE)
        refund(ledger, job);
    if (job->finished != NULL)
        job->finished(job->finished_ctx, job);
    else if (job->client != NULL)
        ledger->given.network->answer(ledger->given.network->ctx, job->client, job);
}
