import Operations
import Quantities

// Which two operations of one core are seen in program order by everyone: `docs/memory-order.md` has the same
// table in words. The names are those of the Arm ARM (DDI 0487), section B2.3; what is not said to be ordered
// may be seen in either order. Sections are those of issue M. Left out: control and data dependencies (the operations do not have them, but
// for the branch on a device's completion), instruction fetches, translation, exclusives that fail.

/// The order that the architecture promises between the operations of one core.
public struct OrderRules: Sendable {
    /// Whose promises.
    public var architecture: MachineConfiguration.Architecture
    /// Bytes of a line.
    public var lineSize: UInt64
    /// What the addresses are.
    public var map: MemoryMap
    /// What it takes that a device which was rung finds what was done before.
    public var doorbells: Doorbells

    /// What a doorbell is to the memory model.
    public enum Doorbells: Sendable {
        /// What a device does for it is ordered after what a DSB before it completed, and after nothing else
        /// (out-of-band-ordered-before, B2.4.2; K11.4).
        case outOfBand
        /// A store like any other, of which the device is an observer: a DMB is enough, as Linux takes it to be.
        case observed
    }

    /// Makes the rules of a machine.
    public init(
        _ architecture: MachineConfiguration.Architecture, map: MemoryMap = MemoryMap(),
        lineSize: UInt64, doorbells: Doorbells = .outOfBand
    ) {
        self.architecture = architecture
        self.map = map
        self.lineSize = lineSize
        self.doorbells = doorbells
    }

    /// Why two operations are ordered.
    public enum Reason: String, CaseIterable, Sendable {
        /// A write follows an access to the same bytes (local memory write successor).
        case sameLocation = "same location"
        /// Maintenance and an access, or two of maintenance, of the same line.
        case sameLine = "same line"
        /// Two accesses to the same peripheral.
        case samePeripheral = "same peripheral"
        /// Everything after a load-acquire.
        case acquire = "load-acquire"
        /// Everything before a store-release.
        case release = "store-release"
        /// A load-acquire after a store-release.
        case releaseAcquire = "store-release, load-acquire"
        /// A DMB or DSB stands between.
        case barrier = "barrier"
        /// The address depends on the value.
        case addressDependency = "address dependency"
        /// A branch depends on the value.
        case controlDependency = "control dependency"
        /// An ISB stands between, after something that depends on the value.
        case contextSynchronization = "context synchronization"
        /// One of them is of a kind whose order is not explored.
        case notExplored = "not explored"
    }

    /// Two operations of a core's program, and all that stands around them.
    struct Pair {
        let program: [MemoryEffect]
        let first: Int
        let second: Int
        let rules: OrderRules
        /// The smallest domain with everyone in it who touches what the two touch.
        let observers: Barrier.Domain

        var earlier: MemoryEffect { program[first] }
        var later: MemoryEffect { program[second] }
        var between: ArraySlice<MemoryEffect> { program[(first + 1)..<second] }
    }

    /// The table: of the rules that hold for a pair the first gives the reason.
    static let table: [(reason: Reason, holds: @Sendable (Pair) -> Bool)] = [
        (.notExplored, { $0.earlier.kind == .other || $0.later.kind == .other }),
        (.samePeripheral, { $0.hasSamePeripheral }),
        (
            .sameLocation,
            { $0.earlier.isAccess && $0.later.isWrite && $0.earlier.overlaps($0.later) }
        ),
        (.sameLine, { $0.isMaintenanceOfSameLine }),
        (.releaseAcquire, { $0.earlier.isRelease && $0.later.isAcquire }),
        (.acquire, { $0.earlier.isAcquire && $0.later.isAccess }),
        (.release, { $0.earlier.isAccess && $0.later.isRelease }),
        (.barrier, { pair in pair.between.contains { pair.isOrdered(by: $0) } }),
        (.addressDependency, { $0.isAddressDependent }),
        (.controlDependency, { $0.isControlDependent }),
        (.contextSynchronization, { $0.isContextSynchronized }),
    ]

    /// Why an operation takes effect before a later one of the same core, as every observer sees it.
    ///
    /// - Parameters:
    ///   - first: The place of the earlier one in the program.
    ///   - second: The place of the later one.
    ///   - program: What the core does, in program order, barriers among it.
    ///   - observers: The smallest domain that has everyone in it who touches what the two touch.
    /// - Returns: the reason; nil: they may be seen in either order.
    /// - Complexity: O(*n*) in the number of operations between.
    public func reason(
        _ first: Int, before second: Int, in program: [MemoryEffect],
        observers: Barrier.Domain = .fullSystem
    ) -> Reason? {
        precondition(first < second, "the earlier operation comes first")
        let pair = Pair(
            program: program, first: first, second: second, rules: self, observers: observers)
        return Self.table.first { $0.holds(pair) }?.reason
    }

    /// What an operation does, by this machine's map.
    public func effect(of operation: Operation) -> MemoryEffect {
        MemoryEffect(operation, map: map, lineSize: lineSize)
    }
}

// MARK: Rows of the table

extension OrderRules.Pair {
    /// B2.4.1.1, Peripheral arrival order: accesses of Device-nGnRE or -nGnRnE memory to one peripheral arrive there
    /// in program order.
    var hasSamePeripheral: Bool {
        guard let peripheral = earlier.peripheral, earlier.isAccess, later.isAccess else {
            return false
        }
        return peripheral == later.peripheral
    }

    /// D7.5.9.15; ARMv7, B2.2.9: maintenance by address and accesses to cacheable memory in its line, by mappings
    /// of one type, keep program order, and so does maintenance of one line.
    var isMaintenanceOfSameLine: Bool {
        guard earlier.sharesLine(later, lineSize: rules.lineSize) else { return false }
        switch (earlier.isMaintenance, later.isMaintenance) {
        case (true, true): return true
        case (true, false), (false, true):
            return (earlier.isAccess || later.isAccess) && earlier.type.isCacheable
                && earlier.type == later.type
        case (false, false): return false
        }
    }

    /// Whether a barrier between them orders them.
    func isOrdered(by effect: MemoryEffect) -> Bool {
        guard case .barrier(let barrier) = effect.kind, barrier.instruction != .isb,
            earlier.isAccess || earlier.isMaintenance, later.isAccess || later.isMaintenance
        else { return false }
        // ARMv7 has no barriers of loads; what is reserved acts as `sy` (A8.8.43, A8.8.44).
        let isReserved = rules.architecture != .arm64 && barrier.accesses == .loads
        let accesses = isReserved ? .all : barrier.accesses
        guard isReserved || barrier.domain.includes(observers) else { return false }
        if case .doorbell = later.kind, rules.doorbells == .outOfBand, barrier.instruction == .dmb {
            return false
        }
        return barrier.instruction == .dsb
            ? isOrderedByDSB(accesses) : isOrderedByDMB(accesses)
    }

    /// Barrier-ordered-before: accesses of the barrier's kind on both sides; maintenance, if it is of all kinds.
    private func isOrderedByDMB(_ accesses: Barrier.Accesses) -> Bool {
        switch accesses {
        case .all:
            // ARMv7-M does not say that a DMB orders maintenance; a DSB does.
            return rules.architecture != .armv7m || earlier.isAccess && later.isAccess
        case .loads: return earlier.isRead && later.isAccess
        case .stores: return earlier.isWrite && later.isWrite
        }
    }

    /// DSB-ordered-before: nothing after it starts before what it waits for is complete.
    private func isOrderedByDSB(_ accesses: Barrier.Accesses) -> Bool {
        switch accesses {
        case .all: true
        case .loads: earlier.isRead
        // ARMv7 completes maintenance at any DSB, as Linux takes it (decision 0006); Armv8-A at one of loads and
        // stores only.
        case .stores: earlier.isWrite || earlier.isMaintenance && rules.architecture != .arm64
        }
    }

    /// The load that the operation at a place takes its address from; nil: its address depends on none.
    private func source(of place: Int) -> Int? {
        guard program[place].isDependent else { return nil }
        return program[..<place].lastIndex { $0.kind == .load }
    }

    /// Dependency-ordered-before: what the address is needed for; stores after that; and a load that reads what a
    /// store with such an address wrote.
    var isAddressDependent: Bool {
        if source(of: second) == first { return true }
        let dependents = ((first + 1)..<second).filter { source(of: $0) == first }
        if dependents.isEmpty { return false }
        if later.isWrite { return true }
        guard later.kind == .load else { return false }
        let own = program[..<second].lastIndex { $0.kind == .store && $0.overlaps(later) }
        return own.map { dependents.contains($0) } ?? false
    }

    /// Dependency-ordered-before: a branch on a device's completion holds back writes and maintenance.
    var isControlDependent: Bool {
        guard case .completion = earlier.kind else { return false }
        return later.isWrite || later.isMaintenance
    }

    /// IFB-ordered-before: an ISB after a branch on the value, or after an access whose address is the value's.
    var isContextSynchronized: Bool {
        var isBound = if case .completion = earlier.kind { true } else { false }
        for place in (first + 1)..<second {
            if source(of: place) == first { isBound = true }
            if case .barrier(let barrier) = program[place].kind, barrier.instruction == .isb,
                isBound
            {
                return true
            }
        }
        return false
    }
}

extension Barrier.Domain {
    /// Whether everyone of another domain is in this one.
    public func includes(_ other: Self) -> Bool { rawValue <= other.rawValue }
}
