import Operations
import Quantities

/// A statement that is the driver's task, the device's work or the world's doing: an answer has to keep it.
///
/// What an answer may add, take out and move are barriers, maintenance, calls of the DMA API and of libraries, reads of
/// registers, and work, where its time is not the question. Addresses are compared by name and offset, so that a buffer
/// may move.
struct FrozenStatement: Hashable {
    /// What is kept.
    private enum Key: Hashable {
        case access(kind: AccessKind, at: Place, size: UInt32, isDependent: Bool, value: UInt64?)
        case run(
            kind: AccessKind, at: Place, bytes: UInt64, size: UInt32, step: UInt64, work: UInt64)
        case copy(
            to: Place, from: Place, bytes: UInt64, size: UInt32, work: UInt64, isOnWrite: Bool)
        /// `register`: how far it is from the device's first.
        case doorbell(Agent, register: UInt64, value: UInt64?)
        /// `dc zva` stores zeros.
        case zero(at: Place, bytes: UInt64)
        case work(UInt64)
        case wait(Agent)
        case transfer(DeviceOperation, at: Place, from: Place?, layout: String?)
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
    /// The addresses that it reads or writes.
    let touched: [Range<UInt64>]

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
    init?(_ statement: Statement, of program: Program, withWork: Bool) {
        line = Int(statement.line)
        touched = Self.touched(by: statement)
        switch statement.body {
        case .operation(let agent, let operation):
            guard let key = Self.key(operation, program.symbols, withWork: withWork) else {
                return nil
            }
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
    ///
    /// - Parameters:
    ///   - program: Whose statements.
    ///   - withWork: Whether `work` is kept, too: where it is asked how long the trace takes.
    /// - Returns: those that an answer has to keep.
    static func all(of program: Program, withWork: Bool) -> [FrozenStatement] {
        program.statements.compactMap {
            FrozenStatement($0, of: program, withWork: withWork)
        }
    }

    private static func key(
        _ operation: Operation, _ names: SymbolTable, withWork: Bool
    ) -> Key? {
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
            guard accessor.function.isWrite else { return nil }
            return .doorbell(
                accessor.device, register: place(accessor.register, names).offset,
                value: accessor.value)
        case .ring(let device): return .doorbell(device, register: 0, value: nil)
        case .maintenance(let item) where item.instruction == .dcZVA:
            return .zero(at: place(item.start, names), bytes: item.bytes)
        case .work(let cycles): return withWork ? .work(cycles) : nil
        case .wait(let device): return .wait(device)
        case .device(var transfer):
            let start = place(transfer.start, names)
            let source = transfer.source.map { place($0, names) }
            transfer.start = Operand(0)
            transfer.source = nil
            // Symbols are numbered in order of declaration, which may change.
            let layout = names[transfer.layout]?.name
            transfer.layout = .none
            return .transfer(transfer, at: start, from: source, layout: layout)
        case .environment(var event):
            let start = place(event.start, names)
            event.start = Operand(0)
            return .environment(event, at: start)
        case .barrier, .maintenance, .kernelBarrier, .dma, .vendor, .setMemoryType, .map:
            return nil
        }
    }

    /// The addresses that a statement's loads, stores and transfers touch.
    private static func touched(by statement: Statement) -> [Range<UInt64>] {
        guard case .operation(_, let operation) = statement.body else { return [] }
        func bytes(_ start: UInt64, _ count: UInt64) -> Range<UInt64> {
            start..<(start &+ max(count, 1) > start ? start &+ max(count, 1) : .max)
        }
        switch operation {
        case .access(let access, _, _): return [bytes(access.address, UInt64(access.size))]
        case .run(let run):
            let last = max(run.count, 1) - 1
            return [bytes(run.start.address.rawValue, last &* run.step &+ UInt64(run.size))]
        case .copy(let copy):
            return [
                bytes(copy.source.address.rawValue, copy.bytes),
                bytes(copy.destination.address.rawValue, copy.bytes),
            ]
        case .maintenance(let item): return [bytes(item.start.address.rawValue, item.bytes)]
        case .device(let transfer) where transfer.kind != .interrupt:
            let starts = [transfer.start, transfer.source].compactMap(\.self)
            return starts.map { bytes($0.address.rawValue, transfer.extent) }
        default: return []
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
