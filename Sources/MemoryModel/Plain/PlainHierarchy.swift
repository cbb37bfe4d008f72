import Operations
import Quantities

// The counting machine behind `replay --plain`: no time, no store buffer, no prefetch. L1I and L1D over one
// unified level 2, all LRU, write-back, write-allocate. A dirty L1 victim is written to level 2 after the demand
// fetch, and allocates there. It has no probe: it counts and nothing else, so that it can keep up with a loop
// written by hand. That the full machine gives the same counts is a test (`PlainAgreementTests`).

/// What an access that crosses a line counts as.
public enum StraddleRule: String, CaseIterable, Sendable {
    /// One access for each line (Dinero's extended din, drcachesim).
    case split
    /// One access, of the first line only, never of a whole line (Dinero's din takes every access for 4 bytes).
    case first
    /// One access; it misses once though both lines may be filled (cachegrind).
    case once
}

/// Which caches a counting machine has.
public struct PlainConfiguration: Hashable, Sendable {
    /// The instruction cache; nil: fetches are ignored.
    public var level1Instruction: CacheConfiguration?
    /// The data cache.
    public var level1Data: CacheConfiguration
    /// The second level; nil: none.
    public var level2: CacheConfiguration?
    /// What crossing a line counts as.
    public var straddle: StraddleRule
    /// Whether a store that covers a whole line fetches it all the same.
    ///
    /// Dinero does not: there is nothing in the old line that the store leaves. drcachesim and cachegrind do.
    public var fetchesWholeLines: Bool
    /// Whether a dirty L1 victim is written to level 2.
    ///
    /// drcachesim and cachegrind do not model it.
    public var forwardsVictims: Bool

    /// Makes a configuration with Dinero's definitions unless said otherwise.
    public init(
        level1Instruction: CacheConfiguration? = nil, level1Data: CacheConfiguration,
        level2: CacheConfiguration? = nil, straddle: StraddleRule = .split,
        fetchesWholeLines: Bool = false, forwardsVictims: Bool = true
    ) {
        self.fetchesWholeLines = fetchesWholeLines
        self.forwardsVictims = forwardsVictims
        self.level1Instruction = level1Instruction
        self.level1Data = level1Data
        self.level2 = level2
        self.straddle = straddle
    }
}

/// A machine that counts.
public struct PlainHierarchy: ~Copyable {
    var instruction: PlainCache
    var data: PlainCache
    var level2: PlainCache
    let hasInstruction: Bool
    let hasLevel2: Bool
    let straddle: StraddleRule
    let fetchesWholeLines: Bool
    let forwardsVictims: Bool
    /// The line of the last fetch: the next fetch is mostly from it, and using it again changes nothing.
    var lastFetchLine = UInt64.max

    /// Builds empty caches.
    ///
    /// - Throws: ``ConfigurationFaults`` with everything that is wrong in any cache.
    public init(_ configuration: PlainConfiguration) throws(ConfigurationFaults) {
        var faults = configuration.level1Data.faults(path: "l1d")
        faults += configuration.level1Instruction?.faults(path: "l1i") ?? []
        faults += configuration.level2?.faults(path: "l2") ?? []
        let caches = [
            configuration.level1Data, configuration.level1Instruction, configuration.level2,
        ]
        if faults.isEmpty {
            let lines = caches.compactMap { $0 }.reduce(0) { $0 + $1.sets * UInt64($1.ways) }
            if lines > MachineConfiguration.lineLimit {
                faults.append(
                    ConfigurationFault(
                        path: "l1d + l1i + l2", found: "\(lines) lines",
                        expected: "at most \(MachineConfiguration.lineLimit)"))
            }
        }
        if !faults.isEmpty { throw ConfigurationFaults(faults) }
        let nothing = CacheConfiguration(size: 64, ways: 1, lineSize: 64)
        instruction = PlainCache(configuration.level1Instruction ?? nothing)
        data = PlainCache(configuration.level1Data)
        level2 = PlainCache(configuration.level2 ?? nothing)
        hasInstruction = configuration.level1Instruction != nil
        hasLevel2 = configuration.level2 != nil
        straddle = configuration.straddle
        fetchesWholeLines = configuration.fetchesWholeLines
        forwardsVictims = configuration.forwardsVictims
    }

    /// The counts so far.
    ///
    /// `dirtyAtEnd` is worked out on the way. nil for a cache that is not there.
    public var counts: (instruction: PlainCounts?, data: PlainCounts, level2: PlainCounts?) {
        var data = self.data.counts
        data.dirtyAtEnd = UInt64(self.data.dirtyLines.count)
        var level2 = self.level2.counts
        level2.dirtyAtEnd = UInt64(self.level2.dirtyLines.count)
        return (hasInstruction ? instruction.counts : nil, data, hasLevel2 ? level2 : nil)
    }

    /// Counts accesses.
    ///
    /// - Complexity: O(*w*) an access in the associativity *w*, mostly one compare.
    public mutating func replay(_ accesses: UnsafeBufferPointer<MemoryAccess>) {
        for index in 0..<accesses.count {
            let access = accesses[index]
            switch access.kind {
            case .load, .miscellaneousRead, .loadExclusive, .loadAcquire:
                useData(access.address, access.size, dirty: 0)
            case .store, .storeExclusive, .storeRelease:
                useData(access.address, access.size, dirty: 1)
            case .fetch:
                if hasInstruction { fetch(access.address, access.size) }
            case .prefetch: break
            case .copyBack, .invalidate: performCacheRecord(access)
            }
        }
    }

    @inline(__always)
    private mutating func useData(_ address: UInt64, _ size: UInt32, dirty: UInt64) {
        let first = address &>> data.shift
        let last = (address &+ UInt64(size) &- 1) &>> data.shift
        if dirty == 0 { data.counts.reads &+= 1 } else { data.counts.writes &+= 1 }
        if first == last || straddle == .first {
            if let victim = data.use(first, dirty: dirty) {
                dataMiss(first, victim, dirty, address, size)
            }
        } else {
            straddleData(first, last, dirty, address, size)
        }
    }

    @inline(never)
    private mutating func straddleData(
        _ first: UInt64, _ last: UInt64, _ dirty: UInt64, _ address: UInt64, _ size: UInt32
    ) {
        if straddle == .split {
            let more = last &- first
            if dirty == 0 { data.counts.reads &+= more } else { data.counts.writes &+= more }
        }
        let missesBefore = (data.counts.readMisses, data.counts.writeMisses)
        var missed = false
        for line in first...max(first, last) {
            if let victim = data.use(line, dirty: dirty) {
                dataMiss(line, victim, dirty, address, size)
                missed = true
            }
        }
        if straddle == .once {
            (data.counts.readMisses, data.counts.writeMisses) = missesBefore
            if missed {
                if dirty == 0 {
                    data.counts.readMisses &+= 1
                } else {
                    data.counts.writeMisses &+= 1
                }
            }
        }
    }

    @inline(never)
    private mutating func dataMiss(
        _ line: UInt64, _ victim: UInt64, _ dirty: UInt64, _ address: UInt64, _ size: UInt32
    ) {
        if dirty == 0 { data.counts.readMisses &+= 1 } else { data.counts.writeMisses &+= 1 }
        if hasLevel2 {
            let start = line &<< data.shift
            let isWhole =
                dirty == 1 && straddle != .first && address <= start
                && address &+ UInt64(size) >= start &+ 1 &<< data.shift
            if !isWhole || fetchesWholeLines { readLevel2(start) }
        }
        if victim & 1 == 1, victim != PlainCache.empty { writeBack(victim &>> 1) }
    }

    private mutating func writeBack(_ line: UInt64) {
        data.counts.writebacks &+= 1
        guard hasLevel2, forwardsVictims else { return }
        level2.counts.writes &+= 1
        if let victim = level2.use((line &<< data.shift) &>> level2.shift, dirty: 1) {
            level2.counts.writeMisses &+= 1
            if victim & 1 == 1, victim != PlainCache.empty { level2.counts.writebacks &+= 1 }
        }
    }

    private mutating func readLevel2(_ address: UInt64) {
        level2.counts.reads &+= 1
        if let victim = level2.use(address &>> level2.shift, dirty: 0) {
            level2.counts.readMisses &+= 1
            if victim & 1 == 1, victim != PlainCache.empty { level2.counts.writebacks &+= 1 }
        }
    }

    @inline(__always)
    private mutating func fetch(_ address: UInt64, _ size: UInt32) {
        let first = address &>> instruction.shift
        let last = (address &+ UInt64(size) &- 1) &>> instruction.shift
        instruction.counts.reads &+= 1
        if first == last {
            if first == lastFetchLine { return }
            lastFetchLine = first
            if instruction.use(first, dirty: 0) != nil { fetchMiss(first) }
        } else {
            straddleFetch(first, last)
        }
    }

    @inline(never)
    private mutating func straddleFetch(_ first: UInt64, _ last: UInt64) {
        let end = straddle == .first ? first : last
        if straddle == .split { instruction.counts.reads &+= last &- first }
        let missesBefore = instruction.counts.readMisses
        var missed = false
        for line in first...max(first, end) where instruction.use(line, dirty: 0) != nil {
            fetchMiss(line)
            missed = true
        }
        lastFetchLine = end
        if straddle == .once { instruction.counts.readMisses = missesBefore &+ (missed ? 1 : 0) }
    }

    @inline(never)
    private mutating func fetchMiss(_ line: UInt64) {
        instruction.counts.readMisses &+= 1
        if hasLevel2 { readLevel2(line &<< instruction.shift) }
    }

    /// Performs a copy-back or invalidate record on both data levels.
    private mutating func performCacheRecord(_ access: MemoryAccess) {
        let copiesBack = access.kind == .copyBack
        if access.size == 0 {
            if copiesBack { flush() } else { empty() }
            return
        }
        let first = access.address &>> data.shift
        for line in first...max(first, (access.address &+ UInt64(access.size) &- 1) &>> data.shift)
        {
            guard let index = data.find(line) else { continue }
            if copiesBack {
                if data.entries[index] & 1 == 1 { writeBack(line) }
                data.entries[index] &= ~1
            } else {
                data.remove(at: index)
            }
        }
        if hasLevel2 { performLevel2Record(access, copiesBack) }
    }

    private mutating func performLevel2Record(_ access: MemoryAccess, _ copiesBack: Bool) {
        let first = access.address &>> level2.shift
        let last = (access.address &+ UInt64(access.size) &- 1) &>> level2.shift
        for line in first...max(first, last) {
            guard let index = level2.find(line) else { continue }
            if copiesBack {
                if level2.entries[index] & 1 == 1 { level2.counts.writebacks &+= 1 }
                level2.entries[index] &= ~1
            } else {
                level2.remove(at: index)
            }
        }
    }

    private mutating func empty() {
        for index in 0..<data.entries.count { data.entries[index] = PlainCache.empty }
        for index in 0..<level2.entries.count { level2.entries[index] = PlainCache.empty }
    }

    /// Cleans every dirty line, level 1 into level 2 first, as Dinero does at the end of a run.
    public mutating func flush() {
        for line in data.dirtyLines { writeBack(line) }
        for index in 0..<data.entries.count where data.entries[index] != PlainCache.empty {
            data.entries[index] &= ~1
        }
        guard hasLevel2 else { return }
        for index in 0..<level2.entries.count
        where level2.entries[index] != PlainCache.empty && level2.entries[index] & 1 == 1 {
            level2.counts.writebacks &+= 1
            level2.entries[index] &= ~1
        }
    }
}
