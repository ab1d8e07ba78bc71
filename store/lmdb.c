#include "store/lmdb.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "system/file.h"

#define PAGE_BYTES_MIN 512
#define RESTORE "restore the data folder from a backup (operator's handbook, \"Restore\")"
#define ROOM_STEP_BYTES_MIN (UINT64_C(1) << 20) /* an eighth of what is used, within these */
#define ROOM_STEP_BYTES_MAX (UINT64_C(64) << 20)
/* A larger commit has more to write than to wait for. */
#define PREPARE_COMMIT_BYTES_MAX (UINT64_C(5) << 18)
#define PREPARE_STEP_BYTES (UINT64_C(256) << 10)

struct lmdb {
    MDB_env *env;
    MDB_dbi tables[STORE_TABLES_MAX];
    size_t table_count;
    bool read_only;
    size_t page_bytes;
    uint64_t room_end; /* write thread: the file has blocks up to here */
    pthread_mutex_t idle_lock;
    MDB_txn *idle; /* under idle_lock: a read transaction put by for the next reader */
};

static int error_of(int rc)
{
    switch (rc) {
    case MDB_SUCCESS:
        return 0;
    case MDB_NOTFOUND:
        return KEIIN_EABSENT;
    case MDB_KEYEXIST:
        return KEIIN_EEXIST;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT:
        return KEIIN_EFULL;
    case MDB_READERS_FULL:
        return KEIIN_EBUSY;
    case ENOMEM:
        return KEIIN_ENOMEM;
    case ENOENT:
        return KEIIN_EABSENT;
    case EACCES:
    case EPERM:
    case EROFS:
        return KEIIN_EUNREADABLE;
    case MDB_PAGE_NOTFOUND:
    case MDB_CORRUPTED:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
    case MDB_BAD_VALSIZE:
    case MDB_BAD_DBI:
        return KEIIN_EDAMAGED;
    default:
        return KEIIN_EIO;
    }
}

static int begin_write(void *ctx, void **out)
{
    struct lmdb *db = ctx;
    MDB_txn *txn = NULL;
    int rc = mdb_txn_begin(db->env, NULL, 0, &txn);

    *out = txn;
    return error_of(rc);
}

static int begin_read(void *ctx, void **out)
{
    struct lmdb *db = ctx;
    MDB_txn *txn;
    int rc = 0;

    pthread_mutex_lock(&db->idle_lock);
    txn = db->idle;
    db->idle = NULL;
    pthread_mutex_unlock(&db->idle_lock);
    if (txn == NULL)
        rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);
    else
        rc = mdb_txn_renew(txn);
    if (rc != 0 && txn != NULL) {
        mdb_txn_abort(txn);
        txn = NULL;
    }
    *out = txn;
    return error_of(rc);
}

static void end_read(void *ctx, void *txn)
{
    struct lmdb *db = ctx;

    mdb_txn_reset(txn);
    pthread_mutex_lock(&db->idle_lock);
    if (db->idle == NULL) {
        db->idle = txn;
        txn = NULL;
    }
    pthread_mutex_unlock(&db->idle_lock);
    if (txn != NULL)
        mdb_txn_abort(txn);
}

static int commit(void *ctx, void *txn)
{
    int rc = mdb_txn_commit(txn);

    (void)ctx;
    /* Room was made before: what fails here may have been written in part. */
    return rc == 0 ? 0 : KEIIN_EIO;
}

static void abort_write(void *ctx, void *txn)
{
    (void)ctx;
    mdb_txn_abort(txn);
}

static MDB_val val_of(struct span s)
{
    return (MDB_val){s.n, (void *)(uintptr_t)s.p};
}

static int see(
    void *ctx, void *txn, unsigned table, struct span key, store_see_fn *see_fn, void *see_ctx)
{
    struct lmdb *db = ctx;
    MDB_val k = val_of(key), v;
    int rc;

    assert(table < db->table_count);
    rc = mdb_get(txn, db->tables[table], &k, &v);
    if (rc != 0)
        return error_of(rc);
    return see_fn(see_ctx, key, span_of(v.mv_data, v.mv_size));
}

static int walk(
    void *ctx, void *txn, unsigned table, struct span from, store_see_fn *see_fn, void *see_ctx)
{
    struct lmdb *db = ctx;
    MDB_cursor *cursor = NULL;
    MDB_val k = val_of(from), v;
    int rc, err;

    assert(table < db->table_count);
    rc = mdb_cursor_open(txn, db->tables[table], &cursor);
    if (rc != 0)
        return error_of(rc);
    rc = mdb_cursor_get(cursor, &k, &v, from.n > 0 ? MDB_SET_RANGE : MDB_FIRST);
    for (err = 0; rc == 0 && err == 0;) {
        err = see_fn(see_ctx, span_of(k.mv_data, k.mv_size), span_of(v.mv_data, v.mv_size));
        if (err == 0)
            rc = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (err != 0)
        return err;
    return rc == MDB_NOTFOUND ? 0 : error_of(rc);
}

static int last(void *ctx, void *txn, unsigned table, store_see_fn *see_fn, void *see_ctx)
{
    struct lmdb *db = ctx;
    MDB_cursor *cursor = NULL;
    MDB_val k, v;
    int rc, err = 0;

    assert(table < db->table_count);
    rc = mdb_cursor_open(txn, db->tables[table], &cursor);
    if (rc != 0)
        return error_of(rc);
    rc = mdb_cursor_get(cursor, &k, &v, MDB_LAST);
    if (rc == 0)
        err = see_fn(see_ctx, span_of(k.mv_data, k.mv_size), span_of(v.mv_data, v.mv_size));
    mdb_cursor_close(cursor);
    return rc == 0 ? err : error_of(rc);
}

static int put(void *ctx, void *txn, unsigned table, struct span key, size_t value_bytes,
    unsigned flags, store_fill_fn *fill, void *fill_ctx)
{
    struct lmdb *db = ctx;
    MDB_val k = val_of(key), v = {value_bytes, NULL};
    unsigned put_flags = MDB_RESERVE;
    int rc;

    assert(table < db->table_count && !db->read_only);
    if ((flags & STORE_APPEND) != 0)
        put_flags |= MDB_APPEND;
    if ((flags & STORE_NEW) != 0)
        put_flags |= MDB_NOOVERWRITE;
    rc = mdb_put(txn, db->tables[table], &k, &v, put_flags);
    if (rc == 0)
        fill(fill_ctx, v.mv_data, value_bytes);
    return error_of(rc);
}

static int remove_key(void *ctx, void *txn, unsigned table, struct span key)
{
    struct lmdb *db = ctx;
    MDB_val k = val_of(key);

    assert(table < db->table_count && !db->read_only);
    return error_of(mdb_del(txn, db->tables[table], &k, NULL));
}

static uint64_t used_bytes(void *ctx)
{
    struct lmdb *db = ctx;
    MDB_envinfo info;

    if (mdb_env_info(db->env, &info) != 0)
        return 0;
    return ((uint64_t)info.me_last_pgno + 1) * db->page_bytes;
}

static uint64_t room_step(uint64_t used)
{
    uint64_t step = used / 8;

    return step < ROOM_STEP_BYTES_MIN   ? ROOM_STEP_BYTES_MIN
           : step > ROOM_STEP_BYTES_MAX ? ROOM_STEP_BYTES_MAX
                                        : step;
}

/* Blocks are reserved without making the file longer: what LMDB writes then finds them. */
static int reserve_blocks(int fd, uint64_t from, uint64_t to)
{
    struct statvfs fs;

    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)(to - from)) == 0)
        return 0;
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
        return KEIIN_EFULL;
    if (errno != EOPNOTSUPP && errno != ENOSYS)
        return KEIIN_EIO;
    if (fstatvfs(fd, &fs) != 0)
        return KEIIN_EIO;
    return (uint64_t)fs.f_bavail * fs.f_frsize < to - from ? KEIIN_EFULL : 0;
}

/*
 * Writes zeros from the end of the file to `to`. A commit that overwrites them has its bytes to
 * sync and nothing of the file system's, which halves its wait. No page up to `to` is in
 * use: LMDB writes a transaction's pages in its commit, and this thread commits.
 */
static int prepare_pages(int fd, uint64_t from, uint64_t to)
{
    static const uint8_t zeros[64 * 1024];

    while (from < to) {
        size_t n = to - from < sizeof zeros ? (size_t)(to - from) : sizeof zeros;
        ssize_t written = pwrite(fd, zeros, n, (off_t)from);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
                       ? KEIIN_EFULL
                       : KEIIN_EIO;
        from += (uint64_t)written;
    }
    return 0;
}

/* Makes sure of blocks up to `need`, and of some more where there are. */
static int extend_room(struct lmdb *db, int fd, uint64_t file_bytes, uint64_t need)
{
    uint64_t from = db->room_end > file_bytes ? db->room_end : file_bytes;
    uint64_t to = (need > from ? need : from) + room_step(need);
    int err = reserve_blocks(fd, from, to);

    if (err == KEIIN_EFULL && need > from) {
        to = need;
        err = reserve_blocks(fd, from, to);
    } else if (err == KEIIN_EFULL) {
        to = from;
        err = 0;
    }
    if (err == 0)
        db->room_end = to;
    return err;
}

static int room(void *ctx, void *txn, uint64_t bytes)
{
    struct lmdb *db = ctx;
    uint64_t need = used_bytes(db) + bytes, end, to;
    struct stat st;
    int fd, err = 0;

    (void)txn;
    if (mdb_env_get_fd(db->env, &fd) != 0 || fstat(fd, &st) != 0)
        return KEIIN_EIO;
    end = (uint64_t)st.st_size;
    if (need > db->room_end)
        err = extend_room(db, fd, end, need);
    if (err != 0 || end >= need || bytes > PREPARE_COMMIT_BYTES_MAX)
        return err;
    to = need > end + PREPARE_STEP_BYTES ? need : end + PREPARE_STEP_BYTES;
    return prepare_pages(fd, end, to < db->room_end ? to : db->room_end);
}

static void close_env(void *ctx)
{
    struct lmdb *db = ctx;

    if (db == NULL)
        return;
    if (db->idle != NULL)
        mdb_txn_abort(db->idle);
    if (db->env != NULL)
        mdb_env_close(db->env);
    pthread_mutex_destroy(&db->idle_lock);
    free(db);
}

static const struct store_ops lmdb_ops = {
    .begin_read = begin_read,
    .end_read = end_read,
    .begin_write = begin_write,
    .commit = commit,
    .abort = abort_write,
    .see = see,
    .walk = walk,
    .last = last,
    .put = put,
    .remove = remove_key,
    .room = room,
    .used_bytes = used_bytes,
    .close = close_env,
};

static int open_tables(struct lmdb *db, const struct store_table *tables, bool create)
{
    MDB_txn *txn = NULL;
    int rc = mdb_txn_begin(db->env, NULL, db->read_only ? MDB_RDONLY : 0, &txn);

    for (size_t i = 0; rc == 0 && i < db->table_count; i++)
        rc = mdb_dbi_open(txn, tables[i].name,
            (tables[i].integer_keys ? MDB_INTEGERKEY : 0u) | (create ? MDB_CREATE : 0u),
            &db->tables[i]);
    if (rc == 0)
        return mdb_txn_commit(txn);
    if (txn != NULL)
        mdb_txn_abort(txn);
    return rc;
}

static int open_env(struct lmdb *db, const char *folder, const struct store_table *tables,
    const struct store_lmdb_options *options)
{
    MDB_stat stat;
    int rc = mdb_env_create(&db->env);

    if (rc == 0)
        rc = mdb_env_set_maxdbs(db->env, STORE_TABLES_MAX);
    if (rc == 0)
        rc = mdb_env_set_mapsize(db->env, (size_t)options->map_bytes_max);
    if (rc == 0)
        rc =
            mdb_env_open(db->env, folder, MDB_NOTLS | (options->read_only ? MDB_RDONLY : 0u), 0600);
    /*
     * Whoever had the store before may have died before its last write was durable. What is
     * read here will be published and acknowledged, so it has to be on the disk first.
     */
    if (rc == 0 && !options->read_only)
        rc = mdb_env_sync(db->env, 1);
    if (rc == 0)
        rc = mdb_env_stat(db->env, &stat);
    if (rc == 0) {
        db->page_bytes = stat.ms_psize;
        rc = open_tables(db, tables, options->create);
    }
    return rc;
}

int store_lmdb_copy(const struct store *store, int fd, struct why *why)
{
    struct lmdb *db = store->ctx;
    int rc;

    assert(store->ops == &lmdb_ops);
    rc = mdb_env_copyfd2(db->env, fd, MDB_CP_COMPACT);
    /* A store that has lost pages cannot be copied page by page in order, only as it is. */
    if (rc == MDB_INCOMPATIBLE) {
        if (lseek(fd, 0, SEEK_SET) != 0 || ftruncate(fd, 0) != 0)
            return KEIIN_EIO;
        rc = mdb_env_copyfd2(db->env, fd, 0);
    }
    if (rc != 0)
        why_set(why, "the store could not be copied: %s", mdb_strerror(rc));
    return error_of(rc);
}

void store_lmdb_forget_dead_readers(const struct store *store)
{
    struct lmdb *db = store->ctx;
    int dead;

    assert(store->ops == &lmdb_ops);
    (void)mdb_reader_check(db->env, &dead);
}

int store_lmdb_open(const char *folder, const struct store_table *tables, size_t table_count,
    const struct store_lmdb_options *options, struct store *out, struct why *why)
{
    struct lmdb *db = NULL;
    char *data = path_join(folder, "data.mdb");
    struct stat st;
    int err = 0, rc;

    assert(table_count <= STORE_TABLES_MAX && !(options->create && options->read_only));
    out->ops = NULL;
    out->ctx = NULL;
    db = calloc(1, sizeof *db);
    if (db == NULL || data == NULL) {
        err = KEIIN_ENOMEM;
        goto out;
    }
    pthread_mutex_init(&db->idle_lock, NULL);
    db->table_count = table_count;
    db->read_only = options->read_only;
    /* LMDB would make an empty store where there is none. */
    if (!options->create && stat(data, &st) != 0) {
        err = errno == ENOENT ? KEIIN_EABSENT : KEIIN_EUNREADABLE;
        why_set(why, "%s: %s", data, strerror(errno));
        goto out;
    }
    /* Or begin one in a file that has lost its first pages. */
    if (!options->create && st.st_size < (off_t)(2 * PAGE_BYTES_MIN)) {
        err = KEIIN_EDAMAGED;
        why_set(why, "%s: cut short; " RESTORE, data);
        goto out;
    }
    rc = open_env(db, folder, tables, options);
    if (rc != 0) {
        err = rc == MDB_NOTFOUND ? KEIIN_EDAMAGED : error_of(rc);
        why_set(why, "%s: %s%s", data, rc == MDB_NOTFOUND ? "a table is missing" : mdb_strerror(rc),
            err == KEIIN_EDAMAGED ? "; " RESTORE : "");
        goto out;
    }
    /* LMDB syncs the file and never the name that it gave it. */
    if (!options->read_only)
        err = folder_sync(folder, why);
    if (err != 0)
        goto out;
    out->ops = &lmdb_ops;
    out->ctx = db;
    db = NULL;
out:
    if (db != NULL)
        close_env(db);
    free(data);
    return err;
}
