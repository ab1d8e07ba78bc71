#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/range.h"
#include "http/server_internal.h"

#define READ_BLOCK_BYTES (32 * 1024) /* of a body that is read in pieces */

struct reading {
    http_read_fn *read;
    void (*read_free)(void *ctx);
    void *ctx;
    uint64_t offset; /* of the first byte that is sent */
    struct connection *connection; /* of the request: there while anything is read */
};

static ssize_t reading_next(void *ctx, uint64_t position, char *out, size_t n)
{
    struct reading *reading = ctx;
    size_t got = 0;
    int err = reading->read(reading->ctx, reading->offset + position, (uint8_t *)out, n, &got);

    reading->connection->moved_bytes = position;
    return err != 0 || got == 0 ? MHD_CONTENT_READER_END_WITH_ERROR : (ssize_t)got;
}

static void reading_free(void *ctx)
{
    struct reading *reading = ctx;

    reading->read_free(reading->ctx);
    free(reading);
}

/* The response for the bytes [first, first + n) of the body; takes the body. */
static struct MHD_Response *response_of(
    const struct http_request *r, const struct http_reply *reply, uint64_t first, uint64_t n)
{
    struct MHD_Response *response;
    struct reading *reading;
    void *p = (void *)(uintptr_t)reply->bytes.p;

    if (reply->body == HTTP_READ) {
        reading = malloc(sizeof *reading);
        if (reading == NULL) {
            reply->read_free(reply->read_ctx);
            return NULL;
        }
        *reading =
            (struct reading){reply->read, reply->read_free, reply->read_ctx, first, r->connection};
        response = MHD_create_response_from_callback(
            n, READ_BLOCK_BYTES, reading_next, reading, reading_free);
        if (response == NULL)
            reading_free(reading);
        return response;
    }
    if (reply->body == HTTP_TAKE && first == 0 && n > 0) {
        response = MHD_create_response_from_buffer((size_t)n, p, MHD_RESPMEM_MUST_FREE);
        if (response == NULL)
            free(p);
        return response;
    }
    response = n == 0 ? MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT)
                      : MHD_create_response_from_buffer(
                            (size_t)n, (uint8_t *)p + first, MHD_RESPMEM_MUST_COPY);
    if (reply->body == HTTP_TAKE)
        free(p);
    return response;
}

static bool put_header(struct MHD_Response *response, const char *name, const char *value)
{
    return value == NULL || MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool put_headers(struct MHD_Response *response, const struct http_reply *reply)
{
    char seconds[16] = "";

    if (reply->retry_after_s > 0)
        snprintf(seconds, sizeof seconds, "%u", reply->retry_after_s);
    return put_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type) &&
           put_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, reply->cache_control) &&
           put_header(response, MHD_HTTP_HEADER_ALLOW, reply->allow) &&
           put_header(
               response, MHD_HTTP_HEADER_RETRY_AFTER, reply->retry_after_s > 0 ? seconds : NULL) &&
           put_header(response, MHD_HTTP_HEADER_ACCEPT_RANGES, reply->ranges ? "bytes" : NULL) &&
           put_header(response, MHD_HTTP_HEADER_CONNECTION, reply->close ? "close" : NULL);
}

static void discard(const struct http_reply *reply)
{
    if (reply->body == HTTP_READ)
        reply->read_free(reply->read_ctx);
    else if (reply->body == HTTP_TAKE)
        free((void *)(uintptr_t)reply->bytes.p);
}

static const char *range_header(const struct http_request *r, const struct http_reply *reply)
{
    if (!reply->ranges || reply->status != 200 ||
        (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0))
        return NULL;
    /* Nothing here has an entity tag, so that If-Range never holds. */
    if (http_request_header(r, MHD_HTTP_HEADER_IF_RANGE) != NULL)
        return NULL;
    return http_request_header(r, MHD_HTTP_HEADER_RANGE);
}

void reply_build(struct http_request *r, const struct http_reply *reply)
{
    uint64_t size = reply->body == HTTP_READ ? reply->read_bytes : reply->bytes.n;
    uint64_t first = 0, last = size == 0 ? 0 : size - 1;
    char content_range[96] = "";

    assert(reply->body == HTTP_READ || size <= HTTP_ANSWER_BYTES_MAX);
    r->status = reply->status;
    r->answer_read = reply->body == HTTP_READ;
    r->answer_bytes = size;
    switch (http_range_parse(range_header(r, reply), size, &first, &last)) {
    case HTTP_RANGE_NONE:
        r->response = response_of(r, reply, 0, size);
        break;
    case HTTP_RANGE_PART:
        r->status = 206;
        snprintf(content_range, sizeof content_range, "bytes %llu-%llu/%llu",
            (unsigned long long)first, (unsigned long long)last, (unsigned long long)size);
        r->answer_bytes = last - first + 1;
        r->response = response_of(r, reply, first, r->answer_bytes);
        break;
    case HTTP_RANGE_BEYOND:
        r->status = 416;
        snprintf(content_range, sizeof content_range, "bytes */%llu", (unsigned long long)size);
        discard(reply);
        r->response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
        break;
    }
    if (r->response != NULL &&
        (!put_headers(r->response, reply) || !put_header(r->response, MHD_HTTP_HEADER_CONTENT_RANGE,
                                                 content_range[0] != 0 ? content_range : NULL))) {
        MHD_destroy_response(r->response);
        r->response = NULL;
    }
}
