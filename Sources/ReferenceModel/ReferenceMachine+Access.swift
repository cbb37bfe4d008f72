import Events
import MemoryModel
import Operations
import Quantities

// Section 3: from an access to its pieces.

/// The part of an access that lies in one line and one mapping.
struct ReferencePiece {
    /// As the program addresses it.
    var virtual: UInt64
    var address: UInt64
    var size: UInt64
    var type: MemoryType
    var isShared: Bool
    var alias: Int
}

extension ReferenceMachine {
    /// The type of memory as the core treats it.
    func treated(_ type: MemoryType) -> MemoryType {
        type == .writeThrough && !configuration.core.honoursWriteThrough ? .nonCacheable : type
    }

    /// The alias of an address in L1D.
    mutating func alias(_ virtual: UInt64, _ physical: UInt64, numbers: Bool) -> Int {
        guard let cache = configuration.level1Data else { return 0 }
        let difference = virtual &- physical
        switch cache.index {
        case .pipt: return 0
        case .vipt: return Int(difference % cache.wayBytes / CacheConfiguration.pageBytes)
        case .vivt:
            if let known = level1Data[0].aliasOffsets.firstIndex(of: difference) { return known }
            guard numbers else { return 0 }
            for core in level1Data.indices { level1Data[core].aliasOffsets.append(difference) }
            return level1Data[0].aliasOffsets.count - 1
        }
    }

    /// Where an address is and how it is mapped, and how many bytes of the mapping follow.
    mutating func locate(
        _ virtual: UInt64
    ) -> (piece: ReferencePiece, left: UInt64) {
        let mapping = map.mapping(of: virtual)
        let physical = mapping.physical &+ (virtual - mapping.start)
        let piece = ReferencePiece(
            virtual: virtual, address: physical, size: 0, type: treated(mapping.type),
            isShared: mapping.shareability != .nonShareable,
            alias: alias(
                virtual, physical, numbers: treated(mapping.type).isCacheable))
        return (piece, mapping.end - virtual)
    }

    /// The pieces of some bytes, cut where lines end.
    mutating func pieces(
        _ virtual: UInt64, _ size: UInt64, cache: CacheConfiguration?, page: UInt64 = .max
    ) -> [ReferencePiece] {
        var result: [ReferencePiece] = []
        var at = virtual
        while at < virtual + size {
            var (piece, left) = locate(at)
            let line = cache.map { UInt64($0.lineSize) } ?? dataLine
            piece.size = min(
                virtual + size - at, left, line - piece.address % line, page - at % page)
            at += piece.size
            result.append(piece)
        }
        return result
    }

    /// The pieces of an access whose addresses are translated.
    mutating func translatedPieces(_ virtual: UInt64, _ size: UInt64) -> [ReferencePiece] {
        pieces(
            virtual, size, cache: configuration.level1Data,
            page: configuration.core.tlb?.pageBytes ?? .max)
    }

    /// Looks the page of a piece up, and pays for what is not there.
    mutating func translate(_ piece: ReferencePiece, _ core: Int) {
        guard let tlb = configuration.core.tlb else { return }
        let page = piece.virtual / tlb.pageBytes
        guard cores[core].translation.last != page else { return }
        cores[core].translation.last = page
        var cycles = 0
        if let micro = tlb.microEntries {
            if Self.lookUp(page, in: &cores[core].translation.micro, entries: micro) { return }
            cycles += tlb.microMissCycles
        }
        if !Self.lookUp(page, in: &cores[core].translation.main, entries: tlb.entries) {
            cycles += tlb.walkCycles
        }
        spend(core, ticks(cycles), .translation)
    }

    /// Puts a page first in a list of so many, and says whether it was there.
    private static func lookUp(_ page: UInt64, in pages: inout [UInt64], entries: Int) -> Bool {
        let place = pages.firstIndex(of: page)
        if let place { pages.remove(at: place) }
        pages.insert(page, at: 0)
        if pages.count > entries { pages.removeLast() }
        return place != nil
    }

    func target(_ piece: ReferencePiece) -> ReferenceTarget {
        ReferenceTarget(
            line: piece.address / dataLine * dataLine, alias: piece.alias,
            isShared: piece.isShared)
    }

    /// One access.
    mutating func perform(_ access: MemoryAccess, _ core: Int) {
        issue(core)
        if access.isDependent { wait(core, until: cores[core].value, cores[core].valueCause) }
        let size = UInt64(access.size)
        switch access.kind {
        case .load, .miscellaneousRead: load(access.address, size, core)
        case .loadExclusive:
            cores[core].monitor =
                locate(access.address).piece.address
                / dataLine * dataLine
            load(access.address, size, core)
        case .loadAcquire: loadAcquire(access.address, size, core)
        case .store: store(access.address, size, core)
        case .storeRelease: storeRelease(access.address, size, core)
        case .storeExclusive: storeExclusive(access.address, size, core)
        case .fetch: fetch(access.address, size, core)
        case .prefetch:
            for piece in translatedPieces(access.address, size) {
                translate(piece, core)
                hint(piece, core)
            }
        case .copyBack, .invalidate:
            let isCleaned = access.kind == .copyBack
            maintain(
                Maintenance(
                    size == 0
                        ? (isCleaned ? .dcCSW : .dcISW) : (isCleaned ? .dcCVAC : .dcIVAC),
                    at: Operand(access.address), bytes: size), core)
        }
    }

    /// A run: accesses issued one by one, with work between.
    mutating func perform(_ run: AccessRun, _ core: Int) {
        for index in 0..<run.count {
            perform(
                MemoryAccess(
                    run.kind, at: run.start.address.rawValue + index * run.step,
                    size: run.size(at: index), agent: .core(core)), core)
            spend(core, ticks(run.work), .work)
        }
    }

    /// A copy: pairs of accesses issued one by one, with work between.
    mutating func perform(_ copy: CopyRun, _ core: Int) {
        for index in 0..<copy.count {
            let offset = index * UInt64(copy.size)
            let size = copy.size(at: index)
            bytes.loaded = layouts.isEmpty ? nil : Array(repeating: nil, count: Int(size))
            perform(
                MemoryAccess(
                    .load, at: copy.source.address.rawValue + offset, size: size,
                    agent: .core(core)), core)
            bytes.storing = bytes.loaded
            bytes.loaded = nil
            perform(
                MemoryAccess(
                    .store, at: copy.destination.address.rawValue + offset, size: size,
                    agent: .core(core)), core)
            bytes.storing = nil
            spend(core, ticks(copy.work), .work)
        }
    }
}
