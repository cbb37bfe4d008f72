#!/usr/bin/env python3
"""A table of what llvm-cov exported: lines and regions of each target that the tests reach (tools/coverage.sh).

usage: tools/coverage.py FILE LEAST

Layers are those of ARCHITECTURE.md. Exit 1 if a target of layers 0 to 3 has less than LEAST per cent of its lines.
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def layers():
    """The layer of each target, by its row in ARCHITECTURE.md."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    return {name: int(layer) for layer, name in re.findall(r"^\| (\d) \| `(\w+)` \|", text, re.M)}


def main():
    layer = layers()
    targets, files = {}, []
    for entry in json.loads(pathlib.Path(sys.argv[1]).read_text())["data"][0]["files"]:
        path = pathlib.Path(entry["filename"])
        if not path.is_relative_to(ROOT / "Sources"):
            continue
        name = path.relative_to(ROOT / "Sources")
        lines, regions = entry["summary"]["lines"], entry["summary"]["regions"]
        sums = targets.setdefault(name.parts[0], [0, 0, 0, 0])
        for place, number in enumerate(
            (lines["count"], lines["covered"], regions["count"], regions["covered"])
        ):
            sums[place] += number
        files.append((lines["count"] - lines["covered"], lines["count"], str(name)))
    print("| layer | target | lines | reached | regions reached |")
    print("| --- | --- | --- | --- | --- |")
    low = []
    for name, sums in sorted(targets.items(), key=lambda item: (layer[item[0]], item[0])):
        reached = 100 * sums[1] / sums[0]
        regions = 100 * sums[3] / max(sums[2], 1)
        print(f"| {layer[name]} | `{name}` | {sums[0]:,} | {reached:.1f} % | {regions:.1f} % |")
        if layer[name] <= 3 and reached < float(sys.argv[2]):
            low.append(name)
    print()
    for missed, count, name in sorted(files, reverse=True)[:20]:
        print(f"{missed:5} of {count:4} lines not reached  {name}")
    if low:
        sys.exit(f"less than {sys.argv[2]} % of the lines are reached: {', '.join(low)}")


main()
