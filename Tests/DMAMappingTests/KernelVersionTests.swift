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

    @Test(arguments: LoweringProfile.Architecture.allCases)
    func noVersionHasTwoRows(_ architecture: LoweringProfile.Architecture) {
        let tables: [[KernelSpan]] = [
            StreamingRow.rows.filter { $0.architecture == architecture }.flatMap(\.kernels),
            InnerRoutineRow.rows.filter { $0.architecture == architecture }.flatMap(\.kernels),
            AllocationRow.coherent.filter { $0.architecture == architecture }.flatMap(\.kernels),
            AllocationRow.noncoherent.filter { $0.architecture == architecture }
                .flatMap(\.kernels),
            BarrierRow.rows.filter { $0.architecture == architecture }.flatMap(\.kernels),
        ]
        for spans in tables {
            let sorted = spans.sorted { $0.lowerBound < $1.lowerBound }
            for (span, next) in zip(sorted, sorted.dropFirst()) {
                #expect(span.upperBound == next.lowerBound)
            }
        }
        // Where there are steps there is a routine for them.
        let routines = Lowering.describe(kernels: tables[1])
        #expect(Lowering.describe(kernels: tables[0]) == routines)
    }

    @Test func everyAttributeHasARow() {
        #expect(AttributeTreatment.rows.count == 14)
    }
}
