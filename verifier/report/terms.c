/* What the tables, columns and keys of a report are called: the names of its JSON, and sentences. */
#include "verifier/report/terms.h"

#include <string.h>

static const struct {
    const char *table;
    enum message name;
} tables[] = {
    {"records", MESSAGE_REPORT_TABLE_RECORDS},
    {"systems", MESSAGE_REPORT_TABLE_SYSTEMS},
    {"approvals", MESSAGE_REPORT_TABLE_APPROVALS},
    {"volumes", MESSAGE_REPORT_TABLE_VOLUMES},
    {"accesses", MESSAGE_REPORT_TABLE_ACCESSES},
    {"accesses_over_time", MESSAGE_REPORT_TABLE_ACCESSES_OVER_TIME},
    {"provisions", MESSAGE_REPORT_TABLE_PROVISIONS},
    {"recipients", MESSAGE_REPORT_TABLE_RECIPIENTS},
    {"emergencies", MESSAGE_REPORT_TABLE_EMERGENCIES},
    {"retention", MESSAGE_REPORT_TABLE_RETENTION},
    {"incidents", MESSAGE_REPORT_TABLE_INCIDENTS},
    {"findings", MESSAGE_REPORT_TABLE_FINDINGS},
    {"acts", MESSAGE_REPORT_TABLE_ACTS},
    {"answers", MESSAGE_REPORT_TABLE_ANSWERS},
};

static const struct {
    const char *key;
    enum message name;
} keys[] = {
    {"agency", MESSAGE_REPORT_KEY_AGENCY},
    {"system", MESSAGE_REPORT_KEY_SYSTEM},
    {"role", MESSAGE_REPORT_KEY_ROLE},
    {"stream", MESSAGE_REPORT_KEY_STREAM},
    {"action", MESSAGE_REPORT_KEY_ACTION},
    {"purpose", MESSAGE_REPORT_KEY_PURPOSE},
    {"time", MESSAGE_REPORT_KEY_TIME},
    {"kind", MESSAGE_REPORT_KEY_KIND},
    {"recipient", MESSAGE_REPORT_KEY_RECIPIENT},
    {"rule", MESSAGE_REPORT_KEY_RULE},
    {"act", MESSAGE_REPORT_KEY_ACT},
};

static const struct {
    const char *key, *value;
    enum message name;
} labels[] = {
    {"role", "agency", MESSAGE_REPORT_LABEL_ROLE_AGENCY},
    {"role", "committee", MESSAGE_REPORT_LABEL_ROLE_COMMITTEE},
    {"role", "operator", MESSAGE_REPORT_LABEL_ROLE_OPERATOR},
    {"role", "auditor", MESSAGE_REPORT_LABEL_ROLE_AUDITOR},
    {"action", "query", MESSAGE_REPORT_LABEL_ACTION_QUERY},
    {"action", "view", MESSAGE_REPORT_LABEL_ACTION_VIEW},
    {"action", "export", MESSAGE_REPORT_LABEL_ACTION_EXPORT},
    {"kind", "domestic", MESSAGE_REPORT_LABEL_KIND_DOMESTIC},
    {"kind", "council", MESSAGE_REPORT_LABEL_KIND_COUNCIL},
    {"kind", "foreign", MESSAGE_REPORT_LABEL_KIND_FOREIGN},
    {"kind", "demand", MESSAGE_REPORT_LABEL_KIND_DEMAND},
    {"kind", "recommend", MESSAGE_REPORT_LABEL_KIND_RECOMMEND},
    {"act", "approve", MESSAGE_REPORT_LABEL_ACT_APPROVE},
    {"act", "revoke", MESSAGE_REPORT_LABEL_ACT_REVOKE},
    {"act", "inspect", MESSAGE_REPORT_LABEL_ACT_INSPECT},
    {"act", "notify", MESSAGE_REPORT_LABEL_ACT_NOTIFY},
    {"act", "demand", MESSAGE_REPORT_LABEL_ACT_DEMAND},
    {"act", "recommend", MESSAGE_REPORT_LABEL_ACT_RECOMMEND},
    {"act", "finding", MESSAGE_REPORT_LABEL_ACT_FINDING},
    {"act", "erase.record", MESSAGE_REPORT_LABEL_ACT_ERASE_RECORD},
    {"act", "emergency.begin", MESSAGE_REPORT_LABEL_ACT_EMERGENCY_BEGIN},
    {"act", "emergency.end", MESSAGE_REPORT_LABEL_ACT_EMERGENCY_END},
};

static const struct {
    const char *table, *column;
    enum message name, counts;
} columns[] = {
    {"records", "recorded", MESSAGE_REPORT_COLUMN_RECORDS_RECORDED,
        MESSAGE_REPORT_COUNTS_RECORDS_RECORDED},
    {"records", "heartbeats", MESSAGE_REPORT_COLUMN_RECORDS_HEARTBEATS,
        MESSAGE_REPORT_COUNTS_RECORDS_HEARTBEATS},
    {"records", "not_read", MESSAGE_REPORT_COLUMN_RECORDS_NOT_READ,
        MESSAGE_REPORT_COUNTS_RECORDS_NOT_READ},
    {"records", "not_judged", MESSAGE_REPORT_COLUMN_RECORDS_NOT_JUDGED,
        MESSAGE_REPORT_COUNTS_RECORDS_NOT_JUDGED},
    {"systems", "listed", MESSAGE_REPORT_COLUMN_SYSTEMS_LISTED,
        MESSAGE_REPORT_COUNTS_SYSTEMS_LISTED},
    {"systems", "records", MESSAGE_REPORT_COLUMN_SYSTEMS_RECORDS,
        MESSAGE_REPORT_COUNTS_SYSTEMS_RECORDS},
    {"systems", "heartbeats", MESSAGE_REPORT_COLUMN_SYSTEMS_HEARTBEATS,
        MESSAGE_REPORT_COUNTS_SYSTEMS_HEARTBEATS},
    {"systems", "with_checkpoint", MESSAGE_REPORT_COLUMN_SYSTEMS_WITH_CHECKPOINT,
        MESSAGE_REPORT_COUNTS_SYSTEMS_WITH_CHECKPOINT},
    {"systems", "last_number", MESSAGE_REPORT_COLUMN_SYSTEMS_LAST_NUMBER,
        MESSAGE_REPORT_COUNTS_SYSTEMS_LAST_NUMBER},
    {"systems", "last_received", MESSAGE_REPORT_COLUMN_SYSTEMS_LAST_RECEIVED,
        MESSAGE_REPORT_COUNTS_SYSTEMS_LAST_RECEIVED},
    {"systems", "silent", MESSAGE_REPORT_COLUMN_SYSTEMS_SILENT,
        MESSAGE_REPORT_COUNTS_SYSTEMS_SILENT},
    {"systems", "longest_silence", MESSAGE_REPORT_COLUMN_SYSTEMS_LONGEST_SILENCE,
        MESSAGE_REPORT_COUNTS_SYSTEMS_LONGEST_SILENCE},
    {"systems", "gaps", MESSAGE_REPORT_COLUMN_SYSTEMS_GAPS, MESSAGE_REPORT_COUNTS_SYSTEMS_GAPS},
    {"approvals", "requested", MESSAGE_REPORT_COLUMN_APPROVALS_REQUESTED,
        MESSAGE_REPORT_COUNTS_APPROVALS_REQUESTED},
    {"approvals", "granted", MESSAGE_REPORT_COLUMN_APPROVALS_GRANTED,
        MESSAGE_REPORT_COUNTS_APPROVALS_GRANTED},
    {"approvals", "refused", MESSAGE_REPORT_COLUMN_APPROVALS_REFUSED,
        MESSAGE_REPORT_COUNTS_APPROVALS_REFUSED},
    {"approvals", "extended", MESSAGE_REPORT_COLUMN_APPROVALS_EXTENDED,
        MESSAGE_REPORT_COUNTS_APPROVALS_EXTENDED},
    {"approvals", "ratified", MESSAGE_REPORT_COLUMN_APPROVALS_RATIFIED,
        MESSAGE_REPORT_COUNTS_APPROVALS_RATIFIED},
    {"approvals", "revoked", MESSAGE_REPORT_COLUMN_APPROVALS_REVOKED,
        MESSAGE_REPORT_COUNTS_APPROVALS_REVOKED},
    {"approvals", "expired", MESSAGE_REPORT_COLUMN_APPROVALS_EXPIRED,
        MESSAGE_REPORT_COUNTS_APPROVALS_EXPIRED},
    {"approvals", "live", MESSAGE_REPORT_COLUMN_APPROVALS_LIVE,
        MESSAGE_REPORT_COUNTS_APPROVALS_LIVE},
    {"volumes", "batches", MESSAGE_REPORT_COLUMN_VOLUMES_BATCHES,
        MESSAGE_REPORT_COUNTS_VOLUMES_BATCHES},
    {"volumes", "received", MESSAGE_REPORT_COLUMN_VOLUMES_RECEIVED,
        MESSAGE_REPORT_COUNTS_VOLUMES_RECEIVED},
    {"volumes", "selected", MESSAGE_REPORT_COLUMN_VOLUMES_SELECTED,
        MESSAGE_REPORT_COUNTS_VOLUMES_SELECTED},
    {"volumes", "discarded", MESSAGE_REPORT_COLUMN_VOLUMES_DISCARDED,
        MESSAGE_REPORT_COUNTS_VOLUMES_DISCARDED},
    {"volumes", "erased", MESSAGE_REPORT_COLUMN_VOLUMES_ERASED,
        MESSAGE_REPORT_COUNTS_VOLUMES_ERASED},
    {"volumes", "unbalanced", MESSAGE_REPORT_COLUMN_VOLUMES_UNBALANCED,
        MESSAGE_REPORT_COUNTS_VOLUMES_UNBALANCED},
    {"volumes", "not_selected", MESSAGE_REPORT_COLUMN_VOLUMES_NOT_SELECTED,
        MESSAGE_REPORT_COUNTS_VOLUMES_NOT_SELECTED},
    {"accesses", "done", MESSAGE_REPORT_COLUMN_ACCESSES_DONE, MESSAGE_REPORT_COUNTS_ACCESSES_DONE},
    {"accesses", "denied", MESSAGE_REPORT_COLUMN_ACCESSES_DENIED,
        MESSAGE_REPORT_COUNTS_ACCESSES_DENIED},
    {"accesses", "failed", MESSAGE_REPORT_COLUMN_ACCESSES_FAILED,
        MESSAGE_REPORT_COUNTS_ACCESSES_FAILED},
    {"accesses", "items", MESSAGE_REPORT_COLUMN_ACCESSES_ITEMS,
        MESSAGE_REPORT_COUNTS_ACCESSES_ITEMS},
    {"provisions", "provided", MESSAGE_REPORT_COLUMN_PROVISIONS_PROVIDED,
        MESSAGE_REPORT_COUNTS_PROVISIONS_PROVIDED},
    {"provisions", "items", MESSAGE_REPORT_COLUMN_PROVISIONS_ITEMS,
        MESSAGE_REPORT_COUNTS_PROVISIONS_ITEMS},
    {"provisions", "receipts", MESSAGE_REPORT_COLUMN_PROVISIONS_RECEIPTS,
        MESSAGE_REPORT_COUNTS_PROVISIONS_RECEIPTS},
    {"provisions", "recipients", MESSAGE_REPORT_COLUMN_PROVISIONS_RECIPIENTS,
        MESSAGE_REPORT_COUNTS_PROVISIONS_RECIPIENTS},
    {"recipients", "provided", MESSAGE_REPORT_COLUMN_RECIPIENTS_PROVIDED,
        MESSAGE_REPORT_COUNTS_RECIPIENTS_PROVIDED},
    {"recipients", "items", MESSAGE_REPORT_COLUMN_RECIPIENTS_ITEMS,
        MESSAGE_REPORT_COUNTS_RECIPIENTS_ITEMS},
    {"emergencies", "begun", MESSAGE_REPORT_COLUMN_EMERGENCIES_BEGUN,
        MESSAGE_REPORT_COUNTS_EMERGENCIES_BEGUN},
    {"emergencies", "ratified", MESSAGE_REPORT_COLUMN_EMERGENCIES_RATIFIED,
        MESSAGE_REPORT_COUNTS_EMERGENCIES_RATIFIED},
    {"emergencies", "refused", MESSAGE_REPORT_COLUMN_EMERGENCIES_REFUSED,
        MESSAGE_REPORT_COUNTS_EMERGENCIES_REFUSED},
    {"emergencies", "waiting", MESSAGE_REPORT_COLUMN_EMERGENCIES_WAITING,
        MESSAGE_REPORT_COUNTS_EMERGENCIES_WAITING},
    {"emergencies", "shortest", MESSAGE_REPORT_COLUMN_EMERGENCIES_SHORTEST,
        MESSAGE_REPORT_COUNTS_EMERGENCIES_SHORTEST},
    {"emergencies", "median", MESSAGE_REPORT_COLUMN_EMERGENCIES_MEDIAN,
        MESSAGE_REPORT_COUNTS_EMERGENCIES_MEDIAN},
    {"emergencies", "longest", MESSAGE_REPORT_COLUMN_EMERGENCIES_LONGEST,
        MESSAGE_REPORT_COUNTS_EMERGENCIES_LONGEST},
    {"retention", "due", MESSAGE_REPORT_COLUMN_RETENTION_DUE, MESSAGE_REPORT_COUNTS_RETENTION_DUE},
    {"retention", "on_time", MESSAGE_REPORT_COLUMN_RETENTION_ON_TIME,
        MESSAGE_REPORT_COUNTS_RETENTION_ON_TIME},
    {"retention", "late", MESSAGE_REPORT_COLUMN_RETENTION_LATE,
        MESSAGE_REPORT_COUNTS_RETENTION_LATE},
    {"retention", "not_erased", MESSAGE_REPORT_COLUMN_RETENTION_NOT_ERASED,
        MESSAGE_REPORT_COUNTS_RETENTION_NOT_ERASED},
    {"retention", "extended", MESSAGE_REPORT_COLUMN_RETENTION_EXTENDED,
        MESSAGE_REPORT_COUNTS_RETENTION_EXTENDED},
    {"incidents", "incidents", MESSAGE_REPORT_COLUMN_INCIDENTS_INCIDENTS,
        MESSAGE_REPORT_COUNTS_INCIDENTS_INCIDENTS},
    {"incidents", "median_delay", MESSAGE_REPORT_COLUMN_INCIDENTS_MEDIAN_DELAY,
        MESSAGE_REPORT_COUNTS_INCIDENTS_MEDIAN_DELAY},
    {"incidents", "longest_delay", MESSAGE_REPORT_COLUMN_INCIDENTS_LONGEST_DELAY,
        MESSAGE_REPORT_COUNTS_INCIDENTS_LONGEST_DELAY},
    {"findings", "found", MESSAGE_REPORT_COLUMN_FINDINGS_FOUND,
        MESSAGE_REPORT_COUNTS_FINDINGS_FOUND},
    {"findings", "explained", MESSAGE_REPORT_COLUMN_FINDINGS_EXPLAINED,
        MESSAGE_REPORT_COUNTS_FINDINGS_EXPLAINED},
    {"findings", "confirmed", MESSAGE_REPORT_COLUMN_FINDINGS_CONFIRMED,
        MESSAGE_REPORT_COUNTS_FINDINGS_CONFIRMED},
    {"findings", "undecided", MESSAGE_REPORT_COLUMN_FINDINGS_UNDECIDED,
        MESSAGE_REPORT_COUNTS_FINDINGS_UNDECIDED},
    {"findings", "undecided_30_days", MESSAGE_REPORT_COLUMN_FINDINGS_UNDECIDED_30_DAYS,
        MESSAGE_REPORT_COUNTS_FINDINGS_UNDECIDED_30_DAYS},
    {"findings", "undecided_90_days", MESSAGE_REPORT_COLUMN_FINDINGS_UNDECIDED_90_DAYS,
        MESSAGE_REPORT_COUNTS_FINDINGS_UNDECIDED_90_DAYS},
    {"findings", "undecided_longer", MESSAGE_REPORT_COLUMN_FINDINGS_UNDECIDED_LONGER,
        MESSAGE_REPORT_COUNTS_FINDINGS_UNDECIDED_LONGER},
    {"findings", "unsettled", MESSAGE_REPORT_COLUMN_FINDINGS_UNSETTLED,
        MESSAGE_REPORT_COUNTS_FINDINGS_UNSETTLED},
    {"acts", "acts", MESSAGE_REPORT_COLUMN_ACTS_ACTS, MESSAGE_REPORT_COUNTS_ACTS_ACTS},
    {"answers", "made", MESSAGE_REPORT_COLUMN_ANSWERS_MADE, MESSAGE_REPORT_COUNTS_ANSWERS_MADE},
    {"answers", "in_time", MESSAGE_REPORT_COLUMN_ANSWERS_IN_TIME,
        MESSAGE_REPORT_COUNTS_ANSWERS_IN_TIME},
    {"answers", "late", MESSAGE_REPORT_COLUMN_ANSWERS_LATE, MESSAGE_REPORT_COUNTS_ANSWERS_LATE},
    {"answers", "waiting", MESSAGE_REPORT_COLUMN_ANSWERS_WAITING,
        MESSAGE_REPORT_COUNTS_ANSWERS_WAITING},
    {"answers", "overdue", MESSAGE_REPORT_COLUMN_ANSWERS_OVERDUE,
        MESSAGE_REPORT_COUNTS_ANSWERS_OVERDUE},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

bool terms_table(const char *table, enum message *name)
{
    for (size_t i = 0; i < COUNT(tables); i++)
        if (strcmp(tables[i].table, table) == 0) {
            *name = tables[i].name;
            return true;
        }
    return false;
}

bool terms_key(const char *key, enum message *name)
{
    for (size_t i = 0; i < COUNT(keys); i++)
        if (strcmp(keys[i].key, key) == 0) {
            *name = keys[i].name;
            return true;
        }
    return false;
}

bool terms_label(const char *key, const char *value, enum message *name)
{
    for (size_t i = 0; i < COUNT(labels); i++)
        if (strcmp(labels[i].key, key) == 0 && strcmp(labels[i].value, value) == 0) {
            *name = labels[i].name;
            return true;
        }
    return false;
}

bool terms_column(const char *table, const char *column, enum message *name, enum message *counts)
{
    /* Over time it is the accesses that are counted. */
    if (strcmp(table, "accesses_over_time") == 0)
        table = "accesses";
    for (size_t i = 0; i < COUNT(columns); i++)
        if (strcmp(columns[i].table, table) == 0 && strcmp(columns[i].column, column) == 0) {
            *name = columns[i].name;
            *counts = columns[i].counts;
            return true;
        }
    return false;
}
