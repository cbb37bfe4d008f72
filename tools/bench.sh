#!/usr/bin/env bash
# Measures staleline against its thresholds. One line a figure: what, value, threshold, verdict. Exit 1 if one fails.
#
# Rates are ratios to a C loop in the same run, for the speed of machines differs and drifts. Instructions are
# counted by valgrind, as the difference of two runs, so that start-up and preparation cancel out.
#
# BENCH_LONG=1   compares runs of 10^9 accesses with runs of 10^6, and not runs of 10^8: about a minute more
# BENCH_SCRATCH  where the benchmark package is built   (Benchmarks/.build)
# BUILD          where the command line was built       (.build)
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=${BENCH_SCRATCH:-Benchmarks/.build}
staleline=${BUILD:-.build}/release/staleline
work=.build-bench
# A program that was built elsewhere does not find the machine files by itself.
export STALELINE_HOME=${STALELINE_HOME:-$PWD}
cloop=Benchmarks/.build-cloop
machine=configs/zynq7000.yaml
trace=$work/minigzip-arm32.id.xdin
hits=2000000
most_instructions=60
least_records=20
least_read=8
least_shared=0.25
# By how much, at most, a long run's rate is below a short one's, in percent.
most_fall=10
failed=0

# judge NAME VALUE least|most THRESHOLD
judge() {
    local sign verdict=pass
    [ "$3" = least ] && sign='>=' || sign='<='
    awk "BEGIN { exit !($2 $sign $4) }" || { verdict=FAIL; failed=1; }
    printf '%-52s%8.2f   at %-5s %6.2f   %s\n' "$1" "$2" "$3" "$4" "$verdict"
}

# The yardstick is compiled by gcc -O2, whatever compiles the rest, and stands at a place of its own choice: where the
# linker puts it otherwise moves its rate by a quarter (docs/performance.md).
mkdir -p "$work" "$cloop"
gcc -O2 -falign-functions=64 -c Benchmarks/Sources/CLoop/loop.c -I Benchmarks/Sources/CLoop/include -o "$cloop/loop.o"
rm -f "$cloop/libcloop.a"
ar rcs "$cloop/libcloop.a" "$cloop/loop.o"
# The plan of a build before does not know files that have come into the package it depends on since.
rm -f "$scratch"/*.yaml "$scratch/workspace-state.json" "$scratch/release/bench"
swift build -c release --package-path Benchmarks --scratch-path "$scratch" --product bench
bench=$scratch/release/bench

zstd -dfq Traces/real/minigzip-arm32.id.xdin.zst -o "$trace"

"$bench" "$trace" --machine "$machine" --min-plain 2.0 --min-timing 0.6 || failed=1

"$bench" "$trace" --machine "$machine" --only decode --min-decode 1 || failed=1

# Reading alone, in million records for each second of processor time.
"$staleline" convert "$trace" "$work/minigzip-arm32.lackey" 2>/dev/null
awk '{ print ($1 == "r") ? 0 : ($1 == "w") ? 1 : 2, $2 }' "$trace" >"$work/minigzip-arm32.din"
for file in "$work/minigzip-arm32.lackey" "$work/minigzip-arm32.din" "$trace"; do
    "$bench" --read "$file" --min-read "$least_read" || failed=1
done

BUILD=${BUILD:-$PWD/.build} tools/bench-kernel-log.py || failed=1

BUILD=${BUILD:-$PWD/.build} tools/bench-check.py || failed=1

# Four cores on shared lines; their machine has four. The random words are for knowing, and have no threshold.
"$bench" "$trace" --four --machine configs/rpi3.yaml --min-shared "$least_shared" || failed=1
"$bench" --machine configs/rpi3.yaml --shared 4000000 || failed=1

# Debian 12's valgrind cannot read the debug information that Swift writes.
strip --strip-debug -o "$work/bench" "$bench"
# Without address randomisation two runs count alike; some containers forbid that, and the counts then differ a little.
still=()
setarch -R true 2>/dev/null && still=(setarch -R)

# instructions MIX COUNT: instructions of a whole run.
instructions() {
    local log=$work/callgrind-$1-$2.log
    if ! SWIFT_DETERMINISTIC_HASHING=1 ${still[@]+"${still[@]}"} valgrind --tool=callgrind \
        --callgrind-out-file=/dev/null --log-file="$log" \
        "$work/bench" --machine "$machine" --hits "$2" --mix "$1" >"$log.out"; then
        cat "$log" >&2
        return 1
    fi
    awk '/Collected/ { print $NF }' "$log"
}

# Two runs at a time would only fight for the processor: one after the other.
for mix in data all; do
    once=$(instructions $mix $hits)
    twice=$(instructions $mix $((2 * hits)))
    name='loads and stores'
    [ $mix = all ] && name='fetches, loads and stores'
    judge "instructions per L1 hit, $name" \
        "$(awk "BEGIN { printf \"%.4f\", ($twice - $once) / $hits }")" most $most_instructions
done

# passes KIND: instructions of a run on the first part of the program's accesses, decoding among them.
passes() {
    local log=$work/callgrind-$1.log
    if ! SWIFT_DETERMINISTIC_HASHING=1 ${still[@]+"${still[@]}"} valgrind --tool=callgrind \
        --callgrind-out-file=/dev/null --log-file="$log" \
        "$work/bench" "$work/part.xdin" --machine "$machine" --only "$1" >"$log.out"; then
        cat "$log" >&2
        return 1
    fi
    awk '/Collected/ { print $NF }' "$log"
}

# What decoding alone takes is in both, and taken off.
head -n 2000000 "$trace" >"$work/part.xdin"
nothing=$(passes nothing)
one=$(passes one)
stacks=$(passes stacks)
judge 'one pass for 256 LRU caches, in plain replays' \
    "$(awk "BEGIN { printf \"%.4f\", ($stacks - $nothing) / ($one - $nothing) }")" most 8

# allocations COUNT: how often a timed run of four cores on shared lines asks for memory.
allocations() {
    local log=$work/allocations-$1.log
    if ! SWIFT_DETERMINISTIC_HASHING=1 valgrind --log-file="$log" "$work/bench" \
        --machine configs/rpi3.yaml --shared "$1" --only timing >"$log.out" 2>&1; then
        cat "$log" >&2
        return 1
    fi
    sed -n 's/.*total heap usage: \([0-9,]*\) allocs.*/\1/p' "$log" | tr -d ,
}

few=$(allocations 50000)
many=$(allocations 150000)
judge 'allocations that 100000 more accesses make' $((many - few)) most 0

# The whole pipeline, from the file to the table: the median of five runs.
if [ ! -x "$staleline" ]; then
    echo "the whole pipeline: $staleline is missing; make bench builds it   FAIL"
    exit 1
fi
records=$(wc -l <"$trace")
times=()
for _ in 1 2 3 4 5; do
    start=$(date +%s%N)
    "$staleline" replay "$trace" --plain --l1i 32K,4,32 --l1d 32K,4,32 --l2 512K,8,32 \
        >"$work/replay.txt" || { cat "$work/replay.txt"; exit 1; }
    times+=($(($(date +%s%N) - start)))
done
median=$(printf '%s\n' "${times[@]}" | sort -n | sed -n 3p)
judge 'file to table, million records a second' \
    "$(awk "BEGIN { printf \"%.4f\", $records / $median * 1000 }")" least $least_records


# Long runs: the rate and the memory of a native trace of 10^8 (BENCH_LONG=1: 10^9) accesses beside one of 10^6.
long=8
[ -n "${BENCH_LONG:-}" ] && long=9
# rounds EXPONENT: a pass of the loop is 10000 accesses.
rounds() { echo $((10 ** ($1 - 4))); }
for exponent in 6 $long; do
    {
        echo 'staleline 1'
        echo "repeat $(rounds $exponent)"
        printf 'ld 0x10000000 32000 by 4\nst 0x10010000 4000 by 4\nld 0x20000000 64000 by 64\nend\n'
    } >"$work/long-$exponent.sl"
done
# run FILE OPTION...: seconds of the processor, and the most kilobytes of memory.
run() {
    /usr/bin/env python3 - "$staleline" replay "$@" <<'PYTHON'
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
sys.exit(done.returncode)
PYTHON
}
for mode in counting timing; do
    options=(--machine zynq7000)
    [ $mode = counting ] && options=(--plain --l1d 32K,4,32 --l2 512K,8,32)
    times=()
    starts=()
    # An empty loop tells what starting costs; short runs are repeated, and the least of each is taken.
    sed 's/^repeat .*/repeat 1/' "$work/long-6.sl" >"$work/long-0.sl"
    for _ in 1 2 3 4 5 6 7; do
        short=$(run "$work/long-6.sl" "${options[@]}")
        times+=("${short% *}")
        none=$(run "$work/long-0.sl" "${options[@]}")
        starts+=("${none% *}")
    done
    least_of() { printf '%s\n' "$@" | sort -g | head -1; }
    if ! whole=$(run "$work/long-$long.sl" "${options[@]}"); then
        judge "$mode, fall of the rate from 10^6 to 10^$long, percent" 100 most $most_fall
        continue
    fi
    short_time=$(least_of "${times[@]}")
    start_time=$(least_of "${starts[@]}")
    judge "$mode, fall of the rate from 10^6 to 10^$long, percent" "$(awk "BEGIN {
        short = 10 ^ 6 / ($short_time - $start_time); long = 10 ^ $long / (${whole% *} - $start_time)
        printf \"%.4f\", (1 - long / short) * 100 }")" most $most_fall
    judge "$mode, memory at 10^$long beside that at 10^6, percent" \
        "$(awk "BEGIN { printf \"%.4f\", ${whole#* } / ${short#* } * 100 }")" most 110
done
exit $failed
