import Operations
import Quantities

/// A statement that is the driver's task, the device's work or the world's doing: an answer has to keep it.
///
/// What an answer may add, take out and move are barriers, maintenance, calls of the DMA API and of libraries, reads of
/// registers, and work. Addresses are compared by name and offset, so that a buffer may move.
struct FrozenStatement: Hashable {
    /// What is kept.
    private enum Key: Hashable {
        case access(kind: AccessKind, at: Place, size: UInt32, isDependent: Bool, value: UInt64?)
        case run(
            kind: AccessKind, at: Place, bytes: UInt64, size: UInt32, step: UInt64, work: UInt64)
        case copy(
            to: Place, from: Place, bytes: UInt64, size: UInt32, work: UInt64, isOnWrite: Bool)
        case doorbell(Agent)
        case wait(Agent)
        case transfer(DeviceOperation, at: Place, from: Place?)
        case environment(EnvironmentEvent, at: Place)
        case loop(UInt64)
        case span(String)
        case end
    }

    /// An address by its name.
    private struct Place: Hashable {
        var name: String
        var offset: UInt64
    }

    private let agent: Agent?
    private let key: Key
    /// The line it stands on.
    let line: Int

    /// What makes two statements the same.
    static func == (left: Self, right: Self) -> Bool {
        left.agent == right.agent && left.key == right.key
    }

    /// Hashes what makes two statements the same.
    func hash(into hasher: inout Hasher) {
        hasher.combine(agent)
        hasher.combine(key)
    }

    /// Makes it of a statement; nil: an answer may do with it what it likes.
    init?(_ statement: Statement, of program: Program) {
        line = Int(statement.line)
        switch statement.body {
        case .operation(let agent, let operation):
            guard let key = Self.key(operation, program.symbols) else { return nil }
            self.agent = agent
            self.key = key
            return
        case .repeatBegin(let count): key = .loop(count)
        case .spanBegin(let name): key = .span(program.symbols[name]?.name ?? "")
        case .end: key = .end
        case .declaration, .mark: return nil
        }
        agent = nil
    }

    /// All of a program, in order.
    static func all(of program: Program) -> [FrozenStatement] {
        program.statements.compactMap { FrozenStatement($0, of: program) }
    }

    private static func key(_ operation: Operation, _ names: SymbolTable) -> Key? {
        switch operation {
        case .access(let access, let symbol, let value):
            return .access(
                kind: plain(access.kind), at: place(access.address, symbol, names),
                size: access.size, isDependent: access.isDependent, value: value)
        case .run(let run):
            return .run(
                kind: run.kind, at: place(run.start, names), bytes: run.bytes, size: run.size,
                step: run.step, work: run.work)
        case .copy(let copy):
            return .copy(
                to: place(copy.destination, names), from: place(copy.source, names),
                bytes: copy.bytes, size: copy.size, work: copy.work, isOnWrite: copy.isOnWrite)
        case .accessor(let accessor):
            return accessor.function.isWrite ? .doorbell(accessor.device) : nil
        case .ring(let device): return .doorbell(device)
        case .wait(let device): return .wait(device)
        case .device(var transfer):
            let start = place(transfer.start, names)
            let source = transfer.source.map { place($0, names) }
            transfer.start = Operand(0)
            transfer.source = nil
            return .transfer(transfer, at: start, from: source)
        case .environment(var event):
            let start = place(event.start, names)
            event.start = Operand(0)
            return .environment(event, at: start)
        case .work, .barrier, .maintenance, .kernelBarrier, .dma, .vendor, .setMemoryType, .map:
            return nil
        }
    }

    /// A load with acquire is a load, a store with release a store: how they order is the answer's business.
    private static func plain(_ kind: AccessKind) -> AccessKind {
        switch kind {
        case .loadAcquire: .load
        case .storeRelease: .store
        default: kind
        }
    }

    private static func place(_ operand: Operand, _ names: SymbolTable) -> Place {
        place(operand.address.rawValue, operand.symbol, names)
    }

    private static func place(_ address: UInt64, _ symbol: SymbolID, _ names: SymbolTable) -> Place
    {
        guard let entry = names[symbol] else { return Place(name: "", offset: address) }
        return Place(name: entry.name, offset: address &- entry.address)
    }
}
