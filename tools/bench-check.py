#!/usr/bin/env python3
"""What judging costs: the instructions of `check` over those of `replay`, for traces of several shapes.

usage: tools/bench-check.py [--keep] [SHAPE ...]

Of each shape a trace of two sizes is made, the same each time; both commands run on both under valgrind, and the
differences are compared, so that start-up cancels. Prints one line a shape and a threshold, as tools/bench.sh does;
exit 1 if one fails. BUILD says where the command line was built (.build).

CPU alone      at most 1.02: real accesses (minigzip on Armv7), and loops of runs and single accesses
1 % watched    at most 1.3: accesses at random with a packet now and then, mapped or polled for by descriptors, and runs
               that hit L1 with packets
all watched    at most 6: loads and stores of what devices touch, alone and in runs
"""
import os
import pathlib
import random
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / ".build-bench"
PROGRAM = pathlib.Path(os.environ.get("BUILD", ROOT / ".build")) / "release/staleline"
MACHINE = "zynq7000"
ALONE, FEW, ALL = 1.02, 1.3, 6.0

HEAD = """staleline 1
kernel 6.12
device eth0 noncoherent
buffer ring 0x10000000 4096
buffer tx 0x10100000 131072
buffer rx 0x10200000 131072
buffer heap 0x20000000 8388608
"""
PLAIN = "staleline 1\nbuffer heap 0x20000000 8388608\n"


class Generator:
    """Accesses of a program that has a small set of hot lines, and now and then touches others."""

    def __init__(self):
        self.choose = random.Random(7)
        self.packets = 0

    def access(self):
        choose = self.choose
        hot = choose.random() < 0.95
        start = 0x20000000 + choose.randrange(2_048 if hot else 1 << 20) * 4
        return f"{'st' if choose.random() < 0.3 else 'ld'} {start:#x} 4"

    def accesses(self, count):
        return [self.access() for _ in range(count)]

    def mapped(self, bytes_):
        """A packet out or in by streaming mappings; 2 * bytes / 8 accesses are watched for two packets."""
        place = (self.packets % 32) * 2048
        self.packets += 1
        if self.packets % 2:
            return [
                f"st tx+{place} {bytes_} by 8",
                f"T = dma_map_single eth0 tx+{place} {bytes_} TO_DEVICE",
                "dma_mapping_error T",
                "writel eth0+0x10 = 1",
                f"eth0: rd tx+{place} {bytes_}",
                "wait eth0",
                "dma_unmap_single T",
            ]
        return [
            f"R = dma_map_single eth0 rx+{place} {bytes_} FROM_DEVICE",
            "dma_mapping_error R",
            "writel eth0+0x14 = 1",
            f"eth0: wr rx+{place} {bytes_}",
            "wait eth0",
            "dma_unmap_single R",
            f"ld rx+{place} {bytes_} by 8",
        ]

    def polled(self, bytes_):
        """A packet that a device puts into coherent memory by itself, with the descriptor that the core looks at."""
        place = self.packets % 64
        self.packets += 1
        return [
            f"eth0: wr pool+{place * 2048} {bytes_}",
            f"eth0: wr ring+{place * 16} 16",
            f"ld ring+{place * 16} 4",
            "dma_rmb",
            f"ld ring+{place * 16 + 4} 4",
            f"ld pool+{place * 2048} {bytes_} by 8",
            f"st ring+{place * 16 + 8} 4",
            "dma_wmb",
            f"st ring+{place * 16} 4",
        ]


def minigzip(count):
    """The first accesses of a real program, as a native trace."""
    source = ROOT / "Traces/real/minigzip-arm32.id.xdin.zst"
    kinds = {"r": "ld", "w": "st", "i": "fetch"}
    lines = ["staleline 1"]
    with subprocess.Popen(["zstd", "-dcq", source], stdout=subprocess.PIPE, text=True) as reader:
        for line in reader.stdout:
            kind, start, size = line.split()[:3]
            lines.append(f"{kinds[kind]} 0x{start} {int(size, 16)}")
            if len(lines) > count:
                reader.kill()
                break
    return lines


def native(count):
    lines = [PLAIN.rstrip(), f"repeat {count // 200}"]
    lines += Generator().accesses(40) + ["ld heap 400 by 4", "st heap 240 by 4"]
    return lines + ["end"]


def random_mix(make, bytes_, setup):
    """Single accesses, of which one in a hundred is watched."""

    def lines(count):
        generator = Generator()
        out = [HEAD.rstrip(), *setup]
        gap = bytes_ // 8 * 100
        for _ in range(count // gap):
            out += generator.accesses(gap - bytes_ // 8)
            out += getattr(generator, make)(bytes_)
        return out

    return lines


def long_runs(make, bytes_, setup):
    """Runs that hit L1, with packets between them, in a loop."""

    def lines(count):
        generator = Generator()
        gap = bytes_ // 8 * 100 * 32
        out = [HEAD.rstrip(), *setup, f"repeat {max(count // gap, 1)}"]
        for _ in range(32):
            left = gap // 32 - bytes_ // 8
            out += [f"repeat {left // 2000}", "ld heap 4000 by 4", "st heap 4000 by 4", "end"]
            out += getattr(generator, make)(bytes_)
        return out + ["end"]

    return lines


def watched(count):
    """Single loads and stores of a packet, which is sent now and then."""
    choose = random.Random(9)
    out = [HEAD.rstrip()]
    for _ in range(count // 2000):
        for _ in range(2000):
            kind = "st" if choose.random() < 0.3 else "ld"
            out.append(f"{kind} {0x10100000 + choose.randrange(4096) * 4:#x} 4")
        out += [
            "T = dma_map_single eth0 tx 16384 TO_DEVICE",
            "dma_mapping_error T",
            "writel eth0+0x10 = 1",
            "eth0: rd tx 16384",
            "wait eth0",
            "dma_unmap_single T",
        ]
    return out


def watched_runs(count):
    """The same in runs that hit L1."""
    out = [HEAD.rstrip(), f"repeat {count // 16384}"]
    for _ in range(4):
        out += ["st tx 4096 by 4", "ld tx 4096 by 4", "ld tx 4096 by 4", "ld tx 4096 by 4"]
    out += [
        "T = dma_map_single eth0 tx 4096 TO_DEVICE",
        "dma_mapping_error T",
        "writel eth0+0x10 = 1",
        "eth0: rd tx 4096",
        "wait eth0",
        "dma_unmap_single T",
    ]
    return out + ["end"]


COHERENT = [
    "buffer pool 0x10300000 131072",
    "C = dma_alloc_coherent eth0 ring 4096",
    "P = dma_alloc_coherent eth0 pool 131072",
]

# The name, how a trace of so many accesses is made, how many these are, and what `check` may cost.
SHAPES = {
    "minigzip": ("CPU alone: minigzip", minigzip, 20_000, ALONE),
    "native": ("CPU alone: loops", native, 200_000, ALONE),
    "mapped": ("1 % watched: mapped packets", random_mix("mapped", 256, []), 32_000, FEW),
    "small": ("1 % watched: small mapped packets", random_mix("mapped", 64, []), 32_000, FEW),
    "polled": ("1 % watched: polled descriptors", random_mix("polled", 256, COHERENT), 32_000, FEW),
    "hits": ("1 % watched: L1 hits, mapped packets", long_runs("mapped", 1536, []), 614_400, FEW),
    "hits-polled": (
        "1 % watched: L1 hits, polled",
        long_runs("polled", 1536, COHERENT),
        614_400,
        FEW,
    ),
    "all": ("all watched: single accesses", watched, 20_000, ALL),
    "all-runs": ("all watched: runs", watched_runs, 163_840, ALL),
}


def trace(name, make, count):
    path = WORK / f"check-{name}-{count}.slt"
    path.write_text("\n".join(make(count)) + "\n")
    return path


def instructions(command, path):
    """The instructions of a whole run."""
    environment = dict(
        os.environ, STALELINE_HOME=str(ROOT), SWIFT_DETERMINISTIC_HASHING="1", TERM="dumb"
    )
    still = ["setarch", "-R"]
    if subprocess.run([*still, "true"], stderr=subprocess.DEVNULL).returncode != 0:
        still = []
    log = path.with_suffix(f".{command}.log")
    run = subprocess.run(
        [*still, "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        + [f"--log-file={log}", WORK / "staleline", command, path, "--machine", MACHINE],
        env=environment, stdout=subprocess.PIPE, text=True,
    )
    if run.returncode != 0:
        # A finding, too: these traces have none.
        print(run.stdout[:2_000], file=sys.stderr)
        sys.exit(f"{path.name}: {command} ended with {run.returncode}")
    return next(int(line.split()[-1]) for line in open(log) if "Collected" in line)


def judge(name, value, most):
    passed = value <= most
    print(f"{name:<52}{value:8.2f}   at most  {most:6.2f}   {'pass' if passed else 'FAIL'}")
    return passed


def main():
    names = [name for name in sys.argv[1:] if not name.startswith("--")] or list(SHAPES)
    WORK.mkdir(exist_ok=True)
    # Debian 12's valgrind cannot read the debug information that Swift writes.
    subprocess.run(["strip", "--strip-debug", "-o", WORK / "staleline", PROGRAM], check=True)
    results = []
    for name in names:
        text, make, count, most = SHAPES[name]
        once, twice = trace(name, make, count), trace(name, make, 2 * count)
        costs = [
            instructions(command, twice) - instructions(command, once)
            for command in ("replay", "check")
        ]
        results.append(judge(f"check over replay, {text}", costs[1] / costs[0], most))
        if "--keep" in sys.argv:
            print(f"    {costs[0] / count:.0f} and {costs[1] / count:.0f} instructions an access")
        else:
            for path in (once, twice):
                path.unlink()
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
