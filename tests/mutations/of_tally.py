"""Mutations of what a report counts: each is seen by the second count of tests/reference/recount.py, or
by a number that a test knows."""

from mutation import Table

TALLY = "verifier/report/tally.c"
APPROVALS = "verifier/report/tally_approvals.c"
EMERGENCIES = "verifier/report/tally_emergencies.c"
RETENTION = "verifier/report/tally_retention.c"
COMMITTEE = "verifier/report/tally_committee.c"
FOUND = "verifier/report/tally_findings.c"
VOLUMES = "verifier/report/tally_volumes.c"
ACCESSES = "verifier/report/tally_accesses.c"
SYSTEMS = "verifier/report/tally_systems.c"

table = Table("tally")
out = table.out


def by_hand(name):
    return "integration/report.py ByHand.test_" + name


BY_CHANCE = "integration/report.py ByChance"

out("last", "the last instant of a period is in it", TALLY,
    "t->period.bounds[t->part + 1] - 1 : t->now_ms", "t->period.bounds[t->part + 1] : t->now_ms",
    by_hand("an_approval_up_to_the_end_of_a_month_expires_in_it"))
out("empty", "how things stand is told of any period", TALLY,
    "        t->begun = true;\n        close_part(t);", "        close_part(t);",
    by_hand("how_things_stand_is_told_where_nothing_happened"))
out("now", "now is the greatest time of receipt so far", TALLY,
    "    if (received > t->now_ms)\n        t->now_ms = received;", "    t->now_ms = received;",
    by_hand("the_end_decides_by_now"))
out("middle", "of two middle times the shorter", TALLY,
    "&all[(n - 1) / 2]", "&all[n / 2]", BY_CHANCE)
out("unsettled", "what is open is told of a period without entries", FOUND,
    "figures_add(t->figures, &row, FINDINGS_UNSETTLED, 1);",
    "tally_add(t, FIGURES_FINDINGS, span_str(f->rule->name), FINDINGS_UNSETTLED, 1);",
    by_hand("how_things_stand_is_told_where_nothing_happened"))
out("checkpoint", "who vouched for the checkpoint is judged", "verifier/report/report.c",
    "rules_conclude(r->rules, audit)", "rules_open(r->rules)",
    by_hand("what_the_read_checkpoint_shows_is_told"))
out("revoked", "what was revoked does not expire", APPROVALS,
    "== TIME_AFTER)", "!= TIME_VALID)", by_hand("late_extension_and_what_a_revocation_ended"))
out("row", "a row is there for a number", ACCESSES,
    "if (done || r->denied)", "if (true)", BY_CHANCE)
out("refused", "an emergency use of what was refused is decided", EMERGENCIES,
    "(a->ratified || a->refused)", "(a->ratified)", by_hand("emergencies"))
out("began", "an emergency use begins with the act", EMERGENCIES,
    "    e->began = record_began(r);\n    e->decided", "    e->began = r->received;\n    e->decided",
    by_hand("emergencies"))
out("erased", "an erasure is in time by the ledger's clock", RETENTION,
    "k->erasure_received = r->received;", "k->erasure_received = r->at;",
    by_hand("retention_by_the_ledgers_clock"))
out("extended", "an extension that comes too late counts for nothing", RETENTION,
    "r->received > allowed_until(t, k))", "false)", by_hand("retention_by_the_ledgers_clock"))
out("anew", "a data set that begins anew stays counted", RETENTION,
    "        if (keep_erased(t, r, k) != 0)\n            return KEIIN_ENOMEM;",
    "        table_remove(t->retained, k);", by_hand("retention_by_the_ledgers_clock"))
out("greatest", "sums stop at a number that JSON has", "verifier/report/figures.h",
    "((uint64_t)INT64_MAX)", "UINT64_MAX", by_hand("sums_beyond_what_there_is"))
out("in-time", "an answer at its deadline is in time", COMMITTEE,
    "r->received <= time_after(d.began_ms, limit)", "r->received < time_after(d.began_ms, limit)",
    by_hand("answers_at_their_deadline"))
out("reopened", "the committee's last word on a finding counts", FOUND,
    "        c->state = STATE_OPEN;", "        (void)c;",
    by_hand("findings_and_what_became_of_them"))
out("grown", "findings stay when their table grows", FOUND,
    "*slot_of(&more, all->slots[i].id) = all->slots[i];", "(void)slot_of(&more, 0);",
    "unit/test_tally")
out("once", "a finding that is told twice is one", FOUND,
    "    if (c->rule != 0)\n        return 0;\n    while", "    while", "unit/test_tally")
out("age", "30 days are 30 days", FOUND,
    "age <= 30 * DAY", "age < 30 * DAY", by_hand("findings_and_what_became_of_them"))
out("silence", "silence before the period is not of it", SYSTEMS,
    "late > t->period.from ? late : t->period.from", "late", by_hand("silence"))
out("unbalanced", "a selection may give more than it got", VOLUMES,
    "in > out ? in - out : out - in", "in > out ? in - out : 0", BY_CHANCE)
out("kind", "a receipt's own kind of recipient comes first", ACCESSES,
    "record_has(r, F_RECIPIENT_KIND) || value == NULL", "value == NULL", BY_CHANCE)
