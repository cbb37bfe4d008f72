import Operations
import Quantities

/// What the detectors need to know of a machine and its devices.
///
/// Plain facts, no model.
public struct HazardProfile: Hashable, Sendable {
    /// A device as the detectors see it.
    public struct Device: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Whether its transactions look into caches.
        public var snoops: Bool
        /// Whether the kernel believes it to be coherent.
        public var isDeclaredCoherent: Bool
        /// Whether its port looks into caches for transactions that ask for it.
        public var isOnSnoopingPort = false
        /// Where its registers are.
        public var registers: ClosedRange<UInt64>?
        /// Whether its interrupt may overtake its writes.
        public var isPosted = false
        /// Whether an IOMMU translates its addresses: what is not mapped for it, it does not reach.
        public var isTranslated = false

        /// Makes a device.
        public init(name: String, snoops: Bool, isDeclaredCoherent: Bool) {
            self.name = name
            self.snoops = snoops
            self.isDeclaredCoherent = isDeclaredCoherent
        }
    }

    /// Bytes of a data line.
    public var lineSize: UInt64
    /// Whether there is an outer cache that the core's own maintenance does not reach.
    public var hasOuterCache: Bool
    /// Whether there are data caches at all.
    public var hasCaches: Bool
    /// Whether lines may be loaded that the program never asked for.
    public var speculates: Bool
    /// What has to stand before a doorbell.
    public var doorbellOrder: DoorbellOrder
    /// Whether accesses of Normal memory may be seen in another order than the program's: from ARMv6 on.
    public var reordersAccesses = true
    /// The kernel's bounce buffers, which it copies whole: what a device has left alone there is nobody's use of it.
    public var bounceBuffers: Range<UInt64> = 0..<0
    /// Whether a DMB orders maintenance by address: not on ARMv7-M.
    public var ordersMaintenanceByDMB = true
    /// Whether the program calls the DMA API: then mends are calls, otherwise instructions.
    public var usesLinux: Bool
    /// The library whose cache functions a bare-metal program calls; nil: none, mends are instructions.
    public var library: VendorCall.Library?
    /// How many cores there are.
    public var cores: Int
    /// The devices by their numbers.
    public var devices: [Device]
    /// Core cycles of one line of maintenance, all levels, for the cost of mends.
    public var maintenanceCycles: UInt64
    /// Core cycles of a barrier that reaches devices, all levels, for the cost of mends.
    public var barrierCycles: UInt64
    /// What has a name and bytes, ascending.
    private let named: [SymbolTable.Entry]
    /// Names from outside the trace, as of an ELF file's data symbols, ascending by address and size.
    ///
    /// They name what the trace does not, in words alone: what is found does not change with them.
    public var outsideNames: [SymbolTable.Entry] = []
    /// Bytes that the trace maps as pieces of scatter-gather lists: their syncs have functions of their own.
    public var scatterGather: [Range<UInt64>] = []
    /// Physical bytes that the trace maps cacheable and not cacheable at once.
    public var mixed: [Range<UInt64>] = []
    /// The devices that no doorbell of the trace is rung for: they look by themselves.
    public var polled: Set<Agent> = []
    /// What the kernel prints of a pool that is destroyed with blocks in use.
    public var busyPools = BusyPoolMessage.once
    /// The pools' names, which are those that the kernel has for them.
    let poolNames: [SymbolID: String]
    /// How engines read descriptors, by the names of the layouts.
    public var layouts: [SymbolID: DescriptorLayout] = [:]

    /// Makes a profile.
    public init(
        lineSize: UInt64, hasOuterCache: Bool, hasCaches: Bool = true, speculates: Bool,
        doorbellOrder: DoorbellOrder = .arm64, usesLinux: Bool, cores: Int,
        devices: [Device], maintenanceCycles: UInt64 = 0, barrierCycles: UInt64 = 0,
        symbols: SymbolTable = SymbolTable()
    ) {
        self.lineSize = lineSize
        self.hasOuterCache = hasOuterCache
        self.hasCaches = hasCaches
        self.speculates = speculates
        self.doorbellOrder = doorbellOrder
        self.usesLinux = usesLinux
        self.cores = cores
        self.devices = devices
        self.maintenanceCycles = maintenanceCycles
        self.barrierCycles = barrierCycles
        let pools = symbols.entries.enumerated().filter { $0.element.kind == .pool }
        poolNames = Dictionary(
            uniqueKeysWithValues: pools.map {
                (SymbolID(rawValue: UInt32($0.offset) + 1), $0.element.name)
            })
        named = symbols.entries.filter { [.buffer, .region, .alias, .device].contains($0.kind) }
            .sorted { ($0.address, $0.size) < ($1.address, $1.size) }
    }

    /// Whether some device may be told to begin before a load that stands before its doorbell is performed.
    ///
    /// One that looks by itself acts in the trace's turn.
    var doorbellsOvertakeLoads: Bool { reordersAccesses && polled.count < devices.count }

    /// The bytes that a `dc zva` stores: all of the lines that its own touch.
    public func zeroed(_ operation: Maintenance) -> (start: UInt64, bytes: UInt64) {
        let first = operation.start.address.rawValue & ~(lineSize - 1)
        let last = lastByte(operation.start.address.rawValue, max(operation.bytes, 1))
        return (first, (last | (lineSize - 1)) - first &+ 1)
    }

    /// An agent's name.
    public func name(of agent: Agent) -> String {
        if agent.isCore { return "core\(agent.index)" }
        return agent.index < devices.count ? devices[agent.index].name : "device\(agent.index)"
    }

    /// Whether a device is believed coherent and is not.
    public func isWronglyCoherent(_ agent: Agent) -> Bool {
        guard !agent.isCore, agent.index < devices.count else { return false }
        return devices[agent.index].isDeclaredCoherent && !devices[agent.index].snoops
    }

    /// What a device that is wrongly believed coherent is a case of: its port cannot snoop (H26), or its transactions do
    /// not ask for it (H28).
    func codeOfWrongCoherence(_ agent: Agent) -> HazardCode {
        devices[agent.index].isOnSnoopingPort ? .h28 : .h26
    }

    /// The device whose registers an address is among; nil: none's.
    func device(withRegister address: UInt64) -> Agent? {
        devices.firstIndex { $0.registers?.contains(address) ?? false }.map { .device($0) }
    }

    /// Whether a device's transactions look into caches.
    public func snoops(_ agent: Agent) -> Bool {
        !agent.isCore && agent.index < devices.count && devices[agent.index].snoops
    }

    /// Whether an IOMMU translates a device's addresses.
    func isTranslated(_ agent: Agent) -> Bool {
        !agent.isCore && agent.index < devices.count && devices[agent.index].isTranslated
    }

    /// Whether the kernel believes a device to be coherent.
    func isDeclaredCoherent(_ agent: Agent) -> Bool {
        !agent.isCore && agent.index < devices.count && devices[agent.index].isDeclaredCoherent
    }

    /// Whether a device looks into caches though the kernel believes that it does not.
    func isWronglyNoncoherent(_ agent: Agent) -> Bool {
        snoops(agent) && !devices[agent.index].isDeclaredCoherent
    }

    /// Whether a barrier orders maintenance with what stands on its other side, for devices too.
    func ordersMaintenance(_ barrier: Barrier) -> Bool {
        guard barrier.reachesDevices else { return false }
        switch barrier.instruction {
        case .isb: return false
        case .dmb: return barrier.accesses == .all && ordersMaintenanceByDMB
        // Before Armv8 a DSB of stores waits for maintenance, too: decision 0006.
        case .dsb:
            return barrier.accesses == .all
                || barrier.accesses == .stores && doorbellOrder == .beforeArmv8
        }
    }

    /// Whether a barrier orders stores before it with maintenance after it.
    func ordersStoresBeforeMaintenance(_ barrier: Barrier) -> Bool {
        ordersMaintenance(barrier)
            || barrier.instruction == .dsb && barrier.ordersStores && barrier.reachesDevices
    }

    /// Whether a physical byte has a cacheable and a non-cacheable mapping.
    func isMixed(_ physical: UInt64) -> Bool { mixed.contains { $0.contains(physical) } }

    /// The buffer that holds an address, with the offset in it: `rx+0x40`; nil: none.
    ///
    /// The trace's names come before those from outside.
    public func symbol(of address: UInt64) -> String? {
        guard let entry = entry(of: address) ?? outsideNames.innermost(holding: address) else {
            return nil
        }
        let offset = address - entry.address
        return offset == 0 ? entry.name : "\(entry.name)+0x\(String(offset, radix: 16))"
    }

    /// The smallest range of bytes with a name of the trace's that holds an address.
    ///
    /// - Complexity: O(log *n*) in the number of names.
    func entry(of address: UInt64) -> SymbolTable.Entry? { named.innermost(holding: address) }

    /// The smallest range of bytes with a name of the trace's that holds an address; nil: none.
    public func buffer(at address: UInt64) -> Range<UInt64>? {
        entry(of: address).map { $0.address..<$0.address + $0.size }
    }

    /// The core cycles of maintaining a range, all levels, with its barrier.
    func cyclesToMaintain(_ address: UInt64, _ bytes: UInt64) -> UInt64 {
        let first = address / lineSize
        let last = (address &+ max(bytes, 1) &- 1) / lineSize
        return (last - first + 1) * maintenanceCycles + barrierCycles
    }
}
