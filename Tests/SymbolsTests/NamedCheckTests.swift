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
        let text = ProveReport(result, setup: setup).text
        #expect(text.contains("rx_pool+0x"))
    }
}
