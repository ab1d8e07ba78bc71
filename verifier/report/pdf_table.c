#include <math.h>
#include <stdlib.h>

#include "system/messages.h"
#include "verifier/report/pdf_columns.h"
#include "verifier/report/pdf_internal.h"

#define ROW_PAD 3.0 /* above and below what is in a row */
#define EMPTY_HEIGHT 42.0 /* of a row with room to write in */
#define SQUEEZE 0.5 /* a number is drawn narrower than its type by no more than this */
#define HEAD_LINES_MAX 6
#define SUM_LINES 2 /* of a sum's row, as a rule */
#define FIRST_HEIGHT_MAX 250.0

static const struct pdf_style style_caption = {FACE_SANS, true, 9, 1.4, PDF_INK};
static const struct pdf_style style_note = {FACE_SANS, false, 7.5, 1.4, PDF_INK_SOFT};

/* A table under way. */
struct grid {
    struct pdf *p;
    const struct document_table *t;
    struct pdf_columns columns;
    PangoLayout *cells[DOCUMENT_COLUMNS_MAX];
    double squeezed[DOCUMENT_COLUMNS_MAX]; /* 1, or how much narrower a number is drawn */
    int done[DOCUMENT_COLUMNS_MAX]; /* lines of the row that were put */
    double head_height;
    struct buf caption;
    double note_height; /* of what stands below the last row, and with it */
    bool facts; /* pairs: no head, no caption */
};

static struct pdf_style style_of(const struct grid *g, bool bold)
{
    return (struct pdf_style){FACE_SANS, bold, g->columns.size, 1.4, PDF_INK};
}

static void set_cell(struct grid *g, size_t i, const char *text, bool bold, bool heading)
{
    const struct pdf_style style = style_of(g, bold);
    double width = g->columns.width[i];
    PangoRectangle all;

    pdf_set(g->p, g->cells[i], &style, text, width);
    g->squeezed[i] = 1;
    if (g->t->kinds[i] != COLUMN_NUMBER)
        return;
    pango_layout_set_alignment(g->cells[i], PANGO_ALIGN_RIGHT);
    if (heading || pango_layout_get_line_count(g->cells[i]) == 1)
        return;
    /* It would wrap: narrower, unless it is no number at all. */
    pango_layout_set_width(g->cells[i], -1);
    pango_layout_get_extents(g->cells[i], NULL, &all);
    if (width / ((double)all.width / PANGO_SCALE) >= SQUEEZE)
        g->squeezed[i] = width / ((double)all.width / PANGO_SCALE);
    else
        pango_layout_set_width(g->cells[i], (int)(width * PANGO_SCALE));
}

static void set_row(struct grid *g, char *const *texts, bool bold)
{
    bool heading = texts == g->t->headings;

    for (size_t i = 0; i < g->columns.count; i++) {
        set_cell(g, i, texts[i], bold || (g->facts && i == 0), heading);
        g->done[i] = 0;
    }
}

/* The lines of the row, from what is done on, that fit; true when these are all. */
static bool fits(struct grid *g, bool bold, double height, double *used)
{
    const struct pdf_style style = style_of(g, bold);
    bool all = true;
    double cell;

    *used = 0;
    for (size_t i = 0; i < g->columns.count; i++) {
        int left = pango_layout_get_line_count(g->cells[i]) - g->done[i];

        if (pdf_lines(g->p, g->cells[i], &style, 0, 0, g->done[i], height, false, &cell) < left)
            all = false;
        *used = fmax(*used, cell);
    }
    return all;
}

/* Draws what fits into `height`, and counts it as done. */
static void put_cells(struct grid *g, bool bold, double height)
{
    const struct pdf_style style = style_of(g, bold);
    struct pdf *p = g->p;
    double used;

    for (size_t i = 0; i < g->columns.count; i++) {
        double x = g->columns.x[i];

        if (p->drawing && g->squeezed[i] < 1) {
            cairo_save(p->cr);
            cairo_translate(p->cr, x, 0);
            cairo_scale(p->cr, g->squeezed[i], 1);
            x = 0;
        }
        g->done[i] += pdf_lines(
            p, g->cells[i], &style, x, p->y + ROW_PAD, g->done[i], height, p->drawing, &used);
        if (p->drawing && g->squeezed[i] < 1)
            cairo_restore(p->cr);
    }
}

/* Gives the height of its lines. */
static double set_head(struct grid *g)
{
    double used;

    set_row(g, g->t->headings, true);
    for (size_t i = 0; i < g->columns.count; i++) {
        pango_layout_set_height(g->cells[i], -HEAD_LINES_MAX);
        pango_layout_set_ellipsize(g->cells[i], PANGO_ELLIPSIZE_END);
    }
    (void)fits(g, true, PDF_HEIGHT, &used);
    return used;
}

static void put_head(struct grid *g)
{
    double used;

    if (g->facts) {
        pdf_rule(g->p, PDF_LEFT, g->p->y, PDF_INNER, 0.6, PDF_RULE);
        return;
    }
    used = set_head(g);
    pdf_rule(g->p, PDF_LEFT, g->p->y, PDF_INNER, 1.2, PDF_INK);
    g->p->y += 1.2;
    put_cells(g, true, used + 0.01);
    g->p->y += used + 2 * ROW_PAD;
    pdf_rule(g->p, PDF_LEFT, g->p->y, PDF_INNER, 0.6, PDF_INK);
    g->p->fresh = false;
    g->head_height = used + 2 * ROW_PAD + 1.2;
}

/* The next page of the table: its caption, shortened, and its head. */
static void put_continued(struct grid *g)
{
    struct buf text;

    pdf_rule(g->p, PDF_LEFT, g->p->y, PDF_INNER, 0.6, PDF_RULE);
    pdf_page_new(g->p);
    if (g->caption.n > 1) {
        buf_init(&text, g->caption.n + 256);
        buf_printf(&text, message_in(g->p->d->language, MESSAGE_DOCUMENT_CONTINUED),
            (const char *)g->caption.p);
        buf_put_u8(&text, 0);
        if (text.status == 0)
            pdf_line_at(
                g->p, &style_caption, (const char *)text.p, PDF_LEFT, g->p->y + 10, PDF_INNER, 0);
        g->p->err = text.status;
        g->p->y += 16;
        buf_destroy(&text);
    }
    put_head(g);
}

/* How high the first row is, as far as it has to stand with its head. */
static double first_height(struct grid *g)
{
    double used;

    if (g->t->row_count == 0)
        return 30;
    set_row(g, g->t->rows[0].cells, g->t->rows[0].total);
    (void)fits(g, g->t->rows[0].total, PDF_HEIGHT, &used);
    return fmin(used + 2 * ROW_PAD, FIRST_HEIGHT_MAX);
}

static double least_height(const struct grid *g)
{
    for (size_t i = 0; i < g->columns.count; i++) {
        if (g->t->kinds[i] == COLUMN_EMPTY)
            return EMPTY_HEIGHT;
    }
    return 0;
}

/* Lines between columns with room to write in, so that one sees where. */
static void put_borders(struct grid *g, double height)
{
    for (size_t i = 0; i < g->columns.count && g->p->drawing; i++) {
        if (g->t->kinds[i] == COLUMN_EMPTY)
            pdf_rule(g->p, g->columns.x[i] - g->columns.pad, g->p->y, 0.5, height, PDF_RULE);
    }
}

/* Room that a row needs below it: neither a sum nor a note stands alone on the next page. */
static double height_behind(const struct grid *g, size_t r)
{
    if (g->facts || r + 1 == g->t->row_count)
        return g->note_height;
    if (r == 0 || r + 2 != g->t->row_count || !g->t->rows[r + 1].total)
        return 0;
    return SUM_LINES * g->columns.size * 1.4 + 2 * ROW_PAD + g->note_height;
}

/* What is under no more than this stands with the last row; else where there is room. */
#define NOTE_HEIGHT_MAX 80.0

static void measure_note(struct grid *g)
{
    double height;

    if (g->t->note == NULL)
        return;
    pdf_set(g->p, g->p->text, &style_note, g->t->note, PDF_INNER);
    (void)pdf_lines(g->p, g->p->text, &style_note, 0, 0, 0, 1e9, false, &height);
    g->note_height = height <= NOTE_HEIGHT_MAX ? height + 6.5 : 0;
}

static void put_row(struct grid *g, size_t r)
{
    const struct table_row *row = &g->t->rows[r];
    bool first = r == 0;
    double used, height, least = least_height(g), page = PDF_BOTTOM - PDF_TOP - g->head_height - 40;
    bool all;

    set_row(g, row->cells, row->total);
    (void)fits(g, row->total, 1e9, &used);
    height = fmax(used + 2 * ROW_PAD, least);
    if (g->p->y + height + height_behind(g, r) > PDF_BOTTOM && height <= page) {
        put_continued(g);
        set_row(g, row->cells, row->total);
        first = true;
    }
    do {
        all = fits(g, row->total, PDF_BOTTOM - g->p->y - 2 * ROW_PAD, &used);
        if (!all && used <= 0) {
            int done[DOCUMENT_COLUMNS_MAX];

            /* Not a line fits here. */
            memcpy(done, g->done, sizeof done);
            put_continued(g);
            set_row(g, row->cells, row->total);
            memcpy(g->done, done, sizeof done);
            (void)fits(g, row->total, PDF_BOTTOM - g->p->y - 2 * ROW_PAD, &used);
            first = true;
        }
        height = fmax(used + 2 * ROW_PAD, all ? least : 0);
        if (!first)
            pdf_rule(g->p, PDF_LEFT, g->p->y, PDF_INNER, row->total ? 0.8 : 0.4,
                row->total ? PDF_INK : 0xdcdcdc);
        put_cells(g, row->total, used + 0.01);
        put_borders(g, height);
        g->p->y += height;
        g->p->fresh = false;
    } while (!fits(g, row->total, 0, &used) && g->p->err == 0);
}

static void grid_init(struct grid *g, struct pdf *p, const struct document_table *t)
{
    *g = (struct grid){.p = p, .t = t};
    buf_init(&g->caption, 8 * DOCUMENT_BLOCK_BYTES_MAX);
    pdf_columns(&g->columns, p, t);
    for (size_t i = 0; i < t->column_count; i++) {
        g->cells[i] = pango_layout_new(p->context);
        pango_layout_set_wrap(g->cells[i], PANGO_WRAP_WORD_CHAR);
        pango_layout_set_auto_dir(g->cells[i], FALSE);
    }
}

static void grid_destroy(struct grid *g)
{
    for (size_t i = 0; i < g->columns.count; i++)
        g_object_unref(g->cells[i]);
    buf_destroy(&g->caption);
}

/* Its number and caption; a table without a caption belongs to what stands before it. */
static void put_caption(struct grid *g)
{
    struct pdf *p = g->p;

    if (g->t->caption[0] != '\0') {
        p->table++;
        buf_printf(&g->caption, message_in(p->d->language, MESSAGE_DOCUMENT_TABLE), p->table);
        buf_printf(&g->caption, "  %s", g->t->caption);
    }
    buf_put_u8(&g->caption, 0);
    p->err = g->caption.status;
    if (p->err != 0 || g->caption.n == 1)
        return;
    pdf_need(p, 54 + set_head(g) + fmax(first_height(g), least_height(g)));
    pdf_set(p, p->text, &style_caption, (const char *)g->caption.p, PDF_INNER);
    pdf_flow(p, &style_caption, PDF_LEFT, FRAME_NONE);
    p->y += 4;
}

static void put_none(struct grid *g)
{
    const struct pdf_style style = style_of(g, false);
    struct pdf *p = g->p;

    p->y += ROW_PAD;
    pdf_set(p, p->text, &style, g->t->empty, PDF_INNER - 2 * g->columns.pad);
    pdf_flow(p, &style, PDF_LEFT + g->columns.pad, FRAME_NONE);
    p->y += ROW_PAD;
}

void pdf_table(struct pdf *p, const struct document_table *t)
{
    struct grid g;

    grid_init(&g, p, t);
    pdf_space(p, 10);
    put_caption(&g);
    if (p->err != 0)
        goto out;
    measure_note(&g);
    pdf_need(p, 20 + set_head(&g) + fmax(first_height(&g), least_height(&g)));
    put_head(&g);
    for (size_t r = 0; r < t->row_count && p->err == 0; r++)
        put_row(&g, r);
    if (t->row_count == 0)
        put_none(&g);
    pdf_rule(p, PDF_LEFT, p->y, PDF_INNER, 1.2, PDF_INK);
    p->y += 5;
    if (t->note != NULL) {
        pdf_set(p, p->text, &style_note, t->note, PDF_INNER);
        pdf_flow(p, &style_note, PDF_LEFT, FRAME_NONE);
    }
    pdf_space(p, 14);
out:
    grid_destroy(&g);
}

/* The first column of facts: of one width in most lists, and wide enough for most labels. */
#define LABELS_LEAST 0.24
#define LABELS_MOST 0.42

static double label_width(struct pdf *p, double size, const char *label)
{
    const struct pdf_style style = {FACE_SANS, true, size, 1.4, PDF_INK};
    PangoRectangle all;

    if (strlen(label) > DOCUMENT_TEXT_BYTES_MAX)
        return PDF_INNER;
    pdf_set(p, p->aside, &style, label, -1);
    pango_layout_get_extents(p->aside, NULL, &all);
    return (double)all.width / PANGO_SCALE + 1;
}

void pdf_facts(struct pdf *p, const struct block *b)
{
    static char none[1];
    static enum column_kind kinds[] = {COLUMN_TEXT, COLUMN_TEXT};
    static char *headings[] = {none, none};
    struct document_table t = {.column_count = 2, .kinds = kinds, .headings = headings};
    struct table_row *rows = calloc(b->item_count / 2 + 1, sizeof *rows);
    char *last[2];
    double label = PDF_INNER * LABELS_LEAST;
    struct grid g;

    if (rows == NULL) {
        p->err = KEIIN_ENOMEM;
        return;
    }
    for (size_t i = 0; i + 1 < b->item_count; i += 2)
        rows[t.row_count++].cells = &b->items[i];
    if (b->item_count % 2 == 1) {
        last[0] = b->items[b->item_count - 1];
        last[1] = none;
        rows[t.row_count++].cells = last;
    }
    t.rows = rows;
    grid_init(&g, p, &t);
    g.facts = true;
    /* What is said of comes first, and takes no more than it needs. */
    g.columns.size = 9;
    for (size_t r = 0; r < t.row_count; r++)
        label = fmax(label, label_width(p, g.columns.size, rows[r].cells[0]));
    g.columns.width[0] = fmin(label, PDF_INNER * LABELS_MOST);
    g.columns.x[1] = g.columns.x[0] + g.columns.width[0] + 2 * g.columns.pad;
    g.columns.width[1] = PDF_LEFT + PDF_INNER - g.columns.x[1];
    pdf_need(p, 40);
    put_head(&g);
    for (size_t r = 0; r < t.row_count && p->err == 0; r++)
        put_row(&g, r);
    pdf_rule(p, PDF_LEFT, p->y, PDF_INNER, 0.6, PDF_RULE);
    pdf_space(p, 14);
    grid_destroy(&g);
    free(rows);
}
