import Experiments
import Testing

/// Axes as they are written.
@Suite("Axes of a sweep")
struct MachineAxisTests {
    @Test(
        "Values and ranges",
        arguments: [
            ("8K..64K", "8K 16K 32K 64K"), ("8..64+8", "8 16 24 32 40 48 56 64"),
            ("1..81*3", "1 3 9 27 81"), ("512..2K", "512 1K 2K"), ("512K..2M", "512K 1M 2M"),
            ("lru,plru,random", "lru plru random"), ("1,2,4..16", "1 2 4 8 16"),
            ("0.5..2+0.5", "0.5 1 1.5 2"), ("7..7", "7"), ("0..3+1", "0 1 2 3"), ("none", "none"),
            ("1.25..10*2", "1.25 2.5 5 10"),
        ])
    func values(text: String, expected: String) throws {
        let axis = try MachineAxis(key: "l1d.size", parsing: text, place: "--l1d-size")
        #expect(axis.values.joined(separator: " ") == expected)
        #expect(axis.key == "l1d.size")
    }

    @Test(
        "What is no axis says what it found and what it expected",
        arguments: [
            ("8K..60K", "goes by doubling to 32K and then past its end"),
            ("8..60+8", "goes in steps to 56 and then past its end"),
            ("64K..8K", "whose end is below its start"), ("1,,2", "an empty value in '1,,2'"),
            ("", "an empty value in ''"), ("1,2,1", "1 twice in '1,2,1'"), ("4..16,8", "8 twice"),
            ("8K..", "'8K..'"), ("..8", "'..8'"), ("a..b", "'a..b'"), ("1..8+0", "'1..8+0'"),
            ("1..8*1", "which never arrives"), ("0..8", "which never arrives"),
            ("1..9999+1", "more than 4096 values"), ("1..8+x", "'1..8+x'"),
            ("1...8", "'1...8'"), ("-1..8+1", "'-1..8+1'"),
        ])
    func faults(text: String, found: String) {
        let fault = #expect(throws: AxisFault.self) {
            try MachineAxis(key: "l1d.size", parsing: text, place: "--l1d-size")
        }
        #expect(fault?.place == "--l1d-size")
        #expect(fault?.found.contains(found) == true, "\(fault?.found ?? "nothing")")
        #expect(fault?.expected.isEmpty == false)
    }
}

/// Which points a plan has.
@Suite("Plans of sweeps")
struct SweepPlanTests {
    private static func axis(_ key: String, _ count: Int) -> MachineAxis {
        MachineAxis(key: key, values: (0..<count).map { "\($0)" })
    }

    private static func plan(
        _ axes: [MachineAxis], _ selection: SweepSelection = .all,
        budget: ClosedRange<UInt64>? = nil, jobs: Int = 1
    ) async throws -> SweepPlan {
        try await SweepPlan.make(
            axes: axes, selection: selection, budget: budget, jobs: jobs
        ) { settings in
            guard settings.last?.value != "3" else {
                return .failure(AxisFault(place: "c", found: "3", expected: "no 3"))
            }
            return .success(
                (
                    .counting(
                        .init(level1Data: .init(size: 1_024, ways: 1, lineSize: 32))),
                    UInt64(settings.first?.value ?? "") ?? 0
                ))
        }
    }

    @Test("A full plan is the grid in row-major order, with what cannot be and why")
    func full() async throws {
        let axes = [Self.axis("a", 2), Self.axis("b", 3), Self.axis("c", 4)]
        for jobs in [1, 2, 5] {
            let plan = try await Self.plan(axes, jobs: jobs)
            #expect(plan.points.map(\.number) == Array(0..<24))
            #expect(plan.points[23].places == [1, 2, 3])
            #expect(plan.points[6].places == [0, 1, 2])
            #expect(
                plan.settings(of: plan.points[6]).map { "\($0.key)=\($0.value)" }
                    == ["a=0", "b=1", "c=2"])
            let impossible = plan.points.filter {
                if case .failure(let fault) = $0.machine { fault.found == "3" } else { false }
            }
            #expect(impossible.map(\.number) == [3, 7, 11, 15, 19, 23])
        }
    }

    @Test("Points over or under the budget stay, with their bits")
    func budget() async throws {
        let plan = try await Self.plan([Self.axis("a", 5), Self.axis("c", 1)], budget: 1...3)
        let possible = plan.points.filter { (try? $0.machine.get()) != nil }
        #expect(possible.map(\.areaBits) == [1, 2, 3])
        #expect(plan.points.map(\.areaBits) == [0, 1, 2, 3, 4])
        #expect(
            throws: AxisFault(place: "budget", found: "caches of 4 bits", expected: "1 to 3 bits")
        ) {
            try plan.points[4].machine.get()
        }
    }

    @Test("A Latin hypercube has each value of each axis equally often, but for one")
    func latin() async throws {
        for seed in UInt64(1)..<20 {
            let axes = [Self.axis("a", 5), Self.axis("b", 3), Self.axis("c", 4)]
            let points = 12 + Int(seed)
            let plan = try await Self.plan(axes, .latin(points: points, seed: seed))
            #expect(plan.points.count == points)
            #expect(plan.points.map(\.number) == plan.points.map(\.number).sorted())
            #expect(Set(plan.points.map(\.number)).count == points)
            // Where points fell together to the end, free ones took their places: then counts can differ by more.
            guard points <= 15 else { continue }
            for (index, axis) in axes.enumerated() {
                for value in axis.values.indices {
                    let count = plan.points.count { $0.places[index] == value }
                    let least = points / axis.values.count
                    #expect(least...least + 1 ~= count, "seed \(seed), axis \(axis.key)")
                }
            }
            let again = try await Self.plan(axes, .latin(points: points, seed: seed), jobs: 3)
            #expect(again.points == plan.points)
        }
    }

    @Test("Two axes of one key, and grids too large, are refused")
    func refused() async throws {
        await #expect(throws: AxisFault.self) {
            try await Self.plan([Self.axis("a", 2), Self.axis("a", 2)])
        }
        await #expect(throws: AxisFault.self) {
            try await Self.plan((0..<3).map { Self.axis("\($0)", 200) })
        }
        await #expect(throws: AxisFault.self) {
            try await Self.plan([Self.axis("a", 2)], .latin(points: 3, seed: 1))
        }
    }
}
