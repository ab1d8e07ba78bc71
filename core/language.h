/* The languages in which people are spoken to. Values only; any thread. */
#ifndef KEIIN_CORE_LANGUAGE_H
#define KEIIN_CORE_LANGUAGE_H

#include <stddef.h>

enum language { LANGUAGE_EN, LANGUAGE_JA, LANGUAGES };

/* A sentence in each of them; static UTF-8. */
struct said {
    const char *in[LANGUAGES];
};
#define SAID(en, ja)                                                                               \
    {                                                                                              \
        {                                                                                          \
            en, ja                                                                                 \
        }                                                                                          \
    }

/* Behind the last of a list. */
#define SAID_END                                                                                   \
    {                                                                                              \
        {                                                                                          \
            NULL, NULL                                                                             \
        }                                                                                          \
    }

#endif
