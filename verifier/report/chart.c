#include "verifier/report/chart.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "core/wording.h"
#include "verifier/report/document.h"
#include "verifier/report/text_width.h"

#define TYPE 11.0 /* size of type */
#define TYPE_SMALL 10.0
#define INK 0x1a1a1a
#define INK_SOFT 0x404040
#define GRID 0xd0d0d0
#define GAP 8.0
#define VERTICAL_HEIGHT 180.0
#define LABEL_WIDTH_MAX 250.0 /* of a category's name before a bar that lies */
#define SLANTED_WIDTH_MAX 100.0 /* of one that is written aslant */
#define LYING_CATEGORIES_MAX 30 /* more than these stand, whatever they are called */
#define LYING_HEIGHT_MAX 900.0
#define THICKNESS_MAX 64.0 /* of a bar */
#define TICKS_MAX 6
/* Estimates are of a narrow font; who reads the HTML may have a wide one. */
#define WIDE_FONT 1.12

struct style {
    unsigned fill;
    enum chart_hatch hatch;
    unsigned hatch_colour;
};

/* Told apart by lightness and hatching; hues after Okabe and Ito. */
static const struct style styles[DOCUMENT_SERIES_MAX] = {
    {0x1d3f66, HATCH_NONE, 0},
    {0x8fbbe0, HATCH_NONE, 0},
    {0xb8541a, HATCH_RISING, 0xffffff},
    {0xf0d58c, HATCH_NONE, 0},
    {0x1f6f5c, HATCH_LEVEL, 0xffffff},
    {0xdcdcdc, HATCH_FALLING, 0x505050},
};
/* What several series together are not known to be. */
static const struct style style_together = {0x606060, HATCH_NONE, 0};

/* The rectangle in which bars stand, or lie. */
struct plot {
    struct chart_layout *l;
    const struct document_chart *chart;
    enum language language;
    size_t count; /* categories that are shown */
    bool lying;
    double x, y, w, h;
    double slot; /* of a category */
    double top; /* the value at the end of the axis */
};

void chart_value_text(struct buf *out, enum language language, uint64_t low, uint64_t high)
{
    wording_number(out, low);
    if (high != low) {
        buf_put_str(out, language == LANGUAGE_JA ? "～" : "–");
        wording_number(out, high);
    }
}

void chart_layout_destroy(struct chart_layout *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->shapes[i].text);
    free(l->shapes);
    *l = (struct chart_layout){0};
}

static void add(struct chart_layout *l, struct chart_shape shape)
{
    struct chart_shape *shapes = NULL;

    if (l->err == 0)
        shapes = array_room(l->shapes, l->count, &l->cap, sizeof *shapes);
    if (shapes == NULL) {
        l->err = KEIIN_ENOMEM;
        free(shape.text);
        return;
    }
    l->shapes = shapes;
    shapes[l->count++] = shape;
}

static void add_line(
    struct chart_layout *l, double x, double y, double w, double h, unsigned colour)
{
    add(l, (struct chart_shape){.kind = SHAPE_LINE,
               .x = x,
               .y = y,
               .w = w,
               .h = h,
               .stroke = colour,
               .stroke_width = 1});
}

static double name_width(struct span text, double size)
{
    return text_width(text) * size * WIDE_FONT;
}

/* A text that is not wider than `width_max`, or ends in an ellipsis. */
static void add_text(
    struct chart_layout *l, struct chart_shape shape, struct span text, double width_max)
{
    struct buf out;
    struct span shown = text;

    if (name_width(text, shape.size) > width_max)
        shown = text_width_beginning(text, width_max / shape.size / WIDE_FONT - 1);
    buf_init(&out, text.n + 8);
    buf_put_span(&out, shown);
    if (shown.n < text.n)
        buf_put_str(&out, "…");
    shape.kind = SHAPE_TEXT;
    shape.width_max = width_max;
    shape.text = (char *)buf_take(&out, NULL);
    if (shape.text == NULL)
        l->err = KEIIN_ENOMEM;
    else
        add(l, shape);
}

static double widest_category(const struct plot *p)
{
    double widest = 0;

    for (size_t i = 0; i < p->count; i++)
        widest = fmax(widest, name_width(span_str(p->chart->categories[i]), TYPE));
    return widest;
}

static const struct chart_value *value_at(const struct plot *p, size_t category, size_t series)
{
    return &p->chart->values[category * p->chart->series_count + series];
}

/* A sum that stays at the greatest number. */
static uint64_t plus(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static struct chart_value sum_of(const struct plot *p, size_t category)
{
    struct chart_value sum = {0, 0};

    for (size_t s = 0; s < p->chart->series_count; s++) {
        sum.low = plus(sum.low, value_at(p, category, s)->low);
        sum.high = plus(sum.high, value_at(p, category, s)->high);
    }
    return sum;
}

static uint64_t greatest(const struct plot *p)
{
    uint64_t most = 0, high;

    for (size_t c = 0; c < p->count; c++) {
        for (size_t s = 0; s < p->chart->series_count; s++) {
            high = p->chart->kind == CHART_STACKED ? sum_of(p, c).high : value_at(p, c, s)->high;
            most = high > most ? high : most;
        }
    }
    return most;
}

/* 1, 2 or 5 times a power of ten: the least that needs few enough steps. */
static uint64_t nice_step(uint64_t most)
{
    static const unsigned times[] = {2, 5, 10};
    uint64_t power = 1;

    if (most <= TICKS_MAX)
        return 1;
    for (;; power *= 10) {
        for (size_t i = 0; i < 3; i++) {
            if (most / power / times[i] < TICKS_MAX)
                return power * times[i];
            if (power > UINT64_MAX / 100)
                return power * 10;
        }
    }
}

static double extent(const struct plot *p, uint64_t value)
{
    return (double)value / p->top * (p->lying ? p->w : p->h);
}

static unsigned tint(unsigned colour)
{
    unsigned out = 0;

    for (unsigned shift = 0; shift < 24; shift += 8) {
        unsigned c = colour >> shift & 0xff;

        out |= (c + (255 - c) * 7 / 10) << shift;
    }
    return out;
}

/* The part of a bar from one value to another; `at` is where it begins across. */
static void add_bar(const struct plot *p, const struct style *style, double at, double thickness,
    uint64_t from, uint64_t to, bool range)
{
    double begin = extent(p, from), end = extent(p, to);
    struct chart_shape bar = {.kind = SHAPE_RECTANGLE,
        .fill = range ? tint(style->fill) : style->fill,
        .stroke = range ? style->fill : 0xffffff,
        .stroke_width = range ? 0.8 : 0.5,
        .dashed = range,
        .hatch = range ? HATCH_NONE : style->hatch,
        .hatch_colour = style->hatch_colour};

    if (to <= from)
        return;
    end = fmax(end, begin + 0.8); /* what is there can be seen */
    bar.x = p->lying ? p->x + begin : at;
    bar.y = p->lying ? at : p->y + p->h - end;
    bar.w = p->lying ? end - begin : thickness;
    bar.h = p->lying ? thickness : end - begin;
    add(p->l, bar);
}

/* The value at the end of a bar, where there is room. */
static void add_value(
    const struct plot *p, struct chart_value value, double at, double thickness, double room)
{
    double end = extent(p, value.high);
    struct chart_shape shape = {.fill = INK, .size = TYPE_SMALL};
    struct buf text;

    buf_init(&text, 64);
    chart_value_text(&text, p->language, value.low, value.high);
    if (p->lying) {
        shape.x = p->x + end + 4;
        shape.y = at + thickness / 2 + TYPE_SMALL * 0.36;
    } else {
        shape.x = at + thickness / 2;
        shape.y = p->y + p->h - end - 4;
        shape.anchor = ANCHOR_MIDDLE;
    }
    if (text.status != 0)
        p->l->err = text.status;
    else if (p->lying ? thickness >= 9 : name_width(buf_view(&text), TYPE_SMALL) <= room)
        add_text(p->l, shape, buf_view(&text), CHART_WIDTH);
    buf_destroy(&text);
}

static void add_stack(const struct plot *p, size_t category, double at, double thickness)
{
    struct chart_value sum = sum_of(p, category);
    uint64_t low = 0, next;

    for (size_t s = 0; s < p->chart->series_count; s++) {
        next = plus(low, value_at(p, category, s)->low);
        add_bar(p, &styles[s], at, thickness, low, next, false);
        low = next;
    }
    add_bar(p, p->chart->series_count == 1 ? &styles[0] : &style_together, at, thickness, sum.low,
        sum.high, true);
    add_value(p, sum, at, thickness, p->slot);
}

static void add_bars(const struct plot *p, size_t category)
{
    double begin = (p->lying ? p->y : p->x) + p->slot * (double)category;
    size_t count = p->chart->kind == CHART_STACKED ? 1 : p->chart->series_count;
    double share = p->lying ? (p->slot - GAP) / p->slot : p->slot > 30 ? 0.72 : 0.8;
    double thickness = fmin(p->slot * share / (double)count, THICKNESS_MAX);
    double at = begin + (p->slot - thickness * (double)count) / 2;

    if (p->chart->kind == CHART_STACKED) {
        add_stack(p, category, at, thickness);
        return;
    }
    for (size_t s = 0; s < count; s++) {
        const struct chart_value *v = value_at(p, category, s);

        add_bar(p, &styles[s], at, thickness, 0, v->low, false);
        add_bar(p, &styles[s], at, thickness, v->low, v->high, true);
        add_value(p, *v, at, thickness, count == 1 ? p->slot : thickness + 2);
        at += thickness;
    }
}

static void add_axis(const struct plot *p, uint64_t step)
{
    size_t ticks = (size_t)(p->top / (double)step + 0.5);

    for (size_t i = 0; i <= ticks; i++) {
        double part = (double)i / (double)ticks;
        struct chart_shape shape = {.fill = INK_SOFT, .size = TYPE_SMALL};
        struct buf text;

        buf_init(&text, 64);
        wording_number(&text, step * i);
        if (p->lying) {
            add_line(p->l, p->x + p->w * part, p->y, 0, p->h, i == 0 ? INK : GRID);
            shape.x = p->x + p->w * part;
            shape.y = p->y + p->h + TYPE_SMALL + 3;
            shape.anchor = ANCHOR_MIDDLE;
        } else {
            add_line(p->l, p->x, p->y + p->h * (1 - part), p->w, 0, i == 0 ? INK : GRID);
            shape.x = p->x - 5;
            shape.y = p->y + p->h * (1 - part) + TYPE_SMALL * 0.36;
            shape.anchor = ANCHOR_END;
        }
        if (text.status != 0)
            p->l->err = text.status;
        add_text(p->l, shape, buf_view(&text), CHART_WIDTH);
        buf_destroy(&text);
    }
}

/* Names before bars that lie. */
static void add_names_lying(const struct plot *p)
{
    for (size_t i = 0; i < p->count; i++) {
        add_text(p->l,
            (struct chart_shape){.x = p->x - GAP,
                .y = p->y + p->slot * ((double)i + 0.5) + TYPE * 0.36,
                .fill = INK,
                .size = TYPE,
                .anchor = ANCHOR_END},
            span_str(p->chart->categories[i]), p->x - GAP);
    }
}

/* Names below bars that stand, aslant where they would touch; each so many as there is room for. */
static double add_names_standing(const struct plot *p, double widest)
{
    bool slanted = widest > p->slot - 4;
    size_t every = slanted ? (size_t)ceil((TYPE + 3) / p->slot) : 1;
    double shown = fmin(widest, SLANTED_WIDTH_MAX);
    double below = p->y + p->h + TYPE + 3;

    for (size_t i = 0; i < p->count; i += every) {
        struct chart_shape shape = {.x = p->x + p->slot * ((double)i + 0.5),
            .y = below,
            .fill = INK,
            .size = TYPE,
            .anchor = slanted ? ANCHOR_END : ANCHOR_MIDDLE,
            .angle = slanted ? -45 : 0};

        if (slanted)
            shape.x = fmin(shape.x + TYPE * 0.4, CHART_WIDTH);
        add_text(p->l, shape, span_str(p->chart->categories[i]), slanted ? shown : CHART_WIDTH);
    }
    return slanted ? TYPE + 6 + shown * 0.72 : TYPE + 8;
}

/* The series' names, each behind a piece of its bar; gives where they end. */
static double add_legend(const struct plot *p, double y)
{
    double x = 0, width;

    if (p->chart->series_count == 1)
        return y;
    for (size_t s = 0; s < p->chart->series_count; s++) {
        struct span name = span_str(p->chart->series[s]);

        width = fmin(name_width(name, TYPE), CHART_WIDTH / 2.0) + 18 + 2 * GAP;
        if (x > 0 && x + width > CHART_WIDTH) {
            x = 0;
            y += TYPE + 6;
        }
        add(p->l, (struct chart_shape){.kind = SHAPE_RECTANGLE,
                      .x = x + 0.5,
                      .y = y + 1.5,
                      .w = 13,
                      .h = 10,
                      .fill = styles[s].fill,
                      .stroke = INK_SOFT,
                      .stroke_width = 0.5,
                      .hatch = styles[s].hatch,
                      .hatch_colour = styles[s].hatch_colour});
        add_text(p->l,
            (struct chart_shape){.x = x + 18, .y = y + TYPE - 1, .fill = INK, .size = TYPE}, name,
            CHART_WIDTH / 2.0);
        x += width;
    }
    return y + TYPE + 12;
}

static double lying_slot(const struct plot *p)
{
    size_t bars = p->chart->kind == CHART_STACKED ? 1 : p->chart->series_count;

    return bars == 1 ? 15 + GAP : 12 * (double)bars + GAP;
}

static bool lies(const struct plot *p, double widest, double slot_standing)
{
    if (widest <= slot_standing - 4 || p->count > LYING_CATEGORIES_MAX ||
        lying_slot(p) * (double)p->count > LYING_HEIGHT_MAX)
        return false;
    return widest > SLANTED_WIDTH_MAX || p->count <= 6;
}

/* How wide a number on the axis is. */
static double number_width(struct chart_layout *l, uint64_t n)
{
    struct buf text;
    double width;

    buf_init(&text, 64);
    wording_number(&text, n);
    width = name_width(buf_view(&text), TYPE_SMALL);
    if (text.status != 0)
        l->err = text.status;
    buf_destroy(&text);
    return width;
}

static void place(struct plot *p, double widest, uint64_t end)
{
    double numbers = number_width(p->l, end);

    p->lying = lies(p, widest, (CHART_WIDTH - numbers - 5) / (double)p->count);
    if (p->lying) {
        p->x = fmin(widest, LABEL_WIDTH_MAX) + GAP;
        p->w = CHART_WIDTH - p->x - fmax(2 * numbers, 40) - 10;
        p->slot = lying_slot(p);
        p->h = p->slot * (double)p->count;
    } else {
        p->x = numbers + 8;
        p->w = CHART_WIDTH - p->x;
        p->slot = p->w / (double)p->count;
        p->h = VERTICAL_HEIGHT;
    }
}

int chart_layout(struct chart_layout *l, const struct document_chart *chart, enum language language)
{
    struct plot p = {.l = l, .chart = chart, .language = language, .count = chart->category_count};
    uint64_t most, step;
    double widest;

    *l = (struct chart_layout){0};
    if (p.count > DOCUMENT_CATEGORIES_MAX) {
        l->left_out = p.count - DOCUMENT_CATEGORIES_MAX;
        p.count = DOCUMENT_CATEGORIES_MAX;
    }
    if (p.count == 0)
        return 0;
    for (size_t i = 0; i < p.count * chart->series_count; i++)
        l->ranges = l->ranges || chart->values[i].low != chart->values[i].high;
    most = greatest(&p);
    step = nice_step(most);
    p.top = fmax(ceil((double)most / (double)step), 1) * (double)step;
    widest = widest_category(&p);
    place(&p, widest, most > UINT64_MAX - step ? most : most + step);
    p.y = add_legend(&p, 2);
    add_text(l,
        (struct chart_shape){.x = 0, .y = p.y + TYPE_SMALL, .fill = INK_SOFT, .size = TYPE_SMALL},
        span_str(chart->axis), CHART_WIDTH);
    p.y += TYPE_SMALL + (p.lying ? GAP : 20);
    add_axis(&p, step);
    for (size_t i = 0; i < p.count; i++)
        add_bars(&p, i);
    /* The line that bars begin at, over their ends. */
    add_line(l, p.x, p.lying ? p.y : p.y + p.h, p.lying ? 0 : p.w, p.lying ? p.h : 0, INK);
    if (p.lying)
        add_names_lying(&p);
    l->height = p.y + p.h + (p.lying ? TYPE + 8 : add_names_standing(&p, widest));
    return l->err;
}
