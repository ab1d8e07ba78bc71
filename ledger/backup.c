/*
 * `keiin-ledger backup`: a copy of the ledger, beside the running server or without one. It
 * is made under another name, carries the mark of a restored copy (ledger/instance.h), is
 * opened and checked like a store at start-up, and only then gets its name.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/sha256.h"
#include "core/text.h"
#include "ledger/instance.h"
#include "ledger/recover.h"
#include "ledger/rosters.h"
#include "ledger/setup.h"
#include "store/lmdb.h"
#include "store/probe.h"
#include "system/cli.h"
#include "system/clock.h"
#include "system/file.h"
#include "system/messages.h"

#define CONFIG_FILE_BYTES_MAX (1 << 20)
#define SUMS_FILE "SHA256SUMS"

/* What the child found, in memory that it shares with its parent. */
struct facts {
    uint64_t size, received, bytes;
};

struct backup {
    struct setup setup;
    const char *folder;
    char *partial; /* the name it has until it is whole */
    int lock_fd; /* of that folder */
    struct facts *facts;
    struct buf sums;
};

static const char *const files[] = {
    "data.mdb", "backup.txt", "checkpoint", "roster", "roster-0", "keiin-ledger.ini"};
#define FILE_COUNT (sizeof files / sizeof files[0])

static int io_error(struct why *why, const char *path, int e)
{
    file_why(why, path, strerror(e));
    return e == ENOSPC || e == EDQUOT ? KEIIN_EFULL : e == ENOMEM ? KEIIN_ENOMEM : KEIIN_EIO;
}

/* Whether `inner`, which need not be there, lies in `outer`; false where neither can be said. */
static bool lies_within(const char *inner, const char *outer)
{
    char *parent = strdup(inner), *slash, *real = NULL, *real_outer = realpath(outer, NULL);
    bool within = false;
    size_t n;

    if (parent == NULL || real_outer == NULL)
        goto out;
    n = strlen(parent);
    while (n > 1 && parent[n - 1] == '/')
        parent[--n] = 0;
    slash = strrchr(parent, '/');
    if (slash != NULL)
        slash[slash == parent ? 1 : 0] = 0;
    real = realpath(slash == NULL ? "." : parent, NULL);
    n = strlen(real_outer);
    within = real != NULL && strncmp(real, real_outer, n) == 0 && (real[n] == 0 || real[n] == '/');
out:
    free(parent);
    free(real);
    free(real_outer);
    return within;
}

static int check_place(const struct backup *b)
{
    const char *data = b->setup.config.data;
    struct stat st;

    if (stat(data, &st) != 0 || !S_ISDIR(st.st_mode)) {
        cli_error(message_text(MESSAGE_LEDGER_NO_FOLDER), data);
        return EXIT_INCOMPLETE;
    }
    /* Files that the store makes beside itself would belong to somebody whom the server is not. */
    if (st.st_uid != geteuid()) {
        cli_error(message_text(MESSAGE_LEDGER_BACKUP_ACCOUNT), data, (unsigned long)st.st_uid);
        return EXIT_USAGE;
    }
    if (lstat(b->folder, &st) == 0) {
        cli_error(message_text(MESSAGE_LEDGER_BACKUP_EXISTS), b->folder);
        return EXIT_FINDINGS;
    }
    if (lies_within(b->folder, data)) {
        cli_error(message_text(MESSAGE_LEDGER_BACKUP_INSIDE), b->folder, data);
        return EXIT_USAGE;
    }
    return 0;
}

/* Takes away what this program puts into the folder. */
static int empty_folder(const struct backup *b, struct why *why)
{
    int err = 0;

    for (size_t i = 0; i < FILE_COUNT + 2 && err == 0; i++) {
        const char *name = i < FILE_COUNT ? files[i] : i == FILE_COUNT ? "lock.mdb" : SUMS_FILE;
        char *path = path_join(b->partial, name);

        err = path == NULL ? KEIIN_ENOMEM : file_remove(path, why);
        free(path);
    }
    return err;
}

/* The folder under its first name, empty, and held; what a backup left that was killed goes. */
static int begin_folder(struct backup *b)
{
    struct why why = {""};
    int err = folder_create(b->partial, &why);

    if (err != 0 && err != KEIIN_EEXIST)
        return cli_fail(err, b->partial, &why);
    b->lock_fd = open(b->partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (b->lock_fd < 0 || flock(b->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        cli_error(message_text(MESSAGE_LEDGER_BACKUP_BUSY), b->partial);
        return EXIT_INCOMPLETE;
    }
    err = empty_folder(b, &why);
    return err == 0 ? 0 : cli_fail(err, b->partial, &why);
}

/* A backup that failed leaves nothing: a disk that was too small is not full of it. */
static void remove_folder(const struct backup *b)
{
    if (empty_folder(b, NULL) == 0)
        (void)rmdir(b->partial);
}

/* The store's own pages into data.mdb, durable. */
static int copy_store(struct backup *b, struct why *why)
{
    const struct config *config = &b->setup.config;
    const struct store_lmdb_options options = {config->map_bytes_max, false, true};
    struct store store = {NULL, NULL};
    char *path = path_join(b->partial, "data.mdb");
    struct statvfs fs;
    int fd = -1, err = path == NULL ? KEIIN_ENOMEM : 0;

    if (err == 0)
        err = store_lmdb_open(config->data, tables_all(), TABLE_COUNT, &options, &store, why);
    if (err != 0)
        goto out;
    if (fstatvfs(b->lock_fd, &fs) == 0 &&
        (uint64_t)fs.f_bavail * fs.f_frsize < store_used_bytes(&store)) {
        err = io_error(why, b->partial, ENOSPC);
        goto out;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        err = io_error(why, path, errno);
        goto out;
    }
    err = store_lmdb_copy(&store, fd, why);
    if (err == 0 && fsync(fd) != 0)
        err = io_error(why, path, errno);
out:
    if (fd >= 0)
        close(fd);
    store_close(&store);
    free(path);
    return err;
}

static int put_file(struct backup *b, const char *name, struct span bytes, struct why *why)
{
    char *path = path_join(b->partial, name);
    int err = path == NULL ? KEIIN_ENOMEM : file_create(path, 0600, bytes, why);

    free(path);
    return err;
}

static int put_roster(struct backup *b, const struct store_txn *txn, uint64_t serial,
    const char *name, struct why *why)
{
    struct buf note;
    int err;

    buf_init(&note, ROSTER_BYTES_MAX);
    err = rosters_get(txn, serial, &note);
    if (err == 0)
        err = put_file(b, name, buf_view(&note), why);
    buf_destroy(&note);
    return err;
}

/* What a person reads who finds the folder. */
static int put_words(struct backup *b, const struct state *state, uint64_t made_ms, struct why *why)
{
    char id[HEX_GROUPED_BYTES], made[TIME_TEXT_BYTES], received[TIME_TEXT_BYTES];
    struct hash root;
    struct buf text;
    int err;

    buf_init(&text, 64 * 1024);
    hex_grouped(id, &state->ledger_id);
    time_text(made, made_ms);
    time_text(received, state->received);
    frontier_root(&state->edge.frontier, &root);
    buf_printf(&text,
        "keiin/backup/v1\nledger id      %s\norigin         %s\nmade           %s\n"
        "entries        %" PRIu64 "\nroot           ",
        id, b->setup.config.origin, made, state->edge.frontier.size);
    base64_encode(&text, span_hash(&root));
    buf_printf(&text, "\nlast received  %s\nroster         %" PRIu64 "\nnot in it      ", received,
        state->roster->serial);
    text_visible(&text, span_str(b->setup.config.log_key));
    buf_put_str(&text, ", ");
    text_visible(&text, span_str(b->setup.config.operator_key));
    buf_put_str(&text, "\n");
    err = buf_status(&text);
    if (err == 0)
        err = put_file(b, "backup.txt", buf_view(&text), why);
    buf_destroy(&text);
    return err;
}

static int mark_copy(const struct store *store, uint64_t made_ms, uint64_t size)
{
    const struct restored_mark mark = {made_ms, size};
    struct store_txn txn;
    int err = store_begin(store, true, &txn);

    if (err == 0)
        err = restored_mark_put(&txn, &mark);
    if (err == 0)
        err = store_commit(&txn);
    else
        store_abort(&txn);
    return err;
}

/* Marks the copy, checks it like start-up, and writes what stands beside it. */
static int check_copy(struct backup *b, struct why *why)
{
    const struct config *config = &b->setup.config;
    const struct store_lmdb_options options = {config->map_bytes_max, false, false};
    uint64_t made_ms = system_clock.wall_ms(system_clock.ctx);
    struct store store = {NULL, NULL};
    struct state state = {0};
    struct store_txn txn = {NULL, false, NULL};
    int err = store_lmdb_open(b->partial, tables_all(), TABLE_COUNT, &options, &store, why);

    if (err == 0)
        err = recover_load(&store, config, NULL, true, NULL, &state, why);
    if (err == 0)
        err = mark_copy(&store, made_ms, state.edge.frontier.size);
    if (err == 0)
        err = recover_verify(&store, &state, why);
    if (err == 0)
        err = store_begin(&store, false, &txn);
    if (err == 0)
        err = put_roster(b, &txn, 0, "roster-0", why);
    if (err == 0)
        err = put_roster(b, &txn, state.roster->serial, "roster", why);
    if (err == 0)
        err = put_file(b, "checkpoint", span_of(state.checkpoint, state.checkpoint_bytes), why);
    if (err == 0)
        err = put_words(b, &state, made_ms, why);
    b->facts->size = state.edge.frontier.size;
    b->facts->received = state.received;
    if (txn.store != NULL)
        store_abort(&txn);
    state_destroy(&state);
    store_close(&store);
    return err;
}

/* In a child: a damaged page ends it, not the program. */
static int copy_and_check(void *ctx, struct why *why)
{
    struct backup *b = ctx;
    int err = copy_store(b, why);

    return err != 0 ? err : check_copy(b, why);
}

/* One line of sha256sum(1). */
static int sum_file(struct backup *b, const char *name, struct why *why)
{
    char *path = path_join(b->partial, name), hex[2 * HASH_BYTES + 1];
    uint8_t *piece = malloc(1 << 16);
    struct sha256_stream stream;
    struct hash hash;
    ssize_t n;
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC), err = 0;

    if (fd < 0 || piece == NULL) {
        err = path == NULL || piece == NULL ? KEIIN_ENOMEM : io_error(why, path, errno);
        goto out;
    }
    sha256_stream_init(&stream);
    while ((n = read(fd, piece, 1 << 16)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            err = io_error(why, path, errno);
            goto out;
        }
        sha256_stream_update(&stream, span_of(piece, (size_t)n));
        if (strcmp(name, "data.mdb") == 0)
            b->facts->bytes += (uint64_t)n;
    }
    sha256_stream_final(&stream, &hash);
    hex_encode(hex, span_hash(&hash));
    buf_printf(&b->sums, "%s  %s\n", hex, name);
out:
    if (fd >= 0)
        close(fd);
    free(piece);
    free(path);
    return err;
}

/* The configuration and the sums; then the folder gets its name, in one step. */
static int finish(struct backup *b, struct why *why)
{
    char *lock = path_join(b->partial, "lock.mdb");
    uint8_t *config = NULL;
    size_t n = 0;
    int err = lock == NULL ? KEIIN_ENOMEM : file_remove(lock, why);

    if (err == 0)
        err = file_read(b->setup.path, CONFIG_FILE_BYTES_MAX, &config, &n, why);
    if (err == 0)
        err = put_file(b, "keiin-ledger.ini", span_of(config, n), why);
    b->facts->bytes = 0;
    for (size_t i = 0; i < FILE_COUNT && err == 0; i++)
        err = sum_file(b, files[i], why);
    if (err == 0)
        err = buf_status(&b->sums);
    if (err == 0)
        err = put_file(b, SUMS_FILE, buf_view(&b->sums), why);
    if (err == 0)
        err = folder_rename(b->partial, b->folder, why);
    free(config);
    free(lock);
    return err;
}

static void say_done(const struct backup *b)
{
    char received[TIME_TEXT_BYTES];
    struct stat data, copy;

    time_text(received, b->facts->received);
    printf(message_text(MESSAGE_LEDGER_BACKUP_DONE), b->folder, b->facts->size, received,
        b->facts->bytes);
    printf(message_text(MESSAGE_LEDGER_BACKUP_KEYS), b->setup.config.log_key,
        b->setup.config.operator_key);
    if (stat(b->setup.config.data, &data) == 0 && stat(b->folder, &copy) == 0 &&
        data.st_dev == copy.st_dev)
        fputs(message_text(MESSAGE_LEDGER_BACKUP_SAME_DISK), stdout);
}

/* The name without slashes at its end, and ".partial" behind it. */
static char *partial_name(const char *folder)
{
    size_t n = strlen(folder);
    char *out = NULL;

    while (n > 1 && folder[n - 1] == '/')
        n--;
    return asprintf(&out, "%.*s.partial", (int)n, folder) < 0 ? NULL : out;
}

int backup_main(int argc, char **argv)
{
    struct backup b = {.lock_fd = -1};
    struct why why = {""};
    int status, err;

    buf_init(&b.sums, 64 * 1024);
    status = setup_begin(&b.setup, argc, argv, &b.folder, false);
    if (status != 0)
        goto out;
    b.facts =
        mmap(NULL, sizeof *b.facts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    b.partial = partial_name(b.folder);
    if (b.facts == MAP_FAILED || b.partial == NULL) {
        status = cli_fail(KEIIN_ENOMEM, b.folder, NULL);
        goto out;
    }
    status = check_place(&b);
    if (status == 0)
        status = begin_folder(&b);
    if (status != 0)
        goto out;
    err = probe_run(copy_and_check, &b, &why);
    if (err == 0)
        err = finish(&b, &why);
    if (err == 0) {
        say_done(&b);
    } else {
        status = cli_fail(err, b.folder, &why);
        remove_folder(&b);
    }
out:
    if (b.lock_fd >= 0)
        close(b.lock_fd);
    if (b.facts != NULL && b.facts != MAP_FAILED)
        munmap(b.facts, sizeof *b.facts);
    free(b.partial);
    buf_destroy(&b.sums);
    setup_end(&b.setup);
    return status;
}
