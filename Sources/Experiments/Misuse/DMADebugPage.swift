import DMAMapping
import Hazards

/// What there is to know of a check of the kernel's dma-debug, from its table.
public struct DMADebugPage: Hashable, Sendable {
    /// `E13`.
    public let name: String
    /// The hazard that it is about.
    public let hazard: HazardCode
    /// The kernels that have it, in words.
    public let kernels: String
    /// What it prints, with the kernels that print it so, oldest first.
    public let texts: [Text]
    /// When it is raised.
    public let condition: String
    /// What it does not see, and what it sees for nothing.
    public let misses: String
    /// What to do about it.
    public let mend: String

    /// A text and its kernels.
    public struct Text: Hashable, Sendable {
        /// The kernels, in words.
        public let kernels: String
        /// The text, with the kernel's placeholders.
        public let template: String
    }

    /// The pages of all checks, in the order of their numbers.
    public static let pages: [DMADebugPage] = DMADebugCheck.allCases.map(DMADebugPage.init)

    /// Finds a page by the check's name, whatever its case.
    public static func page(_ name: String) -> DMADebugPage? {
        DMADebugCheck(name: name).map(DMADebugPage.init)
    }

    private init(_ check: DMADebugCheck) {
        name = check.name
        hazard = check.code
        kernels = check.kernels
        texts = check.row.wordings.map {
            Text(kernels: DMADebugCheck.words($0.kernels), template: $0.template)
        }
        condition = check.row.condition
        misses = check.row.misses
        mend = check.mend
    }
}
