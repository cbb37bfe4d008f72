import Experiments
import Hazards
import Testing
import Traces

/// Schedules that the search finds, replayed.
@Suite("Schedules: found, written, read, replayed")
struct ScheduleTests {
    /// The cases that expect a latent finding which a schedule can show.
    static let cases = LitmusCase.all.filter { one in
        one.expectation.pairs.contains { $0.verdict == .latent && !unsearched.contains($0.code) }
    }

    /// What `docs/proof.md` says is not searched.
    static let unsearched: Set<HazardCode> = [.h07, .h22, .h24, .h25, .h38, .h39]

    @Test(
        "A latent finding has a schedule; where all of it is pinned its replay is manifest",
        arguments: cases
    )
    func latent(_ one: LitmusCase) throws {
        let setup = try one.file.setup(one.expectation)
        let proof = try Prove.run(setup)
        #expect(proof.fault != nil, "no schedule goes wrong")
        let read = try Schedule(parsing: proof.pins.text, file: "schedule")
        #expect(read.pins == proof.pins.pins)
        var pinned = setup
        pinned.program = try read.applied(to: setup.program, file: "schedule")
        let result = try Check.run(pinned)
        #expect(
            !proof.pins.loose.isEmpty || result.judgement.count(.manifest) > 0,
            "\(proof.pins.text) is not manifest")
    }

    @Test(
        "What is expected and not searched is said to be left out",
        arguments: LitmusCase.all.filter { one in
            one.expectation.pairs.contains {
                $0.verdict != .misuse && unsearched.contains($0.code)
            }
        })
    func left(_ one: LitmusCase) throws {
        let left = try Prove.run(one.file.setup(one.expectation)).left.joined(separator: "; ")
        for pair in one.expectation.pairs where Self.unsearched.contains(pair.code) {
            #expect(left.contains("(\(pair.code.rawValue))"), "\(pair.code.rawValue): \(left)")
        }
    }

    @Test(
        "Polls are said to be left out where there are any, and only there",
        arguments: [
            ("repeat 2\nld flag 4\nwork 10\nend", true), ("ld flag 4\nwork 10\nld flag 4", true),
            ("repeat 2\nld other 4\nend", false), ("ld flag 4\nwait dev\nld flag 4", false),
        ])
    func polls(_ core: String, _ isLeft: Bool) throws {
        let text =
            "staleline 1\ndevice dev port HP0 noncoherent\nbuffer flag 0x1000 64\nbuffer other 0x2000 64\n"
            + "writel dev = 1\ndev: wr flag 64\n\(core)\nwait dev\n"
        let setup = try Setup(
            NativeParser.parse(Array(text.utf8), file: "t.slt"), file: "t.slt",
            machine: LitmusFile.machine("zynq7000"), kernel: .init(parsing: "none"))
        let left = try Prove.run(setup).left
        #expect(left.contains { $0.contains("(H38)") } == isLeft, "\(left)")
    }

    @Test("A line that a store found in the cache is put there before the trace, and only there")
    func fromBefore() throws {
        func setup(_ first: String, _ second: String) throws -> Setup {
            let text = "staleline 1\nbuffer a 0x1000 64\n\(first)\nwork 1\n\(second)\nst a 4\n"
            return try Setup(
                NativeParser.parse(Array(text.utf8), file: "t.slt"), file: "t.slt",
                machine: LitmusFile.machine("arm926"), kernel: .init(parsing: "none"))
        }
        _ = try Check.run(setup("env fill a core0", ""))
        let error = #expect(throws: TraceErrors.self) {
            try Check.run(setup("", "env fill a core0"))
        }
        #expect(error?.description.contains("t.slt:5: found env fill on arm926") == true)
        // In a loop it stands before the first operation once.
        let again = #expect(throws: TraceErrors.self) {
            try Check.run(setup("repeat 2\nenv fill a core0", "end"))
        }
        #expect(again?.description.contains("t.slt:4: found env fill on arm926") == true)
    }

    @Test("Three quarters of the schedules are manifest when they are replayed")
    func share() throws {
        var manifest = 0
        for one in Self.cases {
            let setup = try one.file.setup(one.expectation)
            var pinned = setup
            pinned.program = try Prove.run(setup).pins.applied(to: setup.program, file: "schedule")
            if try Check.run(pinned).judgement.count(.manifest) > 0 { manifest += 1 }
        }
        #expect(
            manifest * 100 >= Self.cases.count * 75, "\(manifest) of \(Self.cases.count)")
    }

    @Test(
        "No schedule of a safe trace goes wrong",
        arguments: LitmusCase.all.filter { $0.file.isSafe })
    func safe(_ one: LitmusCase) throws {
        let proof = try Prove.run(try one.file.setup(one.expectation))
        #expect(proof.fault == nil, "\(proof.schedule.map(\.text))")
        #expect(proof.isProved)
    }

    @Test(
        "A file that is no schedule is refused with its place",
        arguments: [
            ("", 1), ("staleline 1\n", 1), ("staleline schedule 1\nafter 3: env evict 0x1000", 2),
            ("staleline schedule 1\nmove 3 behind 4", 2),
        ])
    func unreadable(_ text: String, _ line: Int) {
        let errors = #expect(throws: TraceErrors.self) {
            try Schedule(parsing: text, file: "s")
        }
        #expect(errors?.errors.first?.line == line)
    }

    @Test(
        "A schedule that does not fit its trace is refused with its place",
        arguments: [
            "before 3: st 0x1000 4", "before 99: env evict 0x1000", "move 4 before 5",
            "before 7: work 1", "before 3: env nothing",
        ])
    func unfit(_ pin: String) throws {
        let text = """
            staleline 1
            device d
            ring d
            st 0x1000 4
            d: rd 0x1000 4
            repeat 2
            ld 0x1000 4
            end

            """
        let program = try NativeParser.parse(Array(text.utf8), file: "t")
        let schedule = try Schedule(parsing: "\(Schedule.head)\n# why\n\(pin)\n", file: "s")
        let errors = #expect(throws: TraceErrors.self) {
            try schedule.applied(to: program, file: "s")
        }
        #expect(errors?.errors.first?.line == 3, "\(String(describing: errors))")
    }
}
