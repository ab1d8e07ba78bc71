#include <assert.h>
#include <cairo-pdf.h>
#include <math.h>
#include <stdlib.h>

#include "core/text.h"
#include "system/messages.h"
#include "verifier/report/pdf_internal.h"

#define YEAR_9999_MS UINT64_C(253402300799000)

static const struct pdf_style style_title = {FACE_SERIF, true, 19.5, 1.35, PDF_ACCENT};
static const struct pdf_style style_subtitle = {FACE_SANS, false, 11, 1.5, PDF_INK_SOFT};
static const struct pdf_style style_section = {FACE_SERIF, true, 15, 1.35, PDF_ACCENT};
static const struct pdf_style style_subsection = {FACE_SERIF, true, 11.5, 1.4, PDF_ACCENT};
static const struct pdf_style style_body = {FACE_SERIF, false, 10, 1.6, PDF_INK};
static const struct pdf_style style_marked = {FACE_SANS, false, 9.5, 1.55, PDF_INK};
static const struct pdf_style style_fixed = {FACE_MONO, false, 7.5, 1.45, PDF_INK};
static const struct pdf_style style_contents = {FACE_SANS, false, 10, 1.6, PDF_INK};

static void put_flow(struct pdf *p, const struct pdf_style *style, const char *text)
{
    pdf_set(p, p->text, style, text, PDF_INNER);
    pdf_flow(p, style, PDF_LEFT, FRAME_NONE);
}

static void put_head(struct pdf *p)
{
    if (p->d->title == NULL)
        return;
    pdf_rule(p, PDF_LEFT, p->y, PDF_INNER, 3, PDF_ACCENT);
    p->y += 22;
    put_flow(p, &style_title, p->d->title);
    p->y += 4;
    if (p->d->subtitle[0] != '\0')
        put_flow(p, &style_subtitle, p->d->subtitle);
    p->y += 12;
}

/* A section's line in the contents: number, heading, page; all of it leads there. */
static void put_contents_line(struct pdf *p, const char *heading, size_t number)
{
    char text[64];
    double height;
    int count;

    pdf_set(p, p->text, &style_contents, heading, PDF_INNER - 70);
    pango_layout_set_height(p->text, -3);
    pango_layout_set_ellipsize(p->text, PANGO_ELLIPSIZE_END);
    count = pdf_lines(p, p->text, &style_contents, 0, 0, 0, PDF_HEIGHT, false, &height);
    pdf_need(p, height);
    if (p->drawing) {
        snprintf(text, sizeof text, "dest='s%zu'", number);
        cairo_tag_begin(p->cr, CAIRO_TAG_LINK, text);
        snprintf(text, sizeof text, "%zu", number);
        pdf_line_at(p, &style_contents, text, PDF_LEFT, p->y + 12, 30, 0);
        pdf_lines(p, p->text, &style_contents, PDF_LEFT + 28, p->y, 0, PDF_HEIGHT, true, &height);
        snprintf(text, sizeof text, "%zu", p->section_pages[number - 1]);
        pdf_line_at(p, &style_contents, text, PDF_LEFT + PDF_INNER,
            p->y + height * (count - 1) / count + 12, 30, 1);
        cairo_tag_end(p->cr, CAIRO_TAG_LINK);
    }
    p->y += height;
    p->fresh = false;
}

static void put_contents(struct pdf *p)
{
    size_t number = 0;

    pdf_space(p, 16);
    pdf_need(p, 70);
    put_flow(p, &style_subsection, message_in(p->d->language, MESSAGE_DOCUMENT_CONTENTS));
    pdf_rule(p, PDF_LEFT, p->y + 2, PDF_INNER, 0.6, PDF_RULE);
    p->y += 6;
    for (size_t i = 0; i < p->d->block_count; i++) {
        if (p->d->blocks[i].type == BLOCK_SECTION)
            put_contents_line(p, p->d->blocks[i].text, ++number);
    }
    pdf_page_new(p);
}

/* The outline and the place that links lead to. */
static void put_place(struct pdf *p, const char *heading)
{
    struct buf text;
    char place[64];

    buf_init(&text, DOCUMENT_BLOCK_BYTES_MAX * 8);
    buf_printf(&text, "%zu  %s", p->section, heading);
    buf_put_u8(&text, 0);
    snprintf(place, sizeof place, "name='s%zu'", p->section);
    cairo_tag_begin(p->cr, CAIRO_TAG_DEST, place);
    cairo_tag_end(p->cr, CAIRO_TAG_DEST);
    snprintf(place, sizeof place, "dest='s%zu'", p->section);
    if (text.status == 0)
        cairo_pdf_surface_add_outline(p->surface, CAIRO_PDF_OUTLINE_ROOT, (const char *)text.p,
            place, CAIRO_PDF_OUTLINE_FLAG_OPEN);
    else
        p->err = text.status;
    buf_destroy(&text);
}

/* The room that a heading needs with what must not leave it: a paragraph, and a chart behind that. */
static double height_with_heading(struct pdf *p, const struct block *next, const struct block *end)
{
    double height = 60;

    for (; next < end && next->type == BLOCK_PARAGRAPH; next++)
        height += 50;
    if (next < end && next->type == BLOCK_CHART)
        height += pdf_chart_height(p, next->chart);
    return fmax(height, 150);
}

static void put_section(struct pdf *p, const struct block *b, const struct block *end)
{
    double x = PDF_LEFT + 30;
    char number[32];

    pdf_space(p, 26);
    pdf_need(p, height_with_heading(p, b + 1, end));
    p->section_pages[p->section++] = p->page;
    if (p->drawing)
        put_place(p, b->text);
    snprintf(number, sizeof number, "%zu", p->section);
    pdf_line_at(p, &style_section, number, PDF_LEFT, p->y + 15, 40, 0);
    pdf_set(p, p->text, &style_section, b->text, PDF_INNER - 30);
    pdf_flow(p, &style_section, x, FRAME_NONE);
    pdf_rule(p, PDF_LEFT, p->y + 3, PDF_INNER, 0.8, PDF_ACCENT);
    p->y += 14;
}

/* A text in a frame, with the word that says what it is. */
static void put_marked(
    struct pdf *p, const struct block *b, enum message mark, enum pdf_frame frame)
{
    const char *word = message_in(p->d->language, mark);
    PangoAttrList *attributes = pango_attr_list_copy(p->attributes);
    PangoAttribute *bold = pango_attr_weight_new(PANGO_WEIGHT_BOLD);
    struct buf text;

    buf_init(&text, DOCUMENT_BLOCK_BYTES_MAX * 8);
    buf_printf(&text, "%s\xe2\x80\x83%s", word, b->text);
    buf_put_u8(&text, 0);
    bold->start_index = 0;
    bold->end_index = (guint)strlen(word);
    pango_attr_list_insert(attributes, bold);
    p->err = text.status;
    if (p->err == 0) {
        pdf_space(p, 8);
        pdf_set(p, p->text, &style_marked, (const char *)text.p, PDF_INNER - 30);
        pango_layout_set_attributes(p->text, attributes);
        pdf_flow(p, &style_marked, PDF_LEFT + 18, frame);
        pdf_space(p, 10);
    }
    pango_attr_list_unref(attributes);
    buf_destroy(&text);
}

static void put_list(struct pdf *p, const struct block *b)
{
    for (size_t i = 0; i < b->item_count; i++) {
        pdf_set(p, p->text, &style_body, b->items[i], PDF_INNER - 16);
        pdf_need(p, 34);
        pdf_line_at(p, &style_body, "•", PDF_LEFT + 4, p->y + 11.2, 20, 0);
        pdf_flow(p, &style_body, PDF_LEFT + 16, FRAME_NONE);
        pdf_space(p, 3);
    }
    pdf_space(p, 6);
}

static void put_block(struct pdf *p, const struct block *b, const struct block *end)
{
    switch (b->type) {
    case BLOCK_SECTION:
        put_section(p, b, end);
        return;
    case BLOCK_SUBSECTION:
        pdf_space(p, 14);
        pdf_need(p, 80);
        put_flow(p, &style_subsection, b->text);
        p->y += 5;
        return;
    case BLOCK_PARAGRAPH:
        put_flow(p, &style_body, b->text);
        pdf_space(p, 8);
        return;
    case BLOCK_NOTICE:
        put_marked(p, b, MESSAGE_DOCUMENT_NOTICE, FRAME_NOTICE);
        return;
    case BLOCK_ALARM:
        put_marked(p, b, MESSAGE_DOCUMENT_ALARM, FRAME_ALARM);
        return;
    case BLOCK_GOOD:
        put_marked(p, b, MESSAGE_DOCUMENT_GOOD, FRAME_GOOD);
        return;
    case BLOCK_LIST:
        put_list(p, b);
        return;
    case BLOCK_FACTS:
        pdf_facts(p, b);
        return;
    case BLOCK_FIXED:
        pdf_space(p, 4);
        pdf_set(p, p->text, &style_fixed, b->text, PDF_INNER - 20);
        pdf_flow(p, &style_fixed, PDF_LEFT + 10, FRAME_FIXED);
        pdf_space(p, 10);
        return;
    case BLOCK_TABLE:
        pdf_table(p, b->table);
        return;
    case BLOCK_CHART:
        pdf_chart(p, b->chart);
        return;
    }
    assert(!"no such block");
}

static void put_all(struct pdf *p, bool drawing)
{
    p->drawing = drawing;
    p->page = p->section = p->table = p->figure = 0;
    pdf_page_new(p);
    put_head(p);
    for (size_t i = 0; i < p->d->block_count && p->err == 0; i++) {
        if (p->d->blocks[i].type == BLOCK_SECTION && p->section == 0)
            put_contents(p);
        put_block(p, &p->d->blocks[i], p->d->blocks + p->d->block_count);
    }
    if (drawing) {
        assert(p->err != 0 || p->page == p->page_count);
        cairo_show_page(p->cr);
    }
    p->page_count = p->page;
}

static cairo_status_t write_piece(void *to, const unsigned char *piece, unsigned n)
{
    return fwrite(piece, 1, n, to) == n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* Nothing of the locale, of the fonts' hints or of the day goes into the file. */
static void start(struct pdf *p, FILE *to)
{
    const char *language = p->d->language == LANGUAGE_JA ? "ja" : "en";
    uint64_t created = p->d->created_ms < YEAR_9999_MS ? p->d->created_ms : YEAR_9999_MS;
    cairo_font_options_t *options = cairo_font_options_create();
    PangoFontMap *fonts = pango_cairo_font_map_new();
    char date[TIME_TEXT_BYTES];

    p->surface = cairo_pdf_surface_create_for_stream(write_piece, to, PDF_WIDTH, PDF_HEIGHT);
    p->cr = cairo_create(p->surface);
    time_text(date, created - created % 1000);
    memcpy(date + strlen(date) - 5, "Z", 2); /* without its milliseconds */
    cairo_pdf_surface_set_metadata(
        p->surface, CAIRO_PDF_METADATA_TITLE, p->d->title == NULL ? "" : p->d->title);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATOR, "keiin");
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    p->context = pango_font_map_create_context(fonts);
    pango_cairo_context_set_resolution(p->context, 72);
    pango_cairo_context_set_font_options(p->context, options);
    pango_context_set_round_glyph_positions(p->context, FALSE);
    pango_context_set_language(p->context, pango_language_from_string(language));
    pango_context_set_base_dir(p->context, PANGO_DIRECTION_LTR);
    p->attributes = pango_attr_list_new();
    pango_attr_list_insert(p->attributes, pango_attr_font_features_new("tnum=1"));
    pango_attr_list_insert(p->attributes, pango_attr_insert_hyphens_new(FALSE));
    p->text = pango_layout_new(p->context);
    p->aside = pango_layout_new(p->context);
    pango_layout_set_wrap(p->text, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_wrap(p->aside, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_auto_dir(p->text, FALSE);
    pango_layout_set_auto_dir(p->aside, FALSE);
    g_object_unref(fonts);
    cairo_font_options_destroy(options);
}

/* A page of empty boxes would be worse than none: Japanese needs a font that has it. */
static int check_fonts(struct pdf *p, struct why *why)
{
    pdf_set(p, p->aside, &style_body, message_in(p->d->language, MESSAGE_DOCUMENT_CONTENTS), -1);
    if (pango_layout_get_unknown_glyphs_count(p->aside) == 0)
        return 0;
    why_set(why,
        "no font here has the letters of this language; Noto Sans CJK JP and Noto Serif CJK JP "
        "have them (Debian: fonts-noto-cjk)");
    return KEIIN_EABSENT;
}

static int finish(struct pdf *p)
{
    cairo_status_t status;

    g_object_unref(p->text);
    g_object_unref(p->aside);
    pango_attr_list_unref(p->attributes);
    g_object_unref(p->context);
    status = cairo_status(p->cr);
    cairo_destroy(p->cr);
    cairo_surface_finish(p->surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(p->surface);
    cairo_surface_destroy(p->surface);
    if (p->err != 0 || status == CAIRO_STATUS_SUCCESS)
        return p->err;
    return status == CAIRO_STATUS_NO_MEMORY ? KEIIN_ENOMEM : KEIIN_EIO;
}

int document_pdf(const struct document *d, FILE *to, struct why *why)
{
    struct pdf p = {.d = d, .err = d->err};
    size_t sections = 0;

    for (size_t i = 0; i < d->block_count; i++)
        sections += d->blocks[i].type == BLOCK_SECTION;
    p.section_pages = calloc(sections + 1, sizeof *p.section_pages);
    if (p.section_pages == NULL)
        p.err = KEIIN_ENOMEM;
    if (p.err != 0)
        goto out;
    start(&p, to);
    p.err = check_fonts(&p, why);
    if (p.err == 0)
        put_all(&p, false);
    if (p.err == 0)
        put_all(&p, true);
    p.err = finish(&p);
    if (p.err == 0 && fflush(to) != 0)
        p.err = KEIIN_EIO;
out:
    free(p.section_pages);
    if (p.err != 0 && p.err != KEIIN_EABSENT)
        why_set(why, "the PDF could not be made");
    return p.err;
}
