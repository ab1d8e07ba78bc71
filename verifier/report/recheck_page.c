/* Whether a page shows what its data say: it is made again of them, and must be the same. */
#include <stdlib.h>

#include "verifier/report/recheck_internal.h"
#include "verifier/report/sections.h"

static bool language_of(struct span html, enum language *out)
{
    static const char *const heads[LANGUAGES] = {
        [LANGUAGE_EN] = "<!DOCTYPE html>\n<html lang=\"en\"",
        [LANGUAGE_JA] = "<!DOCTYPE html>\n<html lang=\"ja\""};

    for (int i = 0; i < LANGUAGES; i++) {
        struct cursor c = cursor_of(html);

        *out = (enum language)i;
        if (cursor_skip(&c, heads[i]))
            return true;
    }
    return false;
}

static int make_page(
    const json_t *report, const char *data, enum language language, bool era, struct buf *out)
{
    struct document d;
    int err;

    document_init(&d, language);
    err = report_document(report, language, era, &d);
    if (err == 0) {
        d.embedded = span_str(data);
        err = document_html(&d, out);
    }
    document_destroy(&d);
    return err == 0 ? buf_status(out) : err;
}

/* The line in which two texts part, of the page as it is. */
static void tell(struct recheck *r, struct span page, struct span made)
{
    size_t same = 0, line = 1, begin = 0, end;
    struct why where, text;

    while (same < page.n && same < made.n && page.p[same] == made.p[same])
        same++;
    for (size_t i = 0; i < same; i++)
        if (page.p[i] == '\n') {
            line++;
            begin = i + 1;
        }
    if (same - begin > 60) /* a line may be long: what stands around the place is enough */
        begin = same - 60;
    for (end = begin; end < page.n && end < begin + 200 && page.p[end] != '\n';)
        end++;
    why_set(&where, "line %zu", line);
    why_set(&text, "%.*s", (int)(end - begin), (const char *)page.p + begin);
    recheck_problem(r, RECHECK_PAGE, where.text, text.text, NULL);
}

void recheck_page(struct recheck *r, const json_t *report, struct span html)
{
    enum language language;
    struct buf made;
    char *data;
    bool same = false;
    int err = 0;

    if (!language_of(html, &language)) {
        if (r->other_version)
            r->open[RECHECK_OPEN_PAGE] = true;
        else
            recheck_problem(r, RECHECK_PAGE, "line 1", "it is of no language that there is", NULL);
        return;
    }
    data = json_dumps(report, JSON_COMPACT);
    if (data == NULL) {
        r->err = KEIIN_ENOMEM;
        return;
    }
    buf_init(&made, html.n + 1); /* what is longer is not the same */
    /* With era years, or, as most are and what is told of is held against, without. */
    for (int era = 1; !same && era >= 0 && err != KEIIN_ENOMEM; era--) {
        buf_clear(&made);
        err = make_page(report, data, language, era == 1, &made);
        same = err == 0 && span_eq(buf_view(&made), html);
    }
    if (err == KEIIN_ENOMEM)
        r->err = err;
    else if (!same && r->other_version) /* which may have shown the same data otherwise */
        r->open[RECHECK_OPEN_PAGE] = true;
    else if (!same)
        tell(r, html, buf_view(&made));
    r->page_holds = same;
    buf_destroy(&made);
    free(data);
}
