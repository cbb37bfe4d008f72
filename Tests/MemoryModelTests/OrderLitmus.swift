import Operations
import Quantities

@testable import MemoryModel

/// A litmus case: some programs, and exactly the outcomes that the architecture allows.
///
/// An outcome is a text of digits: what each load and each device read found, program after program, then the
/// value of each word of `finals` at the end, read by core 0. Words are 0 at the start.
struct Litmus {
    var name: String
    var programs: [AgentProgram]
    var finals: [UInt64] = []
    var allowed: Set<String>
    /// The section of the manual or the catalogue's test that says so.
    var source: String
    var architecture = MachineConfiguration.Architecture.arm64
    var doorbells = OrderRules.Doorbells.outOfBand

    /// Programs of cores 0, 1 …, then of devices 0, 1 ….
    init(
        _ name: String, _ cores: [[Operation]], devices: [AgentProgram] = [],
        finals: [UInt64] = [], allowed: Set<String>, source: String
    ) {
        self.name = name
        programs = cores.enumerated().map { AgentProgram(.core($0.offset), $0.element) } + devices
        self.finals = finals
        self.allowed = allowed
        self.source = source
    }

    // Words of write-back memory, each in a line of its own.
    static let x: UInt64 = 0x1000
    static let y: UInt64 = 0x2040
    static let z: UInt64 = 0x3080
    /// The word after x, in its line.
    static let besideX: UInt64 = 0x1004
    // Words of Normal non-cacheable memory.
    static let uncachedX: UInt64 = 0x10_0000
    static let uncachedY: UInt64 = 0x10_0040
    /// x through a mapping that does not cache it.
    static let aliasX: UInt64 = 0x21_1000
    // Registers of one peripheral, and of another.
    static let registerX: UInt64 = 0x30_0000
    static let registerY: UInt64 = 0x30_0004
    static let otherRegister: UInt64 = 0x31_0000
    // Device-nGnRnE (Strongly-ordered) words, one peripheral.
    static let orderedX: UInt64 = 0x32_0000
    static let orderedY: UInt64 = 0x32_0040
    /// A word of write-through memory.
    static let throughX: UInt64 = 0x40_0000

    /// What the addresses are; the rest is write-back.
    static let map: MemoryMap = {
        var map = MemoryMap()
        func add(_ start: UInt64, _ type: MemoryType, physical: UInt64? = nil) {
            map.insert(
                MemoryMapping(
                    start: start, end: start + 0x1_0000, physical: physical ?? start, type: type,
                    shareability: .innerShareable))
        }
        add(0x10_0000, .nonCacheable)
        add(0x21_0000, .nonCacheable, physical: 0)
        add(0x30_0000, .device)
        add(0x31_0000, .device)
        add(0x32_0000, .stronglyOrdered)
        add(0x40_0000, .writeThrough)
        return map
    }()

    static func physical(_ address: UInt64) -> UInt64 {
        let mapping = map.mapping(of: address)
        return address - mapping.start + mapping.physical
    }

    /// The words that the programs name, by physical address.
    var words: [UInt64] {
        let named = programs.flatMap(\.operations).compactMap(\.litmusAddress) + finals
        return Set(named.map(Self.physical)).sorted()
    }
}

/// Programs in few words.
extension Operation {
    static func access(
        _ kind: AccessKind, _ address: UInt64, _ value: UInt64? = nil, dependent: Bool = false
    ) -> Operation {
        .access(
            MemoryAccess(kind, at: address, size: 4, isDependent: dependent), symbol: .none,
            value: value)
    }

    static func st(_ address: UInt64, _ value: UInt64) -> Operation {
        access(.store, address, value)
    }

    static func stl(_ address: UInt64, _ value: UInt64) -> Operation {
        access(.storeRelease, address, value)
    }

    static func ld(_ address: UInt64) -> Operation { access(.load, address) }

    static func lda(_ address: UInt64) -> Operation { access(.loadAcquire, address) }

    /// A load whose address depends on the load before.
    static func ldDep(_ address: UInt64) -> Operation { access(.load, address, dependent: true) }

    /// A store whose address depends on the load before.
    static func stDep(_ address: UInt64, _ value: UInt64) -> Operation {
        access(.store, address, value, dependent: true)
    }

    static func dmb(
        _ domain: Barrier.Domain = .fullSystem, _ accesses: Barrier.Accesses = .all
    ) -> Operation { .barrier(Barrier(.dmb, domain, accesses)) }

    static func dsb(
        _ domain: Barrier.Domain = .fullSystem, _ accesses: Barrier.Accesses = .all
    ) -> Operation { .barrier(Barrier(.dsb, domain, accesses)) }

    static let isb = Operation.barrier(Barrier(.isb))

    static func dc(_ instruction: Maintenance.Instruction, _ address: UInt64) -> Operation {
        .maintenance(Maintenance(instruction, at: Operand(address)))
    }

    static func rd(_ address: UInt64) -> Operation {
        .device(DeviceOperation(.read, at: Operand(address), bytes: 4))
    }

    static func wr(_ address: UInt64, _ value: UInt64) -> Operation {
        .device(DeviceOperation(.write, at: Operand(address), bytes: 4, value: value))
    }

    static let ring = Operation.ring(.device(0))
    static let wait = Operation.wait(.device(0))

    /// The value that it writes; 0 for what writes nothing.
    var litmusValue: UInt64 {
        switch self {
        case .access(_, _, let value): value ?? 0
        case .device(let operation): operation.value ?? 0
        default: 0
        }
    }

    /// The word that it names.
    var litmusAddress: UInt64? {
        switch self {
        case .access(let access, _, _): access.address
        case .device(let operation): operation.start.address.rawValue
        case .maintenance(let maintenance): maintenance.start.address.rawValue
        default: nil
        }
    }

    /// Whether what it finds is a part of the outcome.
    var isRead: Bool {
        switch self {
        case .access(let access, _, _): !access.kind.isStore
        case .device(let operation): operation.kind == .read
        default: false
        }
    }

    /// The operation in few words, for the name of a case that nobody chose.
    var litmusText: String {
        switch self {
        case .access(let access, _, let value):
            let dependent = access.isDependent ? " dep" : ""
            let what = value.map { " \($0)" } ?? ""
            return "\(access.kind) \(String(access.address, radix: 16))\(what)\(dependent)"
        case .barrier(let barrier):
            return "\(barrier.instruction).\(barrier.domain).\(barrier.accesses)"
        case .maintenance(let maintenance): return "\(maintenance.instruction)"
        case .device(let operation):
            let address = String(operation.start.address.rawValue, radix: 16)
            return "\(operation.kind) \(address) \(operation.value ?? 0)"
        default: return "\(self)"
        }
    }
}

extension [AgentProgram] {
    /// The programs in few words.
    var litmusText: String {
        map { $0.operations.map(\.litmusText).joined(separator: "; ") }.joined(separator: " || ")
    }
}
