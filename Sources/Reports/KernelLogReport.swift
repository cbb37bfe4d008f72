import Experiments
import Hazards
import MemoryModel
import Operations

/// What a kernel log says about its devices, as text and as JSON.
public struct KernelLogReport: Sendable {
    let result: KernelLogResult

    /// Makes a report.
    public init(_ result: KernelLogResult) { self.result = result }

    private static let directions: [DMADirection] = [.toDevice, .fromDevice, .bidirectional]

    /// The devices, those with the dearest maintenance first.
    private var ranked: [LogDevice] {
        result.devices.enumerated().sorted {
            ($1.element.total.maintenance.cycles, $0.offset)
                < ($0.element.total.maintenance.cycles, $1.offset)
        }.map(\.element)
    }

    /// The costs that there are, device by device.
    private var rows: [(device: LogDevice, direction: DMADirection, half: LogDevice.Half, LogCosts)]
    {
        ranked.flatMap { device in
            Self.directions.flatMap { direction in
                LogDevice.Half.allCases.map { (device, direction, $0, device.costs(direction, $0)) }
            }
        }.filter { $0.3.calls > 0 }
    }

    // MARK: Text

    /// A number of things.
    private static func counted(_ count: UInt64, _ thing: String) -> String {
        "\(Format.grouped(count)) \(thing)\(count == 1 ? "" : "s")"
    }

    /// The report for people.
    public var text: String {
        [head, pairing, costs, sites, live, findings, unknown, closing]
            .filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var head: String {
        let span = result.span.map { ", \(Format.time(nanoseconds: Double($0)))" } ?? ""
        let kernel =
            "kernel \(result.kernel)"
            + (result.kernelIsAssumed ? " (assumed: a log does not say; --kernel)" : "")
        let kinds = result.kinds.map { "\(Format.grouped($0.count)) \($0.kind)" }
        return "\(result.file): \(Format.grouped(result.events)) events in "
            + "\(Format.grouped(result.lines)) lines\(span); \(result.machine.name), \(kernel)\n"
            + Format.wrappedWide("lines  ", kinds.joined(separator: ", "))
    }

    private var pairing: String {
        var table = TextTable([
            ("device", .left), ("made", .right), ("released", .right), ("syncs", .right),
            ("failed", .right), ("unmatched", .right), ("live", .right), ("peak", .right),
        ])
        for device in ranked {
            table.add(
                [device.name + (device.isCoherent ? " (coherent)" : "")]
                    + [
                        device.made, device.released, device.syncs, device.failed, device.unmatched,
                        device.live, device.peak,
                    ].map { Format.grouped($0) })
        }
        return table.text
    }

    private var costs: String {
        let hasOuter = result.machine.hasOuterCache
        var columns: [(String, TextTable.Alignment)] = [
            ("device", .left), ("direction", .left), ("calls", .left), ("n", .right),
            ("ranges", .right), ("bytes", .right), ("clean", .right), ("invalidate", .right),
            ("both", .right),
        ]
        if hasOuter { columns.append(("outer", .right)) }
        columns += [("barriers", .right), ("cycles", .right), ("if dirty", .right), ("µs", .right)]
        var table = TextTable(columns)
        func add(_ words: [String], _ costs: LogCosts) {
            let counts = costs.maintenance
            var cells = words
            cells += [costs.calls, costs.ranges, costs.bytes].map { Format.grouped($0) }
            cells += [counts.cleans, counts.invalidates, counts.cleanInvalidates].map {
                Format.grouped($0)
            }
            if hasOuter { cells.append(Format.grouped(counts.outer)) }
            cells.append(Format.grouped(counts.barriers &+ counts.outerSyncs))
            cells.append(Format.grouped(counts.cycles))
            cells.append("+" + Format.grouped(result.dirtyCycles(counts)))
            cells.append(Format.fixed(result.nanoseconds(counts.cycles) / 1_000, 1))
            table.add(cells)
        }
        for (device, direction, half, costs) in rows {
            add([device.name, direction.name, half.name], costs)
        }
        add(["all", "", ""], result.total)
        let lines =
            "lines of \(result.machine.dataLineSize) bytes"
            + (hasOuter ? ", outer ones of \(result.machine.level2?.cache.lineSize ?? 0)" : "")
        return
            "Maintenance (\(lines); cycles of one core if no line is dirty, and what dirty ones add at most)\n"
            + table.text + share
    }

    private var share: String {
        let total = result.total
        let calls = total.calls &* result.callCycles
        let time = result.nanoseconds(total.maintenance.cycles)
        var out = Format.wrappedWide(
            "",
            "Beside it the calls' own instructions: \(Format.grouped(total.calls)) times "
                + "\(Format.grouped(result.callCycles)), \(Format.grouped(calls)) cycles. "
                + (result.span.map {
                    $0 == 0
                        ? ""
                        : "Maintenance takes \(Format.fixed(100 * time / Double($0), 3)) % of one core's time "
                            + "over the log."
                } ?? ""))
        if total.skipped > 0 {
            out +=
                "\(Format.grouped(total.skipped)) calls ask for no maintenance (SKIP_CPU_SYNC or MMIO).\n"
        }
        if total.unpriced > 0 {
            out +=
                "\(Format.grouped(total.unpriced)) calls could not be priced: an attribute that is not known, "
                + "or a list whose map is not in the log.\n"
        }
        return out
    }

    private var sites: String {
        guard !result.sites.isEmpty else {
            return Format.wrappedWide(
                "",
                "The log has no stacks, so that devices are ranked and call sites are not: "
                    + "`trace-cmd record -e dma -T` or the option `stacktrace` of ftrace records them."
            )
        }
        var table = TextTable([
            ("call site", .left), ("device", .left), ("calls", .right), ("lines", .right),
            ("cycles", .right), ("share", .right),
        ])
        let total = result.total.maintenance.cycles
        for site in result.sites.prefix(20) {
            let counts = site.costs.maintenance
            table.add([
                site.function, result.devices[site.device].name, Format.grouped(site.costs.calls),
                Format.grouped(counts.lines &+ counts.outer), Format.grouped(counts.cycles),
                Format.percent(counts.cycles, of: total),
            ])
        }
        let rest = result.sites.count - 20
        return table.text + (rest > 0 ? "and \(rest) more\n" : "")
    }

    private var live: String {
        guard !result.live.isEmpty else { return "Nothing is mapped at the end.\n" }
        var table = TextTable([
            ("live at the end", .left), ("direction", .left), ("made by", .left), ("n", .right),
            ("bytes", .right), ("oldest", .left),
        ])
        for group in result.live {
            table.add([
                result.devices[group.device].name, group.direction.name, group.made,
                Format.grouped(group.count), Format.grouped(group.bytes),
                "line \(group.line)" + (group.function.map { " in \($0)" } ?? ""),
            ])
        }
        return table.text
            + "Leaks if the drivers were done, buffers in use if the log just ends: it does not say which.\n"
    }

    private var findings: String {
        result.findings.map { finding in
            let page = HazardCatalogue.page(finding.rule.code)
            let device = result.devices[finding.device].name
            let site = finding.function < 0 ? "" : " in \(result.functions[Int(finding.function)])"
            let more =
                finding.count > 1 ? ", and \(Format.grouped(finding.count - 1)) more like it" : ""
            return
                "\(result.file):\(finding.line): misuse \(finding.rule.code.rawValue): "
                + "\(finding.rule.rawValue)\n"
                + Format.wrappedWide(
                    "  where   ",
                    "\(device), \(finding.bytes) bytes at DMA address \(Format.hex(finding.address))"
                        + "\(site)\(more)")
                + Format.wrappedWide(
                    "  what    ",
                    finding.detail + (finding.otherLine > 0 ? " (line \(finding.otherLine))" : ""))
                + Format.wrappedWide("  cause   ", page.summary)
                + Format.wrappedWide("  mend    ", page.mend)
                + "  others  dma-debug would \(finding.dmaDebug ? "" : "not ")report it"
                + (finding.check.map { ": \($0)" } ?? "") + "\n"
                + (finding.kernelMessage.map { Format.wrappedWide("  kernel  ", $0) } ?? "")
        }.joined(separator: "\n")
    }

    private var unknown: String {
        var out = ""
        if result.losses > 0 {
            out +=
                "\(Self.counted(result.losses, "note")) of lost events"
                + (result.lostEvents > 0 ? ", \(Format.grouped(result.lostEvents)) of them" : "")
                + ": what does not match may be their doing, and live mappings may be released.\n"
        }
        if result.cutLists > 0 {
            out +=
                "\(Format.grouped(result.cutLists)) lists were cut by the kernel: "
                + "\(Format.grouped(result.cutEntries)) entries are not in the log and not counted.\n"
        }
        let bounces = result.devices.reduce(0) { $0 + $1.bounces }
        if bounces > 0 {
            out +=
                "\(Format.grouped(bounces)) mappings go through a bounce buffer; copies are not priced here.\n"
        }
        for (word, count) in result.unknownWords {
            out += "\(Format.grouped(count)) times '\(word)', which means nothing here.\n"
        }
        return out
            + Format.wrappedWide(
                "",
                "A log has no accesses of the core, no transfers and no barriers: whether lines were in a cache or "
                    + "dirty, how much a device wrote, and what linefills follow is not in it; nor are pools' blocks, "
                    + "dma_iova_* calls and mappings made before it began.")
    }

    /// The sentence that says the verdict.
    public var closing: String {
        let unmatched = result.devices.reduce(0) { $0 + $1.unmatched }
        let live = result.devices.reduce(0) { $0 + $1.live }
        let count = result.findings.reduce(0) { $0 + $1.count }
        let verdict =
            count == 0
            ? "nothing found that breaks the rules of the DMA API"
            : "\(Self.counted(count, "misuse")) of \(Self.counted(UInt64(result.findings.count), "kind"))"
        let before =
            unmatched > 0
            ? ", \(Self.counted(unmatched, "call")) for what was mapped before the log began or lost from it"
            : ""
        let total = result.total.maintenance
        return
            "\(result.file): \(verdict)\(before); \(Format.grouped(live)) live at the end; "
            + "\(Format.grouped(total.lines &+ total.outer)) lines maintained on \(result.machine.name), "
            + "\(Format.grouped(total.cycles)) cycles.\n"
    }
}
