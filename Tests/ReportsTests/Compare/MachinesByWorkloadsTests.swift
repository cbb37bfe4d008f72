import Experiments
import Testing
import Traces

/// Every bundled workload on every machine: each strategy has a result, a reason, or findings.
///
/// By default with one pass of each loop and transfers of 64 bytes; with `STALELINE_COMPARE=all` as they are, which
/// `make test-compare` does in a release build.
@Suite("Workloads by machines")
struct MachinesByWorkloadsTests {
    /// What is right on every machine where it can be tried at all.
    private static let alwaysRight: [Strategy] = [
        .coherent, .writeCombine, .stronglyOrdered, .streaming, .streamingPage, .streamingSG,
        .streamingSync, .noncoherent, .partialSync, .copyBreak, .bounce, .bounceSwiotlb,
        .wholeCache, .onChip, .writeThrough,
    ]

    @Test("No strategy is without a word", arguments: Workload.machines)
    func all(_ machine: String) throws {
        #expect(Workload.names.count >= 12)
        for name in Workload.names {
            let comparison = try Compare.run(
                Workload.bundled(name, machine: machine).shaped(Scale.shape))
            check(comparison, "\(name) on \(machine)")
        }
    }

    private func check(_ comparison: ComparisonResult, _ place: String) {
        let told = comparison.results.map(\.strategy) + comparison.unavailable.map(\.strategy)
        #expect(
            Set(told) == Set(Strategy.allCases) && told.count == Strategy.allCases.count, "\(place)"
        )
        for strategy in Self.alwaysRight {
            guard let result = comparison[strategy] else { continue }
            let codes = result.findings.map(\.code)
            #expect(result.isCorrect, "\(strategy) in \(place): \(codes)")
        }
        #expect(comparison.unavailable.allSatisfy { !$0.reason.isEmpty }, "\(place)")
        #expect(comparison.recommended != nil, "\(place)")
        let machine = comparison.setup.machine
        // What is wrong on a machine is found out there.
        let hasCoherentPort = machine.ports.contains(where: \.snoops)
        let hasCaches = machine.level1Data != nil
        #expect(
            comparison[.coherentPort]?.isCorrect == hasCoherentPort || !hasCaches, "\(place)")
        if !hasCoherentPort { #expect(comparison[.asWritten]?.isCorrect == false, "\(place)") }
        #expect((comparison.reason(.wholeCache) != nil) == (machine.core.count > 1), "\(place)")
        #expect(
            (comparison.reason(.writeThrough) != nil) == !machine.core.honoursWriteThrough,
            "\(place)")
    }
}
