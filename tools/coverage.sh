#!/usr/bin/env bash
# How much of each target's lines and regions the tests reach, those of the command line that they start among them.
#
#   coverage.sh          builds, runs all tests, prints a table and the files with the most lines that nothing reached
#
#   BUILD     the build folder, with -coverage behind it (.build)
#   LEAST     per cent of lines that each target of layers 0 to 3 has to have (90)
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-.build}-coverage
tools=$(dirname "$(readlink -f "$(command -v swift)")")
export SWIFT_BACKTRACE=enable=no
rm -rf "$build/profiles"
mkdir -p "$build/profiles"
swift build --build-tests --enable-code-coverage --scratch-path "$build"
place=$build/debug
LLVM_PROFILE_FILE=$PWD/$build/profiles/%p.profraw "$place/stalelinePackageTests.xctest" --testing-library swift-testing \
    >"$build/tests.log" 2>&1 </dev/null || { tail -40 "$build/tests.log"; exit 1; }
tail -1 "$build/tests.log"
# Processes that were killed leave files that are not whole.
find "$build/profiles" -size 0 -delete
"$tools/llvm-profdata" merge -failure-mode=all -sparse "$build"/profiles/*.profraw -o "$build/all.profdata" 2>"$build/merge.log"
"$tools/llvm-cov" export -summary-only -instr-profile "$build/all.profdata" "$place/stalelinePackageTests.xctest" \
    -object "$place/staleline" >"$build/coverage.json" 2>"$build/export.log"
python3 tools/coverage.py "$build/coverage.json" "${LEAST:-90}"
