#include "verifier/rules/datasets.h"
#include "verifier/rules/vocabulary.h"

/* Records that come late may still speak of an erased data set; then it is forgotten. */
#define ERASED_KEPT_MS (30 * RULE_DAY)

/* A data set that is de-identified, until that is undone or ERASED_KEPT_MS after its erasure. */
struct deidentified {
    uint64_t at;
    uint64_t forget_ms; /* 0: not erased */
    uint64_t writer; /* number */
};

enum { TABLE_DEIDENTIFIED, TABLE_DISCARDS };

static int applied(struct rule_run *run, const struct rules_record *r)
{
    struct datasets all = datasets_acted_on(r);
    struct key id;

    while (datasets_next(&all, &id)) {
        struct deidentified *d = table_find(run->tables[TABLE_DEIDENTIFIED], id);

        if (d != NULL && d->forget_ms == 0)
            continue;
        d = d != NULL ? d : table_add(run->tables[TABLE_DEIDENTIFIED], id);
        if (d == NULL)
            return KEIIN_ENOMEM;
        *d = (struct deidentified){r->at, 0, r->writer->number};
    }
    return 0;
}

static void undone(struct rule_run *run, struct datasets all)
{
    struct key id;

    while (datasets_next(&all, &id)) {
        struct deidentified *d = table_find(run->tables[TABLE_DEIDENTIFIED], id);

        if (d != NULL)
            table_remove(run->tables[TABLE_DEIDENTIFIED], d);
    }
}

/* A data set into which others come is as they are. */
static void combined(struct rule_run *run, const struct rules_record *r)
{
    struct ids parents = ids_of(record_text(r, F_PARENTS));
    struct span parent;
    bool all = true;

    while (all && ids_next(&parents, &parent))
        all = table_find(run->tables[TABLE_DEIDENTIFIED], key_of(parent)) != NULL;
    if (!all && r->dataset.text.n > 0)
        undone(run, datasets_acted_on(r));
}

static int erased(struct rule_run *run, const struct rules_record *r)
{
    struct datasets all = datasets_acted_on(r);
    struct key id;
    int err = 0;

    while (err == 0 && datasets_next(&all, &id)) {
        struct deidentified *d = table_find(run->tables[TABLE_DEIDENTIFIED], id);

        if (!discards_erase(run->tables[TABLE_DISCARDS], r, id) || d == NULL)
            continue;
        d->forget_ms = time_after(r->received, ERASED_KEPT_MS);
        err = rule_wake(run, TABLE_DEIDENTIFIED, d, d->forget_ms);
    }
    discards_erase_parts(run->tables[TABLE_DISCARDS], r);
    return err;
}

static int due(struct rule_run *run, unsigned table, void *value, uint64_t when_ms)
{
    struct deidentified *d = value;

    if (d->forget_ms == when_ms)
        table_remove(run->tables[table], d);
    return 0;
}

/* --- Provisions. */

static bool required(const struct rule_run *run, struct span kind)
{
    if (kind.n == 0)
        return false;
    /* What is none of the words may be any of them. */
    return rule_has_word(run, 0, kind) ||
           !(span_is(kind, "domestic") || span_is(kind, "council") || span_is(kind, "foreign"));
}

static int provided(struct rule_run *run, const struct rules_record *r)
{
    struct datasets all = datasets_acted_on(r);
    struct rule_fact facts[] = {fact_text("recipient", record_text(r, F_RECIPIENT)),
        fact_text("kind", record_text(r, F_RECIPIENT_KIND)), fact_text("dataset", r->dataset.text),
        fact_time("applied", 0)};
    const struct deidentified *d;
    struct key id;

    if (r->denied || !required(run, record_text(r, F_RECIPIENT_KIND)))
        return 0;
    if (!datasets_next(&all, &id))
        return rule_found_record(run, 2, r, facts, 4);
    do {
        d = table_find(run->tables[TABLE_DEIDENTIFIED], id);
        facts[2].text = id.text;
        if (d == NULL)
            return rule_found_record(run, 0, r, facts, 4);
        facts[3].number = d->at;
        if (surely_before(run, r->at, d->at, r->writer->number == d->writer))
            return rule_found_record(run, 1, r, facts, 4);
    } while (datasets_next(&all, &id));
    return 0;
}

static int record(struct rule_run *run, const struct rules_record *r)
{
    if (r->action == ACTION_PROVIDE)
        return provided(run, r);
    if (r->undone)
        return 0;
    switch (r->action) {
    case ACTION_DEIDENT_APPLY:
        return applied(run, r);
    case ACTION_COMBINE:
        combined(run, r);
        return 0;
    case ACTION_SELECT_RUN:
        return discards_select(run->tables[TABLE_DISCARDS], r);
    case ACTION_ERASE:
        return erased(run, r);
    default: /* batch.receive brings in raw data, deident.reverse makes them so */
        undone(run, datasets_acted_on(r));
        return 0;
    }
}

static const struct said sentences[] = {
    SAID("{actor} ({unit}) provided data set {dataset} to {recipient} ({kind}) at {at}; it had to "
         "be de-identified before, and the ledger has no deident.apply on it that still holds.",
        "{actor}（{unit}）は、{at}に、データセット {dataset} を、{kind}の提供先 {recipient} "
        "に提供しました。提供の前に非識別化しなければなりませんが、台帳には、このデータセット"
        "について現に効力のある非識別化（deident.apply）の記録がありません。"),
    SAID("{actor} ({unit}) provided data set {dataset} to {recipient} ({kind}) at {at}; it had to "
         "be de-identified before, and was only at {applied}.",
        "{actor}（{unit}）は、{at}に、データセット {dataset} を、{kind}の提供先 {recipient} "
        "に提供しました。提供の前に非識別化しなければなりませんが、非識別化が行われたのは"
        "{applied}でした。"),
    SAID("{actor} ({unit}) provided data to {recipient} ({kind}) at {at}; they had to be "
         "de-identified before, and as the record names no data set nothing shows that they were.",
        "{actor}（{unit}）は、{at}に、{kind}の提供先 {recipient} にデータを提供しました。提供"
        "の前に非識別化しなければなりませんが、データセットが記録に示されていないため、非識別"
        "化されたことを確かめることができません。"),
    SAID_END};

static const struct rule_limit limits[] = {
    {"limit", LIMIT_WORDS, "foreign", 0, 0,
        SAID("kinds of recipients who may get de-identified data only; one that is none of "
             "domestic, council and foreign counts as listed",
            "非識別化されたデータに限って提供することができる提供先の区分。domestic、council、"
            "foreign のいずれでもない区分は、ここに掲げられたものとして扱います")},
    {0}};

const struct rule rule_deident_missing = {
    .name = "deident-missing",
    .severity = SEVERITY_HIGH,
    .title = SAID("Provided without de-identification", "非識別化されていないデータの提供"),
    .sentences = sentences,
    .facts = {FORM("recipient", TEXT), {"kind", FACT_TEXT, NULL, vocabulary_recipient_kind},
        FORM("applied", TIME)},
    .meaning = SAID("Data from which people can be told went to a recipient who may get them only "
                    "without that.",
        "非識別化されたものに限って提供することができる提供先に、個人を識別することができるデー"
        "タが提供されました。"),
    .reads = SAID("dataset (parents, where there is none), recipient_kind and at of provide; "
                  "dataset and at of deident.apply; deident.reverse, and combine with or "
                  "batch.receive of what is not de-identified, which undo it",
        "provide の dataset（ない場合は parents）・recipient_kind・at、deident.apply の "
        "dataset と at、及びその効力を失わせる deident.reverse と、非識別化されていないもの"
        "の combine 又は batch.receive"),
    .blind = SAID("How well people were made unrecognisable. A provision that does not say to what "
                  "kind of recipient it goes. A data set that was copied from a de-identified one "
                  "needs a deident.apply of its own.",
        "非識別化が十分であるかどうか。提供先の区分が示されていない提供。非識別化されたデータ"
        "セットの複製には、それ自体についての deident.apply が必要です。"),
    .origin = SAID("Non-identification before data are passed on (Act of 2025).",
        "提供前の非識別化（能動的サイバー防御法制（令和7年））。"),
    .limits = limits,
    .table_bytes = {sizeof(struct deidentified), sizeof(struct discards)},
    .actions = ACTION_BIT(ACTION_PROVIDE) | ACTION_BIT(ACTION_DEIDENT_APPLY) |
               ACTION_BIT(ACTION_DEIDENT_REVERSE) | ACTION_BIT(ACTION_BATCH_RECEIVE) |
               ACTION_BIT(ACTION_COMBINE) | ACTION_BIT(ACTION_SELECT_RUN) |
               ACTION_BIT(ACTION_ERASE),
    .record = record,
    .due = due,
};
