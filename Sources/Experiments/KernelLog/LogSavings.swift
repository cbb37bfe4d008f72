import DMAMapping
import MemoryModel
import Operations

/// What a log tells about savings while it is read.
public struct LogSavings: Sendable {
    /// Releases of what the core had taken back with a sync before and not given to the device since: their
    /// maintenance is done a second time.
    public var resynced = MaintenanceCounts()
    /// How many such releases.
    public var resyncedCount: UInt64 = 0
    /// Releases without a sync before: all bytes are maintained, used or not.
    public var whole = MaintenanceCounts()
    /// How many ranges.
    public var wholeCount: UInt64 = 0
    /// Bytes that syncs for the CPU named, and the bytes of the mappings that they lay in.
    public var syncedBytes: UInt64 = 0
    /// See ``syncedBytes``.
    public var syncedWhole: UInt64 = 0
    /// Short mappings that copying would make cheaper, by direction: to the device, from it.
    public var copied = [CopySaving](repeating: CopySaving(), count: 2)

    /// What copying saves in one direction.
    public struct CopySaving: Sendable, Hashable {
        /// Mappings that it makes cheaper.
        public var count: UInt64 = 0
        /// Their bytes.
        public var bytes: UInt64 = 0
        /// Core cycles of their maintenance and calls.
        public var cycles: Double = 0
        /// Core cycles of copying instead.
        public var copyCycles: Double = 0
        /// The longest of them, in bytes.
        public var longest: UInt64 = 0
    }

    /// Makes empty savings.
    public init() {}

    mutating func noteRelease(_ counts: MaintenanceCounts, wasSynced: Bool) {
        if wasSynced {
            resynced += counts
            resyncedCount += 1
        } else {
            whole += counts
            wholeCount += 1
        }
    }

    mutating func noteSync(of size: UInt64, in whole: UInt64) {
        syncedBytes &+= size
        syncedWhole &+= whole
    }
}

/// What copying through coherent memory costs on a machine, and using such memory in place.
struct CopyPrices {
    /// Longer buffers are not copied by anybody: a page.
    static let limit: UInt64 = Lowering.pageSize
    private static let grain: UInt64 = 32
    private static let cached = Operand(0x1000_0000)
    private static let uncached = Operand(PriceRig.uncached)

    private let rig: PriceRig
    /// Bytes of an access of a copying loop: a register.
    private let width: UInt32
    private var memo: [[Double?]]

    init(_ machine: MachineConfiguration) {
        rig = PriceRig(machine)
        width = machine.architecture == .arm64 ? 8 : 4
        memo = Array(
            repeating: Array(repeating: nil, count: Int(Self.limit / Self.grain) + 1), count: 2)
    }

    /// Core cycles of copying a buffer into coherent memory, or out of it; the cacheable side is in the cache.
    mutating func cycles(_ direction: DMADirection, size: UInt64) -> Double? {
        guard direction == .toDevice || direction == .fromDevice, size > 0, size <= Self.limit
        else { return nil }
        let isFrom = direction == .fromDevice
        let grains = Int((size + Self.grain - 1) / Self.grain)
        if let known = memo[isFrom ? 1 : 0][grains] { return known }
        let bytes = UInt64(grains) * Self.grain
        let cycles = rig.cycles(
            of: [
                .copy(
                    CopyRun(
                        to: isFrom ? Self.cached : Self.uncached,
                        from: isFrom ? Self.uncached : Self.cached, bytes: bytes, by: width)),
                .barrier(Barrier(.dsb)),
            ], after: [.run(AccessRun(.load, from: Self.cached, bytes: bytes, by: width))])
        memo[isFrom ? 1 : 0][grains] = cycles
        return cycles
    }

    /// What a byte costs more in uncached memory than in cacheable memory that is in no cache, in core cycles.
    func penalty(_ kind: AccessKind) -> Double {
        func page(at start: Operand) -> Double {
            rig.cycles(of: [
                .run(AccessRun(kind, from: start, bytes: Lowering.pageSize, by: width)),
                .barrier(Barrier(.dsb)),
            ])
        }
        return max(0, page(at: Self.uncached) - page(at: Self.cached)) / Double(Lowering.pageSize)
    }
}

extension KernelLogAudit {
    /// Books a mapping that copying would make cheaper.
    mutating func noteCopy(_ mapping: LoggedMapping, _ forDevice: MaintenanceCounts) {
        guard copies != nil, mapping.size <= CopyPrices.limit,
            !result.devices[Int(mapping.device)].isCoherent,
            mapping.attributes.isDisjoint(with: .skipCPUSync),
            let copy = copies?.cycles(mapping.direction, size: mapping.size)
        else { return }
        var cycles = Double(forDevice.cycles + 2 * prices.callCycles)
        do throws(LoweringError) {
            cycles += Double(
                try prices.price(
                    .forCPU, mapping.direction, mapping.attributes, at: mapping.physical,
                    size: mapping.size
                ).cycles)
        } catch { return }
        guard copy < cycles else { return }
        let place = mapping.direction == .toDevice ? 0 : 1
        result.savings.copied[place].count += 1
        result.savings.copied[place].bytes += mapping.size
        result.savings.copied[place].cycles += cycles
        result.savings.copied[place].copyCycles += copy
        result.savings.copied[place].longest = max(
            result.savings.copied[place].longest, mapping.size)
    }
}
