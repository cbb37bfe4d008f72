import DMAMapping
import MemoryModel
import Operations
import Quantities
import Statistics
import Traces

// The rows B1 to B4: a scatter-gather list of 10 MB in entries of 4 KiB, mapped and unmapped by kernels that wait after
// each entry and by those that wait once (linux-arm-kernel, "dma-mapping: arm64: support batched cache sync").
//
// Measured was a MediaTek Dimensity 9500 at 2.6 GHz, of which no machine file exists. The Raspberry Pi 5 stands for it:
// out of order, a third level, devices that are not coherent; its cores are five generations older. The list is mapped
// over and over, so that its lines are clean or absent: the first pass here is not counted.
// Left out: what the kernel's loop over the list costs for each entry.

/// What waiting once for a list saves.
struct BatchedSync {
    /// How many entries the list has.
    var entries: UInt64

    /// The machine that stands for the one of the measurement.
    static let machine = MachineVariant("rpi5")

    private static let source =
        "linux-arm-kernel, 2025-10-29, dma-mapping: arm64: support batched cache sync"
    private static let start: UInt64 = 0x4000_0000
    private static let entryBytes: UInt64 = 4_096

    /// What the calls of one kernel take.
    private struct Times {
        /// Seconds of dma_map_sg.
        var map: Double
        /// Seconds of dma_unmap_sg.
        var unmap: Double
        /// Barriers of dma_map_sg.
        var barriers: UInt64
    }

    /// Replays the rows.
    func rows(on machine: MachineConfiguration) throws(TraceErrors) -> [ValidationRow] {
        let each = try times("6.18", machine)
        let once = try times("7.1", machine)
        func row(
            _ id: String, _ workload: String, _ measured: Double, _ unit: String,
            _ criterion: MeasuredRow.Criterion, _ predicted: Double
        ) -> ValidationRow {
            ValidationRow(
                row: MeasuredRow(
                    id: id, workload: workload, measured: measured, unit: unit,
                    criterion: criterion, source: Self.source), predicted: predicted)
        }
        func saved(_ percent: Double) -> MeasuredRow.Criterion {
            .band(percent * 0.75...percent * 1.25)
        }
        return [
            row(
                "B1", "barriers of dma_map_sg, entries of 4 KiB: each / batched",
                Double(entries), "×", .exactly(within: 0),
                Double(each.barriers) / Double(once.barriers)),
            row(
                "B2", "batched map and unmap, against one barrier for each entry", 1, "×", .law,
                max(once.map / each.map, once.unmap / each.unmap)),
            row(
                "B3", "what batching takes off dma_map_sg of 10 MB, on a Cortex-A76", 64.61, "%",
                saved(64.61), 100 * (1 - once.map / each.map)),
            row(
                "B4", "what it takes off dma_unmap_sg", 66.60, "%", saved(66.60),
                100 * (1 - once.unmap / each.unmap)),
        ]
    }

    private func times(
        _ kernel: String, _ machine: MachineConfiguration
    ) throws(TraceErrors) -> Times {
        let spans = try TimedTrace(program(kernel)).spans(on: machine)
        return Times(
            map: TimedTrace.seconds("map", spans), unmap: TimedTrace.seconds("unmap", spans),
            barriers: spans["map"]?.counters[.barriers] ?? 0)
    }

    /// Two rounds over the list; lines of the text format are too short for it, so that entries are put in here.
    private func program(_ kernel: String) throws(TraceErrors) -> Program {
        let text = """
            staleline 1
            kernel \(kernel)
            device d noncoherent
            h = dma_map_sg d BIDIRECTIONAL \(Self.start),4096
            dma_unmap_sg h
            span map
            g = dma_map_sg d BIDIRECTIONAL \(Self.start),4096
            end
            span unmap
            dma_unmap_sg g
            end
            """
        var program = try NativeParser.parse(Array(text.utf8), file: "validation")
        let segments = (0..<entries).map {
            DMACall.Segment(at: Operand(Self.start + $0 * Self.entryBytes), size: Self.entryBytes)
        }
        for index in program.statements.indices {
            guard case .operation(let agent, .dma(var call)) = program.statements[index].body,
                call.function == .mapSG
            else { continue }
            call.segments = segments
            program.statements[index].body = .operation(agent, .dma(call))
        }
        return program
    }
}
