/* keiin-verify show: one entry or record in words. */
#include <inttypes.h>
#include <unistd.h>

#include "core/entry.h"
#include "core/roster.h"
#include "core/sha256.h"
#include "core/text.h"
#include "system/cli.h"
#include "system/messages.h"
#include "verifier/verify/verify.h"

#define SAY(id, ...) printf(message_text(MESSAGE_VERIFY_##id), ##__VA_ARGS__)

static void say_writer(const struct entry *entry, const struct roster *roster)
{
    const struct roster_writer *writer =
        roster == NULL ? NULL : roster_writer_by_key(roster, &entry->key);
    char hex[2 * HASH_BYTES + 1];

    if (writer == NULL) {
        hex_encode(hex, span_hash(&entry->key));
        SAY(SHOW_KEY, hex);
        return;
    }
    SAY(SHOW_WRITER);
    cli_put_visible(stdout, writer->key.name);
    SAY(SHOW_WRITER_OF, messages_role(writer->role), (int)writer->organisation.n,
        (const char *)writer->organisation.p);
}

static void say_entry(const struct one *a, struct span bytes, const struct entry *entry)
{
    const struct checkpoint *checkpoint = &a->fetch.checkpoint;
    char hex[2 * HASH_BYTES + 1], time[TIME_TEXT_BYTES], origin[NAME_BYTES_MAX + 1];
    struct hash hash;

    snprintf(origin, sizeof origin, "%.*s", (int)checkpoint->origin.n,
        (const char *)checkpoint->origin.p);
    SAY(SHOW_ENTRY, a->at.index, origin);
    if (entry->kind == ENTRY_RECORDS)
        SAY(SHOW_KIND_RECORDS, entry->digest_count, entry->number, entry_last_number(entry));
    else
        SAY(SHOW_KIND_ROSTER, entry->number);
    time_text(time, entry->received);
    SAY(SHOW_RECEIVED, time);
    say_writer(entry, a->roster);
    sha256_leaf(&hash, bytes);
    hex_encode(hex, span_hash(&hash));
    SAY(SHOW_LEAF, hex);
    for (size_t i = 0; i < entry->digest_count; i++) {
        entry_digest(entry, i, &hash);
        hex_encode(hex, span_hash(&hash));
        SAY(SHOW_DIGEST, i, hex);
    }
    SAY(SHOW_UNCHECKED);
}

/* The record is shown only when it is the one that the entry holds. */
static int say_record(struct one *a, const struct entry *entry, struct why *why)
{
    struct buf record, sealed;
    struct hash digest, want;
    int err;

    if (entry->kind != ENTRY_RECORDS) {
        why_set(why, message_text(MESSAGE_VERIFY_NO_RECORDS_IN_ROSTER), a->at.index);
        return KEIIN_EUSAGE;
    }
    if (a->at.position >= entry->digest_count) {
        why_set(why, message_text(MESSAGE_VERIFY_NO_POSITION), a->at.index, entry->digest_count - 1,
            (unsigned)a->at.position);
        return KEIIN_EUSAGE;
    }
    buf_init(&record, 65535);
    buf_init(&sealed, 65535);
    err = fetch_record(
        &a->fetch, a->at.index, entry->digest_count, a->at.position, &record, &sealed, why);
    if (err == 0 && record.n == 0) {
        why_set(why, message_text(MESSAGE_VERIFY_NO_RECORD), a->at_text);
        err = KEIIN_EABSENT;
    }
    sha256(&digest, buf_view(&record));
    entry_digest(entry, a->at.position, &want);
    if (err == 0 && !hash_eq(&digest, &want)) {
        why_set(why, "%s", message_text(MESSAGE_VERIFY_IS_RECORD_MISMATCH));
        err = KEIIN_EMISMATCH;
    }
    if (err == 0) {
        SAY(SHOW_RECORD, a->at.index, (unsigned)a->at.position);
        words_record(stdout, buf_view(&record), "  ");
        if (sealed.n > 0)
            SAY(SHOW_SEALED, sealed.n);
    }
    buf_destroy(&record);
    buf_destroy(&sealed);
    return err;
}

static int show(struct one *a, struct why *why)
{
    struct hash hashes[PROOF_HASHES_MAX], leaf;
    struct entry entry;
    struct buf bytes;
    size_t count;
    int err;

    buf_init(&bytes, ENTRY_BYTES_MAX);
    err = fetch_entry(&a->fetch, a->at.index, &bytes, why);
    if (err == 0) {
        sha256_leaf(&leaf, buf_view(&bytes));
        err = fetch_proof(&a->fetch, a->at.index, &leaf, hashes, &count, why);
    }
    if (err == 0 && entry_parse(buf_view(&bytes), &entry) != 0) {
        why_set(why, message_text(MESSAGE_VERIFY_ENTRY_MALFORMED), a->at.index);
        err = KEIIN_EMALFORMED;
    }
    if (err == 0 && !a->at.has_position)
        say_entry(a, buf_view(&bytes), &entry);
    if (err == 0 && a->at.has_position)
        err = say_record(a, &entry, why);
    buf_destroy(&bytes);
    return err;
}

int show_command(int argc, char **argv)
{
    struct one one;
    struct why why = {""};
    int err, status = input_one(argc, argv, false, &one);

    if (status == 0) {
        err = show(&one, &why);
        if (err != 0)
            status = cli_fail(err, one.where, &why);
    }
    input_one_end(&one);
    return status;
}
