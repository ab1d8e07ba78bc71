#!/bin/sh
# keiin-keys as people use it: keys are made and never overwritten, rosters are drafted in
# the right order, signed by roots only, and every error in one is said.
set -eu

src=$(cd "${KEIIN_SRC:-$(dirname "$0")/../..}" && pwd)
bin=$(cd "${KEIIN_BIN:-build}" && pwd)
keys=$bin/keiin-keys
vectors=$src/tests/vectors
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset KEIIN_PASSPHRASE_FILE
export LC_ALL=C.UTF-8 # the programs speak English here, wherever this runs

fail()
{
    echo "keys.sh: $*" >&2
    exit 1
}

# expect STATUS COMMAND...: its output is in out, its errors in err.
expect()
{
    wanted=$1
    shift
    got=0
    "$@" > out 2> err || got=$?
    [ "$got" = "$wanted" ] || fail "exit $got instead of $wanted: $*: $(cat out err)"
}

says()
{
    grep -qF -- "$2" "$1" || fail "$1 does not say \"$2\": $(cat "$1")"
}

silent_on()
{
    ! grep -qF -- "$2" "$1" || fail "$1 says \"$2\""
}

make_key()
{
    expect 0 "$keys" generate --type "$1" --name "$2" --out "$3" --no-passphrase
}

### What every program does.
expect 0 "$keys" --help; says out "Usage: keiin-keys"; says out "roster"
expect 0 "$keys" generate --help; says out "Usage: keiin-keys"
expect 0 "$keys" --version; says out "keiin-keys "
expect 64 "$keys"
expect 64 "$keys" nonsense; says err 'no command "nonsense"'
expect 64 "$keys" generate --type root --name n
expect 64 "$keys" generate --type king --name n --out k --no-passphrase
expect 64 "$keys" generate --type root --name 'a b' --out k --no-passphrase
expect 64 "$keys" generate --type root --name a+b --out k --no-passphrase
expect 64 "$keys" generate --wrong; says err '"--wrong"'
expect 64 "$keys" show
expect 64 "$keys" roster
expect 64 "$keys" roster old
[ ! -e k ] && [ ! -e k.pub ] || fail "wrong usage left a file"

### Keys.
make_key root example.org/root-1 root1
[ "$(stat -c %a root1)" = 600 ] || fail "a secret key is readable by others"
[ "$(wc -l < root1.pub)" = 1 ] || fail "a public key is one line"
grep -qx 'example\.org/root-1+[0-9a-f]\{8\}+A[0-9A-Za-z+/=]*' root1.pub || fail "no vkey"
cp root1 before; cp root1.pub before.pub
expect 1 "$keys" generate --type root --name other --out root1 --no-passphrase
cmp -s root1 before && cmp -s root1.pub before.pub || fail "a key was overwritten"
echo precious > half.pub
expect 1 "$keys" generate --type root --name other --out half --no-passphrase
[ ! -e half ] && [ "$(cat half.pub)" = precious ] || fail "half a key was written"
ln -s "$work/elsewhere" link
expect 1 "$keys" generate --type root --name other --out link --no-passphrase
[ ! -e elsewhere ] || fail "a link was followed"
expect 1 "$keys" generate --type root --name other --out nowhere/key --no-passphrase
expect 0 "$keys" show root1; says out "secret key of a root, NOT locked"
says out "$(cat root1.pub)"
silent_on out "$(sed -n 5p root1)"

# The vkey holds the key of the seed: by OpenSSL, whose code is not the one that made it.
if command -v openssl > /dev/null; then
    { printf '\060\056\002\001\000\060\005\006\003\053\145\160\004\042\004\040'
        sed -n 5p root1 | base64 -d; } > der
    openssl pkey -inform DER -in der -pubout -outform DER | tail -c 32 > from-seed
    cut -d+ -f3- root1.pub | base64 -d | tail -c 32 > in-vkey
    cmp -s from-seed in-vkey || fail "the vkey is not the key of the seed"
else
    echo "keys.sh: SKIPPED: openssl is not there to compare the public key with" >&2
fi

### Passphrases.
printf 'correct horse\nsecond line\n' > pass
echo wrong > wrong
expect 0 env KEIIN_PASSPHRASE_FILE=pass "$keys" generate --type root --name example.org/root-2 --out root2
sed -n 4p root2 | grep -q '^argon2id 3 268435456 ' || fail "not locked with Argon2id"
expect 1 env KEIIN_PASSPHRASE_FILE=absent "$keys" generate --type root --name x --out x; says err absent
[ ! -e x ] && [ ! -e x.pub ] || fail "a key without its passphrase was written"
expect 0 "$keys" show root2; says out "a root, locked with a passphrase"

# On a terminal: asked twice, never shown, refused when the two differ or on ^C.
cat > terminal.py <<'EOF'
import os, pty, select, sys, termios, time

answers = [a.encode().decode("unicode_escape").encode() for a in sys.argv[1].split("|")]
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown, asked, end = b"", 0, time.monotonic() + 60
while time.monotonic() < end:
    if not select.select([fd], [], [], 0.1)[0]:
        continue
    try:
        got = os.read(fd, 4096)
    except OSError:
        break
    if not got:
        break
    shown += got
    if shown.endswith(b": ") and asked < len(answers):
        if termios.tcgetattr(fd)[3] & termios.ECHO:
            sys.exit(99)  # the terminal shows what is typed
        os.write(fd, answers[asked])
        asked += 1
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.buffer.write(shown)
for answer in answers:
    word = answer.strip(b"\r\x03\x7f\x15")
    if word and word in shown or asked != len(answers):
        sys.exit(98)  # a passphrase was shown, or not asked for
sys.exit(status)
EOF
expect 1 python3 terminal.py 'battery\r|staple\r' "$keys" generate --type root --name t --out t
says out "not the same"
expect 1 python3 terminal.py '\x03' "$keys" generate --type root --name t --out t
expect 1 python3 terminal.py '\r' "$keys" generate --type root --name t --out t
[ ! -e t ] && [ ! -e t.pub ] || fail "a refused passphrase left a file"
expect 0 python3 terminal.py 'battery\r|garbage\x15batterz\x7fy\r' \
    "$keys" generate --type root --name example.org/root-3 --out root3

### A draft: lines in their order, whatever the order of the words.
origin=ledger.example.org/2026
make_key log "$origin" log
make_key writer example.org/ledger operator
make_key writer example.org/query-7 agency
make_key writer example.org/secretariat committee
for i in 1 2 3; do make_key witness "witness-$i.example.org" "w$i"; done
expect 0 "$keys" roster new --origin "$origin" --threshold 2 agency:npa:agency.pub w2.pub \
    root1.pub w1.pub log.pub committee:ccioc:committee.pub root2.pub w3.pub root3.pub \
    operator:nco:operator.pub --quorum 2
cp out draft0
[ "$(sed 1,4d draft0 | cut -d' ' -f1 | uniq | tr '\n' ' ')" = \
    "root threshold log witness group quorum writer " ] || fail "wrong order of lines"
[ "$(sed -n 1p draft0)" = keiin/roster/v1 ] && [ "$(sed -n 2p draft0)" = "$origin" ] &&
    [ "$(sed -n 3p draft0)" = 0 ] || fail "wrong first lines"
[ "$(sed -n 4p draft0 | base64 -d | wc -c)" = 32 ] || fail "no 32 random bytes"
grep -qx 'group witnesses 2 witness-2.example.org witness-1.example.org witness-3.example.org' \
    draft0 || fail "wrong group"
grep -qx 'quorum witnesses' draft0 || fail "wrong quorum"
expect 0 "$keys" roster new --origin "$origin" --threshold 1 root1.pub log.pub \
    operator:nco:operator.pub
grep -qx 'quorum none' out || fail "the default is no quorum"
[ "$(sed -n 4p out)" != "$(sed -n 4p draft0)" ] || fail "the random bytes are not random"

# Every rule is held against the draft, and every error is said.
expect 1 "$keys" roster new --origin "$origin" --threshold 4 root1.pub root1.pub log.pub \
    agency:NPA:agency.pub
says err "threshold"; says err "organisation"; says err "key bytes"
[ ! -s out ] || fail "a bad draft was printed"
expect 1 "$keys" roster new --origin "$origin" --threshold 1 root1.pub agency:npa:agency.pub
says err "no log line"
expect 1 "$keys" roster new --origin "$origin" --threshold 1 root1 log.pub agency:npa:agency.pub
says err "is a secret key"
expect 2 "$keys" roster new --origin "$origin" --threshold 1 absent.pub; says err absent.pub
expect 1 "$keys" roster new --origin "$origin" --threshold 1 root1.pub log.pub agency:npa:w1.pub
expect 64 "$keys" roster new --origin "$origin" --threshold 0 root1.pub
expect 64 "$keys" roster new --origin "$origin" --threshold 1 --quorum 4 w1.pub w2.pub w3.pub \
    root1.pub log.pub agency:npa:agency.pub
echo precious > kept
expect 1 "$keys" roster new --origin "$origin" --threshold 1 --out kept root1.pub log.pub \
    operator:nco:operator.pub
[ "$(cat kept)" = precious ] || fail "--out overwrote a file"

# A reader's key; all zero is none.
{ printf '\001'; head -c 32 /dev/urandom; } | base64 -w0 > reader
{ printf '\001'; head -c 32 /dev/zero; } | base64 -w0 > zero
expect 0 "$keys" roster new --origin "$origin" --threshold 1 root1.pub log.pub \
    operator:nco:operator.pub --reader committee-desk:committee:ccioc:reader
grep -qx "reader committee-desk $(cat reader) committee ccioc" out || fail "no reader line"
expect 1 "$keys" roster new --origin "$origin" --threshold 1 root1.pub log.pub \
    operator:nco:operator.pub --reader committee-desk:committee:ccioc:zero

### Signing.
expect 1 "$keys" roster check draft0; says err "0 of its own 3 roots"
expect 1 "$keys" roster sign --key agency draft0; says err "agency"
expect 1 "$keys" roster sign --key log draft0
expect 0 "$keys" roster sign --key root1 draft0; says err "1 of its own 3 roots"
cp out once
expect 1 "$keys" roster check once; says err "1 of its own 3 roots"; says out "NOT good"
expect 0 "$keys" roster sign --key root1 once
cmp -s out once || fail "the same key twice added something"
expect 1 env KEIIN_PASSPHRASE_FILE=wrong "$keys" roster sign --key root2 once
says err "passphrase"
[ ! -s out ] || fail "a note was printed with a wrong passphrase"
expect 0 env KEIIN_PASSPHRASE_FILE=pass "$keys" roster sign --key root2 once
cp out roster0
head -n "$(wc -l < once)" roster0 | cmp -s - once || fail "an existing line was not kept"
expect 0 env KEIIN_PASSPHRASE_FILE=pass "$keys" roster sign --key root1 root2 draft0
cmp -s out roster0 || fail "signing at once and one after the other differ"
expect 0 python3 terminal.py 'battery\r' "$keys" roster sign --key root3 --out third draft0
expect 1 "$keys" roster check third; says out "example.org/root-3, has signed"
expect 0 "$keys" roster check roster0
says out "Good"; says out "next roster needs 2"; says out "enter rosters"; says out "of npa"

# The ledger id is sha256sum of the text, in groups of four.
id=$(sha256sum < draft0 | cut -c1-64 | sed 's/..../& /g; s/ $//')
says out "$id"
expect 0 "$keys" show roster0 draft0; says out "$id"; says out "$(cat w1.pub)"
expect 0 "$keys" show "$vectors/genesis.roster"
says out "$(sed '/^$/,$d' "$vectors/genesis.roster" | sha256sum | cut -c1-64 | sed 's/..../& /g; s/ $//')"

# A line that is wrong, and a text that was changed.
sed 's/agency npa/agency npb/' roster0 > changed
expect 1 "$keys" roster check changed
says err "root example.org/root-1 is wrong"; says err "root example.org/root-2 is wrong"
expect 1 "$keys" roster sign --key root1 changed; says err "wrong"
[ ! -s out ] || fail "a note with a wrong line was signed"

### The successor.
make_key writer example.org/query-8 agency8
make_key root example.org/root-4 root4
expect 1 "$keys" roster next draft0; says err "not signed"
expect 1 "$keys" roster next once
expect 0 "$keys" roster next roster0
[ "$(sed -n 3p out)" = 1 ] || fail "the serial does not follow"
[ "$(sed -n 4p out | base64 -d | od -An -tx1 | tr -d ' \n')" = "$(sha256sum < draft0 | cut -c1-64)" ] ||
    fail "line 4 is not the hash of the roster before"
sed 1,4d out > lines1; sed 1,4d draft0 | cmp -s - lines1 || fail "next changed a line"
expect 1 "$keys" roster next --remove-writer nobody roster0; says err "nothing was removed"
expect 1 "$keys" roster next --remove-log "$origin" roster0; says err "no log line"
expect 0 "$keys" roster next --add-writer agency:npa:agency8.pub \
    --remove-writer example.org/query-7 --add-root root4.pub --remove-root example.org/root-2 \
    --remove-witness witness-3.example.org --quorum all roster0
cp out draft1
expect 1 "$keys" roster sign --key root2 draft1; says err "--parent"
expect 0 "$keys" roster sign --key root1 --key root4 draft1
cp out short1
expect 0 "$keys" roster check short1; says out "not checked"
expect 1 "$keys" roster check --parent roster0 short1
says err "1 of the 3 roots of the roster before"
expect 0 env KEIIN_PASSPHRASE_FILE=pass "$keys" roster sign --parent roster0 --key root2 short1
cp out roster1
expect 0 "$keys" roster check --parent roster0 roster1
says out "writer added: example.org/query-8"; says out "writer removed: example.org/query-7"
says out "root added: example.org/root-4"; says out "root removed: example.org/root-2"
says out "witness removed: witness-3.example.org"; says out "group witnesses all"
says out "Changed against roster 0"; says out "Good"
expect 0 "$keys" show roster1; says out "$id"
expect 1 "$keys" roster check --parent roster1 roster0
says err "serial 0 does not follow 1"; says err "hash of the roster before"
expect 1 "$keys" roster check --parent draft0 roster1; says err "not signed"
expect 0 "$keys" roster next --add-witness w3.pub --quorum none --threshold 1 roster1
says out "quorum none"; says out "threshold 1"; says out "witness witness-3.example.org"

### A hostile file: all errors, none of its characters, no ledger id.
printf 'keiin/roster/v1\nledger\n0\nAAAA\nroot \033[31mred\nking x\n' > hostile
expect 1 "$keys" roster check hostile
says err "line 4"; says err "line 5"; says err "line 6"; says err 'u{001b}'
! grep -q "$(printf '\033')" err out || fail "a control character was printed"
expect 1 "$keys" show hostile
expect 1 "$keys" show pass; says err "is no key"
expect 2 "$keys" show absent root1; says out "secret key of a root"
head -c 5000000 /dev/zero > zeros
expect 1 "$keys" show zeros

### Every roster of the vectors is judged as they say.
python3 - "$keys" "$vectors/rosters.json" <<'EOF'
import json, subprocess, sys

keys, path = sys.argv[1:]
with open(path, encoding="utf-8") as f:
    vectors = json.load(f)
with open("parent.note", "wb") as f:
    f.write(vectors["parent"].encode())
good = 0
for case in vectors["rosters"]:
    with open("case.note", "wb") as f:
        f.write(case["note"].encode())
    run = subprocess.run([keys, "roster", "check", "--parent", "parent.note", "case.note"],
                         capture_output=True, timeout=60)
    wanted = 0 if case["good"] else 1
    good += wanted == 0
    if run.returncode != wanted:
        sys.exit(f"{case['what']}: exit {run.returncode}: {run.stderr.decode()}")
    if wanted and not run.stderr:
        sys.exit(f"{case['what']}: no error was said")
assert 0 < good < len(vectors["rosters"])
print(f"keys.sh: {len(vectors['rosters'])} rosters of the vectors judged rightly, {good} good")
EOF
echo "keys.sh: all as it should be"
