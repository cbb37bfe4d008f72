/// Who reads or writes memory: a core or a device.
@frozen
public struct Agent: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    /// Cores are 0 to 7, devices 128 and up.
    public var rawValue: UInt8

    /// Makes an agent from its number.
    @inlinable
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The most cores that a machine can have.
    public static let maximumCores = 8

    /// The most devices that a trace can declare.
    public static let maximumDevices = 64

    /// Core `index`, from 0.
    @inlinable
    public static func core(_ index: Int) -> Agent { Agent(rawValue: UInt8(index)) }

    /// Device `index` in order of declaration, from 0.
    @inlinable
    public static func device(_ index: Int) -> Agent { Agent(rawValue: 128 + UInt8(index)) }

    /// Whether this is a core.
    @inlinable
    public var isCore: Bool { rawValue < 128 }

    /// The core's or device's number among its kind.
    @inlinable
    public var index: Int { Int(rawValue & 127) }

    /// Orders cores before devices, then by number.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
