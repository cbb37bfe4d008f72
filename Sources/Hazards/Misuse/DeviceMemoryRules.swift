import Operations
import Quantities

/// Finds accesses that Device memory does not take (H41): unaligned ones, exclusives, and `DC ZVA`.
///
/// An unaligned access and `DC ZVA` are alignment faults there, and whether an exclusive works is up to the implementation
/// (DDI 0487 B2, Device memory and Exclusives; DDI 0406C A3.2, A3.4; from memory, sections not re-read). Before ARMv6 there
/// is no Device memory.
public struct DeviceMemoryRules {
    private let profile: HazardProfile
    private let map: MemoryMap
    private var findings: [Finding] = []

    /// Makes the rules; `map` is that of the trace.
    public init(profile: HazardProfile, map: MemoryMap) {
        self.profile = profile
        self.map = map
    }

    /// Checks all statements, each once.
    ///
    /// - Parameter program: The program.
    /// - Returns: what is found, in the order of the statements.
    /// - Complexity: O(statements × log mappings); O(1) where nothing is Device memory.
    public mutating func run(_ program: Program) -> [Finding] {
        guard profile.reordersAccesses, map.mappings.contains(where: { Self.isDevice($0.type) })
        else { return [] }
        let devices = map.mappings.filter { Self.isDevice($0.type) }
        for index in program.statements.indices {
            if let address = program.statements[index].access?.address,
                !devices.contains(where: { $0.start <= address && address < $0.end })
            {
                continue
            }
            guard case .operation(let agent, let operation) = program.statements[index].body
            else { continue }
            check(operation, agent, index + 1)
        }
        return findings
    }

    private mutating func check(_ operation: Operation, _ agent: Agent, _ record: Int) {
        switch operation {
        case .access(let access, _, _):
            guard access.kind != .prefetch, isDevice(access.address) else { return }
            if access.kind == .loadExclusive || access.kind == .storeExclusive {
                report(
                    "an exclusive, which Device memory need not support", access.address,
                    UInt64(access.size), agent, record)
            }
            checkAlignment(access.address, UInt64(access.size), nil, agent, record)
        case .run(let run):
            checkAlignment(
                run.start.address.rawValue, UInt64(run.size), run.count > 1 ? run.step : nil, agent,
                record)
        case .copy(let copy):
            let step = copy.count > 1 ? UInt64(copy.size) : nil
            for side in [copy.source, copy.destination] {
                checkAlignment(side.address.rawValue, UInt64(copy.size), step, agent, record)
            }
        case .accessor(let accessor):
            checkAlignment(accessor.register.address.rawValue, 4, nil, agent, record)
        case .maintenance(let maintenance)
        where maintenance.instruction == .dcZVA && isDevice(maintenance.start.address.rawValue):
            report(
                "DC ZVA, as memset() uses it", maintenance.start.address.rawValue,
                max(maintenance.bytes, 1), agent, record)
        default: return
        }
    }

    private func isDevice(_ address: UInt64) -> Bool {
        Self.isDevice(map.mapping(of: address).type)
    }

    private static func isDevice(_ type: MemoryType) -> Bool {
        type == .device || type == .stronglyOrdered
    }

    private mutating func checkAlignment(
        _ address: UInt64, _ size: UInt64, _ step: UInt64?, _ agent: Agent, _ record: Int
    ) {
        // What is no power of two is several accesses, of which the widest fits; none is wider than 16 bytes.
        let alignment = min(size & (0 &- size), 16)
        guard alignment > 1, isDevice(address),
            !address.isMultiple(of: alignment) || !(step ?? 0).isMultiple(of: alignment)
        else { return }
        report("an unaligned access of \(size) bytes", address, size, agent, record)
    }

    private mutating func report(
        _ what: String, _ address: UInt64, _ bytes: UInt64, _ agent: Agent, _ record: Int
    ) {
        findings.append(
            Finding(
                .h41, .misuse, record: record, agent: agent, address: address, bytes: bytes,
                writer: agent, writeRecord: record, detail: "\(what), of Device memory",
                chain: [ChainLink(record: record, text: "\(profile.name(of: agent)): \(what)")]))
    }
}
