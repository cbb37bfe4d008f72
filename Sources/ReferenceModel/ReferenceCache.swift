import Events
import MemoryModel
import Quantities

/// A line of a cache, in words.
struct ReferenceLine {
    /// Its first byte, physical.
    var address: UInt64
    /// Under which alias it was loaded.
    var alias = 0
    /// Its dirty quarters, the lowest bit the first.
    var dirty: UInt8 = 0
    var isShared = false
    var isPrefetched = false
}

/// Where a line is in a cache.
struct ReferencePosition: Hashable {
    var set: Int
    var way: Int
}

/// One cache: sets of ways, each with a line or none.
struct ReferenceCache {
    let configuration: CacheConfiguration
    let place: Place
    /// By set, then by way; locked ways are not there.
    var lines: [[ReferenceLine?]]
    /// What an alias adds to a physical address before the set is found.
    var aliasOffsets: [UInt64] = [0]
    /// What its prefetcher knows.
    var prefetcher = ReferencePrefetcher()

    // Replacement.
    var useClock: UInt64 = 0
    var lastUse: [[UInt64]]
    var fillPointers: [Int]
    var pointer = 0
    var treeNodes: [[Bool]]
    var usedBits: [[Bool]]
    var predictions: [[Int]]

    init(_ configuration: CacheConfiguration, place: Place) {
        self.configuration = configuration
        self.place = place
        let sets = Int(configuration.sets)
        let ways = configuration.openWays
        lines = Array(repeating: Array(repeating: nil, count: ways), count: sets)
        lastUse = Array(repeating: Array(repeating: 0, count: ways), count: sets)
        fillPointers = Array(repeating: 0, count: sets)
        treeNodes = Array(repeating: Array(repeating: false, count: ways), count: sets)
        usedBits = Array(repeating: Array(repeating: false, count: ways), count: sets)
        predictions = Array(repeating: Array(repeating: 3, count: ways), count: sets)
        if configuration.index == .vipt {
            aliasOffsets = (0..<8).map { $0 * CacheConfiguration.pageBytes }
        }
    }

    var lineSize: UInt64 { UInt64(configuration.lineSize) }

    /// The first byte of the line that holds a byte.
    func base(_ address: UInt64) -> UInt64 { address / lineSize * lineSize }

    private func set(of address: UInt64, alias: Int) -> Int {
        Int((address &+ aliasOffsets[alias]) / lineSize % configuration.sets)
    }

    /// Where the line of an address is.
    func find(_ address: UInt64, alias: Int = 0) -> ReferencePosition? {
        let set = set(of: base(address), alias: alias)
        for (way, line) in lines[set].enumerated() {
            if let line, line.address == base(address), line.alias == alias {
                return ReferencePosition(set: set, way: way)
            }
        }
        return nil
    }

    /// The line of an address.
    func line(_ address: UInt64, alias: Int = 0) -> ReferenceLine? {
        find(address, alias: alias).flatMap { lines[$0.set][$0.way] }
    }

    func holds(_ address: UInt64, alias: Int = 0) -> Bool { find(address, alias: alias) != nil }

    /// Changes the line of an address, if it is there.
    mutating func change(
        _ address: UInt64, alias: Int = 0, _ change: (inout ReferenceLine) -> Void
    ) {
        guard let at = find(address, alias: alias), var line = lines[at.set][at.way] else { return }
        change(&line)
        lines[at.set][at.way] = line
    }

    /// Takes the line of an address out.
    mutating func remove(_ address: UInt64, alias: Int = 0) {
        if let at = find(address, alias: alias) { lines[at.set][at.way] = nil }
    }

    /// Notes a use of the line of an address, if it is there.
    mutating func use(_ address: UInt64, alias: Int = 0) {
        if let at = find(address, alias: alias) { noteUse(at) }
    }

    /// Puts a line in.
    ///
    /// - Returns: the line that left for it.
    mutating func insert(
        _ line: ReferenceLine, random: inout SplitMix64
    ) -> ReferenceLine? {
        let set = set(of: line.address, alias: line.alias)
        if let way = lines[set].firstIndex(where: { $0 == nil }) {
            lines[set][way] = line
            noteFill(ReferencePosition(set: set, way: way))
            return nil
        }
        let way = victim(in: set, random: &random)
        let victim = lines[set][way]
        lines[set][way] = line
        noteFill(ReferencePosition(set: set, way: way))
        return victim
    }

    /// All lines that are there, in the order of sets and ways.
    var all: [ReferenceLine] {
        lines.indices.flatMap { set in
            var ways = Array(lines[set].indices)
            if configuration.replacement == .lru {
                ways.sort { lastUse[set][$0] > lastUse[set][$1] }
            }
            return ways.compactMap { lines[set][$0] }
        }
    }

    /// The quarters that dirtying some bytes makes dirty.
    func dirtyBits(_ start: UInt64, _ bytes: UInt64, of line: UInt64) -> UInt8 {
        guard let granule = configuration.dirtyGranule.map(UInt64.init) else { return 0xF }
        var bits: UInt8 = 0
        for quarter in 0..<UInt64(4) {
            let first = (line + quarter * lineSize / 4) / granule * granule
            if first < start + bytes, start <= first + (granule - 1) { bits |= 1 << quarter }
        }
        return bits
    }

    /// Dirty bits as coarse as the cache has them.
    func widened(_ dirty: UInt8) -> UInt8 {
        var bits: UInt8 = 0
        for quarter in 0..<UInt64(4) where dirty & 1 << quarter != 0 {
            bits |= dirtyBits(quarter * lineSize / 4, lineSize / 4, of: 0)
        }
        return bits
    }

    /// The bytes from the first dirty quarter to the last.
    func dirtyBytes(_ line: ReferenceLine) -> (start: UInt64, bytes: UInt64) {
        let quarters = (0..<UInt64(4)).filter { line.dirty & 1 << $0 != 0 }
        let first = quarters.first ?? 0
        let last = quarters.last ?? 3
        return (line.address + first * lineSize / 4, (last - first + 1) * lineSize / 4)
    }
}
