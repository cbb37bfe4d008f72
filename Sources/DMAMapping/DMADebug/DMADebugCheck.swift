/// A check of the kernel's dma-debug (CONFIG_DMA_API_DEBUG, kernel/dma/debug.c), by the numbers of linux-dma.md §3.1.
///
/// What each one prints, when, and since which kernel is in ``row``.
public enum DMADebugCheck: Int, CaseIterable, Hashable, Sendable, Comparable {
    case e1 = 1
    case e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, e12, e13, e14, e15, e16, e17, e18, e19, e20
    case e21, e22, e23, e24

    /// `E13`.
    public var name: String { "E\(rawValue)" }

    /// Finds a check by its name, whatever its case.
    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name.uppercased() }) else {
            return nil
        }
        self = found
    }

    /// Orders checks by number.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// What a check prints in some kernels.
    public struct Wording: Hashable, Sendable {
        /// The kernels, from the first up to the second.
        public var kernels: Range<KernelVersion>
        /// The text with the kernel's placeholders (`%llu`, `%s` …), without what precedes it and a newline at its end.
        public var template: String
    }

    /// What there is to know of a check.
    public struct Row: Hashable, Sendable {
        /// Its texts, oldest first; a kernel that none names does not have the check.
        public var wordings: [Wording]
        /// When it is raised.
        public var condition: String
        /// The hazard of the catalogue that it is about: `H16`.
        public var hazard: String
        /// What it does not see, and what it sees that is no fault; empty: nothing is known.
        public var misses: String
    }

    /// Its row of the table.
    public var row: Row { Self.table[rawValue - 1] }

    /// The text of a kernel; nil: it does not have the check.
    public func template(_ kernel: KernelVersion) -> String? {
        row.wordings.last { $0.kernels.contains(kernel) }?.template
    }

    /// The kernels that have the check, as `5.4 to 6.12` or `from 3.8`.
    public var kernels: String {
        guard let first = row.wordings.first, let last = row.wordings.last else { return "none" }
        return Self.words(first.kernels.lowerBound..<last.kernels.upperBound)
    }

    /// A span of kernels in words.
    public static func words(_ span: Range<KernelVersion>) -> String {
        let start = span.lowerBound <= .firstKnown ? "" : "from \(span.lowerBound)"
        let end = span.upperBound >= .firstUnknown ? "" : "before \(span.upperBound)"
        let words = [start, end].filter { !$0.isEmpty }.joined(separator: ", ")
        return words.isEmpty ? "all kernels" : words
    }
}
