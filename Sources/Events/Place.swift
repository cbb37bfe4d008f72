import Quantities

/// A place that can hold a copy of a byte.
@frozen
public struct Place: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The place's number; the high half says which kind, the low half which core.
    public var rawValue: UInt8

    /// Makes a place from its number.
    @inlinable
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// DRAM or other memory: the Point of Coherency of machines without a system cache.
    public static let memory = Place(rawValue: 0)
    /// The unified second level, integrated with the cores.
    public static let level2 = Place(rawValue: 0x40)
    /// An outer second level behind its own controller (PL310).
    public static let outer = Place(rawValue: 0x41)
    /// The outer cache's store buffer.
    public static let outerStoreBuffer = Place(rawValue: 0x42)
    /// The third level.
    public static let level3 = Place(rawValue: 0x43)

    /// A core's level-1 data cache.
    @inlinable
    public static func level1Data(_ core: Int) -> Place {
        Place(rawValue: 0x10 &+ UInt8(truncatingIfNeeded: core))
    }
    /// The copy of a line in a core's level-1 data cache that was loaded under an alias, 1 to 7.
    ///
    /// Only caches indexed by virtual address have such copies; alias 0 is the place without one.
    @inlinable
    public static func level1Data(_ core: Int, alias: Int) -> Place {
        alias == 0
            ? level1Data(core)
            : Place(rawValue: 0x80 | UInt8(truncatingIfNeeded: alias) &<< 3 | UInt8(core))
    }
    /// A core's own second level.
    @inlinable
    public static func level2(_ core: Int) -> Place {
        Place(rawValue: 0x50 &+ UInt8(truncatingIfNeeded: core))
    }
    /// A core's level-1 instruction cache.
    @inlinable
    public static func level1Instruction(_ core: Int) -> Place {
        Place(rawValue: 0x20 &+ UInt8(truncatingIfNeeded: core))
    }
    /// A core's store buffer.
    @inlinable
    public static func storeBuffer(_ core: Int) -> Place {
        Place(rawValue: 0x30 &+ UInt8(truncatingIfNeeded: core))
    }

    /// The core whose own place it is; nil for shared places.
    @inlinable
    public var core: Int? {
        if rawValue >= 0x80 { return Int(rawValue & 7) }
        return rawValue >= 0x10 && rawValue < 0x60 && rawValue & 0xF0 != 0x40
            ? Int(rawValue & 0xF) : nil
    }
    /// Whether it is a level-1 data cache.
    @inlinable
    public var isLevel1Data: Bool { rawValue & 0xF0 == 0x10 || rawValue >= 0x80 }
    /// Whether it is a level-1 instruction cache.
    @inlinable
    public var isLevel1Instruction: Bool { rawValue & 0xF0 == 0x20 }
    /// Whether it is a second level, shared or a core's own, integrated or outer.
    @inlinable
    public var isLevel2: Bool {
        self == .level2 || self == .outer || rawValue & 0xF0 == 0x50
    }
    /// Whether it is a buffer between a core and memory.
    @inlinable
    public var isBuffer: Bool { rawValue & 0xF0 == 0x30 || self == .outerStoreBuffer }
    /// Whether it is a cache that holds data.
    @inlinable
    public var isDataCache: Bool { isLevel1Data || isLevel2 || self == .level3 }

    /// Orders places by number.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// What people call it: `L1D0`, `L2`, `PL310`, `DRAM`.
    public var name: String {
        switch rawValue & 0xF0 {
        case 0x10: "L1D\(rawValue & 0xF)"
        case 0x20: "L1I\(rawValue & 0xF)"
        case 0x30: "store buffer \(rawValue & 0xF)"
        case 0x50: "L2 of core \(rawValue & 0xF)"
        case 0x80...0xB0: "L1D\(rawValue & 7) (alias \(rawValue &>> 3 & 7))"
        default:
            switch self {
            case .memory: "DRAM"
            case .level2: "L2"
            case .outer: "outer L2"
            case .level3: "L3"
            case .outerStoreBuffer: "outer store buffer"
            default: "place \(rawValue)"
            }
        }
    }
}
