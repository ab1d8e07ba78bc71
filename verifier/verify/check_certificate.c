#include "verifier/verify/check_certificate.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/certificate.h"
#include "core/text.h"
#include "core/wording.h"
#include "system/cli.h"
#include "system/file.h"
#include "system/messages.h"
#include "verifier/verify/json.h"

#define KEY_FILE_BYTES_MAX 4096
#define SAY(id, ...) printf(message_text(MESSAGE_CERTIFICATE_##id), __VA_ARGS__)
#define TELL(id) fputs(message_text(MESSAGE_CERTIFICATE_##id), stdout)

/* What is known of one file. */
struct checked {
    struct note note;
    struct certificate certificate;
    bool is_certificate; /* else `why` says why it is none */
    const struct vkey *signer; /* a known key that rightly signed; NULL: none did */
    const struct roster_writer *writer; /* its line, when a roster made it known */
    uint64_t serial; /* of that roster */
    bool is_wrong; /* a line by a known key is wrong */
    bool other_ledger; /* than that of the rosters */
    bool ledger_compared; /* with its id */
    struct why why;
};

int check_keys_add(void *ctx, const char *command, const char *path)
{
    struct check_keys *keys = ctx;
    struct vkey *key = &keys->keys[keys->count];
    struct why why = {""};
    uint8_t *bytes = NULL;
    size_t n = 0;
    int err;

    (void)command;
    if (keys->count == CHECK_KEYS_MAX)
        return cli_usage(message_text(MESSAGE_CERTIFICATE_KEYS), CHECK_KEYS_MAX);
    err = file_read(path, KEY_FILE_BYTES_MAX, &bytes, &n, &why);
    if (err == 0 && n > 0 && bytes[n - 1] == '\n')
        n--;
    if (err == 0)
        err = vkey_parse(span_of(bytes, n), key, &why);
    if (err == 0 && key->type != KEY_ED25519) {
        why_set(&why, "%s", message_text(MESSAGE_CERTIFICATE_KEY_TYPE));
        err = KEIIN_EMALFORMED;
    }
    if (err != 0) {
        (void)cli_fail(err, path, &why);
        free(bytes);
        return EXIT_USAGE;
    }
    keys->bytes[keys->count++] = bytes;
    return 0;
}

void check_keys_destroy(struct check_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        free(keys->bytes[i]);
    keys->count = 0;
}

/* Looks at the lines by one known key; whether it is the first that rightly signed. */
static bool judge_key(struct checked *c, const struct vkey *key)
{
    struct note_vote vote = note_judge(&c->note, key);

    c->is_wrong = c->is_wrong || vote.wrong;
    if (!vote.valid || c->signer != NULL)
        return false;
    c->signer = key;
    return true;
}

/* Every known key: those given, then writers of the committee and auditors of the newest roster first. */
static void judge_lines(
    struct checked *c, const struct roster_list *rosters, const struct check_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        judge_key(c, &keys->keys[i]);
    for (size_t i = rosters->count; i-- > 0;)
        for (size_t w = 0; w < rosters->list[i]->writer_count; w++) {
            const struct roster_writer *writer = &rosters->list[i]->writers[w];

            if ((writer->role != ROLE_COMMITTEE && writer->role != ROLE_AUDITOR) ||
                writer->key.type != KEY_ED25519 || !judge_key(c, &writer->key))
                continue;
            c->writer = writer;
            c->serial = rosters->list[i]->serial;
        }
}

/* The ledger's id by rosters that begin with serial 0, or with 1, whose parent it is. */
static const struct hash *known_id(const struct roster_list *rosters)
{
    const struct roster *first = rosters->count > 0 ? rosters->list[0] : NULL;

    if (first == NULL || first->serial > 1)
        return NULL;
    return first->serial == 0 ? &first->text_hash : &first->parent;
}

static void check(struct checked *c, struct span bytes, const struct roster_list *rosters,
    const struct check_keys *keys)
{
    const struct hash *id = known_id(rosters);

    if (note_parse(bytes, &c->note, &c->why) != 0 ||
        certificate_parse(c->note.text, &c->certificate, &c->why) != 0)
        return;
    c->is_certificate = true;
    judge_lines(c, rosters, keys);
    c->ledger_compared = id != NULL && c->certificate.has_ledger_id;
    c->other_ledger =
        rosters->count > 0 && (!span_eq(rosters->list[0]->origin, c->certificate.origin) ||
                                  (c->ledger_compared && !hash_eq(id, &c->certificate.ledger_id)));
}

static int status_of(const struct checked *c)
{
    static const int statuses[CERTIFICATE_VERDICTS] = {EXIT_OK, EXIT_FINDINGS, EXIT_INCOMPLETE};

    if (!c->is_certificate || c->is_wrong || c->other_ledger)
        return EXIT_FINDINGS;
    return c->signer == NULL ? EXIT_INCOMPLETE : statuses[c->certificate.verdict];
}

static bool is_good(const struct checked *c)
{
    return c->is_certificate && !c->is_wrong && !c->other_ledger && c->signer != NULL;
}

static void say_time(enum message id, uint64_t ms)
{
    const struct wording wording = {messages_language(), ZONE_RFC3339, false};
    struct buf b;

    buf_init(&b, 100);
    wording_time(&b, &wording, ms);
    printf(message_text(id), (int)b.n, (const char *)b.p);
    buf_destroy(&b);
}

static void say_signer(const struct checked *c)
{
    SAY(SIGNED, (int)c->signer->name.n, (const char *)c->signer->name.p);
    if (c->writer != NULL)
        SAY(SIGNER_LISTED, c->serial, messages_role(c->writer->role), (int)c->writer->organisation.n,
            (const char *)c->writer->organisation.p);
    else
        TELL(SIGNER_GIVEN);
}

static void say_read(const struct certificate *c)
{
    struct buf digest;

    SAY(READ, c->entries);
    if (c->entries_before > 0)
        SAY(READ_BEFORE, c->entries_before);
    if (c->records_were_read)
        SAY(READ_RECORDS, c->records);
    else
        TELL(READ_NO_RECORDS);
    if (c->has_received)
        say_time(MESSAGE_CERTIFICATE_RECEIVED, c->received);
    if (c->voucher == CERTIFICATE_WITNESSES)
        say_time(MESSAGE_CERTIFICATE_VOUCHED, c->vouched_at);
    else
        printf("%s",
            message_text(c->voucher == CERTIFICATE_OPERATOR ? MESSAGE_CERTIFICATE_VOUCHED_OPERATOR
                                                            : MESSAGE_CERTIFICATE_VOUCHED_NOBODY));
    SAY(ROSTERS, c->roster_trusted, c->roster_judge);
    if (c->findings == 0)
        return;
    buf_init(&digest, 64);
    base64_encode(&digest, span_hash(&c->findings_digest));
    SAY(DIGEST, c->digested, (int)digest.n, (const char *)digest.p);
    buf_destroy(&digest);
}

/* What it says, for a lawyer. */
static void say_certificate(const struct checked *checked)
{
    static const enum message verdicts[CERTIFICATE_VERDICTS] = {MESSAGE_CERTIFICATE_SAYS_VERIFIED,
        MESSAGE_CERTIFICATE_SAYS_FINDINGS, MESSAGE_CERTIFICATE_SAYS_INCOMPLETE};
    const struct certificate *c = &checked->certificate;
    char id[HEX_GROUPED_BYTES];
    struct buf root;

    hex_grouped(id, &c->ledger_id);
    say_time(MESSAGE_CERTIFICATE_AT, c->time);
    SAY(PROGRAM, (int)c->program.n, (const char *)c->program.p, (int)c->version.n,
        (const char *)c->version.p);
    SAY(LEDGER, (int)c->origin.n, (const char *)c->origin.p);
    if (c->has_ledger_id)
        SAY(LEDGER_ID, id);
    if (!checked->ledger_compared)
        TELL(LEDGER_NOT_COMPARED);
    if (c->has_checkpoint) {
        buf_init(&root, 64);
        base64_encode(&root, span_hash(&c->root));
        SAY(CHECKPOINT, c->size, (int)root.n, (const char *)root.p);
        buf_destroy(&root);
    }
    printf(message_text(verdicts[c->verdict]), c->findings);
    say_read(c);
    TELL(NOT);
}

static void say(const char *path, const struct checked *c)
{
    cli_put_visible(stdout, span_str(path));
    if (is_good(c))
        TELL(GOOD);
    else if (status_of(c) == EXIT_FINDINGS)
        TELL(BAD);
    else
        TELL(OPEN);
    if (!c->is_certificate)
        SAY(MALFORMED, c->why.text);
    else if (c->is_wrong)
        TELL(WRONG_SIGNATURE);
    else if (c->other_ledger)
        TELL(OTHER_LEDGER);
    else if (c->signer == NULL)
        TELL(UNKNOWN_KEY);
    if (c->is_certificate && c->signer == NULL)
        for (size_t i = 0; i < c->note.line_count; i++)
            SAY(LINE, (int)c->note.lines[i].name.n, (const char *)c->note.lines[i].name.p);
    if (!is_good(c))
        return;
    say_signer(c);
    say_certificate(c);
}

static json_t *json_hash(bool has, const struct hash *hash)
{
    struct buf b;
    json_t *out;

    if (!has)
        return json_null();
    buf_init(&b, 64);
    base64_encode(&b, span_hash(hash));
    out = json_stringn((const char *)b.p, b.n);
    buf_destroy(&b);
    return out;
}

static json_t *json_span(struct span text)
{
    return json_stringn((const char *)text.p, text.n);
}

static json_t *json_certificate(const struct certificate *c)
{
    json_t *json = json_object();
    char hex[2 * HASH_BYTES + 1], time[TIME_TEXT_BYTES];

    hex_encode(hex, span_hash(&c->ledger_id));
    time_text(time, c->time);
    json_put(json, "verdict", json_string(certificate_verdict_text(c->verdict)));
    json_put(json, "origin", json_span(c->origin));
    json_put(json, "ledger_id", c->has_ledger_id ? json_string(hex) : json_null());
    json_put(json, "size", json_number(c->has_checkpoint, c->size));
    json_put(json, "root", json_hash(c->has_checkpoint, &c->root));
    json_put(json, "roster", json_number(true, c->roster_judge));
    json_put(json, "roster_trusted", json_number(true, c->roster_trusted));
    json_put(json, "findings", json_number(true, c->findings));
    json_put(json, "findings_digested", json_number(true, c->digested));
    json_put(json, "findings_digest", json_hash(true, &c->findings_digest));
    json_put(json, "entries", json_number(true, c->entries));
    json_put(json, "entries_before", json_number(true, c->entries_before));
    json_put(json, "records", json_number(c->records_were_read, c->records));
    json_put(json, "last_received", json_number(c->has_received, c->received));
    json_put(json, "vouched_at", json_number(c->voucher != CERTIFICATE_NOBODY, c->vouched_at));
    json_put(json, "vouched_by",
        c->voucher == CERTIFICATE_NOBODY
            ? json_null()
            : json_string(c->voucher == CERTIFICATE_OPERATOR ? "operator" : "witnesses"));
    json_put(json, "time", json_string(time));
    json_put(json, "program", json_span(c->program));
    json_put(json, "version", json_span(c->version));
    return json;
}

static int put_json(const char *path, const struct checked *c)
{
    json_t *json = json_object();
    const char *why = !c->is_certificate  ? "malformed"
                      : c->is_wrong       ? "signature"
                      : c->other_ledger   ? "other-ledger"
                      : c->signer == NULL ? "unknown-key"
                                          : NULL;

    json_put(json, "file", json_visible(path));
    json_put(json, "kind", json_string("certificate"));
    json_put(json, "outcome",
        json_string(is_good(c)                      ? "good"
                    : status_of(c) == EXIT_FINDINGS ? "bad"
                                                    : "incomplete"));
    json_put(json, "why", why == NULL ? json_null() : json_string(why));
    json_put(json, "signed_by", c->signer == NULL ? json_null() : json_span(c->signer->name));
    json_put(json, "listed_in", json_number(c->writer != NULL, c->serial));
    json_put(
        json, "role", c->writer == NULL ? json_null() : json_string(messages_role(c->writer->role)));
    json_put(
        json, "certificate", c->is_certificate ? json_certificate(&c->certificate) : json_null());
    return json_line(stdout, json);
}

int check_certificate(const char *path, struct span bytes, const struct roster_list *rosters,
    const struct check_keys *keys, bool json)
{
    struct checked *c = calloc(1, sizeof *c);
    int err = c == NULL ? KEIIN_ENOMEM : 0, status = 0;

    if (err == 0) {
        check(c, bytes, rosters, keys);
        status = status_of(c);
        if (json)
            err = put_json(path, c);
        else
            say(path, c);
    }
    free(c);
    return err != 0 ? status_of_error(err, path, NULL) : status;
}
