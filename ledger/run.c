#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <uv.h>

#include "ledger/control.h"
#include "ledger/instance.h"
#include "ledger/log.h"
#include "ledger/notify.h"
#include "ledger/own.h"
#include "ledger/publish.h"
#include "ledger/recover.h"
#include "ledger/restore.h"
#include "ledger/route.h"
#include "ledger/setup.h"
#include "ledger/status.h"
#include "ledger/submit.h"
#include "store/lmdb.h"
#include "store/probe.h"
#include "system/cli.h"
#include "system/messages.h"
#include "system/thread.h"

#define TICK_MS 1000
#define DESCRIPTORS_KEPT 32 /* for the store, the log, the other sockets */
#define MMAP_BYTES_MIN (256 * 1024) /* what malloc gives back at once when it is freed */
#define DRAIN_TICK_MS 5
#define DRAIN_UPLOADS_MS 1500 /* for answers that are still going out */
#define DRAIN_MS_MAX 4000 /* for a group that is being committed */
#define KEEP_EVERY_MS 60000 /* how old the instance file's checkpoint may become */

struct server {
    struct setup setup;
    struct ledger ledger;
    struct network network;
    uv_loop_t loop;
    bool has_loop;
    uv_async_t wake;
    uv_signal_t term, interrupt;
    uv_timer_t tick, drain;
    uint64_t drain_ms; /* loop time when it began */
    struct http_server *http, *status_http;
    struct status status;
    struct control *control;
    struct instance instance; /* the loop's, and keep_work's while that is under way */
    uv_work_t keep_work;
    bool keeping;
    uint64_t kept_ms; /* loop time */
    uint8_t *kept; /* the checkpoint that is being kept; owned */
    size_t kept_bytes;
    struct restore *restore; /* after a restore, else NULL */
    int exit_status;
    bool stuck; /* jobs were left: nothing can be closed in order */
};

/* What start-up would find, found in a child: a damaged page cannot take the server down. */
static int look(void *ctx, struct why *why)
{
    struct server *server = ctx;
    struct setup *setup = &server->setup;
    struct store store;
    int err = setup_open_store(setup, &store, why);

    if (err != 0)
        return err;
    /* After a restore the key may be one that only a newer roster lists. */
    err = recover_check(&store, &setup->config, &setup->log_key, setup->after_restore, why);
    if (err == 0 && !setup->after_restore)
        err = instance_check(&server->instance, &store, why);
    store_close(&store);
    return err;
}

static void wake(void *ctx)
{
    struct server *server = ctx;

    uv_async_send(&server->wake);
}

static void stop_fatal(struct server *server, const struct why *why)
{
    log_line(LOG_ERROR, "stopped", "%s", why->text);
    server->exit_status = EXIT_INTERNAL;
    server->stuck = true;
    uv_stop(&server->loop);
}

static void on_wake(uv_async_t *async)
{
    struct server *server = async->data;
    struct why why = {""};
    int err;

    if (publish_run(&server->ledger, &why)) {
        stop_fatal(server, &why);
        return;
    }
    err = restore_poll(server->restore, &why);
    if (err == 0)
        return;
    stop_fatal(server, &why);
    if (err == KEIIN_EMISMATCH)
        server->exit_status = EXIT_FINDINGS;
}

/* Another thread: the instance file, so that the loop does not wait for the disk. */
static void keep(uv_work_t *work)
{
    struct server *server = work->data;
    struct why why = {""};

    if (instance_keep(&server->instance, span_of(server->kept, server->kept_bytes), &why) != 0)
        log_line(LOG_WARNING, "instance-file", "%s", why.text);
    store_lmdb_forget_dead_readers(&server->ledger.given.store);
}

static void on_kept(uv_work_t *work, int status)
{
    struct server *server = work->data;

    (void)status;
    free(server->kept);
    server->kept = NULL;
    server->keeping = false;
}

static void keep_newest(struct server *server)
{
    const struct published *newest = &server->ledger.published;

    server->kept_ms = uv_now(&server->loop);
    server->kept = malloc(newest->checkpoint_bytes);
    if (server->kept == NULL)
        return;
    memcpy(server->kept, newest->checkpoint, newest->checkpoint_bytes);
    server->kept_bytes = newest->checkpoint_bytes;
    server->keep_work.data = server;
    server->keeping = uv_queue_work(&server->loop, &server->keep_work, keep, on_kept) == 0;
    if (!server->keeping)
        on_kept(&server->keep_work, 0);
}

static void on_tick(uv_timer_t *timer)
{
    struct server *server = timer->data;
    int err;

    if (!server->keeping && !server->ledger.draining && !server->ledger.reads_only &&
        uv_now(&server->loop) - server->kept_ms >= KEEP_EVERY_MS)
        keep_newest(server);
    if (!own_heartbeat_due(&server->ledger))
        return;
    err = own_heartbeat(&server->ledger);
    if (err != 0)
        log_line(LOG_WARNING, "heartbeat-failed", "%s", keiin_err_text(err));
}

static void on_drain(uv_timer_t *timer)
{
    struct server *server = timer->data;
    uint64_t passed_ms = uv_now(&server->loop) - server->drain_ms;

    if (server->ledger.jobs == 0 &&
        (http_server_requests(server->http) == 0 || passed_ms > DRAIN_UPLOADS_MS)) {
        uv_stop(&server->loop);
    } else if (passed_ms > DRAIN_MS_MAX) {
        log_line(LOG_ERROR, "stopped",
            "a commit did not end within %d ms; what it held was not "
            "acknowledged",
            DRAIN_MS_MAX);
        server->exit_status = EXIT_INTERNAL;
        server->stuck = true;
        uv_stop(&server->loop);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct server *server = handle->data;

    if (server->ledger.draining)
        return;
    log_line(LOG_INFO, "stopping", "signal %d", number);
    notify_systemd("STOPPING=1");
    server->ledger.draining = true;
    server->drain_ms = uv_now(&server->loop);
    http_server_quiesce(server->http);
    uv_timer_start(&server->drain, on_drain, 0, DRAIN_TICK_MS);
}

/*
 * Connections are descriptors: the usual soft limit of 1,024 is too few. So many connections can
 * be had that the rest of the server keeps its own.
 */
static unsigned connections_by_descriptors(const struct config *config)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)config->connections_max + DESCRIPTORS_KEPT;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return (unsigned)config->connections_max;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted)
        return (unsigned)config->connections_max;
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    log_line(LOG_WARNING, "descriptors",
        "only %llu files can be open at once; raise the limit or lower connections_max",
        (unsigned long long)limit.rlim_cur);
    return limit.rlim_cur > 2 * DESCRIPTORS_KEPT ? (unsigned)(limit.rlim_cur - DESCRIPTORS_KEPT)
                                                 : DESCRIPTORS_KEPT;
}

/* After start_handles: its threads wake the loop from the beginning. */
static int start_ledger(struct server *server, struct why *why)
{
    struct ledger_given given = {.config = &server->setup.config,
        .clock = &system_clock,
        .random = &system_random,
        .network = &server->network,
        .log_key = &server->setup.log_key,
        .operator_key = &server->setup.operator_key,
        .restored = server->setup.after_restore};
    int err = setup_open_store(&server->setup, &given.store, why);

    server->network = (struct network){server, submit_answer, wake};
    if (err == 0 && server->setup.after_restore) {
        err = restore_mark(&given.store, why);
        if (err != 0)
            store_close(&given.store);
    }
    if (err == 0)
        err = ledger_start(&server->ledger, &given, why);
    return err;
}

/* Before anything can be asked of the ledger: this folder is the one in use from now on. */
static int begin_instance(struct server *server, struct why *why)
{
    const struct published *published = &server->ledger.published;
    const struct restore_options options = {server->setup.from, server->setup.from_count,
        server->setup.without_records, &server->instance};
    int err = instance_begin(&server->instance, &server->ledger.given.store, &system_random,
        span_of(published->checkpoint, published->checkpoint_bytes), why);

    if (err == 0 && server->setup.after_restore)
        err = restore_start(&server->ledger, &options, &server->restore, why);
    return err;
}

static int start_http(struct server *server, struct why *why)
{
    const struct config *config = &server->setup.config;
    struct http_handler handler = route_handler(&server->ledger);
    struct http_server_options options = {.listen = config->listen,
        .connections_max = connections_by_descriptors(config),
        .backlog = (unsigned)config->backlog,
        .idle_timeout_s = (unsigned)config->idle_timeout_s,
        .request_timeout_s = (unsigned)config->request_timeout_s,
        .rate_bytes_min = config->rate_bytes_min,
        .connection_memory_bytes = (size_t)config->connection_memory_bytes};
    int err = http_server_new(&server->loop, &options, &handler, &server->http, why);

    if (err != 0 || config->status_listen[0] == 0)
        return err;
    server->status = (struct status){&server->ledger, server->http};
    handler = status_handler(&server->status);
    options.listen = config->status_listen;
    options.connections_max = 16;
    return http_server_new(&server->loop, &options, &handler, &server->status_http, why);
}

static int start_handles(struct server *server, struct why *why)
{
    int rc = uv_loop_init(&server->loop);

    if (rc != 0)
        goto out;
    server->has_loop = true;
    server->wake.data = server->term.data = server->interrupt.data = server->tick.data =
        server->drain.data = server;
    uv_timer_init(&server->loop, &server->tick);
    uv_timer_init(&server->loop, &server->drain);
    rc = uv_async_init(&server->loop, &server->wake, on_wake);
    if (rc == 0)
        rc = uv_signal_init(&server->loop, &server->term);
    if (rc == 0)
        rc = uv_signal_init(&server->loop, &server->interrupt);
    if (rc == 0)
        rc = uv_signal_start(&server->term, on_signal, SIGTERM);
    if (rc == 0)
        rc = uv_signal_start(&server->interrupt, on_signal, SIGINT);
    if (rc == 0)
        rc = uv_timer_start(&server->tick, on_tick, TICK_MS, TICK_MS);
out:
    if (rc != 0)
        why_set(why, "the event loop does not start: %s", uv_strerror(rc));
    return rc == 0 ? 0 : rc == UV_ENOMEM ? KEIIN_ENOMEM : KEIIN_EIO;
}

static void close_handle(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void close_handles(struct server *server)
{
    if (!server->has_loop)
        return;
    control_close(server->control);
    http_server_close(server->status_http);
    http_server_close(server->http);
    uv_walk(&server->loop, close_handle, NULL);
    uv_run(&server->loop, UV_RUN_DEFAULT);
    uv_loop_close(&server->loop);
}

static void say_ready(struct server *server)
{
    const struct config *config = &server->setup.config;
    const char *address = http_server_address(server->http);

    log_line(LOG_INFO, "ready", "%s%s, %llu entries, roster %llu", address, config->prefix,
        (unsigned long long)server->ledger.published.size,
        (unsigned long long)server->ledger.published.serial);
    if (server->status_http != NULL)
        log_line(LOG_INFO, "status-ready", "%s", http_server_address(server->status_http));
    /* Last: who waits for this line finds all the others in the log. */
    if (printf("ready http://%s%s\n", address, config->prefix) < 0 || fflush(stdout) != 0)
        log_line(LOG_WARNING, "ready-unsaid", "standard output: %s", strerror(errno));
    notify_systemd("READY=1");
}

static int serve_until_stopped(struct server *server)
{
    const char *what = server->setup.config.data;
    struct why why = {""};
    bool started = false;
    int err = instance_read(&server->setup.config, &server->instance, &why);

    if (err == 0)
        err = probe_run(look, server, &why);
    if (err == 0)
        err = start_handles(server, &why);
    if (err == 0) {
        err = start_ledger(server, &why);
        started = err == 0;
    }
    if (err == 0) {
        what = server->setup.path;
        err = begin_instance(server, &why);
    }
    if (err == 0)
        err = start_http(server, &why);
    if (err == 0)
        err = control_new(&server->loop, &server->ledger, &server->control, &why);
    if (err != 0) {
        server->exit_status = cli_fail(err, what, &why);
    } else {
        (void)thread_prompt();
        say_ready(server);
        uv_run(&server->loop, UV_RUN_DEFAULT);
    }
    /* What a restored ledger takes over is cut off between two commits, or before one. */
    server->stuck = server->stuck || restore_busy(server->restore);
    if (server->stuck)
        return server->exit_status; /* connections wait for answers that nobody can give */
    close_handles(server);
    if (err == 0 &&
        instance_keep(&server->instance,
            span_of(server->ledger.published.checkpoint, server->ledger.published.checkpoint_bytes),
            &why) != 0)
        log_line(LOG_WARNING, "instance-file", "%s", why.text);
    restore_free(server->restore);
    if (started)
        ledger_stop(&server->ledger);
    if (err == 0)
        log_line(LOG_INFO, "stopped", "all answers are out");
    return server->exit_status;
}

int run_main(int argc, char **argv)
{
    /* Left as it is when threads are still at work while the process ends. */
    struct server *server = calloc(1, sizeof *server);
    int status;

    if (server == NULL)
        return cli_fail(KEIIN_ENOMEM, "run", NULL);
    status = setup_begin(&server->setup, argc, argv, NULL, false);
    if (status == 0)
        status = setup_keys(&server->setup);
    if (status == 0)
        status = setup_lock(&server->setup);
    if (status == 0) {
        signal(SIGPIPE, SIG_IGN);
        /* Few arenas keep the memory of bodies bounded: they are freed in other threads. */
        mallopt(M_ARENA_MAX, 2);
        mallopt(M_MMAP_THRESHOLD, MMAP_BYTES_MIN);
        log_start(&system_clock);
        status = serve_until_stopped(server);
    }
    if (server->stuck)
        return status;
    instance_destroy(&server->instance);
    setup_end(&server->setup);
    free(server);
    return status;
}
