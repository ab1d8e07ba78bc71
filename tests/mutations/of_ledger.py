"""Mechanisms of keiin-ledger."""

from mutation import Table

table = Table("ledger")
out = table.out

SUBMIT = "integration/ledger_submit.py"
RUN = "integration/ledger_run.py"
SERVE = "integration/ledger_serve.py"
SEQUENCE = "ledger/sequence.c"
RESERVE = "unit/test_ledger_submit"

# Who may write what

out("key-known", "a key that no roster listed is refused", "ledger/validate.c",
    "    if (book_find_key(job->book, &s->key, NULL) == NULL) {", "    if (false) {", SUBMIT)
out("signature", "a writer's signature is checked", "ledger/validate.c",
    "        if (ed25519_verify(key->key, span_of(text.bytes, text.n), s->signature)) {",
    "        if (text.n > 0) {", SUBMIT)
out("listed", "the roster in force lists the key", SEQUENCE,
    "        if (key->writer == job->writer && key->listed)", "        if (key->writer == job->writer)",
    SUBMIT)
out("role", "a roster comes from operator or committee", SEQUENCE,
    "else if (sub->kind == ENTRY_ROSTER && key->role != ROLE_OPERATOR && key->role != ROLE_COMMITTEE)",
    "else if (key->role == (enum role)99)", SUBMIT)
out("number", "a submission has the writer's next number", SEQUENCE,
    "else if (sub->number != head->number + 1)", "else if (false)", SUBMIT)
out("before", "a submission goes on from the writer's head", SEQUENCE,
    "else if (!hash_eq(&sub->before, &head->hash))", "else if (false)", SUBMIT)
out("roster", "a roster follows the one in force", SEQUENCE,
    "if (roster_check(job->roster, job->note, state->roster, &job->why) != 0 ||", "if (", SUBMIT)
out("roster-log", "a roster lists the log's own key", "ledger/rosters.c",
    "    if (rosters_list_log(roster, log_key))\n        return 0;", "    return 0;", SUBMIT)
out("roster-quorum", "a roster asks for nothing that this ledger cannot do", "ledger/rosters.c",
    "if (roster->quorum != ROSTER_QUORUM_NONE) {", "if (false) {", SUBMIT)
out("record-form", "a record is well-formed before it is stored", "core/submission.c",
    "        err = check_record(out, i, why);\n        if (err != 0)\n            return err;", "",
    SUBMIT)

# The same again

out("replay", "the same submission again is answered as the first", SEQUENCE,
    "    *found = true;\n    job->index", "    *found = false;\n    job->index", SUBMIT)
out("replay-content", "a repetition has the same content", SEQUENCE,
    "    if (!hash_eq(&after, &job->after))\n        return 0;\n    *found = true;",
    "    *found = true;", SUBMIT)
out("reserve-bytes", "others leave room for bodies of committee and operator", "ledger/submit.c",
    "        max -= max / 100 * config->reserve_percent;", "        max -= 0;", RESERVE)
out("reserve-bytes-whose", "... who have it", "ledger/submit.c", "    if (!upload->privileged)\n",
    "    if (true)\n", RESERVE)
out("reserve-head", "... however the first bytes of theirs come", "ledger/submit.c",
    "    return piece.n < left;", "    return false;", RESERVE)
out("reserve-places", "others leave places in the queue for committee and operator",
    "ledger/submit.c", "        max -= max * config->reserve_percent / 100;", "        max -= 0;", RESERVE)
out("reserve-places-whose", "... who have them", "ledger/submit.c", "    if (!privileged)\n",
    "    if (true)\n", RESERVE)
out("evidence", "a second head for one number is kept", SEQUENCE,
    "        return group_put_evidence(s->group, job, &entry, &after);", "        return 0;", SUBMIT)
out("evidence-in-group", "a refused head is held against what its group places after it", SEQUENCE,
    """        err = sequence_job(s, job);
    for (struct job *job = s->jobs.first; job != NULL && err == 0; job = job->next)
        if (job->refused""",
    """        if ((err = sequence_job(s, job)) == 0 && job->refused""", "unit/test_ledger_evidence")
out("evidence-full", "evidence is kept where the rest of its group has no room", SEQUENCE,
    "    err = store_group(s);\n    if (!may_give_up(err))\n        return err;\n    s->stores = false;",
    "    s->stores = false;", "unit/test_ledger_evidence")
out("evidence-bound", "evidence of one writer does not fill the disk", "ledger/commit.c",
    "    if (err < 0 || counting.count >= counting.max)", "    if (err < 0)", SUBMIT)

# Times

out("clock-jump", "a clock that jumped is not believed", "ledger/clockwatch.c",
    "if (parted_ms > PARTED_MS_MAX || parted_ms < -PARTED_MS_MAX) {", "if (false) {",
    "unit/test_ledger_parts")
out("clock-behind", "a clock behind the last entry is not believed", "ledger/clockwatch.c",
    "} else if (last_received > wall_ms && last_received - wall_ms > BEHIND_MS_MAX) {",
    "} else if (false) {", "unit/test_ledger_parts")
out("clock-patience", "a clock that stays wrong ends the ledger", "ledger/clockwatch.c",
    "    return monotonic_ms - watch->wrong_since_ms < PATIENCE_MS ? KEIIN_EBUSY : KEIIN_EREFUSED;",
    "    return KEIIN_EBUSY;", "unit/test_ledger_parts")
out("received", "times never fall", "ledger/clockwatch.c",
    "    *now_ms = wall_ms > last_received ? wall_ms : last_received;", "    *now_ms = wall_ms;",
    "unit/test_ledger_parts")

# Durable before it is said

out("commit", "an answer leaves after the commit", "ledger/commit.c",
    "    if (err == 0)\n        err = store_commit(&g->txn);\n    else",
    "    if (err == 0)\n        store_abort(&g->txn);\n    else", "unit/test_ledger_faults")
out("publish-failed", "what was not committed is not answered", SEQUENCE,
    "        err = sequence_store(s);\n        if (err == 0)\n            err = sequence_publish(s);",
    "        err = sequence_store(s);\n        err = sequence_publish(s);", "unit/test_ledger_faults")
out("room", "a full disk is known before the commit", "ledger/commit.c",
    "    if (err == 0)\n        err = store_room(&g->txn, bytes);", "    (void)bytes;",
    RUN)
out("reload", "what was given up leaves no trace in memory", SEQUENCE,
    "    int err = recover_reload(s->ledger);", "    int err = 0;", "unit/test_ledger_faults")
out("heads", "writers' heads are stored with the entries", "ledger/commit.c",
    "            err = heads_put(&ledger->state.heads, &g->txn, ledger->state.book);",
    "            err = 0;", "unit/test_ledger_faults")

# Start-up

out("start-root", "the tree's edge hashes to the signed root", "ledger/recover.c",
    "    if (!hash_eq(&root, &checkpoint.root)) {", "    if (false) {", "unit/test_ledger_groups")
out("start-signer", "the log's key signed the newest checkpoint", "ledger/recover.c",
    "    return vote.valid && !vote.wrong;", "    return vote.valid || !vote.valid;", RUN)
out("start-listed", "a new log key signs nothing before the roster lists it", "ledger/recover.c",
    "        listed = listed || hash_eq(&key->key_hash, &own.key_hash);", "        listed = true;",
    "integration/ledger_log_key.py")
out("start-restored", "what was taken over with a new log key is opened again", "ledger/extend.c",
    "shell->given.log_key, true,", "NULL, true,", "integration/ledger_restore.py show_new_log_key")
out("start-not-shown", "a checkpoint by a key that is not listed yet is not shown", "ledger/publish.c",
    "    out->shown = state->checkpoint_listed;", "    out->shown = true;",
    "integration/ledger_restore.py show_new_log_key")
out("start-origin", "the store is of the ledger that is configured", "ledger/recover.c",
    "if (!span_is(checkpoint->origin, config->origin)) {", "if (false) {", RUN)
out("start-size", "the store has as many entries as the checkpoint says", "ledger/recover.c",
    "    if (err == 0 && size != checkpoint->size) {", "    if (false) {",
    "unit/test_ledger_groups")
out("start-entries", "the newest entries are checked again", "ledger/recheck.c",
    '    if (!hash_eq(&stored, &r->leaf))\n        return wrong(r, why, "does not hash to its leaf in the tree");',
    "", RUN)
out("start-records", "the newest records fit their entries", "ledger/recheck.c",
    "return record_fits(&digest, record, sealed);", "return true;", RUN)
out("start-heads", "the stored heads are those of the newest entries", "ledger/recover.c",
    "            !hash_eq(&seen[i].hash, &stored->hash)) {", "            false) {",
    "unit/test_ledger_groups")
out("start-heads-number", "and their numbers", "ledger/recover.c",
    "seen[i].number != stored->number || ", "", "unit/test_ledger_groups")
out("start-heads-index", "and their places", "ledger/recover.c",
    "seen[i].index != stored->index ||", "", "unit/test_ledger_groups")
out("start-store", "LMDB makes no empty store where one is gone", "store/lmdb.c",
    "    if (!options->create && stat(data, &st) != 0) {", "    if (false && stat(data, &st) != 0) {",
    RUN)

# Bounds

out("quota", "a writer sends no more than its quota", "ledger/quota.c",
    "    if (q->submissions < 1000 || q->bytes < bytes * 1000)\n        return false;", "",
    "unit/test_ledger_parts")
out("quota-refund", "what a writer did not sign is not charged to it", "ledger/submit.c",
    "    if (job->refused == REFUSE_MALFORMED || job->refused == REFUSE_SIGNATURE)\n        refund(ledger, job);",
    "", RUN)
out("body-bound", "a body has 4 MiB at most", "ledger/submit.c",
    "if (bytes > SUBMISSION_BYTES_MAX) {", "if (false) {", SUBMIT)
out("body-length", "a body is as long as promised", "ledger/submit.c",
    "if (length == NULL || http_request_header(request, \"Transfer-Encoding\") != NULL ||",
    "if (length == NULL ||", SUBMIT)
out("lane-bound", "one writer does not fill the queue", "ledger/lanes.c",
    "} else if (lane->count >= lanes->queue_max) {", "} else if (false) {",
    "unit/test_ledger_parts")
out("loopback", "only loopback addresses are listened on", "http/listen.c",
    "if (ntohl(out->v4.sin_addr.s_addr) >> 24 != 127)", "if (false)", "unit/test_ledger_parts")
out("loopback6", "only loopback addresses are listened on, IPv6", "http/listen.c",
    "if (!IN6_IS_ADDR_LOOPBACK(&out->v6.sin6_addr))", "if (false)", "unit/test_ledger_parts")
out("path-spelling", "paths are compared as they were sent", "http/server.c",
    "    return strlen(text);", "    return MHD_http_unescape(text);", SERVE)
out("range-beyond", "a range beyond the end is refused", "http/range.c",
    "    if (*first >= size)\n        return HTTP_RANGE_BEYOND;", "", "unit/test_ledger_parts")
# Two guards, each of which is seen alone.
out("control", "only the operator reaches a running server", "ledger/control.c",
    "chmod(control->path, 0600)", "chmod(control->path, 0666)", RUN)
out("control-account", "and only from the server's own account, whatever the modes", "ledger/control.c",
    "!is_own_account(&v->pipe) ||", "(false && !is_own_account(&v->pipe)) ||", RUN)
# Two guards: without this one the read says that the store is damaged, and 503 is answered.
out("published", "nothing is served beyond the published head", "ledger/serve.c",
    "tile_width(ledger->published.size, tile.level, tile.number) < tile.width) {",
    "tile.width == 0) {", SERVE)
