#include "verifier/rules/rule.h"

enum { LIMIT };

/* Of each writer that is listed. */
struct listed_writer {
    struct rules_address address; /* of its last heartbeat, or of the entry that listed it */
    uint64_t since_ms; /* received of that */
    bool heard : 1;
    bool waking : 1; /* else it was told of: once a silence */
};

static int wake(struct rule_run *run, struct listed_writer *w)
{
    if (w->waking)
        return 0;
    w->waking = true;
    return rule_wake(run, 0, w, time_after(w->since_ms, run->limits[LIMIT]));
}

static int listed(struct rule_run *run, const struct rules_record *r)
{
    struct listed_writer *w = table_find(run->tables[0], r->writer_name);

    if (w != NULL)
        table_remove(run->tables[0], w);
    if (!r->writer->listed)
        return 0;
    w = table_add(run->tables[0], r->writer_name);
    if (w == NULL)
        return KEIIN_ENOMEM;
    w->address = r->address;
    w->since_ms = r->received;
    return wake(run, w);
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    struct listed_writer *w = table_find(run->tables[0], r->writer_name);

    if (w == NULL)
        return 0;
    w->address = r->address;
    w->since_ms = r->received;
    w->heard = true;
    return wake(run, w);
}

static int due(struct rule_run *run, unsigned table, void *value, uint64_t when_ms)
{
    struct listed_writer *w = value;
    uint64_t until = time_after(w->since_ms, run->limits[LIMIT]);
    struct rule_fact facts[] = {fact_text("writer", table_key(w)), fact_time("since", w->since_ms),
        fact_time("until", until), fact_duration("limit", run->limits[LIMIT])};
    struct rule_hit hit = {.sentence = w->heard ? 0 : 1,
        .subject = table_key(w),
        .addresses = &w->address,
        .address_count = 1,
        .facts = facts,
        .fact_count = 4};

    (void)table;
    w->waking = false;
    if (until > when_ms)
        return wake(run, w);
    return rule_found(run, &hit);
}

static const struct said sentences[] = {
    SAID("The last heartbeat of {writer} came at {since}; another must come within {limit}, and "
         "none had come by {until}.",
        "記録者 {writer} の最後の定時通報は、{since}に届きました。次の定時通報が{limit}以内に"
        "届かなければなりませんが、{until}までに届きませんでした。"),
    SAID("{writer} was listed at {since}; its first heartbeat must come within {limit}, and none "
         "had come by {until}.",
        "記録者 {writer} は、{since}に名簿に登載されました。最初の定時通報が{limit}以内に届か"
        "なければなりませんが、{until}までに届きませんでした。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"limit", LIMIT_DURATION, "1 h", RULE_SECOND, 3650 * RULE_DAY,
        SAID("how long a writer may be without a heartbeat",
            "記録者の定時通報が途絶えてもよい時間")},
    {0}};

const struct rule rule_heartbeat_missing = {
    .name = "heartbeat-missing",
    .severity = SEVERITY_MEDIUM,
    .title = SAID("A system fell silent", "記録者の沈黙"),
    .sentences = sentences,
    .facts = {FORM("since", TIME), FORM("until", TIME), FORM("limit", DURATION)},
    .meaning = SAID("A system that must record its accesses was silent: it stood still, its line "
                    "was down, or accesses happened that were not recorded. Said once a silence.",
        "アクセスを記録しなければならないシステムが沈黙していました。停止していたか、回線が途"
        "絶えていたか、又はアクセスがあったのに記録されなかったことが考えられます。指摘は、"
        "一続きの沈黙につき一度です。"),
    .reads = SAID("heartbeat, received; the writers that the roster lists",
        "heartbeat、受信時刻（received）、名簿に登載された記録者"),
    .blind = SAID("A writer that sends heartbeats and leaves out accesses (see source-unbalanced), "
                  "and a silence that the ledger has not yet outlasted where it ends.",
        "定時通報を送りながらアクセスを記録しない記録者（source-unbalanced を参照）。台帳の末"
        "尾の時点で、まだ期限に達していない沈黙。"),
    .origin = SAID("Missing log sources are watched for in log management (NIST SP 800-92).",
        "ログ管理では、ログが届かなくなった送信元を監視します（NIST SP 800-92）。"),
    .limits = limits,
    .table_bytes = {sizeof(struct listed_writer)},
    .actions = ACTION_BIT(ACTION_HEARTBEAT),
    .record = record,
    .due = due,
    .listed = listed,
};
