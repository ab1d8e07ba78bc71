#include "ledger/route.h"

#include "ledger/serve.h"
#include "ledger/submit.h"

/* What stands behind the prefix and its slash; NULL when the prefix does not stand there. */
static const char *behind_prefix(const struct ledger *ledger, const char *path)
{
    const char *prefix = ledger->given.config->prefix;
    size_t n = strlen(prefix);

    if (strncmp(path, prefix, n) != 0 || path[n] != '/')
        return NULL;
    return path + n + 1;
}

/* Whether a path may be read: whether it is there shows later. */
static bool is_readable(const char *path)
{
    return strcmp(path, "checkpoint") == 0 || strcmp(path, "latest-checkpoint") == 0 ||
           strncmp(path, "tile/", 5) == 0 || strncmp(path, "roster/", 7) == 0 ||
           strncmp(path, "writers/", 8) == 0;
}

static void on_begin(void *ctx, struct http_request *request)
{
    struct ledger *ledger = ctx;
    const char *path = behind_prefix(ledger, http_request_path(request));
    const char *method = http_request_method(request);

    if (path != NULL && strcmp(path, "records") == 0) {
        submit_begin(ledger, request, ENTRY_RECORDS);
    } else if (path != NULL && strcmp(path, "roster") == 0) {
        submit_begin(ledger, request, ENTRY_ROSTER);
    } else if (path == NULL || !is_readable(path)) {
        ledger->metrics.refused[REFUSE_PATH]++;
        submit_refuse(request, REFUSE_PATH, NULL, "not here");
    } else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        ledger->metrics.refused[REFUSE_METHOD]++;
        submit_refuse(request, REFUSE_METHOD, "GET, HEAD", "this can only be read");
    } else {
        serve(ledger, request, path);
    }
}

static void on_body(void *ctx, struct http_request *request, struct span piece)
{
    submit_body(ctx, request, piece);
}

static void on_complete(void *ctx, struct http_request *request)
{
    submit_complete(ctx, request);
}

static void on_closed(void *ctx, struct http_request *request)
{
    submit_closed(ctx, request);
}

struct http_handler route_handler(struct ledger *ledger)
{
    return (struct http_handler){ledger, on_begin, on_body, on_complete, on_closed};
}
