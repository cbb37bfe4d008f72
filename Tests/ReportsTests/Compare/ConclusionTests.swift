import Quantities
import Testing

@testable import Experiments
@testable import Reports

/// The sentence that recommends a strategy: its margin, its reason, and what would turn it round.
@Suite("Comparisons: the conclusion")
struct ConclusionTests {
    private static let flips = [
        Sensitivity.Flip(
            path: "ports.HP0.mhz", value: 150, turn: 200.4, unit: "MHz", basis: "an assumption",
            winner: .coherent),
        Sensitivity.Flip(
            path: "costs.maintenance_cycles", value: 12, turn: 6.25, unit: "cycles",
            basis: "a calibration", winner: .bounce),
        Sensitivity.Flip(
            path: "l2.hit_cycles", value: 30, turn: 40, unit: "cycles", basis: "a measurement",
            winner: .bounce),
        Sensitivity.Flip(
            path: "memory.controller_ns", value: 20, turn: 30, unit: "ns", basis: "an assumption",
            winner: .coherent),
    ]

    private func report(
        _ strategies: [Strategy] = [.streaming, .coherent],
        _ change: (inout ComparisonResult) throws -> Void
    ) throws -> CompareReport {
        let text = Workload.receive(bytes: 1_514, room: 2_048, touched: 1_514)
        var comparison = try Compare.run(
            Sample.setup(text, machine: "zynq7000"), strategies: strategies)
        try change(&comparison)
        return CompareReport(comparison)
    }

    private func sensitivity(_ flips: [Sensitivity.Flip], rivals: [Strategy] = [.coherent])
        -> Sensitivity
    {
        Sensitivity(best: .streaming, rivals: rivals, varied: ["a", "b", "c"], flips: flips)
    }

    @Test("Numbers that turn it round are named with their turn, three of them at most")
    func turns() throws {
        let one = try report { $0.sensitivity = sensitivity([Self.flips[0]]) }.conclusion
        #expect(
            one.hasSuffix(
                "; coherent wins if `ports.HP0.mhz` is above 200 MHz (150 is an assumption)."),
            "\(one)")
        #expect(one.hasPrefix("Use streaming ("), "\(one)")
        let two = try report { $0.sensitivity = sensitivity(Array(Self.flips.prefix(2))) }
            .conclusion
        #expect(
            two.contains(
                " MHz (150 is an assumption) and bounce wins if `costs.maintenance_cycles` is below 6.3 cycles "
                    + "(12.0 is a calibration)."), "\(two)")
        let all = try report { $0.sensitivity = sensitivity(Self.flips) }.conclusion
        #expect(all.contains("(30.0 is a measurement), and 1 more."), "\(all)")
        #expect(!all.contains("controller_ns"))
    }

    @Test("Without any that does, it says how far it looked")
    func stands() throws {
        let none = try report { $0.sensitivity = sensitivity([]) }.conclusion
        #expect(
            none.contains(
                "; the errors of the machine's 3 uncertain numbers, each by itself, do not turn that round"
            ),
            "\(none)")
        let alone = try report { $0.sensitivity = sensitivity([], rivals: []) }.conclusion
        #expect(
            alone.contains(
                "; no other is within a factor of 4 of it, and no error of a single number turns that round"
            ),
            "\(alone)")
        let single = try report([.streaming]) { _ in }.conclusion
        #expect(single.hasSuffix(": no other strategy is correct here."), "\(single)")
        let nothing = try report { $0.results = [] }.conclusion
        #expect(nothing.hasPrefix("No strategy is correct for this trace on this machine"))
    }

    @Test("The same is in the JSON, with all that turns it round")
    func json() throws {
        let document = try Document(report { $0.sensitivity = sensitivity(Self.flips) }.json)
        let flips = try #require(document["sensitivity.flips"]?.list)
        #expect(flips.compactMap { $0["key"]?.string } == Self.flips.map(\.path))
        #expect(
            flips.compactMap { $0["winner"]?.string } == [
                "coherent", "bounce", "bounce", "coherent",
            ])
        #expect(flips[1]["turn"]?.number == 6.25 && flips[1]["basis"]?.string == "a calibration")
    }
}
