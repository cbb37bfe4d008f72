import Hazards
import Operations
import Quantities
import Traces

extension MendScene {
    /// Maintenance by address that is in the trace: an instruction, an outer cache's operation or a library's function.
    struct Upkeep {
        var place: Int
        var core: Agent
        var bytes: Range<UInt64>
        var operation: Operation
        /// The last statement that belongs to it: a barrier or a sync directly behind it.
        var end: Int
        var isOuter: Bool
        var isCleaning: Bool
        var isDiscarding: Bool
    }

    /// The maintenance by address of the trace, in order.
    var upkeep: [Upkeep] {
        operations(0..<program.statements.count).compactMap { place, core, operation in
            switch operation {
            // Zeroing a line is a store.
            case .maintenance(let item)
            where item.instruction.isByAddress && item.instruction != .dcZVA:
                let size = max(item.bytes, 1)
                let start = item.start.address.rawValue
                guard start <= .max - size else { return nil }
                return Upkeep(
                    place: place, core: core, bytes: start..<start + size, operation: operation,
                    end: end(of: place, isOuter: item.instruction.isOuter),
                    isOuter: item.instruction.isOuter, isCleaning: item.instruction.cleans,
                    isDiscarding: item.instruction.invalidates)
            case .vendor(let call) where call.function.operands != .none:
                let size = max(call.bytes, 1)
                let start = call.start.address.rawValue
                guard start <= .max - size else { return nil }
                return Upkeep(
                    place: place, core: core, bytes: start..<start + size, operation: operation,
                    end: place, isOuter: false, isCleaning: !call.function.discards,
                    isDiscarding: call.function.discards)
            default: return nil
            }
        }
    }

    private func end(of place: Int, isOuter: Bool) -> Int {
        switch operation(place + 1)?.operation {
        case .barrier(let barrier) where !isOuter && barrier.instruction == .dsb: place + 1
        case .maintenance(let item) where isOuter && item.instruction == .outerSync: place + 1
        default: place
        }
    }

    // MARK: The idiom

    /// What maintains a range in the words of the program's library, or in instructions.
    struct Upkeeper {
        let scene: MendScene
        /// The bytes as statements name them.
        let name: String
        /// The bytes as a sentence names them.
        let called: String
        let size: UInt64

        private var idiom: LibraryIdiom? {
            scene.profile.library.flatMap { LibraryIdiom.rows[$0] }
        }
        private var hasOuter: Bool { scene.profile.hasOuterCache }

        private func inner(_ function: VendorCall.Function?, _ instruction: String) -> [String] {
            if let function { return ["\(function.rawValue) \(name) \(size)"] }
            return ["dc \(instruction) \(name) \(size)", "dsb sy"]
        }

        func outer(_ word: String) -> [String] { ["l2 \(word) \(name) \(size)", "l2 sync"] }

        /// Dirty lines go to memory.
        var clean: [String] {
            inner(idiom?.clean, "cvac")
                + (hasOuter && idiom?.reachesOuterTowardsDevice != true ? outer("clean") : [])
        }
        /// Lines go before a device writes.
        var discard: [String] {
            inner(idiom?.invalidate, "ivac")
                + (hasOuter && idiom?.reachesOuterTowardsDevice != true ? outer("inv") : [])
        }
        /// Lines go to memory, and away, before a device writes.
        var cleanAndDiscard: [String] {
            inner(idiom?.cleanInvalidate, "civac")
                + (hasOuter && idiom?.reachesOuterTowardsDevice != true ? outer("flush") : [])
        }
        /// Lines go after a device has written: the outer cache's first.
        var invalidate: [String] {
            (hasOuter && idiom?.reachesOuterTowardsCore != true ? outer("inv") : [])
                + inner(idiom?.invalidate, "ivac")
        }
    }

    func upkeeper(_ range: Range<UInt64>) -> Upkeeper {
        // U-Boot's functions are called for whole lines: some of them leave others alone.
        let kept = profile.library == .uBoot ? lines(of: range) : range
        return Upkeeper(
            scene: self, name: words(kept.lowerBound), called: named(range.lowerBound),
            size: kept.length)
    }

    /// The transfers that touch lines, by the doorbell that starts them: all the bytes of a buffer that one moves at once.
    func works(on bytes: Range<UInt64>) -> [Transfer] {
        let wanted = lines(of: bytes)
        var result: [Transfer] = []
        for transfer in transfers where transfer.bytes.overlaps(wanted) {
            let same = result.firstIndex {
                $0.device == transfer.device && $0.doorbell == transfer.doorbell
                    && $0.wait == transfer.wait && $0.isWrite == transfer.isWrite
                    && $0.start.symbol == transfer.start.symbol
            }
            guard let same, transfer.doorbell != nil || transfer.wait != nil else {
                result.append(transfer)
                continue
            }
            let low = min(result[same].bytes.lowerBound, transfer.bytes.lowerBound)
            let top = max(result[same].bytes.upperBound, transfer.bytes.upperBound)
            result[same].bytes = low..<top
        }
        return result
    }

    /// The ranges that a person would maintain for a transfer: what it moves, or the buffer that holds it.
    func ranges(of transfer: Transfer) -> [Range<UInt64>] {
        var result = [transfer.bytes]
        if let entry = program.symbols[transfer.start.symbol], entry.kind == .buffer,
            entry.size > 0, entry.address <= transfer.bytes.lowerBound,
            entry.address + entry.size >= transfer.bytes.upperBound
        {
            let whole = entry.address..<entry.address + entry.size
            if whole != transfer.bytes { result.append(whole) }
        }
        return result
    }

    /// Who maintains what a device is given: the core that rings, or the last to touch the bytes before.
    func giver(_ transfer: Transfer) -> Agent {
        if let doorbell = transfer.doorbell, let agent = operation(doorbell)?.agent { return agent }
        return accesses.last { $0.place < transfer.place && $0.bytes.overlaps(transfer.bytes) }?
            .core
            ?? .core(0)
    }

    /// The last statement before a transfer that stores to its bytes, or maintains them, with its barrier.
    private func upkeep(before transfer: Transfer) -> Int? {
        let stores = accesses.filter {
            $0.isStore && $0.place < transfer.opening && $0.bytes.overlaps(transfer.bytes)
        }.map(\.place)
        let items = upkeep.filter {
            $0.end < transfer.opening && !$0.isOuter && $0.bytes.overlaps(transfer.bytes)
        }.map(\.end)
        return (stores + items).max()
    }

    // MARK: Added maintenance

    /// Maintenance before a transfer, by instructions or by the library.
    func beforeTransfer(_ finding: Finding) -> [MendEdit] {
        works(on: finding.range).flatMap { transfer in
            ranges(of: transfer).enumerated().flatMap { order, range in
                openings(of: transfer).enumerated().flatMap { late, place in
                    maintained(
                        range, before: place, for: transfer, order * 3 + late * 20,
                        isLevel: finding.code == .h23)
                }
            }
        }
    }

    private func maintained(
        _ range: Range<UInt64>, before place: Int, for transfer: Transfer, _ order: Int,
        isLevel: Bool
    ) -> [MendEdit] {
        let keeper = upkeeper(range)
        let core = giver(transfer)
        let device = profile.name(of: transfer.device)
        let until =
            place == transfer.opening
            ? "before \(device) is started, at \(quote(place))" : "before \(quote(place))"
        var edits: [MendEdit] = []
        func add(_ family: MendFamily, _ order: Int, _ statements: [String], _ what: String) {
            edits.append(
                addition(
                    family, order, statements, before: place, core,
                    "\(what) \(keeper.called) \(until)"))
        }
        add(.cleaning, order, keeper.clean, "clean")
        if profile.hasOuterCache {
            add(
                .cleaning, isLevel ? order - 1 : order + 1, keeper.outer("clean"),
                "clean the outer cache's lines of")
        }
        if let last = upkeep(before: transfer) {
            edits.append(
                addition(
                    .cleaning, order + 12,
                    profile.hasOuterCache ? keeper.outer("clean") : keeper.clean,
                    before: last + 1, core,
                    "clean \(keeper.called) at once, after \(quote(last))"))
        }
        if transfer.isWrite {
            add(.discarding, order, keeper.discard, "invalidate")
            add(.discarding, order + 1, keeper.cleanAndDiscard, "clean and invalidate")
            // An old copy goes before the store that would make the line dirty with it.
            let store = accesses.last {
                $0.isStore && $0.place < place && lines(of: $0.bytes).overlaps(range)
            }
            if let store {
                edits.append(
                    addition(
                        .discarding, order + 6, keeper.discard, before: store.place, store.core,
                        "invalidate \(keeper.called) before the core stores to it at "
                            + quote(store.place)))
            }
        }
        return edits
    }

    /// Maintenance after a transfer, before the core looks.
    func afterTransfer(_ finding: Finding) -> [MendEdit] {
        var edits: [MendEdit] = []
        let readers = accesses.filter {
            !$0.isStore && lines(of: $0.bytes).overlaps(finding.range)
        }
        for transfer in works(on: finding.range) where transfer.isWrite {
            let reader = readers.first { $0.place > transfer.place }
            guard let reader else { continue }
            for (order, range) in ranges(of: transfer).enumerated() {
                edits += invalidations(
                    of: range, for: transfer, reader, order * 4, isLevel: finding.code == .h23)
            }
        }
        // What is read is more than what one transfer wrote.
        if let reader = readers.first(where: { $0.place == finding.record - 1 }) {
            edits.append(
                addition(
                    .towardsCore, 9, upkeeper(reader.bytes).invalidate, before: reader.place,
                    reader.core,
                    "invalidate \(named(reader.bytes.lowerBound)) before it is read at "
                        + quote(reader.place)))
        }
        return edits
    }

    private func invalidations(
        of range: Range<UInt64>, for transfer: Transfer, _ reader: Access, _ order: Int,
        isLevel: Bool
    ) -> [MendEdit] {
        let upkeep = upkeeper(range)
        var edits: [MendEdit] = []
        if let wait = transfer.wait, wait < reader.place {
            let core = operation(wait)?.agent ?? reader.core
            let done = "when \(profile.name(of: transfer.device)) is done, after \(quote(wait))"
            edits.append(
                addition(
                    .towardsCore, order, upkeep.invalidate, before: wait + 1, core,
                    "invalidate \(upkeep.called) \(done)"))
            if profile.hasOuterCache {
                edits.append(
                    addition(
                        .towardsCore, isLevel ? order - 1 : order + 2, upkeep.outer("inv"),
                        before: wait + 1, core,
                        "invalidate the outer cache's lines of \(upkeep.called) \(done)"))
            }
        }
        edits.append(
            addition(
                .towardsCore, order + 1, upkeep.invalidate, before: reader.place, reader.core,
                "invalidate \(upkeep.called) before it is read at \(quote(reader.place))"))
        return edits
    }

    func addition(
        _ family: MendFamily, _ order: Int, _ statements: [String], before place: Int,
        _ core: Agent, _ what: String
    ) -> MendEdit {
        MendEdit(
            .add, family, order: order, [insertion(statements, before: place, by: core)],
            "\(what): add \(listed(statements))")
    }

    /// Statements in a sentence.
    func listed(_ statements: [String]) -> String {
        let quoted = statements.map { "`\($0)`" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
        return quoted.dropLast().joined(separator: ", ") + " and " + last
    }
}

extension Finding {
    /// Its bytes.
    var range: Range<UInt64> {
        let size = max(bytes, 1)
        return address..<(address > .max - size ? .max : address + size)
    }
}
