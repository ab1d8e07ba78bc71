#!/usr/bin/env bash
# Three programs read the whole source and have nothing to say: cppcheck, clang-tidy (what it leaves
# out is in .clang-tidy) and gcc. Its -fanalyzer and clang's own, which take minutes, join them with
# KEIIN_LONG.
set -uo pipefail
cd "${KEIIN_SRC:-$(dirname "$0")/../..}" || exit 1

for tool in cppcheck clang-tidy gcc; do
    command -v "$tool" >/dev/null || { echo "there is no $tool"; exit 77; }
done
sources=$(ls core/*.c system/*.c store/*.c http/*.c ledger/*.c auditlog/*.c client/*.c keys/*.c \
    verifier/*/*.c)
flags=(-std=c11 -D_GNU_SOURCE -I. -DHAVE_CURL=1 '-DPACKAGE_VERSION="0"')
# Headers of others are theirs to look after.
read -ra pango <<<"$(pkg-config --cflags pangocairo | sed 's/-I/-isystem /g')"
flags+=("${pango[@]}")
# The leaks that it sees are memory given away through a pointer to a pointer, and mistaken;
# LeakSanitizer watches every test instead.
analyzer=(-O1 -fanalyzer -Wno-analyzer-malloc-leak -Werror -c -o /dev/null)
tidy=(--quiet)
[ -n "${KEIIN_LONG:-}" ] || tidy+=('--checks=-clang-analyzer-*')
failed=0

# Each file in a process of its own, two at a time.
each() {
    # shellcheck disable=SC2086
    printf '%s\n' $sources | xargs -P 2 -I '{}' "$@"
}

# ctuuninitvar takes structs that a call fills for structs that are not filled.
cppcheck --suppress=ctuuninitvar --enable=warning,performance,portability --inline-suppr --std=c11 -D_GNU_SOURCE -I. \
    -DHAVE_CURL=1 '-DPACKAGE_VERSION="0"' --include=tests/analysis/macros.h \
    --error-exitcode=1 --quiet . -i tests -i build || failed=1
each clang-tidy "${tidy[@]}" '{}' -- "${flags[@]}" 2>&1 | grep -v ' warnings\? generated' && failed=1
[ -z "${KEIIN_LONG:-}" ] || each gcc "${flags[@]}" "${analyzer[@]}" '{}' || failed=1
# Arguments held against the sentences that they go into. Where a sentence is not named outright gcc
# finds no text, which is passed over.
each gcc "${flags[@]}" -fsyntax-only -Wall -include tests/analysis/message_literals.h '{}' 2>&1 |
    grep -F '[-Wformat' && failed=1
echo "$(wc -w <<<"$sources") files read by cppcheck, clang-tidy and gcc"
exit "$failed"
