import Operations

/// What one line of a foreign text format says.
enum LineOutcome {
    /// An access.
    case access(MemoryAccess)
    /// A load and a store of the same bytes, one record.
    case pair(MemoryAccess, MemoryAccess)
    /// Not a record. The number is the kind's place in ``LineGrammar/skippedKinds``.
    case skipped(Int)
    /// Nothing that the format knows.
    case fault(LineFault)
}

/// Why a line is no record: where in the line, what is there, and what may be there.
struct LineFault: Error {
    /// In bytes, from 1; 0: the whole line.
    var column: Int
    var found: String
    var expected: String
    var hint: String?
}

/// How far a fast scan came.
struct LineScan {
    /// Bytes of whole lines that were taken.
    var bytes = 0
    /// Lines that were taken; each is a record.
    var lines = 0
    /// Accesses that were written.
    var accesses = 0

    /// Where the comment that begins at `place` ends: at a control byte, or at `length`.
    @inline(__always)
    static func endOfComment(_ text: UnsafePointer<UInt8>, _ place: Int, _ length: Int) -> Int {
        var end = place
        while end < length, !LineCursor.isControl(text[end]) { end += 1 }
        return end
    }
}

/// A foreign text format, one record in a line.
///
/// Each format has two parsers. `scan` takes as many lines as possible of the one shape that programs print, and
/// stops without complaint at anything else. `parse` takes a single line of any permitted shape, and says what is
/// wrong with the others. Tests hold the two to the same results.
protocol LineGrammar {
    /// The kinds of lines that are no records and no faults.
    static var skippedKinds: [String] { get }

    /// Takes lines from the front of `text`.
    ///
    /// - Parameters:
    ///   - text: Bytes, of which `length` count; ``HexWord/slack`` more are readable.
    ///   - length: How many bytes count.
    ///   - block: Where accesses go.
    ///   - capacity: How many accesses fit; at least 2.
    /// - Returns: How far it came.
    static func scan(
        _ text: UnsafePointer<UInt8>, _ length: Int,
        into block: UnsafeMutablePointer<MemoryAccess>, capacity: Int
    ) -> LineScan

    /// Takes one line, without its end.
    static func parse(_ line: UnsafeBufferPointer<UInt8>) -> LineOutcome
}

/// The most bytes of one access; more than any instruction moves, so more is a damaged file.
let maximumAccessSize: UInt64 = 1 << 16

/// Makes an access of numbers from a file, or says why they cannot be one.
///
/// - Parameters:
///   - kind: What is done.
///   - address: The first byte.
///   - size: How many bytes.
///   - sizeColumn: Where the size stands, for the fault.
/// - Returns: The access.
/// - Throws: the fault of a size that is impossible.
func checkedAccess(
    _ kind: AccessKind, at address: UInt64, size: UInt64, sizeColumn: Int
) throws(LineFault) -> MemoryAccess {
    let isRange = kind == .copyBack || kind == .invalidate
    if size == 0, !isRange {
        throw LineFault(column: sizeColumn, found: "a size of 0", expected: "a size from 1")
    }
    // Copy-back and invalidate name a range, and 0 is the whole cache.
    let limit = isRange ? UInt64(UInt32.max) : maximumAccessSize
    guard size <= limit else {
        throw LineFault(
            column: sizeColumn, found: "a size of \(size)", expected: "a size up to \(limit)")
    }
    guard size == 0 || address <= UInt64.max - (size - 1) else {
        throw LineFault(
            column: sizeColumn, found: "\(size) bytes that end above 2^64",
            expected: "an access that ends within 64 bits")
    }
    return MemoryAccess(kind, at: address, size: UInt32(size))
}
