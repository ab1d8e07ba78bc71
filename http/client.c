#include "http/client.h"

#include <assert.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "system/clock.h"

#define CONNECT_TIMEOUT_MS 10000
#define STALL_TIMEOUT_MS 30000
#define TOTAL_TIMEOUT_MS 120000
#define WINDOW_BYTES (256 * 1024) /* what a stream holds ahead of its reader */
#define DISCARD_BYTES_MAX (64 * 1024) /* of an answer nobody wants, to keep the connection */

/* One request under way. */
struct transfer {
    CURL *easy; /* borrowed from the client */
    struct buf *body; /* NULL: bytes are dropped, or go to `window` */
    size_t body_bytes_max;
    size_t body_bytes;
    bool any_status; /* the body is wanted whatever the status */
    bool head_done; /* the final status is known */
    bool too_long;
    bool coded; /* the answer has a content coding, which nobody asked for */
    uint8_t *window; /* of a stream: WINDOW_BYTES */
    size_t window_from, window_to;
    bool paused;
    bool done;
    CURLcode result;
    uint64_t moved; /* bytes either way when last looked at */
    uint64_t active_ms; /* when that last changed */
    uint64_t left_ms; /* of the whole request's time; a stream's reader's own time is free */
    char detail[CURL_ERROR_SIZE];
};

struct http_client {
    CURLM *multi; /* its connections; NULL after a failure, until the next request */
    CURL *easy;
    char *prefix; /* without a last slash */
    struct http_options options;
    struct http_stream *stream; /* open, or NULL */
};

struct http_stream {
    struct http_client *client;
    struct transfer transfer;
    char path[256]; /* for error texts; cut */
    uint8_t window[WINDOW_BYTES];
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_start(void)
{
    /* A failure here shows again, and is told, when the first handle is made. */
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static uint64_t now_ms(void)
{
    return system_clock.monotonic_ms(system_clock.ctx);
}

/* An http or https URL with a host and without user, query or fragment. */
static int prefix_check(const char *prefix)
{
    CURLU *url = curl_url();
    char *scheme = NULL, *part = NULL;
    CURLUcode code = CURLUE_OUT_OF_MEMORY;
    bool valid = false;

    if (url == NULL)
        goto out;
    code = CURLUE_OK;
    for (const char *p = prefix; *p != 0; p++)
        if (*p < 0x21 || *p > 0x7e)
            goto out;
    code = curl_url_set(url, CURLUPART_URL, prefix, 0);
    if (code == CURLUE_OK)
        code = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
    if (code != CURLUE_OK)
        goto out;
    valid = (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
            strstr(prefix, "://") != NULL;
    for (CURLUPart what = CURLUPART_USER; what <= CURLUPART_FRAGMENT; what++) {
        if (what != CURLUPART_USER && what != CURLUPART_PASSWORD && what != CURLUPART_QUERY &&
            what != CURLUPART_FRAGMENT)
            continue;
        code = curl_url_get(url, what, &part, 0);
        if (code == CURLUE_OUT_OF_MEMORY)
            goto out;
        if (code == CURLUE_OK)
            valid = false;
        curl_free(part);
        part = NULL;
    }
out:
    curl_free(scheme);
    curl_url_cleanup(url);
    return code == CURLUE_OUT_OF_MEMORY ? KEIIN_ENOMEM : valid ? 0 : KEIIN_EUSAGE;
}

int http_client_new(const char *prefix, const struct http_options *options,
    struct http_client **out, struct why *why)
{
    struct http_client *client;
    size_t n = strlen(prefix);
    int err;

    *out = NULL;
    pthread_once(&curl_once, curl_start);
    err = n > URL_BYTES_MAX ? KEIIN_EUSAGE : prefix_check(prefix);
    if (err == KEIIN_ENOMEM)
        return err;
    if (err != 0) {
        why_set(why, "\"%.200s\" is not a URL that begins with http:// or https://", prefix);
        return KEIIN_EUSAGE;
    }
    client = calloc(1, sizeof *client);
    if (client == NULL)
        return KEIIN_ENOMEM;
    if (options != NULL)
        client->options = *options;
    if (client->options.connect_timeout_ms == 0)
        client->options.connect_timeout_ms = CONNECT_TIMEOUT_MS;
    if (client->options.stall_timeout_ms == 0)
        client->options.stall_timeout_ms = STALL_TIMEOUT_MS;
    if (client->options.total_timeout_ms == 0)
        client->options.total_timeout_ms = TOTAL_TIMEOUT_MS;
    while (n > 0 && prefix[n - 1] == '/')
        n--;
    client->prefix = strndup(prefix, n);
    client->multi = curl_multi_init();
    client->easy = curl_easy_init();
    if (client->prefix == NULL || client->multi == NULL || client->easy == NULL) {
        http_client_free(client);
        return KEIIN_ENOMEM;
    }
    *out = client;
    return 0;
}

void http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    if (client->stream != NULL)
        http_stream_close(client->stream);
    curl_easy_cleanup(client->easy);
    curl_multi_cleanup(client->multi);
    free(client->prefix);
    free(client);
}

static unsigned status_of(CURL *easy)
{
    long status = 0;

    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status < 0 ? 0 : (unsigned)status;
}

/* Whether a header line names a content coding: libcurl would give the coded bytes as they are. */
static bool names_coding(const char *line, size_t n)
{
    static const char name[] = "content-encoding:";
    size_t at = sizeof name - 1;

    if (n < at || strncasecmp(line, name, at) != 0)
        return false;
    while (at < n && strchr(" \t", line[at]) != NULL)
        at++;
    while (n > at && strchr(" \t\r\n", line[n - 1]) != NULL)
        n--;
    return n - at != strlen("identity") || strncasecmp(line + at, "identity", n - at) != 0;
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t n = size * count;

    if ((t->any_status || status_of(t->easy) == 200) && names_coding(line, n)) {
        t->coded = true;
        return 0;
    }
    /* The empty line after an interim answer (1xx) ends nothing. */
    if (n <= 2 && status_of(t->easy) >= 200)
        t->head_done = true;
    return n;
}

/* Keeps a stream's bytes until the reader comes; pauses when they do not fit. */
static size_t into_window(struct transfer *t, const char *bytes, size_t n)
{
    if (t->window_from == t->window_to)
        t->window_from = t->window_to = 0;
    if (n > WINDOW_BYTES - t->window_to) {
        t->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    memcpy(t->window + t->window_to, bytes, n);
    t->window_to += n;
    return n;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t n = size * count;
    bool wanted = t->any_status || status_of(t->easy) == 200;

    t->head_done = true;
    if (wanted && t->window != NULL)
        return into_window(t, bytes, n);
    if (n > (wanted ? t->body_bytes_max : DISCARD_BYTES_MAX) - t->body_bytes) {
        t->too_long = true;
        return 0;
    }
    t->body_bytes += n;
    if (wanted && t->body != NULL) {
        buf_put(t->body, bytes, n);
        if (buf_status(t->body) != 0)
            return 0;
    }
    return n;
}

/* Makes the handle ready for prefix/path and gives it to the multi handle. */
static int transfer_start(struct http_client *client, const char *path, struct transfer *t)
{
    CURL *easy = client->easy;
    char *url = NULL;
    bool good;

    assert(client->stream == NULL);
    if (client->multi == NULL)
        client->multi = curl_multi_init();
    if (client->multi == NULL)
        return KEIIN_ENOMEM;
    if (asprintf(&url, "%s/%s", client->prefix, path) < 0)
        return KEIIN_ENOMEM;
    t->easy = easy;
    good = curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
               (long)client->options.connect_timeout_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "keiin") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->detail) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, t) == CURLE_OK &&
           curl_multi_add_handle(client->multi, easy) == CURLM_OK;
    free(url);
    t->left_ms = client->options.total_timeout_ms;
    return good ? 0 : KEIIN_ENOMEM;
}

/*
 * Takes the handle back; its connection serves the next request only when the answer was whole:
 * what still came on another would be taken for the next answer.
 */
static void transfer_end(struct http_client *client, const struct transfer *t)
{
    if (client->multi != NULL)
        curl_multi_remove_handle(client->multi, client->easy);
    curl_easy_reset(client->easy);
    if (t->done && t->result == CURLE_OK)
        return;
    curl_multi_cleanup(client->multi);
    client->multi = NULL;
}

static void transfer_fail(struct transfer *t, CURLcode result, const char *detail)
{
    t->done = true;
    t->result = result;
    snprintf(t->detail, sizeof t->detail, "%s", detail);
}

/* Looks at what moved; fails the transfer when its time is over. */
static void transfer_watch(
    struct http_client *client, struct transfer *t, uint64_t now, uint64_t since)
{
    curl_off_t down = 0, up = 0;
    long head = 0;
    uint64_t moved;

    curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
    curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &up);
    curl_easy_getinfo(t->easy, CURLINFO_HEADER_SIZE, &head);
    moved = (uint64_t)down + (uint64_t)up + (uint64_t)head;
    if (moved != t->moved) {
        t->moved = moved;
        t->active_ms = now;
    }
    if (now - since >= t->left_ms)
        transfer_fail(t, CURLE_OPERATION_TIMEDOUT, "not finished in time");
    else if (now - t->active_ms >= client->options.stall_timeout_ms)
        transfer_fail(t, CURLE_OPERATION_TIMEDOUT, "no byte came for too long");
}

/*
 * Drives the transfer until it is done, or as far as asked: the status known, or the
 * window holding `want` bytes or being full.
 */
static void transfer_run(
    struct http_client *client, struct transfer *t, bool head_only, size_t want)
{
    uint64_t start = now_ms(), now;
    int running, queued;

    t->active_ms = start;
    while (!t->done) {
        CURLMsg *message;

        if (curl_multi_perform(client->multi, &running) != CURLM_OK) {
            transfer_fail(t, CURLE_FAILED_INIT, "libcurl failed");
            break;
        }
        while ((message = curl_multi_info_read(client->multi, &queued)) != NULL)
            if (message->msg == CURLMSG_DONE) {
                t->done = true;
                t->result = message->data.result;
                if (t->coded)
                    transfer_fail(t, CURLE_BAD_CONTENT_ENCODING, "answered in a content coding");
                else if (t->result != CURLE_OK && t->detail[0] == 0)
                    snprintf(t->detail, sizeof t->detail, "%s", curl_easy_strerror(t->result));
            }
        if (t->done || (head_only && t->head_done) ||
            (t->window != NULL && !head_only &&
                (t->paused || t->window_to - t->window_from >= want)))
            break;
        now = now_ms();
        transfer_watch(client, t, now, start);
        if (!t->done && curl_multi_poll(client->multi, NULL, 0, 250, NULL) != CURLM_OK)
            transfer_fail(t, CURLE_FAILED_INIT, "libcurl failed");
    }
    now = now_ms();
    t->left_ms = now - start >= t->left_ms ? 0 : t->left_ms - (now - start);
}

static void answer_fill(struct transfer *t, struct http_answer *answer)
{
    curl_off_t retry_after_s = 0;

    if (answer == NULL)
        return;
    curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    answer->status = t->head_done ? status_of(t->easy) : 0;
    answer->retry_after_s = retry_after_s < 0 ? 0 : (uint64_t)retry_after_s;
}

/* The result of a finished GET by its status, or by how it failed. */
static int get_result(
    const struct http_client *client, const char *path, struct transfer *t, struct why *why)
{
    unsigned status = t->head_done ? status_of(t->easy) : 0;

    if (status == 404) {
        why_set(why, "%.200s/%.200s: not there (404)", client->prefix, path);
        return KEIIN_EABSENT;
    }
    if (status != 0 && status != 200) {
        why_set(why, "%.200s/%.200s: answered with status %u", client->prefix, path, status);
        return KEIIN_EUNREADABLE;
    }
    if (t->done && t->result != CURLE_OK) {
        why_set(why, "%.200s/%.200s: %.100s", client->prefix, path, t->detail);
        return KEIIN_EUNREADABLE;
    }
    return 0;
}

int http_get(struct http_client *client, const char *path, size_t bytes_max, struct buf *body,
    struct http_answer *answer, struct why *why)
{
    struct transfer t = {.body = body, .body_bytes_max = bytes_max};
    int err;

    if (answer != NULL)
        *answer = (struct http_answer){0};
    err = transfer_start(client, path, &t);
    if (err == 0) {
        transfer_run(client, &t, false, 0);
        answer_fill(&t, answer);
        if (buf_status(body) != 0) {
            err = buf_status(body);
        } else if (t.too_long && status_of(t.easy) == 200) {
            why_set(why, "%.200s/%.200s: longer than %zu bytes", client->prefix, path, bytes_max);
            err = KEIIN_ELIMIT;
        } else {
            err = get_result(client, path, &t, why);
        }
    }
    transfer_end(client, &t);
    return err;
}

/* What a finished POST came to. */
static int post_result(const struct http_client *client, const char *path, struct transfer *t,
    struct buf *body, struct why *why)
{
    long sent_bytes = 0;

    if (buf_status(body) != 0 && buf_status(body) != KEIIN_ELIMIT)
        return buf_status(body);
    if (t->result == CURLE_OK && t->head_done)
        return 0;
    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent_bytes);
    why_set(why, "%.200s/%.200s: %.100s", client->prefix, path,
        t->too_long ? "the answer is too long" : t->detail);
    return sent_bytes == 0 && !t->head_done ? KEIIN_EUNREADABLE : KEIIN_EUNKNOWN;
}

int http_post(struct http_client *client, const char *path, const char *content_type,
    struct span body, size_t bytes_max, struct buf *answer_body, struct http_answer *answer,
    struct why *why)
{
    struct transfer t = {.body = answer_body, .body_bytes_max = bytes_max, .any_status = true};
    struct curl_slist *headers = NULL, *more;
    char type[128];
    int err = KEIIN_ENOMEM;

    if (answer != NULL)
        *answer = (struct http_answer){0};
    snprintf(type, sizeof type, "Content-Type: %s", content_type);
    headers = curl_slist_append(NULL, type);
    /* Asking first costs a second where the server does not answer that. */
    more = headers == NULL ? NULL : curl_slist_append(headers, "Expect:");
    if (more == NULL)
        goto out;
    headers = more;
    if (curl_easy_setopt(client->easy, CURLOPT_POST, 1L) != CURLE_OK ||
        curl_easy_setopt(client->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n) !=
            CURLE_OK ||
        curl_easy_setopt(client->easy, CURLOPT_POSTFIELDS,
            body.n == 0 ? "" : (const char *)body.p) != CURLE_OK ||
        curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, headers) != CURLE_OK)
        goto out;
    err = transfer_start(client, path, &t);
    if (err != 0)
        goto out;
    transfer_run(client, &t, false, 0);
    answer_fill(&t, answer);
    err = post_result(client, path, &t, answer_body, why);
    if (err != 0 && answer != NULL)
        answer->status = 0;
out:
    transfer_end(client, &t);
    curl_slist_free_all(headers);
    return err;
}

int http_stream_open(
    struct http_client *client, const char *path, struct http_stream **out, struct why *why)
{
    struct http_stream *stream = malloc(sizeof *stream);
    struct transfer *t;
    int err;

    *out = NULL;
    if (stream == NULL)
        return KEIIN_ENOMEM;
    stream->client = client;
    stream->transfer = (struct transfer){.window = stream->window};
    snprintf(stream->path, sizeof stream->path, "%s", path);
    t = &stream->transfer;
    err = transfer_start(client, path, t);
    if (err == 0) {
        transfer_run(client, t, true, 0);
        /* The body of a refusal is read and dropped, which keeps the connection. */
        if (!t->done && status_of(t->easy) != 200)
            transfer_run(client, t, false, SIZE_MAX);
        err = get_result(client, path, t, why);
    }
    if (err != 0) {
        transfer_end(client, t);
        free(stream);
        return err;
    }
    client->stream = stream;
    *out = stream;
    return 0;
}

int http_stream_read(
    struct http_stream *stream, uint8_t *bytes, size_t n, size_t *got, struct why *why)
{
    struct transfer *t = &stream->transfer;

    assert(stream->client->stream == stream);
    *got = 0;
    while (*got < n) {
        size_t there = t->window_to - t->window_from;
        size_t part = there < n - *got ? there : n - *got;

        memcpy(bytes + *got, t->window + t->window_from, part);
        t->window_from += part;
        *got += part;
        if (*got == n || (t->done && there == part))
            break;
        if (t->paused) {
            t->paused = false;
            /* This may call back at once, and so fill the window or pause again. */
            if (curl_easy_pause(t->easy, CURLPAUSE_CONT) != CURLE_OK)
                transfer_fail(t, CURLE_RECV_ERROR, "libcurl failed");
        }
        if (!t->done && !t->paused)
            transfer_run(stream->client, t, false, n - *got);
    }
    if (*got < n && t->result != CURLE_OK)
        return get_result(stream->client, stream->path, t, why);
    return 0;
}

void http_stream_close(struct http_stream *stream)
{
    if (stream == NULL)
        return;
    assert(stream->client->stream == stream);
    stream->client->stream = NULL;
    transfer_end(stream->client, &stream->transfer);
    free(stream);
}
