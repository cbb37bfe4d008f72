/// Which bytes of a descriptor mean what to the engine that reads it.
///
/// Engines differ in nothing but this: where the addresses, the length, the link and the flags stand.
public struct DescriptorLayout: Hashable, Sendable {
    /// What a field means.
    public enum Role: UInt8, CaseIterable, Sendable {
        /// Where the engine reads.
        case source
        /// Where the engine writes.
        case destination
        /// How many bytes it moves.
        case length
        /// Where the next descriptor is; 0: nowhere.
        case next
        /// Whether the descriptor is the engine's: if not, the engine stops before it.
        case own
        /// Whether it is the last one.
        case last
        /// Whether the first descriptor comes after it.
        case wrap
        /// What the engine writes there when the descriptor's bytes have been moved.
        case status

        /// The word of the trace format.
        public var name: String {
            switch self {
            case .source: "source"
            case .destination: "dest"
            case .length: "length"
            case .next: "next"
            case .own: "own"
            case .last: "last"
            case .wrap: "wrap"
            case .status: "status"
            }
        }

        /// Whether the field is compared with a value.
        public var isFlag: Bool { self == .own || self == .last || self == .wrap }
        /// Whether it is an address.
        public var isAddress: Bool {
            self == .source || self == .destination || self == .next
        }
    }

    /// Some bits of a number within the descriptor, least significant byte first.
    public struct Field: Hashable, Sendable {
        /// What it means.
        public var role: Role
        /// Where the number starts, in bytes from the descriptor's start.
        public var offset: UInt32
        /// How many bytes the number has: 1, 2, 4 or 8.
        public var bytes: UInt8
        /// Which of its bits belong to the field; nil: all.
        public var mask: UInt64?
        /// What a flag's bits are when it is set (nil: all ones), or what a status is written as.
        public var value: UInt64?

        /// Makes a field.
        public init(
            _ role: Role, at offset: UInt32, bytes: UInt8, mask: UInt64? = nil,
            value: UInt64? = nil
        ) {
            self.role = role
            self.offset = offset
            self.bytes = bytes
            self.mask = mask
            self.value = value
        }

        /// All bits of the number.
        public var allBits: UInt64 { bytes >= 8 ? .max : (1 << (UInt64(bytes) * 8)) - 1 }

        /// What a number in these bytes says: an address in place, a length moved down to bit 0, a flag as 0 or 1.
        public func meaning(of number: UInt64) -> UInt64 {
            let mask = mask ?? allBits
            let bits = number & mask
            if role.isFlag { return bits == value ?? mask ? 1 : 0 }
            return role == .length ? bits >> UInt64(mask.trailingZeroBitCount) : bits
        }
    }

    /// How many bytes a descriptor has, and how far those of an array are apart.
    public var size: UInt32
    /// The fields, each role at most once.
    public var fields: [Field]

    /// Makes a layout.
    public init(size: UInt32, fields: [Field]) {
        self.size = size
        self.fields = fields
    }

    /// The field with a role; nil: there is none.
    public subscript(role: Role) -> Field? { fields.first { $0.role == role } }

    /// The longest descriptor, in bytes.
    public static let maximumSize: UInt32 = 4_096
    /// How many descriptors a chain may have where the trace gives no limit.
    public static let usualLimit: UInt32 = 1_024
}
