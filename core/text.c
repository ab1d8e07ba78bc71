#include "core/text.h"

#include <stdio.h>
#include <time.h>

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buf *out, struct span bytes)
{
    const uint8_t *p = bytes.p;
    size_t left = bytes.n;
    uint8_t *to = buf_extend(out, BASE64_BYTES(bytes.n));

    if (to == NULL)
        return;
    for (; left >= 3; left -= 3, p += 3) {
        *to++ = (uint8_t)base64_digits[p[0] >> 2];
        *to++ = (uint8_t)base64_digits[(p[0] & 3) << 4 | p[1] >> 4];
        *to++ = (uint8_t)base64_digits[(p[1] & 15) << 2 | p[2] >> 6];
        *to++ = (uint8_t)base64_digits[p[2] & 63];
    }
    if (left > 0) {
        uint8_t second = left == 2 ? p[1] : 0;

        *to++ = (uint8_t)base64_digits[p[0] >> 2];
        *to++ = (uint8_t)base64_digits[(p[0] & 3) << 4 | second >> 4];
        *to++ = left == 2 ? (uint8_t)base64_digits[(second & 15) << 2] : '=';
        *to++ = '=';
    }
}

static int base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

int64_t base64_check(struct span text)
{
    size_t pad = 0, digits;
    int last = 0;

    if (text.n % 4 != 0)
        return -1;
    if (text.n > 0 && text.p[text.n - 1] == '=')
        pad = text.p[text.n - 2] == '=' ? 2 : 1;
    digits = text.n - pad;
    for (size_t i = 0; i < digits; i++) {
        last = base64_value(text.p[i]);
        if (last < 0)
            return -1;
    }
    if ((pad == 1 && (last & 3) != 0) || (pad == 2 && (last & 15) != 0))
        return -1;
    return (int64_t)(text.n / 4 * 3 - pad);
}

bool base64_decode(uint8_t *out, size_t n, struct span text)
{
    uint32_t bits = 0;
    size_t held = 0, done = 0;

    if (base64_check(text) != (int64_t)n)
        return false;
    for (size_t i = 0; i < text.n && done < n; i++) {
        bits = bits << 6 | (uint32_t)base64_value(text.p[i]);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[done++] = (uint8_t)(bits >> held);
        }
    }
    return true;
}

void hex_encode(char *out, struct span bytes)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.n; i++) {
        *out++ = digits[bytes.p[i] >> 4];
        *out++ = digits[bytes.p[i] & 15];
    }
    *out = '\0';
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(uint8_t *out, size_t n, struct span text)
{
    if (text.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_value(text.p[2 * i]), low = hex_value(text.p[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void hex_grouped(char out[static HEX_GROUPED_BYTES], const struct hash *hash)
{
    char hex[2 * HASH_BYTES + 1];

    hex_encode(hex, span_hash(hash));
    for (size_t i = 0; i < 2 * HASH_BYTES; i++) {
        *out++ = hex[i];
        if (i % 4 == 3)
            *out++ = i == 2 * HASH_BYTES - 1 ? '\0' : ' ';
    }
}

bool decimal_parse(struct span text, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (text.n == 0 || text.n > 20 || (text.n > 1 && text.p[0] == '0'))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        unsigned digit = (unsigned)text.p[i] - '0';

        if (digit > 9 || v > (UINT64_MAX - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    if (v > max)
        return false;
    *out = v;
    return true;
}

size_t utf8_next(const uint8_t *p, size_t n, uint32_t *cp)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len;

    if (p[0] < 0x80) {
        *cp = p[0];
        return 1;
    }
    len = p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : 4;
    if (p[0] < 0xc2 || p[0] > 0xf4 || len > n)
        return 0;
    *cp = p[0] & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        *cp = *cp << 6 | (p[i] & 0x3f);
    }
    if (*cp < least[len] || (*cp >= 0xd800 && *cp <= 0xdfff) || *cp > 0x10ffff)
        return 0;
    return len;
}

/* Characters that SPEC.md section 2 forbids: they hide or reorder what a reader sees. */
static bool invisible(uint32_t cp)
{
    return cp <= 0x1f || (cp >= 0x7f && cp <= 0x9f) || (cp >= 0x200b && cp <= 0x200f) ||
           (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x2069) || cp == 0xfeff;
}

bool utf8_valid(struct span text)
{
    uint32_t cp;

    for (size_t i = 0, len; i < text.n; i += len) {
        len = utf8_next(text.p + i, text.n - i, &cp);
        if (len == 0)
            return false;
    }
    return true;
}

/* Eight bytes that are all of least-0x7E; `least` is at most 0x80. */
static bool eight_ascii(const uint8_t *p, uint8_t least)
{
    const uint64_t high = UINT64_C(0x8080808080808080), ones = UINT64_C(0x0101010101010101);
    uint64_t eight;

    memcpy(&eight, p, sizeof eight);
    return ((eight | (eight - least * ones) | (eight + ones)) & high) == 0;
}

bool utf8_plain(struct span text)
{
    uint32_t cp;

    for (size_t i = 0, len; i < text.n; i += len) {
        if (text.n - i >= 8 && eight_ascii(text.p + i, 0x20)) { /* nearly all text is */
            len = 8;
            continue;
        }
        if (text.n >= 8 && text.n - i < 8 && eight_ascii(text.p + text.n - 8, 0x20))
            return true;
        if (text.p[i] >= 0x20 && text.p[i] < 0x7f) {
            len = 1;
            continue;
        }
        len = utf8_next(text.p + i, text.n - i, &cp);
        if (len == 0 || invisible(cp))
            return false;
    }
    return true;
}

struct span utf8_beginning(struct span text, size_t bytes_max)
{
    if (text.n > bytes_max) {
        text.n = bytes_max;
        while (text.n > 0 && (text.p[text.n] & 0xc0) == 0x80)
            text.n--;
    }
    return text;
}

struct span utf8_whole(struct span text)
{
    size_t i = text.n, n;

    while (i > 0 && text.n - i < 3 && (text.p[i - 1] & 0xc0) == 0x80)
        i--;
    if (i == 0 || text.p[i - 1] < 0xc0)
        return text;
    n = text.p[i - 1] < 0xe0 ? 2 : text.p[i - 1] < 0xf0 ? 3 : 4;
    if (text.n - (i - 1) < n)
        text.n = i - 1;
    return text;
}

bool id_valid(struct span text)
{
    size_t i = 0;

    if (text.n < 1 || text.n > ID_BYTES_MAX)
        return false;
    for (; text.n - i >= 8; i += 8)
        if (!eight_ascii(text.p + i, 0x21))
            return false;
    for (; i < text.n; i++)
        if (text.p[i] < 0x21 || text.p[i] > 0x7e)
            return false;
    return true;
}

bool name_valid(struct span text)
{
    return id_valid(text) && memchr(text.p, '+', text.n) == NULL;
}

void text_visible(struct buf *out, struct span text)
{
    uint32_t cp;
    size_t len;

    for (size_t i = 0; i < text.n; i += len) {
        len = utf8_next(text.p + i, text.n - i, &cp);
        if (len == 0) {
            buf_printf(out, "\\x{%02x}", text.p[i]);
            len = 1;
        } else if (cp == '\\') {
            buf_put_str(out, "\\\\");
        } else if (invisible(cp) || cp == 0x061c || cp == 0xad ||
                   (cp >= 0xe0000 && cp <= 0xe0fff) || (cp >= 0xfff9 && cp <= 0xfffb)) {
            buf_printf(out, "\\u{%04x}", (unsigned)cp);
        } else {
            buf_put(out, text.p + i, len);
        }
    }
}

void time_text(char out[static TIME_TEXT_BYTES], uint64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;

    /* Times reach 2^53-1 ms, the year 287396: the text keeps its size. */
    if (gmtime_r(&seconds, &tm) == NULL) {
        snprintf(out, TIME_TEXT_BYTES, "%llu ms", (unsigned long long)ms);
        return;
    }
    snprintf(out, TIME_TEXT_BYTES, "%04ld-%02u-%02uT%02u:%02u:%02u.%03uZ", (long)tm.tm_year + 1900,
        (unsigned)tm.tm_mon % 12 + 1, (unsigned)tm.tm_mday % 32, (unsigned)tm.tm_hour % 24,
        (unsigned)tm.tm_min % 60, (unsigned)tm.tm_sec % 61, (unsigned)(ms % 1000));
}

static bool digits(struct cursor *c, size_t count, unsigned *out)
{
    struct span s = cursor_take(c, count);

    *out = 0;
    if (s.n != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        *out = *out * 10 + (unsigned)(s.p[i] - '0');
    }
    return true;
}

static bool zone(struct cursor *c, int64_t *offset_s)
{
    unsigned hours, minutes;
    int sign;

    *offset_s = 0;
    if (cursor_skip(c, "Z") || cursor_skip(c, "z"))
        return true;
    sign = cursor_skip(c, "+") ? 1 : cursor_skip(c, "-") ? -1 : 0;
    if (sign == 0 || !digits(c, 2, &hours) || !cursor_skip(c, ":") || !digits(c, 2, &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    *offset_s = sign * (int64_t)(hours * 3600 + minutes * 60);
    return true;
}

bool time_parse(struct span text, uint64_t *ms)
{
    static const unsigned month_days[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct cursor c = cursor_of(text);
    unsigned year, month, day, hour, minute, second, milli = 0, scale = 100, digit;
    struct tm tm = {0};
    int64_t offset_s, total;

    if (!digits(&c, 4, &year) || !cursor_skip(&c, "-") || !digits(&c, 2, &month) ||
        !cursor_skip(&c, "-") || !digits(&c, 2, &day) ||
        !(cursor_skip(&c, "T") || cursor_skip(&c, "t") || cursor_skip(&c, " ")) ||
        !digits(&c, 2, &hour) || !cursor_skip(&c, ":") || !digits(&c, 2, &minute) ||
        !cursor_skip(&c, ":") || !digits(&c, 2, &second))
        return false;
    if (cursor_skip(&c, ".")) {
        size_t count = 0;

        while (cursor_left(&c) > 0 && *c.p >= '0' && *c.p <= '9') {
            if (!digits(&c, 1, &digit))
                return false;
            milli += digit * scale;
            scale /= 10;
            count++;
        }
        if (count == 0 || count > 9)
            return false;
    }
    if (!zone(&c, &offset_s) || !cursor_done(&c))
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > month_days[month - 1] ||
        hour > 23 || minute > 59 || second > 59)
        return false;
    if (month == 2 && day == 29 && (year % 4 != 0 || (year % 100 == 0 && year % 400 != 0)))
        return false;
    tm.tm_year = (int)year - 1900;
    tm.tm_mon = (int)month - 1;
    tm.tm_mday = (int)day;
    tm.tm_hour = (int)hour;
    tm.tm_min = (int)minute;
    tm.tm_sec = (int)second;
    total = (int64_t)timegm(&tm) - offset_s;
    if (total < 0)
        return false;
    *ms = (uint64_t)total * 1000 + milli;
    return true;
}
