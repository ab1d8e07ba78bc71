/*
 * A chart as shapes, for whoever draws them: SVG and PDF show the same. Sizes are in units of a
 * canvas of CHART_WIDTH; y grows downwards. Legible in black and white: series differ in lightness
 * and hatching. One thread.
 */
#ifndef KEIIN_VERIFIER_REPORT_CHART_H
#define KEIIN_VERIFIER_REPORT_CHART_H

#include "core/bytes.h"
#include "core/language.h"

struct document_chart;

#define CHART_WIDTH 680

enum chart_hatch { HATCH_NONE, HATCH_RISING, HATCH_FALLING, HATCH_LEVEL, HATCHES };
/* Distance and width of the lines of a hatching. */
#define CHART_HATCH_STEP 5.0
#define CHART_HATCH_WIDTH 1.4

enum chart_anchor { ANCHOR_START, ANCHOR_MIDDLE, ANCHOR_END };
enum chart_shape_kind { SHAPE_RECTANGLE, SHAPE_LINE, SHAPE_TEXT };

struct chart_shape {
    enum chart_shape_kind kind;
    double x, y;
    double w, h; /* of a rectangle; of a line from its beginning to its end */
    unsigned fill, stroke; /* 0xRRGGBB; a text is filled */
    double stroke_width; /* 0: none */
    bool dashed;
    enum chart_hatch hatch; /* over the fill, in hatch_colour */
    unsigned hatch_colour;
    enum chart_anchor anchor; /* of a text, whose base line is at y */
    double size; /* of type */
    double width_max; /* of a text, in whatever font */
    double angle; /* in degrees, clockwise, about x, y */
    bool bold;
    char *text;
};

struct chart_layout {
    double height;
    struct chart_shape *shapes; /* in the order in which they are drawn */
    size_t count, cap;
    size_t left_out; /* categories above DOCUMENT_CATEGORIES_MAX */
    bool ranges; /* a value is not known exactly */
    int err;
};

/* Fills *l; chart_layout_destroy in any case. KEIIN_ENOMEM. */
int chart_layout(struct chart_layout *l, const struct document_chart *chart,
    enum language language) KEIIN_MUST_USE;
void chart_layout_destroy(struct chart_layout *l);

/* "1,234", or "1–9" for a range; 1～9. */
void chart_value_text(struct buf *out, enum language language, uint64_t low, uint64_t high);

#endif
