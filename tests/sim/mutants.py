#!/usr/bin/env python3
"""Takes one mechanism after the other out of a copy of the code, and sees the simulation fail.

    tests/sim/mutants.py [--seeds N] [WORD...]    those whose names contain a WORD; by hand

A line for each: how many of N seeds (1,000) found it, the first of them, and what that one
said; ten are enough. Exit status 1 when a mechanism can be missing without any seed that notices.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("KEIIN_SRC") or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Name, file, what stands there once, what is put in its place.
MUTANTS = [
    ("ledger: a repetition is known",
     "ledger/sequence.c", "    *found = true;\n", "    *found = false;\n    return 0;\n"),
    ("ledger: answers leave after the commit",
     "ledger/sequence.c", "        err = group_commit(s->group);\n    else\n        group_abort(s->group);\n",
     "        return 0;\n    else\n        group_abort(s->group);\n"),
    ("ledger: number is the writer's next",
     "ledger/sequence.c", "else if (sub->number != head->number + 1)", "else if (false)"),
    ("ledger: before is the writer's head",
     "ledger/sequence.c", "else if (!hash_eq(&sub->before, &head->hash))", "else if (false)"),
    ("ledger: received is max(clock, the entry before)",
     "ledger/clockwatch.c", "*now_ms = wall_ms > last_received ? wall_ms : last_received;",
     "*now_ms = wall_ms;"),
    ("ledger: evidence is kept",
     "ledger/sequence.c", "return group_put_evidence(s->group, job, &entry, &after);", "return 0;"),
    ("ledger: evidence is kept while the clock is wrong",
     "ledger/sequence.c", "    if (s->stores)\n        return group_put_evidence(",
     "    if (s->mode == MODE_STORE)\n        return group_put_evidence("),
    ("ledger: signatures are verified",
     "ledger/validate.c",
     "if (ed25519_verify(key->key, span_of(text.bytes, text.n), s->signature)) {", "if (true) {"),
    ("ledger: a key must be listed in the roster in force",
     "ledger/sequence.c", "if (key->writer == job->writer && key->listed)",
     "if (key->writer == job->writer)"),
    ("ledger: rosters are held against the one before",
     "ledger/sequence.c", "if (roster_check(job->roster, job->note, state->roster, &job->why) != 0 ||",
     "if ("),
    ("ledger: a roster's proof is stored",
     "ledger/commit.c", "    for (size_t i = 0; i < g->roster_count && err == 0; i++)\n",
     "    for (size_t i = 0; i < 0 && err == 0; i++)\n"),
    ("ledger: heads are stored with the group",
     "ledger/commit.c", "            err = heads_put(&ledger->state.heads, &g->txn, ledger->state.book);\n",
     "            err = 0;\n"),
    ("ledger: the state is loaded again after a group was given up",
     "ledger/sequence.c", "    int err = recover_reload(s->ledger);\n", "    int err = 0;\n"),
    ("ledger: a failed commit stops the process",
     "ledger/sequence.c", "    if (!may_give_up(err))\n        return err;\n",
     "    if (err == KEIIN_EIO)\n        err = KEIIN_EFULL;\n    if (!may_give_up(err))\n        return err;\n"),
    ("ledger: a body alone has room",
     "ledger/submit.c", "if (others > 0 && after > max)", "if (after > max)"),
    ("client: pending is durable before it is sent",
     "client/folder.c",
     "        err = folder->disk->replace(folder->disk->ctx, path, span_of(pending.bytes, n), why);\n",
     "        err = 0;\n"),
    ("client: what is read at start is synced",
     "client/folder.c", "        err = sync_names(disk, path, why);\n", "        err = 0;\n"),
    ("client: state is replaced before pending is removed",
     "client/folder.c", "        err = put_state(folder, state, why);\n    /* Not",
     "        err = disk->remove(disk->ctx, pending_path, true, why);\n    if (err == 0)\n"
     "        err = put_state(folder, state, why);\n    /* Not"),
    ("client: the receipt is written before the state",
     "client/folder.c", "        err = disk->replace(disk->ctx, receipt_path, receipt, why);\n",
     "        err = put_state(folder, state, why);\n    if (err == 0)\n"
     "        err = disk->replace(disk->ctx, receipt_path, receipt, why);\n"),
    ("client: nothing goes on after a write that failed",
     "client/submit.c", "        keiin->broken = err != 0;\n", ""),
    ("client: the file of ids has its name before the state counts them",
     "client/imported.c", "    if (err == 0 && is_new)\n", "    if (false)\n"),
    ("client: ids are remembered before the state counts them",
     "client/folder.c", "        err = imported_add(disk, folder->path, &folder->pending.submission, why);\n",
     "        err = 0;\n"),
    ("client: the place goes on",
     "client/answer.c", "if (before->has_entry && receipt->index <= before->index) {",
     "if (false) {"),
    ("client: the checkpoint does not go back",
     "client/answer.c", "if (before->has_checkpoint && checkpoint->size < before->size) {",
     "if (false) {"),
    ("client: one size has one root",
     "client/answer.c", "if (before->has_checkpoint && checkpoint->size == before->size &&",
     "if (false && checkpoint->size == before->size &&"),
    ("client: a 409 is not taken for an answer that failed",
     "client/submit.c", "        return chain_differs(keiin, &refusal, body, why);\n",
     "        return KEIIN_EUNKNOWN;\n"),
    ("client: the answer's proof is checked",
     "client/answer.c",
     "if (parts.index >= checkpoint.size || !tree_check_inclusion(", "if (false && !tree_check_inclusion("),
    ("client: the checkpoint's signature is checked",
     "client/answer.c", "    if (!signed_by_log) {\n", "    if (false) {\n"),
    ("client: rosters are followed for its own key",
     "client/submit.c", "(err != 0 || knows_own_key(keiin))", "(err != 0 || true)"),
    ("client: the mark is durable with its batch",
     "client/answer.c", "    memcpy(state->mark, pending->mark, sizeof state->mark);\n", ""),
    ("verifier: an audit that remembers sees a rollback",
     "verifier/check/audit.c",
     "if (a->has_state && s->has_seen && a->checkpoint.size < s->seen_size) {", "if (false) {"),
]

# Where it takes more than one place.
ALSO = {
    "ledger: answers leave after the commit": [
        ("ledger/sequence.c", "    assert(s->jobs.first == NULL);\n",
         "    assert(s->jobs.first == NULL);\n    if (s->group->txn.handle != NULL && "
         "group_commit(s->group) != 0)\n        return false;\n")],
}


def run(command, folder):
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)


def build(folder):
    done = run(["make", "-j2", "tests/sim/simulate"], folder)
    if done.returncode != 0:
        sys.exit(done.stdout[-3000:])


def change(path, old, new):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.count(old) != 1:
        sys.exit(f"{path}: what is to be taken out stands there {text.count(old)} times: {old}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))


def try_mutant(source, folder, mutant, seeds):
    name, *place = mutant
    places = [tuple(place)] + ALSO.get(name, [])
    kept = {}
    for path, old, new in places:
        full = os.path.join(source, path)
        if full not in kept:
            with open(full, encoding="utf-8") as file:
                kept[full] = file.read()
        change(full, old, new)
    build(folder)
    done = run(["tests/sim/simulate", "--seeds", f"1-{seeds}", "--apart", "10"], folder)
    for full, text in kept.items():
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
    found = re.findall(r"^seed (\d+): FAILED: (.*)$", done.stdout, re.MULTILINE)
    failed = len({seed for seed, _ in found})
    first = f"seed {found[0][0]}: {found[0][1][:100]}" if found else "NOT FOUND"
    tried = int(re.search(r"^(\d+) seeds, ", done.stdout, re.MULTILINE).group(1))
    print(f"{failed:3} of {tried:4}  {name}; {first}", flush=True)
    return failed > 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    scratch = tempfile.mkdtemp(prefix="keiin-mutants-")
    try:
        source, folder = os.path.join(scratch, "source"), os.path.join(scratch, "build")
        shutil.copytree(SOURCE, source, ignore=shutil.ignore_patterns("build", ".git"))
        os.mkdir(folder)
        if not os.path.exists(os.path.join(source, "configure")):
            run(["./autogen.sh"], source)
        done = run([os.path.join(source, "configure"), "CFLAGS=-O2 -g -Wno-unused"], folder)
        if done.returncode != 0:
            sys.exit(done.stdout[-3000:])
        build(folder)
        results = [try_mutant(source, folder, mutant, options.seeds) for mutant in MUTANTS
                   if not options.words or any(word in mutant[0] for word in options.words)]
    finally:
        shutil.rmtree(scratch)
    print(f"{len(results)} taken out, {results.count(False)} of them not found")
    return 1 if results.count(False) else 0


sys.exit(main())
