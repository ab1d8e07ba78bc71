"""Mechanisms of the decoders, of signatures and of the tree."""

from mutation import Table

table = Table("core")
out = table.out

MSGPACK = "core/msgpack.c"
ENTRY = "core/entry.c"
RECORD = "core/record.c"
TEXT = "core/text.c"
NOTE = "core/note.c"
CHECKPOINT = "core/checkpoint.c"
PROOF = "core/proof.c"
VKEY = "core/vkey.c"
PARSE = "core/roster_parse.c"
ROSTER = "core/roster.c"
TREE = "core/tree.c"
TILE = "core/tile.c"
SUBMISSION = "core/submission.c"
KEYFILE = "core/keyfile.c"
ED25519 = "core/ed25519.c"

# Canonical msgpack

out("msgpack-shortest", "headers and numbers have the shortest form", MSGPACK,
    "    if (v < least)\n        in->failed = true;", "    (void)least;", "unit/test_msgpack")
out("msgpack-safe", "numbers are below 2^53", MSGPACK,
    "    if (v > UINT_MAX_CANONICAL)\n        r->in.failed = true;", "", "unit/test_vectors")
out("msgpack-order", "keys ascend", MSGPACK,
    "span_cmp(*last, key) >= 0)", "span_cmp(*last, key) == 0)", "unit/test_vectors")
out("msgpack-double", "no key is there twice", MSGPACK,
    "span_cmp(*last, key) >= 0)", "span_cmp(*last, key) > 0)", "unit/test_vectors")
out("msgpack-text", "text is UTF-8 without what cannot be seen", MSGPACK,
    "    if (!r->in.failed && !utf8_plain(s))\n        r->in.failed = true;", "",
    "unit/test_vectors")
out("msgpack-depth", "nothing is nested too deep", MSGPACK,
    "if (depth > MSGPACK_DEPTH_MAX) {", "if (depth > 100 * MSGPACK_DEPTH_MAX) {",
    "unit/test_msgpack")
out("msgpack-promise", "no more elements are promised than there can be", MSGPACK,
    "if (r->in.failed || count > cursor_left(&r->in) / bytes_each) {", "if (r->in.failed) {",
    "unit/test_msgpack")
out("msgpack-done", "nothing stands after the value", MSGPACK,
    "    return cursor_done(&r->in);", "    return !r->in.failed;", "unit/test_vectors")

# Entries and records

out("entry-more", "nothing stands after an entry", ENTRY,
    "if (!msgpack_done(&r) ||", "if (r.in.failed ||", "unit/test_entry")
out("entry-kind", "an entry is of a kind that there is", ENTRY,
    "(kind != ENTRY_RECORDS && kind != ENTRY_ROSTER) ||", "kind == 0 ||", "unit/test_entry")
out("entry-digests", "an entry has 1,024 digests at most", ENTRY,
    "out->digest_count > ENTRY_DIGESTS_MAX ||", "", "unit/test_entry")
out("entry-no-digest", "an entry has a digest", ENTRY,
    "out->digest_count < 1 ||", "", "unit/test_entry")
out("entry-number-0", "numbers begin at 1", ENTRY,
    "out->number == 0 ||", "", "unit/test_entry")
out("entry-last-number", "the last number is below 2^53", ENTRY,
    "    return entry_last_number(out) > UINT_MAX_CANONICAL ? KEIIN_EMALFORMED : 0;",
    "    return 0;", "unit/test_entry")
out("entry-roster", "a roster's entry has one digest", ENTRY,
    "(kind == ENTRY_ROSTER && out->digest_count != 1))", "false)", "unit/test_entry")
out("record-length", "a record has 60,000 bytes at most", RECORD,
    "if (record.n > RECORD_BYTES_MAX) {", "if (record.n > 10 * RECORD_BYTES_MAX) {",
    "unit/test_record")
out("record-field", "a field is in the vocabulary or the writer's own", RECORD,
    "if (field == NULL && !is_extension(key)) {", "if (false) {", "unit/test_record")
out("record-salt", "a record has its salt", RECORD,
    "if (facts.action.n == 0 || !at || !salt) {", "if (facts.action.n == 0 || !at) {",
    "unit/test_vectors")
out("record-salt-length", "a salt has 16 bytes", RECORD,
    "want(r, msgpack_bin(r).n == SALT_BYTES);", "msgpack_bin(r);", "unit/test_record")
out("record-id", "an identifier is printable", RECORD,
    "    case FIELD_ID:\n        want(r, id_valid(msgpack_str_raw(r)));",
    "    case FIELD_ID:\n        msgpack_str_raw(r);", "unit/test_record")
out("record-text", "free text has 200 bytes at most", RECORD,
    "want(r, msgpack_str(r).n <= FREE_TEXT_BYTES_MAX);", "msgpack_str(r);", "unit/test_record")
out("record-done", "nothing stands after a record", RECORD,
    "if (!msgpack_done(&r)) {", "if (r.in.failed) {", "integration/damage.py everything, malformed-record-bytes-after")

# Submissions

out("submission-sealed", "a sealed part stands with the record that names it", SUBMISSION,
    "if (facts.has_sealed != (s->sealed[i].n > 0)) {", "if (false) {", "unit/test_submission")
out("submission-sealed-hash", "a sealed part hashes to its field", SUBMISSION,
    "if (err == 0 && !hash_eq(&digest, &facts.sealed)) {", "if (false) {", "unit/test_submission")
out("submission-sealed-length", "a sealed part has 60,000 bytes at most", SUBMISSION,
    "if (s->sealed[i].n > SEALED_BYTES_MAX) {", "if (false) {", "unit/test_submission")
out("submission-count", "a submission has 1,024 records at most", SUBMISSION,
    "out->count < 1 || out->count > ENTRY_DIGESTS_MAX)", "out->count < 1)", "unit/test_submission")
out("submission-number", "numbers are between 1 and 2^53-1", SUBMISSION,
    "if (out->number == 0 || out->number > UINT_MAX_CANONICAL - (out->count - 1))",
    "if (out->number == 0)", "unit/test_submission")
out("submission-list", "the sealed list is empty or as long as the records", SUBMISSION,
    "if (!r->in.failed && sealed_count != 0 && sealed_count != out->count)",
    "if (sealed_count > out->count)", "unit/test_submission")

# Text

out("base64-bits", "base64 has no bits beyond its bytes", TEXT,
    "    if ((pad == 1 && (last & 3) != 0) || (pad == 2 && (last & 15) != 0))\n        return -1;", "",
    "unit/test_text")
out("decimal-zero", "decimals have no leading zeros", TEXT,
    "|| (text.n > 1 && text.p[0] == '0'))", ")", "unit/test_text")
out("decimal-wrap", "decimals do not wrap around", TEXT,
    "if (digit > 9 || v > (UINT64_MAX - digit) / 10)", "if (digit > 9)", "unit/test_text")
UTF8 = "if (*cp < least[len] || (*cp >= 0xd800 && *cp <= 0xdfff) || *cp > 0x10ffff)"
out("utf8-shortest", "UTF-8 has the shortest form", TEXT,
    UTF8, "if ((*cp >= 0xd800 && *cp <= 0xdfff) || *cp > 0x10ffff)", "unit/test_text")
out("utf8-surrogates", "UTF-8 has no surrogates", TEXT,
    UTF8, "if (*cp < least[len] || *cp > 0x10ffff)", "unit/test_text")
out("utf8-last", "UTF-8 ends at U+10FFFF", TEXT,
    UTF8, "if (*cp < least[len] || (*cp >= 0xd800 && *cp <= 0xdfff))", "unit/test_text")
out("invisible", "characters that turn or hide text are refused", TEXT,
    "(cp >= 0x2028 && cp <= 0x202e) ||", "", "unit/test_text")
out("visible", "control characters are shown as what they are", TEXT,
    "} else if (invisible(cp) || cp == 0x061c ||", "} else if (cp == 0x061c ||", "unit/test_text")
out("name-plus", "a name has no plus sign", TEXT,
    "return id_valid(text) && memchr(text.p, '+', text.n) == NULL;", "return id_valid(text);",
    "unit/test_text")
out("hex-case", "hex is lowercase", TEXT,
    "return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;",
    "return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;", "unit/test_text")

# Notes, checkpoints, proofs

out("note-control", "a note has no control characters", NOTE,
    "        if (text.p[i] < 0x20 && text.p[i] != '\\n')\n            return false;", "",
    "unit/test_note")
out("note-lines", "a note has 100 signature lines at most", NOTE,
    "c.failed || out->line_count == NOTE_LINES_MAX ||\n",
    "c.failed || (out->line_count == NOTE_LINES_MAX && out->line_count-- == 0) ||\n",
    "unit/test_note")
out("note-bytes", "signature lines have 256 KiB at most", NOTE,
    "if (lines.n > NOTE_SIGNATURES_BYTES_MAX) {", "if (false) {", "unit/test_note")
out("note-verify", "a note's signature is checked", NOTE,
    "ed25519_verify(key->key, note->text, span_of(bytes + 4, ED25519_SIGNATURE_BYTES));", "true;",
    "unit/test_note")
out("note-time", "a cosignature's time is below 2^63", NOTE,
    "    if (*time_s >> 63 != 0)\n        return false;", "", "unit/test_note")
out("note-cosigned-time", "a cosignature covers its time", NOTE,
    "note_cosigned_text(&text, *time_s, note->text);",
    "note_cosigned_text(&text, 1700000000, note->text);", "unit/test_note")
out("note-name", "a line's name is the key's", NOTE,
    "if (memcmp(line->id, key->id, 4) != 0 || !span_eq(line->name, key->name))",
    "if (memcmp(line->id, key->id, 4) != 0)", "unit/test_note")
out("note-id", "a line's key id is the key's", NOTE,
    "if (memcmp(line->id, key->id, 4) != 0 || !span_eq(line->name, key->name))",
    "if (!span_eq(line->name, key->name))", "unit/test_note")
out("checkpoint-lines", "a checkpoint has three lines", CHECKPOINT,
    "if (!cursor_done(&c) || !name_valid", "if (c.failed || !name_valid",
    "integration/forge.py checkpoint")
out("checkpoint-size-0", "a checkpoint is of an entry at least", CHECKPOINT,
    "if (out->size == 0) {", "if (false) {", "integration/forge.py checkpoint")
out("proof-path", "a proof's path has 64 hashes at most", PROOF,
    "if (out->hash_count == PROOF_HASHES_MAX ||", "if (out->hash_count == 10 * PROOF_HASHES_MAX ||",
    "unit/test_proof")
out("proof-extra", "an extra line is canonical", PROOF,
    "    return msgpack_done(&r) ? 0 : KEIIN_EMALFORMED;\n}\n\nvoid proof_extra_write",
    "    return r.in.failed ? KEIIN_EMALFORMED : 0;\n}\n\nvoid proof_extra_write",
    "unit/test_proof")

# Keys and rosters

out("vkey-id", "a key id fits its key", VKEY,
    "if (memcmp(id, out->id, 4) != 0) {", "if (false) {", "unit/test_vectors")
out("vkey-valid", "a key is a point of prime order", VKEY,
    "if (!ed25519_key_valid(out->key)) {", "if (false) {", "unit/test_vectors")
out("vkey-type", "a key is of a type that is known, and of its length", VKEY,
    "if (key_bytes(out->type) != (size_t)n - 1) {", "if ((size_t)n - 1 < ED25519_KEY_BYTES) {",
    "unit/test_note")
out("ed25519-point", "the key check refuses points of small order", ED25519,
    "return crypto_core_ed25519_is_valid_point(key) == 1;", "return key[0] != 255;",
    "unit/test_vectors")
out("ed25519-length", "a signature has 64 bytes", ED25519,
    "if (signature.n != ED25519_SIGNATURE_BYTES)", "if (signature.n < ED25519_SIGNATURE_BYTES)",
    "integration/damage.py everything, signature-longer")
out("roster-threshold", "the old roots sign the next roster", ROSTER,
    "        err = count_roots(parent, note, \"the old roster's\", why);", "        err = 0;",
    "integration/damage.py everything, lower-threshold")
out("roster-own-threshold", "a roster's own roots sign it", ROSTER,
    "    return count_roots(roster, note, \"its own\", why);", "    return 0;", "integration/forge.py rosters")
out("roster-wrong-line", "a wrong line of a root spoils a roster", ROSTER,
    "        if (vote.wrong) {\n            why_set(why, \"the line of root",
    "        if (false) {\n            why_set(why, \"the line of root", "integration/forge.py rosters")
out("roster-serial", "serials follow each other", ROSTER,
    "if (roster->serial != parent->serial + 1) {", "if (false) {", "integration/damage.py everything, roster-of-another-serial")
out("roster-parent", "a roster names the one before it", ROSTER,
    "if (!hash_eq(&roster->parent, &parent->text_hash)) {", "if (false) {", "integration/forge.py rosters")
out("roster-origin", "the origin never changes", ROSTER,
    "if (!span_eq(roster->origin, parent->origin)) {", "if (false) {", "integration/forge.py rosters")
out("roster-quorum", "a group needs as many as it says", ROSTER,
    "met[roster->witness_count + i] = count >= group->needed;",
    "met[roster->witness_count + i] = count >= 1;", "unit/test_roster")
out("roster-vouched", "vouched for is what the quorum reached", ROSTER,
    "j->votes[k].valid && j->votes[k].time_s >= time_s;", "j->votes[k].valid;", "unit/test_roster")
out("roster-unchecked", "what cannot be checked counts for nothing", ROSTER,
    "        j.marked[i] = j.votes[i].valid;\n        votes->cosigned_count",
    "        j.marked[i] = j.votes[i].valid || j.votes[i].unchecked;\n        votes->cosigned_count",
    "unit/test_roster")
out("roster-order", "lines stand in their order", PARSE,
    "        if (kind < (int)p->kind)\n            error(p,", "        if (false)\n            error(p,",
    "unit/test_vectors")
out("roster-twice", "no key stands in two lines", PARSE,
    "by_bytes(&keys[i - 1], &keys[i]) == 0)", "false)", "unit/test_vectors")
out("roster-capacity", "a writer has one role and organisation", PARSE,
    "sorted[i - 1]->role != sorted[i]->role ||", "", "unit/test_roster")
out("roster-counts", "the threshold is within the roots", PARSE,
    "else if (r->threshold < 1 || r->threshold > r->root_count)", "else if (false)",
    "unit/test_vectors")
out("roster-log-name", "a log key's name is the origin", PARSE,
    "    if (!span_eq(log->key.name, r->origin))\n", "    if (false)\n", "unit/test_roster")
out("roster-member", "no witness is a member twice", PARSE,
    "            twice = r->members[k] == member;", "            twice = false;", "unit/test_vectors")
out("roster-reader", "a reader's key is not all zero", PARSE,
    "        memcmp(typed + 1, zero, 32) == 0)", "        false)", "unit/test_roster")
out("roster-role", "a role is one of four", PARSE,
    "    if (!role_parse(w[1], &writer->role))\n", "    if (!role_parse(w[1], &writer->role) && w[1].n == 0)\n",
    "unit/test_roster")

# The tree

out("tree-index", "an index is within its tree", TREE,
    "    if (index >= size)\n        return false;", "", "unit/test_tree")
out("tree-length", "a proof is as long as it has to be", TREE,
    "    return last == 0 && hash_eq(&hash, root);", "    return hash_eq(&hash, root);",
    "unit/test_tree")
out("tree-old-root", "a consistency proof leads to the old root", TREE,
    "    return last == 0 && hash_eq(&old_hash, old_root) && hash_eq(&hash, root);",
    "    return last == 0 && hash_eq(&hash, root);", "unit/test_tree")
out("tree-new-root", "a consistency proof leads to the new root", TREE,
    "    return last == 0 && hash_eq(&old_hash, old_root) && hash_eq(&hash, root);",
    "    return last == 0 && hash_eq(&old_hash, old_root);", "unit/test_tree")
out("tile-spelling", "a tile's path has one spelling", TILE,
    "if ((first && more && group == 0) || v >", "if (v >", "unit/test_tile")
out("tile-width", "a partial tile is of 1 to 255", TILE,
    "TILE_WIDTH - 1, &width) || width == 0)", "TILE_WIDTH - 1, &width))", "unit/test_tile")

# Key files

out("keyfile-public", "a secret key is that of its vkey", KEYFILE,
    "if (memcmp(secret_public(out->secret), parts.clear.key.key, ED25519_KEY_BYTES) != 0) {",
    "if (false) {", "unit/test_keyfile")
out("keyfile-bound", "what stands above the box is bound to it", KEYFILE,
    "BOX_BYTES, parts->above.p, parts->above.n, w->sealed, w->box_key) != 0) {",
    "BOX_BYTES, parts->above.p, 0, w->sealed, w->box_key) != 0) {", "unit/test_keyfile")
out("keyfile-passphrase", "a wrong passphrase opens nothing", KEYFILE,
    "        why_set(why, \"the passphrase does not open the key, or the file was changed\");\n"
    "        return KEIIN_EPASSPHRASE;", "        return 0;", "unit/test_keyfile")
out("keyfile-use", "a key's type is that of its use", KEYFILE,
    "if (out->clear.key.type != keyfile_type_of_use(out->clear.use)) {", "if (false) {",
    "unit/test_keyfile")
out("keyfile-salt", "two files of one key share no salt", KEYFILE,
    "    randombytes_buf(salt, sizeof salt);", "    memset(salt, 1, sizeof salt);",
    "unit/test_keyfile")

# Files


def _open_beside(nofollow, look):
    """Two guards against a link: it is not opened, and the name is not that of its target."""
    return (
        "        fd = open(beside, O_WRONLY | O_CREAT | %sO_CLOEXEC, (mode_t)mode);\n"
        "        if (fd < 0)\n            return errno;\n"
        "        while (flock(fd, LOCK_EX) != 0)\n            if (errno != EINTR)\n"
        "                goto fail;\n"
        "        if (fstat(fd, &ours) != 0)\n            goto fail;\n"
        "        /* Whoever held the lock has renamed the file meanwhile: then this is not it. */\n"
        "        if (%s(beside, &there) == 0" % (nofollow, look)
    )


out("file-new", "a new file overwrites nothing", "system/file.c",
    "O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);\n    if (fd < 0)\n        return write_failed",
    "O_WRONLY | O_CREAT | O_CLOEXEC, (mode_t)mode);\n    if (fd < 0)\n        return write_failed",
    "unit/test_file")
out("file-link", "a replaced file is no link's target", "system/file.c",
    _open_beside("O_NOFOLLOW | ", "lstat"), _open_beside("", "stat"), "unit/test_file")
out("file-half", "nothing half written stays", "system/file.c",
    "    if (e == 0)\n        return 0;\n    unlink(path);\n", "    if (e == 0)\n        return 0;\n",
    "unit/test_file")
out("file-bound", "a file longer than allowed is not read", "system/file.c",
    "        if (got > bytes_max) {\n", "        if (false) {\n", "unit/test_file")
out("file-lock", "two processes do not use one folder", "system/file.c",
    "while (flock(*fd, LOCK_EX | LOCK_NB) != 0) {", "while (false) {", "unit/test_file")
out("key-mode", "a secret key is the owner's alone", "keys/generate.c",
    "file_create(o->out, 0600, secret, &why)", "file_create(o->out, 0644, secret, &why)",
    "integration/keys.sh")

# What others stand on

out("fits-digest", "a record that hashes to another digest does not fit", RECORD,
    "if (!hash_eq(&hash, digest) || record_check(record, &facts, NULL) != 0)",
    "(void)digest;\n    if (record_check(record, &facts, NULL) != 0)", "unit/test_record")
out("fits-form", "what is no record fits no digest", RECORD,
    "if (!hash_eq(&hash, digest) || record_check(record, &facts, NULL) != 0)",
    "if (record_check(record, &facts, NULL) == 1)\n        return false;\n    if (!hash_eq(&hash, digest))",
    "unit/test_record")
out("fits-sealed", "a sealed part fits its field", RECORD,
    "return facts.has_sealed && hash_eq(&hash, &facts.sealed);", "return facts.has_sealed;",
    "unit/test_record")
out("array-kept", "an array has room for what is counted", "core/bytes.c",
    "    if (count < *cap)\n        return array;", "    if (count <= *cap && *cap > 0)\n        return array;",
    "unit/test_bytes")
out("array-wraps", "no array is larger than memory can be", "core/bytes.c",
    "    if (more > SIZE_MAX / 2 / item_bytes)\n        return NULL;\n", "", "unit/test_bytes")
