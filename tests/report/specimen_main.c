/*
 * specimen FORMAT LANGUAGE [--rows COUNT | --columns COUNT | --text] >FILE: a specimen document as html, pdf or csv;
 * with --text, what is on standard input in every place.
 */
#include <stdlib.h>
#include <unistd.h>

#include "tests/report/specimen.h"

static int read_all(struct buf *in)
{
    uint8_t piece[4096];
    ssize_t n;

    while ((n = read(STDIN_FILENO, piece, sizeof piece)) > 0)
        buf_put(in, piece, (size_t)n);
    return n < 0 ? KEIIN_EUNREADABLE : buf_status(in);
}

static int write_document(const struct document *d, const char *format)
{
    struct why why = {""};
    struct buf out;
    int err;

    buf_init(&out, (size_t)64 * 1024 * 1024);
    if (strcmp(format, "pdf") == 0)
        err = document_pdf(d, stdout, &why);
    else
        err = strcmp(format, "csv") == 0 ? document_csv(d, &out) : document_html(d, &out);
    if (out.n > 0 && fwrite(out.p, 1, out.n, stdout) != out.n)
        err = KEIIN_EIO;
    if (err != 0)
        fprintf(stderr, "%s: %s\n", keiin_err_text(err), why.text);
    buf_destroy(&out);
    return err;
}

int main(int argc, char **argv)
{
    enum language language = argc > 2 && strcmp(argv[2], "ja") == 0 ? LANGUAGE_JA : LANGUAGE_EN;
    struct document d = {.title = NULL};
    struct buf in;
    int err = 0;

    if (argc < 3)
        return 64;
    buf_init(&in, (size_t)1024 * 1024);
    if (argc > 3 && strcmp(argv[3], "--text") == 0) {
        err = read_all(&in);
        specimen_text(&d, language, buf_view(&in));
    } else if (argc > 4 && strcmp(argv[3], "--rows") == 0) {
        specimen_rows(&d, language, (size_t)strtoul(argv[4], NULL, 10));
    } else if (argc > 4 && strcmp(argv[3], "--columns") == 0) {
        specimen_columns(&d, (size_t)strtoul(argv[4], NULL, 10));
    } else {
        specimen_report(&d, language);
    }
    if (err == 0)
        err = write_document(&d, argv[1]);
    document_destroy(&d);
    buf_destroy(&in);
    return err == 0 && fflush(stdout) == 0 ? 0 : 1;
}
