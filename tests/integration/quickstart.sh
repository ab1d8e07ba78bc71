#!/usr/bin/env bash
# The quickstart meets its own expectations, in a folder of this test; and the second
# implementation of the audit agrees with keiin-verify on its ledger and on each tampered copy.
set -euo pipefail
export LC_ALL=C.UTF-8 # the programs speak English here, wherever this runs
src=${KEIIN_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
KEIIN_BIN=$(cd "${KEIIN_BIN:-build}" && pwd)
export KEIIN_BIN
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
KEIIN_QUICKSTART_DATA=$data/q "$src/quickstart"

# findings FILE: code, index and position of each finding, a line each.
findings() {
    python3 -c 'import json, sys
for f in json.load(sys.stdin)["findings"]:
    print(f["code"], f.get("index"), f.get("position"))' <"$1"
}

cd "$data/q"
"$KEIIN_BIN/keiin-verify" copy copy-2 copy-of-copy >/dev/null
diff -r copy-2 copy-of-copy
for copy in copy copy-1 copy-2 copy-3; do
    "$KEIIN_BIN/keiin-verify" audit --json --roster roster.note "$copy" >mine.json || true
    python3 "$src/tests/reference/keiin_audit.py" --roster roster.note "$copy" \
        >reference.json || true
    findings mine.json >mine.txt
    findings reference.json >reference.txt
    diff mine.txt reference.txt
    for field in verdict size records root ledger_id; do
        python3 -c 'import json, sys
a, b = (json.load(open(name, encoding="utf-8")) for name in ("mine.json", "reference.json"))
field = sys.argv[1]
if a[field] != b[field]:
    sys.exit(f"{sys.argv[2]}: {field} is {a[field]} here and {b[field]} in the reference")' \
            "$field" "$copy"
    done
    echo "$copy: $(wc -l <mine.txt) findings, the reference agrees"
done
