import Hazards
import Operations
import Quantities
import Traces

extension MendScene {
    /// Lines of their own for what a device has.
    func layouts(_ finding: Finding) -> [MendEdit] {
        let around = lines(of: finding.range)
        var parts: [Range<UInt64>] = []
        func take(_ range: Range<UInt64>) {
            if !parts.contains(range) { parts.append(range) }
        }
        for mapping in mappings where mapping.isStreaming {
            for piece in mapping.pieces where lines(of: piece).overlaps(around) { take(piece) }
        }
        if parts.isEmpty {
            for work in works(on: around) { take(work.bytes) }
            for item in upkeep where item.isDiscarding && lines(of: item.bytes).overlaps(around) {
                take(item.bytes)
            }
        }
        var edits = reachable(finding)
        for part in parts.prefix(6) {
            edits += aligned(part) + padded(part) + split(part) + refitted(part)
            if finding.code == .h10 { edits += uncached(part) }
        }
        return edits
    }

    /// The buffer whose bytes a range is among; nil: none is named.
    func buffer(
        _ range: Range<UInt64>
    ) -> (place: Int, entry: SymbolTable.Entry, area: MemoryArea?)? {
        var best: (place: Int, entry: SymbolTable.Entry, area: MemoryArea?)?
        for buffer in buffers
        where buffer.entry.address <= range.lowerBound
            && range.upperBound <= buffer.entry.address + max(buffer.entry.size, 1)
        {
            if best.map({ $0.entry.size > buffer.entry.size }) ?? true { best = buffer }
        }
        return best
    }

    private var buffers: [(place: Int, entry: SymbolTable.Entry, area: MemoryArea?)] {
        program.statements.enumerated().compactMap { place, statement in
            guard case .declaration(.buffer(let name, _, _, let area)) = statement.body,
                let entry = program.symbols[name]
            else { return nil }
            return (place, entry, area)
        }
    }

    // MARK: Buffers that share a line

    /// Of two buffers with a line in common, the one that does not start on it is moved.
    private func aligned(_ range: Range<UInt64>) -> [MendEdit] {
        let around = lines(of: range)
        let sharing = buffers.filter { buffer in
            buffer.entry.size > 0
                && lines(of: buffer.entry.address..<buffer.entry.address + buffer.entry.size)
                    .overlaps(around)
        }
        guard sharing.count > 1 else { return [] }
        return sharing.filter { $0.entry.address % lineSize != 0 }.enumerated().map {
            order, buffer in
            let start = freeLine(buffer.entry.size, from: buffer.entry.address)
            return MendEdit(
                .align, .layout, order: order,
                [relocation(buffer.place, to: start)],
                "give `\(buffer.entry.name)` lines of its own: align it to \(lineSize) bytes")
        }
    }

    private func relocation(_ place: Int, to start: UInt64) -> TraceText.Change {
        guard
            case .declaration(.buffer(let name, _, let size, let area)) =
                program.statements[place].body
        else { preconditionFailure("buffers are buffers") }
        return replacement(
            place, .buffer(name, address: start, size: size, area), words: 4...5
        ) { $0[..<2] + ["0x\(String(start, radix: 16))"] + $0[3...] }
    }

    /// The first line from an address on from which so many bytes touch nothing else of the trace.
    private func freeLine(_ size: UInt64, from start: UInt64) -> UInt64 {
        let used = usedLines
        // At the end of the address space there is none: what is given back then is in use, and does not mend.
        guard start < 1 << 62, size < 1 << 62 else { return start }
        var low = (start + lineSize - 1) / lineSize * lineSize
        let length = (max(size, 1) + lineSize - 1) / lineSize * lineSize
        for range in used where range.lowerBound < low + length && low < range.upperBound {
            low = range.upperBound
            guard low < 1 << 62 else { return start }
        }
        return low
    }

    /// All lines that something of the trace has, ascending.
    private var usedLines: [Range<UInt64>] {
        let named = program.symbols.entries.filter {
            [.buffer, .region, .alias, .device].contains($0.kind) && $0.size > 0
        }.map { $0.address..<$0.address + $0.size }
        let touched = transfers.map(\.bytes) + accesses.map(\.bytes) + mappings.flatMap(\.pieces)
        return (named + touched).map { lines(of: $0) }.sorted { $0.lowerBound < $1.lowerBound }
    }

    /// A buffer that is no whole lines, made so.
    private func padded(_ range: Range<UInt64>) -> [MendEdit] {
        guard let home = buffer(range), home.entry.size % lineSize != 0,
            home.entry.address % lineSize == 0,
            case .declaration(.buffer(let name, let start, let old, let area)) =
                program.statements[home.place].body
        else { return [] }
        let size = (old &+ lineSize - 1) / lineSize * lineSize
        return [
            MendEdit(
                .align, .layout, order: 3,
                [
                    replacement(
                        home.place, .buffer(name, address: start, size: size, area), words: 4...5
                    ) { $0[..<3] + ["\(size)"] + $0[4...] }
                ],
                "allocate whole lines for `\(home.entry.name)`: \(size) bytes")
        ]
    }

    // MARK: Parts of a structure

    /// The bytes that a device has, moved out of a structure into a buffer of their own.
    private func split(_ range: Range<UInt64>) -> [MendEdit] {
        let home = buffer(range)
        if let home, range.length == home.entry.size { return [] }
        let name = freshName("\(home?.entry.name ?? "data")_dma")
        let start = freeLine(
            range.length,
            from: home.map { $0.entry.address + $0.entry.size } ?? range.upperBound)
        guard let moved = renamed(range, to: name) else { return [] }
        let first = program.statements.firstIndex {
            if case .operation = $0.body { true } else { false }
        }
        guard let first else { return [] }
        let place = home.map { line($0.place) + 1 } ?? line(first)
        let size = (range.length &+ lineSize - 1) / lineSize * lineSize
        let declaration = "buffer \(name) 0x\(String(start, radix: 16)) \(size)"
        let old = named(range.lowerBound)
        return [
            MendEdit(
                .align, .layout, order: 4,
                [.insert([declaration], before: place)] + moved,
                "give the \(range.length == 1 ? "byte" : "\(range.length) bytes") at \(old) lines of their own: allocate them apart, as `\(name)` "
                    + "here, or align and pad them in their structure to \(lineSize) bytes")
        ]
    }

    /// Every statement about some bytes, about others in their place; nil: one is about more than these.
    private func renamed(_ range: Range<UInt64>, to name: String) -> [TraceText.Change]? {
        var changes: [TraceText.Change] = []
        for (place, agent, operation) in operations(0..<program.statements.count)
        where operation.touches(range) {
            guard let pieces = operation.operands(in: range) else {
                // Events and maintenance of whole lines may stay with what stays.
                switch operation {
                case .environment, .maintenance, .vendor: continue
                default: return nil
                }
            }
            // The new name is put in as text, since it is none of the program's.
            var words = NativeWriter.words(.operation(agent, operation), of: program)
            for piece in pieces {
                let old = NativeWriter.words(
                    .operation(agent, .maintenance(Maintenance(.dcCVAC, at: piece))), of: program
                ).dropFirst("dc cvac ".count)
                let offset = piece.address.rawValue - range.lowerBound
                words = words.replacingWord(old, with: offset == 0 ? name : "\(name)+\(offset)")
            }
            changes.append(replacement(place, words, isOperation: true))
        }
        return changes
    }

    // MARK: Parts that cannot be parted

    /// A buffer of whole lines whose parts share them, such as a ring of small descriptors, past the caches.
    private func uncached(_ range: Range<UInt64>) -> [MendEdit] {
        guard !profile.usesLinux, let home = buffer(range), home.entry.size > range.length,
            home.entry.address % lineSize == 0, home.entry.size % lineSize == 0,
            case .declaration(.buffer(let name, let start, let size, nil)) =
                program.statements[home.place].body
        else { return [] }
        return [
            MendEdit(
                .declare, .layout, order: MendEdit.lastResort,
                [
                    replacement(
                        home.place,
                        .region(
                            name, address: start, size: size, .nonCacheable, .outerShareable))
                ],
                "have `\(home.entry.name)` in uncached memory: its parts share lines, and core and "
                    + "device write them at the same time")
        ]
    }

    // MARK: Memory that a device does not reach

    /// A buffer in memory on the chip that its device's port does not lead to, outside of it.
    private func reachable(_ finding: Finding) -> [MendEdit] {
        let chip = setup.machine.memory.onChip.first {
            finding.address >= $0.start && finding.address - $0.start < $0.size
        }
        guard finding.code == .h33, let chip, chip.port != nil, let home = buffer(finding.range)
        else { return [] }
        // Where the trace has other memory: an address of its own choice could be a hole in the map.
        let onChip = setup.machine.memory.onChip
        let outside = program.declarations.compactMap { declaration -> UInt64? in
            let (address, size): (UInt64, UInt64)
            switch declaration {
            case .buffer(_, let start, let bytes, _): (address, size) = (start, bytes)
            case .region(_, let start, let bytes, _, _): (address, size) = (start, bytes)
            default: return nil
            }
            return onChip.contains { $0.contains(address) } ? nil : address &+ size
        }
        guard let last = outside.max() else { return [] }
        let start = freeLine(home.entry.size, from: last)
        return [
            MendEdit(
                .align, .layout, order: 0, [relocation(home.place, to: start)],
                "put `\(home.entry.name)` into memory that \(profile.name(of: finding.agent)) reaches, outside of "
                    + "\(chip.name)")
        ]
    }

    // MARK: Memory that is not for DMA

    /// The buffer from where memory for DMA comes from.
    private func refitted(_ range: Range<UInt64>) -> [MendEdit] {
        guard let home = buffer(range), home.area != nil, range.length == home.entry.size,
            case .declaration(.buffer(let name, let start, let size, _)) =
                program.statements[home.place].body
        else { return [] }
        return [
            MendEdit(
                .align, .layout, order: 2,
                [
                    replacement(
                        home.place, .buffer(name, address: start, size: size, nil), words: 5...5
                    ) { Array($0[..<4]) }
                ],
                "take `\(home.entry.name)` from kmalloc(): this memory is not for DMA")
        ]
    }
}

extension StringProtocol {
    /// The text with a word in place of another, where it stands alone.
    fileprivate func replacingWord(_ old: some StringProtocol, with new: String) -> String {
        split(separator: " ", omittingEmptySubsequences: false).map { word -> String in
            if word == old { return new }
            // Pieces of lists are `ADDRESS,SIZE`.
            let parts = word.split(separator: ",", maxSplits: 1)
            return parts.count == 2 && parts[0] == old ? "\(new),\(parts[1])" : String(word)
        }.joined(separator: " ")
    }
}

extension Operation {
    /// The operands with how many bytes each is about.
    private var extents: [(start: Operand, bytes: UInt64)] {
        switch self {
        case .access(let access, let symbol, _):
            [(Operand(access.address, symbol: symbol), UInt64(access.size))]
        case .run(let run): [(run.start, run.bytes)]
        case .copy(let copy): [(copy.source, copy.bytes), (copy.destination, copy.bytes)]
        case .maintenance(let item) where item.instruction.isByAddress:
            [(item.start, max(item.bytes, 1))]
        case .vendor(let call) where call.function.operands != .none:
            [(call.start, max(call.bytes, 1))]
        case .dma(let call): call.segments.map { ($0.start, $0.size) }
        case .device(let transfer):
            [(transfer.start, transfer.extent)]
                + (transfer.source.map { [($0, transfer.bytes)] } ?? [])
        case .environment(let event)
        where [.evict, .fill, .late, .drain].contains(event.kind) && event.start != Operand(0):
            [(event.start, max(event.bytes, 1))]
        default: []
        }
    }

    /// Whether it is about any of some bytes.
    func touches(_ range: Range<UInt64>) -> Bool {
        extents.contains { start, bytes in
            let low = start.address.rawValue
            return low < range.upperBound && range.lowerBound < low &+ max(bytes, 1)
        }
    }

    /// Its operands that lie in some bytes; nil: one goes beyond them.
    fileprivate func operands(in range: Range<UInt64>) -> [Operand]? {
        var result: [Operand] = []
        for (start, bytes) in extents {
            let low = start.address.rawValue
            let top = low &+ max(bytes, 1)
            guard low < range.upperBound, range.lowerBound < top else { continue }
            guard range.lowerBound <= low, top <= range.upperBound else { return nil }
            result.append(start)
        }
        return result
    }
}
