#!/bin/bash
# The format, a build without warnings, the tests and the reference, one line per step; the output of a step that fails stands
# in .build-check/. Left out, for they take long, a machine of their own or more packages: make bench, memcheck, fuzz, and all
# test-* targets.
#
# Builds anew into .build-check, because a build that has nothing to do repeats no warnings: a quarter of an hour and more.
set -u
cd "$(dirname "$0")/.."
scratch=.build-check
rm -rf "$scratch"
mkdir -p "$scratch"
export SWIFT_BACKTRACE=enable=no
failed=0

# step NAME COMMAND...: runs it and says how it went.
step() {
    local name=$1 log start=$SECONDS
    shift
    log=$scratch/$(tr -c 'a-z\n' '-' <<<"$name").log
    if "$@" >"$log" 2>&1; then
        printf 'pass  %-34s %4d s\n' "$name" $((SECONDS - start))
    else
        printf 'FAIL  %-34s %4d s, see %s\n' "$name" $((SECONDS - start)) "$log"
        failed=1
    fi
}

build() { swift build --build-tests --scratch-path "$scratch" | tee "$scratch/build.txt"; return "${PIPESTATUS[0]}"; }
# Of our own sources; packages that we use come with their warnings turned off.
no_warnings() {
    grep -q "^Build complete!" "$scratch/build.txt" || { echo "there is no whole build to look at"; return 1; }
    ! grep -E "^$PWD/(Sources|Tests)/.*warning:" "$scratch/build.txt" | sort -u | grep .
}
tests() { swift test --parallel --skip-build --scratch-path "$scratch"; }
documentation() {
    command -v docc >/dev/null || { echo "docc is not in PATH: no pages can be made"; return 1; }
    make -s docs BUILD="$scratch" >"$scratch/documentation.txt" 2>&1 || { cat "$scratch/documentation.txt"; return 1; }
    ! grep "warning:" "$scratch/documentation.txt"
}

step "format" swift format lint --strict -r Sources Tests Benchmarks/Package.swift Benchmarks/Sources Package.swift
step "build" build
step "no warnings" no_warnings
step "layers, sizes, words" swift test --skip-build --scratch-path "$scratch" --filter TidyTests
step "tests" tests
step "documentation" documentation
exit $failed
