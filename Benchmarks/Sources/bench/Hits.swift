import Experiments
import MemoryModel
import Operations
import Quantities

/// A stream of accesses that the first level holds, all but for the first touch of each line.
///
/// The same `capacity` accesses are made whatever number of them is run, so that the instructions of two runs
/// differ by those of the accesses alone.
struct Hits: ~Copyable {
    /// What the stream is made of.
    enum Mix: String {
        /// Loads and stores in turn, at random words of 16 KiB.
        case data
        /// A fetch before each of them: short straight stretches of code at random lines of 16 KiB.
        case all
    }

    static let capacity = 4_000_000
    private static let bytes: UInt64 = 16 << 10
    private static let line: UInt64 = 32
    private let accesses: UnsafeMutableBufferPointer<MemoryAccess>

    init(_ mix: Mix) {
        accesses = .allocate(capacity: Self.capacity)
        var generator = SplitMix64(seed: 1)
        var counter: UInt64 = 0
        for index in 0..<Self.capacity {
            accesses.initializeElement(
                at: index, to: Self.access(UInt64(index), mix, &generator, &counter))
        }
    }

    deinit { accesses.deallocate() }

    private static func access(
        _ index: UInt64, _ mix: Mix, _ generator: inout SplitMix64, _ counter: inout UInt64
    ) -> MemoryAccess {
        let isFetch = mix == .all && index & 1 == 0
        let base: UInt64 = isFetch ? 0x10_000 : 0x1000_0000
        let lines = bytes / line
        if index < 2 * lines {
            // The warm-up touches every line once.
            return MemoryAccess(isFetch ? .fetch : .load, at: base + index / 2 * line, size: 4)
        }
        if isFetch {
            counter = counter % line == 0 ? generator.next() % lines * line + 4 : counter + 4
            return MemoryAccess(.fetch, at: base + (counter - 4) % bytes, size: 4)
        }
        let word = generator.next() % (bytes / 4)
        return MemoryAccess(
            index & 2 == 0 ? .load : .store, at: base + word * 4, size: 4)
    }

    /// Runs the first `count` accesses with full timing.
    ///
    /// - Returns: how many of them missed, which is no more than there are lines.
    func run(_ count: Int, on machine: MachineConfiguration) -> UInt64 {
        let part = UnsafeBufferPointer(rebasing: accesses[0..<count])
        let counters = Replay.run(part, machine: machine).counters
        return counters[.level1DataReadMisses] + counters[.level1DataWriteMisses]
            + counters[.level1InstructionReadMisses]
    }
}
