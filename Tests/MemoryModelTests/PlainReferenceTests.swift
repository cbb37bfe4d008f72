import Operations
import Quantities
import Testing

@testable import MemoryModel

/// The counting machine against a model without a fast path, in all its definitions.
@Suite("The counting machine counts as a slow and obvious one")
struct PlainReferenceTests {
    /// One choice of definitions.
    struct Definitions: Sendable, CustomTestStringConvertible {
        var replacement: ReplacementPolicy
        var inclusion: PlainInclusion
        var storesKeepOrder: Bool
        var forwardsVictims: Bool
        var fetchesWholeLines: Bool
        var hasInstruction: Bool

        var testDescription: String {
            "\(replacement), \(inclusion)\(storesKeepOrder ? ", stores keep order" : "")"
                + (forwardsVictims ? "" : ", victims dropped")
                + (fetchesWholeLines ? ", whole lines fetched" : "")
                + (hasInstruction ? "" : ", no L1I")
        }
    }

    static let definitions: [Definitions] = (0..<64).compactMap { bits in
        let definitions = Definitions(
            replacement: bits & 1 == 0 ? .lru : .fifo, inclusion: bits & 2 == 0 ? .none : .victim,
            storesKeepOrder: bits & 4 != 0, forwardsVictims: bits & 8 == 0,
            fetchesWholeLines: bits & 16 != 0, hasInstruction: bits & 32 == 0)
        return definitions.inclusion == .victim && !definitions.forwardsVictims ? nil : definitions
    }

    @Test("Random accesses, every kind", arguments: definitions, StraddleRule.allCases)
    func random(_ definitions: Definitions, straddle: StraddleRule) throws {
        for (index, geometry) in Self.geometries.enumerated() {
            var (level1, instruction, level2) = geometry
            level1.replacement = definitions.replacement
            instruction.replacement = definitions.replacement
            level2.replacement = definitions.replacement
            let configuration = PlainConfiguration(
                level1Instruction: definitions.hasInstruction ? instruction : nil,
                level1Data: level1, level2: level2, straddle: straddle,
                fetchesWholeLines: definitions.fetchesWholeLines,
                forwardsVictims: definitions.forwardsVictims,
                storesKeepOrder: definitions.storesKeepOrder, inclusion: definitions.inclusion)
            let seed = UInt64(7 + index)
            let accesses = Self.accesses(seed: seed, span: 2 * level2.size)
            var fast = try PlainHierarchy(configuration)
            let cut = accesses.count / 3
            accesses[..<cut].withUnsafeBufferPointer { fast.replay($0) }
            accesses[cut...].withUnsafeBufferPointer { fast.replay($0) }
            var slow = ReferenceHierarchy(configuration)
            for access in accesses { slow.perform(access) }
            slow.countDirty()
            let counts = fast.counts
            #expect(counts.data == slow.data.counts, "L1D, geometry \(index), seed \(seed)")
            if definitions.hasInstruction {
                #expect(counts.instruction == slow.instruction?.counts, "L1I, geometry \(index)")
            }
            #expect(counts.level2 == slow.level2.counts, "L2, geometry \(index), seed \(seed)")
            let kinds = fast.level2Misses
            #expect(kinds == slow.level2Misses, "geometry \(index), seed \(seed)")
        }
    }

    /// L1D, L1I, L2.
    static let geometries: [(CacheConfiguration, CacheConfiguration, CacheConfiguration)] = [
        (
            .init(size: 64, ways: 2, lineSize: 32), .init(size: 64, ways: 2, lineSize: 32),
            .init(size: 256, ways: 4, lineSize: 32)
        ),
        (
            .init(size: 256, ways: 4, lineSize: 16), .init(size: 128, ways: 1, lineSize: 32),
            .init(size: 1_024, ways: 8, lineSize: 64)
        ),
        (
            .init(size: 64, ways: 1, lineSize: 8), .init(size: 384, ways: 3, lineSize: 16),
            .init(size: 1_024, ways: 16, lineSize: 16)
        ),
    ]

    /// Hits and misses, straddles and wholes, ends of the address space, and now and then a cache record.
    static func accesses(seed: UInt64, span: UInt64) -> [MemoryAccess] {
        var generator = SplitMix64(seed: seed)
        let kinds = AccessKind.allCases.filter { $0 != .copyBack && $0 != .invalidate }
        return (0..<1_000).map { index in
            var kind = generator.pick([.load, .load, .store, .fetch, generator.pick(kinds)])
            if generator.below(200) == 0 { kind = generator.pick([.copyBack, .invalidate]) }
            let base = generator.pick([0, 0x4000_0000, 0 &- span])
            let place = generator.below(generator.below(2) == 0 ? span : 1 + span / 16)
            let isRecord = kind == .copyBack || kind == .invalidate
            let size = generator.pick([1, 4, 4, 8, 16, 33, 64, isRecord ? 0 : 100])
            let address = base &+ place
            // No access wraps around the end of the address space.
            return MemoryAccess(kind, at: min(address, 0 &- UInt64(size) &- 1), size: UInt32(size))
        }
    }
}

/// One cache as lists of lines, most recent first.
private struct ReferenceCache {
    struct Entry {
        var line: UInt64
        var isDirty: Bool
    }

    let configuration: CacheConfiguration
    let storesKeepOrder: Bool
    var sets: [[Entry]]
    var counts = PlainCounts()

    init(_ configuration: CacheConfiguration, _ storesKeepOrder: Bool) {
        self.configuration = configuration
        self.storesKeepOrder = storesKeepOrder
        sets = Array(repeating: [], count: Int(configuration.sets))
    }

    func line(_ address: UInt64) -> UInt64 { address / UInt64(configuration.lineSize) }
    func set(_ line: UInt64) -> Int { Int(line % configuration.sets) }
    func holds(_ line: UInt64) -> Bool { sets[set(line)].contains { $0.line == line } }

    /// Whether it hit, and what left.
    mutating func use(_ line: UInt64, isStore: Bool) -> (hit: Bool, victim: Entry?) {
        let set = set(line)
        guard let way = sets[set].firstIndex(where: { $0.line == line }) else {
            return (false, insert(Entry(line: line, isDirty: isStore)))
        }
        if isStore { sets[set][way].isDirty = true }
        if configuration.replacement == .lru && !(isStore && storesKeepOrder) {
            sets[set].insert(sets[set].remove(at: way), at: 0)
        }
        return (true, nil)
    }

    mutating func insert(_ entry: Entry) -> Entry? {
        let set = set(entry.line)
        sets[set].insert(entry, at: 0)
        return sets[set].count > configuration.ways ? sets[set].removeLast() : nil
    }

    func bytes(_ line: UInt64) -> ClosedRange<UInt64> {
        let size = UInt64(configuration.lineSize)
        return line * size...(line * size + (size - 1))
    }

    mutating func removeAll(in range: ClosedRange<UInt64>) {
        sets = sets.map { set in set.filter { !range.overlaps(bytes($0.line)) } }
    }

    mutating func countDirty() {
        counts.dirtyAtEnd = UInt64(sets.joined().filter(\.isDirty).count)
    }
}

/// The hierarchy without a fast path.
private struct ReferenceHierarchy {
    let configuration: PlainConfiguration
    var data: ReferenceCache
    var instruction: ReferenceCache?
    var level2: ReferenceCache
    var level2Misses = PlainMissKinds()

    init(_ configuration: PlainConfiguration) {
        self.configuration = configuration
        let keeps = configuration.storesKeepOrder
        data = ReferenceCache(configuration.level1Data, keeps)
        instruction = configuration.level1Instruction.map { ReferenceCache($0, keeps) }
        level2 = ReferenceCache(configuration.level2 ?? configuration.level1Data, keeps)
    }

    mutating func perform(_ access: MemoryAccess) {
        switch access.kind {
        case .prefetch: break
        case .copyBack, .invalidate: record(access)
        case .fetch:
            guard var cache = instruction else { return }
            use(&cache, access)
            instruction = cache
        default:
            var cache = data
            use(&cache, access)
            data = cache
        }
    }

    mutating func countDirty() {
        data.countDirty()
        level2.countDirty()
    }

    mutating func use(_ cache: inout ReferenceCache, _ access: MemoryAccess) {
        let isStore = access.kind.isStore
        let rule = configuration.straddle
        let (low, high) = (access.address, access.address + UInt64(access.size) - 1)
        let lines = cache.line(low)...(rule == .first ? cache.line(low) : cache.line(high))
        let count = rule == .split ? UInt64(lines.count) : 1
        if isStore { cache.counts.writes += count } else { cache.counts.reads += count }
        var misses: UInt64 = 0
        var isFetched = false
        for line in lines {
            let (hit, victim) = cache.use(line, isStore: isStore)
            if hit { continue }
            misses += 1
            let size = UInt64(cache.configuration.lineSize)
            let isWhole =
                isStore && rule != .first && low <= line * size && high - line * size >= size - 1
                && high >= line * size
            if !isWhole || configuration.fetchesWholeLines {
                if rule != .once {
                    fill(line * size, line * size, access.kind)
                } else if !isFetched {
                    fill(low, high, access.kind)
                }
                isFetched = true
            }
            if let victim { evict(&cache, victim, isData: access.kind != .fetch) }
        }
        if rule == .once { misses = min(misses, 1) }
        if isStore { cache.counts.writeMisses += misses } else { cache.counts.readMisses += misses }
    }

    mutating func fill(_ low: UInt64, _ high: UInt64, _ kind: AccessKind) {
        level2.counts.reads += 1
        var misses = false
        for line in level2.line(low)...level2.line(high) {
            if configuration.inclusion == .victim && !level2.holds(line) {
                misses = true
                continue
            }
            let (hit, victim) = level2.use(line, isStore: false)
            if !hit { misses = true }
            if victim?.isDirty == true { level2.counts.writebacks += 1 }
        }
        guard misses else { return }
        level2.counts.readMisses += 1
        if kind == .fetch {
            level2Misses.fetches += 1
        } else if kind.isStore {
            level2Misses.stores += 1
        } else {
            level2Misses.loads += 1
        }
    }

    mutating func evict(
        _ cache: inout ReferenceCache, _ victim: ReferenceCache.Entry, isData: Bool
    ) {
        if victim.isDirty { cache.counts.writebacks += 1 }
        let address = victim.line * UInt64(cache.configuration.lineSize)
        if configuration.inclusion == .victim || (victim.isDirty && configuration.forwardsVictims) {
            write(address, isDirty: victim.isDirty)
        }
    }

    mutating func write(_ address: UInt64, isDirty: Bool) {
        level2.counts.writes += 1
        let line = level2.line(address)
        let victim: ReferenceCache.Entry?
        if isDirty {
            let result = level2.use(line, isStore: true)
            if !result.hit { level2.counts.writeMisses += 1 }
            victim = result.victim
        } else {
            victim = level2.insert(.init(line: line, isDirty: false))
        }
        if victim?.isDirty == true { level2.counts.writebacks += 1 }
    }

    mutating func record(_ access: MemoryAccess) {
        let copiesBack = access.kind == .copyBack
        let range =
            access.size == 0
            ? 0...UInt64.max : access.address...(access.address + UInt64(access.size) - 1)
        // Lines named by their bytes go in the order of addresses, all lines in that of sets.
        var places = data.sets.indices.flatMap { set in
            data.sets[set].indices.map { (set: set, way: $0) }
        }
        if access.size > 0 {
            places.sort { data.sets[$0.set][$0.way].line < data.sets[$1.set][$1.way].line }
        }
        for (set, way) in places where copiesBack {
            let entry = data.sets[set][way]
            guard entry.isDirty, range.overlaps(data.bytes(entry.line)) else { continue }
            data.sets[set][way].isDirty = false
            data.counts.writebacks += 1
            if configuration.forwardsVictims {
                write(entry.line * UInt64(data.configuration.lineSize), isDirty: true)
            }
        }
        for set in level2.sets.indices {
            for way in level2.sets[set].indices
            where range.overlaps(level2.bytes(level2.sets[set][way].line)) {
                guard copiesBack, level2.sets[set][way].isDirty else { continue }
                level2.sets[set][way].isDirty = false
                level2.counts.writebacks += 1
            }
        }
        if !copiesBack {
            data.removeAll(in: range)
            level2.removeAll(in: range)
        }
    }
}
