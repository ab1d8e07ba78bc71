/* Rows of a csvlog become events: one for a substatement, and each with what its lines say. */
#include <sodium.h>

#include "auditlog/pgstatement.h"
#include "tests/unit/test.h"

static const uint8_t digest_key[32] = "a key that is thirty-two bytes.";

static struct pgmap no_map; /* UTC, GMT, JST and numeric zones */

/* ---- rows ---- */

struct given {
    const char *session, *line, *tag, *message;
    const char *time, *severity, *sql_state, *context, *query;
};

/* A row of `columns` columns; what is not given is as pgaudit's own lines have it. */
static struct csv_row row_of(const struct given *given, size_t columns)
{
    struct csv_row row = {.field_count = columns, .line = 7};
    struct span *field = row.fields;

    for (size_t i = 0; i < columns; i++)
        field[i] = span_str("");
    field[0] = span_str(given->time != NULL ? given->time : "2026-11-22 01:19:40.003 UTC");
    field[1] = span_str("user");
    field[5] = span_str(given->session != NULL ? given->session : "6b02.1a");
    field[6] = span_str(given->line != NULL ? given->line : "1");
    field[7] = span_str(given->tag != NULL ? given->tag : "SELECT");
    field[11] = span_str(given->severity != NULL ? given->severity : "LOG");
    field[12] = span_str(given->sql_state != NULL ? given->sql_state : "00000");
    field[13] = span_copy(span_str(given->message)); /* it is unquoted in place */
    field[18] = span_str(given->context != NULL ? given->context : "");
    field[19] = span_str(given->query != NULL ? given->query : "");
    return row;
}

/* Reads a row; its message is kept until `row_free`. */
static int read_row(
    const struct given *given, struct csv_row *row, struct pg_line *line, struct why *why)
{
    *row = row_of(given, 26);
    return pg_line_read(row, &no_map, line, why);
}

static void row_free(struct csv_row *row)
{
    span_free(row->fields[13]);
}

static void an_audit_line(void **state)
{
    const struct given given = {.message = "AUDIT: SESSION,12,3,READ,SELECT,TABLE,public.flow,"
                                           "\"select \"\"a\"\",\n1\",<none>,17"};
    struct pg_line line;
    struct csv_row row;

    (void)state;
    assert_int_equal(read_row(&given, &row, &line, NULL), 0);
    assert_int_equal(line.kind, PG_AUDIT);
    assert_int_equal(line.action, PG_QUERY);
    assert_int_equal(line.statement, 12);
    assert_int_equal(line.substatement, 3);
    assert_true(span_is(line.object, "public.flow"));
    assert_true(span_is(line.text, "select \"a\",\n1"));
    assert_true(line.has_rows);
    assert_int_equal(line.rows, 17);
    assert_int_equal(line.at, UINT64_C(1795310380003));
    row_free(&row);
}

static void actions(void **state)
{
    static const struct {
        const char *class, *command, *tag, *text;
        enum pg_action action;
    } cases[] = {
        {"READ", "SELECT", "SELECT", "select 1", PG_QUERY},
        {"READ", "SELECT", "COPY", "copy t to stdout", PG_EXPORT},
        {"READ", "SELECT", "COPY", "<not logged>", PG_EXPORT},
        {"READ", "SELECT", "COPY", "select inside_a_function()", PG_QUERY},
        {"READ", "COPY", "COPY", "copy t to stdout", PG_EXPORT},
        {"READ", "PREPARE", "PREPARE", "prepare p as select 1", PG_SESSION},
        {"READ", "DECLARE CURSOR", "DECLARE CURSOR", "declare", PG_QUERY},
        {"WRITE", "COPY", "COPY", "copy t from stdin", PG_MODIFY},
        {"WRITE", "INSERT", "INSERT", "insert", PG_MODIFY},
        {"WRITE", "UPDATE", "UPDATE", "update", PG_MODIFY},
        {"WRITE", "MERGE", "MERGE", "merge", PG_MODIFY},
        {"WRITE", "DELETE", "DELETE", "delete", PG_ERASE},
        {"WRITE", "TRUNCATE TABLE", "TRUNCATE TABLE", "truncate t", PG_ERASE},
        {"DDL", "CREATE TABLE", "CREATE TABLE", "create", PG_CONFIG},
        {"ROLE", "GRANT", "GRANT", "grant", PG_CONFIG},
        {"FUNCTION", "DO", "DO", "do", PG_EXECUTE},
        {"MISC", "FETCH", "FETCH", "fetch", PG_QUERY},
        {"MISC", "SET", "SET", "set", PG_SESSION},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char message[256];
        struct given given = {.tag = cases[i].tag, .message = message};
        struct pg_line line;
        struct csv_row row;

        snprintf(message, sizeof message, "AUDIT: OBJECT,1,1,%s,%s,,,%s,<none>", cases[i].class,
            cases[i].command, cases[i].text);
        assert_int_equal(read_row(&given, &row, &line, NULL), 0);
        if (line.action != cases[i].action)
            fail_msg("%s: %s", message, pg_action_text(line.action));
        assert_false(line.has_rows);
        row_free(&row);
    }
}

static void denials(void **state)
{
    static const struct {
        const char *tag, *query, *message;
        enum pg_action action;
        const char *object;
    } cases[] = {
        {"SELECT", "select 1", "permission denied for table flow", PG_QUERY, "flow"},
        {"COPY", "copy (select 'to' from \"from\") to stdout", "permission denied for view v",
            PG_EXPORT, "v"},
        {"COPY", "COPY t (a, b) FROM stdin", "permission denied for table t", PG_MODIFY, "t"},
        {"COPY", "", "permission denied for table t", PG_EXPORT, "t"},
        {"UPDATE", "", "permission denied for materialized view m v", PG_MODIFY, "m v"},
        {"DELETE", "", "permission denied for table t", PG_ERASE, "t"},
        {"TRUNCATE TABLE", "", "permission denied for table t", PG_ERASE, "t"},
        {"DROP TABLE", "", "must be owner of table t", PG_CONFIG, "t"},
        {"DO", "", "permission denied for language c", PG_EXECUTE, "c"},
        {"", "/* x */ -- select\ndelete from t", "permission denied for table t", PG_ERASE, "t"},
        {"COPY", "copy t /* to */ from stdin", "permission denied for table t", PG_MODIFY, "t"},
        {"", "Delete from t", "permission denied for table t", PG_ERASE, "t"},
        {"CREATE ROLE", "", "permission denied to create role", PG_CONFIG, ""},
        {"SELECT", "", "Zugriff verweigert", PG_QUERY, ""},
        {"authentication", "", "permission denied for database d", PG_SESSION, "d"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct given given = {.tag = cases[i].tag,
            .message = cases[i].message,
            .query = cases[i].query,
            .severity = i % 2 ? "ERROR" : "FATAL",
            .sql_state = "42501"};
        struct pg_line line;
        struct csv_row row;

        assert_int_equal(read_row(&given, &row, &line, NULL), 0);
        assert_int_equal(line.kind, PG_DENIED);
        if (line.action != cases[i].action || !span_is(line.object, cases[i].object))
            fail_msg(
                "%zu: %s %.*s", i, pg_action_text(line.action), (int)line.object.n, line.object.p);
        row_free(&row);
    }
}

static void neither(void **state)
{
    static const struct given others[] = {
        {.message = "connection received"},
        {.message = "permission denied for table t", .severity = "ERROR", .sql_state = "42P01"},
        {.message = "permission denied for table t", .severity = "LOG", .sql_state = "42501"},
        {.message = "AUDIT"},
    };
    static const struct given forged[] = {
        {.message = "AUDIT: SESSION,1,1,READ,SELECT,,,x,<none>", .context = "PL/pgSQL function"},
        {.message = "AUDIT: SESSION,1,1,READ,SELECT,,,x,<none>", .query = "select raise()"},
    };
    struct pg_line line;
    struct csv_row row;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(read_row(&others[i], &row, &line, NULL), 0);
        assert_int_equal(line.kind, PG_OTHER);
        row_free(&row);
    }
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        assert_int_equal(read_row(&forged[i], &row, &line, NULL), 0);
        assert_int_equal(line.kind, PG_FORGED);
        row_free(&row);
    }
}

static void malformed(void **state)
{
    static const struct given cases[] = {
        {.message = "AUDIT: SESSION,1,1,READ,SELECT,,,x"},
        {.message = "AUDIT: OTHER,1,1,READ,SELECT,,,x,<none>"},
        {.message = "AUDIT: SESSION,one,1,READ,SELECT,,,x,<none>"},
        {.message = "AUDIT: SESSION,1,,READ,SELECT,,,x,<none>"},
        {.message = "AUDIT: SESSION,1,1,READ,SELECT,,,x,<none>,many"},
        {.message = "AUDIT: SESSION,1,1,READ,SELECT,,,x,<none>,1,2"},
        {.message = "AUDIT: SESSION,1,1,READ,SELECT,,,\"x,<none>,1"},
        {.message = "AUDIT: SESSION,1,1,READ,SELECT,,,x,<none>", .session = ""},
        {.message = "AUDIT: SESSION,1,1,READ,SELECT,,,x,<none>", .line = "x"},
        {.message = "AUDIT: SESSION,1,1,READ,SELECT,,,x,<none>", .time = "yesterday"},
        {.message = "AUDIT: SESSION,1,1,READ,SELECT,,,x,<none>", .time = "2026-11-22 01:19:40 XYZ"},
        {.message = "AUDIT: SESSION,1,1,READ,SELECT,,,x,<none>", .time = "2026-13-22 01:19:40 UTC"},
    };
    struct given few = {.message = "AUDIT: SESSION,1,1,READ,SELECT,,,x,<none>"};
    struct pg_line line;
    struct csv_row row;
    struct why why;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        why.text[0] = 0;
        assert_int_equal(read_row(&cases[i], &row, &line, &why), KEIIN_EMALFORMED);
        assert_non_null(strstr(why.text, "line 7"));
        row_free(&row);
    }
    row = row_of(&few, 22);
    assert_int_equal(pg_line_read(&row, &no_map, &line, &why), KEIIN_EMALFORMED);
    row_free(&row);
    row = row_of(&few, 23);
    assert_int_equal(pg_line_read(&row, &no_map, &line, &why), 0);
    row_free(&row);
}

static void zones(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms; /* 0: not known */
    } cases[] = {
        {"2026-10-01 09:30:00.123 UTC", UINT64_C(1790847000123)},
        {"2026-10-01 18:30:00.123 JST", UINT64_C(1790847000123)},
        {"2026-10-01 18:30:00.123 +09", UINT64_C(1790847000123)},
        {"2026-10-01 06:00:00.123 -0330", UINT64_C(1790847000123)},
        {"2026-10-01 15:15:00.123 +05:45", UINT64_C(1790847000123)},
        {"2026-10-01 09:30:00 GMT", UINT64_C(1790847000000)},
        {"2026-10-01 09:30:00.123 CET", 0},
        {"2026-10-01 09:30:00.123", 0},
        {"2026-10-01 09:30:00.123 ", 0},
        {"2026-10-01T09:30:00.123 UTC", 0},
        {"2026-10-01 09:30:00.123 +24", 0},
        {"", 0},
    };
    uint64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool good = pgmap_time(&no_map, span_str(cases[i].text), &ms);

        assert_int_equal(good, cases[i].ms != 0);
        if (good)
            assert_true(ms == cases[i].ms);
    }
}

static void ids(void **state)
{
    static const char *const pairs[][2] = {
        {"public.flow", "public.flow"},
        {"public.\"my table\"", "public.\"my%20table\""},
        {"100%", "100%25"},
        {"\xe8\xa1\xa8", "%E8%A1%A8"},
        {"a\x7f\n", "a%7F%0A"},
    };
    char name[300];
    struct buf id;

    (void)state;
    buf_init(&id, 2000);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        buf_clear(&id);
        pg_id(&id, span_str(pairs[i][0]));
        assert_true(span_is(buf_view(&id), pairs[i][1]));
    }
    for (size_t n = 250; n < 300; n++) {
        memset(name, 'a', n);
        buf_clear(&id);
        pg_id(&id, span_of((const uint8_t *)name, n));
        assert_int_equal(id.n, n <= 255 ? n : 255);
        assert_true(id_valid(buf_view(&id)));
        assert_int_equal(memmem(id.p, id.n, "%%", 2) != NULL, n > 255);
    }
    buf_destroy(&id);
}

static void copied_tables(void **state)
{
    static const char *const cases[][2] = {
        {"copy flow to stdout", "flow"},
        {"COPY Public.Flow(a,b) TO STDOUT", "public.flow"},
        {"copy binary flow to stdout", "flow"},
        {"copy \"A \"\"b\".c from stdin", "A b.c"},
        {"copy (select 1) to stdout", NULL},
        {"select 1", NULL},
        {"", NULL},
    };
    struct buf table;

    (void)state;
    buf_init(&table, 100);
    for (size_t i = 0; i < 3; i++) {
        buf_clear(&table);
        assert_true(pg_copy_table(span_str(cases[i][0]), &table));
        assert_true(span_is(buf_view(&table), cases[i][1]));
    }
    for (size_t i = 4; i < sizeof cases / sizeof cases[0]; i++)
        assert_false(pg_copy_table(span_str(cases[i][0]), &table));
    buf_destroy(&table);
}

/* ---- events ---- */

/* What came out, a line each: id action dataset,parents count. */
struct out {
    struct buf text;
    const struct pg_event *last;
    uint8_t digest[32];
    bool has_digest;
};

static int on_event(void *ctx, const struct pg_event *event, struct why *why)
{
    struct out *out = ctx;
    const char *name = (const char *)event->names.p;

    (void)why;
    buf_printf(&out->text, "%s %s%s", event->id, event->denied ? "denied " : "",
        pg_action_text(event->action));
    for (size_t i = 0; i < event->name_count; i++, name += strlen(name) + 1)
        buf_printf(&out->text, "%c%s", i == 0 ? ' ' : ',', name);
    if (event->names_omitted > 0)
        buf_printf(&out->text, " and %u", (unsigned)event->names_omitted);
    if (event->has_count)
        buf_printf(&out->text, " %u", (unsigned)event->count);
    buf_put_str(&out->text, "\n");
    out->has_digest = event->has_digest;
    memcpy(out->digest, event->digest, sizeof out->digest);
    return buf_status(&out->text);
}

static struct out out;
static struct pg_assembly *assembly;

static void begin(void)
{
    buf_init(&out.text, 1000000);
    assert_int_equal(pg_assembly_new(digest_key, on_event, &out, &assembly), 0);
}

/* An audit line of a session: statement, substatement, and the rest as pgaudit has it. */
static void feed(
    const char *session, unsigned number, unsigned statement, unsigned sub, const char *rest)
{
    char message[512], line_number[16];
    bool copy = strstr(rest, "copy ") != NULL;
    struct given given = {.session = session,
        .line = line_number,
        .message = message,
        .tag = copy ? "COPY" : "SELECT"};
    struct pg_line line;
    struct csv_row row;

    snprintf(line_number, sizeof line_number, "%u", number);
    snprintf(message, sizeof message, "AUDIT: SESSION,%u,%u,%s", statement, sub, rest);
    assert_int_equal(read_row(&given, &row, &line, NULL), 0);
    assert_int_equal(pg_assembly_add(assembly, &line, number, NULL), 0);
    row_free(&row);
}

static void end(const char *expected, uint64_t held_expected, const struct pg_hold *hold)
{
    static const struct pg_hold none = {1, 0, {NULL, 0}};
    uint64_t held;

    assert_int_equal(pg_assembly_end(assembly, hold == NULL ? &none : hold, &held, NULL), 0);
    assert_int_equal(held, held_expected);
    buf_put_u8(&out.text, 0);
    assert_string_equal((char *)out.text.p, expected);
    pg_assembly_free(assembly);
    buf_destroy(&out.text);
}

static void one_for_each_substatement(void **state)
{
    (void)state;
    begin();
    feed("a", 1, 1, 1, "READ,SELECT,TABLE,s.t,select,<none>,5");
    feed("a", 2, 1, 1, "READ,SELECT,TABLE,s.u,select,<none>,7");
    feed("a", 3, 1, 1, "READ,SELECT,TABLE,s.t,select,<none>,5"); /* OBJECT and SESSION say one */
    feed("b", 1, 1, 1, "WRITE,INSERT,TABLE,s.v,insert,<none>,1"); /* between a's lines */
    feed("a", 4, 1, 2, "FUNCTION,EXECUTE,FUNCTION,f,select,<none>,0");
    feed("a", 5, 1, 1, "READ,SELECT,TABLE,s.w,select,<none>,2"); /* 1 goes on after 2 */
    feed("b", 2, 1, 1, "READ,SELECT,TABLE,s.t,insert,<none>,1");
    feed("a", 6, 2, 1, "WRITE,DELETE,TABLE,s.t,delete,<none>,9");
    feed("a", 7, 2, 1, "READ,SELECT,TABLE,s.u,delete,<none>,9");
    assert_int_equal(pg_assembly_counts(assembly).statements, 3);
    assert_int_equal(pg_assembly_counts(assembly).substatements, 4);
    end("a.1 query s.t,s.u,s.w 7\n"
        "b.1 modify s.v,s.t 1\n"
        "a.4 x-execute f 0\n"
        "a.6 erase s.t,s.u 9\n",
        0, NULL);
}

static void copies(void **state)
{
    (void)state;
    begin();
    /* Its own SELECT, and a function's inside it. */
    feed("a", 1, 1, 1, "READ,SELECT,TABLE,s.inner,select from f,<none>,3");
    feed("a", 2, 1, 2, "READ,SELECT,TABLE,s.t,copy (select f()) to stdout,<none>,500");
    feed("a", 3, 1, 2, "READ,SELECT,TABLE,s.u,copy (select f()) to stdout,<none>,500");
    feed("a", 4, 1, 3, "READ,COPY,,,copy (select f()) to stdout,<none>,0");
    /* A whole table, of which pgaudit names nothing. */
    feed("a", 5, 2, 1, "READ,COPY,,,copy flow to stdout,<none>,0");
    feed("a", 6, 3, 1, "WRITE,COPY,,,copy flow from stdin,<none>,0");
    /* Without row counts the SELECT is all there is. */
    feed("a", 7, 4, 1, "READ,SELECT,TABLE,s.t,copy t to stdout,<none>");
    assert_int_equal(pg_assembly_counts(assembly).substatements, 6);
    assert_int_equal(pg_assembly_counts(assembly).copies_joined, 1);
    end("a.1 query s.inner 3\n"
        "a.2 export s.t,s.u 500\n"
        "a.5 export flow\n"
        "a.6 modify flow\n"
        "a.7 export s.t\n",
        0, NULL);
}

static void digests(void **state)
{
    uint8_t wanted[32];

    (void)state;
    begin();
    feed("a", 1, 1, 1, "READ,SELECT,TABLE,s.t,\"select 'x', \"\"y\"\"\",<none>,5");
    feed("a", 2, 1, 1, "READ,SELECT,TABLE,s.u,<previously logged>,<previously logged>,5");
    end("a.1 query s.t,s.u 5\n", 0, NULL);
    crypto_generichash(wanted, sizeof wanted, (const uint8_t *)"select 'x', \"y\"", 15, digest_key,
        sizeof digest_key);
    assert_true(out.has_digest);
    assert_memory_equal(out.digest, wanted, sizeof wanted);
    begin();
    feed("a", 1, 1, 1, "READ,SELECT,TABLE,s.t,<not logged>,<not logged>,5");
    end("a.1 query s.t 5\n", 0, NULL);
    assert_false(out.has_digest);
}

/* Memory stays bounded: events come out before the end, in order, none of them lost. */
static void bounds(void **state)
{
    char session[16], expected[64];
    char *at;

    (void)state;
    begin();
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(session, sizeof session, "s%u", i);
        feed(session, 1, 1, 1, "READ,SELECT,TABLE,s.t,select,<none>,1");
    }
    assert_true(out.text.n > 5000 * 10);
    for (unsigned i = 1; i <= 10000; i++) /* one statement with as many substatements */
        feed("long", i, 1, i, "READ,SELECT,TABLE,s.t,select,<none>,1");
    for (unsigned i = 0; i < 3000; i++) { /* and one with as many relations */
        char rest[128];

        snprintf(rest, sizeof rest, "READ,SELECT,TABLE,public.partition_%08u,select,<none>,1", i);
        feed("wide", i + 1, 1, 1, rest);
    }
    {
        static const struct pg_hold none = {1, 0, {NULL, 0}};
        uint64_t held;

        assert_int_equal(pg_assembly_end(assembly, &none, &held, NULL), 0);
        assert_int_equal(held, 0);
    }
    buf_put_u8(&out.text, 0);
    at = (char *)out.text.p;
    for (unsigned i = 0; i < 20000; i++) {
        if (i < 10000)
            snprintf(expected, sizeof expected, "s%u.1 query s.t 1\n", i);
        else
            snprintf(expected, sizeof expected, "long.%u query s.t 1\n", i - 9999);
        assert_memory_equal(at, expected, strlen(expected));
        at += strlen(expected);
    }
    assert_non_null(strstr(at, " and "));
    pg_assembly_free(assembly);
    buf_destroy(&out.text);
}

static void what_may_go_on_is_held(void **state)
{
    const uint64_t at = UINT64_C(1795310380003);
    struct pg_hold fresh = {at - 10, at + 10, {NULL, 0}}, past = {at + 1, at + 20, {NULL, 0}};
    struct pg_hold session = {1, 0, span_str("b")};

    (void)state;
    begin();
    feed("a", 1, 1, 1, "READ,SELECT,TABLE,s.t,select,<none>,5");
    feed("a", 2, 2, 1, "READ,SELECT,TABLE,s.t,select,<none>,6"); /* completes the first */
    end("a.1 query s.t 5\n", 1, &fresh);
    begin();
    feed("a", 1, 1, 1, "READ,SELECT,TABLE,s.t,select,<none>,5");
    end("a.1 query s.t 5\n", 0, &past);
    begin();
    feed("a", 1, 1, 1, "READ,SELECT,TABLE,s.t,select,<none>,5");
    feed("b", 1, 1, 1, "READ,SELECT,TABLE,s.t,select,<none>,6");
    feed("c", 1, 1, 1, "READ,SELECT,TABLE,s.t,select,<none>,7");
    end("a.1 query s.t 5\n", 2, &session);
}

static int setup(void **state)
{
    (void)state;
    return sodium_init() < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_audit_line),
        cmocka_unit_test(actions),
        cmocka_unit_test(denials),
        cmocka_unit_test(neither),
        cmocka_unit_test(malformed),
        cmocka_unit_test(zones),
        cmocka_unit_test(ids),
        cmocka_unit_test(copied_tables),
        cmocka_unit_test(one_for_each_substatement),
        cmocka_unit_test(copies),
        cmocka_unit_test(digests),
        cmocka_unit_test(bounds),
        cmocka_unit_test(what_may_go_on_is_held),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
