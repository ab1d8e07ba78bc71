/* Errors of the whole project: 0 is success, each failure is negative and has one text. */
#ifndef KEIIN_CORE_ERR_H
#define KEIIN_CORE_ERR_H

#include <stddef.h>

#define KEIIN_MUST_USE __attribute__((warn_unused_result))
#define KEIIN_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum keiin_err {
    KEIIN_OK = 0,
    KEIIN_EMALFORMED = -1,  /* bytes that break their format */
    KEIIN_ELIMIT = -2,      /* longer or more than limits.h allows */
    KEIIN_ESIGNATURE = -3,  /* a signature by a known key that does not verify */
    KEIIN_EMISMATCH = -4,   /* two things that must agree do not */
    KEIIN_EABSENT = -5,     /* not there: 404, or no such file */
    KEIIN_EUNREADABLE = -6, /* there or not, it could not be read */
    KEIIN_ENOMEM = -7,      /* no memory */
    KEIIN_EFULL = -8,       /* disk or map full */
    KEIIN_EIO = -9,         /* write or sync failed: the outcome is unknown */
    KEIIN_EEXIST = -10,     /* there already; nothing was overwritten */
    KEIIN_EUSAGE = -11,     /* the caller's words or configuration are wrong */
    KEIIN_EREFUSED = -12,   /* the ledger refused the request; nothing was stored */
    KEIIN_EBUSY = -13,      /* in use, or asked to come again later */
    KEIIN_EUNKNOWN = -14,   /* no answer: the request may have been stored */
    KEIIN_ECRYPTO = -15,    /* a cryptographic library does not behave as it must */
    KEIIN_EDAMAGED = -16,   /* a store or state that contradicts itself */
    KEIIN_EPASSPHRASE = -17 /* the passphrase does not open the key */
};

/* The one text of an error, never NULL. Any thread; the text is static. */
const char *keiin_err_text(int err);

/*
 * Why something failed: one line for people, without a newline. Functions that take a
 * `struct why *` fill it when they fail and leave it alone when they do not; NULL is
 * accepted and means that the caller does not want to know.
 */
struct why {
    char text[512];
};

/* Writes the line; cut at the size of the text. */
void why_set(struct why *why, const char *format, ...) KEIIN_PRINTF(2, 3);

/* Puts `format` and ": " before the line that is there. */
void why_prefix(struct why *why, const char *format, ...) KEIIN_PRINTF(2, 3);

#endif
