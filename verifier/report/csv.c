#include "verifier/report/document.h"

#define BOM "\xef\xbb\xbf"
#define BIDI_MARK_BYTES 3

/* U+2068 and U+2069 are for those who set text; here a field is a text of its own. */
static void put_text(struct buf *out, const char *text)
{
    struct buf plain;

    buf_init(&plain, strlen(text));
    for (; *text != '\0'; text++) {
        if (memcmp(text, "\xe2\x81", 2) == 0 && (text[2] == '\xa8' || text[2] == '\xa9'))
            text += BIDI_MARK_BYTES - 1;
        else
            buf_put_u8(&plain, (uint8_t)*text);
    }
    if (plain.status != 0)
        out->status = plain.status;
    csv_field(out, buf_view(&plain));
    buf_destroy(&plain);
}

/* A number as people write it, as programs read it; anything else as it is. */
static void put_number(struct buf *out, const char *text)
{
    size_t digits = strspn(text, "0123456789,");

    if (digits == 0 || text[digits] != '\0' || text[0] == ',') {
        put_text(out, text);
        return;
    }
    for (; *text != '\0'; text++) {
        if (*text != ',')
            buf_put_u8(out, (uint8_t)*text);
    }
}

static void put_table(struct buf *out, const struct document_table *t)
{
    if (t->caption[0] != '\0') {
        put_text(out, t->caption);
        buf_put_str(out, "\r\n");
    }
    for (size_t i = 0; i < t->column_count; i++) {
        if (i > 0)
            buf_put_u8(out, ',');
        put_text(out, t->headings[i]);
    }
    buf_put_str(out, "\r\n");
    for (size_t r = 0; r < t->row_count; r++) {
        for (size_t i = 0; i < t->column_count; i++) {
            if (i > 0)
                buf_put_u8(out, ',');
            if (t->kinds[i] == COLUMN_NUMBER)
                put_number(out, t->rows[r].cells[i]);
            else
                put_text(out, t->rows[r].cells[i]);
        }
        buf_put_str(out, "\r\n");
    }
    buf_put_str(out, "\r\n");
}

int document_csv(const struct document *d, struct buf *out)
{
    if (d->err != 0)
        return d->err;
    buf_put_str(out, BOM);
    for (size_t i = 0; i < d->block_count; i++) {
        if (d->blocks[i].type == BLOCK_TABLE)
            put_table(out, d->blocks[i].table);
    }
    return buf_status(out);
}
