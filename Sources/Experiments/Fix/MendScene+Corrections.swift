import Hazards
import Operations
import Quantities
import Traces

extension MendScene {
    /// Maintenance that stands near what went wrong: the nearest first.
    private func suspects(_ finding: Finding) -> [Upkeep] {
        let end = max(finding.record, finding.writeRecord) - 1
        let all = upkeep
        // Of a loop, what stands behind has been done in the round before.
        return all.sorted {
            (abs($0.place - end), $0.place) < (abs($1.place - end), $1.place)
        }.prefix(8).map { $0 }
    }

    /// Maintenance on other bytes, or with another function, than that which is there.
    func corrections(_ finding: Finding) -> [MendEdit] {
        suspects(finding).flatMap { item in
            retargeted(item, finding) + refunctioned(item)
        } + byAddress(finding)
    }

    /// Maintenance by set and way, of the bytes that move instead.
    private func byAddress(_ finding: Finding) -> [MendEdit] {
        let works = works(on: finding.range)
        return operations(0..<program.statements.count).flatMap {
            place, _, operation -> [MendEdit] in
            guard case .maintenance(let item) = operation else { return [] }
            let others: [Maintenance.Instruction]
            switch item.instruction {
            case .dcCSW: others = [.dcCVAC]
            case .dcCISW: others = [.dcIVAC, .dcCIVAC]
            case .dcISW: others = [.dcIVAC]
            case .outerCleanAndInvalidateWays: others = [.outerCleanAndInvalidate]
            default: return []
            }
            return works.flatMap { work in
                others.enumerated().map { order, instruction in
                    let other = Operation.maintenance(
                        Maintenance(
                            instruction, at: operand(work.bytes.lowerBound),
                            bytes: work.bytes.length))
                    let words = NativeWriter.words(.operation(.core(0), other), of: program)
                    return MendEdit(
                        .replace, .correction, order: order, [replacement(place, other)],
                        "maintain by address: `\(words)` in place of \(quote(place)), which is for switching "
                            + "caches off")
                }
            }
        }
    }

    // MARK: Other bytes

    /// The same statement for the bytes of a transfer that goes wrong.
    private func retargeted(_ item: Upkeep, _ finding: Finding) -> [MendEdit] {
        var wanted: [Range<UInt64>] = []
        func want(_ range: Range<UInt64>) {
            if !wanted.contains(range), range != item.bytes { wanted.append(range) }
        }
        for transfer in works(on: finding.range) {
            for range in ranges(of: transfer) {
                // From where it starts, it may only have to go on.
                if item.bytes.lowerBound <= range.lowerBound, item.bytes.overlaps(range) {
                    want(item.bytes.lowerBound..<max(item.bytes.upperBound, range.upperBound))
                }
                want(range)
                want(range.lowerBound..<lines(of: range).upperBound)
                want(lines(of: range))
            }
        }
        for access in accesses where access.place == finding.record - 1 {
            let low = min(item.bytes.lowerBound, access.bytes.lowerBound)
            let top = max(item.bytes.upperBound, access.bytes.upperBound)
            if item.bytes.overlaps(access.bytes) || item.bytes.upperBound == access.bytes.lowerBound
            {
                want(low..<top)
            }
        }
        // Loops that count whole lines from an address that is none's start stop one line early.
        let whole = lines(of: item.bytes)
        let (end, overflow) = item.bytes.lowerBound.addingReportingOverflow(whole.length)
        if !overflow { want(item.bytes.lowerBound..<end) }
        return wanted.enumerated().compactMap { order, range in
            // Two statements for two levels have the same wrong range.
            let twins = upkeep.filter { $0.bytes == item.bytes && isNear($0, item) }
            let changes = twins.compactMap { twin in
                twin.operation.covering(
                    operand(range.lowerBound), bytes: range.length
                ).map { replacement(twin.place, $0) }
            }
            guard changes.count == twins.count, !changes.isEmpty else { return nil }
            let isWider =
                range.lowerBound <= item.bytes.lowerBound
                && range.upperBound >= item.bytes.upperBound
            let name = named(range.lowerBound)
            return MendEdit(
                .widen, .correction, order: order, changes,
                isWider
                    ? "cover all \(range.length) bytes of \(name) at \(quote(item.place)), not "
                        + "\(item.bytes.length)"
                    : "maintain \(name), \(range.length) bytes, at \(quote(item.place)): those are the "
                        + "bytes that move")
        }
    }

    private func isNear(_ one: Upkeep, _ other: Upkeep) -> Bool {
        let (low, high) = (min(one.place, other.place), max(one.place, other.place))
        return !operations(low..<high).contains { _, _, operation in
            switch operation {
            case .barrier, .maintenance, .vendor, .kernelBarrier, .environment: false
            default: true
            }
        }
    }

    /// An address by the name of the buffer that holds it.
    func operand(_ start: UInt64) -> Operand {
        let name = words(start)
        let stem = String(name.prefix { $0 != "+" })
        return Operand(start, symbol: program.symbols.find(stem) ?? .none)
    }

    // MARK: Another function

    private func refunctioned(_ item: Upkeep) -> [MendEdit] {
        var edits: [MendEdit] = []
        func add(_ operation: Operation, _ order: Int, _ advice: String) {
            guard operation != item.operation else { return }
            edits.append(
                MendEdit(
                    .replace, .correction, order: order,
                    [replacement(item.place, operation)], advice))
        }
        switch item.operation {
        case .vendor(let call):
            let idiom = LibraryIdiom.rows[call.function.library]
            guard let idiom, call.function.operands == .range else { return [] }
            for (order, function) in [idiom.invalidate, idiom.cleanInvalidate, idiom.clean]
                .enumerated()
            {
                var other = call
                other.function = function
                add(
                    .vendor(other), order + 2,
                    "call \(function.rawValue)() in place of \(call.function.rawValue)() at "
                        + quote(item.place))
            }
            if call.version != nil {
                var newer = call
                newer.version = nil
                add(
                    .vendor(newer), 6,
                    "use a newer \(call.function.library.rawValue), whose loop covers the range, at "
                        + quote(item.place))
            }
        case .maintenance(let maintenance):
            let others: [Maintenance.Instruction] =
                maintenance.instruction.isOuter
                ? [.outerCleanAndInvalidate, .outerInvalidate, .outerClean]
                : [.dcCIVAC, .dcIVAC, .dcCVAC]
            for (order, instruction) in others.enumerated() {
                var other = maintenance
                other.instruction = instruction
                let operation = Operation.maintenance(other)
                let words = NativeWriter.words(.operation(.core(0), operation), of: program)
                add(operation, order + 2, "do `\(words)` in place of \(quote(item.place))")
            }
        default: break
        }
        return edits
    }

    // MARK: Another place, or none

    /// Maintenance at another place: after the transfer, before it, or before that of another level.
    func movedUpkeep(_ finding: Finding) -> [MendEdit] {
        let items = suspects(finding)
        var edits: [MendEdit] = []
        func move(_ item: Upkeep, before place: Int, _ order: Int, _ what: String) {
            guard place < item.place || place > item.end + 1 else { return }
            let target =
                place >= program.statements.count
                ? text.lines.count : line(before: place)
            let changes = (item.place...item.end).map {
                TraceText.Change.move(line($0), before: target)
            }
            edits.append(
                MendEdit(
                    .move, .order, order: order, changes,
                    "move \(quote(item.place)) \(what)"))
        }
        for item in items {
            for transfer in works(on: item.bytes) {
                let device = profile.name(of: transfer.device)
                // What stood before the transfer is then missing there, on another path if not on this one.
                if let wait = transfer.wait, item.place < wait {
                    let isBefore = item.place < transfer.opening
                    move(
                        item, before: wait + 1, isBefore ? MendEdit.behindNextFamily : 1,
                        "to after \(device) is done, \(quote(wait))")
                }
                if item.place > transfer.opening {
                    move(
                        item, before: transfer.opening, 2,
                        "to before \(device) is started, \(quote(transfer.opening))")
                }
            }
            for other in items where other.isOuter != item.isOuter && other.place < item.place {
                move(item, before: other.place, 0, "to before \(quote(other.place))")
            }
            // A store may come too late for it.
            for store in accesses
            where store.isStore && store.place > item.place && store.bytes.overlaps(item.bytes) {
                move(item, before: store.place + 1, 3, "to after \(quote(store.place))")
            }
        }
        return edits
    }

    /// Maintenance that does harm, without it.
    func removedUpkeep(_ finding: Finding) -> [MendEdit] {
        suspects(finding).filter { lines(of: $0.bytes).overlaps(finding.range) }.map { item in
            let isMoved = transfers.contains { $0.bytes.overlaps(item.bytes) }
            return MendEdit(
                .remove, .removal, order: isMoved ? 1 : 0,
                (item.place...item.end).map { .remove(line($0)) },
                isMoved
                    ? "leave out \(quote(item.place))"
                    : "leave out \(quote(item.place)): no device moves these bytes, and it can drop what "
                        + "was stored beside or in them")
        }
    }
}

extension Operation {
    /// The same maintenance of other bytes; nil: it is none by address.
    func covering(_ start: Operand, bytes: UInt64) -> Operation? {
        switch self {
        case .maintenance(var item):
            item.start = start
            item.bytes = bytes
            return .maintenance(item)
        case .vendor(var call) where call.function.operands == .range:
            call.start = start
            call.bytes = bytes
            return .vendor(call)
        default: return nil
        }
    }
}
