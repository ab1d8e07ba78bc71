/*
 * What the JSON of all commands is made of: one object a line, its members in the order and with
 * the names of the manual page. Values are jansson's; NULL stands for one that there was no
 * memory for. One thread.
 */
#ifndef KEIIN_VERIFIER_JSON_H
#define KEIIN_VERIFIER_JSON_H

#include <jansson.h>

#include "verifier/verify/verify.h"

/*
 * Add a value, which they take. What could not be added is remembered, and json_line refuses: an
 * object without its findings would say that there are none.
 */
void json_put(json_t *object, const char *name, json_t *value);
void json_add(json_t *list, json_t *value);

/* null when there is none, or when it is more than JSON's readers hold. */
json_t *json_number(bool has, uint64_t value);

/* Text that may come from outside, made visible; null for NULL. */
json_t *json_visible(const char *text);

/* The same as a member, left out when there is no text. */
void json_put_text(json_t *object, const char *name, const char *text);

json_t *json_findings(const struct finding *findings, size_t count);

/* The verdict of an audit. */
json_t *json_audit_object(const struct audit_result *r, struct span origin);

/* Prints an object, and frees it. KEIIN_ENOMEM when anything of it is lacking; KEIIN_EIO. */
int json_line(FILE *to, json_t *json) KEIIN_MUST_USE;

#endif
