import Operations
import Quantities

/// Barriers and cache maintenance, told by the encoding of an instruction.
///
/// Encodings are those of the Arm ARM (DDI 0487 for A64; DDI 0406 for A32 and T32).
enum ArmInstruction {
    /// A barrier.
    case barrier(Barrier)
    /// Maintenance by address; the register holds it.
    case byAddress(Maintenance.Instruction, register: Int)
    /// Maintenance of all instructions.
    case whole(Maintenance.Instruction)
    /// Maintenance of one set and way, or another operation that no statement says.
    case unsaid(StaticString)

    /// An instruction set.
    enum InstructionSet { case a64, a32, t32 }

    /// What an instruction is; nil: neither a barrier nor maintenance.
    ///
    /// - Parameters:
    ///   - opcode: The encoding; of T32 the first halfword in the upper half.
    ///   - set: The instruction set.
    init?(_ opcode: UInt32, _ set: InstructionSet) {
        let found =
            switch set {
            case .a64: Self.a64(opcode)
            case .a32: Self.a32(opcode)
            case .t32: Self.t32(opcode)
            }
        guard let found else { return nil }
        self = found
    }

    private static func a64(_ opcode: UInt32) -> ArmInstruction? {
        if opcode & 0xFFFF_F01F == 0xD503_301F {
            let option = opcode >> 8 & 15
            switch opcode >> 5 & 7 {
            case 4: return barrier(.dsb, option)
            case 5: return barrier(.dmb, option)
            case 6: return .barrier(Barrier(.isb))
            default: return nil
            }
        }
        // SYS with CRn 7.
        guard opcode & 0xFFF8_F000 == 0xD508_7000 else { return nil }
        let register = Int(opcode & 31)
        switch (opcode >> 16 & 7, opcode >> 8 & 15, opcode >> 5 & 7) {
        case (0, 6, 1): return .byAddress(.dcIVAC, register: register)
        case (3, 10, 1): return .byAddress(.dcCVAC, register: register)
        case (3, 11, 1): return .byAddress(.dcCVAU, register: register)
        case (3, 14, 1): return .byAddress(.dcCIVAC, register: register)
        case (3, 4, 1): return .byAddress(.dcZVA, register: register)
        case (3, 5, 1): return .byAddress(.icIVAU, register: register)
        case (0, 5, 0): return .whole(.icIALLU)
        case (0, 1, 0): return .whole(.icIALLUIS)
        case (0, 6, 2): return .unsaid("dc isw, of one set and way")
        case (0, 10, 2): return .unsaid("dc csw, of one set and way")
        case (0, 14, 2): return .unsaid("dc cisw, of one set and way")
        case (3, 12, 1): return .unsaid("dc cvap")
        case (3, 13, 1): return .unsaid("dc cvadp")
        default: return nil
        }
    }

    private static func a32(_ opcode: UInt32) -> ArmInstruction? {
        switch opcode & 0xFFFF_FFF0 {
        case 0xF57F_F040: return barrier(.dsb, opcode & 15)
        case 0xF57F_F050: return barrier(.dmb, opcode & 15)
        case 0xF57F_F060: return .barrier(Barrier(.isb))
        default: break
        }
        guard opcode & 0x0F10_0F10 == 0x0E00_0F10, opcode >> 28 != 15 else { return nil }
        return coprocessor(opcode)
    }

    private static func t32(_ opcode: UInt32) -> ArmInstruction? {
        switch opcode & 0xFFFF_FFF0 {
        case 0xF3BF_8F40: return barrier(.dsb, opcode & 15)
        case 0xF3BF_8F50: return barrier(.dmb, opcode & 15)
        case 0xF3BF_8F60: return .barrier(Barrier(.isb))
        default: break
        }
        guard opcode & 0xFF10_0F10 == 0xEE00_0F10 else { return nil }
        return coprocessor(opcode)
    }

    /// A write to c7 of coprocessor 15.
    private static func coprocessor(_ opcode: UInt32) -> ArmInstruction? {
        guard opcode >> 21 & 7 == 0, opcode >> 16 & 15 == 7 else { return nil }
        let register = Int(opcode >> 12 & 15)
        switch (opcode & 15, opcode >> 5 & 7) {
        case (6, 1): return .byAddress(.dcIVAC, register: register)
        case (10, 1): return .byAddress(.dcCVAC, register: register)
        case (11, 1): return .byAddress(.dcCVAU, register: register)
        case (14, 1): return .byAddress(.dcCIVAC, register: register)
        case (5, 1): return .byAddress(.icIVAU, register: register)
        case (5, 0): return .whole(.icIALLU)
        case (1, 0): return .whole(.icIALLUIS)
        case (10, 4): return .barrier(Barrier(.dsb))
        case (10, 5): return .barrier(Barrier(.dmb))
        case (5, 4): return .barrier(Barrier(.isb))
        case (6, 2): return .unsaid("dc isw, of one set and way")
        case (10, 2): return .unsaid("dc csw, of one set and way")
        case (14, 2): return .unsaid("dc cisw, of one set and way")
        case (6, 0), (7, 0), (10, 0), (14, 0), (15, 0):
            return .unsaid("maintenance of a whole cache by one instruction (before ARMv7)")
        default: return nil
        }
    }

    private static func barrier(
        _ instruction: Barrier.Instruction, _ option: UInt32
    ) -> ArmInstruction {
        let domains: [Barrier.Domain] = [
            .outerShareable, .nonShareable, .innerShareable, .fullSystem,
        ]
        let accesses: [Barrier.Accesses] = [.all, .loads, .stores, .all]
        // An option that is not assigned is the whole system's.
        let domain = option & 3 == 0 ? .fullSystem : domains[Int(option >> 2)]
        return .barrier(Barrier(instruction, domain, accesses[Int(option & 3)]))
    }
}

extension Maintenance.Instruction {
    /// The words of the trace format, for reports.
    var words: String {
        switch self {
        case .dcCVAC: "dc cvac"
        case .dcCIVAC: "dc civac"
        case .dcIVAC: "dc ivac"
        case .dcCVAU: "dc cvau"
        case .dcZVA: "dc zva"
        case .icIVAU: "ic ivau"
        default: "maintenance"
        }
    }
}

/// What instructions do that their accesses do not show, with the registers as far as a recording has them.
struct InstructionEffects {
    private var values = [UInt64](repeating: 0, count: 8 * 32)
    private var known = [UInt32](repeating: 0, count: 8)

    /// Notes that a register has a value.
    mutating func set(_ register: Int, of core: Agent, to value: UInt64) {
        values[core.index * 32 + register] = value
        known[core.index] |= 1 << UInt32(register)
    }

    /// Forgets a register whose value is not told.
    mutating func forget(_ register: Int, of core: Agent) {
        known[core.index] &= ~(1 << UInt32(register))
    }

    /// The value of a register, if it is known; register 31 of A64 never is.
    func value(of register: Int, of core: Agent) -> UInt64? {
        known[core.index] >> UInt32(register) & 1 == 1
            ? values[core.index * 32 + register] : nil
    }

    /// Tells a barrier or maintenance.
    ///
    /// - Parameters:
    ///   - instruction: What it is.
    ///   - origin: An operation with core, program counter and time.
    ///   - output: Where it goes.
    func tell(
        _ instruction: ArmInstruction, _ origin: RecordedOperation, into output: inout RecordOutput
    ) {
        var operation = origin
        switch instruction {
        case .barrier(let barrier): operation.action = .barrier(barrier)
        case .whole(let maintenance): operation.action = .maintenance(Maintenance(maintenance))
        case .unsaid(let what):
            output.skip(what)
            return
        case .byAddress(let maintenance, let register):
            guard let address = value(of: register, of: origin.core) else {
                output.skip(text: "\(maintenance.words), whose address is not recorded")
                return
            }
            operation.action = .maintenance(Maintenance(maintenance, at: Operand(address)))
        }
        output.add(operation)
    }
}

/// Cache maintenance of ARMv7-M and ARMv8-M: stores of an address to registers of the system control block.
///
/// Addresses: DDI 0403E, B3.2 (cache maintenance operations).
enum SystemControlBlock {
    /// What a store is; nil: a store like others.
    static func maintenance(at address: UInt64, value: UInt64?) -> Maintenance? {
        guard address >= 0xE000_EF50, address <= 0xE000_EF78 else { return nil }
        let instruction: Maintenance.Instruction
        switch address {
        case 0xE000_EF50: return Maintenance(.icIALLU)
        case 0xE000_EF58: instruction = .icIVAU
        case 0xE000_EF5C: instruction = .dcIVAC
        case 0xE000_EF64: instruction = .dcCVAU
        case 0xE000_EF68: instruction = .dcCVAC
        case 0xE000_EF70: instruction = .dcCIVAC
        default: return nil
        }
        guard let value else { return nil }
        return Maintenance(instruction, at: Operand(value))
    }
}
