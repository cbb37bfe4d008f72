import Experiments
import Foundation
import Hazards
import Machines
import Reports
import Symbols
import Testing
import Traces

/// What `check` and `prove` say of a trace without names, with an ELF file beside it.
@Suite("Findings named by an ELF file")
struct NamedCheckTests {
    /// The driver of the fixtures, as a tracer without names saw it: the poll reads what it had read before.
    private static let trace = """
        staleline 1
        machine rpi3
        kernel none
        device dma0 port AXI noncoherent
        ld 0x30040 64 by 8
        dsb sy
        ring dma0
        dma0: wr 0x30040 64
        wait dma0
        ld 0x30040 64 by 8 @pc=10004
        st 0x30100 64 by 8 @pc=10012 @fn=own @src=own.c:3
        dsb sy
        ring dma0
        dma0: rd 0x30100 64

        """

    private static func setup(named: Bool) throws -> Setup {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let yaml = try String(
            contentsOf: root.appendingPathComponent("configs/rpi3.yaml"), encoding: .utf8)
        let machine = try MachineDescription.parse(yaml: yaml, file: "rpi3").configuration
        let program = try NativeParser.parse(Array(trace.utf8), file: "sample.slt")
        var setup = try Setup(program, file: "sample.slt", machine: machine)
        if named {
            let file = try Fixture.arm32.open()
            _ = try setup.program.nameCode(from: [file])
            setup.outsideNames = file.data
        }
        return setup
    }

    @Test("Names and lines are in the text, in JSON and in SARIF")
    func named() throws {
        let result = try Check.run(Self.setup(named: true))
        let text = CheckReport(result).text(colours: false)
        #expect(text.contains("64 bytes at rx_pool+0x40 (0x30040)"))
        #expect(text.contains("source  poll_ring at /src/driver.c:18\n"))
        #expect(text.contains("dc ivac rx_pool+0x40 64"))
        let json = CheckReport(result).json.text
        #expect(
            json.contains(#""symbol": "rx_pool+0x40""#)
                || json.contains(#""symbol":"rx_pool+0x40""#))
        let sarif = SARIFReport(result, version: "1").json.text
        #expect(sarif.contains("/src/driver.c"))
        let plain = CheckReport(try Check.run(Self.setup(named: false))).text(colours: false)
        #expect(!plain.contains("rx_pool") && !plain.contains("driver.c"))
        #expect(plain.contains("own at own.c:3") == text.contains("own at own.c:3"))
    }

    @Test("What is found does not change with names")
    func same() throws {
        func facts(_ named: Bool) throws -> [String] {
            try Check.run(Self.setup(named: named)).judgement.findings.map {
                "\($0.code) \($0.verdict) \($0.record) \($0.address) \($0.bytes) \($0.count) \($0.chain.count)"
            }
        }
        let named = try facts(true)
        #expect(named.count >= 2)
        #expect(try facts(false) == named)
    }

    @Test("A proof's fault is named, too")
    func proved() throws {
        let setup = try Self.setup(named: true)
        let result = try Prove.run(setup, bounds: ProofBounds(states: 1 << 16)) { _, _ in }
        #expect(result.fault != nil)
        let report = ProveReport(result, setup: setup)
        let expected = """
            sample.slt:10: old bytes are read: core0, 64 bytes at rx_pool+0x40 (0x30040)
              source    poll_ring at /src/driver.c:18
              schedule  line 5: core0 loads rx_pool+0x40
                        line 7: core0 rings dma0
                        line 8: dma0 writes rx_pool+0x40
                        line 9: core0 sees that dma0 is done
                        line 10: core0 loads rx_pool+0x40 (poll_ring at /src/driver.c:18)
                        line 10: core0 gets old bytes, not what dma0 wrote in line 8

            """
        #expect(report.text.hasPrefix(expected), "\(report.text)")
        // The fault has its source, and the two steps of its line.
        let sources = report.json.text.matches(of: #/"source": ?"poll_ring at /src/driver.c:18"/#)
        #expect(sources.count == 3)
        let plain = try Prove.run(
            Self.setup(named: false), bounds: ProofBounds(states: 1 << 16)
        ) { _, _ in }
        #expect(plain.fault.map(\.record) == result.fault.map(\.record))
        #expect(plain.schedule.map(\.record) == result.schedule.map(\.record))
        #expect(!ProveReport(plain, setup: try Self.setup(named: false)).text.contains("driver.c"))
    }

    @Test("Steps of a finding's chain are named where their source changes")
    func chain() throws {
        let text = CheckReport(try Check.run(Self.setup(named: true))).text(colours: false)
        #expect(text.contains("line 10: core0 reads L1D0: old (poll_ring at /src/driver.c:18)\n"))
        #expect(text.contains("line 11: L1D0 takes the line from DRAM (own at own.c:3)\n"))
        #expect(text.contains("line 11: core0 stores; L1D0: dirty\n"))
    }

    @Test("The advice of a repair names the source that it belongs to")
    func fixed() throws {
        let setup = try Self.setup(named: true)
        let result = try Fix.run(setup, text: TraceText(Array(Self.trace.utf8)))
        #expect(result.outcome == .mended)
        let text = FixReport(result).text
        #expect(text.contains("Invalidate `0x30040` (rx_pool+0x40) when dma0 is done"), "\(text)")
        #expect(text.contains("     source  before poll_ring at /src/driver.c:18\n"), "\(text)")
        #expect(text.contains("     source  after own at own.c:3\n"), "\(text)")
        #expect(FixReport(result).json.text.contains("before poll_ring at /src/driver.c:18"))
        // Names are of the report: the mended trace is the same without them.
        let plain = try Fix.run(
            Self.setup(named: false), text: TraceText(Array(Self.trace.utf8)))
        #expect(plain.mended == result.mended)
        #expect(!FixReport(plain).text.contains("driver.c"))
    }
}
