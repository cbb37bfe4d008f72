import Experiments
import Hazards
import Reports
import Testing
import Traces

/// What is said has to be true of the trace at hand.
@Suite("Words of findings and errors") struct WordingTests {
    private func findings(_ start: String) throws -> [Finding] {
        let text = """
            staleline 1
            kernel none
            device dma0
            region ring 0x10000000 4K nc osh
            env hold core0
            st ring 16 by 4
            \(start)
            dma0: rd ring 16

            """
        return try Check.run(Sample.setup(text, machine: "zynq7000")).judgement.findings
    }

    @Test("A device that looks by itself is told of no doorbell")
    func polled() throws {
        let polled = try #require(try findings("work 1").first)
        #expect(polled.code == .h04 && polled.verdict == .manifest)
        #expect(polled.cause.contains("which comes by itself"))
        #expect(polled.mend == "dsb sy; l2 sync behind the stores")
        let rung = try #require(try findings("ring dma0").first)
        #expect(rung.code == .h04)
        #expect(rung.cause.contains("when the doorbell reaches dma0"))
        #expect(rung.mend == "dsb sy; l2 sync before the doorbell")
    }

    @Test("A store to an old copy of a line is told of what is missing behind the transfer")
    func lateStore() throws {
        let text = """
            staleline 1
            kernel none
            device dma0
            buffer rx 0x10000000 64
            dc ivac rx 64
            dsb sy
            ring dma0
            dma0: wr rx 64
            wait dma0
            st rx 4

            """
        let found = try Check.run(Sample.setup(text, machine: "rpi3")).judgement.findings
        let late = try #require(found.first { $0.code == .h02 })
        #expect(late.verdict == .latent)
        #expect(late.cause.contains("nothing invalidates it between dma0's write"))
        #expect(late.mend == "dc ivac rx 64; dsb sy after the wait and before record 9")
        // With that mend nothing is left, as it says.
        let mended = text.replacing("wait dma0\n", with: "wait dma0\ndc ivac rx 64\ndsb sy\n")
        #expect(
            try Check.run(Sample.setup(mended, machine: "rpi3")).judgement.findings.isEmpty)
    }

    @Test("What dma-debug prints in brackets is what a finding says of the call")
    func facts() throws {
        let text = """
            staleline 1
            kernel 6.12
            device dma0 noncoherent
            buffer rx 0x10000000 256
            h = dma_map_single dma0 rx 256 FROM_DEVICE
            dma_mapping_error h
            dma_unmap_single h 64

            """
        let found = try Check.run(Sample.setup(text, machine: "rpi3")).judgement.findings
        let finding = try #require(found.first)
        #expect(finding.code == .h20)
        #expect(finding.detail == "map size=256 bytes, unmap size=64 bytes")
    }

    @Test("A log of several CPUs on a machine of one core is told of --cpus")
    func cpus() throws {
        let calls = """
            staleline 1
            kernel 6.12
            device d
            core3: h = dma_map_single d 0x1000 64 TO_DEVICE

            """
        for (text, isTold) in [(calls, true), (calls + "core1: ld 0x1000 4\n", false)] {
            let error = #expect(throws: TraceErrors.self) {
                try Sample.setup(text, machine: "am335x")
            }
            #expect(error?.description.contains("a core of am335x, which has 1") == true)
            #expect(error?.description.contains("--cpus rest=0") == isTold)
        }
    }
}
