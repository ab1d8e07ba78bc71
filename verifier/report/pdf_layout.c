#include <math.h>

#include "system/messages.h"
#include "verifier/report/pdf_internal.h"

#define FRAME_PAD 7.0
/* What stands above and below the base line at most, in the size of type; the rest of marks upon
 * marks is not drawn. */
#define ABOVE_MAX 2.0
#define BELOW_MAX 1.2

void pdf_colour(struct pdf *p, unsigned colour)
{
    cairo_set_source_rgb(p->cr, (colour >> 16 & 0xff) / 255.0, (colour >> 8 & 0xff) / 255.0,
        (colour & 0xff) / 255.0);
}

void pdf_rule(struct pdf *p, double x, double y, double width, double weight, unsigned colour)
{
    if (!p->drawing)
        return;
    pdf_colour(p, colour);
    cairo_rectangle(p->cr, x, y, width, weight);
    cairo_fill(p->cr);
}

void pdf_set(struct pdf *p, PangoLayout *layout, const struct pdf_style *style, const char *text,
    double width)
{
    static const char *const families[FACES] = {
        [FACE_SERIF] = "Noto Serif CJK JP,Noto Serif JP,Noto Serif,serif",
        [FACE_SANS] = "Noto Sans CJK JP,Noto Sans JP,Noto Sans,sans-serif",
        [FACE_MONO] = "Noto Sans Mono CJK JP,Noto Sans Mono,monospace",
    };
    PangoFontDescription *font = pango_font_description_new();

    pango_font_description_set_family_static(font, families[style->face]);
    pango_font_description_set_weight(font, style->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(font, style->size * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_attributes(layout, p->attributes);
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_NONE);
    pango_layout_set_height(layout, -1);
    pango_layout_set_alignment(layout, PANGO_ALIGN_LEFT);
    pango_layout_set_width(layout, width < 0 ? -1 : (int)(width * PANGO_SCALE));
    pango_layout_set_text(layout, text, -1);
}

/* Draws a line at the current place, and no further up and down than it may reach. */
static void put_line(struct pdf *p, PangoLayoutLine *line, double size)
{
    PangoRectangle ink;
    double x, y;

    pango_layout_line_get_extents(line, &ink, NULL);
    if ((double)-ink.y / PANGO_SCALE <= ABOVE_MAX * size &&
        (double)(ink.y + ink.height) / PANGO_SCALE <= BELOW_MAX * size) {
        pango_cairo_show_layout_line(p->cr, line);
        return;
    }
    cairo_get_current_point(p->cr, &x, &y);
    cairo_save(p->cr);
    cairo_new_path(p->cr);
    cairo_rectangle(p->cr, x - size, y - ABOVE_MAX * size,
        (double)ink.width / PANGO_SCALE + 2 * size, (ABOVE_MAX + BELOW_MAX) * size);
    cairo_clip(p->cr);
    cairo_move_to(p->cr, x, y);
    pango_cairo_show_layout_line(p->cr, line);
    cairo_restore(p->cr);
}

void pdf_line_at(struct pdf *p, const struct pdf_style *style, const char *text, double x,
    double base_line, double width_max, double align)
{
    PangoLayoutLine *line;
    PangoRectangle all;

    if (!p->drawing)
        return;
    pdf_set(p, p->aside, style, text, width_max);
    pango_layout_set_ellipsize(p->aside, PANGO_ELLIPSIZE_END);
    line = pango_layout_get_line_readonly(p->aside, 0);
    pango_layout_line_get_extents(line, NULL, &all);
    pdf_colour(p, style->colour);
    cairo_move_to(p->cr, x - align * all.width / PANGO_SCALE, base_line);
    put_line(p, line, style->size);
}

/* What stands on each page: the title above from the second on, the footer and number below. */
static void put_margins(struct pdf *p)
{
    static const struct pdf_style style = {FACE_SANS, false, 7.5, 1.3, PDF_INK_SOFT};
    char number[128];

    if (!p->drawing)
        return;
    if (p->page > 1 && p->d->title != NULL) {
        pdf_line_at(p, &style, p->d->title, PDF_LEFT, PDF_TOP - 26, PDF_INNER, 0);
        pdf_rule(p, PDF_LEFT, PDF_TOP - 20, PDF_INNER, 0.5, PDF_RULE);
    }
    pdf_rule(p, PDF_LEFT, PDF_BOTTOM + 16, PDF_INNER, 0.5, PDF_RULE);
    if (p->d->footer != NULL)
        pdf_line_at(p, &style, p->d->footer, PDF_LEFT, PDF_BOTTOM + 28, PDF_INNER - 90, 0);
    snprintf(number, sizeof number, message_in(p->d->language, MESSAGE_DOCUMENT_PAGE), p->page,
        p->page_count);
    pdf_line_at(p, &style, number, PDF_LEFT + PDF_INNER, PDF_BOTTOM + 28, 90, 1);
}

void pdf_page_new(struct pdf *p)
{
    if (p->page > 0 && p->drawing)
        cairo_show_page(p->cr);
    p->page++;
    p->y = PDF_TOP;
    p->fresh = true;
    put_margins(p);
}

void pdf_need(struct pdf *p, double height)
{
    if (!p->fresh && p->y + height > PDF_BOTTOM)
        pdf_page_new(p);
}

void pdf_space(struct pdf *p, double height)
{
    if (!p->fresh)
        p->y += height;
}

double pdf_line_height(PangoLayoutLine *line, const struct pdf_style *style, double *base_line)
{
    double above = 0.88 * style->size, below = 0.22 * style->size;
    double lead = (style->leading - 1.1) * style->size / 2;
    PangoRectangle ink;

    pango_layout_line_get_extents(line, &ink, NULL);
    above = fmax(above, (double)-ink.y / PANGO_SCALE - lead);
    below = fmax(below, (double)(ink.y + ink.height) / PANGO_SCALE - lead);
    above = fmin(above, ABOVE_MAX * style->size);
    below = fmin(below, BELOW_MAX * style->size);
    *base_line = lead + above;
    return above + below + 2 * lead;
}

/* Where a line begins: numbers stand at the right. */
static double line_offset(PangoLayout *layout, PangoLayoutLine *line)
{
    PangoRectangle all;
    int width = pango_layout_get_width(layout);

    if (pango_layout_get_alignment(layout) != PANGO_ALIGN_RIGHT || width < 0)
        return 0;
    pango_layout_line_get_extents(line, NULL, &all);
    return (double)(width - all.width) / PANGO_SCALE;
}

int pdf_lines(struct pdf *p, PangoLayout *layout, const struct pdf_style *style, double x, double y,
    int from, double height, bool draw, double *used)
{
    GSList *lines = g_slist_nth(pango_layout_get_lines_readonly(layout), (guint)from);
    double base_line, line_height;
    int count = 0;

    *used = 0;
    if (draw)
        pdf_colour(p, style->colour);
    for (; lines != NULL; lines = lines->next, count++) {
        PangoLayoutLine *line = lines->data;

        line_height = pdf_line_height(line, style, &base_line);
        if (*used + line_height > height)
            break;
        if (draw) {
            cairo_move_to(p->cr, x + line_offset(layout, line), y + *used + base_line);
            put_line(p, line, style->size);
        }
        *used += line_height;
    }
    return count;
}

static void put_box(
    struct pdf *p, double y, double height, double weight, unsigned colour, unsigned fill)
{
    cairo_rectangle(
        p->cr, PDF_LEFT + weight / 2, y + weight / 2, PDF_INNER - weight, height - weight);
    pdf_colour(p, fill);
    cairo_fill_preserve(p->cr);
    pdf_colour(p, colour);
    cairo_set_line_width(p->cr, weight);
    cairo_stroke(p->cr);
}

static void put_frame(struct pdf *p, enum pdf_frame frame, double y, double height)
{
    if (!p->drawing)
        return;
    switch (frame) {
    case FRAME_NONE:
        break;
    case FRAME_NOTICE:
        put_box(p, y, height, 0.6, 0x707070, 0xffffff);
        pdf_rule(p, PDF_LEFT, y, 4, height, 0x707070);
        break;
    case FRAME_ALARM:
        put_box(p, y, height, 2, PDF_ALARM, 0xfdf3f2);
        pdf_rule(p, PDF_LEFT, y, 8, height, PDF_ALARM);
        break;
    case FRAME_GOOD:
        put_box(p, y, height, 0.6, 0x707070, 0xffffff);
        pdf_rule(p, PDF_LEFT + 3, y, 0.6, height, 0x707070);
        break;
    case FRAME_FIXED:
        put_box(p, y, height, 0.6, PDF_RULE, 0xf7f7f7);
        break;
    }
}

/* How many of the lines that fit are put here: no single line is left behind or sent ahead. */
static int lines_here(int from, int fit, int count)
{
    if (from + fit < count && count > 3) {
        if (from == 0 && fit == 1)
            return 0;
        if (from + fit == count - 1 && fit > 2)
            return fit - 1;
    }
    return fit;
}

void pdf_flow(struct pdf *p, const struct pdf_style *style, double x, enum pdf_frame frame)
{
    int count = pango_layout_get_line_count(p->text), from = 0;
    double pad = frame == FRAME_NONE ? 0 : FRAME_PAD;

    while (from < count) {
        double room = PDF_BOTTOM - p->y - 2 * pad, used, again;
        int fit = pdf_lines(p, p->text, style, x, 0, from, room, false, &used);
        int here = p->fresh ? fit : lines_here(from, fit, count);

        if (here == 0 && !p->fresh) {
            pdf_page_new(p);
            continue;
        }
        here = here == 0 ? 1 : here; /* no type is as large as a page */
        if (here < fit) {
            double base_line;

            for (int i = here; i < fit; i++)
                used -= pdf_line_height(
                    pango_layout_get_line_readonly(p->text, from + i), style, &base_line);
        }
        put_frame(p, frame, p->y, used + 2 * pad);
        if (p->drawing)
            pdf_lines(p, p->text, style, x, p->y + pad, from, used + 0.01, true, &again);
        p->y += used + 2 * pad;
        p->fresh = false;
        from += here;
        if (from < count)
            pdf_page_new(p);
    }
}
