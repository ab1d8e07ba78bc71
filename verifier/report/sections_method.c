/* How a report was made, what it cannot show, and what it rests on. */
#include <stdio.h>

#include "core/sha256.h"
#include "core/text.h"
#include "verifier/report/sections_internal.h"
#include "verifier/report/terms.h"

/* What each column of a table counts. */
static void put_definitions(struct page *p, const struct figure_table *table)
{
    enum message name, counts;
    const json_t *all = json_object_get(json_object_get(p->report, "figures"), table->name);

    if (all == NULL || !terms_table(table->name, &name) ||
        strcmp(table->name, "accesses_over_time") == 0)
        return;
    document_put(p->d, BLOCK_SUBSECTION, "%s", message_in(p->wording.language, name));
    document_list(p->d, BLOCK_FACTS);
    for (int i = 0; table->columns[i].name != NULL; i++)
        if (terms_column(table->name, table->columns[i].name, &name, &counts))
            fact(p, name, message_in(p->wording.language, counts));
}

void section_cannot(struct page *p)
{
    static const enum message cannot[] = {MESSAGE_REPORT_CANNOT_1, MESSAGE_REPORT_CANNOT_2,
        MESSAGE_REPORT_CANNOT_3, MESSAGE_REPORT_CANNOT_4, MESSAGE_REPORT_CANNOT_5,
        MESSAGE_REPORT_CANNOT_6, MESSAGE_REPORT_CANNOT_7, MESSAGE_REPORT_CANNOT_8};

    SAY(p, SECTION, SECTION_CANNOT);
    document_list(p->d, BLOCK_LIST);
    for (size_t i = 0; i < sizeof cannot / sizeof cannot[0]; i++)
        document_item(p->d, span_str(message_in(p->wording.language, cannot[i])));
}

void section_method(struct page *p)
{
    struct shown version, least;

    SAY(p, SECTION, SECTION_METHOD);
    SAY(p, PARAGRAPH, METHOD_WHEN);
    SAY(p, PARAGRAPH, METHOD_END);
    SAY(p, PARAGRAPH, METHOD_STAND);
    SAY(p, PARAGRAPH, METHOD_AGENCY);
    SAY(p, PARAGRAPH, METHOD_ROUNDED);
    PUT(p, PARAGRAPH, METHOD_RULES, show_text(p, &version, json_object_get(p->report, "version")));
    if (p->is_public) {
        PUT(p, PARAGRAPH, METHOD_PUBLIC,
            show_number(&least,
                figure_low(json_object_get(json_object_get(p->report, "rules"), "public_min"))));
        SAY(p, PARAGRAPH, METHOD_OTHER);
    }
    for (int t = 0; t < FIGURE_TABLES; t++)
        put_definitions(p, &figure_tables[t]);
}

/* --- What it rests on. */

static void put_id(struct page *p)
{
    const char *hex = json_string_value(page_ledger(p, "id"));
    char grouped[HEX_GROUPED_BYTES];
    struct hash id;

    if (hex == NULL || !hex_decode(id.b, HASH_BYTES, span_str(hex)))
        return;
    hex_grouped(grouped, &id);
    fact(p, MESSAGE_REPORT_BASIS_ID, grouped);
}

static void put_limits(struct page *p)
{
    const json_t *digest = json_object_get(json_object_get(p->report, "rules"), "digest");
    char none[2 * HASH_BYTES + 1];
    struct shown text;
    struct hash hash;

    sha256(&hash, (struct span){NULL, 0});
    hex_encode(none, span_hash(&hash));
    show_text(p, &text, digest);
    fact(p, MESSAGE_REPORT_BASIS_RULES,
        strcmp(text.text, none) == 0 ? WORDS(p, BASIS_INITIAL) : text.text);
}

static void put_witnesses(struct page *p)
{
    json_t *list = (json_t *)page_ledger(p, "witnesses"), *witness;
    size_t i;

    json_array_foreach (list, i, witness) {
        struct shown name, time;
        struct buf what;

        buf_init(&what, 64 * 1024);
        buf_printf(
            &what, WORDS(p, BASIS_WITNESS), show_text(p, &name, json_object_get(witness, "name")));
        document_item(p->d, buf_view(&what));
        document_item(p->d, span_str(show_time(p, &time, json_object_get(witness, "at"))));
        buf_destroy(&what);
    }
}

/* A note as it stands, line by line. */
static void put_note(struct page *p, const char *note)
{
    struct buf lines;

    buf_init(&lines, 1 << 20);
    while (*note != 0) {
        size_t n = strcspn(note, "\n");

        document_text(&lines, p->wording.language, span_of(note, n));
        note += n;
        if (*note == '\n' && *++note != 0)
            buf_put_u8(&lines, '\n');
    }
    document_put_span(p->d, BLOCK_FIXED, buf_view(&lines));
    buf_destroy(&lines);
}

void section_basis(struct page *p)
{
    const json_t *note = json_object_get(json_object_get(p->report, "evidence"), "checkpoint");
    struct shown text;
    char line[64];

    SAY(p, SECTION, SECTION_BASIS);
    document_list(p->d, BLOCK_FACTS);
    fact(p, MESSAGE_REPORT_BASIS_LEDGER, show_text(p, &text, page_ledger(p, "origin")));
    put_id(p);
    fact(p, MESSAGE_REPORT_BASIS_SIZE, show_number(&text, figure_low(page_ledger(p, "size"))));
    fact(p, MESSAGE_REPORT_BASIS_ROOT, show_text(p, &text, page_ledger(p, "root")));
    snprintf(line, sizeof line, "%llu, %llu",
        (unsigned long long)figure_low(page_ledger(p, "roster_trusted")),
        (unsigned long long)figure_low(page_ledger(p, "roster")));
    fact(p, MESSAGE_REPORT_BASIS_ROSTER, line);
    put_limits(p);
    show_text(p, &text, json_object_get(p->report, "version"));
    snprintf(line, sizeof line, "keiin-verify %.40s", text.text);
    fact(p, MESSAGE_REPORT_BASIS_PROGRAM, line);
    put_witnesses(p);
    SAY(p, PARAGRAPH, BASIS_CHECK);
    if (!json_is_string(note))
        return;
    SAY(p, PARAGRAPH, BASIS_CHECKPOINT);
    put_note(p, json_string_value(note));
}
