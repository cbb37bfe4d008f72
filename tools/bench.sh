#!/usr/bin/env bash
# Measures staleline against its thresholds. One line a figure: what, value, threshold, verdict. Exit 1 if one fails.
#
# Rates are ratios to a C loop in the same run, for the speed of machines differs and drifts. Instructions are
# counted by valgrind, as the difference of two runs, so that start-up and preparation cancel out.
#
# BENCH_SCRATCH  where the benchmark package is built   (Benchmarks/.build)
# BUILD          where the command line was built       (.build)
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=${BENCH_SCRATCH:-Benchmarks/.build}
staleline=${BUILD:-.build}/release/staleline
work=.build-bench
cloop=Benchmarks/.build-cloop
machine=configs/zynq7000.yaml
trace=$work/minigzip-arm32.id.xdin
hits=2000000
most_instructions=60
least_records=20
failed=0

# judge NAME VALUE least|most THRESHOLD
judge() {
    local sign verdict=pass
    [ "$3" = least ] && sign='>=' || sign='<='
    awk "BEGIN { exit !($2 $sign $4) }" || { verdict=FAIL; failed=1; }
    printf '%-52s%8.2f   at %-5s %6.2f   %s\n' "$1" "$2" "$3" "$4" "$verdict"
}

# The yardstick is compiled by gcc -O2, whatever compiles the rest.
mkdir -p "$work" "$cloop"
gcc -O2 -c Benchmarks/Sources/CLoop/loop.c -I Benchmarks/Sources/CLoop/include -o "$cloop/loop.o"
rm -f "$cloop/libcloop.a"
ar rcs "$cloop/libcloop.a" "$cloop/loop.o"
swift build -c release --package-path Benchmarks --scratch-path "$scratch" --product bench
bench=$scratch/release/bench

zstd -dfq Traces/real/minigzip-arm32.id.xdin.zst -o "$trace"

"$bench" "$trace" --machine "$machine" --min-plain 1.0 --min-timing 0.4 || failed=1

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
exit $failed
