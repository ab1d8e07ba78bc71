/* Text forms of bytes and numbers, strict: one valid spelling each. Pure; any thread. */
#ifndef KEIIN_CORE_TEXT_H
#define KEIIN_CORE_TEXT_H

#include "core/bytes.h"

#define BASE64_BYTES(n) (((n) + 2) / 3 * 4)

/* Standard base64 with padding, no white space, zero trailing bits (RFC 4648 section 4). */
void base64_encode(struct buf *out, struct span bytes);
/* Length of the decoded bytes, or -1 when `text` is not such base64. */
int64_t base64_check(struct span text);
/* Decodes into `out`; false when not base64 or not exactly n bytes. */
bool base64_decode(uint8_t *out, size_t n, struct span text);

/* Lowercase hex. `out` gets 2n characters and a NUL. */
void hex_encode(char *out, struct span bytes);
bool hex_decode(uint8_t *out, size_t n, struct span text); /* exactly n bytes, lowercase */
/* 32 bytes in hex in groups of four, as ledger ids are shown to people; 80 bytes with NUL. */
#define HEX_GROUPED_BYTES 80
void hex_grouped(char out[static HEX_GROUPED_BYTES], const struct hash *hash);

/* A decimal without leading zeros, at most `max`. */
bool decimal_parse(struct span text, uint64_t max, uint64_t *out);

/* The code point at the beginning of n bytes, n > 0, and its length; 0 where there is no valid one. */
size_t utf8_next(const uint8_t *p, size_t n, uint32_t *cp);
/* Valid UTF-8 (RFC 3629: shortest form, no surrogates). */
bool utf8_valid(struct span text);
/* Valid UTF-8 without the characters that SPEC.md section 2 forbids in a str. */
bool utf8_plain(struct span text);
/* The beginning of valid UTF-8, at most `bytes_max` bytes and no character cut in two. */
struct span utf8_beginning(struct span text, size_t bytes_max);
/* The same of what was cut already: text without the character that its end cuts in two. */
struct span utf8_whole(struct span text);
/* Names and origins: 1 to 255 bytes, each 0x21-0x7E, no '+'. */
bool name_valid(struct span text);
/* A record's id: 1 to 255 bytes, each 0x21-0x7E. */
bool id_valid(struct span text);

/*
 * Text from outside, made safe to show: control, bidirectional and invisible characters
 * and bytes that are no UTF-8 become \u{2029} or \x{9f}; a backslash is doubled. Newlines
 * are made visible too.
 */
void text_visible(struct buf *out, struct span text);

/* Milliseconds since 1970 as "2026-10-01T09:30:00.123Z"; 32 bytes are enough. */
#define TIME_TEXT_BYTES 32
void time_text(char out[static TIME_TEXT_BYTES], uint64_t ms);
/* RFC 3339, with Z or an offset, up to 9 digits of a second (cut to ms). False when it is none. */
bool time_parse(struct span text, uint64_t *ms);

#endif
