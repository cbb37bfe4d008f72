#!/usr/bin/env python3
"""Compares `staleline replay --plain` with what other simulators count on the same traces.

usage: tools/peers.py FOLDER   (a folder with peer-counts.csv and the traces it names)

Each row of the table is reproduced with the options that are its simulator's definitions (docs/counting.md). Prints
every difference and every row that was not compared, and why. Exits 1 if a count differs.
"""
import csv
import json
import os
import pathlib
import subprocess
import sys

CONFIGS = {
    "A": ("32K,4,32", "512K,8,32"),
    "B": ("32K,8,64", "1M,16,64"),
}
# By trace: the file, and whether it has fetches.
FILES = {
    "gzip-x86": ("gzip-x86.id.xdin.zst", True),
    "minigzip-arm32": ("minigzip-arm32.id.xdin.zst", True),
    "matmul-arm32": ("matmul-arm32.d.xdin.zst", False),
}
# Which of our options a simulator's definitions are, by the first word of its name in the table and its format.
DEFINITIONS = {
    "DineroIV-7 -informat D (xdin)": ["--straddle", "split", "--final-flush"],
    "DineroIV-7 -informat d (din)": ["--straddle", "first", "--final-flush"],
    "drcachesim(05e3165)": ["--straddle", "split", "--fetch-whole-lines", "--drop-victims"],
    "cachegrind-3.19 cg_sim.c": ["--straddle", "once", "--fetch-whole-lines", "--drop-victims"],
    "pycachesim-0.3.1": ["--straddle", "each", "--fetch-whole-lines", "--stores-keep-order"],
    "MultiCacheSim(55fe4cc) 1 core": ["--straddle", "first"],
}


def replay(program, trace, scope, config, options, cache={}):
    key = (trace, scope, config, tuple(options))
    if key not in cache:
        l1, l2 = CONFIGS[config]
        command = [program, "replay", str(trace), "--plain", "--l1d", l1, "--l2", l2, "--json"]
        if scope == "ID":
            command += ["--l1i", l1]
        cache[key] = json.loads(subprocess.run(command + options, check=True, capture_output=True).stdout)
    return cache[key]


def counts(report, peer, level):
    """Our counts under the table's names, in the sums that the simulator makes of them."""
    if level.startswith("LL"):
        # cachegrind counts its last level by the kind of the access that missed level 1.
        by_kind = report["level2Misses"]
        reads = by_kind["loads" if level == "LL(data)" else "fetches"]
        writes = by_kind["stores"] if level == "LL(data)" else 0
        return {"read_misses": reads, "write_misses": writes, "misses_total": reads + writes}
    ours = report["caches"][level]
    values = {
        "reads": ours["reads"], "writes": ours["writes"], "read_misses": ours["readMisses"],
        "write_misses": ours["writeMisses"], "misses_total": ours["readMisses"] + ours["writeMisses"],
        "writebacks_run": ours["writebacks"], "dirty_at_end": ours["dirtyAtEnd"],
        "writebacks_with_final_flush": ours["writebacks"],
    }
    if peer.startswith("drcachesim") and level == "L1D" or peer.startswith("MultiCacheSim"):
        values["reads"] += ours["writes"]  # reads and writes in one number
    if peer.startswith("pycachesim"):
        values["reads"] += ours["writeMisses"]  # the linefill of a store is a load too
    return values


def main():
    folder = pathlib.Path(sys.argv[1])
    build = pathlib.Path(__file__).resolve().parent.parent / os.environ.get("BUILD", ".build")
    program = os.environ.get("STALELINE", str(build / "release/staleline"))
    rows = compared = 0
    bad = []
    skipped = {}
    for row in csv.DictReader(open(folder / "peer-counts.csv")):
        options = DEFINITIONS.get(row["peer"])
        file, has_fetches = FILES[row["trace"]]
        reason = None
        if options is None:
            reason = f"nothing is known of {row['peer']}"
        elif row["scope"] == "ID" and not has_fetches:
            reason = f"{file} has no fetches"
        if reason:
            skipped[reason] = skipped.get(reason, 0) + 1
            continue
        report = replay(program, folder / file, row["scope"], row["config"], options)
        rows += 1
        for name, value in counts(report, row["peer"], row["level"]).items():
            if row[name] == "":
                continue
            compared += 1
            if int(row[name]) != value:
                bad.append((row["trace"], row["scope"], row["config"], row["peer"], row["level"], name,
                            row[name], value))
    for entry in bad:
        print("differs:", *entry)
    for reason, count in skipped.items():
        print(f"not compared: {count} rows: {reason}")
    print(f"{compared - len(bad)} of {compared} counts equal in {rows} rows")
    sys.exit(1 if bad else 0)


main()
