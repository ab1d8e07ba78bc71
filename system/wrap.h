/* Text in lines that fit a terminal, in either language. Any thread. */
#ifndef KEIIN_SYSTEM_WRAP_H
#define KEIIN_SYSTEM_WRAP_H

#include <stdio.h>

#include "core/bytes.h"

#define WRAP_COLUMNS 96

/* How many columns UTF-8 takes; Chinese and Japanese characters take two. */
size_t wrap_width(struct span text);
/*
 * Prints a paragraph and a newline, to where `column` columns are taken already; lines that follow
 * are indented. A line ends at a space, or beside a wide character as Japanese typesetting allows
 * it. What has no such place is left whole. The text must be safe to show (text_visible).
 */
void wrap_put(FILE *to, struct span text, size_t indent, size_t column);

#endif
