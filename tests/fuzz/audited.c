#include "tests/fuzz/audited.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/roster.h"
#include "core/tile.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_source.h"
#include "tests/fuzz/server.h"
#include "verifier/check/audit.h"

#define FILES_MAX 256

/* All that the audit will ask for, fetched before: it has threads, the server has none. */
static struct file {
    char path[TILE_PATH_BYTES];
    struct buf bytes;
} files[FILES_MAX];
static size_t file_count;

static void fetch(const char *path)
{
    struct file *file = &files[file_count++];
    struct http_request request = {0};
    char whole[TILE_PATH_BYTES + 4];

    FUZZ_CHECK(file_count <= FILES_MAX);
    snprintf(file->path, sizeof file->path, "%s", path);
    snprintf(whole, sizeof whole, "/p/%s", path);
    server_ask(&request, "GET", whole, span_of(NULL, 0), 1);
    FUZZ_CHECK(request.answered && request.status == 200);
    buf_init(&file->bytes, SIZE_MAX);
    buf_put_span(&file->bytes, buf_view(&request.body));
    server_end(&request);
}

static void fetch_all(uint64_t size, uint64_t serial)
{
    static const char *const kinds[] = {"0", "entries", "records"};
    char path[TILE_PATH_BYTES];

    FUZZ_CHECK(size < TILE_WIDTH);
    fetch("checkpoint");
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "tile/%s/000.p/%" PRIu64, kinds[i], size);
        fetch(path);
    }
    for (uint64_t s = 1; s <= serial; s++) {
        snprintf(path, sizeof path, "roster/%" PRIu64, s);
        fetch(path);
        snprintf(path, sizeof path, "roster/%" PRIu64 ".tlog-proof", s);
        fetch(path);
    }
}

static int give(void *ctx, const char *path, struct buf *out)
{
    (void)ctx;
    for (size_t i = 0; i < file_count; i++)
        if (strcmp(files[i].path, path) == 0) {
            buf_put_span(out, buf_view(&files[i].bytes));
            return 0;
        }
    return KEIIN_EABSENT;
}

void audited(struct span trusted, uint64_t size, uint64_t serial)
{
    struct audit_options options = {.threads = 1, .findings_max = 100};
    struct audit_result result;
    struct roster *roster = NULL;
    struct why why = {""};

    file_count = 0;
    fetch_all(size, serial);
    memory_source_set(give, NULL);
    FUZZ_CHECK(roster_parse(trusted, &roster, NULL) == 0);
    FUZZ_CHECK(audit_run(memory_source(), roster, &options, &result, &why) == 0);
    if (result.finding_count > 0)
        fprintf(stderr, "found: %s %s\n", finding_code_text(result.findings[0].code),
            result.findings[0].detail == NULL ? "" : result.findings[0].detail);
    FUZZ_CHECK(result.verdict == AUDIT_VERIFIED && result.entries == size);
    FUZZ_CHECK(result.roster_serial == serial && result.log_signed);
    audit_result_destroy(&result);
    for (size_t i = 0; i < file_count; i++)
        buf_destroy(&files[i].bytes);
}
