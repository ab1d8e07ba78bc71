"""Mechanisms of keiin-client."""

from mutation import Table

table = Table("client")
out = table.out

LEDGER = "integration/client_ledger.py"
CHECKS = "integration/client_checks.py"
ANSWER = "client/answer.c"
FOLDER = "client/folder.c"

out("durable", "what is signed is on disk before it is sent", FOLDER,
    "        err = folder->disk->replace(folder->disk->ctx, path, span_of(pending.bytes, n), why);",
    "        err = 0;", LEDGER + " Interrupted")
out("answer-path", "what was sent is in the tree of the answer's checkpoint", ANSWER,
    "    if (parts.index >= checkpoint.size || !tree_check_inclusion(",
    "    if (false && !tree_check_inclusion(", CHECKS + " Lies")
out("answer-log", "the answer's checkpoint is signed by the log", ANSWER,
    "    if (!signed_by_log) {", "    if (false) {", CHECKS + " Lies")
out("answer-wrong-line", "a wrong line by a known key spoils an answer", ANSWER,
    "        if (votes.wrong) {", "        if (false) {", CHECKS + " Lies")
out("answer-origin", "the answer is of this ledger", ANSWER,
    "    if (!span_eq(checkpoint.origin, newest->origin)) {", "    if (false) {", CHECKS + " Lies")
out("answer-index", "places do not go back", ANSWER,
    "    if (before->has_entry && receipt->index <= before->index) {", "    if (false) {", CHECKS + " Lies")
out("answer-received", "the ledger's time does not go back", ANSWER,
    "    if (before->has_entry && receipt->received < before->received) {", "    if (false) {",
    CHECKS + " Lies")
out("answer-prev", "the next entry follows on the one before", ANSWER,
    "receipt->index == before->index + 1 &&\n        !hash_eq(&receipt->prev, &before->leaf)) {",
    "false) {", CHECKS + " Lies")
out("answer-genesis", "entry 0 begins the ledger", ANSWER,
    "        if (!hash_eq(&receipt->prev, &genesis)) {", "        if (false) {", CHECKS + " Lies")
out("answer-size", "the checkpoint does not go back", ANSWER,
    "    if (before->has_checkpoint && checkpoint->size < before->size) {", "    if (false) {",
    CHECKS + " Lies")
out("answer-root", "no two roots for one size", ANSWER,
    "checkpoint->size == before->size &&\n        !hash_eq(&checkpoint->root, &before->root)) {",
    "false) {", CHECKS + " Lies")
out("answer-state", "number and head are never taken from an answer", "client/submit.c",
    "    if (status == 409 && refusal.has_head)", "    if (false)", CHECKS + " Lies")
out("answer-evidence", "an answer that cannot be believed is kept", "client/submit.c",
    "        folder_keep_evidence(\n            &keiin->folder, \"answer\", keiin->clock->wall_ms(keiin->clock->ctx), body, why);",
    "", CHECKS + " Lies")
out("receipt-first", "a receipt is on disk before the state counts it", FOLDER,
    "        err = disk->replace(disk->ctx, receipt_path, receipt, why);", "        err = 0;", LEDGER + " Interrupted")
out("pending-fits", "state and pending submission fit each other", FOLDER,
    "        return damaged(folder, \"its state and its pending submission do not fit\", why);",
    "        return 0;", LEDGER + " Interrupted")
out("state-gone", "a folder without its state is not used", FOLDER,
    "        return damaged(folder, \"its state is gone\", why);", "        return 0;", LEDGER + " Interrupted")
out("receipt-gone", "a folder without its last receipt is not used", FOLDER,
    "        err = damaged(folder, \"the receipt that its state names is gone\", why);",
    "        err = 0;", CHECKS + " Receipts")
out("roster-check", "a roster is checked against the one before", "client/rosters.c",
    "roster_from_note(note, rosters->count == 0 ? NULL : rosters_newest(rosters), &roster, why);",
    "roster_from_note(note, NULL, &roster, why);", CHECKS + " Rosters")
out("roster-back", "the walk back goes by hashes", "client/rosters.c",
    "(!hash_eq(&(*out)->text_hash, &child->parent) || (*out)->serial + 1 != child->serial ||",
    "((*out)->serial + 1 != child->serial ||", CHECKS + " Rosters")
out("lock", "one process at a time", FOLDER,
    "        err = disk->lock(disk->ctx, lock, &out->lock, why);", "        err = 0;", LEDGER + " Interrupted")
out("listed", "init refuses a key that the roster does not list", "client/init.c",
    "if (writer == NULL || !span_eq(writer->key.name, init->key.name)) {", "if (false) {", LEDGER + " Sound")

RECEIPTS = "client/receipts.c"

out("stored-signature", "a stored receipt's entry is signed by this writer", RECEIPTS,
    "if (!ed25519_verify(key->key, span_of(text.bytes, text.n), entry->signature)) {",
    "if (false) {", CHECKS + " Receipts")
out("stored-chain", "a stored receipt goes on from the one before", RECEIPTS,
    "!hash_eq(&entry->before, &walk->head)) {", "false) {", CHECKS + " Receipts")
out("stored-received", "times in stored receipts do not go back", RECEIPTS,
    "    if (entry->received < walk->received) {", "    if (false) {", CHECKS + " Receipts")
out("stored-index", "a stored receipt is that of its name", RECEIPTS,
    "    if (proof.index != index) {", "    if (false) {", CHECKS + " Receipts")
out("stored-path", "a stored receipt leads to its checkpoint's root", RECEIPTS,
    "if (index >= checkpoint.size || !tree_check_inclusion(", "if (false && !tree_check_inclusion(",
    CHECKS + " Receipts")
out("stored-gap", "every record is covered by a receipt", RECEIPTS,
    "        if (entry.number > walk->number + 1 && !walk->lost)", "        if (false)", CHECKS + " Receipts")
out("stored-ahead", "receipts reach no further than the state", RECEIPTS,
    "    else if (err == 0 && walk.number > state->number && keiin->folder.pending.bytes == NULL)",
    "    else if (false)", CHECKS + " Receipts")
