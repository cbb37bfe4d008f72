import Operations

/// The limits of the native format.
///
/// What exceeds one is an error, never cut off.
public enum NativeLimits {
    /// The most characters of a line.
    public static let lineLength = 4_096
    /// The most bytes of a name.
    public static let nameLength = 128
    /// How deep `repeat` and `span` may nest.
    public static let nesting = 16
    /// The most statements of a program that is held in memory.
    public static let statements = 2_000_000
    /// The highest level that a set/way operation can name, as in `CSSELR`.
    public static let cacheLevel: UInt64 = 7

    /// Whether `bytes` bytes from `address` on end at or before 2^64 - 1.
    ///
    /// The first address after a range must be a number too, so the very last byte cannot be used.
    @inlinable
    static func fits(_ address: UInt64, _ bytes: UInt64) -> Bool {
        !address.addingReportingOverflow(bytes).overflow
    }

    /// Whether a value of `bytes` bytes can be `value`.
    static func fits(value: UInt64, bytes: UInt64) -> Bool {
        bytes >= 8 || value >> (bytes * 8) == 0
    }
}

/// The names that the native format allows.
public enum NativeName {
    /// What a name looks like, in the words of an error.
    static let expectation =
        "a name (letters, digits, '_', '.', '-' or '$', first a letter or '_', at most 128)"

    /// Whether a name may stand in a native trace.
    ///
    /// It starts with an ASCII letter or `_`, goes on with letters, digits, `_`, `.`, `-` and `$`, has at most
    /// ``NativeLimits/nameLength`` bytes, and is not `core` with digits.
    public static func isValid(_ name: String) -> Bool {
        var name = name
        return name.withUTF8 { isValid($0) && !isCore($0) }
    }

    /// Whether bytes look like a name, `core0` and the like included.
    static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = bytes.first, bytes.count <= NativeLimits.nameLength else { return false }
        guard isLetter(first) else { return false }
        return bytes.allSatisfy { isLetter($0) || isDigit($0) || isMark($0) }
    }

    /// Whether bytes are `core` and one or more digits: such names belong to the cores.
    static func isCore(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.count > 4 && bytes.starts(with: "core".utf8) && bytes.dropFirst(4).allSatisfy(isDigit)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "_")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    private static func isMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "$")
    }
}
