import Events
import MemoryModel
import Operations
import Quantities

// Section 3: from an access to its pieces.

/// The part of an access that lies in one line and one mapping.
struct ReferencePiece {
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
            address: physical, size: 0, type: treated(mapping.type),
            isShared: mapping.shareability != .nonShareable,
            alias: alias(
                virtual, physical, numbers: treated(mapping.type).isCacheable))
        return (piece, mapping.end - virtual)
    }

    /// The pieces of some bytes, cut where lines end.
    mutating func pieces(
        _ virtual: UInt64, _ size: UInt64, cache: CacheConfiguration?
    ) -> [ReferencePiece] {
        var result: [ReferencePiece] = []
        var at = virtual
        while at < virtual + size {
            var (piece, left) = locate(at)
            let line = cache.map { UInt64($0.lineSize) } ?? dataLine
            piece.size = min(virtual + size - at, left, line - piece.address % line)
            at += piece.size
            result.append(piece)
        }
        return result
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
            for piece in pieces(
                access.address, size, cache: configuration.level1Data)
            {
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
            perform(
                MemoryAccess(
                    .load, at: copy.source.address.rawValue + offset, size: size,
                    agent: .core(core)), core)
            perform(
                MemoryAccess(
                    .store, at: copy.destination.address.rawValue + offset, size: size,
                    agent: .core(core)), core)
            spend(core, ticks(copy.work), .work)
        }
    }
}
