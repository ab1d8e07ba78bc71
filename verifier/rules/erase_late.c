#include "verifier/rules/datasets.h"

/* Records that come late may still name the time that an erased data set had; then it is forgotten. */
#define ERASED_KEPT_MS (30 * RULE_DAY)

/* A data set that must be gone at a time, until ERASED_KEPT_MS after its erasure. */
struct retained {
    struct rules_address address; /* of the record that said so */
    uint64_t until;
    uint64_t erased_at, forget_ms;
    uint32_t eraser; /* number of a writer */
    bool known : 1, told : 1, erased : 1;
};

enum { TABLE_RETAINED, TABLE_DISCARDS };

static int say_until(struct rule_run *run, const struct rules_record *r, struct key id)
{
    struct retained *k = table_add(run->tables[TABLE_RETAINED], id);
    uint64_t until = record_number(r, F_RETAIN_UNTIL);

    if (k == NULL)
        return KEIIN_ENOMEM;
    if (k->erased) {
        if (!surely_before(run, k->erased_at, r->at, r->writer->number == k->eraser))
            return 0; /* from before the erasure */
        *k = (struct retained){0};
    }
    if (k->told || (k->known && r->action != ACTION_RETAIN_EXTEND && until >= k->until))
        return 0;
    k->known = true;
    k->until = until;
    k->address = r->address;
    return rule_wake(run, TABLE_RETAINED, k, time_after(until, run->limits[0]));
}

static int erased(struct rule_run *run, const struct rules_record *r)
{
    struct datasets all = datasets_acted_on(r);
    struct key id;
    int err = 0;

    while (err == 0 && datasets_next(&all, &id)) {
        struct retained *k;

        if (!discards_erase(run->tables[TABLE_DISCARDS], r, id))
            continue;
        k = table_add(run->tables[TABLE_RETAINED], id);
        if (k == NULL)
            return KEIIN_ENOMEM;
        k->erased = true;
        k->erased_at = r->at;
        k->eraser = r->writer->number;
        k->forget_ms = time_after(r->received, ERASED_KEPT_MS);
        err = rule_wake(run, TABLE_RETAINED, k, k->forget_ms);
    }
    discards_erase_parts(run->tables[TABLE_DISCARDS], r);
    return err;
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    struct datasets all;
    struct key id;
    int err = 0;

    if (r->undone)
        return 0;
    if (r->action == ACTION_ERASE)
        return erased(run, r);
    if (r->action == ACTION_SELECT_RUN)
        err = discards_select(run->tables[TABLE_DISCARDS], r);
    if (!record_has(r, F_RETAIN_UNTIL))
        return err;
    all = datasets_acted_on(r);
    while (err == 0 && datasets_next(&all, &id))
        err = say_until(run, r, id);
    return err;
}

static int due(struct rule_run *run, unsigned table, void *value, uint64_t when_ms)
{
    struct retained *k = value;
    struct rule_fact facts[] = {fact_text("dataset", table_key(k)), fact_time("until", k->until),
        fact_duration("limit", run->limits[0])};
    struct rule_hit hit = {.addresses = &k->address,
        .address_count = 1,
        .subject = table_key(k), /* a record may name several */
        .facts = facts,
        .fact_count = 3};

    if (k->erased) {
        if (k->forget_ms == when_ms)
            table_remove(run->tables[table], k);
        return 0;
    }
    if (k->told || time_after(k->until, run->limits[0]) != when_ms)
        return 0; /* another time was said since */
    k->told = true;
    return rule_found(run, &hit);
}

static const struct said sentences[] = {
    SAID("Data set {dataset} had to be gone by {until}; {limit} after that the ledger had neither "
         "its erasure nor an extension.",
        "データセット {dataset} は、{until}までに消去しなければなりませんでした。その{limit}"
        "後においても、台帳には、消去の記録も保存期間の延長の記録もありませんでした。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"limit", LIMIT_DURATION, "24 h", 0, 3650 * RULE_DAY,
        SAID("how long after the time that was said the erasure may be recorded",
            "示された期限から、消去の記録までに許される時間")},
    {0}};

const struct rule rule_erase_late = {
    .name = "erase-late",
    .severity = SEVERITY_HIGH,
    .title = SAID("Kept longer than allowed", "保存期間を過ぎたデータの保存"),
    .sentences = sentences,
    .facts = {FORM("until", TIME), FORM("limit", DURATION)},
    .meaning = SAID("Data were kept longer than the ledger says that they may be. It is said once "
                    "a data set, until that is erased.",
        "データが、台帳に示された保存期間を超えて保存されました。指摘は、消去されるまでの間、"
        "データセットごとに一度です。"),
    .reads = SAID("retain_until and dataset of all records; the earliest counts, and only "
                  "retain.extend that was received in time sets a later one; dataset (parents, "
                  "where there is none) and count of erase; discarded of select.run",
        "すべての記録の retain_until と dataset（最も早い期限によります。これより遅い期限とす"
        "ることができるのは、期限内に受信された retain.extend だけです）、erase の dataset（"
        "ない場合は parents）と count、select.run の discarded"),
    .blind = SAID("Data sets of which no record says how long they may be kept. Copies under "
                  "another name without a time of their own. Whether the data are gone when the "
                  "ledger says so. Whether an extension was right.",
        "保存期間を示す記録のないデータセット。別の名称の複製で、それ自体の期限が示されていな"
        "いもの。台帳に消去が記録されたデータが、実際になくなっているかどうか。延長が適切であっ"
        "たかどうか。"),
    .origin = SAID("Time limits for storage, Directive (EU) 2016/680, article 5; duties to erase "
                   "(Act of 2025).",
        "保存期間の制限：指令（EU）2016/"
        "680第5条。消去の義務（能動的サイバー防御法制（令和7年））。"),
    .limits = limits,
    .table_bytes = {sizeof(struct retained), sizeof(struct discards)},
    .actions = (ACTION_BIT(ACTION_COUNT_OF) - 1) & ~ACTION_BIT(ACTION_CORRECT),
    .record = record,
    .due = due,
};
