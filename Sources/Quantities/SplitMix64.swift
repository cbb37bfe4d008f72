/// The seeded generator of every random choice in staleline: the same seed gives the same run.
///
/// The mixing function and its constants are Steele, Lea and Flood's SplitMix64 (OOPSLA 2014).
@frozen
public struct SplitMix64: RandomNumberGenerator, Sendable, BitwiseCopyable {
    /// The generator's whole state; two generators with equal states give equal numbers.
    public var state: UInt64

    /// Starts a generator.
    @inlinable
    public init(seed: UInt64) { state = seed }

    /// The next 64 random bits.
    @inlinable
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z &>> 31)
    }
}
