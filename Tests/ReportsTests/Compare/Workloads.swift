import Experiments
import Foundation
import MemoryModel
import Operations
import Statistics
import Testing
import Traces

// Foundation and Testing have other things of these names.
typealias ComparisonResult = Experiments.ComparisonResult
typealias Strategy = Experiments.Strategy

/// Workloads and comparisons for tests.
enum Workload {
    /// A device writes packets of `bytes` into a buffer with room for `room`; the core reads `touched` of each.
    static func receive(
        bytes: UInt64, room: UInt64, touched: UInt64, passes: Int = 2, kernel: String = "6.12"
    ) -> String {
        """
        staleline 1
        kernel \(kernel)
        device eth0 noncoherent
        buffer rx 0x10000000 \(room)
        repeat \(passes)
          ring eth0
          eth0: wr rx \(bytes)
          wait eth0
          ld rx \(touched) by 4
        end

        """
    }

    /// The core writes packets, and a device reads them.
    static func send(bytes: UInt64, passes: Int = 2) -> String {
        """
        staleline 1
        kernel 6.12
        device eth0 noncoherent
        buffer tx 0x10000000 \(bytes)
        repeat \(passes)
          st tx \(bytes) by 4
          ring eth0
          eth0: rd tx \(bytes)
          wait eth0
        end

        """
    }

    /// A bundled workload on a machine.
    static func bundled(_ name: String, machine: String) throws -> Setup {
        let file = "Traces/workloads/\(name).slt"
        let bytes = try Data(contentsOf: Sample.root.appendingPathComponent(file))
        return try Setup(
            NativeParser.parse(Array(bytes), file: file), file: file,
            machine: Sample.machine(machine).configuration)
    }

    /// The names of all bundled workloads.
    static var names: [String] {
        let folder = Sample.root.appendingPathComponent("Traces/workloads").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".slt") }.map { String($0.dropLast(4)) }.sorted()
    }

    /// The names of all machines.
    static var machines: [String] {
        let folder = Sample.root.appendingPathComponent("configs").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }
}

extension ComparisonResult {
    /// What came of a strategy.
    subscript(strategy: Strategy) -> StrategyResult? {
        results.first { $0.strategy == strategy }
    }

    /// Why a strategy cannot be tried.
    func reason(_ strategy: Strategy) -> String? {
        unavailable.first { $0.strategy == strategy }?.reason
    }
}

extension StrategyResult {
    /// How often the lowered program, loops not unrolled, calls a function.
    func calls(_ function: DMACall.Function) -> Int {
        check.setup.program.statements.count {
            if case .operation(_, .dma(let call)) = $0.body {
                call.function == function
            } else {
                false
            }
        }
    }

    /// How often a counter went up in the whole run, mapping once and releasing included.
    func count(_ counter: Counter) -> UInt64 { check.replay.counters[counter] }
}
