import MemoryModel

/// What has been counted so far at one point, of which a sample takes differences.
struct RunningTotal {
    /// Its name, as `L1D.misses`.
    var name: String
    /// How much it is.
    var value: Double
    /// How much it is at least, whatever came before the sample's pieces.
    var least: Double
    /// How much it is at most.
    var most: Double
    /// What it is a rate of; nil: it is a number of the whole trace.
    var per: Double?
    /// Which accesses it grows with.
    var base: AccessCounts.Base
    /// What it is worked out from.
    var growth = Growth.sets
    /// Whether it counts accesses of some kind, or is their rate: bytes and time are not bounded by how many there are.
    var countsAccesses = false

    /// What a number of the whole trace is worked out from.
    enum Growth {
        /// From the accesses: it counts them, or is a rate of what is not known of the whole trace.
        case accesses
        /// From the sets, where some of them were counted; of pieces of the trace from the accesses.
        case sets
    }

    /// A cache, by the name that it has in results.
    enum Cache: String {
        case level1Data = "L1D"
        case level1Instruction = "L1I"
        case level2 = "L2"
        case level3 = "L3"

        /// The accesses of the trace that its own are.
        var base: AccessCounts.Base {
            switch self {
            case .level1Data: .data
            case .level1Instruction: .fetches
            case .level2, .level3: .all
            }
        }

        /// Whether how often it is asked is known of the whole trace.
        var isFirst: Bool { self == .level1Data || self == .level1Instruction }
    }

    init(
        _ name: String, _ value: Double, least: Double? = nil, most: Double? = nil,
        of base: AccessCounts.Base = .all
    ) {
        self.name = name
        self.base = base
        self.value = value
        self.least = least ?? value
        self.most = most ?? value
    }

    /// What has been added since.
    static func - (left: RunningTotal, right: RunningTotal) -> RunningTotal {
        var total = left
        total.value -= right.value
        total.least -= right.least
        total.most -= right.most
        if let per = right.per { total.per? -= per }
        return total
    }

    /// Adds what has been counted elsewhere.
    static func += (left: inout RunningTotal, right: RunningTotal) {
        left.value += right.value
        left.least += right.least
        left.most += right.most
        if let per = right.per { left.per? += per }
    }

    /// The totals of a cache.
    ///
    /// - Parameters:
    ///   - cache: Which.
    ///   - counts: What it has counted.
    ///   - bounds: How often it has missed at least and at most; nil: as counted.
    ///   - doubt: How many accesses it may have had more, or less.
    /// - Returns: reads and writes, misses of both, together and as a rate, and write-backs; of `L1I` those of reads.
    static func cache(
        _ cache: Cache, _ counts: PlainCounts, _ bounds: PlainMissBounds? = nil,
        doubt: UInt64 = 0
    ) -> [RunningTotal] {
        let bounds = bounds ?? PlainMissBounds(counts)
        let doubt = Double(doubt)
        func total(
            _ what: String, _ value: UInt64, _ base: AccessCounts.Base,
            _ range: (UInt64, UInt64)? = nil
        ) -> RunningTotal {
            let (least, most) = range ?? (value, value)
            var total = RunningTotal(
                "\(cache.rawValue).\(what)", Double(value), least: Double(least) - doubt,
                most: Double(most) + doubt, of: cache == .level1Data ? base : cache.base)
            total.countsAccesses = true
            return total
        }
        func asked(
            _ what: String, _ value: UInt64, _ base: AccessCounts.Base
        ) -> RunningTotal {
            var total = total(what, value, base)
            if cache.isFirst { total.growth = .accesses }
            return total
        }
        let all = total(
            "misses", counts.readMisses + counts.writeMisses, .data,
            (bounds.leastReads + bounds.leastWrites, bounds.mostReads + bounds.mostWrites))
        var rate = all
        rate.name = "\(cache.rawValue).missRate"
        rate.per = Double(counts.reads + counts.writes)
        if !cache.isFirst { rate.growth = .accesses }
        let ofReads = [
            asked("reads", counts.reads, .loads),
            total(
                "readMisses", counts.readMisses, .loads, (bounds.leastReads, bounds.mostReads)),
            all, rate,
        ]
        guard cache != .level1Instruction else { return ofReads }
        return ofReads + [
            asked("writes", counts.writes, .stores),
            total(
                "writeMisses", counts.writeMisses, .stores,
                (bounds.leastWrites, bounds.mostWrites)),
            total("writebacks", counts.writebacks, .data),
        ]
    }
}
