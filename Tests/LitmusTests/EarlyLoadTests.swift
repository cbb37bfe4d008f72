import Experiments
import Hazards
import Testing
import Traces

/// A load that performs early, shown by `env late`: what undoes it, and which statement it is of.
@Suite("Loads that perform early")
struct EarlyLoadTests {
    private static let head = """
        staleline 1
        device eth0 noncoherent
        region rx 0x10000000 4K nc osh
        env late core0 rx 4

        """

    @Test(
        "It is old if a register alone has told of the data",
        arguments: [
            ("eth0: wr rx 4\nreadl_relaxed eth0+0x20\nwait eth0\nld rx 4", 8),
            // As the first access of a run.
            ("eth0: wr rx 4\nreadl_relaxed eth0+0x20\nwait eth0\nld rx 8 by 4", 8),
            ("eth0: wr rx 4\nld eth0+0x20 4\nwait eth0\nld rx 4", 8),
            // An interrupt is taken with the load still to come, and so it is behind a new doorbell.
            ("eth0: wr rx 4\nwait eth0\nld rx 4", nil),
            ("eth0: wr rx 4\nreadl_relaxed eth0+0x20\nwritel eth0 = 1\nwait eth0\nld rx 4", nil),
            // Barriers that order loads undo it, others do not.
            ("eth0: wr rx 4\nreadl_relaxed eth0+0x20\nwait eth0\ndmb ld\nld rx 4", nil),
            ("eth0: wr rx 4\nreadl_relaxed eth0+0x20\nwait eth0\ndmb st\nld rx 4", 9),
            ("eth0: wr rx 4\nreadl_relaxed eth0+0x20\nwait eth0\nisb\nld rx 4", 9),
            ("eth0: wr rx 4\nreadl eth0+0x20\nwait eth0\nld rx 4", nil),
            // The load of other bytes is not the one that was early.
            ("eth0: wr rx+64 4\nreadl_relaxed eth0+0x20\nwait eth0\nld rx+64 4\nld rx 4", nil),
        ] as [(String, Int?)])
    func registers(text: String, record: Int?) throws {
        let setup = try Setup(
            NativeParser.parse(Array((Self.head + text + "\n").utf8), file: "t.slt"), file: "t.slt",
            machine: LitmusFile.machine("rpi3"), kernel: .init(parsing: "6.12"))
        let shown = try Check.run(setup).judgement.findings.filter { $0.verdict == .manifest }
        #expect(shown.map(\.code) == (record == nil ? [] : [.h07]))
        #expect(shown.first.map { setup.line($0.record) } == record)
    }
}
