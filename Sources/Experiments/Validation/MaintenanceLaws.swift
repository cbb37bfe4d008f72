import MemoryModel
import Quantities
import Traces

// The laws of maintenance, which published measurements follow and the model shall follow exactly: a sync is linear in
// lines, the invalidate before a transfer costs what the one after it does, a barrier for each entry of a list costs
// more than one at its end, and past a size that depends on the caches maintenance of a range costs more than that of
// whole caches, by the lines of the range over the lines of the caches.

/// Laws of what maintenance costs.
struct MaintenanceLaws {
    /// The machines of the crossover, small cache and large.
    static let crossover = [MachineVariant("am335x"), MachineVariant("rk3399")]
    /// The machine of the calls: the outer cache makes their barriers and syncs dear.
    static let calls = MachineVariant("zynq7000")

    private static let source = "laws that the published measurements have in common"

    private static func row(
        _ id: String, _ workload: String, _ measured: Double, _ criterion: MeasuredRow.Criterion,
        _ predicted: Double
    ) -> ValidationRow {
        ValidationRow(
            row: MeasuredRow(
                id: id, workload: workload, measured: measured, unit: "×", criterion: criterion,
                source: source), predicted: predicted)
    }

    /// Replays the laws of calls.
    func calls(on machine: MachineConfiguration) throws(TraceErrors) -> [ValidationRow] {
        var text = """
            kernel 6.12
            device d noncoherent
            buffer pages 0x10000000 64K

            """
        for pages in 1...3 {
            text += """
                span map\(pages)
                h\(pages) = dma_map_single d pages \(pages * 4_096) FROM_DEVICE
                end
                span unmap\(pages)
                dma_unmap_single h\(pages)
                end

                """
        }
        let spans = try TimedTrace(text).spans(on: machine)
        func time(_ name: String) -> Double { TimedTrace.seconds(name, spans) }
        // The time of a call is what its lines take and a constant, which lines do not explain.
        let line = (time("unmap2") - time("unmap1")) / 128
        return [
            Self.row(
                "S1", "zynq7000, unmap: third page / second page", 1, .exactly(within: 0),
                (time("unmap3") - time("unmap2")) / (time("unmap2") - time("unmap1"))),
            Self.row(
                "S2", "the same: lines of a page / all of its unmap", 1, .law,
                128 * line / time("unmap1")),
            Self.row(
                "S3", "a page from the device: invalidate before / after", 1,
                .exactly(within: 0.02), time("map1") / time("unmap1")),
        ]
    }

    /// Replays the law of whole caches on one machine.
    func crossover(
        on machine: MachineConfiguration
    ) throws(TraceErrors) -> [ValidationRow] {
        let caches = machine.level1Data.map { [$0] } ?? []
        let all = caches + (machine.level2.map { [$0.cache] } ?? [])
        let lines = all.reduce(0) { $0 + $1.size / UInt64($1.lineSize) }
        let bytes = lines * UInt64(machine.dataLineSize)
        let spans = try TimedTrace(
            """
            span whole
            dc cisw
            end
            span same
            dc civac 0x10000000 \(bytes)
            end
            span four
            dc civac 0x10000000 \(4 * bytes)
            end
            """
        ).spans(on: machine)
        let whole = TimedTrace.seconds("whole", spans)
        return [
            Self.row(
                "S4 \(machine.name)", "\(bytes >> 10) KiB by address / whole caches by set and way",
                1, .exactly(within: 0.05), TimedTrace.seconds("same", spans) / whole),
            Self.row(
                "S5 \(machine.name)", "four times as much / whole caches", 4,
                .exactly(within: 0.05), TimedTrace.seconds("four", spans) / whole),
        ]
    }
}
