#!/usr/bin/env python3
"""Compares `staleline replay --plain` with what other simulators count on the same traces.

usage: tools/peers.py FOLDER   (a folder with peer-counts.csv and the traces it names)

Each row of the table is reproduced with the definitions of its simulator: how a straddling access counts, and
whether dirty lines are flushed at the end. Prints every difference and exits 1 if there is one.
"""
import csv
import json
import pathlib
import subprocess
import sys

CONFIGS = {
    "A": ("32K,4,32", "512K,8,32"),
    "B": ("32K,8,64", "1M,16,64"),
}
FILES = {
    "gzip-x86": "gzip-x86.id.xdin.zst",
    "minigzip-arm32": "minigzip-arm32.id.xdin.zst",
    "matmul-arm32": "matmul-arm32.d.xdin.zst",
}
# Which of our options a simulator's definitions are.
STRADDLE = {"DineroIV-7 -informat D (xdin)": "split", "DineroIV-7 -informat d (din)": "first",
            "drcachesim(05e3165)": "split", "cachegrind-3.19 cg_sim.c": "once"}


def replay(program, trace, scope, config, straddle, dinero, cache={}):
    key = (trace, scope, config, straddle, dinero)
    if key not in cache:
        l1, l2 = CONFIGS[config]
        command = [program, "replay", str(trace), "--plain", "--l1d", l1, "--l2", l2,
                   "--straddle", straddle, "--json"]
        if scope == "ID":
            command += ["--l1i", l1]
        # Dinero flushes at the end; the others fetch whole lines and forget victims.
        command += ["--final-flush"] if dinero else ["--fetch-whole-lines", "--drop-victims"]
        cache[key] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["caches"]
    return cache[key]


def main():
    folder = pathlib.Path(sys.argv[1])
    program = str(pathlib.Path(__file__).resolve().parent.parent / ".build/release/staleline")
    rows = compared = 0
    bad = []
    for row in csv.DictReader(open(folder / "peer-counts.csv")):
        straddle = STRADDLE.get(row["peer"])
        if straddle is None or row["level"] not in ("L1I", "L1D", "L2"):
            continue
        if row["scope"] == "ID" and row["trace"] == "matmul-arm32":
            continue  # the trace at hand has data only
        trace = folder / FILES[row["trace"]]
        dinero = row["peer"].startswith("Dinero")
        caches = replay(program, trace, row["scope"], row["config"], straddle, dinero)
        ours = caches[row["level"]]
        rows += 1
        values = {
            "reads": ours["reads"], "writes": ours["writes"], "read_misses": ours["readMisses"],
            "write_misses": ours["writeMisses"], "misses_total": ours["readMisses"] + ours["writeMisses"],
            "writebacks_with_final_flush": ours["writebacks"],
        }
        if row["peer"].startswith("drcachesim"):
            # It counts reads and writes in one number.
            values["reads"] = ours["reads"] + (ours["writes"] if row["level"] == "L1D" else 0)
        for name, value in values.items():
            if row[name] == "":
                continue
            compared += 1
            if int(row[name]) != value:
                bad.append((row["trace"], row["scope"], row["config"], row["peer"], row["level"], name,
                            row[name], value))
    for entry in bad:
        print("differs:", *entry)
    print(f"{compared - len(bad)} of {compared} counts equal in {rows} rows")
    sys.exit(1 if bad else 0)


main()
