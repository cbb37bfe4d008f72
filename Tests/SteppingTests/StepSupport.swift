import Experiments
import Foundation
import Machines
import MemoryModel
import Quantities
import Stepping
import Synchronization
import Testing
import Traces

/// Traces to step through.
enum StepSupport {
    /// The root of the repository.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static let machines = Mutex<[String: MachineConfiguration]>([:])

    /// A machine of `configs/`.
    static func machine(_ name: String) throws -> MachineConfiguration {
        if let known = machines.withLock({ $0[name] }) { return known }
        let path = "configs/\(name).yaml"
        let yaml = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
        let machine = try MachineDescription.parse(yaml: yaml, file: path).configuration
        machines.withLock { $0[name] = machine }
        return machine
    }

    /// A session of a trace's text.
    static func session(
        _ text: String, on machine: String = "zynq7000", kernel: String = "6.12",
        file: String = "trace.slt"
    ) throws -> TraceSession {
        let program = try NativeParser.parse(Array(text.utf8), file: file)
        let setup = try Setup(
            program, file: file, machine: Self.machine(machine), kernel: .init(parsing: kernel))
        return try TraceSession(setup, source: text)
    }

    /// The names of the litmus traces, but for one that waits for millions of loads.
    static let litmus: [String] =
        ((try? FileManager.default.contentsOfDirectory(
            atPath: root.appendingPathComponent("Traces/litmus").path)) ?? [])
        .filter { $0.hasSuffix(".slt") && $0 != "REF-h38-bare.safe.slt" }.sorted()

    /// A litmus trace on the first profile that its head names, without the overrides that it declares.
    static func litmus(_ name: String) throws -> TraceSession {
        let text = try String(
            contentsOf: root.appendingPathComponent("Traces/litmus/\(name)"), encoding: .utf8)
        let head = text.split(separator: "\n").first { $0.hasPrefix("# expect ") } ?? ""
        let words = head.split(separator: ":")[0].split(separator: " ")
        return try session(text, on: String(words[2]), kernel: String(words[3]), file: name)
    }

    /// A random trace of accesses, maintenance, DMA and waits, close together on a few lines.
    static func random(_ seed: UInt64, steps: Int) -> String {
        var random = SplitMix64(seed: seed)
        var lines = [
            "staleline 1", "device dma0 noncoherent", "buffer b 0x10000000 512",
            "region r 0x20000000 256 nc",
        ]
        for _ in 0..<steps {
            let place = "b+\(random.next() % 64 * 8)"
            let core = "core\(random.next() % 2): "
            switch random.next() % 12 {
            case 0...2: lines.append("\(core)ld \(place) 8")
            case 3...5: lines.append("\(core)st \(place) 4 = \(random.next() % 255)")
            case 6: lines.append("\(core)dc civac \(place) 64")
            case 7: lines.append("\(core)dc ivac \(place)")
            case 8: lines.append("dma0: wr \(place) 8")
            case 9: lines.append("dma0: rd b 64")
            case 10: lines.append("\(core)st r+\(random.next() % 32 * 8) 8\n\(core)dsb")
            default:
                lines.append("repeat 2\n  \(core)st \(place) 4\nend\nwait dma0")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
