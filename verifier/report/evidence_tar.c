#include "verifier/report/evidence_tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>

#include "system/messages.h"

#define NAME_BYTES 96
#define USTAR_TIME_MAX INT64_C(077777777777) /* what eleven octal digits hold */

struct file {
    char name[NAME_BYTES];
    struct span bytes; /* borrowed */
};
struct files {
    struct file *list;
    size_t count, cap;
    int err;
};

bool evidence_tar_can(void)
{
    return true;
}

static void add(struct files *f, const char *name, struct span bytes)
{
    void *moved = array_room(f->list, f->count, &f->cap, sizeof *f->list);

    if (moved == NULL) {
        f->err = KEIIN_ENOMEM;
        return;
    }
    f->list = moved;
    snprintf(f->list[f->count].name, NAME_BYTES, "%s", name);
    f->list[f->count++].bytes = bytes;
}

static struct span text_of(const json_t *string)
{
    return span_of(json_string_value(string), json_string_length(string));
}

static void collect(struct files *f, const json_t *report, struct span text, struct span readme)
{
    const json_t *evidence = json_object_get(report, "evidence"), *item;
    const json_t *checkpoint = json_object_get(evidence, "checkpoint");
    char name[NAME_BYTES];
    size_t i;

    add(f, "README.txt", readme);
    add(f, "report.json", text);
    if (json_is_string(checkpoint))
        add(f, "checkpoint", text_of(checkpoint));
    json_array_foreach (json_object_get(evidence, "rosters"), i, item) {
        snprintf(name, sizeof name, "rosters/%zu.note", i);
        add(f, name, text_of(item));
    }
    json_array_foreach (json_object_get(evidence, "proofs"), i, item) {
        const json_t *proof = json_object_get(item, "proof");

        snprintf(name, sizeof name, "proofs/%s.tlog-proof",
            json_string_value(json_object_get(item, "record")));
        if (json_is_string(proof))
            add(f, name, text_of(proof));
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static la_ssize_t take(struct archive *archive, void *ctx, const void *bytes, size_t n)
{
    struct buf *out = ctx;

    (void)archive;
    buf_put(out, bytes, n);
    return buf_status(out) == 0 ? (la_ssize_t)n : -1;
}

static int put(struct archive *archive, const struct file *file, int64_t time_s)
{
    struct archive_entry *entry = archive_entry_new();
    int err = KEIIN_ENOMEM;

    if (entry == NULL)
        return err;
    archive_entry_set_pathname(entry, file->name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_uid(entry, 0);
    archive_entry_set_gid(entry, 0);
    archive_entry_set_mtime(entry, time_s, 0);
    archive_entry_set_size(entry, (la_int64_t)file->bytes.n);
    if (archive_write_header(archive, entry) == ARCHIVE_OK &&
        archive_write_data(archive, file->bytes.p, file->bytes.n) == (la_ssize_t)file->bytes.n &&
        archive_write_finish_entry(archive) == ARCHIVE_OK)
        err = 0;
    archive_entry_free(entry);
    return err;
}

static int write_all(struct files *f, uint64_t time_ms, struct buf *out)
{
    int64_t time_s =
        time_ms / 1000 > (uint64_t)USTAR_TIME_MAX ? USTAR_TIME_MAX : (int64_t)(time_ms / 1000);
    struct archive *archive = archive_write_new();
    int err = KEIIN_ENOMEM;

    if (archive != NULL && archive_write_set_format_ustar(archive) == ARCHIVE_OK &&
        archive_write_add_filter_none(archive) == ARCHIVE_OK &&
        archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK &&
        archive_write_open(archive, out, NULL, take, NULL) == ARCHIVE_OK)
        err = 0;
    for (size_t i = 0; err == 0 && i < f->count; i++)
        err = put(archive, &f->list[i], time_s);
    if (archive != NULL && archive_write_free(archive) != ARCHIVE_OK && err == 0)
        err = KEIIN_ENOMEM;
    /* What the buffer refused is why the archive failed. */
    return buf_status(out) != 0 ? buf_status(out) : err;
}

int evidence_tar(
    const json_t *report, struct span text, uint64_t time_ms, struct buf *out, struct why *why)
{
    struct files files = {0};
    struct buf readme;
    int err;

    (void)why;
    buf_init(&readme, 64 * 1024);
    buf_put_str(&readme, message_in(LANGUAGE_EN, MESSAGE_EVIDENCE_README));
    buf_put_str(&readme, "\n");
    buf_put_str(&readme, message_in(LANGUAGE_JA, MESSAGE_EVIDENCE_README));
    collect(&files, report, text, buf_view(&readme));
    err = files.err != 0 ? files.err : buf_status(&readme);
    if (err == 0) {
        qsort(files.list, files.count, sizeof *files.list, by_name);
        err = write_all(&files, time_ms, out);
    }
    free(files.list);
    buf_destroy(&readme);
    return err;
}
