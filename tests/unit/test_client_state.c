/* What a client folder holds is read back as it was written, or not at all; and every step
 * of a submission leaves a folder from which the next run goes on. */
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/folder.h"
#include "client/imported.h"
#include "core/chain.h"
#include "core/msgpack.h"
#include "core/sha256.h"
#include "system/file.h"
#include "tests/unit/test.h"

static char base[] = "/tmp/keiin-state-XXXXXX";
static char path[64];
static struct hash start_head;

static struct client_state full_state(void)
{
    struct client_state state = {.number = 300,
        .has_entry = true,
        .index = 17,
        .received = UINT64_C(1790847000123),
        .has_checkpoint = true,
        .size = 20};

    memset(&state.head, 0x11, sizeof state.head);
    memset(&state.leaf, 0x22, sizeof state.leaf);
    memset(&state.root, 0x33, sizeof state.root);
    strcpy(state.mark, "line 300 of it");
    return state;
}

static void state_reads_back(void **unused)
{
    struct client_state states[2] = {{.number = 0}, full_state()}, back;
    struct buf text;

    (void)unused;
    buf_init(&text, 4096);
    for (size_t i = 0; i < 2; i++) {
        buf_clear(&text);
        client_state_write(&text, &states[i]);
        assert_int_equal(client_state_parse(buf_view(&text), &back), 0);
        assert_int_equal(back.number, states[i].number);
        assert_true(hash_eq(&back.head, &states[i].head));
        assert_int_equal(back.has_entry, states[i].has_entry);
        assert_int_equal(back.index, states[i].index);
        assert_int_equal(back.received, states[i].received);
        assert_true(hash_eq(&back.leaf, &states[i].leaf));
        assert_string_equal(back.mark, states[i].mark);
        assert_int_equal(back.size, states[i].size);
        assert_true(hash_eq(&back.root, &states[i].root));
    }
    buf_destroy(&text);
}

/* Cut anywhere, or with a byte more, it is no state; and neither half of it alone is. */
static void state_is_strict(void **unused)
{
    struct client_state state = full_state(), back;
    struct buf text;

    (void)unused;
    buf_init(&text, 4096);
    client_state_write(&text, &state);
    for (size_t n = 0; n < text.n; n++) {
        struct span cut = span_copy(span_of(text.p, n));

        assert_int_equal(client_state_parse(cut, &back), KEIIN_EDAMAGED);
        span_free(cut);
    }
    buf_put_u8(&text, '\n');
    assert_int_equal(client_state_parse(buf_view(&text), &back), KEIIN_EDAMAGED);
    /* A line has nothing behind what it says. */
    buf_clear(&text);
    buf_put_str(&text, "keiin-client-state/v1\nnumber 0 0\nhead "
                       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nmark \n");
    assert_int_equal(client_state_parse(buf_view(&text), &back), KEIIN_EDAMAGED);
    for (int i = 0; i < 3; i++) {
        struct client_state wrong = state;

        wrong.has_entry = i != 0;
        wrong.has_checkpoint = i != 1;
        wrong.index = i == 2 ? 20 : 17;
        buf_clear(&text);
        client_state_write(&text, &wrong);
        assert_int_equal(client_state_parse(buf_view(&text), &back), KEIIN_EDAMAGED);
    }
    buf_destroy(&text);
}

/* A request of `count` records with ids, after `state`; its head in *head. */
static void request(struct buf *body, const struct client_state *state, size_t count,
    unsigned first_id, struct hash *head)
{
    uint8_t signature[64] = {7};
    struct submission s = {.kind = ENTRY_RECORDS,
        .number = state->number + 1,
        .before = state->head,
        .signature = span_of(signature, sizeof signature),
        .count = count};
    struct span records[8];
    struct hash digests[8];

    for (size_t i = 0; i < count; i++) {
        char id[16];
        struct buf r;

        snprintf(id, sizeof id, "id-%u", first_id + (unsigned)i);
        buf_init(&r, 1000);
        msgpack_put_map(&r, 4);
        msgpack_put_str(&r, span_str("action"));
        msgpack_put_str(&r, span_str("query"));
        msgpack_put_str(&r, span_str("at"));
        msgpack_put_uint(&r, 5);
        msgpack_put_str(&r, span_str("id"));
        msgpack_put_str(&r, span_str(id));
        msgpack_put_str(&r, span_str("salt"));
        msgpack_put_bin(&r, span_of(signature, 16));
        records[i] = span_of(r.p, r.n);
        sha256(&digests[i], records[i]);
    }
    s.records = records;
    s.digests = digests;
    submission_write(body, &s);
    assert_int_equal(buf_status(body), 0);
    chain_extend(head, &state->head, digests, count);
    for (size_t i = 0; i < count; i++)
        span_free(records[i]);
}

static void pending_reads_back(void **unused)
{
    struct client_state state = {.number = 41};
    struct client_pending back;
    struct buf body, bytes;
    struct hash head;

    (void)unused;
    buf_init(&body, 10000);
    buf_init(&bytes, 10000);
    request(&body, &state, 3, 1, &head);
    client_pending_write(&bytes, true, "a mark", buf_view(&body));
    assert_int_equal(client_pending_parse(buf_view(&bytes), &back), 0);
    assert_true(back.track_ids);
    assert_string_equal(back.mark, "a mark");
    test_assert_span(back.body, buf_view(&body));
    assert_int_equal(back.submission.number, 42);
    assert_int_equal(back.submission.count, 3);
    assert_true(hash_eq(&back.head, &head));
    client_pending_destroy(&back);
    for (size_t n = 0; n < bytes.n; n++) {
        struct span cut = span_copy(span_of(bytes.p, n));

        assert_int_equal(client_pending_parse(cut, &back), KEIIN_EDAMAGED);
        client_pending_destroy(&back);
        span_free(cut);
    }
    buf_destroy(&bytes);
    buf_destroy(&body);
}

/* ---- folders ---- */

static void make(const char *name)
{
    struct client_config config = {.ledger_url = strdup("http://127.0.0.1:1"),
        .key_file = strdup("/tmp/none"),
        .writer = "a.test/w"};
    struct span roster = span_str("a roster");

    snprintf(path, sizeof path, "%s/%s", base, name);
    memset(&start_head, 0x44, sizeof start_head);
    assert_int_equal(folder_init(&system_disk, path, &config, &start_head, &roster, NULL), 0);
    client_config_destroy(&config);
}

static void keep(struct folder *folder, size_t count, unsigned first_id)
{
    struct buf body, bytes;
    struct hash head;

    buf_init(&body, 10000);
    buf_init(&bytes, 10000);
    request(&body, &folder->state, count, first_id, &head);
    client_pending_write(&bytes, true, "m", buf_view(&body));
    assert_int_equal(folder_keep_pending(folder, &bytes, NULL), 0);
    assert_true(hash_eq(&folder->pending.head, &head));
    buf_destroy(&bytes);
    buf_destroy(&body);
}

static struct client_state next_state(const struct folder *folder)
{
    struct client_state state = full_state();

    state.number = folder->state.number + folder->pending.submission.count;
    state.head = folder->pending.head;
    state.index = folder->state.index + 3;
    state.size = state.index + 1;
    return state;
}

static void init_never_overwrites(void **unused)
{
    static const char *const others[] = {
        "state", "pending", "imported", "receipts/1.tlog-proof", "something"};
    struct client_config config = {.ledger_url = strdup("http://127.0.0.1:1"),
        .key_file = strdup("/tmp/none"),
        .writer = "a.test/w"};
    struct span roster = span_str("a roster");
    char file[128];

    (void)unused;
    make("init");
    assert_int_equal(
        folder_init(&system_disk, path, &config, &start_head, &roster, NULL), KEIIN_EEXIST);
    snprintf(file, sizeof file, "%s/state", path);
    assert_int_equal(unlink(file), 0);
    for (size_t i = 1; i < sizeof others / sizeof others[0]; i++) {
        snprintf(file, sizeof file, "%s/%s", path, others[i]);
        assert_int_equal(file_create(file, 0600, roster, NULL), 0);
        assert_int_equal(
            folder_init(&system_disk, path, &config, &start_head, &roster, NULL), KEIIN_EEXIST);
        assert_int_equal(unlink(file), 0);
    }
    /* What an interrupted init left is no obstacle. */
    assert_int_equal(folder_init(&system_disk, path, &config, &start_head, &roster, NULL), 0);
    client_config_destroy(&config);
}

static void a_submission(void **unused)
{
    struct folder folder, other;
    struct client_state state;
    struct imported *set;

    (void)unused;
    make("submission");
    assert_int_equal(folder_open(&system_disk, path, &folder, NULL), 0);
    assert_int_equal(folder_open(&system_disk, path, &other, NULL), KEIIN_EBUSY);
    assert_int_equal(folder.state.number, 0);
    assert_true(hash_eq(&folder.state.head, &start_head));
    assert_null(folder.pending.bytes);
    keep(&folder, 3, 1);
    folder_close(&folder);
    /* Interrupted here, the same bytes are there again. */
    assert_int_equal(folder_open(&system_disk, path, &folder, NULL), 0);
    assert_non_null(folder.pending.bytes);
    assert_int_equal(folder.pending.submission.number, 1);
    state = next_state(&folder);
    assert_int_equal(folder_settle(&folder, &state, span_str("a receipt"), NULL), 0);
    assert_null(folder.pending.bytes);
    assert_int_equal(folder.state.number, 3);
    folder_close(&folder);
    assert_int_equal(folder_open(&system_disk, path, &folder, NULL), 0);
    assert_int_equal(folder.state.number, 3);
    assert_null(folder.pending.bytes);
    assert_int_equal(folder_set_mark(&folder, "", NULL), 0);
    assert_string_equal(folder.state.mark, "");
    folder_close(&folder);
    assert_int_equal(imported_open(&system_disk, path, &set, NULL), 0);
    assert_int_equal(imported_count(set), 3);
    imported_free(set);
}

/* A disk on which the new file gets its name and the error all the same. */
static int named_and_failed(void *ctx, const char *to, struct span bytes, struct why *why)
{
    (void)ctx;
    assert_int_equal(file_replace(to, 0600, bytes, why), 0);
    return KEIIN_EIO;
}

static int removes_nothing(void *ctx, const char *what, bool sync, struct why *why)
{
    (void)ctx;
    (void)what;
    (void)sync;
    (void)why;
    return KEIIN_EIO;
}

/* What was said to have failed is not there, or it is said that nobody knows. */
static void pending_that_failed_is_taken_back(void **unused)
{
    struct keiin_disk disk = system_disk;
    struct buf body, bytes;
    struct folder folder;
    struct hash head;

    (void)unused;
    make("taken-back");
    disk.replace = named_and_failed;
    for (int can_remove = 1; can_remove >= 0; can_remove--) {
        if (!can_remove)
            disk.remove = removes_nothing;
        buf_init(&body, 10000);
        buf_init(&bytes, 10000);
        assert_int_equal(folder_open(&disk, path, &folder, NULL), 0);
        assert_null(folder.pending.bytes);
        request(&body, &folder.state, 1, 1, &head);
        client_pending_write(&bytes, false, "m", buf_view(&body));
        assert_int_equal(folder_keep_pending(&folder, &bytes, NULL), KEIIN_EIO);
        assert_null(folder.pending.bytes);
        assert_int_equal(folder.unsure, !can_remove);
        folder_close(&folder);
        buf_destroy(&bytes);
        buf_destroy(&body);
    }
    assert_int_equal(folder_open(&system_disk, path, &folder, NULL), 0);
    assert_non_null(folder.pending.bytes);
    folder_close(&folder);
}

static void copy_file(const char *from, const char *to)
{
    uint8_t *bytes;
    size_t n;

    assert_int_equal(file_read(from, 1 << 20, &bytes, &n, NULL), 0);
    assert_int_equal(file_replace(to, 0600, span_of(bytes, n), NULL), 0);
    free(bytes);
}

/* States and pendings of different times do not fit, and are never made to. */
static void what_does_not_fit_is_damaged(void **unused)
{
    char state_file[128], pending_file[128], old_state[128], old_pending[128], receipt[128];
    struct client_state state;
    struct folder folder;

    (void)unused;
    make("damaged");
    snprintf(state_file, sizeof state_file, "%s/state", path);
    snprintf(pending_file, sizeof pending_file, "%s/pending", path);
    snprintf(old_state, sizeof old_state, "%s/old-state", base);
    snprintf(old_pending, sizeof old_pending, "%s/old-pending", base);
    assert_int_equal(folder_open(&system_disk, path, &folder, NULL), 0);
    copy_file(state_file, old_state);
    keep(&folder, 2, 1);
    copy_file(pending_file, old_pending);
    state = next_state(&folder);
    snprintf(receipt, sizeof receipt, "%s/receipts/%u.tlog-proof", path, (unsigned)state.index);
    assert_int_equal(folder_settle(&folder, &state, span_str("r"), NULL), 0);
    keep(&folder, 2, 3);
    folder_close(&folder);
    /* Pending of the second submission, state of none. */
    copy_file(state_file, pending_file); /* and a pending that is none at all */
    assert_int_equal(folder_open(&system_disk, path, &folder, NULL), KEIIN_EDAMAGED);
    copy_file(old_pending, pending_file); /* a pending that the state counts is passed over */
    assert_int_equal(folder_open(&system_disk, path, &folder, NULL), 0);
    assert_null(folder.pending.bytes);
    keep(&folder, 1, 9);
    folder_close(&folder);
    copy_file(old_state, state_file);
    assert_int_equal(folder_open(&system_disk, path, &folder, NULL), KEIIN_EDAMAGED);
    assert_int_equal(unlink(state_file), 0);
    assert_int_equal(folder_open(&system_disk, path, &folder, NULL), KEIIN_EDAMAGED);
    /* A state whose receipt is gone. */
    copy_file(old_state, state_file);
    copy_file(old_pending, pending_file);
    assert_int_equal(folder_open(&system_disk, path, &folder, NULL), 0);
    assert_int_equal(folder_settle(&folder, &state, span_str("r"), NULL), 0);
    folder_close(&folder);
    assert_int_equal(unlink(receipt), 0);
    assert_int_equal(folder_open(&system_disk, path, &folder, NULL), KEIIN_EDAMAGED);
}

/* ---- what was imported ---- */

static struct span record_of(struct buf *r, const char *id, unsigned count, uint8_t salt)
{
    uint8_t bytes[16];

    memset(bytes, salt, sizeof bytes);
    buf_clear(r);
    msgpack_put_map(r, id == NULL ? 4 : 5);
    msgpack_put_str(r, span_str("action"));
    msgpack_put_str(r, span_str("query"));
    msgpack_put_str(r, span_str("at"));
    msgpack_put_uint(r, 5);
    msgpack_put_str(r, span_str("count"));
    msgpack_put_uint(r, count);
    if (id != NULL) {
        msgpack_put_str(r, span_str("id"));
        msgpack_put_str(r, span_str(id));
    }
    msgpack_put_str(r, span_str("salt"));
    msgpack_put_bin(r, span_of(bytes, sizeof bytes));
    return buf_view(r);
}

static void imported_set(void **unused)
{
    char file[128], id[32];
    struct imported *set;
    struct buf r;

    (void)unused;
    make("imported");
    snprintf(file, sizeof file, "%s/imported", path);
    buf_init(&r, 1000);
    assert_int_equal(imported_open(&system_disk, path, &set, NULL), 0);
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(id, sizeof id, "%u", i);
        assert_int_equal(imported_look(set, record_of(&r, id, i, 0)), IMPORTED_NEW);
        assert_int_equal(imported_note(set, buf_view(&r)), 0);
    }
    assert_int_equal(imported_count(set), 5000);
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(id, sizeof id, "%u", i);
        assert_int_equal(imported_look(set, record_of(&r, id, i, 1)), IMPORTED_SAME);
        assert_int_equal(imported_look(set, record_of(&r, id, i + 1, 0)), IMPORTED_OTHER);
    }
    assert_int_equal(imported_look(set, record_of(&r, NULL, 1, 0)), IMPORTED_NEW);
    imported_free(set);
    buf_destroy(&r);
}

/* A torn end does not count, what is whole before it does; the next append cuts it off. */
static void imported_torn(void **unused)
{
    struct client_state state = {.number = 0};
    struct client_pending pending;
    char file[128];
    struct imported *set;
    struct buf body, bytes;
    struct hash head;
    struct stat st;

    (void)unused;
    make("torn");
    snprintf(file, sizeof file, "%s/imported", path);
    buf_init(&body, 10000);
    buf_init(&bytes, 10000);
    request(&body, &state, 3, 1, &head);
    client_pending_write(&bytes, true, "", buf_view(&body));
    assert_int_equal(client_pending_parse(buf_view(&bytes), &pending), 0);
    assert_int_equal(imported_add(&system_disk, path, &pending.submission, NULL), 0);
    assert_int_equal(
        imported_add(&system_disk, path, &pending.submission, NULL), 0); /* as after a crash */
    assert_int_equal(truncate(file, 6 * 32 - 5), 0);
    assert_int_equal(imported_open(&system_disk, path, &set, NULL), 0);
    assert_int_equal(imported_count(set), 3);
    imported_free(set);
    assert_int_equal(imported_add(&system_disk, path, &pending.submission, NULL), 0);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_size, (5 + 3) * 32);
    assert_int_equal(imported_open(&system_disk, path, &set, NULL), 0);
    assert_int_equal(imported_count(set), 3);
    imported_free(set);
    client_pending_destroy(&pending);
    buf_destroy(&bytes);
    buf_destroy(&body);
}

static int setup(void **unused)
{
    (void)unused;
    return mkdtemp(base) == NULL;
}

static int teardown(void **unused)
{
    char command[64];

    (void)unused;
    snprintf(command, sizeof command, "rm -r %s", base);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_reads_back),
        cmocka_unit_test(state_is_strict),
        cmocka_unit_test(pending_reads_back),
        cmocka_unit_test(init_never_overwrites),
        cmocka_unit_test(a_submission),
        cmocka_unit_test(pending_that_failed_is_taken_back),
        cmocka_unit_test(what_does_not_fit_is_damaged),
        cmocka_unit_test(imported_set),
        cmocka_unit_test(imported_torn),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
