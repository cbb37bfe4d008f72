#!/bin/bash
# Feeds readers of outside bytes with what libFuzzer makes up (Tests/Fuzz/HostileInput).
#
#   fuzz.sh TARGET SECONDS   one target, or all of them, each for so long (all, 60)
#   fuzz.sh --merge          copies into the kept corpus what the runs reached beyond it, in as few files as it takes
#
#   FUZZ      where the program is built, and what is found goes    (.build-fuzz)
#   JOBS      how many processes work at a target                   (1)
#   AT_ONCE   how many targets are fed at a time                    (1)
#   SEED      of what libFuzzer makes up; 0: another each time      (0)
#
# An input that breaks a reader is left in $FUZZ/found/TARGET/; mend the reader and keep the input in
# Tests/Fuzz/corpus/TARGET/, where `make test` reads it.
set -u
cd "$(dirname "$0")/.."
fuzz=${FUZZ:-.build-fuzz}
program=$fuzz/staleline-fuzz
# A crash should end the run, and a moved shadow of the address sanitizer should not count as the reader's memory.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=8:malloc_context_size=4:allocator_may_return_null=0

build() {
    local flags=(-Xswiftc -O -Xswiftc -sanitize=fuzzer,address
        -Xswiftc -assert-config -Xswiftc Debug -Xcc -fsanitize=fuzzer-no-link,address)
    swift build -c debug --scratch-path "$fuzz" --target HostileInput "${flags[@]}" || return 1
    # SwiftPM has no product without a main function; libFuzzer brings its own.
    local objects place
    place=$(swift build -c debug --scratch-path "$fuzz" --show-bin-path)
    mapfile -t objects < <(objects "$place")
    swiftc -sanitize=fuzzer,address "${objects[@]}" -o "$program"
}

# The objects to link. A source that was renamed leaves its object behind: of a Swift module those count that there is a
# source for.
objects() {
    local module map object
    for module in "$1"/*.build; do
        case $module in */staleline.build | */ArgumentParser*) continue ;; esac
        map=$module/output-file-map.json
        if [ -f "$map" ]; then
            sed -n 's/.*"object": *"\([^"]*\)".*/\1/p' "$map" | while read -r object; do
                if [ -f "$object" ]; then echo "$object"; fi
            done
        else
            find "$module" -name '*.o'
        fi
    done
}

targets() { FUZZ_TARGET=? "$program" 2>&1 </dev/null | sed -n 's/.*expected one of //p'; }

# The folders that a run takes its first inputs from, beside the kept corpus.
seeds() {
    case $1 in
        slt | check) echo Traces/litmus ;;
        machine) echo configs ;;
        elf) echo Tests/SymbolsTests/Data ;;
        sltb) echo Traces/programs/pl330-ring ;;
    esac
}

run() {
    local name=$1 seconds=$2 found=$fuzz/found/$1 corpus=$fuzz/corpus/$1 status=0
    mkdir -p "$found" "$corpus" "Tests/Fuzz/corpus/$name"
    FUZZ_TARGET=$name "$program" "$corpus" "Tests/Fuzz/corpus/$name" $(seeds "$name") -max_total_time="$seconds" \
        -rss_limit_mb=512 -timeout=10 -max_len=16384 -artifact_prefix="$found/" -print_final_stats=1 \
        -fork="${JOBS:-0}" -seed="${SEED:-0}" >"$found/log" 2>&1 </dev/null || status=$?
    local runs
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found/log")
    echo "$name: $seconds s, ${runs:-?} inputs, $(ls "$corpus" | wc -l) kept, status $status"
    if [ $status != 0 ]; then ls "$found" | grep -v '^log$' | sed "s|^|    $found/|"; fi
    return $status
}

# Adds to Tests/Fuzz/corpus/TARGET what reaches code that nothing there does, under the first twelve digits of its SHA-1.
merge() {
    local name file new kept failed=0 before added
    for name in $(targets); do
        kept=Tests/Fuzz/corpus/$name
        new=$fuzz/merged/$name
        rm -rf "$new"
        mkdir -p "$new" "$fuzz/corpus/$name" "$kept"
        cp -R "$kept/." "$new" || return 1
        before=$(ls "$new")
        if ! FUZZ_TARGET=$name "$program" -set_cover_merge=1 -rss_limit_mb=512 -max_len=2048 "$new" "$fuzz/corpus/$name" \
            >"$new.log" 2>&1; then
            echo "$name: FAILED, see $new.log; nothing was added"
            failed=1
            continue
        fi
        added=0
        for file in $(comm -13 <(echo "$before") <(ls "$new")); do
            cp "$new/$file" "$kept/${file:0:12}" || return 1
            added=$((added + 1))
        done
        echo "$name: $added new, $(ls "$kept" | wc -l) files, $(find "$kept" -type f -exec cat {} + | wc -c) bytes"
    done
    return $failed
}

mkdir -p "$fuzz"
build >"$fuzz/build.log" 2>&1 || { tail -20 "$fuzz/build.log"; exit 1; }
[ -n "$(targets)" ] || { echo "$program: names no targets"; exit 1; }
if [ "${1:-}" = --merge ]; then merge; exit; fi
failed=0
chosen=${1:-all}
[ "$chosen" = all ] && chosen=$(targets)
working=() # processes, oldest first
for name in $chosen; do
    if [ ${#working[@]} -ge "${AT_ONCE:-1}" ]; then
        wait "${working[0]}" || failed=1
        working=("${working[@]:1}")
    fi
    run "$name" "${2:-60}" &
    working+=($!)
done
for process in "${working[@]}"; do wait "$process" || failed=1; done
exit $failed
