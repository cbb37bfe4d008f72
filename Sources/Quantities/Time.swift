/// A moment, or a span, of simulated time.
///
/// One tick is one picosecond; 64 bits last 213 days.
@frozen
public struct Ticks: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable,
    AdditiveArithmetic
{
    /// Picoseconds.
    public var rawValue: UInt64

    /// Makes a time from picoseconds.
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// No time.
    public static let zero = Ticks(rawValue: 0)

    /// Makes a time from nanoseconds, rounded to the nearest picosecond.
    ///
    /// - Precondition: `nanoseconds` is finite and not negative.
    public init(nanoseconds: Double) {
        precondition(nanoseconds.isFinite && nanoseconds >= 0, "a time is finite and not negative")
        rawValue = UInt64((nanoseconds * 1_000).rounded())
    }

    /// This time in nanoseconds.
    public var nanoseconds: Double { Double(rawValue) / 1_000 }

    /// This time in seconds.
    public var seconds: Double { Double(rawValue) / 1e12 }

    /// Orders times, earlier first.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The later moment by a span.
    @inlinable
    public static func + (left: Self, right: Self) -> Self {
        Self(rawValue: left.rawValue &+ right.rawValue)
    }

    /// The span between two moments.
    ///
    /// - Precondition: `right` is not later than `left`.
    @inlinable
    public static func - (left: Self, right: Self) -> Self {
        Self(rawValue: left.rawValue - right.rawValue)
    }
}

/// A clock rate in hertz.
@frozen
public struct Frequency: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// Cycles in a second.
    public var hertz: UInt64

    /// Makes a rate from megahertz.
    ///
    /// - Precondition: `megahertz` is above zero.
    public init(megahertz: Double) {
        precondition(megahertz > 0 && megahertz.isFinite, "a clock runs")
        hertz = UInt64((megahertz * 1e6).rounded())
    }

    /// The length of one cycle, rounded to a whole picosecond.
    ///
    /// Every clock is an integer number of ticks, so that sums of cycles are exact. At 667 MHz the rounding is 0.02 %.
    public var period: Ticks { Ticks(rawValue: (1_000_000_000_000 + hertz / 2) / hertz) }

    /// This rate in megahertz.
    public var megahertz: Double { Double(hertz) / 1e6 }

    /// Orders rates, slower first.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.hertz < right.hertz }
}
