#!/usr/bin/env python3
"""What the documents name exists: DESIGN.md has a sentence for every source file and for no
other; files and links that documents mention are there; each program has a man page that
is installed; the codes of SPEC.md section 9 are those of the verifier; damage and mutations
that THREATS.md names exist."""

import fnmatch
import os
import pathlib
import re
import subprocess
import sys

SRC = pathlib.Path(os.environ.get("KEIIN_SRC", ".")).resolve()
FOLDERS = ("core", "system", "http", "store", "keys", "client", "ledger", "verifier")
DOCUMENTS = ("README.md", "DESIGN.md", "SPEC.md", "THREATS.md", "STYLE.md", "CONTRIBUTING.md",
             "CHANGELOG.md", "doc/vocabulary.md", "doc/key-file.md", "doc/operator-handbook.md")


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
        for path in re.findall(r"`((?:core|system|tests|doc|verifier|ledger|client|keys)/[\w./-]+)`",
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


def main():
    problems = []
    check_files(problems)
    check_links(problems)
    check_manuals(problems)
    check_codes(problems)
    check_threats(problems)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
