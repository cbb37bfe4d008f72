#!/bin/bash
# Runs all tests; at the end says again what failed, for whoever sees the last lines only.
#
#   BUILD   where the package is built (.build); all that is printed is kept there, in test.log
#   SWIFT   swift, in as many words as it takes
#
# Ends with the exit status of `swift test`, behind the last line of its runner.
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-.build}
mkdir -p "$build"
log=$build/test.log
read -ra run <<<"${SWIFT:-swift}"
run+=(test --parallel --scratch-path "$build")
# Into a pipe it prints no colours. But `script` sets the terminal up, for which a job in the background is stopped.
if [ -t 1 ] && [[ $(ps -o stat= -p $$) = *+* ]] && command -v script >/dev/null; then
    script -qefc "${run[*]@Q}" "$log"
    status=$?
else
    "${run[@]}" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
fi
[ "$status" != 0 ] || exit 0

# The log without colours and what moves the cursor, a line of progress for itself.
plain() { LC_ALL=C sed -e 's/\r*$//' -e 's/\x1b\[[0-9;]*[A-Za-z]//g' -e 's/\r/\n/g' "$log"; }

# Issues with their places, and what the runner says of each below it; errors of the compiler; a process that crashed. A line
# of the runner begins with a symbol.
issues=$(plain | LC_ALL=C awk '
    /^Script (started|done) on / { next }
    function show(line) { if (length(line) > 2000) line = substr(line, 1, 2000) "…"; print line }
    /recorded an issue|(^|: )error: |Fatal error: / { show($0); more = 4; next }
    more > 0 && !/^(◇|✔|✘|⚠|\[)/ { show($0); more--; next }
    { more = 0 }')
count=$(grep -ac 'recorded an issue' "$log")
closing=$(plain | grep -aE 'Test run with [0-9]+ test' | tail -n 1)
[ "$count" = 0 ] && said='' || said=": issues $count"
printf '\nWhat failed%s; all that was printed is in %s\n' "$said" "$log"
most=30
if [ -n "$issues" ]; then
    head -n $most <<<"$issues"
    left=$(($(wc -l <<<"$issues") - most))
    [ $left -le 0 ] || printf '… and %s lines more there\n' "$left"
else
    plain | tail -n 15
fi
[ -z "$closing" ] || printf '%s\n' "$closing"
exit "$status"
