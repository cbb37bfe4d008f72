import DMAMapping
import Operations
import Quantities
import Testing

/// Every family of routines under every era, held to how often each instruction is done.
///
/// The formulas are those of the reference, computed here from the ends of the range alone. Every range with both ends in
/// the first three lines of a page is tried, in every direction, on the way out and on the way back.
@Suite struct FamilyTests {
    /// How many lines a whole call does each instruction to.
    struct Counts: Hashable, CustomStringConvertible {
        var clean = 0
        var invalidate = 0
        var both = 0
        var loads = 0
        var stores = 0
        var outerClean = 0
        var outerInvalidate = 0
        var outerBoth = 0

        var description: String {
            "\(clean) C, \(invalidate) I, \(both) CI, \(loads) ld, \(stores) st; "
                + "outer \(outerClean) C, \(outerInvalidate) I, \(outerBoth) CI"
        }

        static func + (left: Self, right: Self) -> Self {
            Counts(
                clean: left.clean + right.clean, invalidate: left.invalidate + right.invalidate,
                both: left.both + right.both, loads: left.loads + right.loads,
                stores: left.stores + right.stores,
                outerClean: left.outerClean + right.outerClean,
                outerInvalidate: left.outerInvalidate + right.outerInvalidate,
                outerBoth: left.outerBoth + right.outerBoth)
        }
    }

    /// The ends of a range, in lines of a size.
    struct Ends {
        var start: UInt64
        var end: UInt64
        var size: UInt64

        var startsInside: Bool { start % size != 0 }
        var endsInside: Bool { end % size != 0 }
        /// ceil(E/L) - floor(S/L).
        var touched: Int { Int((end + size - 1) / size - start / size) }
        /// Lines from the start's own up to the end rounded down.
        var before: Int { Int(end / size - min(end / size, start / size)) }
        /// The partial ends, each counted.
        var partial: Int { (startsInside ? 1 : 0) + (endsInside ? 1 : 0) }
        /// The lines that the range covers wholly.
        var whole: Int { max(0, before - (startsInside ? 1 : 0)) }
        var isInOneLine: Bool { start / size == end / size }
    }

    /// What a routine does to a range.
    typealias Formula = @Sendable (Ends) -> Counts

    /// The three routines of a family.
    struct Formulas: Sendable {
        var clean: Formula
        var invalidate: Formula
        var flush: Formula
    }

    static let cleanAll: Formula = { Counts(clean: max(1, $0.touched)) }
    static let invalidateAll: Formula = { Counts(invalidate: max(1, $0.touched)) }
    static let bothAll: Formula = { Counts(both: max(1, $0.touched)) }
    static let cleanThenInvalidate: Formula = {
        Counts(clean: max(1, $0.touched), invalidate: max(1, $0.touched))
    }
    static let nothing: Formula = { _ in Counts() }
    static let v5: Formula = { Counts(clean: $0.partial, invalidate: max(1, $0.touched)) }
    static let v6: Formula = {
        Counts(
            clean: $0.startsInside ? 1 : 0, invalidate: max(1, $0.before),
            both: $0.endsInside ? 1 : 0)
    }
    static let v7: Formula = { Counts(invalidate: $0.whole, both: $0.partial) }
    static let oldV7: Formula = { Counts(invalidate: max(1, $0.before), both: $0.partial) }
    static let arm64: Formula = { ends in
        // The start line always; the lines behind it up to the end rounded down.
        let behind = max(0, ends.before - 1)
        return Counts(
            invalidate: behind + (ends.startsInside ? 0 : 1), both: ends.partial)
    }

    static func formulas(_ routines: InnerRoutines, _ kernel: KernelVersion) -> Formulas {
        switch routines {
        case .nop, .v4: Formulas(clean: nothing, invalidate: nothing, flush: nothing)
        case .v4wt: Formulas(clean: nothing, invalidate: invalidateAll, flush: invalidateAll)
        case .v4wb, .xscale: Formulas(clean: cleanAll, invalidate: v5, flush: cleanThenInvalidate)
        case .xscaleA0A1:
            Formulas(
                clean: cleanAll, invalidate: cleanThenInvalidate, flush: cleanThenInvalidate)
        case .arm926, .feroceon, .feroceonRange, .mohawk, .xsc3:
            Formulas(clean: cleanAll, invalidate: v5, flush: bothAll)
        case .arm926WriteThrough:
            Formulas(clean: nothing, invalidate: invalidateAll, flush: cleanAll)
        case .fa: Formulas(clean: cleanAll, invalidate: oldV7, flush: bothAll)
        case .v6: Formulas(clean: cleanAll, invalidate: v6, flush: bothAll)
        case .v6ReadWriteForOwnership:
            Formulas(
                clean: { cleanAll($0) + Counts(loads: max(1, $0.touched)) },
                invalidate: {
                    // The first byte, the last one if the end is inside a line, a word of each further line.
                    let owned = 1 + ($0.endsInside ? 1 : 0) + max(1, $0.before) - 1
                    return v6($0) + Counts(loads: owned, stores: owned)
                },
                flush: {
                    bothAll($0) + Counts(loads: max(1, $0.touched), stores: max(1, $0.touched))
                })
        case .v7, .v7Erratum764369:
            Formulas(
                clean: cleanAll, invalidate: kernel < KernelVersion(4, 20) ? oldV7 : v7,
                flush: bothAll)
        case .v7m: Formulas(clean: cleanAll, invalidate: v7, flush: bothAll)
        case .arm64: Formulas(clean: cleanAll, invalidate: arm64, flush: bothAll)
        case .arm64CleanInvalidates:
            Formulas(clean: bothAll, invalidate: arm64, flush: bothAll)
        }
    }

    /// A family under a kernel.
    struct Profile: Sendable, CustomTestStringConvertible {
        var routines: InnerRoutines
        var architecture: LoweringProfile.Architecture
        var kernel: String

        var testDescription: String { "\(routines.rawValue) under \(kernel)" }
    }

    static let profiles: [Profile] = InnerRoutines.allCases.flatMap { routines in
        let (architecture, kernels): (LoweringProfile.Architecture, [String]) =
            switch routines {
            case .v6: (.arm32v6, ["2.6.33", "2.6.34", "4.19", "6.18", "7.1"])
            case .v6ReadWriteForOwnership: (.arm32v6, ["2.6.33", "2.6.34", "6.1"])
            case .v7, .v7Erratum764369:
                (.arm32v7, ["2.6.33", "2.6.34", "3.10", "4.19.5", "4.20", "6.18", "7.1"])
            case .v7m: (.armv7m, ["4.20", "6.12"])
            case .arm64, .arm64CleanInvalidates:
                (.arm64, ["3.15", "4.4", "4.17", "5.4.0", "5.18.5", "5.19", "6.18", "7.1"])
            default: (.arm32v5, ["2.6.33", "2.6.34", "4.19", "6.18", "7.1"])
            }
        return kernels.map { Profile(routines: routines, architecture: architecture, kernel: $0) }
    }

    /// What a call does to the core's caches: which routine, by family, era, direction and way.
    static func routine(
        _ profile: Profile, _ kernel: KernelVersion, _ direction: DMADirection, isBack: Bool
    ) -> Formula {
        let formulas = formulas(profile.routines, kernel)
        let isArm64 = profile.architecture == .arm64
        let isOld = kernel < KernelVersion(2, 6, 34)
        // Whose lines may come back while the device writes.
        let maintainsAfter: Set<InnerRoutines> = [
            .v4, .v4wt, .v6, .v7, .v7Erratum764369, .v7m, .arm64, .arm64CleanInvalidates,
        ]
        if isBack {
            let isAfter = !isOld && maintainsAfter.contains(profile.routines)
            return isAfter && direction != .toDevice ? formulas.invalidate : nothing
        }
        if !isOld && [.v4, .v4wt].contains(profile.routines) { return nothing }
        switch direction {
        case .toDevice: return formulas.clean
        case .fromDevice:
            let cleans = isArm64 && kernel >= KernelVersion(5, 18, 6)
            return cleans ? formulas.clean : formulas.invalidate
        default:
            let isFlushed = isOld || !maintainsAfter.contains(profile.routines)
            return isFlushed ? formulas.flush : formulas.clean
        }
    }

    static let directions: [DMADirection] = [.toDevice, .fromDevice, .bidirectional]

    @Test(arguments: profiles) func countsAreThoseOfTheFormulas(_ profile: Profile) throws {
        // The smallest line there can be: the formulas are the same for all, and every range can be tried.
        let size = LoweringProfile.lineSizes.lowerBound
        let kernel = try KernelVersion(parsing: profile.kernel)
        let lowering = Lowering(
            try Build.profile(
                profile.architecture, profile.kernel, line: size, inner: profile.routines))
        for direction in Self.directions {
            let out = Self.routine(profile, kernel, direction, isBack: false)
            let back = Self.routine(profile, kernel, direction, isBack: true)
            for start in 0x1000...(0x1000 + 3 * size) {
                for end in start...(0x1000 + 3 * size) {
                    let ends = Ends(start: start, end: end, size: size)
                    var call = lowering
                    let mapped = try call.lowered(Build.map(start, end - start, direction))
                    let unmapped = try call.lowered(DMACall(.unmapSingle, handle: Build.handle))
                    guard
                        Self.counts(mapped, line: size) == out(ends),
                        Self.counts(unmapped, line: size) == back(ends)
                    else {
                        Issue.record(
                            """
                            \(direction.name) \(start) to \(end): \(Self.counts(mapped, line: size)) \
                            for \(out(ends)), then \(Self.counts(unmapped, line: size)) for \(back(ends))
                            """)
                        return
                    }
                }
            }
        }
    }

    /// The lines that operations touch, by instruction.
    static func counts(
        _ operations: [Operation], line: UInt64, outerLine: UInt64 = 32
    ) -> Counts {
        var counts = Counts()
        for operation in operations {
            if case .access(let access, _, _) = operation {
                if access.kind == .load { counts.loads += 1 } else { counts.stores += 1 }
            }
            guard case .maintenance(let maintenance) = operation,
                maintenance.instruction.isByAddress
            else { continue }
            let size = maintenance.instruction.isOuter ? outerLine : line
            let start = maintenance.start.address.rawValue
            let lines = max(
                1, Ends(start: start, end: start + maintenance.bytes, size: size).touched)
            switch maintenance.instruction {
            case .dcCVAC: counts.clean += lines
            case .dcIVAC: counts.invalidate += lines
            case .dcCIVAC: counts.both += lines
            case .outerClean: counts.outerClean += lines
            case .outerInvalidate: counts.outerInvalidate += lines
            case .outerCleanAndInvalidate: counts.outerBoth += lines
            default: Issue.record("\(maintenance.instruction)")
            }
        }
        return counts
    }
}
