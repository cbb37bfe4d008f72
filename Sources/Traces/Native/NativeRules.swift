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
    /// The text gives the bytes that a run spans, `BYTES/step` accesses; ``AccessRun/bytes`` are those that it
    /// touches. Without `step` both are the same.
    static func run(
        _ kind: AccessKind, _ start: Operand, span: UInt64, size: UInt32, step: UInt64,
        work: UInt64
    ) throws(Violation) -> AccessRun {
        if let violation = violation(bytes: span, step: step) { throw violation }
        let count = span / step
        let (touched, overflow) = count.multipliedReportingOverflow(by: UInt64(size))
        let last = start.address.rawValue.addingReportingOverflow(span - step)
        guard !overflow, !last.overflow, NativeLimits.fits(last.partialValue, UInt64(size)) else {
            throw Violation(expected: "a run that ends below 2^64")
        }
        return AccessRun(kind, from: start, bytes: touched, by: size, step: step, work: work)
    }

    /// What is wrong with the number of accesses, if anything.
    static func violation(bytes: UInt64, step: UInt64) -> Violation? {
        let count = bytes / step
        guard bytes % step == 0 else {
            return Violation(
                expected: "a multiple of \(step)",
                hint: "\(count) accesses leave \(bytes % step) byte(s)")
        }
        guard count <= AccessRun.maximumCount else {
            return Violation(expected: "at most 2^40 accesses")
        }
        return nil
    }

    /// The attribute whose name has a place in ``DMAAttributes/names``: places are the kernel's bit numbers.
    static func attribute(_ place: Int) -> DMAAttributes { DMAAttributes(rawValue: 1 << place) }

    /// All attributes that have names.
    static let allAttributes = DMAAttributes(
        rawValue: (1 << UInt32(DMAAttributes.names.count)) - 1)

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
