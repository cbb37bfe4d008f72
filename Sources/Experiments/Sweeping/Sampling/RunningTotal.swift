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
    /// Whether it counts these accesses themselves, so that it is known of the whole trace.
    var isOfAccesses = false

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
    ///   - name: Its name: `L1D` and `L1I` grow with their own accesses, others with all.
    ///   - counts: What it has counted.
    ///   - bounds: How often it has missed at least and at most; nil: as counted.
    ///   - doubt: How many accesses it may have had more, or less.
    /// - Returns: reads and writes, misses of both, together and as a rate, and write-backs; of `L1I` those of reads.
    static func cache(
        _ name: String, _ counts: PlainCounts, _ bounds: PlainMissBounds? = nil,
        doubt: UInt64 = 0
    ) -> [RunningTotal] {
        let bounds = bounds ?? PlainMissBounds(counts)
        let doubt = Double(doubt)
        let isOwn = name == "L1D"
        func total(
            _ what: String, _ value: UInt64, _ base: AccessCounts.Base,
            _ range: (UInt64, UInt64)? = nil
        ) -> RunningTotal {
            let (least, most) = range ?? (value, value)
            return RunningTotal(
                "\(name).\(what)", Double(value), least: Double(least) - doubt,
                most: Double(most) + doubt, of: name == "L1I" ? .fetches : isOwn ? base : .all)
        }
        let all = total(
            "misses", counts.readMisses + counts.writeMisses, .data,
            (bounds.leastReads + bounds.leastWrites, bounds.mostReads + bounds.mostWrites))
        var rate = all
        rate.name = "\(name).missRate"
        rate.per = Double(counts.reads + counts.writes)
        func known(_ what: String, _ value: UInt64, _ base: AccessCounts.Base) -> RunningTotal {
            var total = total(what, value, base)
            total.isOfAccesses = isOwn || name == "L1I"
            return total
        }
        let ofReads = [
            known("reads", counts.reads, .loads),
            total(
                "readMisses", counts.readMisses, .loads, (bounds.leastReads, bounds.mostReads)),
            all, rate,
        ]
        guard name != "L1I" else { return ofReads }
        return ofReads + [
            known("writes", counts.writes, .stores),
            total(
                "writeMisses", counts.writeMisses, .stores,
                (bounds.leastWrites, bounds.mostWrites)),
            total("writebacks", counts.writebacks, .data),
        ]
    }
}
