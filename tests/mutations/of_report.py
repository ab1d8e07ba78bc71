"""Mutations of the reports: what keeps small counts from the public, and false reports from being good."""

from mutation import Table

PUBLIC = "verifier/report/public.c"
RANGE = "verifier/report/public_range.c"
TALLY = "verifier/report/tally_public.c"
SOLVED = "integration/report_public.py Solved.test_sums_and_balances_that_would_force_small_counts"
TEXTS = "integration/report_public.py Texts"
PAIRS = "integration/report_public_pairs.py Pairs.test_"

table = Table("report")
out = table.out

out("public-totals", "a total is the sum of what is told", PUBLIC,
    "            value = range_json(total_count(v, table, all, i));",
    "            value = json_number(true, true_number(v, table, all, i));", SOLVED)
out("public-year", "a year is the sum of what its months tell", PUBLIC,
    "        return range_json(count_of(v, table, g, i));",
    "        return range_json(range_cell(true_number(v, table, g, i), v->min));", SOLVED)
out("public-received", "what was received is not told of a month", PUBLIC,
    "[VOLUMES_RECEIVED] = {.kind = ROUNDED}", "[VOLUMES_RECEIVED] = {.kind = COUNT}", SOLVED)
out("public-receipts", "receipts are not told of a month", PUBLIC,
    "[PROVISIONS_RECEIPTS] = {.kind = ROUNDED}", "[PROVISIONS_RECEIPTS] = {.kind = COUNT}", SOLVED)
out("public-over-time", "accesses over time are sums of what is told", PUBLIC,
    "range_cell(all.cells[at].values[from[i]], v->min)",
    "((struct range){all.cells[at].values[from[i]], all.cells[at].values[from[i]], WHY_SUM})",
    SOLVED)
out("public-ratified", "ratifications are not told of a month", PUBLIC,
    "[EMERGENCIES_RATIFIED] = {.kind = ROUNDED}", "[EMERGENCIES_RATIFIED] = {.kind = COUNT}", SOLVED)
out("public-answers", "answers are not told of a month", PUBLIC,
    "[ANSWERS_IN_TIME] = {.kind = ROUNDED}", "[ANSWERS_IN_TIME] = {.kind = COUNT}", SOLVED)
out("public-requested", "requests are not told of a month", PUBLIC,
    "[APPROVALS_REQUESTED] = {.kind = ROUNDED}", "[APPROVALS_REQUESTED] = {.kind = COUNT}", SOLVED)
out("public-due", "what was due is the sum of what is told", PUBLIC,
    "[RETENTION_DUE] = {SUM_OF_TWO, NULL, RETENTION_ON_TIME, RETENTION_LATE}",
    "[RETENTION_DUE] = {.kind = COUNT}", SOLVED)
out("public-acts", "acts that other tables count are not told", PUBLIC,
    "if (acts[i].is_told && is_told(v, FIGURES_ACTS, g)) {", "if (is_told(v, FIGURES_ACTS, g)) {",
    "unit/test_public")
out("public-slack", "a rounded number has the least count to both sides", RANGE,
    "throw % (2 * min + 1)", "throw % 2 * 2 * min", "unit/test_public")
out("public-chance", "how a number is rounded is not known to everybody", RANGE,
    "high = plus(high, throw % (2 * min + 1));",
    "high = plus(n / min * min, 6 * min);\n        (void)throw;", PAIRS + "a_range_has_the_number_in_it_at_any_place")
out("public-secret", "nobody without the entries knows how a number is rounded",
    "verifier/report/tally.c",
    "        sha256_stream_update(&t->signatures, entry->entry->signature);",
    "        sha256_stream_update(&t->signatures, span_of(entry->entry->key.b, HASH_BYTES));",
    PAIRS + "the_ends_hang_on_every_entry")
out("public-not-selected", "what is left of a month is not told", PUBLIC,
    "[VOLUMES_NOT_SELECTED] = {.kind = ROUNDED}", "[VOLUMES_NOT_SELECTED] = {.kind = COUNT}",
    "integration/report_public.py Solved.test_what_is_left")
out("public-lacks", "whoever publishes is told that records are gone", "verifier/report/tally.c",
    "t->lacks_records |= t->records_left > 0 && tally_counts(t);", "",
    "integration/report_public.py Asked.test_records_that_are_gone_are_pointed_out")
out("public-all-clear", "the public is not told that nothing was found",
    "verifier/report/sections_summary.c", "if (json_object_get(found, \"withheld\") != NULL)",
    "if (false)", "integration/report_public_pairs.py PageOne")
out("public-purposes", "a purpose that no grant named is not told", TALLY,
    "    if (!t->is_public || text.n == 0 ||", "    if (true || text.n == 0 ||", TEXTS)
out("public-kinds", "a kind of recipient of one's own is not told", TALLY,
    "return !t->is_public || known || kind.n == 0 ? kind", "return true ? kind", TEXTS)
out("public-actions", "an action of an agency's own is told as what it is judged as", TALLY,
    "return t->is_public ? span_str(action_text(r->action)) : r->action_name;",
    "return r->action_name;", TEXTS)
out("public-decided", "only the committee's decisions give names to the public", TALLY,
    "if (!t->is_public || !decides || r->action != ACTION_APPROVE)", "if (!t->is_public)", TEXTS)
out("public-erased", "what is kept of erased data does not hang on the period",
    "verifier/report/tally_retention.c", "        k->erased_at = r->at;\n",
    "        k->erased_at = r->at;\n        if (k->until < t->period.bounds[t->part])\n"
    "            table_remove(t->retained, k);\n", "unit/test_public")

CHECK = "integration/report_check.py Made.test_"
EVIDENCE = "integration/report_evidence.py Forged.test_"
SUMS = "verifier/report/recheck_sums.c"

out("check-tags", "a report in JSON has no tag that a browser shows", "verifier/report/recheck_read.c",
    "!html_is_escaped_json(file)", "false", "unit/test_recheck")
out("check-words", "what has a form of its own is of it", "verifier/report/recheck_form.c",
    "        return is_formed(value, kind);", "        return json_is_string(value);",
    "unit/test_recheck")
out("check-reasons", "a number is withheld for one of the reasons", "verifier/report/recheck_form.c",
    "        if (strcmp(json_string_value(value), reasons[i]) == 0)", "        if (true)",
    CHECK + "what_the_public_is_told")
out("check-order", "findings and rows in another order are others", "verifier/report/recheck_diff.c",
    "(d->r->count + d->r->omitted == problems && !json_equal(said, found))", "false",
    "unit/test_recheck")
out("check-public-rows", "the public's rows stand in their order, each once", SUMS,
    "            continue;\n        check_order(r, report, (enum figure_table_number)t);\n",
    "            continue;\n", CHECK + "what_the_public_is_told")
out("check-public-period", "the public is told of a month or a year", SUMS,
    "!period_take_months(&p))", "false)",
    CHECK + "what_the_public_is_told")
out("check-public-verdict", "the public's verdict is that of the codes", SUMS,
    "        if (!known || (int)code <= before)", "        if (!known)",
    CHECK + "what_the_public_is_told")
out("check-witnesses", "an incomplete audit names no other witnesses", "verifier/report/recheck_evidence.c",
    "json_equal(recheck_at(ledger, name), nothing))", "nothing != NULL)",
    EVIDENCE + "witnesses_of_an_audit_that_was_incomplete")
out("check-other-version", "another version's page that shows the same is good",
    "verifier/report/recheck_page.c", "!same && r->other_version", "r->other_version",
    CHECK + "pages_that_show_something_else")
out("csv-apostrophe", "no two texts are one field of CSV", "verifier/report/csv_field.c",
    ", '\\''};", "};", "unit/test_csv_field")
