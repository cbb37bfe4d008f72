/// An address on the interconnect: what caches, memory and devices see.
///
/// Unless a trace declares an alias, or the machine is virtually indexed, the addresses of a trace are physical.
@frozen
public struct PhysicalAddress: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The address in bytes.
    public var rawValue: UInt64

    /// Makes an address from a byte number.
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Orders addresses by byte number.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The address `bytes` further on; wraps at 2^64 as address arithmetic does.
    @inlinable
    public static func + (left: Self, bytes: UInt64) -> Self {
        Self(rawValue: left.rawValue &+ bytes)
    }
}

/// An address as a program uses it.
///
/// It differs from the physical one only where a trace declares an alias.
@frozen
public struct VirtualAddress: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The address in bytes.
    public var rawValue: UInt64

    /// Makes an address from a byte number.
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Orders addresses by byte number.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// An address as a device uses it: what `dma_map_single` returns.
@frozen
public struct DMAAddress: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The address in bytes.
    public var rawValue: UInt64

    /// Makes an address from a byte number.
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Orders addresses by byte number.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The first byte of a cache line, divided by the line size: the number of the line in memory.
@frozen
public struct LineAddress: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The line's number: its first byte's address shifted right by log2 of the line size.
    public var rawValue: UInt64

    /// Makes a line address from a line number.
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The line of 2^`shift` bytes that holds `address`.
    @inlinable
    public init(_ address: PhysicalAddress, shift: UInt8) {
        rawValue = address.rawValue &>> UInt64(shift)
    }

    /// The first byte of this line of 2^`shift` bytes.
    @inlinable
    public func firstByte(shift: UInt8) -> PhysicalAddress {
        PhysicalAddress(rawValue: rawValue &<< UInt64(shift))
    }

    /// Orders lines by number.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A row of a cache: the lines that compete for the same ways.
@frozen
public struct SetIndex: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The set's number, from 0.
    public var rawValue: UInt32

    /// Makes an index from a number.
    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A column of a cache: one of the places a line can take in its set.
@frozen
public struct WayIndex: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The way's number, from 0.
    public var rawValue: UInt32

    /// Makes an index from a number.
    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }
}
