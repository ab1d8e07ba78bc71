#include "core/certificate.h"

#include <assert.h>
#include <inttypes.h>

#include "core/sha256.h"
#include "core/text.h"

static const char *const verdicts[CERTIFICATE_VERDICTS] = {"verified", "findings", "incomplete"};
static const char *const vouchers[] = {[CERTIFICATE_NOBODY] = "none",
    [CERTIFICATE_WITNESSES] = "witnesses",
    [CERTIFICATE_OPERATOR] = "operator"};
#define VOUCHERS (sizeof vouchers / sizeof vouchers[0])

const char *certificate_verdict_text(enum certificate_verdict verdict)
{
    assert(verdict < CERTIFICATE_VERDICTS);
    return verdicts[verdict];
}

bool certificate_begins(struct span bytes)
{
    struct cursor c = cursor_of(bytes);

    return cursor_skip(&c, CERTIFICATE_HEADER);
}

static bool nothing_digested(const struct certificate *c)
{
    struct hash empty;

    sha256(&empty, span_of("", 0));
    return hash_eq(&c->findings_digest, &empty);
}

/* What an audit that found nothing has. */
static bool verified_coherent(const struct certificate *c)
{
    return c->findings == 0 && c->has_ledger_id && c->has_checkpoint && c->entries == c->size;
}

bool certificate_coherent(const struct certificate *c)
{
    char time[TIME_TEXT_BYTES];
    uint64_t again;

    if (!name_valid(c->origin) || !name_valid(c->program) || !name_valid(c->version) ||
        c->verdict >= CERTIFICATE_VERDICTS || c->voucher >= VOUCHERS)
        return false;
    if (c->verdict == CERTIFICATE_VERIFIED ? !verified_coherent(c) : c->findings == 0)
        return false;
    if (c->verdict == CERTIFICATE_INCOMPLETE && c->findings != 1)
        return false;
    if (c->digested > c->findings || (c->digested == 0) != nothing_digested(c))
        return false;
    if (c->has_checkpoint ? c->size == 0 || c->size > INT64_MAX || c->entries > c->size
                          : c->entries > 0)
        return false;
    if (c->entries_before > c->entries || c->roster_judge < c->roster_trusted ||
        c->roster_judge > UINT_MAX_CANONICAL)
        return false;
    time_text(time, c->time);
    return time_parse(span_str(time), &again) && again == c->time;
}

void certificate_write(struct buf *out, const struct certificate *c)
{
    char time[TIME_TEXT_BYTES];

    assert(certificate_coherent(c));
    time_text(time, c->time);
    buf_put_str(out, CERTIFICATE_HEADER);
    buf_put_span(out, c->origin);
    buf_put_str(out, "\nledger ");
    if (c->has_ledger_id)
        base64_encode(out, span_hash(&c->ledger_id));
    else
        buf_put_str(out, "none");
    buf_put_str(out, "\ncheckpoint ");
    if (c->has_checkpoint) {
        buf_printf(out, "%" PRIu64 " ", c->size);
        base64_encode(out, span_hash(&c->root));
    } else {
        buf_put_str(out, "none");
    }
    buf_printf(out,
        "\nroster %" PRIu64 " %" PRIu64 "\nverdict %s\nfindings %" PRIu64 " %" PRIu64 " ",
        c->roster_trusted, c->roster_judge, verdicts[c->verdict], c->findings, c->digested);
    base64_encode(out, span_hash(&c->findings_digest));
    buf_printf(out, "\nentries %" PRIu64 " %" PRIu64 "\n", c->entries, c->entries_before);
    if (c->records_were_read)
        buf_printf(out, "records %" PRIu64 "\n", c->records);
    else
        buf_put_str(out, "records none\n");
    if (c->has_received)
        buf_printf(out, "received %" PRIu64 "\n", c->received);
    else
        buf_put_str(out, "received none\n");
    if (c->voucher != CERTIFICATE_NOBODY)
        buf_printf(out, "vouched %s %" PRIu64 "\n", vouchers[c->voucher], c->vouched_at);
    else
        buf_put_str(out, "vouched none\n");
    buf_printf(out, "time %s\nprogram %.*s %.*s\n", time, (int)c->program.n,
        (const char *)c->program.p, (int)c->version.n, (const char *)c->version.p);
}

/* The line that begins with a word and a space, without these; sticks as the cursor does. */
static struct cursor line_of(struct cursor *c, const char *word)
{
    struct cursor line = cursor_of(cursor_line(c));

    if (!cursor_skip(&line, word) || !cursor_skip(&line, " "))
        c->failed = true;
    return line;
}

/* Up to the next space, or to the end. */
static struct span word_of(struct cursor *line)
{
    const uint8_t *space = memchr(line->p, ' ', cursor_left(line));
    struct span word =
        cursor_take(line, space == NULL ? cursor_left(line) : (size_t)(space - line->p));

    if (space != NULL)
        cursor_take(line, 1);
    /* A space at the end stands before another word. */
    line->failed = line->failed || (space != NULL && cursor_left(line) == 0);
    return word;
}

static uint64_t number_of(struct cursor *line, uint64_t max)
{
    uint64_t number = 0;

    if (!decimal_parse(word_of(line), max, &number))
        line->failed = true;
    return number;
}

static void hash_of(struct cursor *line, struct hash *out)
{
    if (!base64_decode(out->b, HASH_BYTES, word_of(line)))
        line->failed = true;
}

/* Whether the rest of a line is "none"; then it is read. */
static bool is_none(struct cursor *line)
{
    struct span rest = span_of(line->p, cursor_left(line));

    if (!span_is(rest, "none"))
        return false;
    cursor_take(line, rest.n);
    return true;
}

static void done(struct cursor *c, const struct cursor *line)
{
    c->failed = c->failed || !cursor_done(line);
}

static void parse_ledger(struct cursor *c, struct certificate *out)
{
    struct cursor line;

    out->origin = cursor_line(c);
    line = line_of(c, "ledger");
    out->has_ledger_id = !is_none(&line);
    if (out->has_ledger_id)
        hash_of(&line, &out->ledger_id);
    done(c, &line);
    line = line_of(c, "checkpoint");
    out->has_checkpoint = !is_none(&line);
    if (out->has_checkpoint) {
        out->size = number_of(&line, INT64_MAX);
        hash_of(&line, &out->root);
    }
    done(c, &line);
    line = line_of(c, "roster");
    out->roster_trusted = number_of(&line, UINT_MAX_CANONICAL);
    out->roster_judge = number_of(&line, UINT_MAX_CANONICAL);
    done(c, &line);
}

static void parse_found(struct cursor *c, struct certificate *out)
{
    struct cursor line = line_of(c, "verdict");
    struct span word = word_of(&line);

    out->verdict = CERTIFICATE_VERDICTS; /* which is none */
    for (size_t i = 0; i < CERTIFICATE_VERDICTS; i++)
        if (span_is(word, verdicts[i]))
            out->verdict = (enum certificate_verdict)i;
    done(c, &line);
    line = line_of(c, "findings");
    out->findings = number_of(&line, UINT64_MAX);
    out->digested = number_of(&line, UINT64_MAX);
    hash_of(&line, &out->findings_digest);
    done(c, &line);
}

static void parse_read(struct cursor *c, struct certificate *out)
{
    struct cursor line = line_of(c, "entries");

    out->entries = number_of(&line, UINT64_MAX);
    out->entries_before = number_of(&line, UINT64_MAX);
    done(c, &line);
    line = line_of(c, "records");
    out->records_were_read = !is_none(&line);
    if (out->records_were_read)
        out->records = number_of(&line, UINT64_MAX);
    done(c, &line);
    line = line_of(c, "received");
    out->has_received = !is_none(&line);
    if (out->has_received)
        out->received = number_of(&line, UINT64_MAX);
    done(c, &line);
}

static void parse_vouched(struct cursor *c, struct certificate *out)
{
    struct cursor line = line_of(c, "vouched");
    struct span word;

    if (!is_none(&line)) {
        word = word_of(&line);
        out->voucher = span_is(word, vouchers[CERTIFICATE_WITNESSES])  ? CERTIFICATE_WITNESSES
                       : span_is(word, vouchers[CERTIFICATE_OPERATOR]) ? CERTIFICATE_OPERATOR
                                                                       : CERTIFICATE_NOBODY;
        out->vouched_at = number_of(&line, UINT64_MAX);
        c->failed = c->failed || out->voucher == CERTIFICATE_NOBODY;
    }
    done(c, &line);
}

static void parse_verifier(struct cursor *c, struct certificate *out)
{
    struct cursor line = line_of(c, "time");
    struct span word = word_of(&line);
    char time[TIME_TEXT_BYTES];

    /* Of the spellings of a time the one that is written here. */
    if (!time_parse(word, &out->time))
        c->failed = true;
    time_text(time, out->time);
    c->failed = c->failed || !span_is(word, time);
    done(c, &line);
    line = line_of(c, "program");
    out->program = word_of(&line);
    out->version = word_of(&line);
    done(c, &line);
}

int certificate_parse(struct span text, struct certificate *out, struct why *why)
{
    struct cursor c = cursor_of(text);

    *out = (struct certificate){0};
    if (text.n > CERTIFICATE_TEXT_BYTES_MAX) {
        why_set(why, "a certificate's text has at most %d bytes", CERTIFICATE_TEXT_BYTES_MAX);
        return KEIIN_EMALFORMED;
    }
    if (!cursor_skip(&c, CERTIFICATE_HEADER)) {
        why_set(why, "it does not begin as a certificate does");
        return KEIIN_EMALFORMED;
    }
    parse_ledger(&c, out);
    parse_found(&c, out);
    parse_read(&c, out);
    parse_vouched(&c, out);
    parse_verifier(&c, out);
    if (!cursor_done(&c)) {
        why_set(why, "its lines are not those of a certificate, each in its one spelling");
        return KEIIN_EMALFORMED;
    }
    if (!certificate_coherent(out)) {
        why_set(why, "what it says does not fit together");
        return KEIIN_EMALFORMED;
    }
    return 0;
}

void certificate_finding(struct buf *out, const char *code, const uint64_t *index,
    const uint32_t *position, struct span writer)
{
    buf_put_str(out, code);
    if (index != NULL)
        buf_printf(out, " %" PRIu64, *index);
    else
        buf_put_str(out, " -");
    if (position != NULL)
        buf_printf(out, " %" PRIu32, *position);
    else
        buf_put_str(out, " -");
    if (writer.n > 0) {
        buf_put_u8(out, ' ');
        buf_put_span(out, writer);
    }
    buf_put_u8(out, '\n');
}
