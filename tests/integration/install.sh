#!/usr/bin/env bash
# What `make install` puts where; a program of somebody else's builds against the installed
# libkeiin by pkg-config, sees nothing of it but its interface, and runs.
set -euo pipefail
export LC_ALL=C.UTF-8 # the programs speak English here, wherever this runs
KEIIN_BIN=$(cd "${KEIIN_BIN:-build}" && pwd)
[ -x "$KEIIN_BIN/keiin-client" ] || { echo 'built without curl: no library to install'; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
prefix=$(sed -n 's/^prefix = //p' "$KEIIN_BIN/Makefile")
make -C "$KEIIN_BIN" install "DESTDIR=$dir" >"$dir/install.log" 2>&1 || { cat "$dir/install.log"; exit 1; }
root=$dir$prefix

missing=0
for file in bin/keiin-ledger bin/keiin-client bin/keiin-verify bin/keiin-keys include/keiin.h \
    lib/libkeiin.so lib/pkgconfig/libkeiin.pc share/man/man1/keiin-client.1 \
    share/man/man1/keiin-verify.1 share/man/man1/keiin-keys.1 share/man/man8/keiin-ledger.8 \
    lib/systemd/system/keiin-ledger.service share/doc/keiin/SPEC.md; do
    [ -e "$root/$file" ] || { echo "not installed: $prefix/$file"; missing=1; }
done
[ ! -e "$root/bin/forge-ledger" ] || { echo 'forge-ledger is installed'; missing=1; }
[ "$missing" -eq 0 ]

others=$(nm -D --defined-only "$root/lib/libkeiin.so" | awk '$2 == "T" && $3 !~ /^keiin_/ { print $3 }')
[ -z "$others" ] || { echo "libkeiin.so shows more than its interface: $others"; exit 1; }

cat >"$dir/program.c" <<'C'
#include <keiin.h>
#include <stdio.h>

int main(void)
{
    struct keiin_record *record = keiin_record_new();
    struct keiin_why why = {""};
    int good = keiin_record_text(record, "actor", "p-1", &why) == 0;
    int bad = keiin_record_text(record, "actor", "two words", &why) == KEIIN_ERROR_MALFORMED;

    keiin_record_free(record);
    puts(why.text);
    return good && bad && why.text[0] != '\0' ? 0 : 1;
}
C
export PKG_CONFIG_PATH=$root/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$dir
sanitize=$(sed -n 's/^KEIIN_LDFLAGS = .*\(-fsanitize=[a-z,]*\).*/\1/p' "$KEIIN_BIN/Makefile")
# shellcheck disable=SC2046,SC2086 # words on purpose
cc -std=c99 -Wall -Wextra -Wpedantic -Werror $sanitize -o "$dir/program" "$dir/program.c" \
    $(pkg-config --cflags --libs libkeiin)
LD_LIBRARY_PATH=$root/lib "$dir/program"
