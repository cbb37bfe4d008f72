#!/bin/bash
# Records programs under QEMU and holds the traces to what the programs did. Needs what `make setup-capture` installs.
#
#   BUILD   where the package and the plugin are built (.build)
set -u
cd "$(dirname "$0")/.."
build=${BUILD:-.build}
staleline=$(realpath "$build/release/staleline")
plugin=$(realpath "$build/plugin/libstaleline-capture.so")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# expect NAME CONDITION...: a test that must be true.
expect() {
    local name=$1
    shift
    if "$@"; then echo "pass  $name"; else echo "FAIL  $name"; failed=1; fi
}

# refuses NAME TEXT COMMAND...: a command that must end with status 2 and say TEXT.
refuses() {
    local name=$1 text=$2 status=0
    shift 2
    "$@" >"$work/out" 2>&1 </dev/null || status=$?
    if [ $status = 2 ] && grep -qF -- "$text" "$work/out"; then echo "pass  $name"; else
        echo "FAIL  $name: status $status: $(cat "$work/out")"
        failed=1
    fi
}

arm=(arm-linux-gnueabihf-gcc -O1 -pthread)
"${arm[@]}" -static tools/capture-tests/program.c -o "$work/static"
"${arm[@]}" tools/capture-tests/program.c -o "$work/dynamic"
"${arm[@]}" -marm -static tools/capture-tests/program.c -o "$work/a32"
aarch64-linux-gnu-gcc -O1 -pthread tools/capture-tests/program.c -o "$work/a64"

for kind in static dynamic a32 a64; do
    status=0
    "$staleline" capture -o "$work/$kind.sltb" -- "$work/$kind" >"$work/$kind.out" 2>"$work/$kind.err" || status=$?
    expect "$kind: the program's status" [ $status = 3 ]
    expect "$kind: the program's output" grep -qx "it says 19" "$work/$kind.out"
    expect "$kind: nothing unfinished stays" [ -z "$(ls "$work" | grep partial)" ]
    # 20 times 65536 bytes were stored, by at most 16 at a time.
    "$staleline" replay "$work/$kind.sltb" --machine zynq7000 --json >"$work/$kind.json"
    expect "$kind: the stores of both threads" python3 - "$work/$kind.json" <<'PY'
import json, sys
caches = json.load(open(sys.argv[1]))["caches"]
sys.exit(not (caches["L1D"]["writes"] > 20 * 65536 / 16 and caches["L1I"]["reads"] > 100000))
PY
    next=$(sed -n 's/^next: staleline //p' "$work/$kind.err")
    "$staleline" $next --machine zynq7000 >"$work/$kind.txt" 2>"$work/err"
    expect "$kind: functions have names" grep -qE "^(__)?memset|^work|^__GI_memset|^__memset" "$work/$kind.txt"
done
expect "threads have cores of their own" grep -q "^core1 L1D" "$work/static.txt"

# Addresses of maintenance: each is followed by a store to the same place.
check_addresses() {
    "$staleline" convert "$1" --to slt - 2>/dev/null | python3 -c "
import re, sys
pending, good, wrong, unknown, last = {}, 0, 0, 0, None
for line in sys.stdin:
    match = re.match(r'core(\d): dc civac (?:\S+?\+)?(0x[0-9a-f]+)', line)
    if match: last = int(match[2], 16); continue
    if line.startswith('mark') and 'dc civac' in line: unknown += 1; last = None; continue
    match = re.match(r'core(\d): st (0x[0-9a-f]+) 1', line)
    if match and last is not None:
        good += int(match[2], 16) == last; wrong += int(match[2], 16) != last; last = None
print(f'      {good} addresses right, {wrong} wrong, {unknown} not known')
sys.exit(not (wrong == 0 and good >= int(sys.argv[1]) and unknown <= int(sys.argv[2])))" "$2" "$3"
}
# (With -Os the division of A32 is T32 code, which is not followed.)
for level in -O0 -O1 -O2; do
    aarch64-linux-gnu-gcc $level -static tools/capture-tests/cmo.c -o "$work/cmo"
    "$staleline" capture -o "$work/cmo.sltb" --track on --start main -- "$work/cmo" 2>"$work/err"
    expect "AArch64 $level: addresses of maintenance" check_addresses "$work/cmo.sltb" 600 200
    arm-none-eabi-gcc -mcpu=cortex-a9 -marm $level -ffreestanding -nostdlib -T Traces/programs/pl330-ring/memory.ld \
        Traces/programs/pl330-ring/start.S tools/capture-tests/cmo.c -lgcc -o "$work/cmo.elf"
    "$staleline" capture -o "$work/cmo.sltb" --system xilinx-zynq-a9 --start main --timeout 60 \
        -- "$work/cmo.elf" -semihosting </dev/null 2>"$work/err"
    expect "A32 $level: addresses of maintenance" check_addresses "$work/cmo.sltb" 600 200
    expect "A32 $level: no contradiction" [ -z "$(grep contradicted "$work/err")" ]
done

# The bundled driver, recorded anew, does what the kept traces say.
mkdir "$work/ring"
BUILD=$(realpath "$build") OUT=$work/ring Traces/programs/pl330-ring/capture.sh >"$work/out" 2>&1
expect "the bundled driver is recorded and judged" [ $? = 0 ]
for variant in violates fixed; do
    for place in "$work/ring" Traces/programs/pl330-ring; do
        "$staleline" check "$place/$variant.sltb" --json 2>/dev/null | grep -o '"counts":.*' >"$work/$(basename "$place").$variant"
    done
    expect "$variant: as kept" cmp -s "$work/ring.$variant" "$work/pl330-ring.$variant"
done

# What is missing is said.
refuses "no program" "no ELF file" "$staleline" capture -o "$work/x.sltb" -- Makefile
refuses "no such program" "No such file" "$staleline" capture -o "$work/x.sltb" -- "$work/none"
refuses "another machine's program" "of machine 62" "$staleline" capture -o "$work/x.sltb" -- /bin/true
refuses "no QEMU" "apt-get install qemu-user" env PATH=/nowhere "$staleline" capture -o "$work/x.sltb" -- "$work/static"
refuses "no plugin" "there is no such file" "$staleline" capture --plugin "$work/none.so" -o "$work/x.sltb" -- "$work/static"
refuses "no libraries" "apt-get install libc6-armhf-cross" \
    "$staleline" capture -o "$work/x.sltb" -L "$work" -- "$work/dynamic"
refuses "no function" "has no function nowhere" "$staleline" capture -o "$work/x.sltb" --start nowhere -- "$work/static"
cat >"$work/abort.c" <<'C'
#include <stdlib.h>
int main(void) { abort(); }
C
"${arm[@]}" -static "$work/abort.c" -o "$work/abort"
refuses "a program that dies" "ended by signal 6" "$staleline" capture -o "$work/x.sltb" -- "$work/abort"
expect "no unfinished file stays" [ -z "$(ls "$work" | grep -E 'partial|^x\.sltb')" ]

# What ends the recording ends QEMU too, and leaves nothing under the trace's name; only SIGKILL leaves a file called partial.
printf 'int main(void) { volatile unsigned n = 0; for (;;) n++; }\n' >"$work/endless.c"
"${arm[@]}" -static "$work/endless.c" -o "$work/endless"
mkdir "$work/ended"
for signal in INT TERM HUP KILL; do
    env --default-signal=INT "$staleline" capture -o "$work/ended/x.sltb" -- "$work/endless" >/dev/null 2>&1 &
    recording=$!
    sleep 2
    kill -$signal $recording
    wait $recording 2>/dev/null
    sleep 0.5
    expect "SIG$signal: QEMU has ended" [ -z "$(pgrep -f -- "$work/endless")" ]
    expect "SIG$signal: no half trace" [ -z "$(ls "$work/ended" | grep -v 'partial$')" ]
    [ $signal = KILL ] || expect "SIG$signal: nothing stays" [ -z "$(ls "$work/ended")" ]
done
status=0
"$staleline" capture --limit-time 1 -o "$work/ended/y.sltb" -- "$work/endless" >/dev/null 2>"$work/err" || status=$?
expect "a limit of time ends a recording" [ $status = 3 ]
expect "and leaves nothing" [ -z "$(ls "$work/ended" | grep y.sltb)" ]

# A trace that is cut is replayed as far as it is whole, and says so; a flipped bit is refused with its block.
size=$(stat -c %s "$work/static.sltb")
head -c $((size / 2)) "$work/static.sltb" >"$work/cut.sltb"
"$staleline" replay "$work/cut.sltb" --machine zynq7000 >"$work/out" 2>"$work/err"
expect "a cut trace is replayed, or has nothing whole" grep -qE "is cut: of its|nothing of it is whole" "$work/err"
cp "$work/static.sltb" "$work/flip.sltb"
printf '\x55' | dd of="$work/flip.sltb" bs=1 seek=$((size / 2)) conv=notrunc status=none
refuses "a damaged trace" "of the file is damaged" "$staleline" replay "$work/flip.sltb" --machine zynq7000

[ $failed = 0 ] && echo "all passed"
exit $failed
