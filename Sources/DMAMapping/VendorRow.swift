import Operations

/// The versions of a library from one up to another, the second not among them.
typealias LibrarySpan = Range<LibraryVersion>

extension Range<LibraryVersion> {
    /// Every version.
    static var anyVersion: Self { LibraryVersion(0, 0)..<LibraryVersion.unbounded }

    /// From a version on: the sources read show no later change.
    static func from(_ major: UInt16, _ minor: UInt16) -> Self {
        LibraryVersion(major, minor)..<LibraryVersion.unbounded
    }

    /// Before a version.
    static func before(_ major: UInt16, _ minor: UInt16) -> Self {
        LibraryVersion(0, 0)..<LibraryVersion(major, minor)
    }
}

extension LibraryVersion {
    /// Above every version that can be written.
    static let unbounded = LibraryVersion(.max, .max, .max)
}

/// Where a library's function runs.
struct VendorTarget: Hashable, Sendable {
    /// Which outer cache the function is built for.
    enum Outer: Hashable, Sendable {
        /// With or without one.
        case optional
        /// With one that has a PL310's controller.
        case needed
    }

    /// The generation of processors.
    var architecture: LoweringProfile.Architecture
    /// The outer cache.
    var outer = Outer.optional

    /// Whether a processor is one of these.
    func includes(_ profile: LoweringProfile) -> Bool {
        profile.architecture == architecture && (outer == .optional || profile.outer != nil)
    }

    /// The target in the words of an error.
    var description: String {
        architecture.rawValue + (outer == .needed ? " with an outer cache" : "")
    }
}

/// What a function does for some arguments.
struct VendorCase: Hashable, Sendable {
    /// For which arguments.
    enum Condition: Hashable, Sendable {
        /// Any.
        case any
        /// No bytes.
        case empty
        /// Either end inside a line of the core's.
        case misaligned
        /// At least as many bytes as the core's own data cache has.
        case fillsCache
    }

    var condition: Condition
    var steps: [VendorStep]

    init(_ condition: Condition = .any, _ steps: [VendorStep]) {
        self.condition = condition
        self.steps = steps
    }

    /// Whether a range is one of those.
    func applies(start: UInt64, bytes: UInt64, _ profile: LoweringProfile) -> Bool {
        switch condition {
        case .any: true
        case .empty: bytes == 0
        case .misaligned: (start | (start &+ bytes)) & (profile.innerLineSize - 1) != 0
        case .fillsCache: profile.innerCacheSize.map { bytes >= $0 } ?? false
        }
    }
}

/// What functions of a library do on some processors in some of its versions.
struct VendorRow: Sendable {
    /// The functions.
    var functions: [VendorCall.Function]
    /// Where they run.
    var targets: [VendorTarget]
    /// The library's versions.
    var versions: LibrarySpan
    /// What is done: the first whose condition holds; if none does, nothing.
    var cases: [VendorCase]

    /// A row of all versions whose steps do not depend on the arguments.
    init(_ functions: VendorCall.Function..., on targets: [VendorTarget], _ steps: [VendorStep]) {
        self.init(functions, on: targets, .anyVersion, [VendorCase(.any, steps)])
    }

    /// A row whose steps do not depend on the arguments.
    init(
        _ functions: VendorCall.Function..., on targets: [VendorTarget], _ versions: LibrarySpan,
        _ steps: [VendorStep]
    ) {
        self.init(functions, on: targets, versions, [VendorCase(.any, steps)])
    }

    /// A row whose steps depend on the arguments.
    init(
        _ functions: [VendorCall.Function], on targets: [VendorTarget], _ versions: LibrarySpan,
        _ cases: [VendorCase]
    ) {
        self.functions = functions
        self.targets = targets
        self.versions = versions
        self.cases = cases
    }

    /// All that is known.
    static let rows = cmsis + xilinx + uBoot + zephyr + nuttX

    /// The rows of each function.
    static let byFunction: [VendorCall.Function: [VendorRow]] = {
        var result: [VendorCall.Function: [VendorRow]] = [:]
        for row in rows {
            for function in row.functions { result[function, default: []].append(row) }
        }
        return result
    }()
}
