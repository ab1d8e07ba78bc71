"""Mechanisms of keiin-verify."""

from mutation import Table

table = Table("verify")
out = table.out

JUDGE = "verifier/check/judge.c"
BATCH = "verifier/check/batch.c"
RECORDS = "verifier/check/batch_records.c"
ROSTERS = "verifier/check/rosters.c"
LEVELS = "verifier/check/levels.c"
AUDIT = "verifier/check/audit.c"
EVIDENCE = "verifier/check/evidence.c"
FINDING = "verifier/check/finding.c"
SOURCE = "http/source.c"
TILES = "http/source_tiles.c"


def forge(words):
    """Name the cases by a part of their name, with _ for a blank."""
    return "integration/forge.py " + words


# Entries

out("malformed", "an entry that is none is found", JUDGE,
    "found(j, FINDING_ENTRY_MALFORMED, index, nobody, NULL);", "(void)nobody;", forge("no_bytes"))
out("prev", "each entry is chained to the one before it", JUDGE,
    "if (!hash_eq(&e->entry.prev, &j->prev))", "if (false)", forge("entry_left_out"))
out("received", "times never fall", JUDGE,
    "if (j->has_received && e->entry.received < j->last_received)", "if (false)", forge("all_in_one"))
out("listed", "a key is listed in the roster in force", JUDGE,
    "        unknown(j, index, e);", "        (void)unknown;", forge("unlisted_key"))
out("number", "a writer's numbers have no gap", JUDGE,
    "if (e->entry.number != state->number + 1) {", "if (false) {", forge("number_jumps"))
out("before", "a writer's chain goes on from its head", JUDGE,
    "if (!hash_eq(&e->entry.before, &state->head))", "if (false)", forge("before_other"))
out("signature", "a writer's signature is checked", JUDGE,
    "if (!*rightly_signed)", "if (false)", forge("signature_of_another"))
out("signature-number", "the signature is over the last number", BATCH,
    "chain_text(&text, ledger_id, writer->key.name, entry_last_number(&e->entry), &e->head);",
    "chain_text(&text, ledger_id, writer->key.name, e->entry.number, &e->head);", forge("most_records"))
out("entry-0", "entry 0 carries the trusted roster", JUDGE,
    "e->entry.kind != ENTRY_ROSTER || !hash_eq(&digest, rosters_ledger_id(&j->rosters))",
    "e->entry.kind != ENTRY_ROSTER", forge("entry_0"))
out("entry-0-kind", "entry 0 is a roster's", JUDGE,
    "e->entry.kind != ENTRY_ROSTER || !hash_eq(&digest, rosters_ledger_id(&j->rosters))",
    "!hash_eq(&digest, rosters_ledger_id(&j->rosters))", forge("entry_0"))
out("entries-longer", "nothing stands after the entries", BATCH,
    "b->longer = !full && (longer || !cursor_done(&c));", "b->longer = false;", forge("entries_longer"))
out("entries-cut", "a bundle cut short is incomplete", BATCH,
    "    b->incomplete = true;\n    b->why = *why;", "    b->why = *why;", forge("entries_cut"))

# Records

out("record-digest", "a record hashes to its digest", RECORDS,
    "if (seen->there && !digest_fits)", "if (seen->there && !digest_fits && sealed.n > 70000)",
    forge("record_changed"))
out("sealed-digest", "a sealed part hashes to its field", RECORDS,
    "else if (sealed.n > 0 && !hash_eq(&digest, &seen->sealed))", "else if (false)",
    forge("sealed_part_changed"))
out("sealed-unasked", "a sealed part stands only where a record names it", RECORDS,
    "else if (sealed.n > 0 && !seen->has_sealed)\n"
    '        found(b, p->entry, position, FINDING_RECORD_MISMATCH, "a sealed part that no record names");\n'
    "    else if (sealed.n > 0 && !hash_eq(&digest, &seen->sealed))",
    "else if (sealed.n > 0 && seen->has_sealed && !hash_eq(&digest, &seen->sealed))",
    forge("sealed_part_unasked"))
out("record-form", "a record has the form of section 3", RECORDS,
    "else if (seen->malformed || sealed.n > SEALED_BYTES_MAX)",
    "else if (sealed.n > SEALED_BYTES_MAX)", forge("records_malformed"))
out("sealed-length", "a sealed part is not too long", RECORDS,
    "else if (seen->malformed || sealed.n > SEALED_BYTES_MAX)", "else if (seen->malformed)",
    forge("sealed_part_too"))
out("record-there", "a record is there", RECORDS,
    "        missing(b, p->entry, position, 1, false);", "        (void)missing;",
    forge("record_erased"))
out("records-there", "an entry's records are there", RECORDS,
    "        missing(p->b, p->entry, 0, (uint32_t)count, false);", "", forge("all_records"))
out("sealed-there", "a sealed part is there", RECORDS,
    "        missing(b, p->entry, position, 1, true);", "", forge("sealed_part_gone"))
out("lengths", "lengths fit the entry", RECORDS,
    "misfit = p->misfit || p->left > 0;", "misfit = p->misfit;", forge("part_longer"))
out("lengths-beyond", "a record does not reach beyond its entry's part", RECORDS,
    "    if (left < 2 + length) {", "    if (false) {",
    forge("part_shorter"))
out("records-of-roster", "a roster's entry has no records", RECORDS,
    '            found(p->b, p->entry, 0, FINDING_RECORD_MALFORMED, "records beside a roster");',
    "            (void)count;", forge("part_of_roster"))
out("records-longer", "nothing stands after the records", RECORDS,
    "if (p.err == 0 && !at_end)", "if (false)", forge("records_longer"))
out("order-role", "only the committee orders erasure", JUDGE,
    "writer != NULL && writer->role == ROLE_COMMITTEE && rightly_signed",
    "writer != NULL && rightly_signed", forge("order_by_agency"))
out("order-signed", "an order is rightly signed", JUDGE,
    "writer != NULL && writer->role == ROLE_COMMITTEE && rightly_signed",
    "writer != NULL && writer->role == ROLE_COMMITTEE", forge("order_badly"))
out("order-sound", "an order with a finding of its own is none", RECORDS,
    "    b->order_count = seen->first_order; /* an order with a finding of its own is none */",
    "", "integration/damage.py everything, change-order")
out("order-conditional", "an order whose sealed part is gone waits for another", RECORDS,
    "            b->orders[i].conditional = true;", "            b->orders[i].conditional = false;",
    forge("order_names_itself"))
out("order-spelling", "an address has one spelling", FINDING,
    "!decimal_parse(position, ENTRY_DIGESTS_MAX - 1, &value))",
    "(position.n > 0 && position.p[position.n - 1] == '/' ? "
    "(position.n--, !decimal_parse(position, ENTRY_DIGESTS_MAX - 1, &value)) : "
    "!decimal_parse(position, ENTRY_DIGESTS_MAX - 1, &value)))", forge("other_spellings"))
out("order-sealed", "an order for a sealed part does not excuse its record", FINDING,
    "    return sealed && named_exactly(f, &address);", "    return named_exactly(f, &address);",
    forge("record_erased"))

# Rosters

out("roster-role", "a roster is sent by operator or committee", JUDGE,
    "if (writer->role != ROLE_OPERATOR && writer->role != ROLE_COMMITTEE) {", "if (false) {",
    forge("by_agency"))
out("roster-parent", "parents are walked back by their hashes", ROSTERS,
    "(!hash_eq(&(*out)->text_hash, &child->parent) || (*out)->serial != child->serial - 1 ||",
    "((*out)->serial != child->serial - 1 ||", forge("another_serial_0"))
out("roster-origin", "the origin never changes, walking back", ROSTERS,
    "            !span_eq((*out)->origin, child->origin))) {", "            false)) {",
    forge("origin_changed"))
out("roster-digest", "a roster is the one that its entry holds", ROSTERS,
    "if (err == 0 && !hash_eq(&(*out)->text_hash, digest)) {", "if (false) {", forge("other_than_its"))
out("roster-known", "a roster up to the trusted one is known by its hash", ROSTERS,
    "bool same = hash_eq(&digest, &r->list[r->in_force + 1]->text_hash);", "bool same = true;",
    forge("other_serial_1"))
out("roster-gone", "a roster that is not there is invalid", ROSTERS,
    "    *step = ROSTER_REFUSED;\n    buf_init", "    *step = ROSTER_TAKEN;\n    buf_init",
    forge("roster_gone"))
out("proof-gone", "a roster has its proof", ROSTERS,
    "        *step = ROSTER_WITHOUT_PROOF;", "        *step = ROSTER_TAKEN;", forge("proof_gone"))
out("proof-stuck", "after a proof that fails no later roster judges", ROSTERS,
    "        r->stuck = true;", "        r->stuck = false;", forge("three_rosters"))
out("proof-origin", "a proof's checkpoint is of this ledger", ROSTERS,
    "if (!span_eq(checkpoint.origin, before->origin)) {", "if (false) {", forge("another_origin"))
out("proof-log", "a proof is signed by the log", ROSTERS,
    "if (votes.wrong || !votes.log_signed) {", "if (votes.wrong) {", forge("proof_unsigned"))
out("proof-wrong-line", "a wrong line by a known key spoils a proof", ROSTERS,
    "if (votes.wrong || !votes.log_signed) {", "if (!votes.log_signed) {", forge("wrong_line"))
out("proof-quorum", "a proof has the quorum of the roster before", ROSTERS,
    "    *unchecked = err == 0 && !votes.quorum;\nout:", "    *unchecked = false;\n    err = 0;\nout:",
    forge("proof_short"))
out("proof-index", "a proof is for the entry's index", ROSTERS,
    "if (proof.index != index || !proof.has_extra ||", "if (!proof.has_extra ||",
    forge("another_index"))
out("proof-entry", "a proof holds the very entry", ROSTERS,
    "!span_eq(extra.entry, e->bytes)) {", "false) {", forge("another_extra"))
out("proof-path", "a proof leads from its entry to its root", ROSTERS,
    "} else if (!tree_check_inclusion(\n                   index, out->size, &e->leaf, proof.hashes, "
    "proof.hash_count, &out->root)) {", "} else if (e->bytes.n == 0) {", forge("without_hashes"))
out("unreadable-roster", "a roster that cannot be read leaves the checkpoint unjudged", ROSTERS,
    "        *step = ROSTER_UNREADABLE;\n        r->judge_unknown = true;",
    "        *step = ROSTER_UNREADABLE;", forge("roster_unreadable"))
out("unreadable-proof", "a proof that cannot be read leaves the checkpoint unjudged", ROSTERS,
    "    if (err == 0 && *step == ROSTER_UNREADABLE)\n        r->judge_unknown = true;", "",
    forge("proof_unreadable"))

# The tree, and what was signed for it

out("tile", "tiles of the first level agree with the entries", BATCH,
    "            b->tile_differs = true;", "            b->tile_differs = false;", forge("tile_wrong"))
out("tile-cut", "a tile cut short is incomplete", BATCH,
    "if (err != 0 || b->tile.n < b->width * (size_t)HASH_BYTES) {", "if (err != 0) {",
    forge("tile_cut"))
out("tile-longer", "a tile has no hash more", BATCH,
    "if (!full && (longer || b->tile.n > b->width * (size_t)HASH_BYTES))", "if (false)",
    forge("tile_longer"))
out("upper-tile", "tiles of higher levels agree with those below", LEVELS,
    "        l->tile_differs = true;", "        l->tile_differs = false;", forge("upper_tile"))
out("upper-tile-gone", "a tile of a higher level is there", LEVELS,
    "        l->incomplete = true;\n        bytes = err", "        bytes = err", forge("upper_tile"))
out("upper-tile-longer", "a tile of a higher level has no hash more", LEVELS,
    "if (!full && (longer || theirs.n > width * (size_t)HASH_BYTES))", "if (false)",
    forge("upper_tile"))
out("root", "the entries hash to the checkpoint's root", AUDIT,
    "a->root_fits = hash_eq(&root, &a->checkpoint.root);", "a->root_fits = true;",
    forge("other_root"))
out("fork-of-proof", "a proof's root is the tree's", LEVELS,
    "        else if (!hash_eq(&l->expected[i].root, &root))\n            l->fork = true;", "",
    forge("another_history"))
out("fork-of-small-proof", "a proof's root is held against a tree that has passed by", LEVELS,
    "        if (err == 0 && !hash_eq(&root, &e->root))\n            l->fork = true;", "",
    forge("far_smaller"))

# The checkpoint

out("log-key", "the log signed the checkpoint", AUDIT,
    "    if (!a->out->log_signed)", "    if (false)", forge("other_log"))
out("origin", "the checkpoint is of this ledger", AUDIT,
    "a->signed_by_log = err == 0 && a->votes.log_signed && origin;",
    "a->signed_by_log = err == 0 && a->votes.log_signed;", forge("other_origin"))
out("wrong-line", "a wrong line by a known key spoils the checkpoint", AUDIT,
    "a->out->log_signed = a->signed_by_log && !a->votes.wrong;",
    "a->out->log_signed = a->signed_by_log;", forge("wrong_witness"))
out("quorum", "the witnesses' quorum is met", AUDIT,
    "} else if (!a->votes.quorum) {", "} else if (false) {", forge("short_of_quorum"))
out("quorum-unchecked", "a quorum that nobody can check is none", AUDIT,
    "if (!a->votes.quorum && a->votes.quorum_unchecked) {", "if (false) {", forge("ml_dsa"))
out("age", "what is vouched for is not too old", AUDIT,
    "    found(a, FINDING_STALE, detail);", "    (void)detail;", forge("stale"))
out("incomplete", "what was not read is said", AUDIT,
    "    if (a->judge.incomplete)\n        incomplete(a, &a->judge.why);", "", forge("records_gone"))

# Memory

out("rollback", "a smaller checkpoint than one seen", AUDIT,
    "a->checkpoint.size < s->seen_size) {", "false) {", forge("rollback"))
out("fork", "another root at the size of one seen", AUDIT,
    "!hash_eq(&a->checkpoint.root, &s->seen_root))\n        found(a,",
    "false)\n        found(a,", forge("fork_at_same"))
out("fork-larger", "a larger ledger goes on from the one seen", AUDIT,
    "        err = levels_expect(a->levels, a->state.seen_size, &a->state.seen_root);", "",
    forge("fork_at_larger"))
out("fork-unsigned", "only what the log signed is a fork", AUDIT,
    "if (!whole || !a->signed_by_log)", "if (!whole)", forge("fork_unsigned"))
out("remember-quorum", "only what has the quorum is remembered", AUDIT,
    "bool quorum = a->out->judged && a->out->log_signed && a->votes.quorum;",
    "bool quorum = a->out->judged && a->out->log_signed;", forge("rollback_to"))
out("remember-sound", "only from what stands does the next audit go on", AUDIT,
    "quorum && a->root_fits && !a->is_incomplete && !findings_has(f, FINDING_ROOT_MISMATCH);",
    "quorum;", forge("records_refused"))
out("remember-conflict", "what contradicts is kept and not remembered", AUDIT,
    "    if (conflict)\n        return state_keep_evidence", "    if (false)\n        return state_keep_evidence",
    forge("fork_at_same"))
out("state-of-another", "a state folder belongs to one ledger", "verifier/check/state.c",
    "trusted != j->rosters.trusted", "false", forge("anchor"))
out("state-records", "records that were not read are read the next time", "verifier/check/state.c",
    "(want_records && !json_is_true(json_object_get(json, \"records_were_read\")))", "false",
    forge("records_after"))

# One proof by itself

out("receipt-judge", "a receipt is judged by the roster of its time", EVIDENCE,
    "        if (e->votes.log_signed || e->votes.wrong)\n            return 0;", "        return 0;",
    "integration/ledger_log_key.py")
out("receipt-path", "a receipt leads from its entry to its root", EVIDENCE,
    "if (e->has_checkpoint && !tree_check_inclusion(", "if (false && !tree_check_inclusion(",
    "integration/damage.py everything, log receipt-")
out("receipt-entry", "a receipt's entry is well-formed", EVIDENCE,
    'found(f, FINDING_RECEIPT_MISMATCH, "the entry in it is malformed");', "(void)leaf;",
    "integration/damage.py everything, log receipt-")
out("receipt-writer", "a receipt's entry is signed by its writer", EVIDENCE,
    "if (!ed25519_verify(e->writer->key.key,", "if (false && !ed25519_verify(e->writer->key.key,",
    "integration/damage.py everything, log receipt-")
out("receipt-record", "a receipt's record is the entry's", EVIDENCE,
    "if (!hash_eq(&digest, &want)) {", "if (false) {", "integration/damage.py everything, log receipt-")
out("receipt-record-form", "a receipt's record is well-formed", EVIDENCE,
    "if (record_check(e->extra.record, &e->facts, &why) != 0) {",
    "if (record_check(e->extra.record, &e->facts, &why) == KEIIN_ENOMEM) {",
    "integration/damage.py everything, log receipt-")
out("receipt-sealed", "a receipt's sealed part is the record's", EVIDENCE,
    "if (!e->facts.has_sealed || !hash_eq(&digest, &e->facts.sealed))", "if (false)",
    "integration/damage.py everything, log receipt-")
out("receipt-log", "a receipt's checkpoint is signed by the log", EVIDENCE,
    "else if (e->votes.wrong || !e->votes.log_signed)", "else if (e->votes.wrong)",
    "integration/damage.py everything, log receipt-")
out("receipt-wrong-line", "a wrong line by a known key spoils a receipt", EVIDENCE,
    "else if (e->votes.wrong || !e->votes.log_signed)", "else if (!e->votes.log_signed)",
    "integration/damage.py everything, log receipt-")
out("receipt-origin", "a receipt is of this ledger", EVIDENCE,
    "if (!span_eq(e->checkpoint.origin, e->judge->origin))", "if (false)", "integration/damage.py everything, log receipt-")
out("receipt-quorum", "a receipt without the quorum is provisional", EVIDENCE,
    "    else if (!e->votes.quorum)", "    else if (false)", "integration/damage.py everything, log receipt-")
out("receipt-position", "a receipt's position is in its entry", EVIDENCE,
    "if (e->extra.position >= e->entry.digest_count || e->entry.kind != ENTRY_RECORDS) {",
    "if (e->extra.position >= e->entry.digest_count) {\n        e->extra.position = 0;\n    }\n    if (false) {",
    "integration/damage.py everything, log receipt-")
out("receipt-ledger-id", "the writer's signature needs the ledger id", EVIDENCE,
    "    if (rosters[0]->serial != 0) {", "    if (false) {",
    "integration/damage.py everything, receipt-no-ledger-id")

# Reading

out("file-kind", "only a regular file is read", SOURCE,
    "if (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode)) {", "if (fstat(*fd, &st) != 0) {",
    "integration/odd_files.py")
out("file-bound", "no more is read than can be", SOURCE,
    "    while (err == 0 && got == sizeof piece && !*longer) {",
    "    while (err == 0 && got == sizeof piece) {", "integration/odd_files.py")
out("patience", "a source that is slow again and again is given up", SOURCE,
    "gone = s->patience->waited_ms > s->patience->waited_ms_max;", "gone = false;",
    "integration/hostile_source.py bundles")
out("tile-short", "a hash tile that is cut short gives no hashes", TILES,
    "if (err == 0 && t->bytes.n < bytes) {", "if (false) {", "unit/test_source_tiles")
out("tile-kept", "a tile of a smaller tree does not pass for one of a larger", TILES,
    "have->width >= tile->width)", "have->width > 0)", "unit/test_source_tiles")
out("redirect", "a redirection is not followed", "http/client.c",
    "CURLOPT_FOLLOWLOCATION, 0L", "CURLOPT_FOLLOWLOCATION, 1L",
    "integration/hostile_source.py redirect")
out("content-coding", "an answer in a content coding is not read", "http/client.c",
    "return n - at != strlen(\"identity\") || strncasecmp(line + at, \"identity\", n - at) != 0;",
    "return false;", "unit/test_http_client")
out("stall", "an answer that stalls is given up", "http/client.c",
    "else if (now - t->active_ms >= client->options.stall_timeout_ms)", "else if (false)",
    "unit/test_http_client")
out("answer-bound", "an answer longer than expected is cut off", "http/client.c",
    "if (n > (wanted ? t->body_bytes_max : DISCARD_BYTES_MAX) - t->body_bytes) {",
    "if (n > (wanted ? SIZE_MAX : DISCARD_BYTES_MAX) - t->body_bytes) {", "unit/test_http_client")
out("discard-bound", "a refusal's body is not read without end", "http/client.c",
    "if (n > (wanted ? t->body_bytes_max : DISCARD_BYTES_MAX) - t->body_bytes) {",
    "if (wanted && n > t->body_bytes_max - t->body_bytes) {", "unit/test_http_client")
out("status-of-url", "a URL carries no user, password, query or fragment", "http/client.c",
    "            valid = false;\n        curl_free(part);", "            valid = true;\n        curl_free(part);",
    "unit/test_http_client")

# Telling

out("json-member", "JSON that lacks a member is not printed", "system/json.c",
    "lacks = json_object_set_new(object, name, value) != 0 || lacks;",
    "(void)json_object_set_new(object, name, value);", "unit/test_verify_json")
out("json-item", "JSON that lacks an item of a list is not printed", "system/json.c",
    "lacks = json_array_append_new(list, value) != 0 || lacks;",
    "(void)json_array_append_new(list, value);", "unit/test_verify_json")

# The rules

RULES_COMMAND = "verifier/verify/rules_command.c"
RULES_STATE = "verifier/verify/rules_state.c"
RULES_SAVED = "verifier/rules/state.c"
WAITING = "verifier/rules/waiting.c"

out("rules-resume", "the rules go on only where they stood", RULES_COMMAND,
    "    return index == 0 || run->resumed;", "    return true;",
    "crash/rules_state.py Unfit.test_missing")
out("rules-entries", "a state of the rules is of the entries before it", RULES_STATE,
    "memcmp(bytes.p, head.p, HEAD_BYTES) != 0)", "false)",
    "crash/rules_state.py Unfit.test_older_under_the_name_of_the_newer")
out("rules-ledger", "a state of the rules is of this ledger", RULES_STATE,
    "memcmp(bytes.p, head.p, HEAD_BYTES) != 0)", "memcmp(bytes.p, head.p, 8) != 0)",
    "crash/rules_state.py Unfit.test_of_another_ledger")
out("rules-first", "the state of the rules is written before the audit's", AUDIT,
    "    if (stands && keeper != NULL) {", "    if (false) {",
    "crash/rules_state.py Growing.test_nothing_new")
out("rules-whole", "a damaged state of the rules is refused", RULES_SAVED,
    "    return memcmp(in->end, hash.b, HASH_BYTES) == 0;", "    return true;",
    "unit/test_rules_state")
out("rules-state-limits", "a state of the rules is of these limits", RULES_SAVED,
    "if (!hash_eq(&digest, &rules->limits->digest)) {", "if (false) {",
    "crash/rules_state.py Unfit.test_other_limits")
out("rules-id-limits", "a finding's id is of these limits", "verifier/rules/found.c",
    "    hex_encode(text, span_hash(digest));\n    sha256_stream_update(&h, span_str(\"\\n\"));",
    "    memset(text, '0', 64);\n    (void)digest;\n    sha256_stream_update(&h, span_str(\"\\n\"));",
    "integration/rules.py Said.test_ids")
out("rules-id-subject", "a finding's id is of its subject", "verifier/rules/found.c",
    "    if (subject.n > 0) {", "    if (false) {", "integration/rules.py Said.test_ids")
out("rules-waiting", "what waits for its approval is bounded", WAITING,
    "all->bytes + r->bytes.n > rules->waiting_bytes_max)", "false)", "unit/test_rules_authority")
out("rules-open", "what still waits is told of at the end", "verifier/rules/engine.c",
    "return err == 0 ? rules_open(rules) : err;", "return err;",
    "crash/rules_state.py Growing.test_steps_find_what_one_run_finds_in_the_same_order")
out("rules-unsound", "a ledger that is not sound is a finding", "verifier/verify/rules_report.c",
    "    if (o->report->found > 0 || o->audit->verdict == AUDIT_FINDINGS)",
    "    if (o->report->found > 0)", "integration/rules.py Statuses.test_damaged_ledgers")
out("rules-signed", "the rules judge only what a listed writer rightly signed", JUDGE,
    "rightly_signed ? writer : NULL);", "writer);",
    "integration/rules.py Statuses.test_what_no_writer_signed_is_not_judged")
out("rules-twice", "a limit is given once", "verifier/rules/limits.c",
    "    if (*given == 0) {", "    if (true) {", "integration/rules.py Limits")
out("rules-refusals", "of the refusals on a data set only the newest are kept",
    "verifier/rules/denied_burst.c", "if (count >= 2 * REFUSALS_MAX &&", "if (false &&",
    "unit/test_rules_behaviour")
out("rules-lines", "a note with many lines by one key says nothing",
    "verifier/rules/time_disputed.c", " || any_repeats(&note, roster))", ")",
    "unit/test_rules_time")


# What is taken away

CERTIFICATE = "verifier/verify/check_certificate.c"

out("certificate-key", "a certificate is believed for known keys alone", CERTIFICATE,
    "return c->signer == NULL ? EXIT_INCOMPLETE :", "return c->signer == NULL ? EXIT_OK :",
    "integration/certificate.py Believed.test_unknown_key")
out("certificate-wrong", "a wrong line by a known key spoils it", CERTIFICATE,
    "c->is_wrong = c->is_wrong || vote.wrong;", "(void)c->is_wrong;",
    "integration/certificate.py Believed.test_one_known_line_among_others")
out("certificate-role", "an agency's or the operator's key certifies nothing", CERTIFICATE,
    "(writer->role != ROLE_COMMITTEE && writer->role != ROLE_AUDITOR) ||", "",
    "integration/certificate.py Believed.test_writers_of_the_roster")
out("certificate-ledger", "a certificate is of the roster's ledger", CERTIFICATE,
    "(c->ledger_compared && !hash_eq(id, &c->certificate.ledger_id))", "false",
    "integration/certificate.py Believed.test_of_another_ledger")
out("certificate-coherent", "a certificate says nothing that cannot be", "core/certificate.c",
    "    if (!certificate_coherent(out)) {", "    if (false) {", "unit/test_certificate")
out("csv-formula", "a field of CSV is no formula", "verifier/report/csv_field.c",
    "if (needs_apostrophe(text))", "if (needs_apostrophe(text) && text.n == 0)", "unit/test_csv_field")
out("sample-least", "the records with the least hashes are drawn", "verifier/report/sample.c",
    "if (memcmp(key->b, h->rows[0].key.b, HASH_BYTES) >= 0)", "if (true)",
    "integration/sample.py Drawn.test_least_hashes")
out("export-digest", "what stands is exported with its digest", "verifier/check/judge.c",
    "        entry_digest(e, place.position, &place.digest);\n", "",
    "integration/export.py Formats.test_hostile_texts_stay_text")
out("export-part", "an export without a verdict does not get its name",
    "verifier/verify/export_command.c", "run.ledger.result.verdict != AUDIT_INCOMPLETE", "true",
    "integration/export.py Files.test_without_a_verdict_it_stays_a_part")
