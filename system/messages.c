#include "system/messages.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct said texts[MESSAGE_COUNT] = {
#define MESSAGE(id, en, ja) [MESSAGE_##id] = SAID(en, ja),
#include "system/messages.def"
#undef MESSAGE
};

static const char *const names[MESSAGE_COUNT] = {
#define MESSAGE(id, en, ja) [MESSAGE_##id] = #id,
#include "system/messages.def"
#undef MESSAGE
};

/* Set by messages_use, before there is another thread. */
static enum language in_use = LANGUAGE_EN;

const char *message_in(enum language language, enum message id)
{
    assert(language < LANGUAGES);
    assert(id < MESSAGE_COUNT);
    return texts[id].in[language];
}

const char *message_text(enum message id)
{
    return message_in(in_use, id);
}

const char *message_name(enum message id)
{
    assert(id < MESSAGE_COUNT);
    return names[id];
}

const char *messages_role(enum role role)
{
    static const enum message words[] = {[ROLE_AGENCY] = MESSAGE_SYSTEM_ROLE_AGENCY,
        [ROLE_COMMITTEE] = MESSAGE_SYSTEM_ROLE_COMMITTEE,
        [ROLE_OPERATOR] = MESSAGE_SYSTEM_ROLE_OPERATOR,
        [ROLE_AUDITOR] = MESSAGE_SYSTEM_ROLE_AUDITOR};

    return message_text(words[role]);
}

void messages_use(enum language language)
{
    assert(language < LANGUAGES);
    in_use = language;
}

enum language messages_language(void)
{
    return in_use;
}

bool messages_language_named(const char *name, enum language *out)
{
    static const char *const of[LANGUAGES] = {[LANGUAGE_EN] = "en", [LANGUAGE_JA] = "ja"};

    for (size_t i = 0; i < LANGUAGES; i++)
        if (strcmp(name, of[i]) == 0) {
            *out = (enum language)i;
            return true;
        }
    return false;
}

enum language messages_language_of_environment(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *locale = getenv(variables[i]);

        if (locale == NULL || locale[0] == 0)
            continue;
        /* ja_JP.UTF-8, ja.utf8, ja@..., but not jam_JM. */
        return strncmp(locale, "ja", 2) == 0 && strchr("_.@", locale[2]) != NULL ? LANGUAGE_JA
                                                                                 : LANGUAGE_EN;
    }
    return LANGUAGE_EN;
}
