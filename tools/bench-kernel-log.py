#!/usr/bin/env python3
"""Writes a kernel log of a million lines and measures its audit.

usage: tools/bench-kernel-log.py [LINES]

The log is made up: four devices that map, sync and release buffers of many sizes, thousands at a time, lists, and
lines of another event. The same lines each time. Speed is processor time, memory the peak of the resident set.
Exits 1 if the audit takes longer or more than it may.
"""
import os
import pathlib
import random
import resource
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / ".build-bench"
PROGRAM = pathlib.Path(os.environ.get("BUILD", ROOT / ".build")) / "release/staleline"
DEVICES = ["0000:00:01.0", "0000:00:02.0", "4a101000.ethernet", "48480000.usb"]
MOST_SECONDS, MOST_MIB = 2.0, 200


def lines(count):
    choose = random.Random(1)
    live, lists = [], []
    for number in range(count):
        head = f"          <idle>-0       [{number & 3:03}] d.h..  {100 + number * 3e-6:11.6f}: "
        chance = choose.random()
        device = choose.choice(DEVICES)
        way = choose.choice(["TO_DEVICE", "FROM_DEVICE"])
        if chance < 0.02:
            starts = [choose.randrange(1 << 18) * 4096 + 0x40000000 for _ in range(8)]
            addresses = "{" + ",".join(f"{start:#x}" for start in starts) + "}"
            lists.append((device, way, addresses))
            yield (
                f"{head}dma_map_sg: {device} dir={way} dma_addrs={addresses} "
                f"sizes={{{','.join(['0x1000'] * 8)}}} phys_addrs={addresses} attrs=\n"
            )
        elif chance < 0.04 and lists:
            device, way, addresses = lists.pop()
            yield f"{head}dma_unmap_sg: {device} dir={way} phys_addrs={addresses} attrs=\n"
        elif chance < 0.45 or not live:
            start = 0x80000000 + choose.randrange(1 << 18) * 4096 + choose.choice([0, 2, 64, 128])
            size = choose.choice([64, 1514, 2048, 4096, choose.randrange(1, 2000)])
            live.append((device, way, start, size))
            yield (
                f"{head}dma_map_page: {device} dir={way} dma_addr={start:x} size={size} "
                f"phys_addr={start:x} attrs=\n"
            )
        elif chance < 0.55:
            device, way, start, size = choose.choice(live)
            yield (
                f"{head}dma_sync_single_for_cpu: {device} dir={way} dma_addr={start:x} "
                f"size={(size + 1) // 2}\n"
            )
        elif chance < 0.58:
            yield f"{head}sched_switch: prev_comm=a prev_pid=1 ==> next_comm=b next_pid=2\n"
        else:
            place = choose.randrange(len(live))
            live[place], live[-1] = live[-1], live[place]
            device, way, start, size = live.pop()
            yield (
                f"{head}dma_unmap_page: {device} dir={way} dma_addr={start:x} size={size} attrs=\n"
            )


def judge(name, value, most):
    passed = value <= most
    print(f"{name:<52}{value:8.2f}   at most  {most:6.2f}   {'pass' if passed else 'FAIL'}")
    return passed


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    WORK.mkdir(exist_ok=True)
    log = WORK / f"kernel-log-{count}.txt"
    if not log.exists():
        with log.open("w") as file:
            file.writelines(lines(count))
    environment = dict(os.environ, STALELINE_HOME=str(ROOT))
    run = subprocess.run(
        [PROGRAM, "check", log, "--machine", "am5728", "--kernel", "6.12", "--json"],
        env=environment, stdout=subprocess.PIPE,
    )
    if run.returncode not in (0, 1):
        sys.exit(2)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Both are for a million lines; memory does not grow with them.
    seconds = (used.ru_utime + used.ru_stime) * 1_000_000 / count
    results = [
        judge("seconds for a kernel log of a million lines", seconds, MOST_SECONDS),
        judge("its memory in MiB", used.ru_maxrss / 1024, MOST_MIB),
    ]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
