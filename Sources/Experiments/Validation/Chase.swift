import Events
import MemoryModel
import Operations
import Quantities

// Pointer chases of the latency benchmarks. What is modelled: loads that each wait for the one before, and pages of
// 4 KiB that lie in one piece or anywhere in memory, as an allocator gives them: in disorder a buffer as large as a
// cache does not fit into it. Left out: TLBs and their walks, huge pages, other traffic.

/// Dependent loads over a buffer, as a latency benchmark makes them.
struct Chase {
    /// In which order the buffer is walked.
    enum Order: Hashable {
        /// Each load at a random byte of the buffer: tinymembench, "single random read".
        case random
        /// From the first byte to the last, again and again, this far apart: lat_mem_rd.
        case stride(UInt64)
    }

    /// How its pages lie in memory.
    enum Placement: Hashable {
        /// In one piece.
        case contiguous
        /// Each somewhere else.
        case scattered
    }

    /// How many bytes are walked.
    var bytes: UInt64
    /// In which order.
    var order: Order
    /// How its pages lie.
    var placement = Placement.scattered
    /// How many loads are timed.
    var loads: Int

    private static let pageBytes: UInt64 = 4_096
    /// Pages lie within 256 MiB of DRAM from here on.
    private static let start: UInt64 = 0x1000_0000
    private static let frames: UInt64 = 1 << 16

    /// What one load takes once the caches are warm, with pages where `seed` puts them.
    func nanoseconds(on machine: MachineConfiguration, seed: UInt64) -> Double {
        var generator = SplitMix64(seed: seed)
        let pages = pages(&generator)
        func load(_ offset: UInt64) -> MemoryAccess {
            let page = pages[Int(offset / Self.pageBytes)]
            return MemoryAccess(
                .load, at: page + offset % Self.pageBytes, size: 1, isDependent: true)
        }
        var warm: [MemoryAccess] = []
        var timed: [MemoryAccess] = []
        switch order {
        case .random:
            warm = stride(from: 0, to: bytes, by: machine.dataLineSize).map(load)
            // From the state that a walk leaves to the one that random loads keep.
            let settling = min(2 * warm.count, 16_000)
            warm += (0..<settling).map { _ in load(generator.next() % bytes) }
            timed = (0..<loads).map { _ in load(generator.next() % bytes) }
        case .stride(let step):
            let pass = stride(from: 0, to: bytes, by: Int(step)).map(load)
            for _ in 0..<3 { warm += pass }
            for _ in 0..<max(loads / pass.count, 2) { timed += pass }
        }
        var model = Machine(machine, probe: NoProbe(), seed: seed)
        warm.withUnsafeBufferPointer { model.replay($0, firstRecord: 1) }
        let before = model.elapsed
        timed.withUnsafeBufferPointer { model.replay($0, firstRecord: 1) }
        return (model.elapsed - before).nanoseconds / Double(timed.count)
    }

    /// Where the pages lie.
    private func pages(_ generator: inout SplitMix64) -> [UInt64] {
        var taken: Set<UInt64> = []
        return (0..<(bytes + Self.pageBytes - 1) / Self.pageBytes).map { index in
            guard placement == .scattered else { return Self.start + index * Self.pageBytes }
            var frame = generator.next() % Self.frames
            while !taken.insert(frame).inserted { frame = generator.next() % Self.frames }
            return Self.start + frame * Self.pageBytes
        }
    }
}
