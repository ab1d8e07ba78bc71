/*
 * A PDF under way. Everything is laid out twice by the same code: first to learn on which page
 * what begins and how many there are, then to draw. Sizes are points; y grows downwards.
 */
#ifndef KEIIN_VERIFIER_REPORT_PDF_INTERNAL_H
#define KEIIN_VERIFIER_REPORT_PDF_INTERNAL_H

#include <pango/pangocairo.h>

#include "verifier/report/document.h"

#define PDF_WIDTH 595.28 /* A4 */
#define PDF_HEIGHT 841.89
#define PDF_LEFT 56.0
#define PDF_TOP 62.0
#define PDF_BOTTOM (PDF_HEIGHT - 66.0)
#define PDF_INNER (PDF_WIDTH - 2 * PDF_LEFT)

#define PDF_INK 0x1a1a1a
#define PDF_INK_SOFT 0x404040
#define PDF_ACCENT 0x10243e
#define PDF_ALARM 0x8b1a1a
#define PDF_RULE 0xb8b8b8

enum pdf_face { FACE_SERIF, FACE_SANS, FACE_MONO, FACES };

struct pdf_style {
    enum pdf_face face;
    bool bold;
    double size;
    double leading; /* of a line, in its size of type */
    unsigned colour; /* 0xRRGGBB */
};

/* What stands around lines that flow. */
enum pdf_frame { FRAME_NONE, FRAME_NOTICE, FRAME_ALARM, FRAME_GOOD, FRAME_FIXED };

struct pdf {
    const struct document *d;
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoContext *context;
    PangoAttrList *attributes; /* figures of one width; no hyphen that is not in the text */
    PangoLayout *text; /* what flows */
    PangoLayout *aside; /* heads, feet and whatever else comes in between */
    bool drawing; /* the second time */
    bool fresh; /* nothing is on this page yet */
    size_t page, page_count;
    double y;
    size_t section, table, figure; /* how many were put */
    size_t *section_pages; /* of each section its page */
    int err;
};

/* pdf_layout.c: pages, and text that flows over them. */
void pdf_colour(struct pdf *p, unsigned colour);
void pdf_rule(struct pdf *p, double x, double y, double width, double weight, unsigned colour);
void pdf_page_new(struct pdf *p);
/* A new page unless there is this room. */
void pdf_need(struct pdf *p, double height);
void pdf_space(struct pdf *p, double height); /* none at the top of a page */
/* A layout with a text; width < 0: one line. */
void pdf_set(struct pdf *p, PangoLayout *layout, const struct pdf_style *style, const char *text,
    double width);
/* Height of a line and how far its base line is below its top. */
double pdf_line_height(PangoLayoutLine *line, const struct pdf_style *style, double *base_line);
/* Lines from `from` on that fit into `height`; draws them when `draw`, and says how high they are. */
int pdf_lines(struct pdf *p, PangoLayout *layout, const struct pdf_style *style, double x, double y,
    int from, double height, bool draw, double *used);
/* p->text, set before, over as many pages as it takes. */
void pdf_flow(struct pdf *p, const struct pdf_style *style, double x, enum pdf_frame frame);
/* A line that ends in an ellipsis where it is too long: at x, to the left of it, or around it. */
void pdf_line_at(struct pdf *p, const struct pdf_style *style, const char *text, double x,
    double base_line, double width_max, double align);

/* pdf_table.c */
void pdf_table(struct pdf *p, const struct document_table *t);
void pdf_facts(struct pdf *p, const struct block *b);

/* pdf_chart.c */
void pdf_chart(struct pdf *p, const struct document_chart *c);
/* The room that its caption and its shapes take together. */
double pdf_chart_height(struct pdf *p, const struct document_chart *c);

#endif
