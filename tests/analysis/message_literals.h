/*
 * Read before a source, this puts a sentence's English text where its name stands, so that the
 * compiler holds the arguments against it. (That both languages take the same ones is tested by
 * test_messages.)
 */
#include <inttypes.h>
#include <stdio.h>

#include "system/messages.h"

#define MESSAGE(id, en, ja) static const char english_MESSAGE_##id[] = en;
#include "system/messages.def"
#undef MESSAGE
#define ENGLISH(id) english_##id
#define message_text(id) ENGLISH(id)
