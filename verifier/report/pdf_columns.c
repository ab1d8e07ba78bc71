#include "verifier/report/pdf_columns.h"

#include <math.h>

#include "core/text.h"
#include "verifier/report/text_width.h"

#define MEASURED_AT 10.0 /* size of type */
#define MEASURED_BYTES 200 /* of a text; these are wider than a page */
#define SLACK 1.03 /* a font is not as wide at each size */
#define WIDEST (PDF_INNER / 3) /* of what a column insists on */

#define SLACK_TEXT 1.06 /* another cell may be a little wider than the one that was measured */
#define HEADING_MAX 6.2 /* of a heading on one line that may be broken anywhere */
#define SHORT_MAX 18.0 /* of a time or word on one line, in its size of type */

static const struct {
    double size, pad;
} settings[] = {{8.5, 6}, {7.8, 5}, {7.1, 4}, {6.4, 3}, {5.8, 2.5}};

/* In the size of type. */
struct wish {
    double least, full;
};

/* The widest piece that is not to be broken: a word, or a character where any may end a line. */
static struct span widest_word(struct span text)
{
    struct span widest = {text.p, 0};
    double most = -1, width;
    uint32_t cp = 0;
    size_t begin = 0;

    for (size_t i = 0, len; i <= text.n; i += len) {
        len = i < text.n ? utf8_next(text.p + i, text.n - i, &cp) : 1;
        len = len == 0 ? 1 : len;
        if (i < text.n && cp != ' ' && cp < 0x2e80)
            continue;
        width = text_width(span_of(text.p + begin, i - begin));
        if (width > most) {
            most = width;
            widest = span_of(text.p + begin, i - begin);
        }
        begin = i + (i < text.n && cp == ' ');
    }
    return widest;
}

/* The exact width of what was found to be the widest. */
static double measured(struct pdf *p, struct span text, bool bold)
{
    const struct pdf_style style = {FACE_SANS, bold, MEASURED_AT, 1, PDF_INK};
    PangoRectangle all;

    text = utf8_beginning(text, MEASURED_BYTES);
    pdf_set(p, p->aside, &style, "", -1);
    pango_layout_set_text(p->aside, (const char *)text.p, (int)text.n);
    pango_layout_get_extents(p->aside, NULL, &all);
    return (double)all.width / PANGO_SCALE / MEASURED_AT * SLACK;
}

static void widen(struct span *widest, double *most, struct span text)
{
    double width = text_width(text);

    if (width > *most) {
        *most = width;
        *widest = text;
    }
}

/* A heading of a language without spaces. */
static bool may_break_anywhere(struct span heading)
{
    uint32_t cp = 0;

    for (size_t i = 0, len; i < heading.n && cp < 0x2e80; i += len) {
        len = utf8_next(heading.p + i, heading.n - i, &cp);
        if (len == 0)
            return false;
    }
    return cp >= 0x2e80;
}

static struct wish wish_of(struct pdf *p, const struct document_table *t, size_t column)
{
    struct span heading = span_str(t->headings[column]), text = {NULL, 0}, word = {NULL, 0};
    double text_most = -1, word_most = -1;
    enum column_kind kind = t->kinds[column];
    struct wish wish;
    double whole = 0;

    for (size_t r = 0; r < t->row_count; r++) {
        struct span cell = span_str(t->rows[r].cells[column]);

        widen(&text, &text_most, cell);
        if (kind == COLUMN_SHORT || kind == COLUMN_TEXT)
            widen(&word, &word_most, widest_word(cell));
    }
    if (text.n > 0) /* only sums are bold */
        whole = measured(p, text, kind == COLUMN_NUMBER);
    wish.full = fmax(whole, measured(p, heading, true));
    wish.least = measured(p, widest_word(heading), true) * SLACK_TEXT;
    if (may_break_anywhere(heading))
        wish.least = fmax(wish.least, fmin(measured(p, heading, true), HEADING_MAX));
    if (kind == COLUMN_NUMBER)
        wish.least = fmax(wish.least, whole);
    else if (word.n > 0)
        wish.least = fmax(wish.least, measured(p, word, false));
    if (kind == COLUMN_SHORT) {
        if (whole <= SHORT_MAX)
            wish.least = fmax(wish.least, whole);
        wish.full = fmax(wish.least, fmin(wish.full, SHORT_MAX));
    }
    if (kind == COLUMN_TEXT) {
        wish.full *= SLACK_TEXT;
        wish.least = fmin(fmax(wish.least, fmin(wish.full, 7)), 14);
    }
    if (kind == COLUMN_EMPTY) {
        wish.least = fmax(wish.least, 14);
        wish.full = fmax(wish.full, 28);
    }
    return wish;
}

/* What a column would still take. */
static double lack_of(const struct pdf_columns *c, const struct wish *wishes, size_t i)
{
    return fmax(fmin(wishes[i].full * c->size, 3 * PDF_INNER) - c->width[i], 0);
}

/* Columns of one sort get what is left, the more the more they lack; gives what remains. */
static double share_among(struct pdf_columns *c, const struct wish *wishes,
    const struct document_table *t, bool texts, double left)
{
    double lack = 0, scale;

    for (size_t i = 0; i < c->count; i++)
        lack += (t->kinds[i] == COLUMN_TEXT) == texts ? lack_of(c, wishes, i) : 0;
    scale = lack > 0 ? fmin(left / lack, 1) : 0;
    for (size_t i = 0; i < c->count; i++) {
        if ((t->kinds[i] == COLUMN_TEXT) == texts)
            c->width[i] += lack_of(c, wishes, i) * scale;
    }
    return left - lack * scale;
}

/* First what each insists on, then texts, then headings on fewer lines. */
static void share(
    struct pdf_columns *c, const struct wish *wishes, const struct document_table *t, double room)
{
    double least = 0;

    for (size_t i = 0; i < c->count; i++) {
        c->width[i] = fmin(wishes[i].least * c->size, WIDEST);
        least += c->width[i];
    }
    for (size_t i = 0; i < c->count && least > room; i++)
        c->width[i] *= room / least;
    if (least < room)
        share_among(c, wishes, t, false, share_among(c, wishes, t, true, room - least));
}

/* Room that nobody wished for goes to texts, or else to all alike. */
static void spread(struct pdf_columns *c, const struct document_table *t, double room)
{
    size_t takers = 0;
    double left = room;

    for (size_t i = 0; i < c->count; i++) {
        left -= c->width[i];
        takers += t->kinds[i] == COLUMN_TEXT || t->kinds[i] == COLUMN_EMPTY;
    }
    for (size_t i = 0; i < c->count && left > 0; i++) {
        if (takers == 0)
            c->width[i] += left / (double)c->count;
        else if (t->kinds[i] == COLUMN_TEXT || t->kinds[i] == COLUMN_EMPTY)
            c->width[i] += left / (double)takers;
    }
}

void pdf_columns(struct pdf_columns *c, struct pdf *p, const struct document_table *t)
{
    struct wish wishes[DOCUMENT_COLUMNS_MAX] = {{0, 0}};
    double room = 0, least, x = PDF_LEFT;

    *c = (struct pdf_columns){.count = t->column_count};
    for (size_t i = 0; i < c->count; i++)
        wishes[i] = wish_of(p, t, i);
    for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) {
        c->size = settings[s].size;
        c->pad = settings[s].pad;
        room = PDF_INNER - 2 * c->pad * (double)c->count;
        least = 0;
        for (size_t i = 0; i < c->count; i++)
            least += fmin(wishes[i].least * c->size, WIDEST);
        if (least <= room)
            break;
    }
    share(c, wishes, t, room);
    spread(c, t, room);
    for (size_t i = 0; i < c->count; i++) {
        c->x[i] = x + c->pad;
        x += c->width[i] + 2 * c->pad;
    }
}
