#include "verifier/verify/rules_report.h"

#include "system/cli.h"

int rules_report_init(struct rules_report *r, bool json, uint64_t told_max)
{
    *r = (struct rules_report){.json = json, .told_max = told_max, .lines = tmpfile()};
    return r->lines == NULL ? KEIIN_EIO : 0;
}

void rules_report_destroy(struct rules_report *r)
{
    if (r->lines != NULL)
        fclose(r->lines);
    r->lines = NULL;
}

void rules_report_clear(struct rules_report *r)
{
    struct rules_report fresh = {.lines = r->lines, .json = r->json, .told_max = r->told_max};

    rewind(r->lines); /* what stands behind the new end is never read: see `told` */
    *r = fresh;
}

int rules_report_add(struct rules_report *r, const struct rules_finding *f)
{
    uint64_t count = 0;

    for (size_t i = 0; i < rules_count; i++)
        if (rules_all[i] == f->rule)
            count = ++r->by_rule[i];
    r->found++;
    r->open += f->open;
    if (r->json)
        return json_rules_finding(r->lines, f);
    if (count > r->told_max)
        return 0;
    r->told++;
    words_rules_finding(r->lines, f);
    return ferror(r->lines) ? KEIIN_EIO : 0;
}

int rules_report_put(struct rules_report *r, FILE *to)
{
    char piece[65536];
    long left = ftell(r->lines);

    rewind(r->lines);
    while (left > 0) {
        size_t n = left < (long)sizeof piece ? (size_t)left : sizeof piece;

        if (fread(piece, 1, n, r->lines) != n || fwrite(piece, 1, n, to) != n)
            return KEIIN_EIO;
        left -= (long)n;
    }
    return left < 0 || fflush(to) != 0 ? KEIIN_EIO : 0;
}

int rules_outcome_status(const struct rules_outcome *o)
{
    if (o->report->found > 0 || o->audit->verdict == AUDIT_FINDINGS)
        return EXIT_FINDINGS;
    return o->audit->verdict == AUDIT_INCOMPLETE ? EXIT_INCOMPLETE : EXIT_OK;
}
