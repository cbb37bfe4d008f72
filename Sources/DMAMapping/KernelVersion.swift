/// A version of the Linux kernel, as far as it decides what a call does.
public struct KernelVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The 6 of 6.12.15.
    public var major: Int
    /// The 12 of 6.12.15.
    public var minor: Int
    /// The 15 of 6.12.15; 0 where none is given.
    public var patch: Int

    /// Makes a version.
    public init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Reads `6.12`, `5.18.3` or what `uname -r` prints, such as `6.12.15-rt7+`.
    ///
    /// A local version (from the first `-` or `+` on) says nothing about the era and is left out of the value. A
    /// release candidate is refused: it stands before its version, and which of the version's changes it has is
    /// not known.
    public init(parsing text: String) throws(KernelVersionError) {
        let numbers = text.prefix { $0 != "-" && $0 != "+" }
        if text.dropFirst(numbers.count).hasPrefix("-rc") { throw .releaseCandidate(text) }
        let fields = numbers.split(separator: ".", omittingEmptySubsequences: false)
        guard fields.count == 2 || fields.count == 3 else { throw .malformed(text) }
        var values: [Int] = []
        for field in fields {
            guard (1...4).contains(field.utf8.count),
                field.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(field)
            else { throw .malformed(text) }
            values.append(value)
        }
        self.init(values[0], values[1], values.count == 3 ? values[2] : 0)
    }

    /// Orders versions, older first.
    public static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }

    /// The version as the kernel writes it; a patch of 0 is not written.
    public var description: String {
        patch == 0 ? "\(major).\(minor)" : "\(major).\(minor).\(patch)"
    }
}

/// What the `kernel` line of a trace says: a version, or bare metal.
public enum KernelEra: Hashable, Sendable, CustomStringConvertible {
    /// No kernel (`none`): there is no DMA API, and accessors are plain accesses.
    case bareMetal
    /// Linux of a version.
    case linux(KernelVersion)

    /// Reads `none` or a version.
    public init(parsing text: String) throws(KernelVersionError) {
        self = text == "none" ? .bareMetal : .linux(try KernelVersion(parsing: text))
    }

    /// The era in the words of the trace format.
    public var description: String {
        switch self {
        case .bareMetal: "none"
        case .linux(let version): version.description
        }
    }
}

/// Why a kernel version cannot be read.
public enum KernelVersionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not two or three numbers with points between.
    case malformed(String)
    /// A release candidate.
    case releaseCandidate(String)

    /// What stood there and what may stand there.
    public var description: String {
        switch self {
        case .malformed(let text):
            "kernel version \"\(text)\": expected a version such as 6.12 or 5.18.3, or none"
        case .releaseCandidate(let text):
            "kernel version \"\(text)\": a release candidate has no place among the eras; "
                + "name the release before or after it"
        }
    }
}

/// The kernels from one version up to another, the second not among them.
typealias KernelSpan = Range<KernelVersion>

extension KernelVersion {
    /// The first version that a table knows.
    ///
    /// Assumption: from 2.6.30 on `dma_cache_maint` takes an inner and an outer operation by direction; older ones
    /// were not read.
    static let firstKnown = KernelVersion(2, 6, 30)

    /// The version from which the kernel maintains buffers before *and* after a transfer.
    static let maintainsTwice = KernelVersion(2, 6, 34)

    /// The first version in which a call of arm64 waits once, however many entries its list has.
    ///
    /// Assumption: the series was posted for the merge window of 7.1. (linux-dma.md §2.6, §8)
    static let batches = KernelVersion(7, 1)

    /// The first version that no table knows.
    ///
    /// The sources read end at 6.18. Assumption: 7.0 and 7.1 differ from it in what `batches` says and nothing else.
    static let firstUnknown = KernelVersion(7, 2)
}

// The spans that more than one table has.
extension Range<KernelVersion> {
    static var all: Self { KernelVersion.firstKnown..<KernelVersion.firstUnknown }
    static var maintainingOnce: Self { KernelVersion.firstKnown..<KernelVersion.maintainsTwice }
    static var maintainingTwice: Self { KernelVersion.maintainsTwice..<KernelVersion.firstUnknown }
    static var before3p12: Self { KernelVersion.firstKnown..<KernelVersion(3, 12) }
    static var from3p12To4p19: Self { KernelVersion(3, 12)..<KernelVersion(4, 20) }
    static var from4p20: Self { KernelVersion(4, 20)..<KernelVersion.firstUnknown }
    /// ARM11MPCore is in 6.1 and no longer in 6.18; between them nothing was read.
    static var armElevenMPCore: Self { KernelVersion.firstKnown..<KernelVersion(6, 2) }
    /// The kernels for arm64 that maintain caches for devices: from 3.15 on, from memory.
    ///
    /// Their routines (arch/arm64/mm/cache.S) were read of 3.10 with a later kernel's back-ported, 4.1, 4.4, 4.9 and 4.17: they
    /// are the same.
    static var arm64: Self { KernelVersion(3, 15)..<KernelVersion.firstUnknown }
}
