import Operations
import Testing

@testable import Traces

/// Words, columns and encodings that the samples do not have.
@Suite("Recordings: every word of their tables")
struct FurtherFormatTests {
    @Test(
        "CSV: each kind of a row is the statement of its name",
        arguments: [
            ("p,1000,4", "pld 0x1000"), ("ldx,1000,4", "ldx 0x1000 4"),
            ("stx,1000,4", "stx 0x1000 4"), ("lda,1000,4", "lda 0x1000 4"),
            ("stl,1000,4", "stl 0x1000 4"), ("isb,,", "isb"), ("dmb,,", "dmb sy"),
            ("dsb,,", "dsb sy"), ("dmb sy,,", "dmb sy"), ("DSB ST,,", "dsb st"),
            ("dmb ld,,", "dmb ld"), ("dmb ish,,", "dmb ish"), ("dmb ishst,,", "dmb ishst"),
            ("dsb ishld,,", "dsb ishld"), ("dsb osh,,", "dsb osh"), ("dmb oshst,,", "dmb oshst"),
            ("dmb oshld,,", "dmb oshld"), ("dsb nsh,,", "dsb nsh"), ("dsb nshst,,", "dsb nshst"),
            ("dmb nshld,,", "dmb nshld"), ("dc civac,1000,64", "dc civac 0x1000 64"),
            ("dc ivac,1000,64", "dc ivac 0x1000 64"), ("dc cvau,1000,64", "dc cvau 0x1000 64"),
            ("dc zva,1000,64", "dc zva 0x1000 64"), ("ic ivau,1000,64", "ic ivau 0x1000 64"),
            ("ic iallu,,", "ic iallu"), ("dc cvac,1000,", "dc cvac 0x1000"),
        ])
    func kinds(row: String, statement: String) throws {
        #expect(try native("kind,address,size\n\(row)\n", .csv) == ["core0: " + statement])
    }

    @Test(
        "CSV: what is nearly one of them is refused in its place",
        arguments: [
            ("dmb foo,,", 1), ("dsb ishxx,,", 1), ("dmb ish st,,", 1), ("isb sy,,", 1),
            ("dc cvac,,64", 1), ("dc ivac,fffffffffffffff0,32", 1),
        ])
    func nearly(row: String, column: Int) {
        let fault = recorded("kind,address,size\n\(row)\n", .csv).faults.first
        #expect(fault?.line == 2 && fault?.column == column, "\(String(describing: fault))")
    }

    @Test(
        "CSV: columns by their other names, and times in their units",
        arguments: [
            ("op,addr10,bytes,data,time_ps", "r,4096,4,7,9", "ld 0x1000 4 = 0x7 @t=9ps"),
            ("rw,paddr,len,data,time_us", "w,1000,4,0x2a,9", "st 0x1000 4 = 0x2a @t=9us"),
            ("cmd,address,length,ip,clk", "r,1000,4,8000,9", "ld 0x1000 4 @pc=0x8000 @t=9cyc"),
            ("cmd,address,length,ip,tick", "r,1000,4,8000,9", "ld 0x1000 4 @pc=0x8000 @t=9ps"),
        ])
    func columns(head: String, row: String, statement: String) throws {
        #expect(try native("\(head)\n\(row)\n", .csv) == ["core0: " + statement])
    }

    @Test("CSV: memory that is not shareable as usual is a region of its own")
    func shareability() throws {
        let head = "kind,address,size,memory,shareability\n"
        let lines = try native(head + "r,10000000,4,wb,OSH\nr,10001000,4,wb,ish\n", .csv)
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("region ") && lines[0].hasSuffix(" 0x10000000 4096 wb osh"))
        let fault = recorded(head + "r,10000000,4,wb,all\n", .csv).faults.first
        #expect(fault?.expected == "nsh, ish or osh" && fault?.column == 17)
    }

    @Test(
        "Sizes by the disassembly: tables, pairs, unprivileged ones, atomics, named registers",
        arguments: [
            ("ldpsw x0, x1, [x2]", 8), ("tbb [pc, r0]", 1), ("tbh [pc, r0, lsl #1]", 2),
            ("ldrbt r0, [r1]", 1), ("strht r0, [r1]", 2), ("ldrsbt r0, [r1]", 1),
            ("str xzr, [x0]", 8), ("stp xzr, xzr, [sp]", 16), ("stur wzr, [x0, #-4]", 4),
            // Ranges of registers with names: r9 to r12, r10 to r15, r0 to r13, r4 to r11 and pc.
            ("stm r0, {sb-ip}", 16), ("ldm r0, {sl-pc}", 24), ("ldm r0, {r0-sp}", 56),
            ("pop {r4-fp, pc}", 36), ("ldm r0, {fp-lr}", 16),
            // A pair is compared and swapped, and another stored; the least and the greatest are atomics as others.
            ("casp x0, x1, x2, x3, [x4]", 16), ("caspal w0, w1, w2, w3, [x4]", 8),
            ("cas w0, w1, [x2]", 4), ("ldsmax x0, x1, [x2]", 8), ("ldumin w0, w1, [x2]", 4),
            ("ldsminh w0, w1, [x2]", 2), ("steor x0, [x1]", 8), ("stumaxb w0, [x1]", 1),
        ])
    func sizes(text: String, size: Int) {
        let bytes = Array(text.utf8)
        #expect(bytes.withUnsafeBufferPointer { AccessSizes($0).total } == size, "\(text)")
    }

    private func name(_ opcode: UInt32, _ set: ArmInstruction.InstructionSet) -> String {
        switch ArmInstruction(opcode, set) {
        case .barrier(let barrier): "\(barrier.instruction) \(barrier.domain) \(barrier.accesses)"
        case .byAddress(let maintenance, let register): "\(maintenance) \(register)"
        case .whole(let maintenance): "\(maintenance)"
        case .unsaid(let what): "\(what)"
        case nil: "-"
        }
    }

    @Test("Maintenance by coprocessor 15, of A32 and T32 alike")
    func coprocessor() {
        let whole = "maintenance of a whole cache by one instruction (before ARMv7)"
        for (opcode, expected) in [
            // mcr p15, 0, r4, c7, c11, 1 and so on: DCCMVAU, ICIMVAU, ICIALLUIS, CP15DMB, CP15ISB.
            (0xEE07_4F3B, "dcCVAU 4"), (0xEE07_4F35, "icIVAU 4"), (0xEE07_4F3E, "dcCIVAC 4"),
            (0xEE07_0F11, "icIALLUIS"), (0xEE07_0FBA, "dmb fullSystem all"),
            (0xEE07_0F95, "isb fullSystem all"), (0xEE07_0F56, "dc isw, of one set and way"),
            (0xEE07_0F5A, "dc csw, of one set and way"),
            (0xEE07_0F5E, "dc cisw, of one set and way"), (0xEE07_0F17, whole),
            (0xEE07_0F1A, whole), (0xEE07_0F19, "-"),
            // Another register than c7, another opc1, a read, and coprocessor 14.
            (0xEE01_0F10, "-"), (0xEE27_0F36, "-"), (0xEE17_0F36, "-"), (0xEE07_0E36, "-"),
        ] as [(UInt32, String)] {
            #expect(name(opcode, .a32) == expected, "A32 0x\(String(opcode, radix: 16))")
            #expect(name(opcode, .t32) == expected, "T32 0x\(String(opcode, radix: 16))")
        }
        // With a condition it is the same in A32; condition 15 is another space.
        #expect(name(0x0E07_4F3B, .a32) == "dcCVAU 4")
        #expect(name(0xFE07_4F3B, .a32) == "-")
    }

    @Test("Barriers and maintenance of A64 that no statement says, or that have no option")
    func a64() {
        for (opcode, expected) in [
            (0xD503_369F, "dsb nonShareable stores"), (0xD503_379F, "dsb nonShareable all"),
            (0xD503_3DBF, "dmb fullSystem loads"), (0xD503_349F, "dsb fullSystem all"),
            (0xD508_7640, "dc isw, of one set and way"),
            (0xD508_7A40, "dc csw, of one set and way"),
            (0xD50B_7C20, "dc cvap"), (0xD50B_7D20, "dc cvadp"), (0xD503_3F5F, "-"),
            (0xD503_201F, "-"), (0xD50B_7F20, "-"),
        ] as [(UInt32, String)] {
            #expect(name(opcode, .a64) == expected, "0x\(String(opcode, radix: 16))")
        }
    }

    @Test("Stores to the system control block maintain caches, each register in its way")
    func systemControlBlock() {
        func text(_ address: UInt64, _ value: UInt64?) -> String {
            SystemControlBlock.maintenance(at: address, value: value).map {
                "\($0.instruction) \(String($0.start.address.rawValue, radix: 16))"
            } ?? "-"
        }
        for (register, expected) in [
            (0x50, "icIALLU 0"), (0x58, "icIVAU 20001000"), (0x5C, "dcIVAC 20001000"),
            (0x64, "dcCVAU 20001000"), (0x68, "dcCVAC 20001000"), (0x70, "dcCIVAC 20001000"),
            // By set and way, and the branch predictor: stores like others.
            (0x60, "-"), (0x6C, "-"), (0x74, "-"), (0x78, "-"), (0x4C, "-"), (0x7C, "-"),
        ] as [(UInt64, String)] {
            #expect(text(0xE000_EF00 + register, 0x2000_1000) == expected)
        }
        #expect(text(0xE000_EF68, nil) == "-")
        #expect(text(0xE000_EF50, nil) == "icIALLU 0")
    }

    @Test("Maintenance whose address no register has told is counted by its name")
    func unknownAddresses() {
        let opcodes: [(UInt32, String)] = [
            (0xD50B_7A20, "dc cvac"), (0xD508_7620, "dc ivac"), (0xD50B_7B20, "dc cvau"),
            (0xD50B_7420, "dc zva"), (0xD50B_7520, "ic ivau"),
        ]
        for (opcode, words) in opcodes {
            let line = "0, 0x1000, 0x\(String(opcode, radix: 16)), \"sys\"\n"
            #expect(
                recorded(line, .execlog).skipped == ["\(words), whose address is not recorded": 1])
        }
        let whole = recorded("0, 0x1000, 0xd508751f, \"ic iallu\"\n", .execlog)
        #expect(whole.skipped.isEmpty)
        #expect(whole.operations.count == 2)
    }

    @Test("drmemtrace as text: pages, prefetches and what was not fetched")
    func drmemtraceText() throws {
        func line(_ text: String) -> String { "  1  1:  7 \(text)\n" }
        let pages =
            line("<marker: tid 7 on core 1>") + line("<marker: page size 65536>")
            + line("<marker: physical address for following virtual: 0x90001000>")
            + line("<marker: virtual address for prior physical: 0x401000>")
        let text =
            pages + line("ifetch       4 byte(s) @ 0x0000000000409004 d503201f nop")
            + line("ifetch       4 byte(s) @ 0x0000000000409008 non-fetched")
            + line("pref-r0      1 byte(s) @ 0x0000000000402000 by PC 0x0000000000409004")
            + line("pref-hw      1 byte(s) @ 0x0000000000402000 by PC 0x0000000000409004")
            + line("pref-inst0   1 byte(s) @ 0x0000000000402000 by PC 0x0000000000409004")
            + line("read         4 byte(s) @ 0x0000000000500000 by PC 0x0000000000409004")
        let result = recorded(text, .drmemtraceText)
        // Addresses of the page of 64 KiB, whose first byte is 0x90000000; the last one's page was not told.
        #expect(
            result.accesses == [
                "fetch 90009004 4", "prefetch 90002000 1", "load 500000 4",
            ])
        #expect(result.operations.map(\.core.index) == [1, 1, 1])
        #expect(
            result.skipped == [
                "markers": 4, "instructions that were not fetched": 1,
                "prefetches of hardware": 1, "prefetches of instructions": 1,
            ])
        #expect(result.operations[0].virtualAddress == 0x40_9004)
        // A size that is none of a page is not taken.
        let odd = recorded(text.replacing("size 65536", with: "size 3000"), .drmemtraceText)
        #expect(odd.accesses.first == "fetch 409004 4")
        let fault = recorded(line("pop 4 byte(s) @ 0x10"), .drmemtraceText).faults.first
        #expect(fault?.found == "'pop'")
    }

    @Test("drmemtrace as a file: instructions in bundles, encodings that are no whole ones")
    func bundles() {
        func record(_ type: UInt16, _ size: UInt16, _ value: UInt64) -> [UInt8] {
            bytes(type, size) + bytes(value)
        }
        let head = record(25, 0, 6) + record(28, 9, 0x208) + record(22, 0, 7)
        let result = recorded(
            head + record(10, 4, 0x1000) + record(17, 3, 0x02_04_04)
                + record(47, 2, 0xD503_3F9F) + record(10, 4, 0x2000), .drmemtrace)
        #expect(
            result.accesses == [
                "fetch 1000 4", "fetch 1004 4", "fetch 1008 4", "fetch 100c 2", "fetch 2000 4",
            ])
        #expect(result.operations.count == 5)
        let fault = recorded(head + record(17, 9, 0), .drmemtrace).faults.first
        #expect(fault?.found == "a bundle of 9 instructions" && fault?.expected == "1 to 8")
        // Behind `no core`, the thread is what tells.
        let moved = recorded(
            head + record(28, 3, .max) + record(10, 4, 0x1000), .drmemtrace)
        #expect(moved.coreNames == ["core0 is thread7"])
    }

    @Test("Tarmac: exclusives, the model's caches, exceptions, and times that are no whole numbers")
    func tarmac() throws {
        let text = """
            1 clk MR4X 00001000 00000001
            2 clk MW4 X 00001000 00000002
            3 clk CACHE cpu.l1dcache LINE 0004 ALLOC
            4 clk IT EXC [0x00000080] IRQ
            5 clk R r1 (USR) 00002000
            6 clk IT (1) 00008000 ee071f3a A svc : MCR

            """
        let result = recorded(text, .tarmac)
        #expect(result.accesses.prefix(2) == ["loadExclusive 1000 4", "storeExclusive 1000 4"])
        #expect(
            result.skipped == [
                "caches of the model (CACHE)": 1, "exceptions and other events (E, EXC)": 1,
                "registers (R)": 1,
            ])
        #expect(try native(text, .tarmac).last == "core0: dc cvac 0x2000 @pc=0x8000 @t=6cyc")
        #expect(try native("1.25ns MR1 10 1\n", .tarmac) == ["core0: ld 0x10 1 = 0x1 @t=1250ps"])
        for (time, expected) in [
            ("1.2345ns", "a time in whole picoseconds or cycles"),
            ("1.5clk", "a time in whole picoseconds or cycles"),
            ("18446744073709551615.5us", "a time within 64 bits"),
            ("99999999999999999999 ns", "a time within 64 bits"),
        ] {
            let fault = recorded("\(time) MR1 10 1\n", .tarmac).faults.first
            #expect(fault?.expected == expected, "\(time)")
        }
    }

    @Test("Kinds that the native format has not are said as what they do")
    func otherKinds() {
        func operation(_ kind: AccessKind, _ size: UInt32) -> Operation {
            NativeAccess.operation(MemoryAccess(kind, at: 0x1010, size: size, agent: .core(1)))
        }
        let load = MemoryAccess(.load, at: 0x1010, size: 4, agent: .core(1))
        #expect(operation(.miscellaneousRead, 4) == .access(load, symbol: .none, value: nil))
        #expect(operation(.load, 4) == .access(load, symbol: .none, value: nil))
        #expect(
            operation(.copyBack, 64)
                == .maintenance(Maintenance(.dcCVAC, at: Operand(0x1010), bytes: 64)))
        #expect(
            operation(.invalidate, 64)
                == .maintenance(Maintenance(.dcIVAC, at: Operand(0x1010), bytes: 64)))
        // Without a size it is the whole cache.
        #expect(operation(.copyBack, 0) == .maintenance(Maintenance(.dcCSW)))
        #expect(operation(.invalidate, 0) == .maintenance(Maintenance(.dcISW)))
    }

    @Test("Values that do not fit into their access are counted, and not said")
    func values() throws {
        let text = "kind,address,size,value\nw,1000,1,0x1ff\nw,1000,2,0x1ff\n"
        let reader = RecordingReader(
            try ByteSource(bytes: Array(text.utf8), file: "t"), format: .csv)
        let (program, notSaid) = try RecordingStatements.program(reader)
        #expect(notSaid.map(\.kind) == ["values that do not fit into their access"])
        #expect(program.statements.map(\.value) == [nil, 0x1FF])
    }
}
