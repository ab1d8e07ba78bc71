/* HTML: what is written, and how the JSON that a file carries is found again. One thread. */
#ifndef KEIIN_VERIFIER_REPORT_HTML_H
#define KEIIN_VERIFIER_REPORT_HTML_H

#include "core/bytes.h"
#include "core/language.h"

struct document_chart;

/* The longest HTML file that html_embedded looks at. */
#define HTML_BYTES_MAX ((size_t)256 * 1024 * 1024)

/* Text between tags or in quotes; what stands between U+2068 and U+2069 becomes a <bdi> or, in
 * an attribute, stays as it is. */
void html_text(struct buf *out, const char *text);
void html_attribute(struct buf *out, const char *text);

/* The style sheet of every document. Static. */
extern const char html_style[];

/* A chart as an <svg>; `number`, of the charts in the file, keeps its ids apart. */
int html_chart(struct buf *out, const struct document_chart *chart, enum language language,
    size_t number) KEIIN_MUST_USE;

/*
 * JSON in which < > & U+2028 U+2029, which it holds in strings alone, are written as \u003c and so
 * on: whatever it says, no browser that is shown it finds a tag.
 */
void html_escape_json(struct buf *out, struct span json);
/* Whether none of these stands in it as it is. */
bool html_is_escaped_json(struct span json);

/*
 * That into <script type="application/json" id="keiin-report">: a data block, which no browser runs.
 */
void html_embed(struct buf *out, struct span json);

/*
 * Finds it again: *json borrows from `html`, escapes and all. KEIIN_EABSENT: there is none;
 * KEIIN_EMALFORMED: it does not end, it holds what html_embed escapes, there are two, or the file
 * does not end as ours do; KEIIN_ELIMIT: longer than HTML_BYTES_MAX.
 */
int html_embedded(struct span html, struct span *json) KEIIN_MUST_USE;

#endif
