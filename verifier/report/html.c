#include "verifier/report/html.h"

#include <assert.h>

#include "core/sha256.h"
#include "core/text.h"
#include "system/messages.h"
#include "verifier/report/document.h"
#include "verifier/report/text_width.h"

/* In their size of type. */
#define KEPT_WIDTH_MAX 20
#define KEPT_HEADING_MAX 6
#define FSI "\xe2\x81\xa8"
#define PDI "\xe2\x81\xa9"

struct page {
    const struct document *d;
    struct buf *out;
    size_t section, table, figure; /* how many were put */
    bool in_section;
};

static const char *html_character(char c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void put_escaped(struct buf *out, const char *text, bool bdi)
{
    const char *known;

    for (; *text != '\0'; text++) {
        known = html_character(*text);
        if (known != NULL) {
            buf_put_str(out, known);
        } else if (bdi && strncmp(text, FSI, 3) == 0) {
            buf_put_str(out, "<bdi>");
            text += 2;
        } else if (bdi && strncmp(text, PDI, 3) == 0) {
            buf_put_str(out, "</bdi>");
            text += 2;
        } else {
            buf_put_u8(out, (uint8_t)*text);
        }
    }
}

void html_text(struct buf *out, const char *text)
{
    put_escaped(out, text, true);
}

void html_attribute(struct buf *out, const char *text)
{
    put_escaped(out, text, false);
}

static const char *language_tag(enum language language)
{
    return language == LANGUAGE_JA ? "ja" : "en";
}

static void put_element(struct buf *out, const char *open, const char *text, const char *close)
{
    buf_put_str(out, open);
    html_text(out, text);
    buf_put_str(out, close);
}

static void put_head(struct page *p)
{
    struct span style = span_str(html_style);
    struct hash hash;
    struct buf *out = p->out;

    sha256(&hash, style);
    buf_printf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
        language_tag(p->d->language));
    buf_put_str(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "style-src 'sha256-");
    base64_encode(out, span_hash(&hash));
    buf_put_str(out, "'; base-uri 'none'; form-action 'none'\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    html_attribute(out, p->d->title == NULL ? "" : p->d->title);
    buf_put_str(out, "</title>\n<style>");
    buf_put_span(out, style);
    buf_put_str(out, "</style>\n</head>\n<body>\n<header>\n");
    put_element(out, "<h1>", p->d->title == NULL ? "" : p->d->title, "</h1>\n");
    if (p->d->subtitle != NULL && p->d->subtitle[0] != '\0')
        put_element(out, "<p class=\"subtitle\">", p->d->subtitle, "</p>\n");
    buf_put_str(out, "</header>\n");
}

static void put_contents(struct page *p)
{
    const char *title = message_in(p->d->language, MESSAGE_DOCUMENT_CONTENTS);
    size_t number = 0;

    buf_printf(
        p->out, "<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">%s</h2>\n<ol>\n", title);
    for (size_t i = 0; i < p->d->block_count; i++) {
        if (p->d->blocks[i].type != BLOCK_SECTION)
            continue;
        number++;
        buf_printf(p->out, "<li><span class=\"no\">%zu</span><a href=\"#s%zu\">", number, number);
        html_text(p->out, p->d->blocks[i].text);
        buf_put_str(p->out, "</a></li>\n");
    }
    buf_put_str(p->out, "</ol>\n</nav>\n");
}

static void put_section(struct page *p, const struct block *b)
{
    if (p->in_section)
        buf_put_str(p->out, "</section>\n");
    p->in_section = true;
    p->section++;
    buf_printf(p->out,
        "<section aria-labelledby=\"s%zu\">\n<h2 id=\"s%zu\"><span class=\"no\">%zu</span>",
        p->section, p->section, p->section);
    html_text(p->out, b->text);
    buf_put_str(p->out, "</h2>\n");
}

static void put_marked(struct page *p, const struct block *b, const char *class, enum message mark)
{
    buf_printf(p->out, "<div class=\"%s\" role=\"note\"><p><strong class=\"mark\">%s</strong>",
        class, message_in(p->d->language, mark));
    html_text(p->out, b->text);
    buf_put_str(p->out, "</p></div>\n");
}

static void put_list(struct page *p, const struct block *b)
{
    if (b->item_count == 0)
        return;
    buf_put_str(p->out, "<ul>\n");
    for (size_t i = 0; i < b->item_count; i++)
        put_element(p->out, "<li>", b->items[i], "</li>\n");
    buf_put_str(p->out, "</ul>\n");
}

static void put_facts(struct page *p, const struct block *b)
{
    if (b->item_count == 0)
        return;
    buf_put_str(p->out, "<dl>\n");
    for (size_t i = 0; i < b->item_count; i += 2) {
        put_element(p->out, "<div><dt>", b->items[i], "</dt>");
        put_element(p->out, "<dd>", i + 1 < b->item_count ? b->items[i + 1] : "", "</dd></div>\n");
    }
    buf_put_str(p->out, "</dl>\n");
}

static char column_class(enum column_kind kind)
{
    static const char classes[] = {
        [COLUMN_TEXT] = 't', [COLUMN_NUMBER] = 'n', [COLUMN_SHORT] = 's', [COLUMN_EMPTY] = 'e'};

    assert(kind < sizeof classes);
    return classes[kind];
}

/* Texts that stay on one line: numbers and short ones, unless they are no such thing at all. */
static const char *kept(enum column_kind kind, const char *text, double width_max)
{
    bool whole = kind == COLUMN_NUMBER || kind == COLUMN_SHORT;

    return whole && text_width(span_str(text)) <= width_max ? " k" : "";
}

static void put_row(struct page *p, const struct document_table *t, const struct table_row *row)
{
    buf_put_str(p->out, row->total ? "<tr class=\"total\">" : "<tr>");
    for (size_t i = 0; i < t->column_count; i++) {
        bool heads = i == 0 && (t->kinds[0] == COLUMN_TEXT || t->kinds[0] == COLUMN_SHORT);

        buf_printf(p->out, heads ? "<th scope=\"row\" class=\"%c%s\">" : "<td class=\"%c%s\">",
            column_class(t->kinds[i]), kept(t->kinds[i], row->cells[i], KEPT_WIDTH_MAX));
        put_element(p->out, "", row->cells[i], heads ? "</th>" : "</td>");
    }
    buf_put_str(p->out, "</tr>\n");
}

static void put_caption(struct page *p, enum message what, size_t number, const char *caption)
{
    buf_put_str(p->out, "<span class=\"no\">");
    buf_printf(p->out, message_in(p->d->language, what), number);
    put_element(p->out, "</span>", caption, "");
}

/* A table without a caption has no number: it belongs to what stands before it. */
static void put_table_head(struct page *p, const struct document_table *t)
{
    struct buf *out = p->out;

    if (t->caption[0] == '\0') {
        buf_put_str(out, "<div class=\"wide\" tabindex=\"0\">\n<table>\n");
        return;
    }
    p->table++;
    buf_printf(out,
        "<div class=\"wide\" role=\"region\" aria-labelledby=\"t%zu\" tabindex=\"0\">\n"
        "<table>\n<caption id=\"t%zu\">",
        p->table, p->table);
    put_caption(p, MESSAGE_DOCUMENT_TABLE, p->table, t->caption);
    buf_put_str(out, "</caption>\n");
}

static void put_table(struct page *p, const struct document_table *t)
{
    struct buf *out = p->out;

    put_table_head(p, t);
    buf_put_str(out, "<thead>\n<tr>");
    for (size_t i = 0; i < t->column_count; i++) {
        buf_printf(out, "<th scope=\"col\" class=\"%c%s\">", column_class(t->kinds[i]),
            kept(t->kinds[i], t->headings[i], KEPT_HEADING_MAX));
        put_element(out, "", t->headings[i], "</th>");
    }
    buf_put_str(out, "</tr>\n</thead>\n<tbody>\n");
    for (size_t r = 0; r < t->row_count; r++)
        put_row(p, t, &t->rows[r]);
    if (t->row_count == 0) {
        buf_printf(out, "<tr><td colspan=\"%zu\">", t->column_count);
        put_element(out, "", t->empty, "</td></tr>\n");
    }
    buf_put_str(out, "</tbody>\n</table>\n</div>\n");
    if (t->note != NULL)
        put_element(out, "<p class=\"note\">", t->note, "</p>\n");
}

static int put_chart(struct page *p, const struct document_chart *c)
{
    int err;

    p->figure++;
    buf_put_str(p->out, "<figure>\n<figcaption>");
    put_caption(p, MESSAGE_DOCUMENT_FIGURE, p->figure, c->caption);
    buf_put_str(p->out, "</figcaption>\n");
    err = html_chart(p->out, c, p->d->language, p->figure);
    buf_put_str(p->out, "</figure>\n");
    return err;
}

static int put_block(struct page *p, const struct block *b)
{
    switch (b->type) {
    case BLOCK_SECTION:
        put_section(p, b);
        return 0;
    case BLOCK_SUBSECTION:
        put_element(p->out, "<h3>", b->text, "</h3>\n");
        return 0;
    case BLOCK_PARAGRAPH:
        put_element(p->out, "<p>", b->text, "</p>\n");
        return 0;
    case BLOCK_NOTICE:
        put_marked(p, b, "notice", MESSAGE_DOCUMENT_NOTICE);
        return 0;
    case BLOCK_ALARM:
        put_marked(p, b, "alarm", MESSAGE_DOCUMENT_ALARM);
        return 0;
    case BLOCK_GOOD:
        put_marked(p, b, "good", MESSAGE_DOCUMENT_GOOD);
        return 0;
    case BLOCK_LIST:
        put_list(p, b);
        return 0;
    case BLOCK_FACTS:
        put_facts(p, b);
        return 0;
    case BLOCK_FIXED:
        put_element(p->out, "<pre>", b->text, "</pre>\n");
        return 0;
    case BLOCK_TABLE:
        put_table(p, b->table);
        return 0;
    case BLOCK_CHART:
        return put_chart(p, b->chart);
    }
    assert(!"no such block");
    return 0;
}

int document_html(const struct document *d, struct buf *out)
{
    struct page p = {.d = d, .out = out};
    int err = d->err;

    if (err != 0)
        return err;
    put_head(&p);
    buf_put_str(out, "<main>\n");
    for (size_t i = 0; i < d->block_count && err == 0; i++) {
        if (d->blocks[i].type == BLOCK_SECTION && p.section == 0)
            put_contents(&p);
        err = put_block(&p, &d->blocks[i]);
    }
    if (p.in_section)
        buf_put_str(out, "</section>\n");
    buf_put_str(out, "</main>\n<footer>\n");
    if (d->footer != NULL && d->footer[0] != '\0')
        put_element(out, "<p>", d->footer, "</p>\n");
    buf_put_str(out, "</footer>");
    if (d->embedded.n > 0)
        html_embed(out, d->embedded);
    else
        buf_put_u8(out, '\n');
    buf_put_str(out, "</body>\n</html>\n");
    return err != 0 ? err : buf_status(out);
}
