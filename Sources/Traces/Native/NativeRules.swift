import Operations

/// What a statement must fulfil in every form of the native format, text or binary.
enum NativeRules {
    /// A broken rule.
    struct Violation: Error {
        /// What may stand there.
        var expected: String
        /// Why.
        var hint: String?
    }

    /// The run that a statement describes.
    ///
    /// The text gives the bytes that a run spans; ``AccessRun/bytes`` are those that it touches. Without gaps or
    /// overlaps both are the same, and the last access may be shorter. With a step of its own a run has
    /// `BYTES/step` accesses, all of the same size.
    static func run(
        _ kind: AccessKind, _ start: Operand, span: UInt64, size: UInt32, step: UInt64,
        work: UInt64
    ) throws(Violation) -> AccessRun {
        try checkCount(of: span, by: step)
        guard step != UInt64(size) else {
            guard NativeLimits.fits(start.address.rawValue, span) else { throw endless }
            return AccessRun(kind, from: start, bytes: span, by: size, work: work)
        }
        let count = span / step
        guard span % step == 0 else {
            throw Violation(
                expected: "a multiple of the step, \(step)",
                hint: "\(count) steps leave \(span % step) byte(s)")
        }
        let (touched, overflow) = count.multipliedReportingOverflow(by: UInt64(size))
        let last = start.address.rawValue.addingReportingOverflow(span - step)
        guard !overflow, !last.overflow, NativeLimits.fits(last.partialValue, UInt64(size)) else {
            throw endless
        }
        return AccessRun(kind, from: start, bytes: touched, by: size, step: step, work: work)
    }

    private static let endless = Violation(expected: "a run that ends below 2^64")

    /// Checks the number of accesses, a shorter last one included.
    static func checkCount(of bytes: UInt64, by step: UInt64) throws(Violation) {
        let (count, rest) = bytes.quotientAndRemainder(dividingBy: step)
        guard count < AccessRun.maximumCount || (count == AccessRun.maximumCount && rest == 0)
        else { throw Violation(expected: "at most 2^40 accesses") }
    }

    /// Checks the rows and cycles of a device's transfer.
    ///
    /// Rows neither overlap nor reach the end of the address space, and all cycles together pass over less than 2^64
    /// bytes.
    static func checkShape(of transfer: DeviceOperation) throws(Violation) {
        let (rows, cycles) = (UInt64(transfer.rows), UInt64(transfer.cycles))
        guard rows > 0 else { throw Violation(expected: "at least 1 row") }
        guard cycles > 0 else { throw Violation(expected: "at least 1 cycle") }
        guard rows > 1 || transfer.pitch == 0 else {
            throw Violation(expected: "no pitch of a single row")
        }
        guard rows == 1 || transfer.pitch >= transfer.bytes else {
            throw Violation(
                expected: "at least the \(transfer.bytes) byte(s) of a row",
                hint: "the rows would overlap")
        }
        let start = transfer.start.address.rawValue
        let last = (rows - 1).multipliedReportingOverflow(by: transfer.pitch)
        let extent = last.partialValue.addingReportingOverflow(transfer.bytes)
        guard !last.overflow, !extent.overflow, NativeLimits.fits(start, extent.partialValue)
        else {
            throw Violation(
                expected: "\(rows) rows from 0x\(String(start, radix: 16)) on that end below 2^64")
        }
        guard !extent.partialValue.multipliedReportingOverflow(by: cycles).overflow else {
            throw Violation(expected: "cycles of less than 2^64 bytes together")
        }
    }

    /// The attribute whose name has a place in ``DMAAttributes/names``: places are the kernel's bit numbers.
    static func attribute(_ place: Int) -> DMAAttributes { DMAAttributes(rawValue: 1 << place) }

    /// All attributes that have names.
    static let allAttributes = DMAAttributes(
        rawValue: (1 << UInt32(DMAAttributes.names.count)) - 1)

    /// What a device can be said to be able to do, in the words of an error, and the numbers for it.
    static func settings(of function: DMACall.Function) -> (
        what: String, range: ClosedRange<UInt64>
    ) {
        switch function {
        case .setMaximumSegmentSize: ("a number of bytes", 1...UInt64(UInt32.max))
        case .setSegmentBoundary: (boundary, 1...UInt64.max)
        default: ("a number of address bits", 1...64)
        }
    }

    /// What a segment boundary looks like, in the words of an error.
    static let boundary = "a mask of the low address bits, as 0xffff"

    /// Whether a number is the mask of a device's segment boundary: 2^n - 1 for an n above 0.
    static func isBoundary(_ mask: UInt64) -> Bool { mask > 0 && mask & (mask &+ 1) == 0 }

    /// The bytes of a page, which is what the kernel copies on a write.
    static let pageSize: UInt64 = 4_096

    /// Checks that a copy on write is one of a page.
    static func checkPage(of copy: CopyRun) throws(Violation) {
        guard copy.bytes == pageSize else {
            throw Violation(expected: "\(pageSize) bytes, a page, for a copy on write")
        }
        guard copy.source.address.rawValue % pageSize == 0,
            copy.destination.address.rawValue % pageSize == 0
        else { throw Violation(expected: "two pages, at multiples of \(pageSize)") }
    }

    /// Whether text is `none` or two or three numbers with points between.
    static func isKernelVersion(_ version: String) -> Bool {
        if version == "none" { return true }
        let parts = version.utf8.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return (2...3).contains(parts.count)
            && parts.allSatisfy { part in
                (1...9).contains(part.count) && part.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
            }
    }
}

extension AccessRun {
    /// Whether each access starts where the one before ends.
    var isDense: Bool { step == UInt64(size) }

    /// The bytes that the text gives for the run: those it touches, or one step for each access.
    ///
    /// Nil if they are 2^64 or more.
    var span: UInt64? {
        if isDense { return bytes }
        let (span, overflow) = count.multipliedReportingOverflow(by: step)
        return overflow ? nil : span
    }
}
