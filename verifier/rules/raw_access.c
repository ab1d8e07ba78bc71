#include "verifier/rules/datasets.h"

/* Records that come late may still speak of raw data that were erased; then all is forgotten. */
#define ERASED_KEPT_MS (30 * RULE_DAY)

/*
 * A data set that was received as a batch, until ERASED_KEPT_MS after its erasure. What comes into
 * one that was selected is raw, until that is selected again.
 */
struct batch {
    struct rules_address received, selected; /* records */
    uint64_t raw_from; /* at, where it was selected before */
    uint64_t selected_at;
    uint64_t forget_ms; /* 0: not erased since it was received */
    uint32_t receiver, selector; /* numbers of writers */
    bool known : 1, is_selected : 1, again : 1;
};

static int received(struct rule_run *run, const struct rules_record *r)
{
    struct datasets all = datasets_acted_on(r);
    struct key id;

    while (datasets_next(&all, &id)) {
        struct batch *b = table_add(run->tables[0], id);

        if (b == NULL)
            return KEIIN_ENOMEM;
        b->forget_ms = 0;
        if (b->known && !b->is_selected)
            continue;
        b->again = b->known;
        b->raw_from = r->at;
        b->received = r->address;
        b->receiver = r->writer->number;
        b->is_selected = false;
        b->known = true;
    }
    return 0;
}

static void selected(struct rule_run *run, const struct rules_record *r)
{
    struct datasets all = datasets_of(r);
    struct key id;

    while (datasets_next(&all, &id)) {
        struct batch *b = table_find(run->tables[0], id);

        if (b == NULL || b->is_selected)
            continue;
        b->is_selected = true;
        b->selected = r->address;
        b->selected_at = r->at;
        b->selector = r->writer->number;
    }
}

static int erased(struct rule_run *run, const struct rules_record *r)
{
    struct datasets all = datasets_acted_on(r);
    struct key id;
    int err = 0;

    while (err == 0 && datasets_next(&all, &id)) {
        struct batch *b = table_find(run->tables[0], id);

        if (b == NULL)
            continue;
        b->forget_ms = time_after(r->received, ERASED_KEPT_MS);
        err = rule_wake(run, 0, b, b->forget_ms);
    }
    return err;
}

static int due(struct rule_run *run, unsigned table, void *value, uint64_t when_ms)
{
    struct batch *b = value;

    /* Received again, or erased again since. */
    if (b->forget_ms == when_ms)
        table_remove(run->tables[table], b);
    return 0;
}

static bool was_raw(const struct rule_run *run, const struct batch *b, const struct rules_record *r)
{
    uint32_t writer = r->writer->number;

    if (b->again && !surely_before(run, b->raw_from, r->at, writer == b->receiver))
        return false; /* it saw what had been selected before more data came */
    return !b->is_selected || surely_before(run, r->at, b->selected_at, writer == b->selector);
}

static int accessed(struct rule_run *run, const struct rules_record *r)
{
    struct datasets all = datasets_of(r);
    struct key id;

    if (r->denied || !rule_person(r) || table_count(run->tables[0]) == 0)
        return 0;
    while (datasets_next(&all, &id)) {
        const struct batch *b = table_find(run->tables[0], id);

        if (b == NULL || !was_raw(run, b, r))
            continue;

        struct rules_address addresses[] = {r->address, b->is_selected ? b->selected : b->received};
        struct rule_fact facts[] = {
            fact_text("batch", id.text), fact_time("selected", b->selected_at)};
        struct rule_hit hit = {.sentence = b->is_selected ? 1
                                           : b->again     ? 2
                                                          : 0,
            .r = r,
            .addresses = addresses,
            .address_count = 2,
            .facts = facts,
            .fact_count = 2};

        return rule_found(run, &hit);
    }
    return 0;
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    if (r->action == ACTION_QUERY || r->action == ACTION_VIEW)
        return accessed(run, r);
    if (r->undone)
        return 0;
    if (r->action == ACTION_SELECT_RUN)
        selected(run, r);
    return r->action == ACTION_BATCH_RECEIVE ? received(run, r)
           : r->action == ACTION_ERASE       ? erased(run, r)
                                             : 0;
}

static const struct said sentences[] = {
    SAID("{actor} ({unit}) did \"{action}\" on the batch {batch} at {at}; people may see a batch "
         "only after the automatic selection, and none had run on it.",
        "{actor}（{unit}）は、{at}に、バッチ {batch} に対して{action}を行いました。人がバッチ"
        "を見ることができるのは自動選別の後に限られますが、このバッチの自動選別は行われていま"
        "せんでした。"),
    SAID("{actor} ({unit}) did \"{action}\" on the batch {batch} at {at}; people may see a batch "
         "only after the automatic selection, and that ran at {selected}.",
        "{actor}（{unit}）は、{at}に、バッチ {batch} に対して{action}を行いました。人がバッチ"
        "を見ることができるのは自動選別の後に限られますが、このバッチの自動選別が行われたのは"
        "{selected}でした。"),
    SAID("{actor} ({unit}) did \"{action}\" on the batch {batch} at {at}; people may see a batch "
         "only after the automatic selection, and more data had come into it since that ran at "
         "{selected}.",
        "{actor}（{unit}）は、{at}に、バッチ {batch} に対して{action}を行いました。人がバッチ"
        "を見ることができるのは自動選別の後に限られますが、{selected}の自動選別の後に、さらに"
        "データが加えられていました。"),
    SAID_END};

const struct rule rule_raw_access = {
    .name = "raw-access",
    .severity = SEVERITY_HIGH,
    .title = SAID("Raw data seen by a person", "自動選別前のデータの閲覧"),
    .sentences = sentences,
    .facts = {FORM("batch", TEXT), FORM("selected", TIME)},
    .meaning = SAID("A person read communications data as they were collected, before the "
                    "automatic selection had thrown away what may not be kept.",
        "残してはならないものを自動選別が除く前に、取得されたままの通信情報を人が見ました。"),
    .reads = SAID("actor, dataset, parents and at of query and view; dataset of batch.receive; "
                  "dataset, parents and at of select.run",
        "query と view の actor・dataset・parents・at、batch.receive の dataset、select.run "
        "の dataset・parents・at"),
    .blind =
        SAID("A batch whose receipt was never recorded, or under another name. A person who uses "
             "the id of a program (auto:). Times of two writers within the tolerance of clocks.",
            "受領が記録されていないバッチ、又は別の名称で記録されたバッチ。プログラムのID（"
            "auto:）を使う人。二人の記録者の時刻のずれが、時計の許容差以内のもの。"),
    .origin = SAID("People see only what the automatic selection left (Act of 2025).",
        "人が見るのは、自動選別によって残されたものに限られます（能動的サイバー防御法制（令和"
        "7年））。"),
    .table_bytes = {sizeof(struct batch)},
    .actions = ACTION_BIT(ACTION_QUERY) | ACTION_BIT(ACTION_VIEW) |
               ACTION_BIT(ACTION_BATCH_RECEIVE) | ACTION_BIT(ACTION_SELECT_RUN) |
               ACTION_BIT(ACTION_ERASE),
    .record = record,
    .due = due,
};
