import Operations

/// How the core's maintenance routines of a kernel walk a range, and how they end.
struct InnerRoutineRow: Sendable {
    /// Which loop invalidates.
    ///
    /// Cleans touch every line in every era.
    enum InvalidateLoop: Sendable {
        /// ``LineLoop/invalidateV7(start:end:lineSize:)``
        case v7
        /// ``LineLoop/invalidateV7Before4p20(start:end:lineSize:)``
        case v7Before4p20
        /// ``LineLoop/invalidateArm64(start:end:lineSize:)``
        case arm64
    }

    /// The family.
    var architecture: LoweringProfile.Architecture
    /// The kernels.
    var kernels: [KernelSpan]
    /// Which loop invalidates.
    var invalidate: InvalidateLoop
    /// The barrier after the last line.
    var closing: Barrier

    /// All that is known.
    ///
    /// Sources: arch/arm/mm/cache-v7.S, cache-v7m.S, arch/arm64/mm/cache.S. (linux-dma.md §2.3, §2.6)
    /// Assumption: on ARMv7 the closing `dsb` became `dsb st` in 3.12. It is `dsb` in 3.10 and `dsb st` in 4.x.
    /// Stable releases of 4.19 and before that took the 4.20 loop are not told apart from those without it.
    static let rows: [InnerRoutineRow] = [
        InnerRoutineRow(
            architecture: .arm32v7, kernels: [KernelVersion(3, 0)..<KernelVersion(3, 12)],
            invalidate: .v7Before4p20, closing: Barrier(.dsb)),
        InnerRoutineRow(
            architecture: .arm32v7, kernels: [KernelVersion(3, 12)..<KernelVersion(4, 20)],
            invalidate: .v7Before4p20, closing: Barrier(.dsb, .fullSystem, .stores)),
        InnerRoutineRow(
            architecture: .arm32v7, kernels: [KernelVersion(4, 20)..<KernelVersion.firstUnknown],
            invalidate: .v7, closing: Barrier(.dsb, .fullSystem, .stores)),
        InnerRoutineRow(
            architecture: .armv7m, kernels: [KernelVersion(4, 20)..<KernelVersion.firstUnknown],
            invalidate: .v7, closing: Barrier(.dsb, .fullSystem, .stores)),
        InnerRoutineRow(
            architecture: .arm64, kernels: [KernelVersion(5, 4)..<KernelVersion.firstUnknown],
            invalidate: .arm64, closing: Barrier(.dsb)),
    ]

    /// The lines that an operation on a range touches, in order.
    func runs(
        _ operation: RangeOperation, start: UInt64, end: UInt64, lineSize: UInt64
    ) -> [LineRun] {
        guard operation == .invalidate else {
            return LineLoop.everyLine(operation, start: start, end: end)
        }
        return switch invalidate {
        case .v7: LineLoop.invalidateV7(start: start, end: end, lineSize: lineSize)
        case .v7Before4p20:
            LineLoop.invalidateV7Before4p20(start: start, end: end, lineSize: lineSize)
        case .arm64: LineLoop.invalidateArm64(start: start, end: end, lineSize: lineSize)
        }
    }
}
