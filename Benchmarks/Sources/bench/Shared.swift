import CLoop
import Experiments
import Foundation
import MemoryModel
import Operations
import Quantities

/// Four cores that in turn, sixteen accesses each, read and write the same memory.
struct Shared: ~Copyable {
    static let cores = 4
    private static let burst = 16
    private static let bytes: UInt64 = 64 << 10
    private let accesses: UnsafeMutableBufferPointer<MemoryAccess>

    /// A program's accesses, a quarter of them on each core.
    ///
    /// Stack, globals and buffers are the same for all, so that the lines that each quarter writes travel, and all
    /// have a program's locality.
    init(path: String) throws {
        let trace = try LoadedTrace(path: path)
        let program = trace.accesses
        let quarter = program.count / Self.cores / Self.burst * Self.burst
        accesses = .allocate(capacity: quarter * Self.cores)
        for index in 0..<accesses.count {
            let (round, place) = index.quotientAndRemainder(dividingBy: Self.burst * Self.cores)
            let core = place / Self.burst
            var access = program[core * quarter + round * Self.burst + place % Self.burst]
            access.agent = .core(core)
            accesses.initializeElement(at: index, to: access)
        }
    }

    /// Random words of 64 KiB, a third of the accesses stores.
    ///
    /// Every burst begins at a line that the core before has used. Four of five accesses miss or ask the other
    /// cores: no program is as bad.
    init(count: Int) {
        accesses = .allocate(capacity: count)
        var generator = SplitMix64(seed: 1)
        var word: UInt64 = 0
        for index in 0..<count {
            let core = index / Self.burst % Self.cores
            if index % Self.burst != 0 { word = generator.next() % (Self.bytes / 4) }
            accesses.initializeElement(
                at: index,
                to: MemoryAccess(
                    generator.next() % 3 == 0 ? .store : .load, at: 0x1000_0000 + word * 4, size: 4,
                    agent: .core(core)))
        }
    }

    deinit { accesses.deallocate() }

    /// How many accesses there are.
    var count: Int { accesses.count }

    /// The full machine's time, in ticks.
    func runTiming(_ machine: MachineConfiguration) -> UInt64 {
        Replay.run(UnsafeBufferPointer(accesses), machine: machine).elapsed.rawValue
    }

    /// Measures timing and the C loop, which knows one core only, on the same records in turn.
    ///
    /// - Returns: the ratio, and both rates in millions a second.
    func compare(
        rounds: Int, machine: MachineConfiguration
    ) -> (ratio: Double, loop: Double, timing: Double) {
        var loops: [Double] = []
        var timings: [Double] = []
        for _ in 0..<rounds {
            var counts = [loop_counts](repeating: loop_counts(), count: 3)
            let raw = UnsafeRawPointer(accesses.baseAddress)?.assumingMemoryBound(
                to: loop_access.self)
            loops.append(
                processorSeconds {
                    let status = loop_run(raw, accesses.count, 6, 128, 4, 512, 16, &counts)
                    precondition(status == 0, "no memory")
                })
            timings.append(processorSeconds { _ = runTiming(machine) })
        }
        let millions = Double(accesses.count) / 1e6
        let ratio = median(zip(loops, timings).map { $0 / $1 })
        return (ratio, millions / median(loops), millions / median(timings))
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
