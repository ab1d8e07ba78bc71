#include "verifier/rules/datasets.h"

/* A data set that was erased, and when data came into it again; for `remember`. */
struct erased {
    struct rules_address address;
    uint64_t at, received, again_at;
    uint32_t writer, receiver; /* numbers */
    bool again : 1;
};

/* The discards are those of selections in place that are still to be erased. */
enum { TABLE_ERASED, TABLE_DISCARDS };

/* The oldest stand first. */
static void forget(struct rule_run *run, uint64_t now_ms)
{
    struct table *t = run->tables[TABLE_ERASED];
    struct erased *e;

    while ((e = table_next(t, NULL)) != NULL && time_after(e->received, run->limits[0]) < now_ms)
        table_remove(t, e);
}

static int erased(struct rule_run *run, const struct rules_record *r)
{
    struct datasets all = datasets_acted_on(r);
    struct key id;

    forget(run, r->received);
    if (run->limits[1] == 0 && record_has(r, F_COUNT))
        return 0;
    while (datasets_next(&all, &id)) {
        struct erased *e = table_find(run->tables[TABLE_ERASED], id);

        if (!discards_erase(run->tables[TABLE_DISCARDS], r, id) || (e != NULL && !e->again))
            continue;
        if (e != NULL)
            table_remove(run->tables[TABLE_ERASED], e);
        e = table_add(run->tables[TABLE_ERASED], id);
        if (e == NULL)
            return KEIIN_ENOMEM;
        e->address = r->address;
        e->at = r->at;
        e->received = r->received;
        e->writer = r->writer->number;
    }
    discards_erase_parts(run->tables[TABLE_DISCARDS], r);
    return 0;
}

static void received(struct rule_run *run, const struct rules_record *r)
{
    struct datasets all = datasets_acted_on(r);
    struct key id;

    while (datasets_next(&all, &id)) {
        struct erased *e = table_find(run->tables[TABLE_ERASED], id);

        if (e == NULL || e->again)
            continue;
        e->again = true;
        e->again_at = r->at;
        e->receiver = r->writer->number;
    }
}

static int used(struct rule_run *run, const struct rules_record *r)
{
    struct datasets all = datasets_of(r);
    uint32_t writer = r->writer->number;
    struct key id;

    if (r->denied || table_count(run->tables[TABLE_ERASED]) == 0)
        return 0;
    while (datasets_next(&all, &id)) {
        const struct erased *e = table_find(run->tables[TABLE_ERASED], id);

        if (e == NULL || !surely_before(run, e->at, r->at, writer == e->writer) ||
            (e->again && !surely_before(run, r->at, e->again_at, writer == e->receiver)))
            continue;

        struct rules_address addresses[] = {r->address, e->address};
        struct rule_fact facts[] = {fact_text("gone", id.text), fact_time("erased", e->at)};
        struct rule_hit hit = {
            .r = r, .addresses = addresses, .address_count = 2, .facts = facts, .fact_count = 2};

        return rule_found(run, &hit);
    }
    return 0;
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    switch (r->action) {
    case ACTION_ERASE:
        return r->undone ? 0 : erased(run, r);
    case ACTION_SELECT_RUN:
        return discards_select(run->tables[TABLE_DISCARDS], r);
    case ACTION_BATCH_RECEIVE:
        if (!r->undone)
            received(run, r);
        return 0;
    default:
        return used(run, r);
    }
}

static const struct said sentences[] = {
    SAID("{actor} ({unit}) did \"{action}\" on data set {gone} at {at}; by the ledger that had "
         "been erased at {erased}, so that nothing of it should have been left.",
        "{actor}（{unit}）は、{at}に、データセット {gone} に対して{action}を行いました。台帳"
        "によれば、このデータセットは{erased}に消去されており、何も残っていないはずでした。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"remember", LIMIT_DURATION, "3650 d", RULE_DAY, 36500 * RULE_DAY,
        SAID("how long after an erasure a use of the data set is looked for; memory grows with it",
            "消去の後、そのデータセットの利用の有無を調べる期間。長くするほどメモリを要します")},
    {"counted", LIMIT_SWITCH, "yes", 0, 0,
        SAID("whether an erase with a count erases all of the data set; no where databases are "
             "recorded, whose DELETE erases rows of a table",
            "件数を示す erase が、データセットのすべてを消去するものかどうか。データベースの "
            "DELETE のように、表の行を消去するものが記録される場合は no")},
    {0}};

const struct rule rule_use_after_erase = {
    .name = "use-after-erase",
    .severity = SEVERITY_HIGH,
    .title = SAID("Use of erased data", "消去されたはずのデータの利用"),
    .sentences = sentences,
    .facts = {FORM("gone", TEXT), FORM("erased", TIME)},
    .meaning = SAID("A data set was used after the ledger had recorded its erasure: it was not "
                    "erased, or a copy was left.",
        "台帳に消去が記録された後に、データセットが利用されました。消去されていなかったか、複"
        "製が残っていたことになります。"),
    .reads = SAID("dataset, parents and at of query, view, export, provide, copy, combine and "
                  "modify; dataset (parents, where there is none), count and at of erase; "
                  "discarded of select.run; batch.receive, which fills a data set again",
        "query、view、export、provide、copy、combine、modify の dataset・parents・at、erase "
        "の dataset（ない場合は parents）・count・at、select.run の discarded、データセットに"
        "再びデータを入れる batch.receive"),
    .blind = SAID(
        "A copy under another name. The erasure of a whole that gives no more items than a "
        "selection in place had left to be erased passes for that of these. Times of two writers "
        "within the tolerance of clocks. Uses that stand before the erasure in the ledger.",
        "別の名称の複製。データセット全体の消去であっても、示された件数が、そのデータセット内"
        "での選別で除かれて未消去の件数以下であるときは、その分だけの消去とみなします。二人の"
        "記録者の時刻のずれが、時計の許容差以内のもの。台帳上で消去の記録より前にある利用。"),
    .origin = SAID("Duties to erase (Act of 2025; Directive (EU) 2016/680) mean nothing while the "
                   "data are still used.",
        "消去の義務（能動的サイバー防御法制（令和7年）、指令（EU）2016/680）は、データが引き"
        "続き利用されるならば意味を失います。"),
    .limits = limits,
    .table_bytes = {sizeof(struct erased), sizeof(struct discards)},
    .actions = ACTION_BIT(ACTION_QUERY) | ACTION_BIT(ACTION_VIEW) | ACTION_BIT(ACTION_EXPORT) |
               ACTION_BIT(ACTION_PROVIDE) | ACTION_BIT(ACTION_COPY) | ACTION_BIT(ACTION_COMBINE) |
               ACTION_BIT(ACTION_MODIFY) | ACTION_BIT(ACTION_ERASE) |
               ACTION_BIT(ACTION_SELECT_RUN) | ACTION_BIT(ACTION_BATCH_RECEIVE),
    .record = record,
};
