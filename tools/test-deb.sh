#!/bin/bash
# Installs the Debian package into an empty root, uses what is there, and purges it: nothing may be left.
#
#   BUILD   where `make deb` left it (.build-deb)
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-.build-deb}
case $build in /*) ;; *) build=$PWD/$build ;; esac
packages=("$build"/staleline_*.deb)
[ ${#packages[@]} = 1 ] && [ -e "${packages[0]}" ] || { echo "FAIL  expected one package in $build: ${packages[*]}"; exit 1; }
package=${packages[0]}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root
failed=0
check() { # check WHAT COMMAND...: says whether the command succeeds.
    local what=$1
    shift
    if "$@" >"$scratch/log" 2>&1; then echo "pass  $what"; else echo "FAIL  $what"; sed 's/^/      /' "$scratch/log"; failed=1; fi
}

# A package manager of its own: no script of any package is run, and of this machine nothing is touched.
mkdir -p "$root"/var/lib/dpkg/{info,updates,triggers}
touch "$root"/var/lib/dpkg/{status,available}
as_root=()
[ "$(id -u)" = 0 ] || as_root=(fakeroot)
manage() { "${as_root[@]}" dpkg --root="$root" --log="$scratch/dpkg.log" --force-not-root --force-depends "$@"; }
files() { (cd "$root" && find . -mindepth 1 ! -path './var*' | sort); }

# Of what it depends on, all that this machine knows must be packages.
depends() {
    dpkg-deb -f "$package" Depends | tr ',' '\n' | sed 's/(.*//; s/ //g' | while read -r name; do
        dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$name" | grep -q '^installed' || { echo "no package $name"; exit 1; }
    done
}
listed() { # All files stand in its list, and nothing lies outside /usr.
    manage -L staleline | grep -v '^/\.$' | sed 's|^|.|' | sort >"$scratch/listed"
    files >"$scratch/there"
    diff "$scratch/listed" "$scratch/there" && ! grep -v '^\./usr' "$scratch/there"
}
sums() { (cd "$root" && md5sum --quiet -c var/lib/dpkg/info/staleline.md5sums); }
runs() { env -i PATH=/usr/bin:/bin HOME="$scratch" "$root/usr/bin/staleline" "$@"; }
version() { [ "$(runs --version | sed 's/^staleline //; s/-/~/')" = "$(dpkg-deb -f "$package" Version)" ]; }
finds() { # The bundled machines and traces are found beside the program.
    local status=0
    (cd "$scratch" && runs check "$root/usr/share/staleline/Traces/demo/rx-no-sync.slt") || status=$?
    [ $status = 1 ] && runs machines zynq7000 && runs learn 5 --plain && runs explain H08
}
tours() { (cd "$scratch" && runs demo); }
links() { # What the installed pages point to is there.
    local doc=$root/usr/share/doc/staleline page link broken=0
    while read -r page; do
        while read -r link; do
            [ -e "$(dirname "$page")/$link" ] || { echo "${page#"$doc/"}: $link"; broken=1; }
        done < <(grep -oE '\]\([^)#]+' "$page" | sed 's/^](//' | grep -v '://')
    done < <(find "$doc" -name '*.md')
    [ "$(find "$doc" -name '*.md' | wc -l)" -gt 30 ] && [ $broken = 0 ]
}
plugin() { # `capture` has all that it needs but a QEMU, in whose place `false` ends at once.
    cp Tests/SymbolsTests/Data/arm32.elf "$scratch/program"
    (cd "$scratch" && runs capture -o t.sltb --qemu /bin/false -- ./program 2>&1 || true) | tee "$scratch/said"
    grep -q "QEMU ended with status 1" "$scratch/said"
}
pages() { # One for each command, read without a warning, and found by name.
    local page
    for page in "$root"/usr/share/man/man1/*; do
        [ -z "$(man --warnings -l "$page" 2>&1 >/dev/null)" ] || { man --warnings -l "$page" 2>&1 >/dev/null; return 1; }
        lexgrog "$page" || return 1
        ! command -v mandoc >/dev/null || gzip -dc "$page" | mandoc -Tlint -W warning || return 1
    done
    local command
    for command in $(runs --help | sed -n '/^SUBCOMMANDS/,$p' | grep -oE '^  [a-z]+'); do
        [ -e "$root/usr/share/man/man1/staleline-$command.1.gz" ] || { echo "no page of $command"; return 1; }
    done
    MANPATH="$root/usr/share/man" man -w staleline && MANPATH="$root/usr/share/man" man -w staleline-sweep-report
}
completions() {
    bash -n "$root/usr/share/bash-completion/completions/staleline" &&
        grep -q '^#compdef staleline' "$root/usr/share/zsh/vendor-completions/_staleline" &&
        grep -q 'complete .*staleline' "$root/usr/share/fish/vendor_completions.d/staleline.fish" || return 1
    # In a bash, the word that has begun is completed.
    [ "$(bash -c '. "$1"; COMP_WORDS=(staleline expl); COMP_CWORD=1; COMP_LINE="staleline expl"; COMP_POINT=14
        PATH=$2:$PATH; _staleline staleline expl staleline; echo "${COMPREPLY[*]}"' - \
        "$root/usr/share/bash-completion/completions/staleline" "$root/usr/bin" | sed 's/ *$//')" = explain ] || {
        echo "“staleline expl” is not completed"; return 1; }
    local shell
    for shell in zsh:zsh/vendor-completions/_staleline fish:fish/vendor_completions.d/staleline.fish; do
        command -v "${shell%%:*}" >/dev/null || { echo "${shell%%:*} is not there"; continue; }
        "${shell%%:*}" -n "$root/usr/share/${shell#*:}" || return 1
    done
}
copyright() { # The terms of everything that is linked in.
    local name
    for name in swift swift-argument-parser Yams FlyingFox GRDB.swift; do
        grep -q "^License: $name$" "$root/usr/share/doc/staleline/copyright" || { echo "nothing of $name"; return 1; }
    done
}
again() { # The same bytes from the same build.
    cp "$package" "$scratch/first.deb"
    SOURCE_DATE_EPOCH=$(stat -c %Y "$root/usr/bin/staleline") tools/deb.sh && cmp "$scratch/first.deb" "$package"
}
gone() {
    [ -z "$(files)" ] || { echo "left:"; files; return 1; }
    ! grep -q staleline "$root/var/lib/dpkg/status" && ! ls "$root"/var/lib/dpkg/info | grep staleline
}

check "depends on packages" depends
check "installs" manage -i "$package"
check "installs what it lists, below /usr" listed
check "has the sums that it says" sums
check "says its version" version
check "finds its machines, traces and lessons" finds
check "takes the tour" tours
check "has pages whose links hold" links
check "finds its plugin" plugin
check "has manual pages" pages
check "has completions" completions
check "has the terms of all that is linked in" copyright
check "is built alike again" again
check "installs over itself" manage -i "$package"
check "is purged" manage --purge staleline
check "leaves nothing" gone
# The package names nobody unless DEB_MAINTAINER does, and libyaml is a part of Yams.
known=bogus-mail-host,bogus-mail-host-in-debian-changelog,embedded-library
if command -v lintian >/dev/null; then
    check "lintian" lintian --fail-on error,warning --suppress-tags "$known" "$package"
else
    echo "      lintian is not there"
fi
exit $failed
