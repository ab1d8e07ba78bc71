#!/usr/bin/env python3
"""What the documents name exists: DESIGN.md has a sentence for every source file and for no
other; files and links that documents mention are there; each program has a man page that
is installed; the codes of SPEC.md section 9 are those of the verifier; damage, mutations and
rules that THREATS.md names exist; doc/rules.md and packaging/rules.ini name the rules that there
are, with the limits that they have."""

import fnmatch
import os
import pathlib
import re
import subprocess
import sys

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
SRC = pathlib.Path(os.environ.get("KEIIN_SRC", ".")).resolve()
BIN = pathlib.Path(os.environ.get("KEIIN_BIN", SRC / "build")).resolve()
FOLDERS = ("core", "system", "auditlog", "http", "store", "keys", "client", "ledger", "verifier")
DOCUMENTS = ("README.md", "DESIGN.md", "SPEC.md", "THREATS.md", "STYLE.md", "CONTRIBUTING.md",
             "CHANGELOG.md", "doc/vocabulary.md", "doc/rules.md", "doc/key-file.md", "doc/glossary.md",
             "doc/operator-handbook.md", "doc/export.md")


def read(name):
    return (SRC / name).read_text(encoding="utf-8")


def described():
    """Paths that DESIGN.md's lists of files describe."""
    paths, folder = set(), None
    for line in read("DESIGN.md").split("\n## Files", 1)[1].splitlines():
        if head := re.match(r"### `([a-z/]+)/`", line):
            folder = head[1]
        elif folder and (item := re.match(r"- ((?:`[a-z0-9_.]+`(?:, )?)+)", line)):
            paths |= {f"{folder}/{name}" for name in re.findall(r"`([a-z0-9_.]+)`", item[1])}
    return paths


def sources():
    paths = set()
    for folder in FOLDERS:
        for path in (SRC / folder).rglob("*.[ch]"):
            header_of_source = path.suffix == ".h" and path.with_suffix(".c").exists()
            if not header_of_source:
                paths.add(str(path.relative_to(SRC)))
    return paths


def check_files(problems):
    here, told = sources(), described()
    problems += [f"DESIGN.md has no sentence for {p}" for p in sorted(here - told)]
    problems += [f"DESIGN.md describes {p}, which is not there"
                 for p in sorted(told - here) if not (SRC / p).exists()]


def check_links(problems):
    for name in DOCUMENTS:
        text = read(name)
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            if "://" not in target and not (SRC / name).parent.joinpath(target).exists():
                problems.append(f"{name} links to {target}, which is not there")
        for path in re.findall(r"`((?:core|system|tests|doc|verifier|ledger|client|keys|packaging)/[\w./-]+)`",
                               text):
            if not (SRC / path).exists():
                problems.append(f"{name} names {path}, which is not there")
    for path in re.findall(r"\b((?:unit|property|integration|crash)/[\w-]+\.(?:c|py|sh))", read("THREATS.md")):
        if not (SRC / "tests" / path).exists():
            problems.append(f"THREATS.md names tests/{path}, which is not there")
    for name in re.findall(r"\b(\w+\.(?:c|py|sh))\b", read("THREATS.md")):
        if not list((SRC / "tests").rglob(name)):
            problems.append(f"THREATS.md names {name}, which is not there")


def check_manuals(problems):
    makefiles = "".join(p.read_text(encoding="utf-8") for p in SRC.glob("*/local.mk"))
    programs = re.findall(r"^bin_PROGRAMS \+= (keiin-\w+)", makefiles, re.MULTILINE)
    if sorted(programs) != ["keiin-client", "keiin-keys", "keiin-ledger", "keiin-verify"]:
        problems.append(f"programs are {programs}")
    for program in programs:
        pages = list((SRC / "doc/man").glob(f"{program}.[18]"))
        if not pages or str(pages[0].relative_to(SRC)) not in makefiles:
            problems.append(f"{program} has no man page that is installed")


def check_codes(problems):
    section = read("SPEC.md").split("\n## 9.", 1)[1]
    specified = re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)
    coded = re.findall(r'"([a-z]+-?[a-z-]*)"', read("verifier/check/finding.c").split("};", 1)[0])
    if specified != coded:
        problems.append(f"codes in SPEC.md {specified}, in the verifier {coded}")


def names_listed(script):
    """First words of what a script of tests/ lists."""
    run = subprocess.run([sys.executable, SRC / "tests" / script, "--list"], capture_output=True,
                         text=True, check=True, timeout=60)
    return [line.split()[0] for line in run.stdout.splitlines()]


def check_threats(problems):
    """Damage and mutations that the tables of THREATS.md name exist; * stands for several."""
    known = names_listed("forge/damage.py") + names_listed("mutations/run")
    cells = re.findall(r"(?<=\|)[^|\n]+(?=\|)", read("THREATS.md"))
    words = {word.strip() for cell in cells for word in re.split("[,;]", cell)}
    for word in sorted(words):
        if re.fullmatch(r"[a-z0-9*]+(?:-[a-z0-9*]+)+", word) and not fnmatch.filter(known, word):
            problems.append(f"THREATS.md names {word}, which neither forge nor mutations know")


def rules_there():
    """The rules of the list, in its order."""
    names = re.findall(r"^    RULE\((\w+)\)", read("verifier/rules/list.c"), re.MULTILINE)
    return [name.replace("_", "-") for name in names]


def explained(problems, *options):
    """What --explain all says; each rule with its severity and limits, as lines of a table."""
    run = subprocess.run([BIN / "keiin-verify", "rules", *options, "--explain", "all"],
                         capture_output=True, text=True, timeout=60)
    if run.returncode != 0:
        problems.append(f"keiin-verify rules --explain all: {run.stderr}")
    return run.stdout


def check_rules(problems):
    there = rules_there()
    text = read("doc/rules.md")
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w+) \|.*\| ([^|]+) \|$", text, re.MULTILINE)
    for what, names in (
            ("the table of doc/rules.md", [name for name, _, _ in rows]),
            ("the paragraphs of doc/rules.md", re.findall(r"^\*\*`([a-z-]+)`\*\*", text, re.MULTILINE)),
            ("packaging/rules.ini", [name for name in re.findall(
                r"^\[([a-z-]+)\]", read("packaging/rules.ini"), re.MULTILINE) if name not in ("clocks", "reports")])):
        if names != there:
            problems.append(f"rules in {what} {names}, in list.c {there}")
    manual = read("doc/man/keiin-verify.1")
    problems += [f"keiin-verify.1 does not name the rule {name}" for name in there
                 if not re.search(rf"\b{name}\b", manual)]
    initial = explained(problems)
    if explained(problems, "--rules", SRC / "packaging/rules.ini") != initial:
        problems.append("packaging/rules.ini does not hold the initial limits")
    told = {}
    for part in initial.split("\n\n"):
        if head := re.match(r"([a-z-]+) \((\w+)\): .+\n", part):
            told[head[1]] = (head[2], re.findall(r"^  Limit: +(\w+) = (.+?) \(", part, re.MULTILINE))
    written = {name: (severity, re.findall(r"`(\w+)` ([^,]+)", limits))
               for name, severity, limits in rows}
    problems += [f"{name} is {written.get(name)} in doc/rules.md, and {told.get(name)}"
                 for name in there if written.get(name) != told.get(name)]
    section = read("THREATS.md").split("\n## What was recorded, and not allowed", 1)[1]
    for cell in re.findall(r"^\|[^|]*\|[^|]*\| ([^|]*`[^|]*) \|", section.split("\n## ", 1)[0],
                           re.MULTILINE):
        problems += [f"THREATS.md names {name}, which is no rule"
                     for name in re.findall("`([a-z]+-[a-z-]+)`", cell)
                     if name not in there]
    problems += [f"THREATS.md says nothing of the rule {name}" for name in there
                 if f"`{name}`" not in section]


def main():
    problems = []
    check_files(problems)
    check_links(problems)
    check_manuals(problems)
    check_codes(problems)
    check_threats(problems)
    check_rules(problems)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
