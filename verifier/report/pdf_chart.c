#include <math.h>

#include "system/messages.h"
#include "verifier/report/chart.h"
#include "verifier/report/pdf_internal.h"

/* What the caption of a chart takes at most, above it. */
#define CAPTION_ROOM 40

static const struct pdf_style style_caption = {FACE_SANS, true, 9, 1.4, PDF_INK};
static const struct pdf_style style_note = {FACE_SANS, false, 7.5, 1.4, PDF_INK_SOFT};

static void put_hatching(struct pdf *p, const struct chart_shape *s)
{
    double reach = s->hatch == HATCH_LEVEL ? s->h : s->w + s->h;
    unsigned lines = (unsigned)ceil(reach / CHART_HATCH_STEP);

    cairo_save(p->cr);
    cairo_rectangle(p->cr, s->x, s->y, s->w, s->h);
    cairo_clip(p->cr);
    pdf_colour(p, s->hatch_colour);
    cairo_set_line_width(p->cr, CHART_HATCH_WIDTH);
    for (unsigned i = 0; i < lines; i++) {
        double at = i * CHART_HATCH_STEP;

        if (s->hatch == HATCH_LEVEL) {
            cairo_move_to(p->cr, s->x, s->y + at + CHART_HATCH_STEP / 2);
            cairo_rel_line_to(p->cr, s->w, 0);
        } else if (s->hatch == HATCH_RISING) {
            cairo_move_to(p->cr, s->x + at, s->y);
            cairo_rel_line_to(p->cr, -s->h, s->h);
        } else {
            cairo_move_to(p->cr, s->x + s->w - at, s->y);
            cairo_rel_line_to(p->cr, s->h, s->h);
        }
    }
    cairo_stroke(p->cr);
    cairo_restore(p->cr);
}

static void put_rectangle(struct pdf *p, const struct chart_shape *s)
{
    static const double dashes[] = {3, 2};

    cairo_rectangle(p->cr, s->x, s->y, s->w, s->h);
    pdf_colour(p, s->fill);
    cairo_fill(p->cr);
    if (s->hatch != HATCH_NONE)
        put_hatching(p, s);
    if (s->stroke_width <= 0)
        return;
    cairo_rectangle(p->cr, s->x, s->y, s->w, s->h);
    pdf_colour(p, s->stroke);
    cairo_set_line_width(p->cr, s->stroke_width);
    cairo_set_dash(p->cr, dashes, s->dashed ? 2 : 0, 0);
    cairo_stroke(p->cr);
    cairo_set_dash(p->cr, NULL, 0, 0);
}

static void put_text(struct pdf *p, const struct chart_shape *s)
{
    const struct pdf_style style = {FACE_SANS, s->bold, s->size, 1, s->fill};

    cairo_save(p->cr);
    cairo_translate(p->cr, s->x, s->y);
    cairo_rotate(p->cr, s->angle * M_PI / 180);
    pdf_line_at(p, &style, s->text, 0, 0, s->width_max, s->anchor / 2.0);
    cairo_restore(p->cr);
}

static void put_shapes(struct pdf *p, const struct chart_layout *l, double scale)
{
    cairo_save(p->cr);
    cairo_translate(p->cr, PDF_LEFT, p->y);
    cairo_scale(p->cr, scale, scale);
    for (size_t i = 0; i < l->count; i++) {
        const struct chart_shape *s = &l->shapes[i];

        if (s->kind == SHAPE_RECTANGLE) {
            put_rectangle(p, s);
        } else if (s->kind == SHAPE_TEXT) {
            put_text(p, s);
        } else {
            pdf_colour(p, s->stroke);
            cairo_set_line_width(p->cr, s->stroke_width * 0.8);
            cairo_move_to(p->cr, s->x, s->y);
            cairo_rel_line_to(p->cr, s->w, s->h);
            cairo_stroke(p->cr);
        }
    }
    cairo_restore(p->cr);
}

static void put_note(struct pdf *p, const char *text)
{
    pdf_set(p, p->text, &style_note, text, PDF_INNER);
    pdf_flow(p, &style_note, PDF_LEFT, FRAME_NONE);
}

/* It is never higher than a page with its heading. */
static double scale_of(const struct chart_layout *l)
{
    return fmin(PDF_INNER / CHART_WIDTH, (PDF_BOTTOM - PDF_TOP - 60) / l->height);
}

double pdf_chart_height(struct pdf *p, const struct document_chart *c)
{
    double height = 0;
    struct chart_layout l;

    p->err = chart_layout(&l, c, p->d->language);
    if (p->err == 0)
        height = l.height * scale_of(&l) + 12 + CAPTION_ROOM;
    chart_layout_destroy(&l);
    return height;
}

void pdf_chart(struct pdf *p, const struct document_chart *c)
{
    double scale;
    struct chart_layout l;
    struct buf text;

    buf_init(&text, 4 * DOCUMENT_BLOCK_BYTES_MAX);
    p->err = chart_layout(&l, c, p->d->language);
    p->figure++;
    buf_printf(&text, message_in(p->d->language, MESSAGE_DOCUMENT_FIGURE), p->figure);
    buf_printf(&text, "  %s", c->caption);
    buf_put_u8(&text, 0);
    if (text.status != 0)
        p->err = text.status;
    if (p->err != 0)
        goto out;
    scale = scale_of(&l);
    pdf_space(p, 12);
    pdf_need(p, l.height * scale + CAPTION_ROOM);
    pdf_set(p, p->text, &style_caption, (const char *)text.p, PDF_INNER);
    pdf_flow(p, &style_caption, PDF_LEFT, FRAME_NONE);
    p->y += 6;
    pdf_need(p, l.height * scale);
    if (p->drawing)
        put_shapes(p, &l, scale);
    p->y += l.height * scale + 4;
    p->fresh = false;
    if (l.ranges)
        put_note(p, message_in(p->d->language, MESSAGE_DOCUMENT_RANGE));
    if (l.left_out > 0) {
        buf_clear(&text);
        buf_printf(&text, message_in(p->d->language, MESSAGE_DOCUMENT_LEFT_OUT), l.left_out);
        buf_put_u8(&text, 0);
        put_note(p, text.status == 0 ? (const char *)text.p : "");
    }
    pdf_space(p, 12);
out:
    chart_layout_destroy(&l);
    buf_destroy(&text);
}
