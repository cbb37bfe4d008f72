import Operations
import Quantities
import Traces

/// What two repairs of one trace have in common.
///
/// How it is counted: the statements that a repair adds (by a difference of the two sequences; what is changed or moved is
/// removed and added) are put into classes. Two repairs have an operation in common if both add one of the same class on
/// bytes that overlap; classes without bytes (barriers, a device's declaration) are compared without them. A barrier counts
/// only in a repair without maintenance, where it is no part of that. Where one of the two adds nothing, what both remove is
/// compared. Loads, stores and transfers are no repair and are left out, but where a buffer moves they say which bytes
/// moved.
struct FixLikeness {
    /// A class of operations.
    enum Class: String, Hashable {
        case clean, invalidate, instructions, barrier, wait
        /// map, sync for the device
        case give
        /// unmap, sync for the CPU
        case takeBack
        case ask, allocation
        /// A buffer's place, size or kind of memory.
        case layout
        case attributes, device
    }

    /// A statement that was added or removed.
    struct Change {
        var classes: Set<Class>
        /// Empty: bytes mean nothing to it.
        var bytes: [Range<UInt64>]
        var text: String
        var isAdded: Bool

        func isLike(_ other: Change) -> Bool {
            guard !classes.isDisjoint(with: other.classes) else { return false }
            return bytes.isEmpty || other.bytes.isEmpty
                || bytes.contains { one in other.bytes.contains { $0.overlaps(one) } }
        }
    }

    let changes: [Change]

    /// The changes from one trace to another.
    init(from old: Program, to new: Program) throws {
        let (before, after) = (try Self.sentences(old), try Self.sentences(new))
        var result: [Change] = []
        for step in after.difference(from: before) {
            switch step {
            case .remove(let place, let text, _):
                result.append(Self.change(old, place, text, isAdded: false))
            case .insert(let place, let text, _):
                result.append(Self.change(new, place, text, isAdded: true))
            }
        }
        // What moved with a buffer says which bytes those were.
        let moved = result.filter { !$0.isAdded }.flatMap(\.bytes)
        let maintenance: Set<Class> = [.clean, .invalidate, .instructions]
        let hasMaintenance = result.contains {
            $0.isAdded && !$0.classes.isDisjoint(with: maintenance)
        }
        changes = result.filter {
            !$0.classes.isEmpty && !(hasMaintenance && $0.classes == [.barrier])
        }.map { change in
            var change = change
            if change.classes.contains(.layout) { change.bytes += moved }
            return change
        }
    }

    /// What both are compared by: what is added, or what is removed if one of them adds nothing.
    private func compared(with other: FixLikeness) -> [Change] {
        let isAdding = [self, other].allSatisfy { $0.changes.contains(where: \.isAdded) }
        return changes.filter { $0.isAdded == isAdding }
    }

    /// Whether the two have an operation in common.
    func isLike(_ other: FixLikeness) -> Bool {
        let theirs = other.compared(with: self)
        return compared(with: other).contains { one in theirs.contains { one.isLike($0) } }
    }

    /// Whether all that this one adds has its like in the other.
    func isWithin(_ other: FixLikeness) -> Bool {
        let (ours, theirs) = (compared(with: other), other.compared(with: self))
        return !ours.isEmpty && ours.allSatisfy { one in theirs.contains { one.isLike($0) } }
    }

    /// One sentence for each statement, without agents: sizes and places as the program has them.
    private static func sentences(_ program: Program) throws -> [String] {
        program.statements.map { NativeWriter.words($0.body, of: program) }
    }

    private static func range(_ start: Operand, _ bytes: UInt64) -> [Range<UInt64>] {
        bytes == 0 ? [] : [start.address.rawValue..<start.address.rawValue + bytes]
    }

    private static func change(
        _ program: Program, _ place: Int, _ text: String, isAdded: Bool
    ) -> Change {
        var change = Change(classes: [], bytes: [], text: text, isAdded: isAdded)
        switch program.statements[place].body {
        case .declaration(.buffer(_, let address, let size, _)):
            change.classes = [.layout]
            change.bytes = range(Operand(address), size)
        case .declaration(.region(_, let address, let size, _, _)):
            change.classes = [.attributes]
            change.bytes = range(Operand(address), size)
        case .declaration(.alias): change.classes = [.attributes]
        case .declaration(.device): change.classes = [.device]
        case .operation(_, let operation):
            (change.classes, change.bytes) = classes(operation, program)
        default: break
        }
        return change
    }

    private static func classes(
        _ operation: Operation, _ program: Program
    ) -> (Set<Class>, [Range<UInt64>]) {
        switch operation {
        case .maintenance(let item):
            if item.instruction == .outerSync { return ([.barrier], []) }
            if item.instruction.rawValue == Maintenance.Instruction.icIVAU.rawValue
                || !item.instruction.isByAddress && !item.instruction.cleans
                    && !item.instruction.invalidates
            {
                return ([.instructions], [])
            }
            var result: Set<Class> = []
            if item.instruction.cleans { result.insert(.clean) }
            if item.instruction.invalidates { result.insert(.invalidate) }
            return (result, range(item.start, max(item.bytes, 1)))
        case .vendor(let call):
            return (classes(call.function), range(call.start, max(call.bytes, 1)))
        case .barrier, .kernelBarrier: return ([.barrier], [])
        case .accessor: return ([.barrier], [])
        case .wait: return ([.wait], [])
        case .dma(let call): return (classes(call.function), bytes(of: call, program))
        case .device(let transfer): return ([], range(transfer.start, transfer.extent))
        case .run(let run): return ([], range(run.start, run.bytes))
        case .access(let access, _, _):
            return ([], range(Operand(access.address), UInt64(access.size)))
        default: return ([], [])
        }
    }

    private static func classes(_ function: VendorCall.Function) -> Set<Class> {
        if function.discards { return [.invalidate] }
        let name = function.rawValue.lowercased()
        // What a "flush" is differs: Zephyr's cleans, others' invalidate as well.
        let isBoth =
            name.contains("inval") || name.contains("invd")
            || name.contains("flush") && function.library != .zephyr
        return isBoth ? [.clean, .invalidate] : [.clean]
    }

    private static func classes(_ function: DMACall.Function) -> Set<Class> {
        let name = function.rawValue
        if name.contains("mapping_error") { return [.ask] }
        if name.contains("alloc") || name.contains("free") || name.contains("pool") {
            return [.allocation]
        }
        return name.contains("unmap") || name.contains("for_cpu") ? [.takeBack] : [.give]
    }

    /// The bytes of a call's handle.
    private static func bytes(of call: DMACall, _ program: Program) -> [Range<UInt64>] {
        let segments =
            call.segments.isEmpty
            ? program.statements.lazy.compactMap { statement -> [DMACall.Segment]? in
                guard case .operation(_, .dma(let maker)) = statement.body,
                    maker.function.makesHandle, maker.handle == call.handle
                else { return nil }
                return maker.segments
            }.first ?? [] : call.segments
        return segments.flatMap { range($0.start, $0.size) }
    }
}
