#include "system/wrap.h"

/* The next character, and its length in bytes; a byte that is no UTF-8 is one. */
static uint32_t character(const uint8_t *p, const uint8_t *end, size_t *n)
{
    uint32_t c = *p;

    *n = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (*n == 1 || (size_t)(end - p) < *n) {
        *n = 1;
        return c;
    }
    c &= 0xffu >> (*n + 1);
    for (size_t i = 1; i < *n; i++)
        c = c << 6 | (p[i] & 0x3f);
    return c;
}

/* The ranges of Unicode's East Asian Width W and F, roughly: what is between them is rare. */
static bool is_wide(uint32_t c)
{
    static const uint32_t ranges[][2] = {{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf},
        {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6},
        {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

static bool is_among(uint32_t c, const char *set)
{
    const uint8_t *p = (const uint8_t *)set, *end = p + strlen(set);
    size_t n;

    for (; p < end; p += n)
        if (character(p, end, &n) == c)
            return true;
    return false;
}

/* Whether a line may end between two characters (JIS X 4051, the common rules). */
static bool may_break(uint32_t before, uint32_t after)
{
    if ((!is_wide(before) && !is_wide(after)) || (before >= '0' && before <= '9'))
        return false; /* a number stays with its counter */
    return !is_among(after, "、。，．・：；？！）」』】〕〉》ーぁぃぅぇぉっゃゅょゎァィゥェォッャュ"
                            "ョヮヵヶ々ゝゞヽヾ),.:;?!]}%") &&
           !is_among(before, "（「『【〔〈《([{");
}

size_t wrap_width(struct span text)
{
    const uint8_t *p = text.p, *end = text.p + text.n;
    size_t width = 0, n;

    for (; p < end; p += n)
        width += is_wide(character(p, end, &n)) ? 2 : 1;
    return width;
}

/* What stands before the next place where a line may end. */
static struct span piece(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *start = p;
    uint32_t before = 0;
    size_t n;

    while (p < end && *p != ' ') {
        uint32_t c = character(p, end, &n);

        if (p > start && may_break(before, c))
            break;
        before = c;
        p += n;
    }
    return span_of(start, (size_t)(p - start));
}

void wrap_put(FILE *to, struct span text, size_t indent, size_t column)
{
    const uint8_t *p = text.p, *end = text.p + text.n;
    bool spaced = false;

    while (p < end) {
        struct span word = piece(p, end);
        size_t width = wrap_width(word);

        if (column > indent && column + spaced + width > WRAP_COLUMNS) {
            fprintf(to, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent && spaced) {
            fputc(' ', to);
            column++;
        }
        fwrite(word.p, 1, word.n, to);
        column += width;
        p += word.n;
        spaced = p < end && *p == ' ';
        p += spaced;
    }
    fputc('\n', to);
}
