/*
 * What the JSON of all commands is made of: values are jansson's; NULL stands for one that there was
 * no memory for. One thread.
 */
#ifndef KEIIN_SYSTEM_JSON_H
#define KEIIN_SYSTEM_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "core/bytes.h"

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

/* A string of valid UTF-8, as it is; lowercase hex of at most 64 bytes. */
json_t *json_text(struct span text);
json_t *json_hex(struct span bytes);

/* KEIIN_ENOMEM when anything was lacking since it was last asked, or json_line printed. */
int json_status(void) KEIIN_MUST_USE;

/* Prints an object, and frees it. KEIIN_ENOMEM when anything of it is lacking; KEIIN_EIO. */
int json_line(FILE *to, json_t *json) KEIIN_MUST_USE;

#endif
