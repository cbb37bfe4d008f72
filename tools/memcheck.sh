#!/usr/bin/env bash
# Runs an optimised staleline under valgrind's memory checker; docs/decisions/0009 says why.
#
# usage: tools/memcheck.sh PROGRAM
#
# ORIGINS=1   says where bytes come from that nothing has set; slower
#
# Definedness is followed bit by bit (--expensive-definedness-checks): the compiler keeps the case of an enumeration in
# spare bits of a payload's byte, whose other bits are set in some cases only, and compares that byte with a mask. Without
# that option valgrind takes such a comparison for one of bytes that nothing has set. What is left has its reason in
# tools/memcheck.supp.
set -euo pipefail
cd "$(dirname "$0")/.."
work=.build-bench
mkdir -p "$work"
# Debian 12's valgrind cannot read the debug information that Swift writes.
strip --strip-debug -o "$work/staleline" "$1"
# `head` ends the pipe early, which is no failure here.
{ zstd -dcq Traces/real/minigzip-arm32.id.xdin.zst 2>/dev/null || true; } | head -n 20000 >"$work/head.xdin"
failed=0

check() {
    local status=0
    STALELINE_HOME=. valgrind --quiet --error-exitcode=99 --log-file="$work/memcheck.log" \
        --expensive-definedness-checks=yes --suppressions=tools/memcheck.supp ${ORIGINS:+--track-origins=yes} \
        "$work/staleline" "$@" >/dev/null || status=$?
    if [ "$status" = 99 ]; then
        cat "$work/memcheck.log"
        failed=1
        echo "staleline $*: memory errors   FAIL"
    else
        echo "staleline $*: no memory error"
    fi
}

check replay "$work/head.xdin" --machine zynq7000
check replay "$work/head.xdin" --plain --l1i 32K,4,32 --l1d 32K,4,32 --l2 512K,8,32 --final-flush
check check Traces/demo/rx-no-sync.slt
check compare Traces/workloads/small-packets.slt --machine rpi3
exit $failed
