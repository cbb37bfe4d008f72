/// An address as a program uses it.
///
/// It differs from the physical one only where a trace declares an alias.
@frozen
public struct VirtualAddress: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The address in bytes.
    public var rawValue: UInt64

    /// Makes an address from a byte number.
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}
