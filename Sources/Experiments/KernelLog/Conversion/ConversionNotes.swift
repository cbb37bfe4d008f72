/// What a conversion could not say in the native format, or says otherwise than the log, counted by kind.
public struct ConversionNotes: Sendable {
    /// A kind of what is not said.
    public enum Kind: Int, CaseIterable, Sendable {
        case unmatchedRelease, unmatchedSync, failed, failedRelease, noBytes, outOfSpace, unaligned
        case noDirection, unsaid, cutEntries, longLists, unknownLengths, filledPages, partialLists
        case innerEntries, scattered, attributes, directions, addresses, bounces, losses
        case lostEvents, lateStacks, errorChecks

        /// The kind in words, behind a number and a `×`.
        public var words: String {
            switch self {
            case .unmatchedRelease: "releases of what the log never mapped: marks"
            case .unmatchedSync: "syncs of what the log never mapped: marks"
            case .failed: "maps and allocations that failed: marks"
            case .failedRelease: "releases of DMA_MAPPING_ERROR: marks"
            case .noBytes: "calls on no bytes: marks"
            case .outOfSpace: "calls on bytes at the end of the address space: marks"
            case .unaligned: "allocations that do not begin a page: marks"
            case .noDirection: "calls without a direction that the log can name: marks"
            case .unsaid: "calls on what was mapped in a way that could not be said: marks"
            case .cutEntries: "entries of lists that the kernel left out: marks tell where"
            case .longLists: "entries of lists too long for a line: marks tell where"
            case .unknownLengths: "lists whose entries have no known lengths: marks"
            case .filledPages: "lists behind an IOMMU, their entries taken to fill their pages"
            case .partialLists: "calls on an entry within a list: marks"
            case .innerEntries: "syncs of one entry of a list, as an offset from its first"
            case .scattered: "allocations in several pieces, as one range from the first on"
            case .attributes:
                "attributes and operands that the format has no place for at the call: marks"
            case .directions: "directions of allocations"
            case .addresses: "addresses of devices that are not the physical ones"
            case .bounces: "bounces: marks"
            case .losses: "notes of lost events: marks"
            case .lostEvents: "events lost by the recorder"
            case .lateStacks: "stacks far behind their events"
            case .errorChecks: "checks for map errors, which no log tells of: taken as done"
            }
        }
    }

    private var numbers = [UInt64](repeating: 0, count: Kind.allCases.count)

    /// Counts something.
    mutating func add(_ kind: Kind, _ number: UInt64 = 1) { numbers[kind.rawValue] &+= number }

    /// How often something was met.
    public subscript(kind: Kind) -> UInt64 { numbers[kind.rawValue] }

    /// What there was, in a fixed order.
    public var all: [(kind: String, count: UInt64)] {
        Kind.allCases.filter { self[$0] > 0 }.map { (kind: $0.words, count: self[$0]) }
    }
}
