/* libkeiin: a client folder opened, and records on their way into a batch. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/client_internal.h"
#include "client/jsonline.h"
#include "core/chain.h"
#include "core/msgpack.h"
#include "core/sha256.h"
#include "core/text.h"
#include "http/client.h"
#include "system/secretfile.h"

#define SAME(a, b) _Static_assert((int)(a) == (int)(b), "one set of errors")
SAME(KEIIN_ERROR_MALFORMED, KEIIN_EMALFORMED);
SAME(KEIIN_ERROR_LIMIT, KEIIN_ELIMIT);
SAME(KEIIN_ERROR_SIGNATURE, KEIIN_ESIGNATURE);
SAME(KEIIN_ERROR_MISMATCH, KEIIN_EMISMATCH);
SAME(KEIIN_ERROR_ABSENT, KEIIN_EABSENT);
SAME(KEIIN_ERROR_UNREADABLE, KEIIN_EUNREADABLE);
SAME(KEIIN_ERROR_NO_MEMORY, KEIIN_ENOMEM);
SAME(KEIIN_ERROR_FULL, KEIIN_EFULL);
SAME(KEIIN_ERROR_IO, KEIIN_EIO);
SAME(KEIIN_ERROR_EXISTS, KEIIN_EEXIST);
SAME(KEIIN_ERROR_USAGE, KEIIN_EUSAGE);
SAME(KEIIN_ERROR_REFUSED, KEIIN_EREFUSED);
SAME(KEIIN_ERROR_BUSY, KEIIN_EBUSY);
SAME(KEIIN_ERROR_UNKNOWN, KEIIN_EUNKNOWN);
SAME(KEIIN_ERROR_CRYPTO, KEIIN_ECRYPTO);
SAME(KEIIN_ERROR_DAMAGED, KEIIN_EDAMAGED);
SAME(KEIIN_ERROR_PASSPHRASE, KEIIN_EPASSPHRASE);

const char *keiin_error_text(int error)
{
    return keiin_err_text(error);
}

const char *client_why(int err, const struct why *why)
{
    /* Nobody had memory to say more: what stands there is of something before. */
    return err == KEIIN_ENOMEM || why->text[0] == 0 ? keiin_err_text(err) : why->text;
}

int client_tell(int err, const struct why *from, struct keiin_why *to)
{
    if (err != 0 && to != NULL)
        snprintf(to->text, sizeof to->text, "%s", client_why(err, from));
    return err;
}

static int take_options(struct keiin *keiin, const struct keiin_options *options, struct why *why)
{
    static const struct keiin_options none;

    if (options == NULL)
        options = &none;
    keiin->timeout_ms = options->timeout_ms == 0 ? TIMEOUT_MS : options->timeout_ms;
    keiin->batch_records_max =
        options->batch_records_max == 0 ? BATCH_RECORDS : options->batch_records_max;
    keiin->prompt = options->prompt != 0;
    keiin->clock = options->clock == NULL ? &system_clock : options->clock;
    keiin->random = options->random == NULL ? &system_random : options->random;
    if (keiin->batch_records_max > ENTRY_DIGESTS_MAX) {
        why_set(why, "a batch has at most %d records", ENTRY_DIGESTS_MAX);
        return KEIIN_EUSAGE;
    }
    if (options->network != NULL) {
        keiin->network = *options->network;
        return 0;
    }
    return network_default(
        keiin->folder.config.ledger_url, keiin->timeout_ms, &keiin->http, &keiin->network, why);
}

int keiin_open(const char *folder, const struct keiin_options *options, struct keiin **out,
    struct keiin_why *told)
{
    struct keiin *keiin = calloc(1, sizeof *keiin);
    struct why why = {""};
    int err;

    *out = NULL;
    if (keiin == NULL)
        return client_tell(KEIIN_ENOMEM, &why, told);
    keiin->folder.lock = -1;
    keiin->disk = options == NULL || options->disk == NULL ? &system_disk : options->disk;
    buf_init(&keiin->records, BATCH_BYTES_MAX);
    buf_init(&keiin->sealed, BATCH_BYTES_MAX);
    err = crypto_start(&why);
    if (err == 0)
        err = folder_open(keiin->disk, folder, &keiin->folder, &why);
    if (err == 0)
        err = take_options(keiin, options, &why);
    if (err == 0)
        err = rosters_open(keiin->disk, folder, keiin->folder.config.roster_serial,
            &keiin->folder.config.ledger_id, &keiin->rosters, &why);
    if (err != 0) {
        keiin_close(keiin);
        return client_tell(err, &why, told);
    }
    *out = keiin;
    return 0;
}

void keiin_close(struct keiin *keiin)
{
    if (keiin == NULL)
        return;
    if (keiin->has_key)
        keyfile_destroy(&keiin->key);
    http_client_free(keiin->http);
    rosters_close(&keiin->rosters);
    folder_close(&keiin->folder);
    buf_destroy(&keiin->records);
    buf_destroy(&keiin->sealed);
    free(keiin);
}

/* The key is opened with the first record: a passphrase is asked for before anything is done. */
static int need_key(struct keiin *keiin, struct why *why)
{
    const struct client_config *config = &keiin->folder.config;
    struct vkey vkey;
    int err;

    if (keiin->has_key)
        return 0;
    err = secretfile_open(config->key_file, "writer", keiin->prompt, &keiin->key, why);
    if (err != 0)
        return err;
    if (strcmp(keiin->key.name, config->writer) != 0) {
        why_set(why, "%.200s: is the key of another writer; this folder is that of %.200s",
            config->key_file, config->writer);
        keyfile_destroy(&keiin->key);
        return KEIIN_EMISMATCH;
    }
    vkey_make(&vkey, span_str(keiin->key.name), KEY_ED25519, secret_public(keiin->key.secret));
    keiin->key_hash = vkey.key_hash;
    keiin->has_key = true;
    return 0;
}

/* A record and its sealed part belong together; the ledger checks the same. */
static int check_sealed(const struct record_facts *facts, struct span sealed, struct why *why)
{
    struct hash hash;

    if (sealed.n > SEALED_BYTES_MAX) {
        why_set(why, "a sealed part has at most %d bytes", SEALED_BYTES_MAX);
        return KEIIN_EMALFORMED;
    }
    if (facts->has_sealed != (sealed.n > 0)) {
        why_set(why, "field \"sealed\": %s",
            sealed.n > 0 ? "is missing, and there is a sealed part"
                         : "names a sealed part, and there is none");
        return KEIIN_EMALFORMED;
    }
    if (!facts->has_sealed)
        return 0;
    sha256(&hash, sealed);
    if (hash_eq(&hash, &facts->sealed))
        return 0;
    why_set(why, "field \"sealed\": is not the hash of the sealed part");
    return KEIIN_EMALFORMED;
}

int client_append(
    struct keiin *keiin, struct span record, struct span sealed, bool track, struct why *why)
{
    /* Each of the two is a bin of up to 60,000 bytes: a header of three at most. */
    size_t bytes = record.n + sealed.n + 6;
    struct record_facts facts;
    int err = record_check(record, &facts, why);

    if (err == 0)
        err = check_sealed(&facts, sealed, why);
    if (err == 0)
        err = need_key(keiin, why);
    if (err != 0)
        return err;
    if (keiin->item_count == keiin->batch_records_max ||
        bytes > BATCH_BYTES_MAX - keiin->batch_bytes ||
        (keiin->item_count > 0 && keiin->track_ids != track)) {
        why_set(why, "the batch is full: it is to be submitted first");
        return KEIIN_ELIMIT;
    }
    buf_put_span(&keiin->records, record);
    buf_put_span(&keiin->sealed, sealed);
    if (buf_status(&keiin->records) != 0 || buf_status(&keiin->sealed) != 0)
        return KEIIN_ENOMEM;
    keiin->items[keiin->item_count++] = (struct batch_item){record.n, sealed.n};
    keiin->batch_bytes += bytes;
    keiin->track_ids = track;
    return 0;
}

int client_encode(
    struct keiin *keiin, struct keiin_record *record, struct buf *out, struct why *why)
{
    uint8_t salt[SALT_BYTES];
    int err = 0;

    if (!compose_has(record, "salt")) {
        keiin->random->fill(keiin->random->ctx, salt, sizeof salt);
        err = compose_bytes(record, span_str("salt"), span_of(salt, sizeof salt), why);
    }
    return err != 0 ? err : compose_encode(record, out, why);
}

int keiin_append(struct keiin *keiin, struct keiin_record *record, const void *sealed,
    size_t sealed_n, struct keiin_why *told)
{
    size_t field_count = record->field_count, record_bytes = record->bytes.n;
    struct why why = {""};
    struct hash hash;
    struct buf bytes;
    int err = 0;

    buf_init(&bytes, RECORD_BYTES_MAX + COMPOSE_FIELDS_MAX * 64);
    if (sealed_n > 0 && !compose_has(record, "sealed")) {
        sha256(&hash, span_of(sealed, sealed_n));
        err = compose_bytes(record, span_str("sealed"), span_hash(&hash), &why);
    }
    if (err == 0)
        err = client_encode(keiin, record, &bytes, &why);
    if (err == 0)
        err = client_append(keiin, buf_view(&bytes), span_of(sealed, sealed_n), false, &why);
    /* What was added here belongs to this one append. */
    record->field_count = field_count;
    record->bytes.n = record_bytes;
    buf_destroy(&bytes);
    return client_tell(err, &why, told);
}

int keiin_append_encoded(struct keiin *keiin, const void *record, size_t n, const void *sealed,
    size_t sealed_n, struct keiin_why *told)
{
    struct why why = {""};

    return client_tell(
        client_append(keiin, span_of(record, n), span_of(sealed, sealed_n), false, &why), &why,
        told);
}

int keiin_mark(struct keiin *keiin, const char *mark, struct keiin_why *told)
{
    struct why why = {""};
    size_t n = strlen(mark);

    if (n == 0 || n > MARK_BYTES_MAX) {
        why_set(&why, "a mark has 1 to %d bytes", MARK_BYTES_MAX);
        return client_tell(KEIIN_EMALFORMED, &why, told);
    }
    for (size_t i = 0; i < n; i++)
        if (mark[i] < 0x20 || mark[i] > 0x7e) {
            why_set(&why, "a mark is printable ASCII");
            return client_tell(KEIIN_EMALFORMED, &why, told);
        }
    memcpy(keiin->mark, mark, n + 1);
    keiin->has_mark = true;
    return 0;
}

const char *client_mark(const struct keiin *keiin)
{
    return keiin->folder.pending.bytes != NULL ? keiin->folder.pending.mark
                                               : keiin->folder.state.mark;
}

void keiin_status(const struct keiin *keiin, struct keiin_status *out)
{
    const struct folder *folder = &keiin->folder;

    memset(out, 0, sizeof *out);
    snprintf(out->ledger_url, sizeof out->ledger_url, "%s", folder->config.ledger_url);
    snprintf(out->key_file, sizeof out->key_file, "%s", folder->config.key_file);
    snprintf(out->writer, sizeof out->writer, "%s", folder->config.writer);
    hex_encode(out->ledger_id, span_hash(&folder->config.ledger_id));
    hex_encode(out->head, span_hash(&folder->state.head));
    out->last_number = folder->state.number;
    out->last_entry = folder->state.index;
    out->pending_count = folder->pending.bytes == NULL ? 0 : folder->pending.submission.count;
    out->batch_count = keiin->item_count;
    out->roster_serial = rosters_newest(&keiin->rosters)->serial;
    snprintf(out->mark, sizeof out->mark, "%s", client_mark(keiin));
}

struct keiin_record *keiin_record_new(void)
{
    return compose_new();
}

void keiin_record_free(struct keiin_record *record)
{
    compose_free(record);
}

void keiin_record_clear(struct keiin_record *record)
{
    compose_clear(record);
}

int keiin_record_text(
    struct keiin_record *record, const char *field, const char *value, struct keiin_why *told)
{
    struct why why = {""};

    return client_tell(compose_text(record, span_str(field), span_str(value), &why), &why, told);
}

int keiin_record_number(
    struct keiin_record *record, const char *field, uint64_t value, struct keiin_why *told)
{
    struct why why = {""};

    return client_tell(compose_number(record, span_str(field), value, &why), &why, told);
}

int keiin_record_true(struct keiin_record *record, const char *field, struct keiin_why *told)
{
    struct why why = {""};

    return client_tell(compose_true(record, span_str(field), &why), &why, told);
}

int keiin_record_bytes(struct keiin_record *record, const char *field, const void *bytes, size_t n,
    struct keiin_why *told)
{
    struct why why = {""};

    return client_tell(compose_bytes(record, span_str(field), span_of(bytes, n), &why), &why, told);
}

int keiin_record_texts(struct keiin_record *record, const char *field, const char *const *values,
    size_t count, struct keiin_why *told)
{
    struct span name = span_str(field);
    struct why why = {""};
    enum field_type type;
    int err = compose_begin(record, name, &type, &why);

    if (err == 0 && type != FIELD_IDS && type != FIELD_EXTENSION)
        err = compose_wrong_type(name, type, &why);
    if (err == 0)
        msgpack_put_array(&record->bytes, count);
    for (size_t i = 0; err == 0 && i < count; i++) {
        struct span value = span_str(values[i]);

        if (type == FIELD_IDS ? !id_valid(value) : !utf8_plain(value))
            err = compose_wrong_type(name, type, &why);
        msgpack_put_str(&record->bytes, value);
    }
    if (err == 0)
        err = compose_end(record, &why);
    return client_tell(err, &why, told);
}

int keiin_record_json(
    struct keiin_record *record, const char *json, size_t n, struct keiin_why *told)
{
    struct why why = {""};

    compose_clear(record);
    return client_tell(jsonline_read(span_of(json, n), record, &why), &why, told);
}
