#!/bin/bash
# Makes a Debian package of what `make install` installs. The same sources and tools give the same bytes.
#
#   BUILD               where the package was built, with Swift's libraries linked in (.build-deb)
#   SOURCE_DATE_EPOCH   the date of all files in it; `make deb` gives that of the last commit
#   DEB_MAINTAINER      who answers for the package
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-.build-deb}
case $build in /*) ;; *) build=$PWD/$build ;; esac
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:?is needed}
maintainer=${DEB_MAINTAINER:-The authors of staleline <staleline@localhost>}
swift=${SWIFT:-swift}

said=$("$build/release/staleline" --version)
version=${said#staleline }
# 0.1.0-dev comes before 0.1.0, which a tilde says.
version=${version/-/\~}
architecture=$(dpkg --print-architecture)
output=$build/staleline_${version}_$architecture.deb
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
umask 022
# Of another version, say: one package is what `make test-deb` and a reader expect.
rm -f "$build"/staleline_*.deb

make -s install BUILD="$build" DESTDIR="$stage/root" PREFIX=/usr ZSH_FUNCTIONS=share/zsh/vendor-completions
root=$stage/root doc=$stage/root/usr/share/doc/staleline

# Debian's ways with what is installed.
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/staleline"
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/lib/staleline/libstaleline-capture.so"
gzip -9n "$root"/usr/share/man/man1/*.1
# Of the package; what is new in the program stands in its own.
printf 'staleline (%s) unstable; urgency=medium\n\n  * What is new: CHANGELOG.md.\n\n -- %s  %s\n' \
    "$version" "$maintainer" "$(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" -R)" | gzip -9n >"$doc/changelog.gz"
# Debian has the text; what leads there stands in the file of copyrights, which the pages' link to LICENSE opens.
ln -sf copyright "$doc/LICENSE"
# It is read, not run.
sed -i '1{/^#!/d}' "$root/usr/share/bash-completion/completions/staleline"
find "$root" -type d -exec chmod 755 {} +
find "$root" -type f -exec chmod 644 {} +
find "$root/usr/share/staleline" -name '*.sh' -exec chmod 755 {} +
chmod 755 "$root/usr/bin/staleline"
# The bundled programs are what `check --elf` reads and QEMU runs: data of this package, for another architecture.
mkdir -p "$root/usr/share/lintian/overrides"
for tag in arch-dependent-file-in-usr-share binary-from-other-architecture statically-linked-binary unstripped-binary-or-object; do
    echo "staleline: $tag [usr/share/staleline/Traces/programs/*]"
done >"$root/usr/share/lintian/overrides/staleline"
chmod 644 "$root/usr/share/lintian/overrides/staleline"

# What a licence says, as a field of several lines.
field() { sed -e 's/[[:space:]]*$//' -e 's/^$/./' -e 's/^/ /' "$1"; }
# Who has the copyright of a library, by its licence.
holders() {
    local found
    found=$(sed -nE 's/^[[:space:]]*Copyright (\([cC]\) )?([0-9].*)/\2/p' "$1" | sed 's/\.$//' | paste -sd, -)
    echo "${found:-the authors of $2}"
}
{
    cat <<end
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: staleline
Comment: The program has parts of the libraries below linked in.

Files: *
Copyright: the authors of staleline
License: Apache-2.0

License: Apache-2.0
 On Debian systems the text of the Apache License, version 2.0, is in /usr/share/common-licenses/Apache-2.0.
end
    toolchain=$(dirname "$(readlink -f "$(command -v "$swift")")")/../share/swift/LICENSE.txt
    for library in swift:"$toolchain" $(find "$build/checkouts" -mindepth 2 -maxdepth 2 -iname 'license*' | sort); do
        license=${library#swift:}
        case $library in swift:*) name=swift ;; *) name=$(basename "$(dirname "$license")") ;; esac
        [ -s "$license" ] || { echo "deb: no licence of $name at $license" >&2; exit 1; }
        printf '\nFiles: %s\nCopyright: %s\nLicense: %s\n' "(linked in) $name" "$(holders "$license" "$name")" "$name"
        if grep -q "Version 2.0, January 2004" "$license"; then
            # Debian has that text; what stands beside it is the licence's own.
            sed -n '/Runtime Library Exception/,$p' "$license" >"$stage/exception"
            [ -s "$stage/exception" ] || { echo "deb: $license has no exception" >&2; exit 1; }
            printf ' The Apache License, version 2.0, in /usr/share/common-licenses/Apache-2.0, with this exception:\n .\n'
            license=$stage/exception
        fi
        field "$license"
    done
} >"$doc/copyright"

# Which packages have the libraries that are linked to.
mkdir -p "$stage/debian" "$root/DEBIAN"
printf 'Source: staleline\n\nPackage: staleline\nArchitecture: any\n' >"$stage/debian/control"
depends=$(cd "$stage" && dpkg-shlibdeps -O --ignore-missing-info root/usr/bin/staleline \
    root/usr/lib/staleline/libstaleline-capture.so | sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || { echo "deb: dpkg-shlibdeps names no package" >&2; exit 1; }

(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
cat >"$root/DEBIAN/control" <<end
Package: staleline
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -k -s --apparent-size "$root/usr" | cut -f1)
Depends: $depends
Suggests: qemu-user, qemu-system-arm, libjs-chart.js, librsvg2-bin
Section: devel
Priority: optional
Description: emulator of ARM caches and DMA that finds stale data
 Replays traces of what a CPU, its caches, its write buffers and the devices
 beside it do to memory. Says where data goes stale, why, and what would mend
 it, and what each way of sharing a buffer with a device would cost: uncached,
 or cached and maintained. Knows the Linux DMA API of several kernels, the cache
 functions of bare-metal libraries, and $(ls configs/*.yaml | wc -l) machines.
end
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$root" "$output.partial" >/dev/null
mv "$output.partial" "$output"
echo "$output: $(stat -c %s "$output") bytes, depends on $depends"
