import Hazards
import MemoryModel
import Operations
import Quantities

/// A part of a lowered operation that takes effect as one: of a copy the load and the store are two.
struct ProofStep {
    /// What it is to the search.
    enum Kind: Hashable {
        case load, store, outerSync, ring, wait, deviceRead, deviceWrite
        case maintain(Maintenance.Instruction)
        case outer(Maintenance.Instruction)
        case barrier(Barrier)
    }

    /// Physical bytes that are touched.
    struct Range {
        var start: UInt64
        var size: UInt64
        /// Whether whole lines are touched, of which the range names only some bytes.
        var isWhole = false
    }

    var kind: Kind
    var agent: Agent
    var record: UInt32
    var ranges: [Range] = []
    /// The memory type of a core's access.
    var type = MemoryType.writeBack
    /// The kind of a core's access.
    var access = AccessKind.load
    var isDependent = false
    /// Whether it is the kernel's copy out of a bounce buffer, of bytes that nobody may need.
    var isKernelCopy = false
    /// Whether there are caches that it could go through.
    var hasCaches = true
    /// Whether it names no bytes, and touches all.
    var isEverywhere = false
    /// The device that is rung or waited for.
    var device: Agent?
    /// Whether a device looks into caches for it.
    var snoops = false
    /// Whether a device does it in the trace's turn though it has been rung: a later round.
    var isRound = false
    /// What the addresses were before each change of them that stands directly before it.
    var mapsBefore: [MemoryMap] = []
    /// What the addresses are before it, and after.
    var map = MemoryMap()
    var mapAfter = MemoryMap()

    init(_ kind: Kind, by agent: Agent, record: UInt32) {
        self.kind = kind
        self.agent = agent
        self.record = record
    }

    var isDevice: Bool { kind == .deviceRead || kind == .deviceWrite }
    var isStore: Bool { kind == .store }
    var isLoad: Bool { kind == .load }

    /// Whether it matters to every line.
    var isGlobal: Bool {
        switch kind {
        case .barrier, .outerSync, .ring, .wait: true
        default: isEverywhere
        }
    }

    /// What it is as a node; nil: it only orders others.
    var nodeKind: ProofNode.Kind? {
        switch kind {
        case .load: .load(isCached: type.isCacheable && hasCaches)
        case .store: .store(hasCaches ? type : .nonCacheable)
        case .maintain(let instruction): .maintain(instruction)
        case .outer(let instruction): .outer(instruction)
        case .outerSync: .outerSync
        case .ring: .ring
        case .wait: .wait
        case .deviceRead: .deviceRead
        case .deviceWrite: .deviceWrite
        case .barrier(let barrier):
            barrier.instruction == .dsb && barrier.accesses == .all && barrier.reachesDevices
                ? .fence : nil
        }
    }

    /// What it is to the rules of order, as far as it concerns some lines of a size: their first bytes, and which of
    /// theirs.
    func effect(over lines: [(start: UInt64, bytes: UInt64)], of lineSize: UInt64) -> MemoryEffect {
        var start = UInt64.max
        var end: UInt64 = 0
        for line in lines where line.bytes != 0 {
            start = min(start, line.start + UInt64(line.bytes.trailingZeroBitCount))
            end = max(end, line.start + 64 - UInt64(line.bytes.leadingZeroBitCount))
        }
        switch kind {
        case .load, .store:
            guard start < end else { return Self.effect(.work(cycles: 0), .writeBack) }
            var access = MemoryAccess(
                access, at: start, size: UInt32(end - start), agent: agent)
            access.isDependent = isDependent
            // Maintenance keeps its order with all that goes through the caches.
            return Self.effect(
                .access(access, symbol: .none, value: nil),
                type == .writeThrough ? .writeBack : type)
        case .maintain(let instruction):
            var effect = Self.effect(
                .maintenance(
                    Maintenance(
                        isEverywhere ? .dcCIVAC : instruction,
                        at: Operand(start < end ? start : 0), bytes: start < end ? end - start : 0)),
                type, lineSize: lineSize)
            // By set and way it is maintenance of no line by name.
            if isEverywhere { effect.size = 0 }
            return effect
        case .outer, .outerSync:
            // The controller's registers are Device memory of one peripheral.
            var effect = Self.effect(
                .access(MemoryAccess(.store, at: 0, size: 4), symbol: .none, value: nil), .device)
            effect.size = 0
            effect.peripheral = .mapping(start: .max)
            return effect
        case .ring: return Self.effect(.ring(device ?? agent), .device)
        // A device's status says nothing of stores on their way to elsewhere, as a doorbell does not.
        case .wait: return Self.effect(.ring(device ?? agent), .device)
        case .barrier(let barrier): return Self.effect(.barrier(barrier), .writeBack)
        case .deviceRead, .deviceWrite:
            // Stands for a store that would tell the device to come: what is ordered before that was there.
            var effect = Self.effect(
                .access(MemoryAccess(.store, at: 0, size: 4), symbol: .none, value: nil),
                .nonCacheable)
            effect.size = 0
            return effect
        }
    }

    private static func effect(
        _ operation: Operation, _ type: MemoryType, lineSize: UInt64 = 64
    ) -> MemoryEffect {
        var map = MemoryMap()
        map.insert(
            MemoryMapping(
                start: 0, end: .max, physical: 0, type: type, shareability: .innerShareable))
        return MemoryEffect(operation, map: map, lineSize: lineSize)
    }
}

extension MemoryMap {
    /// An address by which a physical one is cached; itself if there is none.
    func cachedAddress(of physical: UInt64) -> UInt64 {
        let own = mapping(of: physical)
        if own.type.isCacheable, own.physical == own.start { return physical }
        let found = mappings.first {
            $0.type.isCacheable && $0.physical <= physical
                && physical - $0.physical < $0.end - $0.start
        }
        return found.map { $0.start &+ (physical - $0.physical) } ?? physical
    }

    /// Whether some address caches a physical line.
    func mayBeCached(_ start: UInt64, _ size: UInt64, _ profile: HazardProfile) -> Bool {
        guard profile.hasCaches else { return false }
        let own = mapping(of: start)
        if own.type.isCacheable, own.physical == own.start { return true }
        return mappings.contains {
            $0.type.isCacheable && $0.physical < start &+ size
                && start < $0.physical &+ ($0.end - $0.start)
        }
    }
}

extension HazardProfile {
    /// Whether some bytes of a line have a cacheable and a non-cacheable mapping.
    func isMixedLine(_ start: UInt64, _ size: UInt64) -> Bool {
        mixed.contains { $0.lowerBound < start &+ size && start < $0.upperBound }
    }
}
