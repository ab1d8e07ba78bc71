# shellcheck shell=bash
# shellcheck disable=SC2034 # lists are used by who sources this
# Shared by ./quickstart and ./runtests; sourced by bash, from anywhere.
# Sets KEIIN_SRC (the source tree) and gives: say, die, install_missing, build.

KEIIN_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export KEIIN_SRC
# Scripts read what programs say: keiin's and others speak English to them, wherever they run.
export LC_ALL=C.UTF-8

say() { printf '%s\n' "$*"; }

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# What is needed, a line each: how to see that it is there, and its Debian package.
# cmd: a program; lib: a module of pkg-config; file: a file, or a pattern of one.
needed_to_build='cmd:gcc gcc
file:/usr/include/stdio.h libc6-dev
cmd:make make
cmd:autoconf autoconf
cmd:automake automake
cmd:libtoolize libtool
cmd:pkg-config pkg-config
cmd:gzip gzip
lib:libsodium libsodium-dev
lib:libcrypto libssl-dev
lib:lmdb liblmdb-dev
lib:libuv libuv1-dev
lib:libmicrohttpd libmicrohttpd-dev
lib:libcurl libcurl4-openssl-dev
lib:jansson libjansson-dev
lib:inih libinih-dev
lib:pangocairo libpango1.0-dev
lib:libarchive libarchive-dev
lib:msgpack-c|msgpack MSGPACK'
needed_to_test='cmd:clang clang
file:/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.asan-*.a libclang-rt-dev
cmd:clang-tidy clang-tidy
cmd:cppcheck cppcheck
cmd:valgrind valgrind
cmd:openssl openssl
cmd:python3 python3
cmd:glpsol glpk-utils
cmd:pdftotext poppler-utils
file:/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc fonts-noto-cjk
lib:cmocka libcmocka-dev'

is_there() {
    local what=${1#*:} name
    case $1 in
    cmd:*) command -v "$what" >/dev/null ;;
    file:*) compgen -G "$what" >/dev/null ;;
    lib:*)
        command -v pkg-config >/dev/null || return 1
        for name in ${what//|/ }; do
            pkg-config --exists "$name" && return 0
        done
        return 1
        ;;
    esac
}

# Packages of the list on standard input whose probe fails.
missing_packages() {
    local probe package
    while read -r probe package; do
        is_there "$probe" || echo "$package"
    done
}

# install_missing LIST: installs with apt what the list needs and is not there; says what.
install_missing() {
    local missing shown sudo=
    missing=$(missing_packages <<<"$1")
    [ -n "$missing" ] || return 0
    shown=${missing//$'\n'/ }
    shown=${shown/MSGPACK/libmsgpack-c-dev (on Debian 12 libmsgpack-dev)}
    if ! command -v apt-get >/dev/null; then
        die "these are missing, and there is no apt-get to install them: $shown"
    fi
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            die "these are missing; install them as root: $shown"
        sudo=sudo
    fi
    export DEBIAN_FRONTEND=noninteractive
    say "Missing, so being installed with ${sudo:+$sudo }apt-get: $shown"
    mkdir -p "$KEIIN_SRC/build"
    local log=$KEIIN_SRC/build/apt.log
    if ! $sudo env DEBIAN_FRONTEND=noninteractive apt-get update >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        die "apt-get update failed; is the network there? The whole of it: $log"
    fi
    # Debian 13 has msgpack-c as libmsgpack-c-dev, Debian 12 as libmsgpack-dev.
    if apt-cache show libmsgpack-c-dev >/dev/null 2>&1; then
        missing=${missing/MSGPACK/libmsgpack-c-dev}
    else
        missing=${missing/MSGPACK/libmsgpack-dev}
    fi
    # shellcheck disable=SC2086 # one word a package
    if ! $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        $missing >>"$log" 2>&1; then
        tail -n 5 "$log" >&2
        die "apt-get install failed. The whole of it: $log"
    fi
}

# ./configure is there and not older than what it is made of.
bootstrapped() {
    local file
    [ -x "$KEIIN_SRC/configure" ] && [ -f "$KEIIN_SRC/Makefile.in" ] || return 1
    for file in "$KEIIN_SRC"/configure.ac "$KEIIN_SRC"/Makefile.am "$KEIIN_SRC"/*/local.mk; do
        [ "$file" -nt "$KEIIN_SRC/Makefile.in" ] && return 1
    done
    return 0
}

# build DIR TARGET [configure arguments]: configures and makes in DIR, quietly; the log is
# DIR/build.log. Configures again only when the arguments change or ./configure is newer.
build() {
    local dir=$1 target=$2 log status=0
    shift 2
    mkdir -p "$dir"
    log=$(cd "$dir" && pwd)/build.log
    if ! bootstrapped && ! "$KEIIN_SRC/autogen.sh" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        die "./autogen.sh failed. The whole of it: $log"
    fi
    (
        cd "$dir" || exit 1
        if [ ! -f Makefile ] || [ "$KEIIN_SRC/configure" -nt config.status ] ||
            [ "$(cat configure.arguments 2>/dev/null)" != "$*" ]; then
            "$KEIIN_SRC/configure" "$@" || exit 1
            echo "$*" >configure.arguments
        fi
        # shellcheck disable=SC2086 # several targets
        make -j"$(nproc)" $target
    ) >"$log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        grep -E -A 4 'error:|warning:|Error [0-9]' "$log" | head -n 30 >&2
        return 1
    fi
}
