/* Servers that are absent, cut, slow, endless or lying about lengths: each is told apart, and
 * none holds the client up. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/client.h"
#include "system/clock.h"
#include "tests/unit/test.h"

#define BIG_BYTES (3 * 1024 * 1024)

static int listener;
static char prefix[64];

static void say(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Bytes 0, 1, 2 ... so that a reader sees what is lost or comes twice. */
static void say_big(int fd)
{
    static uint8_t bytes[BIG_BYTES];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i % 251);
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 3145728\r\n\r\n");
    for (size_t done = 0; done < sizeof bytes;) {
        ssize_t put = send(fd, bytes + done, sizeof bytes - done, MSG_NOSIGNAL);

        if (put <= 0)
            return;
        done += (size_t)put;
    }
}

/* False: the connection is closed. */
static bool answer(int fd, const char *request)
{
    const char *path = strchr(request, ' ') + 1;

    if (strncmp(path, "/p/big ", 7) == 0) {
        say_big(fd);
    } else if (strncmp(path, "/p/chunks ", 10) == 0) {
        say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    } else if (strncmp(path, "/p/absent ", 10) == 0) {
        say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
    } else if (strncmp(path, "/p/moved ", 9) == 0) {
        say(fd, "HTTP/1.1 302 Found\r\nLocation: /p/chunks\r\nContent-Length: 0\r\n\r\n");
    } else if (strncmp(path, "/p/busy ", 8) == 0) {
        say(fd, "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy");
    } else if (strncmp(path, "/p/coded ", 9) == 0) {
        say(fd, "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nContent-Length: 4\r\n\r\nzzzz");
    } else if (strncmp(path, "/p/identity ", 12) == 0) {
        say(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: Identity \r\nContent-Length: 4\r\n\r\nabcd");
    } else if (strncmp(path, "/p/codedabsent ", 15) == 0) {
        say(fd, "HTTP/1.1 404 No\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nzzzz");
    } else if (strncmp(path, "/p/cut ", 7) == 0) {
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc");
        return false;
    } else if (strncmp(path, "/p/stalled ", 11) == 0) {
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc");
    } else if (strncmp(path, "/p/dripping ", 12) == 0) {
        say(fd, "HTTP/1.1 200 OK\r\n\r\n");
        while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
            usleep(20000);
        return false;
    } else if (strncmp(path, "/p/endless ", 11) == 0) {
        say(fd, "HTTP/1.1 404 Not Found\r\n\r\n");
        while (send(fd, request, 64, MSG_NOSIGNAL) > 0)
            continue;
        return false;
    } else {
        return false; /* no answer at all */
    }
    return true;
}

/* Reads a request with its body; false at the end. */
static bool read_request(int fd, char *request, size_t size)
{
    size_t n = 0;
    char *end, *length;

    for (;;) {
        ssize_t got = recv(fd, request + n, size - 1 - n, 0);

        if (got <= 0)
            return false;
        n += (size_t)got;
        request[n] = 0;
        end = strstr(request, "\r\n\r\n");
        if (end == NULL)
            continue;
        length = strstr(request, "Content-Length: ");
        if (length == NULL || n >= (size_t)(end + 4 - request) + strtoul(length + 16, NULL, 10))
            return true;
    }
}

static void *serve_one(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char request[8192];

    while (read_request(fd, request, sizeof request) && answer(fd, request))
        continue;
    close(fd);
    return NULL;
}

static void *serve(void *arg)
{
    (void)arg;
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        pthread_t thread;

        if (fd < 0)
            return NULL;
        if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) != 0)
            abort();
        pthread_detach(thread);
    }
}

static int setup(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    pthread_t thread;

    (void)state;
    unsetenv("http_proxy");
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, n) != 0 ||
        listen(listener, 16) != 0 || getsockname(listener, (struct sockaddr *)&address, &n) != 0)
        return -1;
    snprintf(prefix, sizeof prefix, "http://127.0.0.1:%u/p/", ntohs(address.sin_port));
    if (pthread_create(&thread, NULL, serve, NULL) != 0)
        return -1;
    return pthread_detach(thread);
}

static struct http_client *open_client(void)
{
    struct http_options options = {.stall_timeout_ms = 300, .total_timeout_ms = 900};
    struct http_client *client;

    assert_int_equal(http_client_new(prefix, &options, &client, NULL), 0);
    return client;
}

static const struct {
    const char *path;
    int err;
    unsigned status;
    size_t bytes; /* when there is no error */
} gets[] = {
    {"big", 0, 200, BIG_BYTES}, {"chunks", 0, 200, 5}, {"absent", KEIIN_EABSENT, 404, 0},
    {"moved", KEIIN_EUNREADABLE, 302, 0}, {"busy", KEIIN_EUNREADABLE, 503, 0},
    {"cut", KEIIN_EUNREADABLE, 200, 0}, {"stalled", KEIIN_EUNREADABLE, 200, 0},
    {"dripping", KEIIN_EUNREADABLE, 200, 0}, {"endless", KEIIN_EABSENT, 404, 0},
    {"silent", KEIIN_EUNREADABLE, 0, 0}, {"coded", KEIIN_EUNREADABLE, 0, 0},
    {"identity", 0, 200, 4}, {"codedabsent", KEIIN_EABSENT, 404, 0},
    {"chunks", 0, 200, 5}, /* the client still works after all that */
};

static void whole_answers(void **state)
{
    struct http_client *client = open_client();

    (void)state;
    for (size_t i = 0; i < sizeof gets / sizeof gets[0]; i++) {
        struct http_answer got;
        struct why why = {""};
        struct buf body;
        int err;

        buf_init(&body, BIG_BYTES);
        err = http_get(client, gets[i].path, BIG_BYTES, &body, &got, &why);
        if (err != gets[i].err || got.status != gets[i].status)
            fail_msg("%s: %d, status %u: %s", gets[i].path, err, got.status, why.text);
        assert_int_equal(got.retry_after_s, strcmp(gets[i].path, "busy") == 0 ? 7 : 0);
        assert_int_equal(why.text[0] != 0, err != 0);
        if (err == 0)
            assert_int_equal(body.n, gets[i].bytes);
        buf_destroy(&body);
    }
    http_client_free(client);
}

static void longer_than_allowed(void **state)
{
    struct http_client *client = open_client();
    struct buf body;

    (void)state;
    for (size_t max = 4; max <= 5; max++) {
        buf_init(&body, 100);
        assert_int_equal(
            http_get(client, "chunks", max, &body, NULL, NULL), max < 5 ? KEIIN_ELIMIT : 0);
        buf_destroy(&body);
    }
    buf_init(&body, BIG_BYTES);
    assert_int_equal(http_get(client, "big", BIG_BYTES - 1, &body, NULL, NULL), KEIIN_ELIMIT);
    buf_destroy(&body);
    http_client_free(client);
}

/* Silence, and a refusal that goes on and on: the time, long here, is not used up for these. */
static void left_before_the_time_is_over(void **state)
{
    struct http_options options = {.stall_timeout_ms = 300, .total_timeout_ms = 20000};
    uint64_t start_ms = system_clock.monotonic_ms(system_clock.ctx);
    struct http_client *client;
    struct http_stream *stream;
    struct buf body;

    (void)state;
    buf_init(&body, BIG_BYTES);
    assert_int_equal(http_client_new(prefix, &options, &client, NULL), 0);
    assert_int_equal(http_get(client, "stalled", BIG_BYTES, &body, NULL, NULL), KEIIN_EUNREADABLE);
    buf_clear(&body);
    assert_int_equal(http_get(client, "endless", BIG_BYTES, &body, NULL, NULL), KEIIN_EABSENT);
    assert_int_equal(http_stream_open(client, "endless", &stream, NULL), KEIIN_EABSENT);
    assert_true(system_clock.monotonic_ms(system_clock.ctx) - start_ms < options.total_timeout_ms);
    assert_int_equal(body.n, 0);
    http_client_free(client);
    buf_destroy(&body);
}

/* Reads a stream in pieces of `piece` bytes; the sum of what came in *total. */
static int read_stream(struct http_client *client, const char *path, size_t piece, size_t *total)
{
    uint8_t *bytes = malloc(piece);
    struct http_stream *stream;
    size_t got = piece;
    int err;

    assert_non_null(bytes);
    *total = 0;
    err = http_stream_open(client, path, &stream, NULL);
    if (err == 0) {
        while (err == 0 && got == piece) {
            err = http_stream_read(stream, bytes, piece, &got, NULL);
            for (size_t i = 0; i < got && strcmp(path, "big") == 0; i++)
                assert_int_equal(bytes[i], (*total + i) % 251);
            *total += got;
        }
        http_stream_close(stream);
    }
    free(bytes);
    return err;
}

static void streams(void **state)
{
    static const size_t pieces[] = {1000, 65536, 300000, BIG_BYTES + 1};
    struct http_client *client = open_client();
    size_t total;

    (void)state;
    for (size_t i = 0; i < sizeof gets / sizeof gets[0]; i++) {
        int err = read_stream(client, gets[i].path, 4096, &total);

        if (err != gets[i].err)
            fail_msg("%s: %d", gets[i].path, err);
        if (err == 0)
            assert_int_equal(total, gets[i].bytes);
    }
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        assert_int_equal(read_stream(client, "big", pieces[i], &total), 0);
        assert_int_equal(total, BIG_BYTES);
    }
    http_client_free(client);
}

/* A stream that is left in the middle leaves a client that works. */
static void a_stream_left(void **state)
{
    struct http_client *client = open_client();
    struct http_stream *stream;
    uint8_t bytes[100];
    size_t got;

    (void)state;
    assert_int_equal(http_stream_open(client, "big", &stream, NULL), 0);
    assert_int_equal(http_stream_read(stream, bytes, sizeof bytes, &got, NULL), 0);
    assert_int_equal(got, sizeof bytes);
    http_stream_close(stream);
    assert_int_equal(read_stream(client, "big", 65536, &got), 0);
    assert_int_equal(http_stream_open(client, "big", &stream, NULL), 0);
    http_client_free(client); /* closes it */
}

static void posts(void **state)
{
    static const struct {
        const char *path;
        int err;
        unsigned status;
    } cases[] = {
        {"chunks", 0, 200},
        {"absent", 0, 404},
        {"busy", 0, 503},
        {"cut", KEIIN_EUNKNOWN, 0},
        {"coded", KEIIN_EUNKNOWN, 0},
        {"stalled", KEIIN_EUNKNOWN, 0},
        {"endless", KEIIN_EUNKNOWN, 0},
        {"silent", KEIIN_EUNKNOWN, 0},
    };
    struct http_client *client = open_client();

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_answer got;
        struct buf body;
        int err;

        buf_init(&body, 4096);
        err = http_post(client, cases[i].path, "application/msgpack", span_str("a body"), 4096,
            &body, &got, NULL);
        if (err != cases[i].err || got.status != cases[i].status)
            fail_msg("%s: %d, status %u", cases[i].path, err, got.status);
        buf_destroy(&body);
    }
    http_client_free(client);
}

static void nobody_there(void **state)
{
    struct http_client *client;
    struct buf body;

    (void)state;
    buf_init(&body, 100);
    assert_int_equal(http_client_new("http://127.0.0.1:1", NULL, &client, NULL), 0);
    assert_int_equal(http_get(client, "x", 10, &body, NULL, NULL), KEIIN_EUNREADABLE);
    assert_int_equal(
        http_post(client, "x", "a/b", span_str("x"), 10, &body, NULL, NULL), KEIIN_EUNREADABLE);
    http_client_free(client);
    buf_destroy(&body);
}

static void urls(void **state)
{
    static const char *const bad[] = {"", "host", "ftp://host", "file:///etc/passwd", "http://",
        "http://user@host/", "http://user:word@host/", "http://host/?q", "http://host/#f",
        "http://ho st/", "http://host/\n"};
    static const char *const good[] = {
        "http://host", "https://host:8443/a/b//", "http://[::1]:80/"};
    struct http_client *client;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (http_client_new(bad[i], NULL, &client, NULL) != KEIIN_EUSAGE)
            fail_msg("%s", bad[i]);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(http_client_new(good[i], NULL, &client, NULL), 0);
        http_client_free(client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_answers),
        cmocka_unit_test(longer_than_allowed),
        cmocka_unit_test(left_before_the_time_is_over),
        cmocka_unit_test(streams),
        cmocka_unit_test(a_stream_left),
        cmocka_unit_test(posts),
        cmocka_unit_test(nobody_there),
        cmocka_unit_test(urls),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
