/* Files that matter: nothing is read beyond its bound, nothing is overwritten that must not
 * be, a replacement is whole or not at all, and a lock keeps others out. */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/clock.h"
#include "system/file.h"

/* Each test works in a folder of its own below this one. */
static char folder[] = "/tmp/keiin-test-file-XXXXXX";

static char *in_folder(const char *name)
{
    char *path = path_join(folder, name);

    assert_non_null(path);
    return path;
}

static unsigned mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

static void assert_content(const char *path, const char *content)
{
    uint8_t *bytes;
    size_t n;

    assert_int_equal(file_read(path, 1000, &bytes, &n, NULL), 0);
    test_assert_span(span_of(bytes, n), span_str(content));
    assert_int_equal(bytes[n], 0);
    free(bytes);
}

static void test_create_and_read(void **state)
{
    char *path = in_folder("created");
    struct why why;

    (void)state;
    assert_int_equal(file_create(path, 0600, span_str("content"), &why), 0);
    assert_int_equal(mode_of(path), 0600);
    assert_content(path, "content");
    assert_int_equal(file_create(path, 0600, span_str("other"), &why), KEIIN_EEXIST);
    assert_non_null(strstr(why.text, path));
    assert_content(path, "content");
    free(path);
}

static void test_create_follows_no_link(void **state)
{
    char *target = in_folder("target"), *link = in_folder("link");

    (void)state;
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(file_create(link, 0600, span_str("x"), NULL), KEIIN_EEXIST);
    assert_int_equal(access(target, F_OK), -1);
    free(target);
    free(link);
}

static void test_create_where_it_cannot(void **state)
{
    char *path = in_folder("nowhere/file");
    struct why why;

    (void)state;
    assert_int_equal(file_create(path, 0600, span_str("x"), &why), KEIIN_EIO);
    assert_non_null(strstr(why.text, "folder"));
    if (access("/dev/full", W_OK) == 0)
        assert_int_equal(file_create("/dev/full", 0600, span_str("x"), NULL), KEIIN_EEXIST);
    free(path);
}

/* A process that may write only 1,000 bytes a file stands for a full disk. */
static int write_with_no_room(const char *path, bool replace)
{
    char bytes[5000] = {0};
    struct rlimit limit = {1000, 1000};
    struct span all = span_of(bytes, sizeof bytes);
    int err;

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 1;
    err = replace ? file_replace(path, 0600, all, NULL) : file_create(path, 0600, all, NULL);
    return err == KEIIN_EIO || err == KEIIN_EFULL ? 0 : 1;
}

static void test_nothing_half_written_stays(void **state)
{
    char *path = in_folder("half"), *beside = in_folder("half.new");

    (void)state;
    for (int replace = 0; replace < 2; replace++) {
        int child_status;
        pid_t child;

        if (replace)
            assert_int_equal(file_create(path, 0600, span_str("whole"), NULL), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(write_with_no_room(path, replace));
        assert_int_equal(waitpid(child, &child_status, 0), child);
        assert_int_equal(child_status, 0);
        assert_int_equal(access(beside, F_OK), -1);
        if (replace)
            assert_content(path, "whole");
        else
            assert_int_equal(access(path, F_OK), -1);
    }
    free(path);
    free(beside);
}

static void test_read_is_bounded(void **state)
{
    char *path = in_folder("bounded");
    uint8_t *bytes, into[8];
    struct why why;
    size_t n;

    (void)state;
    assert_int_equal(file_create(path, 0600, span_str("12345678"), NULL), 0);
    assert_int_equal(file_read(path, 8, &bytes, &n, NULL), 0);
    assert_int_equal(n, 8);
    free(bytes);
    assert_int_equal(file_read(path, 7, &bytes, &n, &why), KEIIN_ELIMIT);
    assert_null(bytes);
    assert_int_equal(file_read_into(path, into, 8, &n, NULL), 0);
    assert_memory_equal(into, "12345678", 8);
    assert_int_equal(file_read_into(path, into, 7, &n, NULL), KEIIN_ELIMIT);
    free(path);
}

static void test_read_long_and_empty(void **state)
{
    char *path = in_folder("long"), *none = in_folder("empty");
    size_t bytes_long = 3 * 1000 * 1000 + 1, n;
    uint8_t *wanted = malloc(bytes_long), *bytes;
    uint64_t random = 1;

    (void)state;
    assert_non_null(wanted);
    for (size_t i = 0; i < bytes_long; i++)
        wanted[i] = (uint8_t)test_random(&random);
    assert_int_equal(file_create(path, 0600, span_of(wanted, bytes_long), NULL), 0);
    assert_int_equal(file_read(path, bytes_long, &bytes, &n, NULL), 0);
    test_assert_span(span_of(bytes, n), span_of(wanted, bytes_long));
    free(bytes);
    free(wanted);
    assert_int_equal(file_create(none, 0600, span_of(NULL, 0), NULL), 0);
    assert_int_equal(file_read(none, 0, &bytes, &n, NULL), 0);
    assert_int_equal(n, 0);
    free(bytes);
    free(path);
    free(none);
}

static void test_read_what_is_no_file(void **state)
{
    char *fifo = in_folder("fifo"), *absent = in_folder("absent");
    uint8_t *bytes;
    size_t n;

    (void)state;
    assert_int_equal(mkfifo(fifo, 0600), 0);
    /* Nobody writes to it: an open that waited would never end. */
    assert_int_equal(file_read(fifo, 100, &bytes, &n, NULL), KEIIN_EUNREADABLE);
    assert_int_equal(file_read(folder, 100, &bytes, &n, NULL), KEIIN_EUNREADABLE);
    assert_int_equal(file_read("/dev/zero", 100, &bytes, &n, NULL), KEIIN_EUNREADABLE);
    assert_int_equal(file_read(absent, 100, &bytes, &n, NULL), KEIIN_EABSENT);
    assert_null(bytes);
    free(fifo);
    free(absent);
}

static void test_reason_is_made_visible(void **state)
{
    char *path = in_folder("\xe2\x80\xae\n");
    uint8_t *bytes;
    struct why why;
    size_t n;

    (void)state;
    assert_int_equal(file_read(path, 100, &bytes, &n, &why), KEIIN_EABSENT);
    assert_null(strchr(why.text, '\n'));
    assert_non_null(strstr(why.text, "\\u{202e}\\u{000a}"));
    free(path);
}

static void test_replace(void **state)
{
    char *path = in_folder("replaced"), *beside = in_folder("replaced.new");
    struct stat before, after;

    (void)state;
    assert_int_equal(file_replace(path, 0600, span_str("first"), NULL), 0);
    assert_content(path, "first");
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(file_replace(path, 0600, span_str("second"), NULL), 0);
    assert_content(path, "second");
    assert_int_equal(stat(path, &after), 0);
    assert_true(before.st_ino != after.st_ino); /* a new file, not the old one written over */
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(access(beside, F_OK), -1);
    free(path);
    free(beside);
}

static void test_replace_uses_up_what_a_crash_left(void **state)
{
    char *path = in_folder("crashed"), *beside = in_folder("crashed.new");

    (void)state;
    assert_int_equal(file_create(path, 0600, span_str("old"), NULL), 0);
    assert_int_equal(file_create(beside, 0644, span_str("half of something longer"), NULL), 0);
    assert_int_equal(file_replace(path, 0600, span_str("new"), NULL), 0);
    assert_content(path, "new");
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(access(beside, F_OK), -1);
    free(path);
    free(beside);
}

static void test_replace_follows_no_link(void **state)
{
    char *path = in_folder("linked"), *beside = in_folder("linked.new");
    char *target = in_folder("precious");

    (void)state;
    assert_int_equal(file_create(target, 0600, span_str("precious"), NULL), 0);
    assert_int_equal(symlink(target, beside), 0);
    assert_true(file_replace(path, 0600, span_str("new"), NULL) < 0);
    assert_content(target, "precious");
    assert_int_equal(unlink(beside), 0);
    assert_int_equal(link(target, beside), 0);
    assert_true(file_replace(path, 0600, span_str("new"), NULL) < 0);
    assert_content(target, "precious");
    free(path);
    free(beside);
    free(target);
}

/* Two processes replace one file many times: it is always one of theirs, and whole. */
static void test_replace_from_two_processes(void **state)
{
    char *path = in_folder("contended");
    char ours[2000], theirs[3000];
    pid_t child;
    int child_status;

    (void)state;
    memset(ours, 'o', sizeof ours);
    memset(theirs, 't', sizeof theirs);
    assert_int_equal(file_replace(path, 0600, span_of(ours, sizeof ours), NULL), 0);
    child = fork();
    assert_true(child >= 0);
    for (int i = 0; i < 100; i++) {
        struct span mine = child == 0 ? span_of(theirs, sizeof theirs) : span_of(ours, sizeof ours);
        struct span other =
            child == 0 ? span_of(ours, sizeof ours) : span_of(theirs, sizeof theirs);
        uint8_t *bytes = NULL;
        size_t n = 0;
        bool good;

        good = file_replace(path, 0600, mine, NULL) == 0 &&
               file_read(path, 10000, &bytes, &n, NULL) == 0 &&
               (span_eq(span_of(bytes, n), mine) || span_eq(span_of(bytes, n), other));
        free(bytes);
        if (!good && child == 0)
            _exit(1);
        assert_true(good);
    }
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, &child_status, 0), child);
    assert_int_equal(child_status, 0);
    free(path);
}

static void test_remove(void **state)
{
    char *path = in_folder("removed");

    (void)state;
    assert_int_equal(file_create(path, 0600, span_str("x"), NULL), 0);
    assert_int_equal(file_remove(path, NULL), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(file_remove(path, NULL), 0);
    assert_int_equal(file_remove(folder, NULL), KEIIN_EIO);
    free(path);
}

static void test_folders(void **state)
{
    char *deep = in_folder("a//b/c/"), *one = in_folder("one"), *file = in_folder("file");
    char *below = in_folder("file/below");

    (void)state;
    assert_int_equal(folder_create_all(deep, NULL), 0);
    assert_int_equal(folder_create_all(deep, NULL), 0);
    assert_int_equal(access(deep, W_OK), 0);
    assert_int_equal(folder_create(one, NULL), 0);
    assert_int_equal(mode_of(one), 0700);
    assert_int_equal(folder_create(one, NULL), KEIIN_EEXIST);
    assert_int_equal(file_create(file, 0600, span_str("x"), NULL), 0);
    assert_int_equal(folder_create_all(below, NULL), KEIIN_EEXIST);
    free(deep);
    free(one);
    free(file);
    free(below);
}

static void test_folder_rename(void **state)
{
    char *from = in_folder("renamed.partial"), *to = in_folder("renamed"), *inside;
    struct why why;

    (void)state;
    assert_int_equal(folder_create(from, NULL), 0);
    inside = path_join(from, "file");
    assert_int_equal(file_create(inside, 0600, span_str("content"), NULL), 0);
    assert_int_equal(folder_rename(from, to, &why), 0);
    free(inside);
    inside = path_join(to, "file");
    assert_content(inside, "content");
    /* Not even an empty folder gives way, as it would to rename(2). */
    assert_int_equal(file_remove(inside, NULL), 0);
    assert_int_equal(folder_create(from, NULL), 0);
    assert_int_equal(folder_rename(from, to, &why), KEIIN_EEXIST);
    assert_non_null(strstr(why.text, to));
    assert_int_equal(mode_of(from), 0700);
    free(inside);
    free(from);
    free(to);
}

static void test_lock(void **state)
{
    char *path = in_folder("lock");
    int fd = -1, second = -1, child_status;
    struct why why;
    pid_t child;

    (void)state;
    assert_int_equal(file_lock(path, &fd, NULL), 0);
    assert_int_equal(file_lock(path, &second, &why), KEIIN_EBUSY);
    assert_int_equal(second, -1);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(file_lock(path, &second, NULL) == KEIIN_EBUSY ? 0 : 1);
    assert_int_equal(waitpid(child, &child_status, 0), child);
    assert_int_equal(child_status, 0);
    close(fd);
    assert_int_equal(file_lock(path, &second, NULL), 0);
    close(second);
    free(path);
}

static void test_path_join(void **state)
{
    static const char *const cases[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"", "b", "b"}, {"/", "b", "/b"}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        char *joined = path_join(cases[i][0], cases[i][1]);

        assert_string_equal(joined, cases[i][2]);
        free(joined);
    }
}

static void test_clock(void **state)
{
    uint64_t wall = system_clock.wall_ms(system_clock.ctx);
    uint64_t first = system_clock.monotonic_ms(system_clock.ctx);
    uint8_t a[32] = {0}, b[32] = {0};

    (void)state;
    assert_true(wall > UINT64_C(1600000000000)); /* milliseconds: seconds would be fewer */
    usleep(20000);
    assert_in_range(system_clock.monotonic_ms(system_clock.ctx) - first, 15, 60000);
    system_random.fill(system_random.ctx, a, sizeof a);
    system_random.fill(system_random.ctx, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    char command[200];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create_and_read),
        cmocka_unit_test(test_create_follows_no_link),
        cmocka_unit_test(test_create_where_it_cannot),
        cmocka_unit_test(test_nothing_half_written_stays),
        cmocka_unit_test(test_read_is_bounded),
        cmocka_unit_test(test_read_long_and_empty),
        cmocka_unit_test(test_read_what_is_no_file),
        cmocka_unit_test(test_reason_is_made_visible),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_replace_uses_up_what_a_crash_left),
        cmocka_unit_test(test_replace_follows_no_link),
        cmocka_unit_test(test_replace_from_two_processes),
        cmocka_unit_test(test_remove),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_folder_rename),
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_path_join),
        cmocka_unit_test(test_clock),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
