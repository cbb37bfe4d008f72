import Operations
import Quantities

/// What one operation does to memory, as far as the rules of order ask.
public struct MemoryEffect: Hashable, Sendable {
    /// What is done.
    public enum Kind: Hashable, Sendable {
        /// A load of a core.
        case load
        /// A store of a core.
        case store
        /// Maintenance of data caches by address.
        case maintenance(Maintenance.Instruction)
        /// A store to a device's doorbell.
        case doorbell(Agent)
        /// The completion of a device's operations is seen: a load of its status, and a branch on it.
        case completion(Agent)
        /// A device reads memory.
        case deviceRead
        /// A device writes memory.
        case deviceWrite
        /// A barrier: takes effect only through the order of what stands around it.
        case barrier(Barrier)
        /// Nothing that others could see.
        case nothing
        /// Something whose order is not explored: it stays where it stands in its program.
        case other
    }

    /// Whose registers a Device access goes to.
    public enum Peripheral: Hashable, Sendable {
        /// Those behind the mapping that starts here.
        case mapping(start: UInt64)
        /// Those of a device that is rung or waited for.
        case device(Agent)
    }

    /// What is done.
    public var kind: Kind
    /// The first physical byte; of maintenance, of its first line.
    public var address: UInt64 = 0
    /// What the program calls the first byte.
    public var programAddress: UInt64 = 0
    /// How many bytes; 0: no bytes of memory.
    public var size: UInt64 = 0
    /// The type of memory that the address is mapped as.
    public var type = MemoryType.writeBack
    /// Where a Device access goes; nil: it is none.
    public var peripheral: Peripheral?
    /// Whether it is a load-acquire.
    public var isAcquire = false
    /// Whether it is a store-release.
    public var isRelease = false
    /// Whether its address depends on the load before it in its program.
    public var isDependent = false

    /// Works out what an operation does.
    ///
    /// - Parameters:
    ///   - operation: A lowered operation.
    ///   - map: What its addresses are.
    ///   - lineSize: Bytes of a line, which maintenance by address works on.
    public init(_ operation: Operation, map: MemoryMap, lineSize: UInt64) {
        switch operation {
        case .access(let access, _, _): self.init(access, map, lineSize)
        case .maintenance(let maintenance): self.init(maintenance, map, lineSize)
        case .barrier(let barrier): self.init(.barrier(barrier))
        case .ring(let device):
            self.init(.doorbell(device))
            type = .device
            peripheral = .device(device)
        case .wait(let device):
            self.init(.completion(device))
            type = .device
            peripheral = .device(device)
        case .device(let operation): self.init(operation, map)
        case .work: self.init(.nothing)
        default: self.init(.other)
        }
    }

    private init(_ kind: Kind) { self.kind = kind }

    private init(_ access: MemoryAccess, _ map: MemoryMap, _ lineSize: UInt64) {
        switch access.kind {
        case .load, .loadExclusive, .loadAcquire, .miscellaneousRead: self.init(.load)
        case .store, .storeExclusive, .storeRelease: self.init(.store)
        case .fetch, .prefetch: self.init(.nothing)
        case .copyBack, .invalidate:
            guard access.size > 0 else {
                self.init(.other)
                return
            }
            let instruction: Maintenance.Instruction =
                access.kind == .copyBack ? .dcCVAC : .dcIVAC
            let bytes = UInt64(access.size)
            self.init(
                Maintenance(instruction, at: Operand(access.address), bytes: bytes), map, lineSize)
            return
        }
        place(access.address, UInt64(access.size), map)
        isAcquire = access.kind == .loadAcquire
        isRelease = access.kind == .storeRelease
        isDependent = access.isDependent
    }

    private init(_ maintenance: Maintenance, _ map: MemoryMap, _ lineSize: UInt64) {
        let start = maintenance.start.address.rawValue
        switch maintenance.instruction {
        case .dcCVAC, .dcCIVAC, .dcIVAC, .dcCVAU:
            self.init(.maintenance(maintenance.instruction))
        case .dcZVA: self.init(.store)
        default:
            self.init(.other)
            return
        }
        let first = start / lineSize * lineSize
        let last = (start &+ max(maintenance.bytes, 1) &- 1) / lineSize * lineSize
        place(first, last &- first &+ lineSize, map)
    }

    private init(_ operation: DeviceOperation, _ map: MemoryMap) {
        switch operation.kind {
        case .read, .descriptorFetch: self.init(.deviceRead)
        case .write: self.init(.deviceWrite)
        case .interrupt: self.init(.nothing)
        }
        if kind != .nothing { place(operation.start.address.rawValue, operation.bytes, map) }
    }

    /// Sets what the mapping of an address says.
    private mutating func place(_ start: UInt64, _ bytes: UInt64, _ map: MemoryMap) {
        let mapping = map.mapping(of: start)
        // Across mappings an access is several, of which order is not explored.
        guard bytes <= mapping.end &- start else {
            kind = .other
            return
        }
        programAddress = start
        address = start &- mapping.start &+ mapping.physical
        size = bytes
        type = mapping.type
        if type == .device || type == .stronglyOrdered {
            peripheral = .mapping(start: mapping.physical)
        }
    }

    /// Whether a core reads memory or registers.
    public var isRead: Bool {
        switch kind {
        case .load, .completion: true
        default: false
        }
    }

    /// Whether a core writes memory or registers.
    public var isWrite: Bool {
        switch kind {
        case .store, .doorbell: true
        default: false
        }
    }

    /// Whether it is a load or a store of a core, registers among them.
    public var isAccess: Bool { isRead || isWrite }

    /// Whether it is maintenance.
    public var isMaintenance: Bool {
        if case .maintenance = kind { true } else { false }
    }

    /// Whether it changes bytes that others can read.
    public var changesBytes: Bool { kind == .store || kind == .deviceWrite }

    /// Whether it shares a byte of memory with another.
    public func overlaps(_ other: MemoryEffect) -> Bool {
        size > 0 && other.size > 0 && address < other.address &+ other.size
            && other.address < address &+ size
    }

    /// Whether it covers every byte of another.
    public func covers(_ other: MemoryEffect) -> Bool {
        size > 0 && address <= other.address
            && other.address &+ other.size <= address &+ size
    }

    /// Whether it shares a line with another.
    public func sharesLine(_ other: MemoryEffect, lineSize: UInt64) -> Bool {
        guard size > 0, other.size > 0 else { return false }
        let last = (address &+ size &- 1) / lineSize
        let otherLast = (other.address &+ other.size &- 1) / lineSize
        return address / lineSize <= otherLast && other.address / lineSize <= last
    }
}
