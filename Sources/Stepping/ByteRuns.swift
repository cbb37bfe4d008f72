/// Which version each byte of a line has, as runs of equal versions.
///
/// A line that was written as a whole is one run, so that states of long traces stay small.
public struct ByteRuns: Hashable, Sendable {
    /// Bytes from one on that have the same version.
    public struct Run: Hashable, Sendable {
        /// The first byte, from 0.
        public var start: UInt8
        /// The version of the bytes up to the next run.
        public var version: UInt32

        /// Makes a run.
        public init(start: Int, version: UInt32) {
            self.start = UInt8(start)
            self.version = version
        }
    }

    /// How many bytes are told apart: those of the longest line that is drawn as one.
    public static let count = 64
    /// No copy of a byte.
    public static let none = UInt32.max

    /// The runs, ascending; the first one starts at 0, and neighbours differ.
    public private(set) var runs: [Run]

    /// Gives all bytes one version.
    public init(_ version: UInt32) { runs = [Run(start: 0, version: version)] }

    /// The version of a byte.
    public subscript(byte: Int) -> UInt32 {
        var version = runs[0].version
        for run in runs.dropFirst() {
            if Int(run.start) > byte { break }
            version = run.version
        }
        return version
    }

    /// The runs of some bytes; the first one starts where the bytes do.
    ///
    /// - Precondition: `range` is not empty.
    public func runs(in range: Range<Int>) -> [Run] {
        var result = [Run(start: range.lowerBound, version: self[range.lowerBound])]
        for run in runs where Int(run.start) > range.lowerBound && Int(run.start) < range.upperBound
        {
            result.append(run)
        }
        return result
    }

    /// Gives bytes a version.
    public mutating func set(_ range: Range<Int>, to version: UInt32) {
        replace(range, with: [Run(start: range.lowerBound, version: version)])
    }

    /// Gives bytes the versions that others have, and where these have none those of a third.
    public mutating func set(_ range: Range<Int>, to other: ByteRuns, else third: ByteRuns) {
        var parts: [Run] = []
        let taken = other.runs(in: range)
        for (index, run) in taken.enumerated() {
            if run.version != Self.none {
                parts.append(run)
                continue
            }
            let end = index + 1 < taken.count ? Int(taken[index + 1].start) : range.upperBound
            parts += third.runs(in: Int(run.start)..<end)
        }
        replace(range, with: parts)
    }

    /// Gives bytes the versions that others have; those without one there stay.
    public mutating func set(_ range: Range<Int>, to other: ByteRuns) {
        set(range, to: other, else: self)
    }

    private mutating func replace(_ range: Range<Int>, with parts: [Run]) {
        var result: [Run] = []
        func append(_ run: Run) {
            if result.last?.version != run.version { result.append(run) }
        }
        for run in runs where Int(run.start) < range.lowerBound { append(run) }
        for run in parts { append(run) }
        if range.upperBound < Self.count {
            append(Run(start: range.upperBound, version: self[range.upperBound]))
            for run in runs where Int(run.start) > range.upperBound { append(run) }
        }
        runs = result
    }
}
