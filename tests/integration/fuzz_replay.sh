#!/usr/bin/env bash
# Every fuzz target takes its corpus (tests/fuzz/corpus) and seeded mutations of it: none finds
# anything. A target without a corpus, or a corpus without a target, fails too.
set -uo pipefail
src=${KEIIN_SRC:?} bin=${KEIIN_BIN:?}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1 # a target leaves the input it died of here

# Not all are built without the server or libcurl; then a target is not there.
targets=()
for corpus in "$src"/tests/fuzz/corpus/*/; do
    target=$(basename "$corpus")
    if [ ! -f "$src/tests/fuzz/$target.c" ]; then
        echo "tests/fuzz/corpus/$target has no tests/fuzz/$target.c"
        exit 1
    fi
    if [ -x "$bin/tests/fuzz/$target" ]; then
        targets+=("$target")
    elif grep -q "tests_fuzz_$target" "$bin/Makefile" && [ -x "$bin/keiin-ledger" ]; then
        echo "$target was not built"
        exit 1
    fi
done
for source in "$src"/tests/fuzz/*.c; do
    target=$(basename "$source" .c)
    if grep -q '^int LLVMFuzzerTestOneInput' "$source" &&
        [ -z "$(ls -A "$src/tests/fuzz/corpus/$target" 2>/dev/null)" ]; then
        echo "tests/fuzz/$target.c has no corpus"
        exit 1
    fi
done
[ ${#targets[@]} -gt 0 ] || { echo "no fuzz target is built"; exit 77; }

replay() {
    mkdir "$1"
    (cd "$1" && exec timeout 120 "$bin/tests/fuzz/$1") >"$work/$1.log" 2>&1 || touch "$work/$1.failed"
}
for target in "${targets[@]}"; do # two at a time
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
    replay "$target" &
done
wait

inputs=0 mutations=0 status=0
for target in "${targets[@]}"; do
    if [ -e "$work/$target.failed" ]; then
        echo "$target FAILED:"
        tail -n 30 "$work/$target.log"
        [ -f "$work/$target/replay-failed" ] && base64 "$work/$target/replay-failed" | head -n 100
        status=1
        continue
    fi
    read -r n _ m _ < <(tail -n 1 "$work/$target.log")
    echo "$target: $n inputs, $m mutations"
    inputs=$((inputs + n)) mutations=$((mutations + m))
done
echo "${#targets[@]} targets, $inputs inputs, $mutations mutations"
exit $status
