/* What happened in a run. A kind that never happens in a thousand seeds fails the test. */
#ifndef KEIIN_TESTS_SIM_COUNTS_H
#define KEIIN_TESTS_SIM_COUNTS_H

#define COUNTS(X)                                                                                  \
    X(SERVER_KILLED, "ledger killed between two steps")                                            \
    X(SERVER_KILLED_IN_STORE, "ledger killed in a store call")                                     \
    X(SERVER_KILLED_BEFORE_COMMIT, "ledger killed in a commit, which had no effect")               \
    X(SERVER_KILLED_AFTER_COMMIT, "ledger killed in a commit, which took effect")                  \
    X(SERVER_KILLED_IN_START, "ledger killed while it started")                                    \
    X(SERVER_KILLED_IN_INIT, "ledger killed while it was made")                                    \
    X(SERVER_STOPPED, "ledger stopped in order")                                                   \
    X(SERVER_FATAL, "ledger stopped by itself")                                                    \
    X(COMMIT_FAILED, "commit failed without effect")                                               \
    X(COMMIT_FAILED_APPLIED, "commit failed and took effect")                                      \
    X(STORE_FAILED, "another store call failed")                                                   \
    X(STORE_FULL_PUT, "store full at a put")                                                       \
    X(STORE_FULL_ROOM, "store full when room was made")                                            \
    X(STORE_FORGOT, "power cut: a commit whose outcome nobody knew is lost")                       \
    X(CLOCK_FORWARD, "ledger's clock stepped forward, less than a minute")                         \
    X(CLOCK_FORWARD_FAR, "ledger's clock stepped forward by more")                                 \
    X(CLOCK_BACK, "ledger's clock stepped back, less than a second")                               \
    X(CLOCK_BACK_MORE, "ledger's clock stepped back, less than a minute")                          \
    X(CLOCK_BACK_FAR, "ledger's clock stepped back by more")                                       \
    X(CLIENT_CLOCK, "client's clock stepped")                                                      \
    X(REQUEST_LOST, "request lost")                                                                \
    X(REQUEST_TWICE, "request repeated by the network")                                            \
    X(REQUEST_SLOW, "request delayed beyond its timeout")                                          \
    X(REQUEST_MANGLED, "request mangled")                                                          \
    X(UPLOAD_CUT, "upload broken off")                                                             \
    X(REQUEST_TO_NOBODY, "request while the ledger was down")                                      \
    X(BODY_CUT, "ledger cut a body off that came in slowly")                                       \
    X(ANSWER_LOST, "answer lost")                                                                  \
    X(ANSWER_SLOW, "answer delayed beyond its timeout")                                            \
    X(ANSWER_MANGLED, "answer mangled")                                                            \
    X(ANSWER_CUT, "answer cut short")                                                              \
    X(ANSWER_OLD, "answer replaced by an older one")                                               \
    X(DISK_KILLED, "client killed in a disk call")                                                 \
    X(DISK_FAILED, "client's disk call failed without effect")                                     \
    X(DISK_FAILED_APPLIED, "client's disk call failed and took effect")                            \
    X(DISK_FULL, "client's disk full")                                                             \
    X(DISK_TORN, "client's append torn")                                                           \
    X(DISK_FORGOT, "power cut: a name or content that was not synced is lost")                     \
    X(AGENT_KILLED, "client killed while it waited")                                               \
    X(AGENT_RESTORED, "client restarted from an older copy of its folder")                         \
    X(AGENT_LOST, "such a client found that its name is used up")                                  \
    X(ROSTER_WRITER_REMOVED, "roster removed a writer")                                            \
    X(ROSTER_WRITER_BACK, "roster listed a writer again")                                          \
    X(ROSTER_KEY_NEW, "roster gave a writer another key")                                          \
    X(ROSTER_LOG_KEY, "roster listed another log key")                                             \
    X(LOG_KEY_CHANGED, "ledger went on with another log key")                                      \
    X(ROSTER_THRESHOLD, "roster changed roots or threshold")                                       \
    X(ROSTER_REFUSED, "roster refused: 422")                                                       \
    X(ROSTER_POSTED, "roster posted by the committee")                                             \
    X(ROSTER_HANDED, "roster handed over by the operator")                                         \
    X(HEARTBEAT, "heartbeat stored")                                                               \
    X(HOSTILE_FORK, "second signature for one number sent")                                        \
    X(HOSTILE_WRONG, "submission with a wrong number or head sent")                                \
    X(HOSTILE_GARBAGE, "bytes sent that are no submission")                                        \
    X(EVIDENCE_KEPT, "two signatures kept as evidence")                                            \
    X(ANSWERED_NEW, "answered 201")                                                                \
    X(ANSWERED_AGAIN, "answered 200 to a repetition")                                              \
    X(REFUSED_MALFORMED, "refused: 400 malformed")                                                 \
    X(REFUSED_FORBIDDEN, "refused: 403")                                                           \
    X(REFUSED_CONFLICT, "refused: 409")                                                            \
    X(REFUSED_QUOTA, "refused: 429")                                                               \
    X(REFUSED_BUSY, "refused: 503")                                                                \
    X(REFUSED_FULL, "refused: 507")                                                                \
    X(SEALED, "sealed part sent")                                                                  \
    X(AUDIT, "whole audit by the verifier's library")                                              \
    X(ROLLBACK, "ledger rolled back to an older store")                                            \
    X(ROLLBACK_REBUILT, "... and every submission put in again, in another order")                 \
    X(ROLLBACK_SEEN_BY_CLIENT, "rollback noticed by a client")                                     \
    X(ROLLBACK_SEEN_BY_AUDIT, "rollback noticed by an audit")

enum count_kind {
#define COUNT_NAME(name, text) COUNT_##name,
    COUNTS(COUNT_NAME)
#undef COUNT_NAME
        COUNT_KINDS
};
extern const char *const count_texts[COUNT_KINDS];

#endif
