import Experiments
import Testing
import Traces

/// Every bundled workload on every machine: each strategy has a result, a reason, or findings.
///
/// By default a third of the pairs, so that each machine and each workload has its turn, with one pass of each loop and transfers of 64 bytes; with `STALELINE_COMPARE=all` as they are, which
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
        let turn = Workload.machines.firstIndex(of: machine) ?? 0
        for (index, name) in Workload.names.enumerated()
        where Scale.isWhole || index % 3 == turn % 3 {
            let comparison = try Compare.run(
                Workload.bundled(name, machine: machine).shaped(Scale.shape))
            check(comparison, "\(name) on \(machine)")
        }
    }

    @Test("No two buffers of a workload share a byte")
    func buffers() throws {
        for name in Workload.names {
            let program = try Workload.bundled(name, machine: "zynq7000").program
            let buffers = program.symbols.entries.filter { $0.kind == .buffer }
                .sorted { $0.address < $1.address }
            for (one, next) in zip(buffers, buffers.dropFirst()) {
                #expect(one.address + one.size <= next.address, "\(name): \(next.name)")
            }
        }
    }

    private func check(_ comparison: ComparisonResult, _ place: String) {
        let told = comparison.results.map(\.strategy) + comparison.unavailable.map(\.strategy)
        #expect(
            Set(told) == Set(Strategy.allCases) && told.count == Strategy.allCases.count, "\(place)"
        )
        for strategy in Self.alwaysRight {
            guard let result = comparison[strategy] else { continue }
            // On ARMv5 nothing of the kernel's drains the write buffer that write-combined stores wait in.
            if strategy == .writeCombine, comparison.setup.machine.architecture == .arm32v5 {
                continue
            }
            // What looks into the caches in any case does so with such memory, too, which others have cached (H13).
            if strategy == .stronglyOrdered, comparison.setup.machine.ports.first?.snoops == true {
                continue
            }
            let codes = Set(result.findings.map(\.code)).sorted().map(\.rawValue)
            let isCorrect = result.isCorrect
            #expect(isCorrect, "\(strategy) in \(place): \(codes)")
        }
        #expect(comparison.unavailable.allSatisfy { !$0.reason.isEmpty }, "\(place)")
        #expect(comparison.recommended != nil, "\(place)")
        let machine = comparison.setup.machine
        // What is wrong on a machine is found out there; what loads nothing by itself has old lines only if it once read.
        let hasCoherentPort = machine.ports.contains(where: \.snoops)
        if hasCoherentPort || machine.core.speculates && machine.level1Data != nil {
            let isCorrect = comparison[.coherentPort]?.isCorrect
            #expect(isCorrect == hasCoherentPort, "\(place)")
        }
        if !hasCoherentPort, machine.core.speculates {
            let isCorrect = comparison[.asWritten]?.isCorrect
            #expect(isCorrect != true, "\(place)")
        }
        #expect((comparison.reason(.wholeCache) != nil) == (machine.core.count > 1), "\(place)")
        #expect(
            (comparison.reason(.writeThrough) != nil) == !machine.core.honoursWriteThrough,
            "\(place)")
    }
}
