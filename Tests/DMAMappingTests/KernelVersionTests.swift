import Operations
import Testing

@testable import DMAMapping

/// Versions, and that the tables have one answer for each.
@Suite struct KernelVersionTests {
    @Test func versionsAreRead() throws {
        #expect(try KernelEra(parsing: "none") == .bareMetal)
        #expect(try KernelEra(parsing: "6.12") == .linux(KernelVersion(6, 12)))
        #expect(try KernelVersion(parsing: "5.18.3") == KernelVersion(5, 18, 3))
        #expect(try KernelVersion(parsing: "6.12.15-rt7+") == KernelVersion(6, 12, 15))
        #expect(KernelVersion(6, 12).description == "6.12")
        #expect(KernelVersion(5, 4, 201).description == "5.4.201")
    }

    @Test(arguments: ["", "6", "6.", ".12", "6.12.1.2", "v6.12", "6.x", "6. 12", "None", "6.12345"])
    func otherTextIsRefused(_ text: String) {
        #expect(throws: KernelVersionError.malformed(text)) { try KernelEra(parsing: text) }
    }

    @Test func candidatesAreRefused() {
        #expect(throws: KernelVersionError.releaseCandidate("5.19-rc2")) {
            try KernelVersion(parsing: "5.19-rc2")
        }
    }

    @Test func versionsAreOrdered() {
        #expect(KernelVersion(5, 4, 201) < KernelVersion(5, 10))
        #expect(KernelVersion(5, 18, 6) < KernelVersion(5, 19))
        #expect(KernelVersion(3, 19) < KernelVersion(4, 0))
    }

    /// Spans of one subject follow each other: none overlap, and no kernel between two is forgotten.
    private func expectNeighbours(_ spans: [KernelSpan], _ subject: String) {
        let sorted = spans.sorted { $0.lowerBound < $1.lowerBound }
        for (span, next) in zip(sorted, sorted.dropFirst()) {
            #expect(span.upperBound == next.lowerBound, "\(subject)")
        }
    }

    @Test(arguments: LoweringProfile.Architecture.allCases)
    func noVersionHasTwoRows(_ architecture: LoweringProfile.Architecture) {
        for table in [AllocationRow.coherent, AllocationRow.noncoherent] {
            expectNeighbours(
                table.filter { $0.architectures.contains(architecture) }.flatMap(\.kernels),
                architecture.rawValue)
        }
        expectNeighbours(
            BarrierRow.rows.filter { $0.architectures.contains(architecture) }.flatMap(\.kernels),
            architecture.rawValue)
    }

    @Test(arguments: InnerRoutines.allCases)
    func everyFamilyHasOneRowForEachKernel(_ routines: InnerRoutines) {
        let streaming = StreamingRow.rows.filter { $0.routines.contains(routines) }
        let inner = InnerRoutineRow.rows.filter { $0.routines.contains(routines) }
        expectNeighbours(streaming.flatMap(\.kernels), routines.rawValue)
        expectNeighbours(inner.flatMap(\.kernels), routines.rawValue)
        // Where there are steps there are routines for them, and the other way round.
        #expect(!streaming.isEmpty)
        #expect(
            Lowering.describe(kernels: streaming.flatMap(\.kernels))
                == Lowering.describe(kernels: inner.flatMap(\.kernels)))
    }

    @Test func everyControllerHasOneRow() {
        for routines in OuterRoutines.allCases {
            #expect(OuterRoutineRow.rows.count { $0.routines == routines } == 1)
        }
    }

    @Test func everyAttributeHasARow() {
        #expect(AttributeTreatment.rows.count == 14)
    }
}
