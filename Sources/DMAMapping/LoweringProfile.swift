import Operations

/// What decides how calls, barriers and accessors become operations: the processor and its kernel.
///
/// A value of this type is valid: its initialiser throws all faults at once.
public struct LoweringProfile: Hashable, Sendable {
    /// A generation of processors, which decides barriers, accessors and memory types.
    public enum Architecture: String, CaseIterable, Hashable, Sendable {
        /// ARMv4 and ARMv5, whose barriers are the compiler's.
        case arm32v5 = "armv5"
        /// ARMv6, whose barriers are operations of CP15.
        case arm32v6 = "armv6"
        /// 32-bit Arm from Cortex-A5 to A17, and ARMv8 cores under a 32-bit kernel.
        case arm32v7 = "armv7"
        /// 64-bit Arm.
        case arm64
        /// ARMv7-M with caches: Cortex-M7.
        case armv7m

        /// The routines that maintain the caches of most of its cores.
        public var usualRoutines: InnerRoutines {
            switch self {
            case .arm32v5: .arm926
            case .arm32v6: .v6
            case .arm32v7: .v7
            case .arm64: .arm64
            case .armv7m: .v7m
            }
        }
    }

    /// The generation.
    public let architecture: Architecture
    /// The kernel, or none.
    public let kernel: KernelEra
    /// The routines that maintain a core's own caches.
    public let inner: InnerRoutines
    /// Bytes in the smallest data cache line, as `CTR.DminLine` says; what the kernel's loops step by.
    public let innerLineSize: UInt64
    /// Bytes in a core's own data cache, for code that takes all of it where a range is as large; nil: not known.
    public let innerCacheSize: UInt64?
    /// The outer cache; nil: none.
    public let outer: Outer?
    /// Cycles that a call of the DMA API takes besides its maintenance.
    public let callCycles: UInt64

    /// An outer cache, which the kernel drives by its controller.
    public struct Outer: Hashable, Sendable {
        /// The controller's routines.
        public var routines: OuterRoutines
        /// Bytes in one of its lines: 32 on a PL310, whatever the core's line is.
        public var lineSize: UInt64

        /// Names an outer cache.
        public init(_ routines: OuterRoutines, lineSize: UInt64 = 32) {
            self.routines = routines
            self.lineSize = lineSize
        }
    }

    /// Whether `mb()` and `wmb()` drain the outer cache (`outer_sync`).
    public var drainsOuterOnBarrier: Bool {
        outer.map { OuterRoutineRow.row(of: $0.routines).drainsOnBarrier } ?? false
    }

    /// Makes a profile.
    ///
    /// - Parameters:
    ///   - architecture: The generation.
    ///   - kernel: The kernel, or none.
    ///   - inner: The routines of the core's caches; nil: the generation's usual ones.
    ///   - innerLineSize: Bytes in a line of the core's caches.
    ///   - innerCacheSize: Bytes in a core's own data cache; nil: not known.
    ///   - outer: The outer cache; nil: none.
    ///   - callCycles: Cycles of a call besides its maintenance.
    /// - Throws: ``LoweringProfileFaults`` with every fault.
    public init(
        architecture: Architecture, kernel: KernelEra, inner: InnerRoutines? = nil,
        innerLineSize: UInt64, innerCacheSize: UInt64? = nil, outer: Outer? = nil,
        callCycles: UInt64 = 0
    ) throws(LoweringProfileFaults) {
        let inner = inner ?? architecture.usualRoutines
        var faults: [LoweringProfileFaults.Fault] = []
        if inner.architecture != architecture { faults.append(.innerRoutines(inner, architecture)) }
        if !Self.isLineSize(innerLineSize) { faults.append(.innerLineSize(innerLineSize)) }
        if let outer {
            if !Self.isLineSize(outer.lineSize) { faults.append(.outerLineSize(outer.lineSize)) }
            if !OuterRoutineRow.row(of: outer.routines).architectures.contains(architecture) {
                faults.append(.outerRoutines(outer.routines, architecture))
            }
        }
        guard faults.isEmpty else { throw LoweringProfileFaults(faults: faults) }
        self.architecture = architecture
        self.kernel = kernel
        self.inner = inner
        self.innerLineSize = innerLineSize
        self.innerCacheSize = innerCacheSize
        self.outer = outer
        self.callCycles = callCycles
    }

    /// The sizes a data cache line can have, in bytes.
    public static let lineSizes: ClosedRange<UInt64> = 16...2_048

    private static func isLineSize(_ size: UInt64) -> Bool {
        lineSizes.contains(size) && size & (size - 1) == 0
    }
}

extension InnerRoutines {
    /// Which generation of processors has them.
    var architecture: LoweringProfile.Architecture {
        switch self {
        case .nop, .v4, .v4wt, .v4wb, .arm926, .arm926WriteThrough, .feroceon, .feroceonRange,
            .mohawk, .xscale, .xscaleA0A1, .xsc3, .fa:
            .arm32v5
        case .v6, .v6ReadWriteForOwnership: .arm32v6
        case .v7, .v7Erratum764369: .arm32v7
        case .v7m: .armv7m
        case .arm64, .arm64CleanInvalidates: .arm64
        }
    }
}

/// Everything that is wrong with a profile.
public struct LoweringProfileFaults: Error, Hashable, Sendable, CustomStringConvertible {
    /// One thing that is wrong.
    public enum Fault: Hashable, Sendable, CustomStringConvertible {
        /// The routines are another generation's.
        case innerRoutines(InnerRoutines, LoweringProfile.Architecture)
        /// The inner line size is not a line size.
        case innerLineSize(UInt64)
        /// The outer line size is not a line size.
        case outerLineSize(UInt64)
        /// The kernel does not drive such a controller there.
        case outerRoutines(OuterRoutines, LoweringProfile.Architecture)

        /// The fault with value, unit and allowed range.
        public var description: String {
            let sizes = LoweringProfile.lineSizes
            let range = "a power of two from \(sizes.lowerBound) to \(sizes.upperBound) bytes"
            return switch self {
            case .innerRoutines(let routines, let architecture):
                "inner: \(routines.rawValue) on \(architecture.rawValue); allowed: "
                    + InnerRoutines.allCases.filter { $0.architecture == architecture }
                    .map(\.rawValue).joined(separator: ", ")
            case .innerLineSize(let size): "innerLineSize: \(size) bytes; allowed: \(range)"
            case .outerLineSize(let size): "outer.lineSize: \(size) bytes; allowed: \(range)"
            case .outerRoutines(let routines, let architecture):
                "outer: \(routines.rawValue) on \(architecture.rawValue); allowed: "
                    + Self.allowed(on: architecture)
            }
        }

        private static func allowed(on architecture: LoweringProfile.Architecture) -> String {
            let names = OuterRoutineRow.rows.filter { $0.architectures.contains(architecture) }
                .map(\.routines.rawValue)
            return names.isEmpty ? "none" : names.joined(separator: ", ")
        }
    }

    /// The faults, in the order of the profile's properties.
    public var faults: [Fault]

    /// All faults, one a line.
    public var description: String { faults.map(\.description).joined(separator: "\n") }
}
