/*
 * What the tables of a report are called, their keys and columns, and what each column counts, by the
 * names that its JSON has. False for what has no such name. Any thread.
 */
#ifndef KEIIN_VERIFIER_REPORT_TERMS_H
#define KEIIN_VERIFIER_REPORT_TERMS_H

#include "system/messages.h"

bool terms_table(const char *table, enum message *name);
bool terms_key(const char *key, enum message *name);
/* Of the value of a key that is a word of the vocabulary's: an action, a role. */
bool terms_label(const char *key, const char *value, enum message *name);
bool terms_column(
    const char *table, const char *column, enum message *name, enum message *counts);

#endif
