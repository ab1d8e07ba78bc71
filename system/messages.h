/*
 * The one table of sentences that people read (system/messages.def). Programs print by
 * its names, so that another language is another table. Technical details behind a
 * colon (struct why) are not in it.
 */
#ifndef KEIIN_SYSTEM_MESSAGES_H
#define KEIIN_SYSTEM_MESSAGES_H

enum message {
#define MESSAGE(id, text) MESSAGE_##id,
#include "system/messages.def"
#undef MESSAGE
    MESSAGE_COUNT
};

/* A printf format, static. The arguments that it takes stand in messages.def. */
const char *message_text(enum message id);

#endif
