import DMAMapping
import Operations
import Quantities
import Traces

/// Writes a workload with longer or shorter transfers, or with a core that touches less of each.
///
/// The longest transfer gets the new length and the others keep their share of it; buffers grow and shrink with them, and
/// move to where nothing else is. What a core does with at least half of a transfer, as reading a frame or copying a packet,
/// goes along; what it does with less, as reading headers, stays as long as it is.
struct WorkloadResizing {
    private let lifted: LiftedProgram
    private let file: String
    /// The longest transfer before, and after.
    private let before: UInt64
    private let after: UInt64
    /// The most bytes that a core touches at once; nil: as it does.
    private let touched: UInt64?
    /// Where transfers begin, by where they began, ascending; with their lengths before.
    private var slots: [(old: UInt64, length: UInt64, new: UInt64)] = []
    private var buffers: [UInt64: (start: UInt64, size: UInt64)] = [:]

    /// Transfers begin at multiples of so many bytes, as far as they did before.
    private static let line: UInt64 = 64
    /// So many bytes of all transfers together are enough.
    private static let enough: UInt64 = 4 << 20

    /// Prepares the change of a workload.
    ///
    /// - Parameters:
    ///   - setup: The workload.
    ///   - size: The longest transfer's new length; nil: what it was.
    ///   - touched: The most bytes that a core touches at once; nil: what it does.
    /// - Throws: if the workload has no transfers, or some that cannot be resized.
    init(_ setup: Setup, size: UInt64?, touched: UInt64?) throws(TraceErrors) {
        lifted = try Compare.lift(setup)
        file = setup.file
        self.touched = touched
        before = lifted.handOvers.values.flatMap(\.parts).map(\.size).max() ?? 1
        after = size ?? before
        if let second = setup.program.statements.first(where: \.isUnscalable) {
            throw TraceErrors([
                TraceError(
                    file: setup.file, line: Int(second.line),
                    found: "a transfer in rows, or memory with a second address",
                    expected: "linear transfers of memory with one address, for other sizes")
            ])
        }
        place()
    }

    /// A length's share of the new one, at least a byte.
    private func scaled(_ length: UInt64) -> UInt64 {
        let (high, low) = length.multipliedFullWidth(by: after)
        guard high < before else { return length }
        return max(before.dividingFullWidth((high, low)).quotient, 1)
    }

    private mutating func place() {
        guard after != before else {
            slots = starts.map { (old: $0.start, length: $0.length, new: $0.start) }
            return
        }
        let occupied = OccupiedMemory(lifted.program, buffers: lifted.buffers)
        var next = (occupied.top + max(after, 1 << 20) + 0xF_FFFF) & ~0xF_FFFF
        var known = starts[...]
        for buffer in lifted.buffers {
            var offset: UInt64 = 0
            var last: UInt64?
            var inside: [(old: UInt64, length: UInt64, offset: UInt64)] = []
            while let slot = known.first, buffer.contains(slot.start) {
                known.removeFirst()
                let lead = slot.start - (last ?? buffer.start)
                offset += last == nil ? min(lead, Self.line) : aligned(scaled(lead))
                last = slot.start
                inside.append((slot.start, slot.length, offset))
            }
            let rest = buffer.start + buffer.size - (last ?? buffer.start)
            let size = offset + aligned(scaled(rest))
            let alignment = min(max(buffer.start & (~buffer.start &+ 1), 1), Lowering.pageSize)
            let start = occupied.free(size, from: next, alignment: alignment)
            slots += inside.map { (old: $0.old, length: $0.length, new: start + $0.offset) }
            buffers[buffer.start] = (start, size)
            next = start + size
        }
    }

    private func aligned(_ length: UInt64) -> UInt64 {
        (length + Self.line - 1) & ~(Self.line - 1)
    }

    /// Where transfers begin, each once with the longest that does, ascending.
    private var starts: [(start: UInt64, length: UInt64)] {
        var longest: [UInt64: UInt64] = [:]
        for part in lifted.handOvers.values.flatMap(\.parts) {
            longest[part.start] = max(longest[part.start] ?? 0, part.size)
        }
        return longest.map { (start: $0.key, length: $0.value) }.sorted { $0.start < $1.start }
    }

    // MARK: Writing

    /// The workload, with as many passes of its loops as are enough.
    func program() -> Program {
        var result = lifted.program
        for index in result.statements.indices {
            result.statements[index].body = resized(result.statements[index].body, &result.symbols)
        }
        var passes: UInt64 = 64
        var cut = result
        while passes >= 2 {
            cut = result.cut(passes: passes)
            if LiftedProgram(cut).payload <= Self.enough { break }
            passes /= 2
        }
        return cut
    }

    private func resized(_ body: Statement.Body, _ symbols: inout SymbolTable) -> Statement.Body {
        switch body {
        case .declaration(.buffer(let symbol, let address, _, let area)):
            guard let moved = buffers[address], var entry = symbols[symbol] else { return body }
            entry.address = moved.start
            entry.size = moved.size
            symbols.update(symbol, to: entry)
            return .declaration(
                .buffer(symbol, address: moved.start, size: moved.size, area))
        case .operation(let agent, let operation): return .operation(agent, resized(operation))
        default: return body
        }
    }

    private func resized(_ operation: Operation) -> Operation {
        switch operation {
        case .device(var work) where work.bytes > 0:
            guard let slot = slot(work.start) else { return operation }
            work.bytes = scaled(work.bytes)
            work.start = moved(work.start, slot)
            work.source = work.source.map { source in
                self.slot(source).map { moved(source, $0) } ?? source
            }
            return .device(work)
        case .access(var access, _, let value):
            guard let slot = slot(Operand(access.address)) else { return operation }
            let size = UInt64(access.size)
            let offset = min(
                access.address - slot.old, scaled(slot.length) - min(size, scaled(slot.length)))
            access.address = slot.new + offset
            return .access(access, symbol: .none, value: value)
        case .run(var run):
            guard let slot = slot(run.start) else { return operation }
            let bytes = length(run.bytes, at: run.start, slot, unit: UInt64(run.size))
            run.start = moved(run.start, slot)
            run.bytes = run.step == UInt64(run.size) ? bytes : max(bytes / run.step, 1) * run.step
            return .run(run)
        case .copy(var copy):
            guard
                let place = slot(copy.source).map({ (copy.source, $0) })
                    ?? slot(copy.destination).map({ (copy.destination, $0) })
            else { return operation }
            copy.bytes = length(copy.bytes, at: place.0, place.1, unit: UInt64(copy.size))
            copy.source = slot(copy.source).map { moved(copy.source, $0) } ?? copy.source
            copy.destination =
                slot(copy.destination).map { moved(copy.destination, $0) } ?? copy.destination
            return .copy(copy)
        case .maintenance(var item) where item.instruction == .dcZVA && item.bytes > 0:
            guard let slot = slot(item.start) else { return operation }
            item.bytes = length(item.bytes, at: item.start, slot, unit: 1)
            item.start = moved(item.start, slot)
            return .maintenance(item)
        default: return operation
        }
    }

    private typealias Slot = (old: UInt64, length: UInt64, new: UInt64)

    /// The transfer that an address belongs to: the last one that begins at it or before, in its buffer.
    private func slot(_ operand: Operand) -> Slot? {
        let address = operand.address.rawValue
        guard let buffer = lifted.buffer(at: address) else { return nil }
        var low = 0
        var high = slots.count
        while low < high {
            let middle = (low + high) / 2
            if slots[middle].old <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, slots[low - 1].old >= buffer.start else { return nil }
        return slots[low - 1]
    }

    private func moved(_ operand: Operand, _ slot: Slot) -> Operand {
        let offset = operand.address.rawValue - slot.old
        // What begins behind headers goes on doing so.
        let place = offset < Self.line ? min(offset, scaled(slot.length) - 1) : scaled(offset)
        return Operand(slot.new + place, symbol: operand.symbol)
    }

    /// How many bytes a core touches of what it touched so many of.
    private func length(
        _ bytes: UInt64, at start: Operand, _ slot: Slot, unit: UInt64
    ) -> UInt64 {
        let isMost = bytes >= slot.length / 2
        let offset = moved(start, slot).address.rawValue - slot.new
        let room = max(scaled(slot.length) - min(offset, scaled(slot.length)), 1)
        let wanted =
            isMost ? min(scaled(bytes), bytes > slot.length ? .max : room) : min(bytes, room)
        return max(min(wanted, touched ?? .max), 1)
    }
}

extension Statement {
    /// Whether it is something whose size cannot be changed.
    fileprivate var isUnscalable: Bool {
        switch body {
        case .declaration(.alias): true
        case .operation(_, .device(let work)): work.rows > 1
        case .operation(_, .dma(let call)): call.function.mapsAllocation
        default: false
        }
    }
}
