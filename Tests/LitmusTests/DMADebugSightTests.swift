import Experiments
import Hazards
import Reports
import Testing
import Traces

/// Of which findings `check` says that dma-debug would report them.
@Suite("What dma-debug would see") struct DMADebugSightTests {
    private func check(
        _ text: String, _ machine: String = "rpi3", kernel: String = "6.12"
    ) throws -> CheckResult {
        try Check.run(
            Setup(
                NativeParser.parse(Array(("staleline 1\n" + text).utf8), file: "t.slt"),
                file: "t.slt", machine: LitmusFile.machine(machine),
                kernel: .init(parsing: kernel)))
    }

    private static let receive = """
        device eth0 noncoherent
        buffer rx 0x10000000 256
        ld rx 256 by 8
        h = dma_map_single eth0 rx 256 FROM_DEVICE
        dma_mapping_error h
        ring eth0
        eth0: wr rx 256
        wait eth0

        """

    private func finding(_ code: HazardCode, _ result: CheckResult) throws -> Finding {
        try #require(
            result.judgement.findings.first { $0.code == code && $0.verdict == .manifest },
            "\(CheckReport(result).text(colours: false))")
    }

    @Test("Stale bytes that come of a wrong size are reported by the size")
    func wrongSize() throws {
        let result = try check(Self.receive + "dma_unmap_single h 64\nld rx+64 192 by 8")
        let stale = try finding(.h01, result)
        #expect(stale.dmaDebug)
        #expect(stale.kernelMessage?.contains("with different size") == true)
    }

    @Test("Stale bytes without any mistake in the calls are not")
    func noMistake() throws {
        let result = try check(Self.receive + "ld rx 256 by 8\ndma_unmap_single h")
        let stale = try finding(.h01, result)
        #expect(!stale.dmaDebug)
        #expect(stale.kernelMessage == nil)
    }

    @Test("A message about the same bytes that is about something else does not count")
    func otherCause() throws {
        let text = Self.receive.replacing("dma_mapping_error h\n", with: "")
        let result = try check(text + "ld rx 256 by 8\ndma_unmap_single h")
        #expect(try !finding(.h01, result).dmaDebug)
        #expect(result.judgement.findings.contains { $0.code == .h32 && $0.dmaDebug })
    }

    @Test("A message about other bytes does not count")
    func otherBytes() throws {
        let text =
            Self.receive + """
                buffer other 0x20000000 256
                o = dma_map_single eth0 other 256 FROM_DEVICE
                dma_mapping_error o
                dma_unmap_single o 64
                ld rx 256 by 8
                """
        #expect(try !finding(.h01, check(text)).dmaDebug)
    }

    @Test("A list's entry that was left out is of the mapping whose count is told")
    func list() throws {
        let text = """
            device eth0 noncoherent
            buffer a 0x10000000 64
            buffer b 0x10001000 64
            ld b 64 by 8
            h = dma_map_sg eth0 FROM_DEVICE a,64 b,64
            ring eth0
            eth0: wr a 64
            eth0: wr b 64
            wait eth0
            dma_unmap_sg h 1
            ld b 64 by 8
            """
        let stale = try finding(.h34, check(text))
        #expect(stale.dmaDebug)
        #expect(stale.kernelMessage?.contains("[map count=2] [unmap count=1]") == true)
    }

    @Test("A sync beyond the end is of the mapping that it was meant for")
    func sync() throws {
        let text = Self.receive + "dma_sync_single_for_cpu h 128 256\nld rx 128 by 8"
        #expect(try finding(.h16, check(text)).dmaDebug)
    }

    @Test("There is no dma-debug on bare metal")
    func bareMetal() throws {
        let text = """
            device eth0 noncoherent
            buffer rx 0x10000000 64
            ld rx 64 by 8
            eth0: wr rx 64
            ld rx 64 by 8
            """
        let result = try check(text, kernel: "none")
        #expect(result.judgement.findings.allSatisfy { !$0.dmaDebug })
        #expect(
            CheckReport(result).text(colours: false).contains(
                "there is no dma-debug on bare metal"))
        #expect(result.setup.dmaDebug == nil)
    }

    @Test("Overlap in any line is found, in both orders, and told by dma-debug only of the first")
    func overlap() throws {
        for (first, second, place, isSeen) in [
            ("FROM_DEVICE", "FROM_DEVICE", "0", true), ("FROM_DEVICE", "TO_DEVICE", "0", false),
            ("TO_DEVICE", "FROM_DEVICE", "0", false), ("FROM_DEVICE", "FROM_DEVICE", "64", false),
            ("BIDIRECTIONAL", "TO_DEVICE", "192", false),
        ] {
            let text = """
                device eth0 noncoherent
                buffer rx 0x10000000 256
                a = dma_map_single eth0 rx 256 \(first)
                b = dma_map_single eth0 rx+\(place) 64 \(second)
                """
            let findings = try check(text).judgement.findings
            #expect(findings.map(\.code) == [.h19], "\(first) \(second) \(place)")
            #expect(findings.map(\.dmaDebug) == [isSeen], "\(first) \(second) \(place)")
        }
        let harmless = """
            device eth0 noncoherent
            device snooping coherent
            buffer rx 0x10000000 256
            a = dma_map_single eth0 rx 256 TO_DEVICE
            b = dma_map_single eth0 rx 256 TO_DEVICE
            c = dma_map_single eth0 rx 64 FROM_DEVICE attrs=SKIP_CPU_SYNC
            """
        #expect(try check(harmless).judgement.findings.isEmpty)
    }

    @Test(
        "Overlap among coherent devices is told as a false alarm; with another device it is found")
    func coherentOverlap() throws {
        for (other, codes) in [("one", [HazardCode]()), ("snooping", []), ("eth0", [.h19])] {
            let text = """
                device eth0 noncoherent
                device one coherent
                device snooping coherent
                buffer rx 0x10000000 64
                a = dma_map_single one rx 48 FROM_DEVICE
                b = dma_map_single \(other) rx+16 48 FROM_DEVICE
                """
            let result = try check(text, "am5728")
            #expect(result.judgement.findings.map(\.code) == codes, "\(other)")
            #expect(result.remarks.count == (codes.isEmpty ? 1 : 0), "\(other)")
        }
    }

    @Test("Where a message is a false alarm it is a remark, and no finding")
    func falseAlarm() throws {
        let text = """
            device eth0 noncoherent
            buffer rx 0x10000000 4096
            n = dma_alloc_noncoherent eth0 rx 4096
            dma_free_noncoherent n
            """
        let result = try check(text)
        #expect(result.judgement.findings.isEmpty)
        #expect(result.remarks.map(\.record) == [4])
        #expect(result.remarks.first?.message.contains("failed to check map error") == true)
        #expect(CheckReport(result).text(colours: false).contains("dma-debug alone"))
        #expect(try check(text, kernel: "6.18").remarks.isEmpty)
    }

    @Test("What a driver leaves behind is listed, with the kernel's one example")
    func leaks() throws {
        let text = """
            device eth0 noncoherent
            buffer a 0x10000000 4096
            buffer b 0x10002000 4096
            one = dma_map_single eth0 a 64 TO_DEVICE
            two = dma_alloc_coherent eth0 b 4096
            driver_unbind eth0
            """
        let findings = try check(text).judgement.findings
        #expect(findings.map(\.code) == [.h20])
        let leak = try #require(findings.first)
        #expect(leak.chain.map(\.record) == [4, 5, 6])
        #expect(leak.kernelMessage?.contains("[count=2]") == true)
    }

    @Test("Memory that no check of the kernel's looks at is found all the same")
    func memory() throws {
        for (area, function, codes, isSeen) in [
            ("stack", "dma_map_single", [HazardCode.h30], true),
            ("invalid", "dma_map_page", [.h30], false), ("vmalloc", "dma_map_page", [], false),
            ("text", "dma_map_page", [.h30], false), ("vmalloc", "dma_map_single", [.h30], false),
        ] {
            let text = """
                device eth0 noncoherent
                buffer b 0x10000000 4096 \(area)
                h = \(function) eth0 b 64 TO_DEVICE
                """
            let findings = try check(text).judgement.findings
            #expect(findings.map(\.code) == codes, "\(area) \(function)")
            #expect(findings.allSatisfy { $0.dmaDebug == isSeen }, "\(area) \(function)")
        }
    }

    @Test("Coherent memory is H14, with the messages of the vmalloc area where they are printed")
    func coherent() throws {
        let text = """
            device eth0 noncoherent
            buffer d 0x10000000 4096
            c = dma_alloc_coherent eth0 d 4096
            h = dma_map_single eth0 d 64 TO_DEVICE
            """
        for (kernel, isSeen) in [("5.4", true), ("6.12", false)] {
            let findings = try check(text, kernel: kernel).judgement.findings
            #expect(findings.first?.code == .h14)
            #expect(findings.allSatisfy { $0.code == .h14 && $0.dmaDebug == isSeen }, "\(kernel)")
        }
    }
}
