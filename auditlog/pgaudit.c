#include "auditlog/pgaudit.h"

#include <ctype.h>
#include <inttypes.h>

#include "core/sha256.h"
#include "core/text.h"

/* Columns of csvlog, from 0. */
enum {
    LOG_TIME = 0,
    USER = 1,
    SESSION = 5,
    SESSION_LINE = 6,
    TAG = 7,
    SEVERITY = 11,
    SQL_STATE = 12,
    MESSAGE = 13,
    CONTEXT = 18,
    QUERY = 19
};

/* Fields of pgaudit's message, after "AUDIT: ". */
enum {
    TYPE,
    STATEMENT_ID,
    SUBSTATEMENT_ID,
    CLASS,
    COMMAND,
    OBJECT_TYPE,
    OBJECT_NAME,
    STATEMENT,
    PARAMETER,
    ROWS,
    AUDIT_FIELDS_MAX
};

#define AUDIT_PREFIX "AUDIT: "
#define DENIED_SQL_STATE "42501"

const char *pg_action_text(enum pg_action action)
{
    static const char *const texts[] = {[PG_SESSION] = "x-session",
        [PG_EXECUTE] = "x-execute",
        [PG_QUERY] = "query",
        [PG_CONFIG] = "config",
        [PG_MODIFY] = "modify",
        [PG_EXPORT] = "export",
        [PG_ERASE] = "erase"};

    return texts[action];
}

static bool starts(struct span s, const char *with)
{
    size_t n = strlen(with);

    return s.n >= n && memcmp(s.p, with, n) == 0;
}

/* A position in SQL text, for finding words outside quotes, brackets and comments. */
struct sql {
    const uint8_t *p, *end;
    unsigned depth;
};

static bool word_byte(uint8_t c)
{
    return isalnum(c) || c == '_' || c == '$' || c == '.' || c >= 0x80;
}

/* Passes what is quoted, with the quotes. */
static void pass_quoted(struct sql *s, uint8_t quote)
{
    for (s->p++; s->p < s->end && *s->p != quote; s->p++)
        continue;
    s->p += s->p < s->end;
}

/* Passes a comment, when one begins here. */
static bool pass_comment(struct sql *s)
{
    size_t left = (size_t)(s->end - s->p);
    bool line = left >= 2 && memcmp(s->p, "--", 2) == 0;
    const char *ending = line ? "\n" : "*/";
    const uint8_t *close;

    if (!line && (left < 2 || memcmp(s->p, "/*", 2) != 0))
        return false;
    close = memmem(s->p + 2, left - 2, ending, strlen(ending));
    s->p = close == NULL ? s->end : close + strlen(ending);
    return true;
}

/* The next word, quoted names and dots in it included; empty at the end. */
static struct span next_word(struct sql *s)
{
    while (s->p < s->end) {
        const uint8_t *start = s->p;

        if (pass_comment(s))
            continue;
        while (s->p < s->end && (word_byte(*s->p) || *s->p == '"')) {
            if (*s->p == '"')
                pass_quoted(s, '"');
            else
                s->p++;
        }
        if (s->p > start)
            return span_of(start, (size_t)(s->p - start));
        if (*s->p == '\'') {
            pass_quoted(s, '\'');
            continue;
        }
        if (*s->p == '(')
            s->depth++;
        if (*s->p == ')' && s->depth > 0)
            s->depth--;
        s->p++;
    }
    return span_of(NULL, 0);
}

static bool word_is(struct span word, const char *upper)
{
    size_t n = strlen(upper);

    if (word.n != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (toupper(word.p[i]) != upper[i])
            return false;
    return true;
}

static bool begins_with_copy(struct span text)
{
    struct sql s = {text.p, text.p + text.n, 0};

    return text.n > 0 && word_is(next_word(&s), "COPY");
}

/* COPY ... FROM changes data; COPY ... TO, and one that is not understood, takes them out. */
static enum pg_action copy_action(struct span text)
{
    struct sql s = {text.p, text.p + text.n, 0};
    struct span word = text.n == 0 ? text : next_word(&s);

    for (; word.n > 0; word = next_word(&s)) {
        if (s.depth == 0 && word_is(word, "TO"))
            return PG_EXPORT;
        if (s.depth == 0 && word_is(word, "FROM"))
            return PG_MODIFY;
    }
    return PG_EXPORT;
}

bool pg_copy_table(struct span text, struct buf *out)
{
    struct sql s = {text.p, text.p + text.n, 0};
    struct span word;
    bool quoted = false;

    if (!begins_with_copy(text))
        return false;
    next_word(&s);
    word = next_word(&s);
    if (word_is(word, "BINARY"))
        word = next_word(&s);
    if (word.n == 0 || s.depth > 0)
        return false;
    for (size_t i = 0; i < word.n; i++) {
        quoted = quoted != (word.p[i] == '"');
        buf_put_u8(out, quoted || word.p[i] >= 0x80 ? word.p[i] : (uint8_t)tolower(word.p[i]));
    }
    return true;
}

/* What an attempt would have done, by its command tag, or by the statement where there is none. */
static enum pg_action action_of_tag(struct span tag, struct span text)
{
    static const char *const config[] = {"CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "COMMENT",
        "SECURITY LABEL", "REASSIGN", "IMPORT", "REFRESH"};
    struct sql s = {text.p, text.p + text.n, 0};
    char upper[16];
    struct span word = text.n == 0 ? text : next_word(&s);

    if (tag.n == 0 && word.n > 0 && word.n < sizeof upper) {
        for (size_t i = 0; i < word.n; i++)
            upper[i] = (char)toupper(word.p[i]);
        tag = span_of((const uint8_t *)upper, word.n);
    }
    if (starts(tag, "COPY"))
        return copy_action(text);
    if (starts(tag, "SELECT") || starts(tag, "FETCH") || starts(tag, "DECLARE") ||
        span_is(tag, "WITH") || span_is(tag, "TABLE") || span_is(tag, "VALUES"))
        return PG_QUERY;
    if (starts(tag, "INSERT") || starts(tag, "UPDATE") || starts(tag, "MERGE"))
        return PG_MODIFY;
    if (starts(tag, "DELETE") || starts(tag, "TRUNCATE"))
        return PG_ERASE;
    if (starts(tag, "EXECUTE") || starts(tag, "CALL") || span_is(tag, "DO"))
        return PG_EXECUTE;
    for (size_t i = 0; i < sizeof config / sizeof config[0]; i++)
        if (starts(tag, config[i]))
            return PG_CONFIG;
    return PG_SESSION;
}

/* What an audit line says was done, by pgaudit's class and command. */
static enum pg_action action_of_audit(struct span class, struct span command)
{
    if (span_is(class, "READ"))
        return span_is(command, "COPY")      ? PG_EXPORT
               : span_is(command, "PREPARE") ? PG_SESSION
                                             : PG_QUERY;
    if (span_is(class, "WRITE"))
        return starts(command, "DELETE") || starts(command, "TRUNCATE") ? PG_ERASE : PG_MODIFY;
    if (span_is(class, "DDL") || span_is(class, "ROLE"))
        return PG_CONFIG;
    if (span_is(class, "FUNCTION"))
        return PG_EXECUTE;
    return span_is(command, "FETCH") ? PG_QUERY : PG_SESSION;
}

/* pgaudit writes these in place of a text that it was told to leave out. */
static bool text_logged(struct span text)
{
    return text.n > 0 && !span_is(text, "<not logged>") && !span_is(text, "<previously logged>");
}

static int no_audit_line(const struct csv_row *row, const char *what, struct why *why)
{
    why_set(why, "line %" PRIu64 ": is an audit line and %s", row->line, what);
    return KEIIN_EMALFORMED;
}

static int read_audit(const struct csv_row *row, struct pg_line *out, struct why *why)
{
    struct span message = row->fields[MESSAGE], fields[AUDIT_FIELDS_MAX];
    size_t prefix = strlen(AUDIT_PREFIX), count;

    /* The row's memory is the reader's, which lets it be unquoted once. */
    if (!csv_split(
            (uint8_t *)message.p + prefix, message.n - prefix, fields, AUDIT_FIELDS_MAX, &count) ||
        count < ROWS || (!span_is(fields[TYPE], "SESSION") && !span_is(fields[TYPE], "OBJECT")))
        return no_audit_line(row, "not of pgaudit's form", why);
    if (!decimal_parse(fields[STATEMENT_ID], INT64_MAX, &out->statement) ||
        !decimal_parse(fields[SUBSTATEMENT_ID], INT64_MAX, &out->substatement))
        return no_audit_line(row, "its statement is not numbered", why);
    out->has_rows = count > ROWS && fields[ROWS].n > 0;
    if (out->has_rows && !decimal_parse(fields[ROWS], UINT_MAX_CANONICAL, &out->rows))
        return no_audit_line(row, "its row count is no number", why);
    out->object = fields[OBJECT_NAME];
    out->text = text_logged(fields[STATEMENT]) ? fields[STATEMENT] : span_of(NULL, 0);
    out->action = action_of_audit(fields[CLASS], fields[COMMAND]);
    out->copy = span_is(fields[COMMAND], "COPY");
    /* Without row counts pgaudit logs a COPY as the SELECT that it makes. */
    out->copy_inner = out->action == PG_QUERY && span_is(fields[COMMAND], "SELECT") &&
                      starts(row->fields[TAG], "COPY") &&
                      (out->text.n == 0 || begins_with_copy(out->text));
    if (out->copy_inner)
        out->action = PG_EXPORT;
    return 0;
}

/* "permission denied for table flow": the name after the kind; empty when it says no such thing. */
static struct span denied_object(struct span message)
{
    static const char *const says[] = {"permission denied for ", "must be owner of "};
    static const char *const kinds[] = {"table ", "view ", "materialized view ", "foreign table ",
        "sequence ", "schema ", "database ", "relation ", "column ", "function ", "procedure ",
        "routine ", "aggregate ", "type ", "domain ", "index ", "large object ", "tablespace ",
        "language ", "foreign server ", "foreign-data wrapper ", "statistics object ",
        "publication ", "subscription ", "extension ", "event trigger ", "operator ", "collation ",
        "conversion ", "parameter "};

    for (size_t i = 0; i < sizeof says / sizeof says[0]; i++) {
        struct span rest;

        if (!starts(message, says[i]))
            continue;
        rest = span_of(message.p + strlen(says[i]), message.n - strlen(says[i]));
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            if (starts(rest, kinds[k]) && rest.n > strlen(kinds[k]))
                return span_of(rest.p + strlen(kinds[k]), rest.n - strlen(kinds[k]));
    }
    return span_of(NULL, 0);
}

static enum pg_kind kind_of(const struct csv_row *row)
{
    const struct span *field = row->fields;

    if (starts(field[MESSAGE], AUDIT_PREFIX)) {
        /* pgaudit hides both; a function that raises such a text cannot. */
        return field[CONTEXT].n == 0 && field[QUERY].n == 0 ? PG_AUDIT : PG_FORGED;
    }
    if (span_is(field[SQL_STATE], DENIED_SQL_STATE) &&
        (span_is(field[SEVERITY], "ERROR") || span_is(field[SEVERITY], "FATAL")))
        return PG_DENIED;
    return PG_OTHER;
}

int pg_line_read(
    const struct csv_row *row, const struct pgmap *map, struct pg_line *out, struct why *why)
{
    const struct span *field = row->fields;
    uint64_t line_number;

    *out = (struct pg_line){0};
    if (row->field_count < PG_COLUMNS_MIN) {
        why_set(why, "line %" PRIu64 ": has %zu columns; a csvlog has 23 to 26", row->line,
            row->field_count);
        return KEIIN_EMALFORMED;
    }
    out->kind = kind_of(row);
    if (out->kind != PG_AUDIT && out->kind != PG_DENIED)
        return 0;
    out->user = field[USER];
    out->session = field[SESSION];
    out->session_line = field[SESSION_LINE];
    if (out->session.n == 0 || out->session.n > 64 || !id_valid(out->session) ||
        !decimal_parse(out->session_line, UINT_MAX_CANONICAL, &line_number)) {
        why_set(why, "line %" PRIu64 ": its session is not numbered", row->line);
        return KEIIN_EMALFORMED;
    }
    if (!pgmap_time(map, field[LOG_TIME], &out->at)) {
        why_set(why,
            "line %" PRIu64 ": the zone of its time \"%.*s\" is not known; give its offset "
            "in [zones] of the map, or set log_timezone to UTC",
            row->line,
            (int)(field[LOG_TIME].n > 60 || !utf8_plain(field[LOG_TIME]) ? 0 : field[LOG_TIME].n),
            field[LOG_TIME].n == 0 ? "" : (const char *)field[LOG_TIME].p);
        return KEIIN_EMALFORMED;
    }
    if (out->kind == PG_AUDIT)
        return read_audit(row, out, why);
    out->text = field[QUERY];
    out->object = denied_object(field[MESSAGE]);
    out->action = action_of_tag(field[TAG], out->text);
    return 0;
}

void pg_id(struct buf *out, struct span name)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t start = out->n;
    struct hash hash;
    char hex[2 * HASH_BYTES + 1];

    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];

        if (c > 0x20 && c < 0x7f && c != '%') {
            buf_put_u8(out, c);
            continue;
        }
        buf_put_u8(out, '%');
        buf_put_u8(out, (uint8_t)digits[c >> 4]);
        buf_put_u8(out, (uint8_t)digits[c & 15]);
    }
    if (buf_status(out) != 0 || out->n - start <= ID_BYTES_MAX)
        return;
    /* "%%" stands in no other id, so a cut one is never taken for a whole one. */
    sha256(&hash, name);
    hex_encode(hex, span_hash(&hash));
    out->n = start + ID_BYTES_MAX - 34;
    buf_put_str(out, "%%");
    buf_put(out, hex, 32);
}
