/*
 * Load generator for keiin-ledger: threads with keep-alive connections on raw sockets,
 * submissions signed before the clock starts. Says how many records were acknowledged a
 * second, the latencies, and the CPU time that the server used.
 *
 *   load --url http://127.0.0.1:PORT[/PREFIX] --roster NOTE --seconds S --records N
 *        [--threads T] [--pid SERVER] [--record-bytes B] [--requests N] [--every-ms MS] KEYFILE...
 *
 * One connection a key file: a writer has one submission outstanding. The writers must
 * be silent ones, or continued ones: each asks the ledger where its chain ends. --requests bounds
 * what each has to send; with --every-ms a line a while says what was acknowledged so far.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/chain.h"
#include "core/msgpack.h"
#include "core/roster.h"
#include "core/sha256.h"
#include "core/submission.h"
#include "core/text.h"
#include "system/file.h"
#include "system/secretfile.h"

#define ANSWER_BYTES_MAX 65536
#define LATENCIES_MAX (1 << 20) /* a thread */

struct options {
    char host[128], port[8], prefix[256];
    const char *roster;
    uint64_t seconds, records, threads, record_bytes, pid, every_ms;
};

struct request {
    uint8_t *bytes;
    size_t n;
};

struct connection {
    int fd;
    struct keyfile key;
    struct hash head;
    uint64_t number; /* last */
    struct request *requests; /* signed in advance */
    size_t request_count, next;
    size_t sent;
    uint8_t answer[ANSWER_BYTES_MAX];
    size_t got;
    uint64_t since_ns;
};

struct thread {
    pthread_t id;
    struct connection **connections;
    size_t count;
    uint64_t until_ns, refused;
    atomic_uint_fast64_t acked;
    atomic_bool done;
    uint32_t *latencies_us;
    size_t latency_count;
};

static struct options o = {.seconds = 5, .records = 1, .threads = 1, .record_bytes = 250};
static struct hash ledger_id;

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "load: %s\n", what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void parse_url(const char *url)
{
    const char *host = url, *colon, *slash;

    if (strncmp(url, "http://", 7) != 0)
        die("--url is http://HOST:PORT[/PREFIX]");
    host += 7;
    colon = strchr(host, ':');
    slash = strchr(host, '/');
    if (colon == NULL)
        die("--url needs a port");
    snprintf(o.host, sizeof o.host, "%.*s", (int)(colon - host), host);
    snprintf(
        o.port, sizeof o.port, "%.*s", slash == NULL ? 7 : (int)(slash - colon - 1), colon + 1);
    snprintf(o.prefix, sizeof o.prefix, "%s", slash == NULL ? "" : slash);
}

static int connect_to(void)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *a = NULL;
    const int one = 1;
    int fd;

    if (getaddrinfo(o.host, o.port, &hints, &a) != 0)
        die("no such host");
    fd = socket(a->ai_family, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) != 0)
        die(strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    freeaddrinfo(a);
    return fd;
}

/* A record of about --record-bytes. */
static void put_record(struct buf *out, uint64_t number)
{
    uint8_t salt[SALT_BYTES];
    char id[32];
    size_t pad = o.record_bytes > 130 ? (size_t)o.record_bytes - 130 : 1;
    char text[256];

    memset(salt, 0, sizeof salt);
    be64_put(salt, number);
    snprintf(id, sizeof id, "event-%" PRIu64, number);
    msgpack_put_map(out, 6);
    msgpack_put_str(out, span_str("action"));
    msgpack_put_str(out, span_str("query"));
    msgpack_put_str(out, span_str("actor"));
    msgpack_put_str(out, span_str("person-17"));
    msgpack_put_str(out, span_str("at"));
    msgpack_put_uint(out, UINT64_C(1790000000000) + number);
    msgpack_put_str(out, span_str("detail"));
    if (pad > 200)
        pad = 200;
    memset(text, 'd', sizeof text);
    msgpack_put_str(out, span_of(text, pad));
    msgpack_put_str(out, span_str("id"));
    msgpack_put_str(out, span_str(id));
    msgpack_put_str(out, span_str("salt"));
    msgpack_put_bin(out, span_of(salt, sizeof salt));
}

static void sign_next(struct connection *c, struct request *out)
{
    size_t n = (size_t)o.records;
    struct submission s = {
        .kind = ENTRY_RECORDS, .number = c->number + 1, .before = c->head, .count = n};
    struct buf records, body, request;
    size_t *ends = malloc(n * sizeof *ends);
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    struct chain_text text;
    struct vkey key;

    vkey_make(&key, span_str(c->key.name), KEY_ED25519, secret_public(c->key.secret));
    s.key = key.key_hash;
    s.records = malloc(n * sizeof *s.records);
    s.digests = malloc(n * sizeof *s.digests);
    buf_init(&records, 64 << 20);
    buf_init(&body, 64 << 20);
    buf_init(&request, 64 << 20);
    for (size_t i = 0; i < n; i++) {
        put_record(&records, s.number + i);
        ends[i] = records.n;
    }
    for (size_t i = 0; i < n; i++) {
        size_t start = i == 0 ? 0 : ends[i - 1];

        s.records[i] = span_of(records.p + start, ends[i] - start);
        sha256(&s.digests[i], s.records[i]);
    }
    chain_extend(&c->head, &s.before, s.digests, n);
    c->number += n;
    chain_text(&text, &ledger_id, key.name, c->number, &c->head);
    secret_sign(c->key.secret, span_of(text.bytes, text.n), signature);
    s.signature = span_of(signature, sizeof signature);
    submission_write(&body, &s);
    buf_printf(&request,
        "POST %s/records HTTP/1.1\r\nHost: %s\r\nContent-Type: application/msgpack\r\n"
        "Content-Length: %zu\r\n\r\n",
        o.prefix, o.host, body.n);
    buf_put_span(&request, buf_view(&body));
    out->bytes = buf_take(&request, &out->n);
    if (out->bytes == NULL || buf_status(&body) != 0)
        die("out of memory");
    buf_destroy(&records);
    buf_destroy(&body);
    free(s.records);
    free(s.digests);
    free(ends);
}

/* Status and body of a whole answer; 0 when it is not whole yet. */
static unsigned answer_status(const uint8_t *p, size_t n, struct span *body)
{
    const char *head = (const char *)p, *end = memmem(p, n, "\r\n\r\n", 4), *length;
    size_t body_bytes;

    if (end == NULL)
        return 0;
    length = memmem(p, (size_t)(end - head) + 2, "Content-Length: ", 16);
    body_bytes = length == NULL ? 0 : (size_t)strtoul(length + 16, NULL, 10);
    if (n < (size_t)(end - head) + 4 + body_bytes)
        return 0;
    *body = span_of(end + 4, body_bytes);
    return (unsigned)strtoul(head + 9, NULL, 10);
}

static void ask_state(struct connection *c)
{
    char request[512], hex[65];
    struct hash name_hash;
    struct span body;
    unsigned status = 0;
    int n;

    sha256(&name_hash, span_str(c->key.name));
    hex_encode(hex, span_hash(&name_hash));
    n = snprintf(request, sizeof request, "GET %s/writers/%s HTTP/1.1\r\nHost: %s\r\n\r\n",
        o.prefix, hex, o.host);
    if (write(c->fd, request, (size_t)n) != n)
        die("the server does not take a request");
    for (c->got = 0; status == 0;) {
        ssize_t got = read(c->fd, c->answer + c->got, sizeof c->answer - c->got);

        if (got <= 0)
            die("the server does not answer");
        c->got += (size_t)got;
        status = answer_status(c->answer, c->got, &body);
    }
    if (status != 200 || writer_state_parse(body, &c->number, &c->head) != 0)
        die("the ledger does not know a writer");
    c->got = 0;
}

/* What is ready beforehand: enough for the time, but bounded in memory. */
static void *prepare(void *arg)
{
    struct thread *t = arg;

    for (size_t i = 0; i < t->count; i++) {
        struct connection *c = t->connections[i];

        for (size_t j = 0; j < c->request_count; j++)
            sign_next(c, &c->requests[j]);
    }
    return NULL;
}

static void on_all_threads(struct thread *threads, void *(*work)(void *))
{
    for (size_t i = 0; i < o.threads; i++)
        if (pthread_create(&threads[i].id, NULL, work, &threads[i]) != 0)
            die("no thread");
}

static void join_all(struct thread *threads)
{
    for (size_t i = 0; i < o.threads; i++)
        pthread_join(threads[i].id, NULL);
}

static bool send_more(struct connection *c)
{
    const struct request *r = &c->requests[c->next];

    while (c->sent < r->n) {
        ssize_t n = send(c->fd, r->bytes + c->sent, r->n - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return false;
        if (n <= 0)
            die("the server closed a connection");
        c->sent += (size_t)n;
    }
    return true;
}

static void start_request(struct connection *c)
{
    c->sent = c->got = 0;
    c->since_ns = now_ns();
    send_more(c);
}

/* True when another request follows. */
static bool on_answer(struct thread *t, struct connection *c)
{
    struct span body;
    unsigned status;
    ssize_t n = recv(c->fd, c->answer + c->got, sizeof c->answer - c->got, MSG_DONTWAIT);

    if (n < 0 && errno == EAGAIN)
        return true;
    if (n <= 0)
        die("the server closed a connection");
    c->got += (size_t)n;
    status = answer_status(c->answer, c->got, &body);
    if (status == 0)
        return true;
    if (t->latency_count < LATENCIES_MAX)
        t->latencies_us[t->latency_count++] = (uint32_t)((now_ns() - c->since_ns) / 1000);
    if (status == 201 || status == 200) {
        t->acked++;
        c->next++;
    } else {
        t->refused++;
        if (status != 503 && status != 429 && status != 507) {
            fprintf(stderr, "load: refused with %u\n", status);
            exit(1);
        }
    }
    if (c->next == c->request_count || now_ns() >= t->until_ns)
        return false;
    start_request(c);
    return true;
}

static void *run(void *arg)
{
    struct thread *t = arg;
    struct epoll_event events[256];
    size_t open = t->count;
    int epoll = epoll_create1(0);

    for (size_t i = 0; i < t->count; i++) {
        struct epoll_event e = {EPOLLIN, {.ptr = t->connections[i]}};

        /* Not before: a server in need closes those that have nothing to say. */
        t->connections[i]->fd = connect_to();
        epoll_ctl(epoll, EPOLL_CTL_ADD, t->connections[i]->fd, &e);
        start_request(t->connections[i]);
        if (t->connections[i]->sent < t->connections[i]->requests[0].n) {
            e.events = EPOLLIN | EPOLLOUT;
            epoll_ctl(epoll, EPOLL_CTL_MOD, t->connections[i]->fd, &e);
        }
    }
    while (open > 0) {
        int n = epoll_wait(epoll, events, 256, 1000);

        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            struct epoll_event e = {EPOLLIN, {.ptr = c}};

            if ((events[i].events & EPOLLOUT) != 0)
                send_more(c);
            if ((events[i].events & EPOLLIN) != 0 && !on_answer(t, c)) {
                epoll_ctl(epoll, EPOLL_CTL_DEL, c->fd, NULL);
                open--;
                continue;
            }
            if (c->next < c->request_count && c->sent < c->requests[c->next].n)
                e.events |= EPOLLOUT;
            epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &e);
        }
    }
    close(epoll);
    t->done = true;
    return NULL;
}

/* User and system time of the server, in seconds. */
static double cpu_s(void)
{
    char path[64], line[1024];
    unsigned long user = 0, system = 0;
    FILE *f;
    char *p;

    if (o.pid == 0)
        return 0;
    snprintf(path, sizeof path, "/proc/%" PRIu64 "/stat", o.pid);
    f = fopen(path, "r");
    if (f == NULL || fgets(line, sizeof line, f) == NULL)
        die("--pid names no process");
    fclose(f);
    p = strrchr(line, ')');
    if (p == NULL ||
        sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        die("/proc/PID/stat is not understood");
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* Until all are done: a line a while. */
static void report_progress(const struct thread *threads)
{
    const struct timespec pause = {
        (time_t)(o.every_ms / 1000), (long)(o.every_ms % 1000 * 1000000)};
    bool done = o.every_ms == 0;

    while (!done) {
        uint64_t acked = 0;

        done = true;
        for (size_t i = 0; i < o.threads; i++) {
            acked += threads[i].acked;
            done = done && threads[i].done;
        }
        printf("{\"at_ns\":%" PRIu64 ",\"acked\":%" PRIu64 "}\n", now_ns(), acked);
        fflush(stdout);
        nanosleep(&pause, NULL);
    }
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void report(struct thread *threads, double seconds, double cpu)
{
    uint64_t acked = 0, refused = 0;
    size_t n = 0;
    uint32_t *all;

    for (size_t i = 0; i < o.threads; i++) {
        acked += threads[i].acked;
        refused += threads[i].refused;
        n += threads[i].latency_count;
    }
    all = malloc((n + 1) * sizeof *all);
    n = 0;
    for (size_t i = 0; i < o.threads; i++) {
        memcpy(all + n, threads[i].latencies_us, threads[i].latency_count * sizeof *all);
        n += threads[i].latency_count;
    }
    qsort(all, n, sizeof *all, by_value);
    printf("{\"submissions_per_s\":%.0f,\"records_per_s\":%.0f,\"acked\":%" PRIu64
           ",\"refused\":%" PRIu64 ",\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u,\"seconds\":%.2f,"
           "\"server_cpu_s\":%.2f,\"server_cpu_us_per_submission\":%.2f}\n",
        (double)acked / seconds, (double)(acked * o.records) / seconds, acked * o.records, refused,
        n == 0 ? 0 : all[n / 2], n == 0 ? 0 : all[n - 1 - n / 100], n == 0 ? 0 : all[n - 1],
        seconds, cpu, acked == 0 ? 0 : cpu * 1e6 / (double)acked);
    free(all);
}

static void read_roster(void)
{
    struct roster *roster = NULL;
    struct why why = {""};
    uint8_t *bytes;
    size_t n;

    if (o.roster == NULL)
        die("--roster NOTE is needed");
    if (file_read(o.roster, ROSTER_BYTES_MAX, &bytes, &n, &why) != 0 ||
        roster_from_note(span_of(bytes, n), NULL, &roster, &why) != 0)
        die(why.text);
    ledger_id = roster->text_hash;
    roster_free(roster);
    free(bytes);
}

static uint64_t number_of(const char *text)
{
    uint64_t v;

    if (!decimal_parse(span_str(text), UINT32_MAX, &v))
        die("an option is not a number");
    return v;
}

static void read_options(int argc, char **argv, uint64_t *requests)
{
    static const struct option known[] = {
        {"url", required_argument, NULL, 'u'},
        {"roster", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 's'},
        {"records", required_argument, NULL, 'n'},
        {"threads", required_argument, NULL, 't'},
        {"record-bytes", required_argument, NULL, 'b'},
        {"pid", required_argument, NULL, 'p'},
        {"requests", required_argument, NULL, 'q'},
        {"every-ms", required_argument, NULL, 'e'},
        {NULL, 0, NULL, 0},
    };
    int c;

    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (c) {
        case 'u':
            parse_url(optarg);
            break;
        case 'r':
            o.roster = optarg;
            break;
        case 's':
            o.seconds = number_of(optarg);
            break;
        case 'n':
            o.records = number_of(optarg);
            break;
        case 't':
            o.threads = number_of(optarg);
            break;
        case 'b':
            o.record_bytes = number_of(optarg);
            break;
        case 'p':
            o.pid = number_of(optarg);
            break;
        case 'e':
            o.every_ms = number_of(optarg);
            break;
        case 'q':
            *requests = number_of(optarg);
            break;
        default:
            exit(64);
        }
    }
    if (o.threads == 0 || o.records == 0 || o.records > ENTRY_DIGESTS_MAX || o.port[0] == 0 ||
        optind >= argc)
        die("usage: see the top of tests/bench/load.c");
}

int main(int argc, char **argv)
{
    uint64_t requests = 0, start;
    struct why why = {""};
    struct thread *threads;
    size_t count;
    double cpu;

    read_options(argc, argv, &requests);
    if (crypto_start(&why) != 0)
        die(why.text);
    read_roster();
    count = (size_t)(argc - optind);
    if (o.threads > count)
        o.threads = count;
    if (requests == 0) /* a connection; a signature takes 20 microseconds to make */
        requests = 40000 * o.seconds / count / (o.records < 16 ? 1 : o.records / 16) + 50;
    threads = calloc((size_t)o.threads, sizeof *threads);
    for (size_t i = 0; i < o.threads; i++) {
        threads[i].connections = calloc(count, sizeof(struct connection *));
        threads[i].latencies_us = malloc(LATENCIES_MAX * sizeof(uint32_t));
    }
    for (size_t i = 0; i < count; i++) {
        struct connection *c = calloc(1, sizeof *c);
        struct thread *t = &threads[i % o.threads];

        if (c == NULL ||
            secretfile_open(argv[optind + (int)i], "writer", false, &c->key, &why) != 0)
            die(why.text);
        c->fd = connect_to();
        ask_state(c);
        c->request_count = (size_t)requests;
        c->requests = calloc(c->request_count, sizeof *c->requests);
        close(c->fd); /* the server may have given up on it meanwhile */
        t->connections[t->count++] = c;
    }
    on_all_threads(threads, prepare);
    join_all(threads);
    cpu = cpu_s();
    start = now_ns();
    for (size_t i = 0; i < o.threads; i++)
        threads[i].until_ns = start + o.seconds * 1000000000u;
    on_all_threads(threads, run);
    report_progress(threads);
    join_all(threads);
    report(threads, (double)(now_ns() - start) / 1e9, cpu_s() - cpu);
    return 0;
}
