#include "system/inifile.h"

#include <ini.h>
#include <stdlib.h>

#include "core/sha256.h"
#include "system/file.h"

struct reading {
    const struct inifile *file;
    const char *next; /* of the text */
    unsigned line;
};

void inifile_error(const struct inifile *f, unsigned line)
{
    if (line > 0)
        buf_printf(f->errors, "line %u: ", line);
}

/* Gives inih the next line and counts it: the handler is called before the one after it. */
static char *next_line(char *to, int n, void *ctx)
{
    struct reading *r = ctx;
    size_t bytes;

    if (*r->next == 0)
        return NULL;
    r->line++;
    bytes = strcspn(r->next, "\n");
    if (bytes > INIFILE_LINE_BYTES_MAX || (int)bytes + 2 > n) {
        inifile_error(r->file, r->line);
        buf_printf(r->file->errors, "longer than %d bytes\n", INIFILE_LINE_BYTES_MAX);
        memcpy(to, "\n", 2);
    } else {
        memcpy(to, r->next, bytes);
        memcpy(to + bytes, "\n", 2);
    }
    r->next += bytes + (r->next[bytes] == '\n');
    /* White space in front would make it part of the value before. */
    while (*to == ' ' || *to == '\t')
        memmove(to, to + 1, strlen(to));
    if (*to == '[' && r->file->section != NULL)
        r->file->section(r->file->ctx, r->line, span_of(to + 1, strcspn(to + 1, "]\n")));
    return to;
}

static int on_setting(void *ctx, const char *section, const char *name, const char *value)
{
    const struct reading *r = ctx;

    r->file->setting(r->file->ctx, r->line, section, name, value);
    return 1;
}

/* The line at whose end or within which a text ends. */
static unsigned line_of(const char *text)
{
    unsigned line = 1;

    for (; *text != 0; text++)
        line += *text == '\n';
    return line;
}

int inifile_read(const struct inifile *f, const char *path, size_t bytes_max, struct hash *digest)
{
    struct reading r = {f, NULL, 0};
    size_t n = 0, before = f->errors->n;
    struct why why = {""};
    uint8_t *text = NULL;
    int err = file_read(path, bytes_max, &text, &n, &why), line;

    if (err == KEIIN_ENOMEM)
        return err;
    if (err != 0) {
        buf_printf(f->errors, "%s\n", why.text[0] != 0 ? why.text : keiin_err_text(err));
        return err;
    }
    if (memchr(text, 0, n) != NULL) {
        inifile_error(f, line_of((const char *)text));
        buf_put_str(f->errors, "a NUL byte in a text file\n");
        goto out;
    }
    if (digest != NULL)
        sha256(digest, span_of(text, n));
    r.next = (const char *)text;
    line = ini_parse_stream(next_line, &r, on_setting, &r);
    if (line != 0) {
        inifile_error(f, line > 0 ? (unsigned)line : 0);
        buf_put_str(f->errors, "neither [section], name = value nor a comment\n");
    }
out:
    free(text);
    return f->errors->n > before || f->errors->status != 0 ? KEIIN_EUSAGE : 0;
}
