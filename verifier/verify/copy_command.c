/* keiin-verify copy: a ledger into a folder, which is then a SOURCE itself. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/tile.h"
#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"
#include "verifier/check/fetch.h"
#include "verifier/verify/options.h"
#include "verifier/verify/verify.h"

struct copy {
    struct source *source;
    const char *folder;
    bool no_records;
    uint64_t files, copied, records_absent;
    uint64_t total; /* files that are expected, for progress */
    struct progress progress;
    struct why *why;
};

/* Makes the folders that a path below the copy needs; *full is malloc'd. */
static int make_place(struct copy *c, const char *path, char **full)
{
    struct stat st;
    char *slash;
    int err = 0;

    *full = path_join(c->folder, path);
    if (*full == NULL)
        return KEIIN_ENOMEM;
    slash = strrchr(*full, '/');
    *slash = '\0';
    if (stat(*full, &st) != 0 || !S_ISDIR(st.st_mode))
        err = folder_create_all(*full, c->why);
    *slash = '/';
    return err;
}

/* Writes what the stream gives to a new file beside `full`, and moves it into place. */
static int write_stream(struct copy *c, struct source_stream *stream, const char *full)
{
    char *temporary = NULL;
    struct span piece = {NULL, 1};
    int fd = -1, err = 0;

    if (asprintf(&temporary, "%s.part", full) < 0)
        return KEIIN_ENOMEM;
    fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        goto io;
    for (;;) {
        err = source_stream_some(stream, SOURCE_PIECE_BYTES_MAX, &piece, c->why);
        if (err != 0 || piece.n == 0)
            break;
        for (size_t done = 0; done < piece.n;) {
            ssize_t n = write(fd, piece.p + done, piece.n - done);

            if (n < 0 && errno != EINTR)
                goto io;
            done += n > 0 ? (size_t)n : 0;
        }
    }
    if (err == 0 && (fsync(fd) != 0 || rename(temporary, full) != 0))
        goto io;
    goto out;
io:
    why_set(c->why, "%s: %s", temporary, strerror(errno));
    err = errno == ENOSPC ? KEIIN_EFULL : KEIIN_EIO;
out:
    if (fd >= 0)
        close(fd);
    if (err != 0)
        unlink(temporary);
    free(temporary);
    return err;
}

/* Copies one file that never changes; one that is there already stays. */
static int copy_file(struct copy *c, const char *path)
{
    struct source_stream *stream = NULL;
    char *full = NULL;
    struct stat st;
    int err = make_place(c, path, &full);

    if (err != 0)
        goto out;
    if (stat(full, &st) == 0) {
        c->files++;
        goto out;
    }
    err = source_stream_open(c->source, path, &stream, c->why);
    if (err == 0)
        err = write_stream(c, stream, full);
    if (err == 0) {
        c->files++;
        c->copied++;
        progress_update(&c->progress, c->files, c->total);
    }
out:
    source_stream_close(stream);
    free(full);
    return err;
}

/* A tile or bundle; a partial one that is not there is copied as the full one. */
static int copy_tile(struct copy *c, struct tile tile)
{
    char path[TILE_PATH_BYTES];
    int err;

    tile_path(path, tile);
    err = copy_file(c, path);
    if (err == KEIIN_EABSENT && tile.width < TILE_WIDTH) {
        tile.width = TILE_WIDTH;
        tile_path(path, tile);
        err = copy_file(c, path);
    }
    return err;
}

static int copy_records(struct copy *c, struct tile tile)
{
    int err;

    if (c->no_records)
        return 0;
    tile.kind = TILE_RECORDS;
    err = copy_tile(c, tile);
    if (err == KEIIN_EABSENT || err == KEIIN_EUNREADABLE) {
        c->records_absent++;
        err = 0;
    }
    return err;
}

/* All tiles of a tree of `size`, from bundle `first` on at level 0. */
static int copy_tree(struct copy *c, uint64_t size)
{
    int err = 0;

    for (unsigned level = 0; level < TILE_LEVELS_MAX && err == 0; level++) {
        uint64_t hashes = size >> (8 * level);

        for (uint64_t n = 0; n * TILE_WIDTH < hashes && err == 0; n++) {
            struct tile tile = {TILE_HASHES, level, n, tile_width(size, level, n)};

            err = copy_tile(c, tile);
            if (err != 0 || level > 0)
                continue;
            tile.kind = TILE_ENTRIES;
            err = copy_tile(c, tile);
            if (err == 0)
                err = copy_records(c, tile);
        }
    }
    return err;
}

static int copy_rosters(struct copy *c)
{
    char path[64];
    int err = 0;

    for (uint64_t serial = 0; err == 0; serial++) {
        snprintf(path, sizeof path, "roster/%" PRIu64, serial);
        err = copy_file(c, path);
        if (err != 0 || serial == 0)
            continue;
        snprintf(path, sizeof path, "roster/%" PRIu64 ".tlog-proof", serial);
        err = copy_file(c, path);
        if (err == KEIIN_EABSENT) /* an audit will say so */
            err = 0;
    }
    return err == KEIIN_EABSENT ? 0 : err;
}

static int put_checkpoint(struct copy *c, const char *path, struct span note)
{
    char *full = NULL;
    int err = make_place(c, path, &full);

    if (err == 0)
        err = file_replace(full, 0644, note, c->why);
    free(full);
    return err;
}

static uint64_t count_files(uint64_t size)
{
    return (size / TILE_WIDTH + 1) * 3;
}

/* Checkpoints first, to know what there is; written last, when all of it is there, durably. */
static int copy_ledger(struct copy *c)
{
    struct fetch newest = {0}, quorum = {0};
    int err = fetch_init(&quorum, c->source, false, c->why);

    if (err != 0)
        return err;
    err = fetch_init(&newest, c->source, true, c->why);
    if (err == KEIIN_EABSENT) /* a copy of somebody else's need not have it */
        err = 0;
    c->total = count_files(quorum.checkpoint.size);
    if (err == 0)
        err = copy_tree(c, quorum.checkpoint.size);
    if (err == 0 && newest.checkpoint_bytes.n > 0 &&
        newest.checkpoint.size > quorum.checkpoint.size)
        err = copy_tree(c, newest.checkpoint.size);
    if (err == 0)
        err = copy_rosters(c);
    if (err == 0)
        err = folder_sync_all(c->folder, c->why);
    if (err == 0 && newest.checkpoint_bytes.n > 0)
        err = put_checkpoint(c, "latest-checkpoint", buf_view(&newest.checkpoint_bytes));
    if (err == 0)
        err = put_checkpoint(c, "checkpoint", buf_view(&quorum.checkpoint_bytes));
    fetch_destroy(&newest);
    fetch_destroy(&quorum);
    return err;
}

int copy_command(int argc, char **argv)
{
    struct why why = {""};
    struct copy c = {.why = &why};
    const struct option_row rows[] = {OPTION("no-records", .flag = &c.no_records)};
    int err, status = options_read(argc, argv, rows, sizeof rows / sizeof rows[0]);

    if (status != 0)
        return status;
    if (argc - optind != 2)
        return cli_usage("%s", message_text(MESSAGE_VERIFY_NEED_FOLDER));
    c.folder = argv[optind + 1];
    err = source_open(argv[optind], 0, &c.source, &why);
    progress_start(&c.progress, message_text(MESSAGE_VERIFY_FILES));
    if (err == 0)
        err = copy_ledger(&c);
    progress_end(&c.progress);
    source_free(c.source);
    if (err != 0)
        return cli_fail(err, argv[optind], &why);
    printf(message_text(MESSAGE_VERIFY_COPY_DONE), c.copied, c.files, c.folder);
    if (c.records_absent > 0)
        printf(message_text(MESSAGE_VERIFY_COPY_NO_RECORDS), c.records_absent);
    return EXIT_OK;
}
