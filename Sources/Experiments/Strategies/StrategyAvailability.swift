import DMAMapping
import MemoryModel
import Operations
import Quantities

/// Why a strategy cannot be tried on a machine, before anything is run.
struct StrategyAvailability {
    let machine: MachineConfiguration
    let kernel: KernelEra
    let lifted: LiftedProgram

    /// Bytes that one mapping of the kernel's bounce buffers can have: `IO_TLB_SEGSIZE` slots (include/linux/swiotlb.h).
    static let bounceSegment: UInt64 = 128 * BounceDeclaration.slotSize

    /// Why not; nil: it can be tried.
    func reason(against strategy: Strategy) -> String? {
        switch strategy {
        case .bounceSwiotlb: bounceReason
        case .wholeCache: wholeCacheReason
        case .onChip: onChipReason
        case .writeThrough:
            machine.core.honoursWriteThrough && machine.level1Data != nil
                ? nil
                : "write-through memory is not cached on \(machine.name): its core takes it for uncached"
        default: nil
        }
    }

    /// Which kernels have bounce buffers is said at `Setup.bouncePool`.
    private var bounceReason: String? {
        let has =
            switch (machine.architecture, kernel) {
            case (.arm64, .linux): true
            case (.arm32v7, .linux(let version)): version >= KernelVersion(5, 3)
            default: false
            }
        guard has else {
            return "kernel \(kernel) has no bounce buffers on \(machine.name): they come with "
                + "64-bit Arm, and with ARMv7 from 5.3 on"
        }
        let longest = lifted.handOvers.values.flatMap(\.parts).map(\.mapped.size).max() ?? 0
        guard longest > Self.bounceSegment else { return nil }
        return
            "a mapping of \(longest) bytes: bounce buffers hold at most \(Self.bounceSegment) bytes each"
    }

    private var wholeCacheReason: String? {
        if machine.level1Data == nil && machine.level2 == nil {
            return "\(machine.name) has no cache"
        }
        guard machine.core.count > 1 else { return nil }
        return
            "\(machine.core.count) cores: maintenance by set and way reaches only the caches of the core "
            + "that executes it, and lines move to the others meanwhile"
    }

    private var onChipReason: String? {
        guard let memory = machine.memory.onChip.first else {
            return "the machine's file has no memory on the chip"
        }
        let needed = lifted.allocations.reduce(UInt64(0)) {
            $0 + Allocation.pageEnd($1.end) - $1.start
        }
        guard needed > memory.size else { return nil }
        return "\(memory.name) has \(memory.size) bytes, and the buffers need \(needed)"
    }
}
