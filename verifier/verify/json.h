/*
 * What the JSON of all commands is made of: one object a line, its members in the order and with
 * the names of the manual page. Values are jansson's; NULL stands for one that there was no
 * memory for. One thread.
 */
#ifndef KEIIN_VERIFIER_JSON_H
#define KEIIN_VERIFIER_JSON_H

#include "system/json.h"
#include "verifier/verify/verify.h"

json_t *json_findings(const struct finding *findings, size_t count);

/* The verdict of an audit. */
json_t *json_audit_object(const struct audit_result *r, struct span origin);

#endif
