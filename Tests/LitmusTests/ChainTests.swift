import Experiments
import Hazards
import Testing
import Traces

/// Chains that an engine follows by itself, from text to verdict.
@Suite("Chains: what check says of them")
struct ChainTests {
    private static let head = """
        staleline 1
        device dma0 noncoherent
        layout link 16 next 0 4 source 4 4 length 8 4
        region list 0x10000000 4K nc
        buffer old 0x10001000 4K
        buffer new 0x10002000 4K

        """

    private func check(_ text: String, on machine: String = "zynq7000") throws -> CheckResult {
        try LitmusFile(name: "t.slt", text: text).check(
            LitmusFile.Expectation(machine: machine, kernel: "none", pairs: [], line: 1))
    }

    private func faults(_ statements: String) -> [String] {
        do {
            _ = try check(Self.head + statements + "\n")
            return []
        } catch {
            return ((error as? TraceErrors)?.errors ?? []).map(\.description)
        }
    }

    @Test("A stale descriptor: what each field said, and what it should have said")
    func fields() throws {
        let file = try LitmusFile("S03-h03-chain.violates.slt")
        let expectation = try #require(file.expectations.first)
        let finding = try #require(try file.check(expectation).judgement.findings.first)
        #expect(
            finding.detail.hasSuffix(
                "the engine took the descriptor at 0x10000000 as it was: source 0x10001000 instead of "
                    + "0x10002000, length 64 instead of 256"), "\(finding.detail)")
    }

    @Test(
        "What is moved beside the mappings is said with the mapping, and mended there",
        arguments: [
            (
                "API-h16-chain",
                "eth0 writes 1536 bytes, and the mapping of record 8 ends after 256",
                "map all that eth0 may move, or tell eth0 no more than what is mapped"
            ),
            (
                "API-h17-chain", "the mapping of record 6 ended in record 16, and eth0 still reads",
                "stop the device before packet is unmapped or freed"
            ),
            (
                "API-h17-chain-iommu",
                "eth0 reads what record 11 maps for eth1: its IOMMU has no translation for it, and it faults",
                "map the bytes for eth0, the device that moves them, and wait for it before the unmap"
            ),
            (
                "API-h17-chain-pool",
                "the mapping of record 6 ended in record 16, and dma0 still reads",
                "stop the device before 0x10000040 is unmapped or freed"
            ),
        ])
    func mappings(_ name: String, _ detail: String, _ mend: String) throws {
        let file = try LitmusFile(name + ".violates.slt")
        let expectation = try #require(file.expectations.first)
        let finding = try #require(try file.check(expectation).judgement.findings.first)
        #expect(finding.detail == detail)
        #expect(finding.mend == mend)
    }

    @Test("What a descriptor's transfer reads is judged, though the trace does not name it")
    func payload() throws {
        let text =
            Self.head + """
                st new 64 by 4
                st list 4 = 0
                st list+4 4 = 0x10002000
                st list+8 4 = 64
                dsb
                l2 sync
                ring dma0
                dma0: fetch list 16 chain link
                wait dma0
                """
        let findings = try check(text).judgement.findings
        #expect(findings.map(\.code) == [.h03])
        #expect(findings.first?.address == 0x1000_2000)
        #expect(findings.first?.bytes == 64)
    }

    @Test("A descriptor that the engine finds by itself may be in a buffer still")
    func latentSecond() throws {
        let text =
            Self.head + """
                st list 4 = 0x10000040
                st list+4 4 = 0x10001000
                st list+8 4 = 64
                dsb
                l2 sync
                st list+0x40 4 = 0
                st list+0x44 4 = 0x10001040
                st list+0x48 4 = 64
                work 500
                ring dma0
                dma0: fetch list 16 chain link
                wait dma0
                """
        let findings = try check(text).judgement.findings
        #expect(findings.map(\.code) == [.h04])
        #expect(findings.map(\.verdict) == [.latent])
        #expect(findings.first?.address == 0x1000_0040)
    }

    @Test("A chain without an end is an error at its line")
    func endless() {
        #expect(
            faults(
                """
                st list 4 = 0x10000000
                st list+4 4 = 0x10001000
                st list+8 4 = 64
                dsb
                l2 sync
                dma0: fetch list 16 chain link limit 3
                """) == [
                    "t.slt:12: found a chain of descriptors that goes on after 3, expected an end within 3: a "
                        + "next of 0, a 'last', a descriptor that is not the engine's, or a higher `limit N`"
                ])
    }

    @Test(
        "A descriptor whose successor no memory can hold is an error at the line that starts the engine"
    )
    func beyond() {
        let wide = Self.head.replacing(
            "layout link 16 next 0 4 source 4 4 length 8 4",
            with: "layout link 16 next 0 8 source 8 4 length 12 4")
        let text =
            wide + """
                st list 8 = 0x0100000000000000
                st list+8 4 = 0x10001000
                st list+12 4 = 64
                dsb
                l2 sync
                dma0: fetch list 16 chain link

                """
        let error = #expect(throws: TraceErrors.self) { try check(text) }
        #expect(
            error?.errors.map(\.description) == [
                "t.slt:12: found a descriptor of 16 byte(s) at 0x100000000000000, expected bytes below 2^56, "
                    + "at most 268435456 of all descriptors of a chain"
            ])
    }

    @Test("A field without a value is an error with its address")
    func unknown() {
        #expect(
            faults(
                """
                st list 8 by 4
                dma0: fetch list 16 chain link
                """) == [
                    "t.slt:8: found a descriptor whose 'next' at 0x10000000 has no value, expected `st "
                        + "0x10000000 BYTES = VALUE` for every field before the engine fetches it"
                ])
    }

    @Test("A controller has no more channels than it has")
    func crowded() {
        let devices = (0..<9).map { "device d\($0) port DMAC" }.joined(separator: "\n")
        #expect(
            faults(devices) == [
                "t.slt:15: found device number 9 on port DMAC, expected at most 8: the channels of the "
                    + "controller behind the port"
            ])
    }

    @Test("Another strategy cannot move what descriptors name")
    func compare() throws {
        let text = Self.head + "dma0: fetch list 16 chain link\n"
        let program = try NativeParser.parse(Array(text.utf8), file: "t.slt")
        let machine = try LitmusFile.machine("zynq7000")
        let setup = try Setup(program, file: "t.slt", machine: machine)
        let errors = #expect(throws: TraceErrors.self) { try Compare.run(setup) }
        #expect(errors?.errors.map(\.line) == [7])
    }
}
