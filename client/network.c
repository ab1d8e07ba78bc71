#include "client/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "http/client.h"

/* Hands the result of one request over. */
static int hand_over(int err, const struct http_answer *from, const struct why *why,
    struct buf *bytes, unsigned char **body, size_t *n, struct keiin_answer *answer)
{
    *answer = (struct keiin_answer){.status = from->status, .retry_after_s = from->retry_after_s};
    *body = NULL;
    *n = 0;
    if (err == KEIIN_ENOMEM)
        return err;
    if (err != 0 && from->status != 404 && (from->status == 0 || from->status == 200)) {
        answer->status = 0;
        snprintf(answer->detail, sizeof answer->detail, "%.255s", why->text);
        return KEIIN_EUNKNOWN;
    }
    if (bytes->n > 0) {
        *body = buf_take(bytes, n);
        if (*body == NULL)
            return KEIIN_ENOMEM;
    }
    return 0;
}

static int get(void *context, const char *path, size_t bytes_max, unsigned char **body, size_t *n,
    struct keiin_answer *answer)
{
    struct http_answer from = {0};
    struct why why = {""};
    struct buf bytes;
    int err;

    buf_init(&bytes, bytes_max);
    err = http_get(context, path, bytes_max, &bytes, &from, &why);
    err = hand_over(err, &from, &why, &bytes, body, n, answer);
    buf_destroy(&bytes);
    return err;
}

static int post(void *context, const char *path, const char *content_type,
    const unsigned char *content, size_t content_n, size_t bytes_max, unsigned char **body,
    size_t *n, struct keiin_answer *answer)
{
    struct http_answer from = {0};
    struct why why = {""};
    struct buf bytes;
    int err;

    buf_init(&bytes, bytes_max);
    err = http_post(
        context, path, content_type, span_of(content, content_n), bytes_max, &bytes, &from, &why);
    err = hand_over(err, &from, &why, &bytes, body, n, answer);
    buf_destroy(&bytes);
    return err;
}

static void wait_ms(void *context, uint64_t delay_ms)
{
    struct timespec delay = {(time_t)(delay_ms / 1000), (long)(delay_ms % 1000) * 1000000};

    (void)context;
    while (nanosleep(&delay, &delay) != 0)
        continue;
}

int network_default(const char *url, uint64_t timeout_ms, struct http_client **client,
    struct keiin_network *out, struct why *why)
{
    struct http_options options = {.total_timeout_ms = timeout_ms};
    int err = http_client_new(url, &options, client, why);

    if (err == 0)
        *out = (struct keiin_network){*client, get, post, wait_ms};
    return err;
}

int network_get(const struct keiin_network *network, const char *path, size_t bytes_max,
    uint8_t **body, size_t *n, struct why *why)
{
    struct keiin_answer answer = {0};
    int err;

    *body = NULL;
    *n = 0;
    err = network->get(network->context, path, bytes_max, body, n, &answer);
    if (err == 0 && answer.status == 200 && *body != NULL)
        return 0;
    free(*body);
    *body = NULL;
    *n = 0;
    if (err == KEIIN_ENOMEM)
        return err;
    if (err != 0 || answer.status == 0) {
        why_set(why, "%.255s", answer.detail);
        return KEIIN_EUNKNOWN;
    }
    why_set(why, "%s: answered with status %u", path, answer.status);
    if (answer.status == 404)
        return KEIIN_EABSENT;
    return answer.status == 429 || answer.status == 503 ? KEIIN_EBUSY : KEIIN_EUNKNOWN;
}
