/// A version of a bare-metal library, as far as it decides what a function does: `5.5.0`, `2016.09`.
public struct LibraryVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The 5 of 5.4.2.
    public var major: UInt16
    /// The 4 of 5.4.2.
    public var minor: UInt16
    /// The 2 of 5.4.2; 0 where none is given.
    public var patch: UInt16

    /// Makes a version.
    public init(_ major: UInt16, _ minor: UInt16, _ patch: UInt16 = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Reads two or three numbers of up to four digits with points between; nil for anything else.
    public init?(parsing text: String) {
        let fields = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (2...3).contains(fields.count) else { return nil }
        var numbers: [UInt16] = []
        for field in fields {
            guard (1...4).contains(field.count),
                field.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 })
            else { return nil }
            numbers.append(field.reduce(0) { $0 * 10 + UInt16($1 - UInt8(ascii: "0")) })
        }
        self.init(numbers[0], numbers[1], numbers.count == 3 ? numbers[2] : 0)
    }

    /// The highest number of a part, so that every version can be written and read back.
    public static let highestPart: UInt16 = 9_999

    /// Orders versions, older first.
    public static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }

    /// The version as a trace writes it; a patch of 0 is not written, the month of a year with two digits.
    public var description: String {
        let isMonth = (2_000..<3_000).contains(major) && (1...9).contains(minor)
        let first = "\(major).\(isMonth ? "0" : "")\(minor)"
        return patch == 0 ? first : "\(first).\(patch)"
    }
}
