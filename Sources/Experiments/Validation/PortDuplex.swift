import MemoryModel
import Quantities
import Traces

// The row V10: one high-performance port of the Zynq-7000 at 125 MHz, both directions at once. Only "above 1.6 GB/s" was
// published; the band ends at what 64 bits at 125 MHz can carry. The coherent port did the same, but how many
// transactions it has outstanding was chosen with this in view: it is no row.

/// A device that reads and one that writes through one port.
struct PortDuplex {
    /// How many bytes each moves.
    var bytes: UInt64

    /// Where it was measured; the drivers poll.
    static let machine = MachineVariant(
        "zynq7000", ["ports.HP0.mhz": "125", "software.interrupt_cycles": "0"])

    /// Replays the row.
    func rows(on machine: MachineConfiguration) throws(TraceErrors) -> [ValidationRow] {
        let spans = try TimedTrace(
            """
            device reader port HP0
            device writer port HP0
            buffer from 0x10000000 \(bytes)
            buffer to 0x18000000 \(bytes)
            span both
            ring reader
            ring writer
            reader: rd from \(bytes)
            writer: wr to \(bytes)
            wait reader
            wait writer
            end
            """
        ).spans(on: machine)
        return [
            ValidationRow(
                row: MeasuredRow(
                    id: "V10", workload: "Zynq-7020, one HP port at 125 MHz, both ways",
                    measured: 1_600, unit: "MB/s", criterion: .band(1_600...2_000),
                    source: "Sadri et al., FPGAworld 2013 (abstract)"),
                predicted: 2 * Double(bytes) / TimedTrace.seconds("both", spans) / 1e6)
        ]
    }
}
