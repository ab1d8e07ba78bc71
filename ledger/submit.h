/*
 * POST <prefix>/records and <prefix>/roster: parse, bound, shed (SPEC.md section 8). The
 * loop's thread.
 */
#ifndef KEIIN_LEDGER_SUBMIT_H
#define KEIIN_LEDGER_SUBMIT_H

#include "http/server.h"
#include "ledger/ledger.h"

/* Answers a request with a refusal of its own. */
void submit_refuse(
    struct http_request *request, enum refusal_code code, const char *allow, const char *detail);

/* The steps of a request (http/server.h). */
void submit_begin(struct ledger *ledger, struct http_request *request, enum entry_kind kind);
void submit_body(struct ledger *ledger, struct http_request *request, struct span piece);
void submit_complete(struct ledger *ledger, struct http_request *request);
void submit_closed(struct ledger *ledger, struct http_request *request);

/* The network's answer to a job: `client` is the request. */
void submit_answer(void *ctx, void *client, struct job *job);

/*
 * A submission of the operator itself, past quotas: takes the job. `finished` is told what
 * became of it. KEIIN_EBUSY, KEIIN_ENOMEM, KEIIN_EREFUSED (no such writer); then the job is freed.
 */
int submit_own(struct ledger *ledger, struct job *job) KEIIN_MUST_USE;

/* publish_run: a job is done. Refunds, counts, answers; the caller frees it. */
void submit_finished(struct ledger *ledger, struct job *job);

#endif
