#!/bin/bash
# Runs all tests; at the end says again what failed, for whoever sees the last lines only.
#
#   BUILD   where the package is built (.build); all that is printed is kept there, in test.log
#   SWIFT   swift
#
# Ends with the exit status of `swift test`, behind the last line of its runner.
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-.build} swift=${SWIFT:-swift}
mkdir -p "$build"
log=$build/test.log
run=("$swift" test --parallel --scratch-path "$build")
if [ -t 1 ] && command -v script >/dev/null; then
    # Into a pipe it prints no colours.
    script -qefc "${run[*]@Q}" "$log"
    status=$?
else
    "${run[@]}" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
fi
[ "$status" != 0 ] || exit 0

# Issues with their places, and what the runner says of each below it; errors of the compiler; a process that crashed. A line
# of the runner begins with a symbol, and perhaps a colour.
issues=$(tr -d '\r' <"$log" | LC_ALL=C awk '
    /^Script (started|done) on / { next }
    function show(line) { if (length(line) > 2000) line = substr(line, 1, 2000) "…"; print line }
    /recorded an issue|(^|: )error: |Fatal error: / { show($0); more = 4; next }
    more > 0 && !/^(\033\[[0-9;]*m)*(◇|✔|✘|⚠|\[)/ { show($0); more--; next }
    { more = 0 }')
count=$(grep -ac 'recorded an issue' "$log")
closing=$(tr -d '\r' <"$log" | grep -aE 'Test run with [0-9]+ test' | tail -n 1)
printf '\nWhat failed: %s issues; all that was printed is in %s\n' "$count" "$log"
if [ -n "$issues" ]; then head -n 30 <<<"$issues"; else tail -n 15 "$log"; fi
[ -z "$closing" ] || printf '%s\n' "$closing"
exit "$status"
