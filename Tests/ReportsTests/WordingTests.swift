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
