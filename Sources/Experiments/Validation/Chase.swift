import Events
import MemoryModel
import Operations
import Quantities

// Pointer chases of the latency benchmarks. What is modelled: loads that each wait for the one before, and pages of
// 4 KiB that lie in one piece or anywhere in memory, as an allocator gives them: in disorder a buffer as large as a
// cache does not fit into it. Left out: TLBs and their walks, huge pages, other traffic.

/// Dependent loads over a buffer, as a latency benchmark makes them.
struct Chase: Sendable {
    /// In which order the buffer is walked.
    enum Order: Hashable, Sendable {
        /// Each load at a random byte of the buffer: tinymembench, "single random read".
        case random
        /// From the first byte to the last, again and again, this far apart: lat_mem_rd.
        case stride(UInt64)
    }

    /// How its pages lie in memory.
    enum Placement: Hashable, Sendable {
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

    /// The loads: those that warm the caches, and those that are timed.
    private func accesses(
        _ machine: MachineConfiguration, seed: UInt64
    ) -> (warm: [MemoryAccess], timed: [MemoryAccess]) {
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
        return (warm, timed)
    }

    /// What one load takes once the caches are warm, with pages where `seed` puts them.
    func nanoseconds(on machine: MachineConfiguration, seed: UInt64) -> Double {
        let (warm, timed) = accesses(machine, seed: seed)
        var model = Machine(machine, probe: NoProbe(), seed: seed)
        warm.withUnsafeBufferPointer { model.replay($0, firstRecord: 1) }
        let before = model.elapsed
        timed.withUnsafeBufferPointer { model.replay($0, firstRecord: 1) }
        return (model.elapsed - before).nanoseconds / Double(timed.count)
    }

    /// The same loads as lines of a native trace.
    ///
    /// - Parameters:
    ///   - machine: The machine, for the size of its lines.
    ///   - seed: Where the pages lie.
    ///   - withFirstLevel: Whether a span of 1000 hits stands before.
    /// - Returns: the lines.
    func text(
        on machine: MachineConfiguration, seed: UInt64, withFirstLevel: Bool
    ) -> String {
        let (warm, timed) = accesses(machine, seed: seed)
        func lines(_ accesses: [MemoryAccess]) -> String {
            accesses.map { "ld 0x\(String($0.address, radix: 16)) 1 dep\n" }.joined()
        }
        var text = ""
        if withFirstLevel {
            // The first of them comes from memory, and is not waited for in the span.
            text +=
                "ld 0x8000000 1 dep\nwork 1000\nspan l1\nrepeat 1000\nld 0x8000000 1 dep\nend\nend\n"
        }
        return text + lines(warm) + "span chase     # \(timed.count) loads\n" + lines(timed)
            + "end\n"
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
