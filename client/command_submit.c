/* keiin-client submit: JSON lines into records, in batches, resumable by a mark. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/jsonline.h"
#include "client/program.h"
#include "core/sha256.h"
#include "core/text.h"
#include "system/messages.h"

/*
 * The mark of an input: how many of its lines are in submissions, and the hashes of its
 * first line and of all these lines. An input that was interrupted is known by it again;
 * so is a file that went out whole, since who was killed at the very end cannot tell.
 */
#define MARK_WORD "submit "
#define MARK_WHOLE_WORD "submitted "

struct reader {
    FILE *file;
    bool regular; /* not a pipe or a terminal: it can be read again */
    const char *name; /* as shown */
    struct buf line;
    uint64_t number; /* of the line that is in `line` */
    struct sha256_stream hash; /* of all lines up to and with it */
    struct hash first; /* of line 1 alone */
};

struct run {
    struct reader in;
    struct keiin *keiin;
    struct keiin_record *record;
    const char *folder;
    bool resuming;
    bool resume_whole; /* the marked input went out whole: it may also just be another */
    uint64_t resume_lines;
    struct hash resume_first, resume_hash;
    uint64_t sent; /* records that are in the ledger, of this run */
    uint64_t sent_line; /* the last line that is in a submission */
    uint64_t batch_line; /* the last one appended */
};

/* Reads a line, its newline left out. *more is false at the end. */
static int next_line(struct reader *in, bool *more, struct why *why)
{
    int c;

    buf_clear(&in->line);
    while ((c = getc_unlocked(in->file)) != EOF && c != '\n')
        buf_put_u8(&in->line, (uint8_t)c);
    if (ferror(in->file)) {
        why_set(why, "%s", strerror(errno));
        return KEIIN_EUNREADABLE;
    }
    *more = c != EOF || in->line.n > 0 || buf_status(&in->line) != 0;
    if (!*more)
        return 0;
    in->number++;
    if (buf_status(&in->line) != 0) {
        why_set(why, "is longer than %d bytes", JSON_LINE_BYTES_MAX);
        return buf_status(&in->line) == KEIIN_ELIMIT ? KEIIN_EMALFORMED : KEIIN_ENOMEM;
    }
    sha256_stream_update(&in->hash, buf_view(&in->line));
    sha256_stream_update(&in->hash, span_str("\n"));
    if (in->number == 1)
        sha256(&in->first, buf_view(&in->line));
    return 0;
}

/* The hash of the lines so far; the stream goes on. */
static struct hash hash_so_far(const struct reader *in)
{
    struct sha256_stream copy = in->hash;
    struct hash hash;

    sha256_stream_final(&copy, &hash);
    return hash;
}

static void write_mark(const struct run *run, const char *word, char text[MARK_BYTES_MAX + 1])
{
    struct hash hash = hash_so_far(&run->in);
    char first[2 * HASH_BYTES + 1], all[2 * HASH_BYTES + 1];

    hex_encode(first, span_hash(&run->in.first));
    hex_encode(all, span_hash(&hash));
    snprintf(text, MARK_BYTES_MAX + 1, "%s%" PRIu64 " %s %s", word, run->in.number, first, all);
}

static int set_mark(struct run *run, struct keiin_why *told)
{
    char text[MARK_BYTES_MAX + 1];

    write_mark(run, MARK_WORD, text);
    return keiin_mark(run->keiin, text, told);
}

static void read_mark(struct run *run, const char *mark)
{
    struct span text = span_str(mark);
    const char *space;

    run->resume_whole = strncmp(mark, MARK_WHOLE_WORD, strlen(MARK_WHOLE_WORD)) == 0;
    if (!run->resume_whole && strncmp(mark, MARK_WORD, strlen(MARK_WORD)) != 0)
        return;
    mark += strlen(run->resume_whole ? MARK_WHOLE_WORD : MARK_WORD);
    space = strchr(mark, ' ');
    if (space == NULL || text.n < 4 * HASH_BYTES + 2)
        return;
    run->resuming = decimal_parse(span_of((const uint8_t *)mark, (size_t)(space - mark)),
                        UINT64_MAX, &run->resume_lines) &&
                    strlen(space) == 2 + 4 * HASH_BYTES &&
                    hex_decode(run->resume_first.b, HASH_BYTES,
                        span_of((const uint8_t *)space + 1, 2 * HASH_BYTES)) &&
                    hex_decode(run->resume_hash.b, HASH_BYTES,
                        span_of((const uint8_t *)space + 2 + 2 * HASH_BYTES, 2 * HASH_BYTES));
}

/* Whether the input begins with all lines of the one that went out whole; reads it anew then. */
static int look_for_whole(struct run *run)
{
    struct why why = {""};
    struct hash hash;
    bool more = true;
    int err = 0;

    while (err == 0 && more && run->in.number < run->resume_lines)
        err = next_line(&run->in, &more, &why);
    hash = hash_so_far(&run->in);
    run->resuming =
        err == 0 && run->in.number == run->resume_lines && hash_eq(&hash, &run->resume_hash);
    run->in.number = 0;
    sha256_stream_init(&run->in.hash);
    return fseek(run->in.file, 0, SEEK_SET) == 0 ? 0 : KEIIN_EUNREADABLE;
}

/* Sends the batch; what went wrong is said. */
static int flush_batch(struct run *run)
{
    struct keiin_why told = {""};
    struct keiin_status status;
    size_t count = run->keiin->item_count;
    int err = keiin_submit(run->keiin, &told);

    if (err == 0) {
        run->sent += count;
        run->sent_line = run->batch_line;
        return EXIT_OK;
    }
    keiin_status(run->keiin, &status);
    if (status.batch_count == 0)
        run->sent_line = run->batch_line;
    cli_error(message_text(MESSAGE_CLIENT_STOPPED), run->folder, told.text, run->sent,
        status.pending_count, run->sent_line);
    return program_exit(err);
}

static int bad_line(const struct run *run, int err, const char *why)
{
    if (run->sent_line == 0)
        cli_error(message_text(MESSAGE_CLIENT_BAD_FIRST), run->in.name, run->in.number, why);
    else
        cli_error(message_text(MESSAGE_CLIENT_BAD_LINE), run->in.name, run->in.number, why,
            run->sent, run->sent_line);
    return program_exit(err);
}

static int other_input(const struct run *run)
{
    cli_error(message_text(MESSAGE_CLIENT_OTHER_INPUT), run->in.name, run->resume_lines);
    return EXIT_FINDINGS;
}

/* Whether the line in hand was sent by an interrupted run. *exit_code when it cannot be. */
static bool was_sent(struct run *run, int *exit_code)
{
    struct hash hash;

    if (run->resuming && run->in.number == 1 && !hash_eq(&run->in.first, &run->resume_first))
        run->resuming = false;
    if (!run->resuming || run->in.number > run->resume_lines)
        return false;
    if (run->in.number == run->resume_lines) {
        hash = hash_so_far(&run->in);
        if (!hash_eq(&hash, &run->resume_hash))
            *exit_code = other_input(run);
        run->sent_line = run->batch_line = run->in.number;
    }
    return true;
}

static bool is_blank(struct span line)
{
    for (size_t i = 0; i < line.n; i++)
        if (strchr(" \t\r", line.p[i]) == NULL || line.p[i] == 0)
            return false;
    return true;
}

static int take_line(struct run *run)
{
    struct keiin_why told = {""};
    struct why why = {""};
    int err, exit_code;

    compose_clear(run->record);
    err = jsonline_read(buf_view(&run->in.line), run->record, &why);
    if (err != 0)
        return bad_line(run, err, why.text);
    err = keiin_append(run->keiin, run->record, NULL, 0, &told);
    if (err == KEIIN_ELIMIT) {
        exit_code = flush_batch(run);
        if (exit_code != EXIT_OK)
            return exit_code;
        err = keiin_append(run->keiin, run->record, NULL, 0, &told);
    }
    if (err == 0)
        err = set_mark(run, &told);
    if (err != 0)
        return bad_line(run, err, told.text);
    run->batch_line = run->in.number;
    return EXIT_OK;
}

static int take_all(struct run *run)
{
    struct progress progress;
    struct why why = {""};
    int exit_code = EXIT_OK, err;
    bool more = true;

    progress_start(&progress, message_text(MESSAGE_CLIENT_LINES));
    while (exit_code == EXIT_OK) {
        err = next_line(&run->in, &more, &why);
        if (err != 0)
            exit_code = bad_line(run, err, why.text);
        else if (!more)
            break;
        else if (!was_sent(run, &exit_code) && !is_blank(buf_view(&run->in.line)))
            exit_code = take_line(run);
        progress_update(&progress, run->in.number, 0);
    }
    progress_end(&progress);
    if (exit_code == EXIT_OK && run->resuming && run->in.number > 0 &&
        run->in.number < run->resume_lines)
        exit_code = other_input(run);
    return exit_code;
}

/* The input is over: its last batch goes out, and a file is marked as sent whole. */
static int finish(struct run *run)
{
    char mark[MARK_BYTES_MAX + 1] = "";
    struct keiin_status status;
    struct why why = {""};
    int err, exit_code = flush_batch(run);

    if (exit_code != EXIT_OK)
        return exit_code;
    if (run->in.number > 0) {
        if (run->in.regular)
            write_mark(run, MARK_WHOLE_WORD, mark);
        err = client_mark_set(run->keiin, mark, &why);
        if (err != 0)
            return program_fail(err, run->folder, why.text);
    }
    keiin_status(run->keiin, &status);
    if (run->resuming)
        printf(message_text(MESSAGE_CLIENT_SENT_BEFORE), run->resume_lines);
    printf(message_text(MESSAGE_CLIENT_SENT), run->sent, status.last_number);
    return EXIT_OK;
}

/* Opens the input, which is not the terminal of someone who only forgot a file's name. */
static FILE *open_input(const char *path, bool *regular)
{
    struct stat st;
    FILE *file;
    int e;

    *regular = false;
    if (strcmp(path, "-") == 0)
        return stdin;
    file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    e = fstat(fileno(file), &st) != 0 ? errno : S_ISDIR(st.st_mode) ? EISDIR : 0;
    if (e != 0) {
        fclose(file);
        errno = e;
        return NULL;
    }
    *regular = S_ISREG(st.st_mode);
    return file;
}

int command_submit(int argc, char **argv)
{
    struct run run = {0};
    struct program_options options;
    const char *path;
    char *name = NULL;
    int exit_code;

    if (!program_options(argc, argv, true, &options))
        return EXIT_USAGE;
    if (argc - optind > 1)
        return cli_usage(message_text(MESSAGE_CLIENT_ONE_FILE), argv[0]);
    path = optind < argc ? argv[optind] : "-";
    run.folder = options.folder;
    run.in.file = open_input(path, &run.in.regular);
    if (run.in.file == NULL)
        return program_fail(KEIIN_EUNREADABLE, path, strerror(errno));
    name = program_visible(
        strcmp(path, "-") == 0 ? message_text(MESSAGE_SYSTEM_STANDARD_INPUT) : path);
    run.in.name = name;
    buf_init(&run.in.line, JSON_LINE_BYTES_MAX);
    sha256_stream_init(&run.in.hash);
    run.record = compose_new();
    run.keiin = run.record == NULL ? NULL : program_open(&options, &exit_code);
    if (run.record == NULL)
        exit_code = program_fail(KEIIN_ENOMEM, "submit", "");
    if (run.keiin != NULL) {
        exit_code = EXIT_OK;
        if (!options.from_start)
            read_mark(&run, client_mark(run.keiin));
        if (run.resuming && run.resume_whole && !run.in.regular)
            run.resuming = false; /* what comes through a pipe is new */
        if (run.resuming && run.resume_whole && look_for_whole(&run) != 0)
            exit_code = program_fail(KEIIN_EUNREADABLE, path, strerror(errno));
        if (exit_code == EXIT_OK)
            exit_code = take_all(&run);
        if (exit_code == EXIT_OK)
            exit_code = finish(&run);
    }
    keiin_close(run.keiin);
    compose_free(run.record);
    buf_destroy(&run.in.line);
    if (run.in.file != stdin)
        fclose(run.in.file);
    free(name);
    return exit_code;
}
