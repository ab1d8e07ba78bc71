#include "verifier/rules/rule.h"

/* When something stopped, when it went on, and the last batch before a stop is recorded. */
struct stop {
    struct rules_address stop, batch;
    uint64_t stop_at, start_at, batch_at;
    bool stopped : 1, restarted : 1, has_batch : 1;
};

/* A collection by its ref. */
struct collection {
    struct stop s;
    uint64_t authority; /* serial number of that of its start; 0: none */
    bool open : 1;
};

/* An approval, and the collections under it that were started and not stopped. */
struct approved {
    struct stop s;
    uint64_t with_ref, without_ref; /* how many */
    uint64_t sum; /* of the serial numbers of those with a ref: of the only one, when it is one */
};

/* Both stay: a collection needs an approval, is rare, and a batch of it may come at any time. */
enum { TABLE_COLLECTIONS, TABLE_APPROVED };

enum { ENDED, REVOKED, STOPPED, ALL_STOPPED, STOPPED_LATE, ALL_STOPPED_LATE };

/* --- Starts and stops. */

static void go_on(struct stop *s, const struct rules_record *r)
{
    if (!s->stopped)
        return;
    s->start_at = s->restarted && s->start_at < r->at ? s->start_at : r->at;
    s->restarted = true;
    s->has_batch = false;
}

static int start(struct rule_run *run, const struct rules_record *r)
{
    struct approved *a = NULL;
    struct collection *c = NULL;

    if (r->authority.text.n > 0 &&
        (a = table_add(run->tables[TABLE_APPROVED], r->authority)) == NULL)
        return KEIIN_ENOMEM;
    if (r->ref.text.n > 0 && (c = table_add(run->tables[TABLE_COLLECTIONS], r->ref)) == NULL)
        return KEIIN_ENOMEM;
    if (c != NULL && c->open)
        return 0; /* said twice */
    if (a != NULL) {
        go_on(&a->s, r);
        a->without_ref += c == NULL;
        a->with_ref += c != NULL;
        a->sum += c == NULL ? 0 : table_serial(c);
    }
    if (c != NULL) {
        go_on(&c->s, r);
        c->open = true;
        c->authority = a == NULL ? 0 : table_serial(a);
    }
    return 0;
}

/* `s` belongs to what has this name. A batch that is in the ledger already may be from after it. */
static int halt(struct rule_run *run, struct stop *s, const struct rules_record *r,
    struct span name, unsigned sentence)
{
    struct rules_address addresses[] = {s->batch, r->address};
    struct rule_fact facts[] = {
        fact_time("at", s->batch_at), fact_time("end", r->at), fact_text("name", name)};
    struct rule_hit hit = {.sentence = sentence,
        .addresses = addresses,
        .address_count = 2,
        .facts = facts,
        .fact_count = 3};
    bool late = s->has_batch && s->batch_at > time_after(r->at, run->limits[0]);

    if (s->stopped && !s->restarted && s->stop_at <= r->at)
        return 0; /* saying it again makes it no later */
    s->stopped = true;
    s->restarted = s->has_batch = false;
    s->stop = r->address;
    s->stop_at = r->at;
    return late ? rule_found(run, &hit) : 0;
}

static int halt_approved(struct rule_run *run, struct approved *a, const struct rules_record *r)
{
    if (a->with_ref + a->without_ref > 0)
        return 0;
    return halt(run, &a->s, r, table_key(a), ALL_STOPPED_LATE);
}

static int halt_collection(struct rule_run *run, struct collection *c, const struct rules_record *r)
{
    struct approved *a = NULL;
    int err;

    if (c->open && c->authority != 0)
        a = table_by_serial(run->tables[TABLE_APPROVED], c->authority);
    if (a != NULL) { /* a saved state can name one that is not there */
        a->with_ref--;
        a->sum -= table_serial(c);
    }
    c->open = false;
    err = halt(run, &c->s, r, table_key(c), STOPPED_LATE);
    return err == 0 && a != NULL ? halt_approved(run, a, r) : err;
}

static int stop(struct rule_run *run, const struct rules_record *r)
{
    struct approved *a;
    struct collection *c;

    if (r->ref.text.n > 0) {
        c = table_add(run->tables[TABLE_COLLECTIONS], r->ref);
        return c == NULL ? KEIIN_ENOMEM : halt_collection(run, c, r);
    }
    if (r->authority.text.n == 0)
        return 0;
    a = table_add(run->tables[TABLE_APPROVED], r->authority);
    if (a == NULL)
        return KEIIN_ENOMEM;
    if (a->without_ref > 0)
        a->without_ref--;
    else if (a->with_ref == 1 &&
             (c = table_by_serial(run->tables[TABLE_COLLECTIONS], a->sum)) != NULL)
        return halt_collection(run, c, r);
    return halt_approved(run, a, r);
}

/* --- Batches. */

/* What a batch belongs to; a ref that is no collection's says nothing. NULL: nothing known. */
static struct stop *stop_of(
    const struct rule_run *run, const struct rules_record *r, struct span *name, bool *all)
{
    struct collection *c =
        r->ref.text.n == 0 ? NULL : table_find(run->tables[TABLE_COLLECTIONS], r->ref);
    struct approved *a = c != NULL || r->authority.text.n == 0
                             ? NULL
                             : table_find(run->tables[TABLE_APPROVED], r->authority);

    *all = c == NULL;
    *name = c != NULL ? table_key(c) : a != NULL ? table_key(a) : (struct span){NULL, 0};
    return c != NULL ? &c->s : a != NULL ? &a->s : NULL;
}

static bool after_stop(const struct rule_run *run, const struct stop *s, uint64_t at)
{
    return s->stopped && at > time_after(s->stop_at, run->limits[0]) &&
           (!s->restarted || at < s->start_at);
}

/* Whether the approval had ended; *v is what it was last valid for. */
static bool after_end(const struct rule_run *run, const struct rules_record *r, struct validity *v,
    enum approval_time *time)
{
    *time = approval_at(r->approved, r->at, v);
    return (*time == TIME_AFTER || *time == TIME_REVOKED) &&
           r->at > time_after(v->to, run->limits[0]);
}

static int batch(struct rule_run *run, const struct rules_record *r)
{
    struct span name;
    bool all;
    struct stop *s = stop_of(run, r, &name, &all);
    enum approval_time time;
    struct validity v;

    if (r->denied || s == NULL || (r->approved != NULL && after_end(run, r, &v, &time)))
        return 0; /* of the last, `authorised` speaks: one finding a batch */
    if (after_stop(run, s, r->at)) {
        struct rules_address addresses[] = {r->address, s->stop};
        struct rule_fact facts[] = {fact_time("end", s->stop_at), fact_text("name", name)};
        struct rule_hit hit = {.sentence = all ? ALL_STOPPED : STOPPED,
            .r = r,
            .addresses = addresses,
            .address_count = 2,
            .facts = facts,
            .fact_count = 2};

        return rule_found(run, &hit);
    }
    if (!s->has_batch || s->batch_at <= r->at) {
        s->has_batch = true;
        s->batch = r->address;
        s->batch_at = r->at;
    }
    return 0;
}

static int authorised(struct rule_run *run, const struct rules_record *r, bool waited)
{
    struct span name;
    bool all;
    const struct stop *s;
    enum approval_time time;
    struct validity v;

    if (r->action != ACTION_BATCH_RECEIVE || !after_end(run, r, &v, &time))
        return 0;
    s = stop_of(run, r, &name, &all);
    if (waited && s != NULL && after_stop(run, s, r->at))
        return 0; /* it was told of when it came */

    struct rules_address addresses[] = {
        r->address, time == TIME_REVOKED ? r->approved->revocation : v.address};
    struct rule_fact fact = fact_time("end", v.to);
    struct rule_hit hit = {.sentence = time == TIME_REVOKED ? REVOKED : ENDED,
        .r = r,
        .addresses = addresses,
        .address_count = 2,
        .facts = &fact,
        .fact_count = 1};

    return rule_found(run, &hit);
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    if (r->action == ACTION_BATCH_RECEIVE)
        return batch(run, r);
    if (r->undone)
        return 0;
    return r->action == ACTION_COLLECT_START ? start(run, r) : stop(run, r);
}

static const struct said sentences[] = {
    [ENDED] = SAID("Batch {dataset} was received at {at} under {authority}; that approval had "
                   "ended at {end}, and nothing may be collected after its end.",
        "{at}に、承認 {authority} に基づくバッチ {dataset} が受領されました。この承認は{end}"
        "に終了しており、その後に取得することは許されません。"),
    [REVOKED] = SAID("Batch {dataset} was received at {at} under {authority}; that approval had "
                     "been revoked at {end}, and nothing may be collected after that.",
        "{at}に、承認 {authority} に基づくバッチ {dataset} が受領されました。この承認は{end}"
        "に取り消されており、その後に取得することは許されません。"),
    [STOPPED] = SAID("Batch {dataset} was received at {at} by collection {name}; that had been "
                     "stopped at {end}, and nothing may come in after a stop.",
        "{at}に、取得 {name} によるバッチ {dataset} が受領されました。この取得は{end}に停止さ"
        "れており、その後に受け入れることは許されません。"),
    [ALL_STOPPED] =
        SAID("Batch {dataset} was received at {at} under {authority}; all collection under that "
             "approval had been stopped at {end}, and nothing may come in after that.",
            "{at}に、承認 {authority} に基づくバッチ {dataset} が受領されました。この承認に基づく"
            "取得はすべて{end}に停止されており、その後に受け入れることは許されません。"),
    [STOPPED_LATE] =
        SAID("A batch was received at {at} by collection {name}; by a record that came later, that "
             "had been stopped at {end} already, and nothing may come in after a stop.",
            "{at}に、取得 {name} によるバッチが受領されました。後から届いた記録によれば、この取得"
            "は既に{end}に停止されており、その後に受け入れることは許されません。"),
    [ALL_STOPPED_LATE] = SAID("A batch was received at {at} under {name}; by a record that came "
                              "later, all collection under that approval had been stopped at {end} "
                              "already, and nothing may come in after that.",
        "{at}に、承認 {name} に基づくバッチが受領されました。後から届いた記録によれば、この承"
        "認に基づく取得は既に{end}にすべて停止されており、その後に受け入れることは許されませ"
        "ん。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"limit", LIMIT_DURATION, "0 h", 0, 365 * RULE_DAY,
        SAID("how long after the end data that were under way may still come in",
            "終了した後も、送信途中であったデータが入ってくることを許す時間")},
    {0}};

const struct rule rule_collection_overrun = {
    .name = "collection-overrun",
    .severity = SEVERITY_HIGH,
    .title = SAID("Collection after its end", "終了後の通信情報の取得"),
    .sentences = sentences,
    .facts = {FORM("end", TIME), FORM("name", TEXT)},
    .meaning = SAID("Communications data came in after the approval for their collection had ended "
                    "or been revoked, or after the collection had been stopped.",
        "取得の承認が終了し、もしくは取り消された後に、又は取得が停止された後に、通信情報が"
        "受領されました。"),
    .reads =
        SAID("at, ref and authority of batch.receive, collect.start and collect.stop; of approve "
             "records valid_from and valid_to; revoke. A batch whose ref is no collection's "
             "belongs to its approval, and is late when everything under that was stopped.",
            "batch.receive、collect.start、collect.stop の at・ref・authority、approve 記録の "
            "valid_from と valid_to、revoke。ref がどの取得にも当たらないバッチは、その承認に属す"
            "るものとし、その承認に基づく取得がすべて停止された後であれば、停止後のものとします。"),
    .blind = SAID("Data that came in without a record. A stop without a ref where several "
                  "collections with one are going on. Where a stop is recorded after batches that "
                  "were later than it, only the last of them is named; a revocation that is "
                  "recorded after a batch does not reach back to it.",
        "記録なしに入ってきたデータ。ref のある取得が複数続いている間の、ref のない停止。停止"
        "より後のバッチが停止より先に記録された場合は、その最後のものだけを示します。バッチよ"
        "り後に記録された取消しは、そのバッチにさかのぼりません。"),
    .origin = SAID("Collection is approved for a time (Act of 2025); orders under the German G10 "
                   "end likewise.",
        "取得は期間を定めて承認されます（能動的サイバー防御法制（令和7年））。ドイツの G10 法"
        "に基づく命令も、同様に終了します。"),
    .limits = limits,
    .table_bytes = {sizeof(struct collection), sizeof(struct approved)},
    .actions = ACTION_BIT(ACTION_COLLECT_START) | ACTION_BIT(ACTION_COLLECT_STOP) |
               ACTION_BIT(ACTION_BATCH_RECEIVE),
    .record = record,
    .authorised = authorised,
};
