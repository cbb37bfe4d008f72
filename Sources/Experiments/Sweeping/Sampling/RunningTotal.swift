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

    init(_ name: String, _ value: Double, least: Double? = nil, most: Double? = nil) {
        self.name = name
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
    ///   - name: Its name, as `L1D`.
    ///   - counts: What it has counted.
    ///   - bounds: How often it has missed at least and at most; nil: as counted.
    ///   - doubt: How many accesses it may have had more, or less.
    ///   - isWritten: Whether it is one for stores.
    /// - Returns: reads, writes, misses of both, together and as a rate, and write-backs.
    static func cache(
        _ name: String, _ counts: PlainCounts, _ bounds: PlainMissBounds? = nil,
        doubt: UInt64 = 0, isWritten: Bool = true
    ) -> [RunningTotal] {
        let bounds = bounds ?? PlainMissBounds(counts)
        let (accesses, doubt) = (Double(counts.reads + counts.writes), Double(doubt))
        let misses = (
            Double(counts.readMisses), least: Double(bounds.leastReads) - doubt,
            most: Double(bounds.mostReads) + doubt
        )
        let writeMisses = (
            Double(counts.writeMisses), least: Double(bounds.leastWrites) - doubt,
            most: Double(bounds.mostWrites) + doubt
        )
        let all = RunningTotal(
            "\(name).misses", misses.0 + writeMisses.0,
            least: Double(bounds.leastReads + bounds.leastWrites) - doubt,
            most: Double(bounds.mostReads + bounds.mostWrites) + doubt)
        var rate = all
        rate.name = "\(name).missRate"
        rate.per = accesses
        let ofReads = [
            RunningTotal("\(name).reads", Double(counts.reads)),
            RunningTotal(
                "\(name).readMisses", misses.0, least: misses.least, most: misses.most), all, rate,
        ]
        guard isWritten else { return ofReads }
        return ofReads + [
            RunningTotal("\(name).writes", Double(counts.writes)),
            RunningTotal(
                "\(name).writeMisses", writeMisses.0, least: writeMisses.least,
                most: writeMisses.most),
            RunningTotal("\(name).writebacks", Double(counts.writebacks)),
        ]
    }
}
