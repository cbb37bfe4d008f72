import Operations
import Quantities

extension StatementDecoder {
    /// Takes what follows an operation's tag and agent.
    mutating func operation(
        _ tag: StatementTag, by agent: Agent
    ) throws(NativeFault) -> Operation {
        switch tag {
        case .run: return .run(try run())
        case .copy: return .copy(try copy())
        case .copyOnWrite:
            var copy = try copy()
            copy.isOnWrite = true
            return .copy(copy)
        case .work: return .work(cycles: try input.number())
        case .barrier: return .barrier(try barrier())
        case .maintenance: return .maintenance(try maintenance())
        case .accessor: return .accessor(try accessor())
        case .kernelBarrier:
            return .kernelBarrier(try coded("a barrier") { KernelBarrier.at(UInt64($0)) })
        case .ring: return .ring(try self.agent())
        case .wait: return .wait(try self.agent())
        case .call: return .dma(try call())
        case .deviceOperation: return .device(try deviceOperation())
        case .deviceCopy: return .device(try deviceCopy())
        case .chain: return .device(try chain())
        case .environment: return .environment(try event())
        case .vendor: return .vendor(try vendorCall())
        default: return try access(by: agent)
        }
    }

    private mutating func access(by agent: Agent) throws(NativeFault) -> Operation {
        typealias Flag = StatementFlag
        var flags: UInt8 = 0
        let kind = try coded("flags of an access") { byte -> AccessKind? in
            flags = byte
            return byte < 0x80 ? AccessKind(rawValue: byte & Flag.accessKind) : nil
        }
        let symbol = flags & Flag.accessSymbol != 0 ? try symbol() : .none
        let start = try nextAddress()
        let access = MemoryAccess(
            kind, at: start, size: try size32(), agent: agent,
            isDependent: flags & Flag.accessDependent != 0)
        let value = flags & Flag.accessValue != 0 ? try input.number() : nil
        return .access(access, symbol: symbol, value: value)
    }

    private mutating func run() throws(NativeFault) -> AccessRun {
        let kind = try coded("a kind of access") { AccessKind(rawValue: $0) }
        let start = try operand()
        let bytes = try input.number()
        let size = try size32()
        let step = try input.number()
        return AccessRun(
            kind, from: start, bytes: bytes, by: size, step: step, work: try input.number())
    }

    private mutating func copy() throws(NativeFault) -> CopyRun {
        let destination = try operand()
        let source = try operand()
        let bytes = try input.number()
        let size = try size32()
        return CopyRun(
            to: destination, from: source, bytes: bytes, by: size, work: try input.number())
    }

    private mutating func barrier() throws(NativeFault) -> Barrier {
        let instruction = try coded("a barrier") { Barrier.Instruction(rawValue: $0) }
        let domain = try coded("a domain") { Barrier.Domain(rawValue: $0) }
        let accesses = try coded("a kind of accesses") { Barrier.Accesses(rawValue: $0) }
        return Barrier(instruction, domain, accesses)
    }

    private mutating func maintenance() throws(NativeFault) -> Maintenance {
        let instruction = try coded("a maintenance operation") {
            Maintenance.Instruction(rawValue: $0)
        }
        guard instruction.isByAddress else {
            return Maintenance(instruction, level: try input.byte())
        }
        let start = try operand()
        return Maintenance(instruction, at: start, bytes: try input.number())
    }

    private mutating func accessor() throws(NativeFault) -> Accessor {
        let function = try coded("an accessor") { Accessor.Function.at(UInt64($0)) }
        let device = try agent()
        let register = try operand()
        return Accessor(function, of: device, at: register, value: try optional())
    }

    private mutating func deviceOperation() throws(NativeFault) -> DeviceOperation {
        typealias Flag = StatementFlag
        let flags = try coded("flags of a device's operation") {
            Flag.isTransfer($0) ? $0 : nil
        }
        let kind: DeviceOperation.Kind =
            switch flags & 3 {
            case 0: .read
            case 1: .write
            case 2: .descriptorFetch(chain: flags & Flag.transferChain != 0)
            default: .interrupt
            }
        guard kind != .interrupt else { return DeviceOperation(.interrupt) }
        let start = try operand()
        let bytes = try input.number()
        let burst = flags & Flag.transferBurst != 0 ? try size32() : nil
        let value = flags & Flag.transferValue != 0 ? try input.number() : nil
        var operation = DeviceOperation(
            kind, at: start, bytes: bytes, burst: burst, value: value)
        if flags & Flag.transferRows != 0 {
            operation.rows = try several("rows")
            operation.pitch = try input.number()
        }
        if flags & Flag.transferCycles != 0 { operation.cycles = try several("cycles") }
        return operation
    }

    private mutating func deviceCopy() throws(NativeFault) -> DeviceOperation {
        let destination = try operand()
        let source = try operand()
        var operation = DeviceOperation(.write, at: destination, bytes: try input.number())
        operation.source = source
        operation.burst = try optional32("burst")
        return operation
    }

    private mutating func chain() throws(NativeFault) -> DeviceOperation {
        let start = try operand()
        let layout = try symbol()
        var operation = DeviceOperation(
            .descriptorFetch(chain: true), at: start, bytes: try input.number())
        operation.layout = layout
        operation.limit = try optional32("limit")
        return operation
    }

    private mutating func optional32(_ what: String) throws(NativeFault) -> UInt32? {
        try flag() ? UInt32(try input.number(to: UInt64(UInt32.max), what)) : nil
    }

    /// Takes a number of 32 bits that is written only if it is above 1.
    private mutating func several(_ what: String) throws(NativeFault) -> UInt32 {
        let place = input.position
        let number = try input.number(to: UInt64(UInt32.max), what)
        guard number > 1 else {
            throw input.fault(at: place, "\(what) \(number)", "at least 2")
        }
        return UInt32(number)
    }

    private mutating func event() throws(NativeFault) -> EnvironmentEvent {
        let kind = try coded("an event") { EnvironmentEvent.Kind.at(UInt64($0)) }
        let target = try coded("a core or cache") { byte -> EnvironmentEvent.Target? in
            switch byte {
            case 0: .everywhere
            case 1...UInt8(Agent.maximumCores): .core(Int(byte) - 1)
            case 255: .level2
            default: nil
            }
        }
        let start = try operand()
        return EnvironmentEvent(kind, at: start, bytes: try input.number(), in: target)
    }
}
