import Quantities

/// Pieces of a trace, one in each period, somewhere in it.
public struct IntervalSample: Hashable, Sendable {
    /// How many accesses a piece has.
    public let length: UInt64
    /// How many accesses there are to one piece.
    public let period: UInt64
    /// How many accesses before a piece are replayed and not counted, as far as they are not in the piece before.
    public let warmUp: UInt64
    /// Where in their periods the pieces lie.
    public let seed: UInt64

    /// Makes a sample.
    ///
    /// - Throws: ``AxisFault`` where a piece is empty or longer than its period.
    public init(
        length: UInt64, period: UInt64, warmUp: UInt64, seed: UInt64
    ) throws(AxisFault) {
        guard 1...period ~= length, period <= 1 << 48, warmUp <= 1 << 48 else {
            throw AxisFault(
                place: "--sample-intervals", found: "\(length) accesses in each \(period)",
                expected: "as many as the period has at most, and 1 at least")
        }
        self.length = length
        self.period = period
        self.warmUp = warmUp
        self.seed = seed
    }

    /// The piece of a period, as far as it is in the trace's beginning.
    ///
    /// Periods begin at a random place, the first one with its end alone, and each piece lies anywhere in its period: so
    /// every access has the same chance to be taken, those at the ends of the trace as well.
    func piece(_ index: UInt64) -> Range<UInt64> {
        var seeds = SplitMix64(seed: seed)
        let shift = seeds.next() % period
        var generator = SplitMix64(seed: seeds.next() ^ index)
        let offset = index * period + generator.next() % (period - length + 1)
        let lower = offset > shift ? offset - shift : 0
        return lower..<max(offset + length, shift) - shift
    }
}
