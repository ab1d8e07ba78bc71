#include <stdlib.h>

#include "system/messages.h"
#include "verifier/report/chart.h"
#include "verifier/report/document.h"
#include "verifier/report/html.h"

/* Tenths of a unit, in any locale: two charts with the same values have the same bytes. */
static void put_number(struct buf *out, const char *before, double value)
{
    long tenths = (long)(value * 10 + (value < 0 ? -0.5 : 0.5));

    buf_put_str(out, before);
    buf_printf(out, tenths < 0 ? "-%ld" : "%ld", labs(tenths) / 10);
    if (tenths % 10 != 0)
        buf_printf(out, ".%ld", labs(tenths) % 10);
    buf_put_u8(out, '"');
}

static const char *const hatch_paths[HATCHES] = {
    [HATCH_RISING] = "M-1 6L6 -1M-1 1L1 -1M4 6L6 4",
    [HATCH_FALLING] = "M-1 -1L6 6M4 -1L6 1M-1 4L1 6",
    [HATCH_LEVEL] = "M0 2.5H5",
};

/* Each hatching that the chart uses, once. */
static void put_patterns(struct buf *out, const struct chart_layout *l, size_t number)
{
    bool put[HATCHES] = {true};

    for (size_t i = 0; i < l->count; i++) {
        const struct chart_shape *s = &l->shapes[i];

        if (put[s->hatch])
            continue;
        put[s->hatch] = true;
        buf_printf(out,
            "<pattern id=\"f%zuh%d\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
            "<rect width=\"5\" height=\"5\" fill=\"#%06x\"/>"
            "<path d=\"%s\" stroke=\"#%06x\" stroke-width=\"1.4\"/></pattern>\n",
            number, (int)s->hatch, s->fill, hatch_paths[s->hatch], s->hatch_colour);
    }
}

static void put_rectangle(struct buf *out, const struct chart_shape *s, size_t number)
{
    put_number(out, "<rect x=\"", s->x);
    put_number(out, " y=\"", s->y);
    put_number(out, " width=\"", s->w);
    put_number(out, " height=\"", s->h);
    if (s->hatch != HATCH_NONE)
        buf_printf(out, " fill=\"url(#f%zuh%d)\"", number, (int)s->hatch);
    else
        buf_printf(out, " fill=\"#%06x\"", s->fill);
    if (s->stroke_width > 0) {
        buf_printf(out, " stroke=\"#%06x\"", s->stroke);
        put_number(out, " stroke-width=\"", s->stroke_width);
    }
    buf_put_str(out, s->dashed ? " stroke-dasharray=\"3 2\"/>\n" : "/>\n");
}

static void put_line(struct buf *out, const struct chart_shape *s)
{
    put_number(out, "<line x1=\"", s->x);
    put_number(out, " y1=\"", s->y);
    put_number(out, " x2=\"", s->x + s->w);
    put_number(out, " y2=\"", s->y + s->h);
    buf_printf(out, " stroke=\"#%06x\"", s->stroke);
    put_number(out, " stroke-width=\"", s->stroke_width);
    buf_put_str(out, "/>\n");
}

static void put_text(struct buf *out, const struct chart_shape *s)
{
    static const char *const anchors[] = {"start", "middle", "end"};

    put_number(out, "<text x=\"", s->x);
    put_number(out, " y=\"", s->y);
    put_number(out, " font-size=\"", s->size);
    buf_printf(out, " fill=\"#%06x\"", s->fill);
    if (s->anchor != ANCHOR_START)
        buf_printf(out, " text-anchor=\"%s\"", anchors[s->anchor]);
    if (s->bold)
        buf_put_str(out, " font-weight=\"bold\"");
    if (s->angle < 0 || s->angle > 0) {
        put_number(out, " transform=\"rotate(", s->angle);
        out->n -= out->status == 0;
        put_number(out, " ", s->x);
        out->n -= out->status == 0;
        put_number(out, " ", s->y);
        out->n -= out->status == 0;
        buf_put_str(out, ")\"");
    }
    buf_put_u8(out, '>');
    html_attribute(out, s->text);
    buf_put_str(out, "</text>\n");
}

/* What the chart shows, in words, for who cannot see it. */
static void put_description(struct buf *out, enum language language, const struct document_chart *c)
{
    html_attribute(out, c->axis);
    for (size_t i = 0; i < c->category_count && i < DOCUMENT_CATEGORIES_MAX; i++) {
        buf_put_str(out, i == 0 ? ": " : "; ");
        html_attribute(out, c->categories[i]);
        for (size_t s = 0; s < c->series_count; s++) {
            const struct chart_value *v = &c->values[i * c->series_count + s];

            buf_put_str(out, s == 0 ? " " : ", ");
            if (c->series_count > 1) {
                html_attribute(out, c->series[s]);
                buf_put_u8(out, ' ');
            }
            chart_value_text(out, language, v->low, v->high);
        }
    }
}

int html_chart(
    struct buf *out, const struct document_chart *chart, enum language language, size_t number)
{
    struct chart_layout l;
    int err = chart_layout(&l, chart, language);

    if (err != 0)
        goto out;
    buf_printf(out,
        "<div class=\"wide\" tabindex=\"0\">\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
        "role=\"img\" aria-labelledby=\"f%zut f%zud\" viewBox=\"0 0 %d %d\">\n<title id=\"f%zut\">",
        number, number, CHART_WIDTH, (int)(l.height + 1), number);
    html_attribute(out, chart->caption);
    buf_printf(out, "</title>\n<desc id=\"f%zud\">", number);
    put_description(out, language, chart);
    buf_put_str(out, "</desc>\n");
    put_patterns(out, &l, number);
    for (size_t i = 0; i < l.count; i++) {
        if (l.shapes[i].kind == SHAPE_RECTANGLE)
            put_rectangle(out, &l.shapes[i], number);
        else if (l.shapes[i].kind == SHAPE_LINE)
            put_line(out, &l.shapes[i]);
        else
            put_text(out, &l.shapes[i]);
    }
    buf_put_str(out, "</svg>\n</div>\n");
    if (l.ranges)
        buf_printf(out, "<p class=\"note\">%s</p>\n", message_in(language, MESSAGE_DOCUMENT_RANGE));
    if (l.left_out > 0) {
        buf_put_str(out, "<p class=\"note\">");
        buf_printf(out, message_in(language, MESSAGE_DOCUMENT_LEFT_OUT), l.left_out);
        buf_put_str(out, "</p>\n");
    }
out:
    chart_layout_destroy(&l);
    return err;
}
