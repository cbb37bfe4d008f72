import Foundation
import Statistics
import Testing

@testable import Experiments
@testable import Hazards
@testable import MemoryModel
@testable import Operations
@testable import Quantities
@testable import Symbols
@testable import Traces
@testable import staleline

/// `docs/limits.md` has the numbers that the sources have.
@Suite("Limits") struct LimitTests {
    /// A number with commas, or a size with its unit.
    private static func size(_ bytes: some BinaryInteger) -> String {
        let bytes = UInt64(bytes)
        if bytes >= 1 << 30, bytes % (1 << 30) == 0 { return "\(bytes >> 30) GiB" }
        if bytes >= 1 << 20, bytes % (1 << 20) == 0 { return "\(bytes >> 20) MiB" }
        if bytes >= 1 << 10, bytes % (1 << 10) == 0 { return "\(bytes >> 10) KiB" }
        return "\(bytes) bytes"
    }

    private static func count(_ number: some BinaryInteger) -> String {
        var digits = Array(String(number))
        for place in stride(from: digits.count - 3, to: 0, by: -3) {
            digits.insert(",", at: place)
        }
        return String(digits)
    }

    /// What is limited, and the limit.
    private static var rows: [(what: String, limit: String)] {
        [
            ("A native text that is read whole", size(OpenedTrace.programLimit)),
            ("Statements of a native trace that is read whole", count(NativeLimits.statements)),
            ("A line of native text", size(NativeLimits.lineLength)),
            ("A name in a native trace", size(NativeLimits.nameLength)),
            ("How deep `repeat` and `span` nest", count(NativeLimits.nesting)),
            ("Names of spans", count(ProgramFit.spanLimit)),
            ("A declared pool of bounce buffers", size(BounceDeclaration.maximumSize)),
            ("Accesses of one run (`ld … by 4`)", count(AccessRun.maximumCount)),
            ("A descriptor", size(DescriptorLayout.maximumSize)),
            (
                "Descriptors of a chain, unless the trace says another number",
                count(DescriptorLayout.usualLimit)
            ),
            ("A block of the binary format", size(BinaryFormat.blockLimit)),
            ("A line of lackey, din and recordings", size(LineCursor.lengthLimit)),
            ("A line of a kernel log", size(KernelLogReader.lineLimit)),
            (
                "Devices, functions and kinds of lines of a kernel log",
                count(KernelLogReader.nameLimit)
            ),
            ("Mappings of a kernel log that are live at one time", count(MappingTable.limit)),
            ("Names of memory that is no RAM, of a recording", count(RecordOutput.nameLimit)),
            ("Layers of compression", count(ByteSource.layerLimit)),
            ("Memory for xz", size(XzStage.memoryLimit)),
            ("Window of zstd", size(1 << UInt64(ZstdStage.windowLimit))),
            ("How far the format of a text is looked for", size(TraceFormat.recognitionPrefix)),
            ("Errors that are shown of one input", count(TraceErrors.limit)),
            ("A machine file, a schedule", size(BoundedFile.limit)),
            ("Lines in all caches of a machine", count(MachineConfiguration.lineLimit)),
            ("Cores", count(Agent.maximumCores)),
            ("Devices", count(Agent.maximumDevices)),
            ("Accesses and operations of a timed run, unrolled", count(ProgramFit.limit)),
            ("The same of `check`, `fix` and `prove`", count(ProgramFit.judgedLimit)),
            (
                "Operations that touch one line or pair of lines in `prove`",
                count(ProofBounds.mostNodes)
            ),
            ("A timed run of `replay --plain`, unrolled", count(Replay.countedLimit)),
            (
                "Bytes that devices and calls touch, or cores out of coherence share, in `check`",
                size(WatchList.limit)
            ),
            (
                "Operations of `check`, unrolled, that wait for what a device does, or are all kept",
                count(ProgramRunner<CountersProbe>.stepLimit)
            ),
            (
                "Accesses of an agent that nothing has ordered, writes of a device in flight, ended mappings, each",
                count(HazardLimits.remembered)
            ),
            ("Mappings that the rules of ownership follow", count(HazardLimits.followed)),
            ("Statements that `compare` takes apart", count(Compare.statementLimit)),
            (
                "Accesses and operations of such a trace of more than \(count(Compare.shortTrace)) statements, unrolled",
                count(Compare.accessLimit)
            ),
            ("Address ranges of an ELF file's units", count(DebugUnits.spanLimit)),
            ("Functions inlined in each other that are named", count(DebugUnits.depthLimit)),
            (
                "Ranges of units that are looked at which begin before an address",
                count(DebugUnits.lookback)
            ),
        ]
    }

    @Test("The page has a row for each limit, with the number of the source")
    func page() throws {
        let path = Scene.root.appendingPathComponent("docs/limits.md")
        let text = try String(contentsOf: path, encoding: .utf8)
        let lines = text.split(separator: "\n").map(String.init)
        for row in Self.rows {
            #expect(
                lines.contains { $0.hasPrefix("| \(row.what) | \(row.limit) |") },
                "docs/limits.md lacks | \(row.what) | \(row.limit) |")
        }
        let table = lines.filter {
            $0.hasPrefix("| ") && !$0.hasPrefix("| limit ") && !$0.hasPrefix("| ---")
        }
        for line in table {
            let cells = line.split(separator: "|").map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            #expect(cells.count == 4 && !cells[2].isEmpty, "\(line)")
        }
        #expect(table.count == Self.rows.count, "a row without a source")
    }
}
