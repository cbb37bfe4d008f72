/// What an access that crosses a line counts as.
public enum StraddleRule: String, CaseIterable, Sendable {
    /// One access for each line (Dinero's extended din, drcachesim).
    case split
    /// One access, of the first line only, never of a whole line (Dinero's din takes every access for 4 bytes).
    case first
    /// One access; it misses once at each level though both lines may be filled (cachegrind).
    case once
    /// One access, and a miss for each line that is absent (pycachesim).
    case each
}

/// What the second level holds beside what level 1 holds.
public enum PlainInclusion: String, CaseIterable, Sendable {
    /// Every linefill of level 1 passes through level 2 and stays; either may evict without the other.
    case none
    /// Level 2 is filled by the lines that level 1 evicts, clean or dirty, and by nothing else.
    ///
    /// A line that level 1 takes back stays in level 2. A clean victim is put in without being looked for, so that
    /// a line may be there twice, as in pycachesim's `victims_to`; a dirty one is written as any store.
    case victim
}

/// Which caches a counting machine has, and what it counts.
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
    /// Whether a store that hits leaves the order of its set as it is.
    ///
    /// In pycachesim only loads and linefills make a line the most recent.
    public var storesKeepOrder: Bool
    /// What level 2 holds.
    public var inclusion: PlainInclusion

    /// Makes a configuration with Dinero's definitions unless said otherwise.
    public init(
        level1Instruction: CacheConfiguration? = nil, level1Data: CacheConfiguration,
        level2: CacheConfiguration? = nil, straddle: StraddleRule = .split,
        fetchesWholeLines: Bool = false, forwardsVictims: Bool = true,
        storesKeepOrder: Bool = false, inclusion: PlainInclusion = .none
    ) {
        self.level1Instruction = level1Instruction
        self.level1Data = level1Data
        self.level2 = level2
        self.straddle = straddle
        self.fetchesWholeLines = fetchesWholeLines
        self.forwardsVictims = forwardsVictims
        self.storesKeepOrder = storesKeepOrder
        self.inclusion = inclusion
    }

    /// Everything that is wrong with it; empty if it can be built.
    public var faults: [ConfigurationFault] {
        let caches: [(path: String, cache: CacheConfiguration)] =
            [("l1d", level1Data)] + (level1Instruction.map { [("l1i", $0)] } ?? [])
            + (level2.map { [("l2", $0)] } ?? [])
        var faults = caches.flatMap { $0.cache.faults(path: $0.path) }
        for (path, cache) in caches where cache.replacement != .lru && cache.replacement != .fifo {
            faults.append(
                ConfigurationFault(
                    path: "\(path).replacement", found: cache.replacement.rawValue,
                    expected: "lru or fifo in a counting machine"))
        }
        if inclusion == .victim, !forwardsVictims || level2 == nil {
            faults.append(
                ConfigurationFault(
                    path: "inclusion", found: "victim",
                    expected: "a second level, and victims that are written to it"))
        }
        guard faults.isEmpty else { return faults }
        let lines = caches.reduce(0) { $0 + $1.cache.sets * UInt64($1.cache.ways) }
        if lines > MachineConfiguration.lineLimit {
            faults.append(
                ConfigurationFault(
                    path: "l1d + l1i + l2", found: "\(lines) lines",
                    expected: "at most \(MachineConfiguration.lineLimit)"))
        }
        return faults
    }
}
