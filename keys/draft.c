#include "keys/draft.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>

#include "core/text.h"
#include "keys/input.h"

static const char *const section_words[DRAFT_SECTIONS] = {
    "root", "threshold", "log", "witness", "group", "quorum", "writer", "reader"};

void draft_start(struct draft *d, struct span origin)
{
    memset(d, 0, sizeof *d);
    d->origin = origin;
    randombytes_buf(d->parent.b, HASH_BYTES);
}

/* Takes the line; it is without the section's word. */
static void keep(struct draft *d, enum draft_section section, char *line)
{
    struct draft_lines *lines = &d->sections[section];
    char **more = NULL;

    if (line != NULL)
        more = realloc(lines->line, (lines->count + 1) * sizeof *more);
    if (more == NULL) {
        free(line);
        d->no_memory = true;
        return;
    }
    lines->line = more;
    lines->line[lines->count++] = line;
}

void draft_follow(struct draft *d, const struct roster *before)
{
    struct cursor c = cursor_of(before->text);

    memset(d, 0, sizeof *d);
    d->origin = before->origin;
    d->serial = before->serial + 1;
    d->parent = before->text_hash;
    for (int i = 0; i < 4; i++)
        cursor_line(&c);
    while (cursor_left(&c) > 0 && !c.failed) {
        struct cursor line = cursor_of(cursor_line(&c));

        for (int s = 0; s < DRAFT_SECTIONS; s++)
            if (cursor_skip(&line, section_words[s]) && cursor_skip(&line, " ")) {
                keep(d, (enum draft_section)s, strndup((const char *)line.p, cursor_left(&line)));
                break;
            }
    }
}

void draft_clear(struct draft *d, enum draft_section section)
{
    struct draft_lines *lines = &d->sections[section];

    for (size_t i = 0; i < lines->count; i++)
        free(lines->line[i]);
    free(lines->line);
    lines->line = NULL;
    lines->count = 0;
}

void draft_destroy(struct draft *d)
{
    for (int s = 0; s < DRAFT_SECTIONS; s++)
        draft_clear(d, (enum draft_section)s);
}

void draft_add(struct draft *d, enum draft_section section, const char *format, ...)
{
    va_list args;
    char *line = NULL;

    va_start(args, format);
    if (vasprintf(&line, format, args) < 0)
        line = NULL;
    va_end(args);
    keep(d, section, line);
}

/* Whether one of a line's first words is `name`, or is a vkey of that key name. */
static bool line_is_of(const char *line, size_t words, const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; i < words; i++) {
        size_t word = strcspn(line, " ");

        if ((word == n || (word > n && line[n] == '+')) && memcmp(line, name, n) == 0)
            return true;
        if (line[word] == 0)
            return false;
        line += word + 1;
    }
    return false;
}

size_t draft_remove(struct draft *d, enum draft_section section, const char *name)
{
    struct draft_lines *lines = &d->sections[section];
    size_t kept = 0, removed;

    for (size_t i = 0; i < lines->count; i++) {
        if (line_is_of(lines->line[i], section == DRAFT_WITNESS ? 2 : 1, name))
            free(lines->line[i]);
        else
            lines->line[kept++] = lines->line[i];
    }
    removed = lines->count - kept;
    lines->count = kept;
    return removed;
}

static void put(struct buf *out, const struct draft *d)
{
    buf_printf(out, "keiin/roster/v1\n%.*s\n%" PRIu64 "\n", SHOW(d->origin), d->serial);
    base64_encode(out, span_hash(&d->parent));
    buf_put_str(out, "\n");
    for (int s = 0; s < DRAFT_SECTIONS; s++)
        for (size_t i = 0; i < d->sections[s].count; i++) {
            buf_put_str(out, section_words[s]);
            buf_put_str(out, " ");
            buf_put_str(out, d->sections[s].line[i]);
            buf_put_str(out, "\n");
        }
}

int draft_finish(struct draft *d, const char *out_path)
{
    struct roster *roster = NULL;
    struct buf text, errors;
    int err, status;

    buf_init(&text, 2 * ROSTER_TEXT_BYTES_MAX);
    buf_init(&errors, INPUT_ERRORS_BYTES_MAX);
    put(&text, d);
    err = d->no_memory ? KEIIN_ENOMEM : buf_status(&text);
    if (err == 0)
        err = roster_parse(buf_view(&text), &roster, &errors);
    if (err == 0) {
        status = output_write(out_path, buf_view(&text));
    } else if (err == KEIIN_EMALFORMED) {
        input_errors(message_text(MESSAGE_KEYS_THE_DRAFT), buf_view(&text), &errors);
        status = EXIT_FINDINGS;
    } else {
        status = cli_fail(err, message_text(MESSAGE_KEYS_THE_DRAFT), NULL);
    }
    roster_free(roster);
    buf_destroy(&text);
    buf_destroy(&errors);
    return status;
}
