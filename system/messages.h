/*
 * The one table of sentences that people read (system/messages.def), each in every language.
 * Programs print by its names. Not in it, and English everywhere: technical details behind a
 * colon (struct why), the server's log, what stands in entries and answers, JSON and other text
 * that programs read.
 */
#ifndef KEIIN_SYSTEM_MESSAGES_H
#define KEIIN_SYSTEM_MESSAGES_H

#include <stdbool.h>

#include "core/language.h"
#include "core/roster.h"

enum message {
#define MESSAGE(id, en, ja) MESSAGE_##id,
#include "system/messages.def"
#undef MESSAGE
    MESSAGE_COUNT
};

/* A printf format in the language in use, static. Its arguments stand in the table. Any thread. */
const char *message_text(enum message id);
const char *message_in(enum language language, enum message id);
/* The name of a sentence in the table, "VERIFY_USAGE". */
const char *message_name(enum message id);

/* What a role is called. */
const char *messages_role(enum role role);

/* The language in use; English until a program says otherwise, before its second thread. */
void messages_use(enum language language);
enum language messages_language(void);
/* The language of the names that --lang takes: "en" and "ja"; false for another. */
bool messages_language_named(const char *name, enum language *out);
/* What the environment asks for: the first of LC_ALL, LC_MESSAGES and LANG that is not empty is a
 * locale of Japanese ("ja", "ja_JP.UTF-8"); else English. */
enum language messages_language_of_environment(void);

#endif
