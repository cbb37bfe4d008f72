/// What decides how calls, barriers and accessors become operations: the processor and its kernel.
///
/// A value of this type is valid: its initialiser throws all faults at once.
public struct LoweringProfile: Hashable, Sendable {
    /// A family of processors that the kernel treats alike.
    public enum Architecture: String, CaseIterable, Hashable, Sendable {
        /// 32-bit Arm with the `cache-v7.S` routines: Cortex-A5 to A17, and ARMv8 cores under a 32-bit kernel.
        case arm32v7 = "armv7"
        /// 64-bit Arm.
        case arm64
        /// ARMv7-M with caches: Cortex-M7.
        case armv7m
    }

    /// The family.
    public let architecture: Architecture
    /// The kernel, or none.
    public let kernel: KernelEra
    /// Bytes in the smallest data cache line, as `CTR.DminLine` says; what the kernel's loops step by.
    public let innerLineSize: UInt64
    /// Bytes in a line of the outer cache; nil where there is none.
    ///
    /// 32 on a PL310, whatever the core's line is.
    public let outerLineSize: UInt64?
    /// Whether `mb()` and `wmb()` drain the outer cache.
    ///
    /// False on a PL310 that the device tree marks `arm,io-coherent` or `arm,outer-sync-disable`, where the
    /// kernel takes `outer_sync` away. Range operations still end with a cache sync there.
    public let outerSyncOnBarrier: Bool
    /// Whether the kernel works around erratum 764369 (Cortex-A9 MPCore): a DSB before each maintenance loop.
    public let errata764369: Bool
    /// Cycles that a call of the DMA API takes besides its maintenance.
    public let callCycles: UInt64

    /// Makes a profile.
    ///
    /// - Throws: ``LoweringProfileFaults`` with every fault.
    public init(
        architecture: Architecture, kernel: KernelEra, innerLineSize: UInt64,
        outerLineSize: UInt64? = nil, outerSyncOnBarrier: Bool = false, errata764369: Bool = false,
        callCycles: UInt64 = 0
    ) throws(LoweringProfileFaults) {
        var faults: [LoweringProfileFaults.Fault] = []
        if !Self.isLineSize(innerLineSize) { faults.append(.innerLineSize(innerLineSize)) }
        if let size = outerLineSize {
            if !Self.isLineSize(size) { faults.append(.outerLineSize(size)) }
            if architecture != .arm32v7 { faults.append(.outerCache(architecture)) }
        } else if outerSyncOnBarrier {
            faults.append(.outerSyncWithoutOuterCache)
        }
        if errata764369 && architecture != .arm32v7 { faults.append(.errata764369(architecture)) }
        guard faults.isEmpty else { throw LoweringProfileFaults(faults: faults) }
        self.architecture = architecture
        self.kernel = kernel
        self.innerLineSize = innerLineSize
        self.outerLineSize = outerLineSize
        self.outerSyncOnBarrier = outerSyncOnBarrier
        self.errata764369 = errata764369
        self.callCycles = callCycles
    }

    /// The sizes a data cache line can have, in bytes.
    public static let lineSizes: ClosedRange<UInt64> = 16...2_048

    private static func isLineSize(_ size: UInt64) -> Bool {
        lineSizes.contains(size) && size & (size - 1) == 0
    }
}

/// Everything that is wrong with a profile.
public struct LoweringProfileFaults: Error, Hashable, Sendable, CustomStringConvertible {
    /// One thing that is wrong.
    public enum Fault: Hashable, Sendable, CustomStringConvertible {
        /// The inner line size is not a line size.
        case innerLineSize(UInt64)
        /// The outer line size is not a line size.
        case outerLineSize(UInt64)
        /// The family has no outer cache behind a controller.
        case outerCache(LoweringProfile.Architecture)
        /// Barriers drain an outer cache that is not there.
        case outerSyncWithoutOuterCache
        /// The erratum is another family's.
        case errata764369(LoweringProfile.Architecture)

        /// The fault with value, unit and allowed range.
        public var description: String {
            let sizes = LoweringProfile.lineSizes
            let range = "a power of two from \(sizes.lowerBound) to \(sizes.upperBound) bytes"
            return switch self {
            case .innerLineSize(let size): "innerLineSize: \(size) bytes; allowed: \(range)"
            case .outerLineSize(let size): "outerLineSize: \(size) bytes; allowed: \(range)"
            case .outerCache(let architecture):
                "outerLineSize: the kernel drives no outer cache on \(architecture.rawValue); "
                    + "allowed: none"
            case .outerSyncWithoutOuterCache:
                "outerSyncOnBarrier: true without an outer cache; allowed: false"
            case .errata764369(let architecture):
                "errata764369: true on \(architecture.rawValue); allowed: false (Cortex-A9 only)"
            }
        }
    }

    /// The faults, in the order of the profile's properties.
    public var faults: [Fault]

    /// All faults, one a line.
    public var description: String { faults.map(\.description).joined(separator: "\n") }
}
