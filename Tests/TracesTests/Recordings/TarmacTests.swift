import Operations
import Testing

@testable import Traces

@Suite("Tarmac")
struct TarmacTests {
    @Test("the family of IT, MR and MW")
    func fields() throws {
        #expect(
            try native(RecordingSamples.tarmac, .tarmac) == [
                "core0: fetch 0x80008000 4 @pc=0x8000 @t=1cyc",
                "core0: fetch 0x8004 4 @t=2cyc",
                "core0: ld 0x90001000 4 = 0x2a @pc=0x8004 @t=2cyc",
                "core1: fetch 0x9000 4 @t=3cyc", "core1: stx 0x80002000 8 @pc=0x9000 @t=3cyc",
                "core0: fetch 0x8008 4 @t=4cyc", "core0: dc civac 0x80001000 @pc=0x8008 @t=4cyc",
                "core0: fetch 0x800c 4 @t=5cyc", "core0: fetch 0x8010 4 @t=6cyc",
                "core0: dmb ish @pc=0x8010 @t=6cyc", "core1: fetch 0x9004 4 @t=7cyc",
                "core1: dc civac 0x80003000 @pc=0x9004 @t=7cyc",
            ])
        let result = recorded(RecordingSamples.tarmac, .tarmac)
        #expect(result.skipped == ["heads": 1, "registers (R)": 2, "SIGNAL:": 1])
        #expect(result.operations.count { $0.virtualAddress != nil } == 2)
    }

    @Test("the family of ES, LD and ST, with memory types")
    func blocks() throws {
        #expect(
            try native(RecordingSamples.tarmacBlocks, .tarmac) == [
                "core0: fetch 0x2109bc 4 @t=0cyc", "region so_ff000 0xff000 4096 so osh",
                "core0: st 0xfffe0 8 = 0x0 @pc=0x2109bc @t=0cyc",
                "core0: st 0xfffe8 8 = 0x2105e0 @pc=0x2109bc @t=0cyc",
                "core0: fetch 0x210748 4 @t=0cyc",
                "core0: ld 0x300167 1 = 0x3a @pc=0x210748 @t=0cyc",
                "core0: ld 0x300170 1 @pc=0x210748 @t=0cyc", "core0: fetch 0x210750 4 @t=1cyc",
                "core0: dsb sy @pc=0x210750 @t=1cyc", "core0: fetch 0x210754 4 @t=2cyc",
            ])
        #expect(
            recorded(RecordingSamples.tarmacBlocks, .tarmac).skipped == [
                "heads": 1, "registers (R)": 1, "branches (BR)": 1,
            ])
    }

    @Test(
        "what producers vary",
        arguments: [
            ("14250clk cpu0 MR8 000ffb80:0000000ffb80 00000000000ffbb8", "ld 0xffb80 8 = 0xffbb8"),
            ("5 ns MW2 20000000 beef", "st 0x20000000 2 = 0xbeef"),
            ("5 ns R04 20000000 12345678", "ld 0x20000000 4 = 0x12345678"),
            ("MW4 e000ef5c 20001000", "dc ivac 0x20001000"),
            ("5 tic MW16 00001000 00000000_00000000_00000000_00000001", "st 0x1000 16"),
            ("5 clk MR04___D 20000000 78563412", "ld 0x20000000 4 = 0x12345678"),
            ("IT (00008000) 4770 T thread : BX lr", "fetch 0x8000 2"),
            ("1 clk IT (00008000:12) 00008000 4770 T16 BX lr", "fetch 0x8000 2"),
            (
                "1 clk IT (12) 00008000:000000008000,000000008002 f3bf8f4f T svc_s : DSB",
                "fetch 0x8000 4"
            ),
            ("1 clk ES (00008000:--------) O el3h_s: ", "fetch 0x8000 4"),
            ("10.5us MR4_D 00000100 0000010b", "ld 0x100 4 = 0x10b @t=10500000ps"),
            ("9 us IT 0000010a b510        PUSH {r4,lr}", "fetch 0x10a 2"),
            ("9 ns MNW4____ (00000050:000000a8) 05011000 00000003", "st 0x5011000 4 = 0x3"),
            ("9 ns IT (00000000:00000000) 00000000 ea000006 A :   B pc+0x18", "fetch 0x0 4"),
            ("ES (000000d8:c878) T thrd_s:  LDM r0!,{r3-r6}", "fetch 0xd8 2"),
        ])
    func quirks(line: String, expected: String) throws {
        let statements = try native(line + "\n", .tarmac)
        #expect(statements.first?.hasPrefix("core0: " + expected) == true, "\(statements)")
    }

    @Test("attributes of Normal memory; what a bus or a coprocessor moves is counted")
    func otherLines() throws {
        let text = """
            1 tic ES (0000000000008000:d503201f) O el3h_s: NOP
                  ST 000000009ffdb810 ....0000 ........ 88888888 88888888    S:009ffdb810    NM NSH IWTNA OWTNA
            2 tic MCW4___R (01000250:000000bb) TRANSFER 00000000
            2 tic MR2_I 0000010a b5100000

            """
        let result = recorded(text, .tarmac)
        #expect(result.accesses == ["fetch 8000 4", "store 9ffdb810 8", "store 9ffdb81c 2"])
        #expect(
            result.operations.last?.memory
                == RecordedOperation.Memory(.writeThrough, .nonShareable))
        #expect(
            result.skipped == [
                "outer cacheabilities: the inner one is said": 1, "transfers of coprocessors": 1,
                "accesses of buses for instructions and peripherals": 1,
            ])
        #expect(
            recorded("1 ns MR1 10 1\n2 ps MR1 10 1\n", .tarmac).faults.map(\.expected) == [
                "the unit of the times before, ns"
            ])
    }

    @Test("times keep their unit; lines without one have the one before")
    func times() throws {
        #expect(
            try native("7 ps MR1 10 1\nMR1 11 1\n", .tarmac) == [
                "core0: ld 0x10 1 = 0x1 @t=7ps", "core0: ld 0x11 1 = 0x1 @t=7ps",
            ])
    }

    @Test("maintenance whose register is not known, aborted accesses and exceptions are counted")
    func counted() {
        let text = """
            1 clk IT (1) 00008000 d50b7e29 O EL1h_ns : DC CIVAC,x9
            2 clk IT (2) 00008004 d5087e49 O EL1h_ns : DC CISW,x9
            3 clk MR4 00001000 (ABORTED)
            4 clk E 00008004 00000001 CoreEvent_X
            5 clk R X9 --------00001000

            """
        #expect(
            recorded(text, .tarmac).skipped == [
                "dc civac, whose address is not recorded": 1, "dc cisw, of one set and way": 1,
                "accesses that were aborted": 1, "exceptions and other events (E, EXC)": 1,
                "registers (R)": 1,
            ])
    }

    @Test(
        "damaged lines are errors with their place",
        arguments: [
            ("1 clk IT (1) 0000800x e3a01001 A", 21, "an address in hexadecimal and then a blank"),
            (
                "1 clk IT (1) 00008000 e3a01001 Q svc : MOV", 32,
                "an instruction set: A, T, T16, T32 or O"
            ),
            ("1 clk IT (1) 00008000 e3a0100 A svc : MOV", 23, "an opcode of 4 or 8 digits"),
            ("1 clk ES 00008000", 10, "an address and an opcode in parentheses"),
            ("ST 0000000000001001 ........", 4, "a multiple of 16 for a line of 16 bytes"),
            ("ST 0000000000001000 ........ 1", 30, "two characters for each byte"),
            ("ST 0000000000001000 zz", 21, "bytes in hexadecimal, dots or ##"),
            ("1 clk MR4 x 0", 11, "an address in hexadecimal"),
        ])
    func faults(line: String, column: Int, expected: String) {
        let fault = recorded(line + "\n", .tarmac).faults.first
        #expect(fault?.column == column)
        #expect(fault?.expected == expected)
    }

    @Test("a page with two memory types is declared by the first, and said")
    func twoTypes() throws {
        let text = """
            ES (0000000000008000:d503201f) O el3h_s: NOP
            LD 0000000000001000 ........ ........ ........ ......00 S:0000001000 nGnRE OSH
            LD 0000000000001010 ........ ........ ........ ......00 S:0000001010 NC OSH

            """
        let reader = RecordingReader(
            try ByteSource(bytes: Array(text.utf8), file: "t"), format: .tarmac)
        let (program, notSaid) = try RecordingStatements.program(reader)
        #expect(program.declarations.count == 1)
        #expect(
            notSaid.map(\.kind) == ["accesses with another memory type than the page's first"])
    }
}
