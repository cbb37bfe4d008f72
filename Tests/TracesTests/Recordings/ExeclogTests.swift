import Operations
import Testing

@testable import Traces

@Suite("QEMU execlog")
struct ExeclogTests {
    @Test("accesses, sizes, devices, barriers and maintenance")
    func sample() throws {
        let result = recorded(RecordingSamples.execlog, .execlog)
        #expect(
            result.accesses == [
                "fetch 40000000 4", "fetch 40000004 4", "load 40001000 8", "fetch 40000008 4",
                "store 40000000 8", "store 40000008 8", "fetch 4000000c 4", "store 9000000 1",
                "fetch 40000010 4", "fetch 40000014 4", "fetch 40000018 4", "fetch 8002 2",
                "load 20000000 4", "fetch 8004 4", "store 1000 4", "store 1004 4", "store 1008 4",
                "store 100c 4",
            ])
        #expect(result.skipped == ["dc civac, whose address is not recorded": 1])
        #expect(result.assumed.isEmpty)
        #expect(
            try native(RecordingSamples.execlog, .execlog).prefix(12) == [
                "core0: fetch 0x40000000 4", "core0: fetch 0x40000004 4",
                "core0: ld 0x40001000 8 @pc=0x40000004", "core0: fetch 0x40000008 4",
                "core0: st 0x40000000 8 @pc=0x40000008", "core0: st 0x40000008 8 @pc=0x40000008",
                "core0: fetch 0x4000000c 4", "region pl011_9000000 0x9000000 4096 device osh",
                "core0: st 0x9000000 1 @pc=0x4000000c", "core0: fetch 0x40000010 4",
                "core0: dc civac 0x40000000 @pc=0x40000010", "core0: fetch 0x40000014 4",
            ])
    }

    @Test("other lines are counted, damaged ones are errors")
    func others() {
        let text = "U-Boot 2024\n" + RecordingSamples.execlog + "hello\n\n"
        #expect(TraceFormat.recognise(Array(text.utf8)) == .execlog)
        let result = recorded(text, .execlog)
        #expect(result.skipped["lines that are no instruction"] == 2)
        #expect(result.skipped["blank lines"] == 1)
        for (line, column, expected) in [
            ("0, 0x1000, 0xg, \"nop\"", 12, "an opcode in hexadecimal"),
            ("0, 0x1000, 0x1, nop", 17, "the disassembly in quotation marks"),
            ("0, 0x1000, 0x1, \"nop", 21, "a quotation mark behind the disassembly"),
            ("0, 0x1000, 0x1, \"nop\", lood, 0x1", 24, "load, store or REGISTER -> 0xVALUE"),
            ("0, 0x1000, 0x1, \"nop\", load, z", 30, "an address in hexadecimal"),
            ("0, 0x1000, 0x100000000, \"nop\"", 12, "an opcode of 32 bits"),
        ] {
            let fault = recorded(line + "\n", .execlog).faults.first
            #expect(fault?.column == column, "\(line)")
            #expect(fault?.expected == expected, "\(line)")
        }
    }

    @Test(
        "sizes are told by the disassembly",
        arguments: [
            ("ldr x0, [x1]", 8), ("ldr w0, [x1]", 4), ("ldrb w0, [x1, #1]", 1),
            ("ldrsh x0, [x1]", 2), ("ldrsw x0, [x1]", 4), ("str q0, [x1]", 16),
            ("stp x29, x30, [sp, #-0x20]!", 16), ("ldp w0, w1, [x2]", 8),
            ("stxr w0, x1, [x2]", 8), ("stxrb w0, w1, [x2]", 1), ("ldaxr x0, [x1]", 8),
            ("ldr r0, [r1]", 4), ("ldrbne r0, [r1]", 1), ("strheq r0, [r1]", 2),
            ("ldrhs r0, [r1]", 4), ("ldrd r0, r1, [r2]", 8), ("push {r4, r5, lr}", 12),
            ("ldm sp!, {r4, r5, r6, pc}", 16), ("pop {r4-r7, pc}", 20),
            ("stmdb sp!, {fp, ip, lr, pc}", 16), ("vldr d0, [r1]", 8), ("vpush {d8-d11}", 32),
            ("ldr.w r0, [r1]", 4), ("LDRB     w8,[x0,#0]", 1), ("ldur x0, [x1, #-8]", 8),
            ("st1 {v0.16b, v1.16b}, [x0]", 32), ("ld1 {v0.8b}, [x0]", 8), ("strex r0, r1, [r2]", 4),
            ("swp x0, x1, [x2]", 8), ("ldaddb w0, w1, [x2]", 1), ("stlrb w0, [x1]", 1),
        ])
    func sizes(text: String, size: Int) {
        let bytes = Array(text.utf8)
        #expect(bytes.withUnsafeBufferPointer { AccessSizes($0).total } == size)
    }

    @Test("what the disassembly does not tell is 4 bytes, and counted")
    func unknownSizes() {
        let result = recorded("0, 0x1000, 0x12345678, \".byte 0x78\", load, 0x10\n", .execlog)
        #expect(result.accesses == ["fetch 1000 4", "load 10 4"])
        #expect(result.assumed == ["sizes that the disassembly does not tell: 4 bytes": 1])
    }

    @Test("exclusives, acquire and release keep their kinds")
    func kinds() {
        let text = """
            0, 0x10, 0x885f7c20, "ldxr w0, [x1]", load, 0x100
            0, 0x14, 0x88027c20, "stxr w2, w0, [x1]", store, 0x100
            0, 0x18, 0x88dffc20, "ldar w0, [x1]", load, 0x104
            0, 0x1c, 0x889ffc20, "stlr w0, [x1]", store, 0x108

            """
        #expect(
            recorded(text, .execlog).accesses.filter { !$0.hasPrefix("fetch") } == [
                "loadExclusive 100 4", "storeExclusive 100 4", "loadAcquire 104 4",
                "storeRelease 108 4",
            ])
    }

    @Test("barriers and maintenance of all instruction sets")
    func encodings() {
        func name(_ opcode: UInt32) -> String {
            switch ExeclogGrammar.special(opcode) {
            case .barrier(let barrier):
                "\(barrier.instruction) \(barrier.domain) \(barrier.accesses)"
            case .byAddress(let maintenance, let register): "\(maintenance) \(register)"
            case .whole(let maintenance): "\(maintenance)"
            case .unsaid(let what): "\(what)"
            case nil: "-"
            }
        }
        for (opcode, expected) in [
            (0xD503_3F9F, "dsb fullSystem all"), (0xD503_3B9F, "dsb innerShareable all"),
            (0xD503_3ABF, "dmb innerShareable stores"), (0xD503_31BF, "dmb outerShareable loads"),
            (0xD503_3FDF, "isb fullSystem all"), (0xD508_7620, "dcIVAC 0"),
            (0xD50B_7A21, "dcCVAC 1"), (0xD50B_7B22, "dcCVAU 2"), (0xD50B_7E23, "dcCIVAC 3"),
            (0xD50B_7424, "dcZVA 4"), (0xD50B_7525, "icIVAU 5"), (0xD508_751F, "icIALLU"),
            (0xD508_711F, "icIALLUIS"), (0xD508_7E40, "dc cisw, of one set and way"),
            (0xF57F_F04F, "dsb fullSystem all"), (0xF57F_F05A, "dmb innerShareable stores"),
            (0xF57F_F06F, "isb fullSystem all"), (0xEE07_3F3E, "dcCIVAC 3"),
            (0xEE07_2F36, "dcIVAC 2"), (0xEE07_2F3A, "dcCVAC 2"),
            (0xEE07_0F9A, "dsb fullSystem all"),
            (0xEE07_0F15, "icIALLU"), (0x8F4F_F3BF, "dsb fullSystem all"),
            (0x8F5B_F3BF, "dmb innerShareable all"), (0x3F3E_EE07, "dcCIVAC 3"),
            (0xE591_0000, "-"), (0xF940_0022, "-"), (0xD508_8020, "-"),
        ] as [(UInt32, String)] {
            #expect(name(opcode) == expected, "0x\(String(opcode, radix: 16))")
        }
    }
}
