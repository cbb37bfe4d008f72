#!/usr/bin/env python3
"""Runs one trace through `staleline replay --plain` and through other simulators, and compares counts and speed.

usage: tools/bench-peers.py [TRACE]   (extended din; the bundled minigzip-arm32 unless given)

pycachesim comes from PyPI into a virtual environment of its own under .build-bench; without PyPI this fails. Its
counts are compared with LRU, with FIFO, and with a level 2 that holds what level 1 evicts. Both get the loads and
stores alone. Speed is in processor time: its own is that of a Python loop over its C core, reading left out; ours is
the whole program, reading and printing included. Exits 1 if a count differs, 2 if the comparison cannot be made.
"""
import json
import os
import pathlib
import resource
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / ".build-bench"
ENVIRONMENT = WORK / "peers"
PEER = "pycachesim==0.3.1"
L1, L2 = (256, 4, 32), (2048, 8, 32)
TRACE = ROOT / "Traces/real/minigzip-arm32.id.xdin.zst"
OPTIONS = ["--straddle", "each", "--fetch-whole-lines", "--stores-keep-order"]
RUNS = [
    ("LRU", "LRU", False, []),
    ("FIFO", "FIFO", False, ["--replacement", "fifo"]),
    ("LRU, victim level 2", "LRU", True, ["--inclusion", "victim"]),
    ("FIFO, victim level 2", "FIFO", True, ["--replacement", "fifo", "--inclusion", "victim"]),
]


def refuse(message):
    print(f"bench-peers: {message}", file=sys.stderr)
    sys.exit(2)


def install():
    python = ENVIRONMENT / "bin/python"
    if python.exists() and not subprocess.run([python, "-c", "import cachesim"], capture_output=True).returncode:
        return python
    WORK.mkdir(exist_ok=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], capture_output=True, text=True)
    if made.returncode:
        refuse(f"no virtual environment (Debian: python3-venv): {made.stderr or made.stdout}")
    got = subprocess.run([python, "-m", "pip", "install", "--quiet", PEER], capture_output=True, text=True)
    if got.returncode:
        refuse(f"{PEER} cannot be installed; is PyPI within reach?\n{got.stderr}")
    return python


def loads_and_stores(trace):
    """The loads and stores of the trace, as a file of text."""
    text = trace
    if trace.suffix == ".zst":
        text = WORK / trace.stem
        if subprocess.run(["zstd", "-dfq", str(trace), "-o", str(text)]).returncode:
            refuse(f"{trace} cannot be unpacked")
    data = WORK / "peers.xdin"
    with open(text) as all_records, open(data, "w") as chosen:
        chosen.writelines(line for line in all_records if line[:1] in ("r", "w"))
    return data


def children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def peer_main(text):
    """Within the environment: prints the peer's counts of every run."""
    from cachesim import Cache, CacheSimulator, MainMemory
    accesses = []
    for line in open(text):
        word, address, size = line.split()[:3]
        accesses.append((word == "r", int(address, 16), int(size)))
    results = []
    for name, policy, is_victim, _ in RUNS:
        memory = MainMemory()
        level2 = Cache("L2", *L2, policy)
        if is_victim:
            level1 = Cache("L1", *L1, policy, store_to=level2, victims_to=level2)
            memory.load_to(level1)
        else:
            level1 = Cache("L1", *L1, policy, store_to=level2, load_from=level2)
            memory.load_to(level2)
        memory.store_from(level2)
        CacheSimulator(level1, memory)
        load, store = level1.backend.load, level1.backend.store
        start = time.process_time()
        for is_load, address, size in accesses:
            (load if is_load else store)(address, size)
        seconds = time.process_time() - start
        counts = {}
        for cache in (level1, level2):
            backend = cache.backend
            counts[cache.name] = {key: getattr(backend, key + "_count")
                                  for key in ("LOAD", "STORE", "MISS", "EVICT")}
        results.append({"counts": counts, "seconds": seconds, "accesses": len(accesses)})
    print(json.dumps(results))


def ours(program, text, options, is_victim):
    """Our counts under the peer's names and in its sums."""
    command = [program, "replay", str(text), "--plain", "--l1d", "32K,4,32", "--l2", "512K,8,32", "--json"]
    start = children()
    done = subprocess.run(command + OPTIONS + options, capture_output=True, text=True)
    seconds = children() - start
    if done.returncode:
        refuse(f"staleline failed: {done.stderr}")
    caches = json.loads(done.stdout)["caches"]
    level1, level2 = caches["L1D"], caches["L2"]
    # A store that misses is a load too. A victim level 2 is not asked for what it does not hold, and level 1
    # counts clean lines that it hands down as evicted.
    counts = {
        "L1": {"LOAD": level1["reads"] + level1["writeMisses"], "STORE": level1["writes"],
               "MISS": level1["readMisses"] + level1["writeMisses"],
               "EVICT": level2["writes"] if is_victim else level1["writebacks"]},
        "L2": {"LOAD": level2["reads"] + level2["writeMisses"] - (level2["readMisses"] if is_victim else 0),
               "STORE": level2["writes"],
               "MISS": level2["writeMisses"] + (0 if is_victim else level2["readMisses"]),
               "EVICT": level2["writebacks"]},
    }
    return counts, seconds


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--peer":
        return peer_main(sys.argv[2])
    build = ROOT / os.environ.get("BUILD", ".build")
    program = os.environ.get("STALELINE", str(build / "release/staleline"))
    if not os.access(program, os.X_OK):
        refuse(f"{program} is missing; make bench-peers builds it")
    python = install()
    text = loads_and_stores(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else TRACE)
    peer = subprocess.run([python, __file__, "--peer", str(text)], capture_output=True, text=True)
    if peer.returncode:
        refuse(f"{PEER} failed: {peer.stderr}")
    failed = False
    for (name, _, is_victim, options), theirs in zip(RUNS, json.loads(peer.stdout)):
        counts, seconds = ours(program, text, options, is_victim)
        print(f"{name}")
        print(f"  {'':10}{PEER:>18}{'staleline':>14}")
        for level in ("L1", "L2"):
            for key, value in theirs["counts"][level].items():
                same = value == counts[level][key]
                failed |= not same
                print(f"  {level + ' ' + key:10}{value:>18}{counts[level][key]:>14}   {'equal' if same else 'DIFFERS'}")
        rates = theirs["accesses"] / theirs["seconds"] / 1e6, theirs["accesses"] / seconds / 1e6
        print(f"  {'M/s':10}{rates[0]:>18.2f}{rates[1]:>14.2f}   {rates[1] / rates[0]:.1f} times as fast")
    sys.exit(1 if failed else 0)


main()
