import Experiments
import Hazards
import Testing
import Traces

/// What a finding says where its code alone would mislead.
@Suite("Wording: what check says of causes")
struct WordingTests {
    private func findings(
        _ text: String, on machine: String, kernel: String = "none"
    ) throws -> [Finding] {
        try LitmusFile(name: "t.slt", text: "staleline 1\n" + text + "\n").check(
            LitmusFile.Expectation(machine: machine, kernel: kernel, pairs: [], line: 1)
        ).judgement.findings
    }

    private static func ring(_ size: String) -> String {
        """
        device gem noncoherent
        buffer ring0 0x10000000 \(size)
        ld ring0 8
        gem: wr ring0+8 8
        st ring0 4
        dc cvac ring0 8
        dsb
        ld ring0+8 8
        """
    }

    @Test("Descriptors of one ring that share a line are no neighbours of the ring")
    func ring() throws {
        let inside = try #require(findings(Self.ring("64"), on: "rk3328").first)
        #expect(inside.code == .h10)
        #expect(inside.cause.hasPrefix("Other bytes of ring0 share the 64-byte line"))
        #expect(inside.mend.contains("one descriptor to a line"))
        // The line goes on behind the buffer.
        let beside = try #require(findings(Self.ring("16"), on: "rk3328").first)
        #expect(beside.code == .h10)
        #expect(beside.cause.hasPrefix("Bytes beside the buffer share its 64-byte line"))
        #expect(beside.mend.hasPrefix("give ring0 lines of its own"))
    }

    @Test("An invalidate of the very bytes that were stored is not said to have hit a neighbour")
    func own() throws {
        let text = """
            buffer user 0x24000000 64
            st user 64 by 4
            SCB_InvalidateDCache_by_Addr user 64
            ld user 64 by 4
            """
        let finding = try #require(findings(text, on: "stm32h743").first)
        #expect(finding.code == .h11)
        #expect(
            finding.cause
                == "The invalidate in record 3 is of these bytes, and what was stored in record 2 was in the cache "
                + "alone: it is dropped, and not written to memory.")
        #expect(finding.mend.hasPrefix("clean user where"))
    }

    @Test("In a loop the old bytes are those of an earlier round")
    func rounds() throws {
        let text = """
            device eth0 noncoherent
            buffer rx 0x10000000 64
            repeat 2
            eth0: wr rx 64
            wait eth0
            ld rx 64 by 8
            end
            """
        let finding = try #require(
            findings(text, on: "rpi3").first { $0.verdict == .manifest })
        #expect(
            finding.detail.hasPrefix(
                "core0 read from L1D0 what eth0 wrote in record 4 in an earlier round, not what it wrote there since"
            ),
            "\(finding.detail)")
    }

    @Test(
        "A core that loads nothing unasked has no speculative linefill: the outer cache held the line"
    )
    func outer() throws {
        let text = """
            device npe noncoherent
            buffer data 0x10000000 64
            st data 64 by 4
            h = dma_map_single npe data 64 BIDIRECTIONAL
            dma_mapping_error h
            writel npe = 1
            npe: wr data 64
            wait npe
            dma_unmap_single h 64 BIDIRECTIONAL dma=0
            ld data 64 by 4
            """
        let finding = try #require(
            findings(text, on: "kirkwood", kernel: "5.12").first { $0.verdict == .latent })
        #expect(finding.code == .h01)
        #expect(
            finding.chain.first?.text
                == "a cache holds the line from before, and nothing has removed it")
    }

    @Test(
        "A barrier for a clean is named behind the clean, and is one that orders maintenance there")
    func lateClean() throws {
        let text = """
            device eth0 noncoherent
            region data 0x10010000 4K wb
            region ring 0x10000000 4K nc osh
            st data 32 by 4
            dc cvac data 32
            dmb st
            st ring 4 = 1
            eth0: rd ring 4
            eth0: rd data 32
            """
        for (machine, barrier) in [("rpi3", "dmb sy"), ("stm32h743", "dsb sy")] {
            let finding = try #require(
                findings(text, on: machine).first { $0.code == .h05 }, "\(machine)")
            #expect(finding.cause.contains("the clean in record 5 "))
            #expect(finding.mend.hasPrefix("\(barrier) after record 5 and before the store"))
        }
    }

    @Test("Of a device that looks into caches nobody says that it does not")
    func droppedUnderDevice() throws {
        // The device reads after the invalidate in this replay, or before it, when it may come later all the same.
        for (early, late, verdict) in [
            ("", "dsp: rd data 4", Verdict.manifest), ("dsp: rd data 4", "", .latent),
        ] {
            let text = """
                device dsp port ACP coherent
                device eth0 noncoherent
                buffer data 0x10000000 4K
                st data 4
                writel dsp
                \(early)
                h = dma_map_single eth0 data 64 FROM_DEVICE
                \(late)
                """
            let finding = try #require(
                findings(text, on: "zynq7000", kernel: "6.12").first {
                    $0.code == .h03 && $0.verdict == verdict
                }, "\(verdict)")
            #expect(finding.cause.hasPrefix("The invalidate in record "))
            #expect(finding.mend.contains("BIDIRECTIONAL"))
        }
    }
}
