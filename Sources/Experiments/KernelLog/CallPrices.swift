import DMAMapping
import Events
import MemoryModel
import Operations
import Quantities
import Traces

/// Maintenance as counts: what lowering makes of calls, before a cache is asked.
public struct MaintenanceCounts: Hashable, Sendable {
    /// Lines cleaned by the core's instructions.
    public var cleans: UInt64 = 0
    /// Lines invalidated by them.
    public var invalidates: UInt64 = 0
    /// Lines cleaned and invalidated by them.
    public var cleanInvalidates: UInt64 = 0
    /// Lines that an outer cache's controller cleans, invalidates, or both.
    public var outer: UInt64 = 0
    /// Cache syncs of that controller.
    public var outerSyncs: UInt64 = 0
    /// Barriers.
    public var barriers: UInt64 = 0
    /// Core cycles of all that, if no line is dirty.
    public var cycles: UInt64 = 0

    /// Makes empty counts.
    public init() {}

    /// Lines of the core's own operations.
    public var lines: UInt64 { cleans &+ invalidates &+ cleanInvalidates }

    /// Adds counts.
    static func += (left: inout Self, right: Self) {
        left.cleans &+= right.cleans
        left.invalidates &+= right.invalidates
        left.cleanInvalidates &+= right.cleanInvalidates
        left.outer &+= right.outer
        left.outerSyncs &+= right.outerSyncs
        left.barriers &+= right.barriers
        left.cycles &+= right.cycles
    }
}

/// What calls of the DMA API cost on a machine with a kernel: lowered by `DMAMapping`, each operation at the machine's
/// price.
///
/// The price is that of a machine whose caches hold no dirty line of the buffer and whose path to memory is idle: a
/// log says nothing about the caches. ``dirtyLineCycles`` is what each line that is cleaned costs more if it is dirty.
struct CallPrices {
    /// What a call does; the kernel's own instructions apart.
    enum Work: UInt8, Hashable {
        case forDevice, forCPU, coherent, noncoherent
    }

    private struct Key: Hashable {
        var work: Work
        var direction: DMADirection
        var attributes: UInt32
        var offset: UInt16
        var size: UInt64
    }

    /// How many prices are kept; those beyond are worked out each time.
    private static let memoLimit = 1 << 16
    /// Where buffers are put: only the place within a line matters.
    private static let base: UInt64 = 0x1000_0000

    let machine: MachineConfiguration
    private var lowering: Lowering
    private let device = Agent.device(0)
    private let lineMask: UInt64
    private var memo: [Key: MaintenanceCounts] = [:]
    private var operations: [Operation] = []
    /// What each cleaned line costs more if it is dirty, in core cycles.
    private(set) var dirtyLineCycles: Double
    /// The longest line that maintenance works on, in bytes.
    var longestLine: UInt64 { lineMask + 1 }
    /// What a call costs beside its maintenance, in core cycles.
    var callCycles: UInt64 { UInt64(machine.software.callCycles) }

    /// Prepares prices.
    ///
    /// - Throws: if the kernel's calls cannot be lowered for the machine.
    init(
        _ machine: MachineConfiguration, kernel: KernelEra, file: String
    ) throws(TraceErrors) {
        guard case .linux = kernel else {
            throw TraceErrors([
                TraceError(
                    file: file, found: "kernel \(kernel)",
                    expected: "the kernel that the log is of, as --kernel 6.12")
            ])
        }
        self.machine = machine
        // A log tells of bounces, but not of their slots: every range is priced as if it were mapped as it is.
        var program = Program()
        program.statements.append(Statement(.declaration(.swiotlb(.none)), line: 1))
        let setup = try Setup(program, file: file, machine: machine, kernel: kernel)
        lowering = try setup.lowering()
        lowering.zeroesAllocations = false
        let longest = max(
            lowering.profile.innerLineSize, lowering.profile.outer?.lineSize ?? 0)
        lineMask = longest - 1
        dirtyLineCycles = 0
        do throws(LoweringError) {
            _ = try price(.forDevice, .toDevice, [], at: 0, size: 1)
        } catch {
            let words = error.words
            throw TraceErrors([
                TraceError(
                    file: file, found: words.found,
                    expected: words.expected ?? "another kernel: --kernel 6.12")
            ])
        }
        self.dirtyLineCycles = try Self.dirtyLine(of: machine, lowering, device)
    }

    /// The maintenance of one range.
    ///
    /// - Parameters:
    ///   - work: Which half of a mapping's life, or which allocation.
    ///   - direction: Of the call.
    ///   - attributes: Of the call.
    ///   - address: Where it is in memory.
    ///   - size: In bytes.
    /// - Returns: The counts, with their cycles.
    /// - Throws: if no table says what the call does.
    mutating func price(
        _ work: Work, _ direction: DMADirection, _ attributes: DMAAttributes, at address: UInt64,
        size: UInt64
    ) throws(LoweringError) -> MaintenanceCounts {
        let key = Key(
            work: work, direction: direction, attributes: attributes.rawValue,
            offset: UInt16(truncatingIfNeeded: address & lineMask), size: size)
        if let known = memo[key] { return known }
        try lower(key)
        var counts = MaintenanceCounts()
        var isAnswered = true
        for operation in operations { add(operation, to: &counts, &isAnswered) }
        if memo.count < Self.memoLimit { memo[key] = counts }
        return counts
    }

    /// What a call is lowered to, for tests that perform it.
    mutating func lowered(
        _ work: Work, _ direction: DMADirection, at address: UInt64, size: UInt64
    ) throws(LoweringError) -> [Operation] {
        try lower(
            Key(
                work: work, direction: direction, attributes: 0,
                offset: UInt16(truncatingIfNeeded: address & lineMask), size: size))
        return operations.filter { if case .work = $0 { false } else { true } }
    }

    private mutating func lower(_ key: Key) throws(LoweringError) {
        operations.removeAll(keepingCapacity: true)
        try Self.lower(key, device, &lowering, into: &operations)
    }

    private static func lower(
        _ key: Key, _ device: Agent, _ lowering: inout Lowering, into output: inout [Operation]
    ) throws(LoweringError) {
        let handle = HandleID(rawValue: 1)
        let isAllocation = key.work == .coherent || key.work == .noncoherent
        let place = Operand(base + (isAllocation ? 0 : UInt64(key.offset)))
        let segments = [DMACall.Segment(at: place, size: key.size)]
        let attributes = DMAAttributes(rawValue: key.attributes)
        var call = DMACall(
            .mapPage, handle: handle, device: device, segments: segments,
            direction: key.direction, attributes: attributes)
        switch key.work {
        case .forDevice: break
        case .coherent: call.function = .allocCoherent
        case .noncoherent: call.function = .allocPages
        case .forCPU:
            // What a handle maps has to be known before it can be unmapped.
            var unused: [Operation] = []
            try lowering.lower(.dma(call), agent: .core(0), into: &unused)
            call = DMACall(
                .unmapPage, handle: handle, size: key.size, direction: key.direction,
                attributes: attributes)
        }
        try lowering.lower(.dma(call), agent: .core(0), into: &output)
    }

    /// Adds one lowered operation at the machine's price.
    ///
    /// - Parameters:
    ///   - operation: The operation.
    ///   - counts: What it is added to.
    ///   - isAnswered: Whether no maintenance waits for its answer from the Point of Coherency.
    private func add(
        _ operation: Operation, to counts: inout MaintenanceCounts, _ isAnswered: inout Bool
    ) {
        switch operation {
        case .maintenance(let maintenance):
            guard maintenance.instruction.isOuter else {
                let lines = Self.lines(maintenance, lowering.profile.innerLineSize)
                switch (maintenance.instruction.cleans, maintenance.instruction.invalidates) {
                case (true, true): counts.cleanInvalidates += lines
                case (true, false): counts.cleans += lines
                default: counts.invalidates += lines
                }
                counts.cycles &+= lines &* UInt64(machine.costs.maintenanceCycles)
                if maintenance.instruction.reachesCoherency { isAnswered = false }
                return
            }
            guard let outer = machine.level2?.outer else { return }
            if maintenance.instruction == .outerSync {
                counts.outerSyncs += 1
                counts.cycles &+= UInt64(outer.syncCycles)
            } else {
                let lines = Self.lines(maintenance, lowering.profile.outer?.lineSize ?? 32)
                counts.outer += lines
                counts.cycles &+= lines &* UInt64(outer.operationCycles)
            }
        case .barrier(let barrier):
            counts.barriers += 1
            let cycles =
                switch barrier.instruction {
                case .dsb: machine.costs.dsbCycles
                case .dmb: machine.costs.dmbCycles
                case .isb: machine.costs.isbCycles
                }
            counts.cycles &+= UInt64(cycles)
            if barrier.instruction == .dsb, !isAnswered {
                counts.cycles &+= UInt64(machine.maintenanceResponseCycles)
                isAnswered = true
            }
        default: break
        }
    }

    private static func lines(_ maintenance: Maintenance, _ size: UInt64) -> UInt64 {
        let start = maintenance.start.address.rawValue
        return ((start & (size - 1)) + max(maintenance.bytes, 1) + size - 1) / size
    }

    /// What a dirty line costs more: a page is stored to, then mapped for a device that reads it.
    private static func dirtyLine(
        of machine: MachineConfiguration, _ lowering: Lowering, _ device: Agent
    ) throws(TraceErrors) -> Double {
        let page = Lowering.pageSize
        var lowering = lowering
        var operations: [Operation] = []
        let key = Key(
            work: .forDevice, direction: .toDevice, attributes: 0, offset: 0, size: page)
        do throws(LoweringError) {
            try lower(key, device, &lowering, into: &operations)
        } catch {
            preconditionFailure("the caller has lowered such a call before")
        }
        func cycles(dirty: Bool) -> Double {
            let rig = PriceRig(machine)
            let store = AccessRun(.store, from: Operand(base), bytes: page, by: 4)
            return rig.cycles(of: operations, after: dirty ? [.run(store)] : [])
        }
        let lines = Double(page / lowering.profile.innerLineSize)
        return max(0, (cycles(dirty: true) - cycles(dirty: false)) / lines)
    }
}

/// A machine on which operations are timed, one core, everything before them done.
struct PriceRig {
    let configuration: MachineConfiguration

    /// Where Normal non-cacheable memory lies: a page.
    static let uncached: UInt64 = 0x2000_0000

    init(_ configuration: MachineConfiguration) { self.configuration = configuration }

    /// How many core cycles operations take, with what was before them completed by a DSB.
    func cycles(of operations: [Operation], after before: [Operation] = []) -> Double {
        var machine = Machine(configuration, probe: NoProbe(), seed: 1)
        machine.declare(
            MemoryMapping(
                start: Self.uncached, end: Self.uncached + Lowering.pageSize,
                physical: Self.uncached, type: .nonCacheable, shareability: .outerShareable))
        for operation in before { machine.perform(operation, by: .core(0), record: 1) }
        machine.perform(.barrier(Barrier(.dsb)), by: .core(0), record: 1)
        let start = machine.time(ofCore: 0)
        for operation in operations {
            var operation = operation
            if case .barrier(let barrier) = operation {
                operation = .barrier(barrier.executed(on: configuration.architecture))
            }
            machine.perform(operation, by: .core(0), record: 1)
        }
        let ticks = machine.time(ofCore: 0) - start
        return Double(ticks.rawValue) / Double(configuration.core.clock.period.rawValue)
    }
}
