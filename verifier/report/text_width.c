#include "verifier/report/text_width.h"

#include "core/text.h"

static double character_width(uint32_t cp)
{
    if (cp >= 0x20 && cp < 0x7f) {
        if (strchr("iIl.,:;'|!()[]jft ", (int)cp) != NULL)
            return 0.32;
        if (strchr("mwMW@%", (int)cp) != NULL)
            return 0.88;
        return cp >= 'A' && cp <= 'Z' ? 0.66 : 0.56;
    }
    if ((cp >= 0x300 && cp < 0x370) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0x200d ||
        (cp >= 0xfe00 && cp <= 0xfe0f))
        return 0;
    if (cp >= 0x1100 && (cp < 0x1200 || cp >= 0x2e80) && !(cp >= 0xff61 && cp <= 0xff9f) &&
        !(cp >= 0xfb1d && cp <= 0xfdff) && !(cp >= 0xfe70 && cp <= 0xfefc))
        return 1;
    return 0.62;
}

struct span text_width_beginning(struct span text, double width_max)
{
    double width = 0;
    uint32_t cp;

    for (size_t i = 0, len; i < text.n; i += len) {
        len = utf8_next(text.p + i, text.n - i, &cp);
        if (len == 0) {
            cp = '?';
            len = 1;
        }
        width += character_width(cp);
        if (width > width_max)
            return span_of(text.p, i);
    }
    return text;
}

double text_width(struct span text)
{
    double width = 0;
    uint32_t cp;

    for (size_t i = 0, len; i < text.n; i += len) {
        len = utf8_next(text.p + i, text.n - i, &cp);
        if (len == 0) {
            cp = '?';
            len = 1;
        }
        width += character_width(cp);
    }
    return width;
}
