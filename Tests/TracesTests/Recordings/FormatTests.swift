import Operations
import Quantities
import Testing

@testable import Traces

@Suite("Recordings of simulators")
struct FormatTests {
    @Test("drmemtrace as text")
    func drmemtraceText() throws {
        #expect(
            try native(RecordingSamples.drmemtraceText, .drmemtraceText) == [
                "core1: fetch 0x401000 4 @t=13335000000000001us",
                "core1: ld 0xbeef0010 8 @pc=0x401000", "core1: fetch 0x401004 4",
                "core1: dc cvac 0xbeef0000 64 @pc=0x401004", "core1: fetch 0x401008 4",
                "core1: dmb ish @pc=0x401008", "core0: st 0xbeef0012 2 @pc=0x501000",
            ])
        let result = recorded(RecordingSamples.drmemtraceText, .drmemtraceText)
        #expect(result.skipped == ["lines that are no record": 5, "markers": 5])
        #expect(result.coreNames == ["core0 is thread12346"])
    }

    @Test("drmemtrace as a file")
    func drmemtrace() throws {
        #expect(
            try native(RecordingSamples.drmemtrace, .drmemtrace) == [
                "core2: fetch 0x90000000 4 @pc=0x401000 @t=13335000000000001us",
                "core2: dsb sy @pc=0x401000", "core2: fetch 0x90000004 4 @pc=0x401004",
                "core2: ld 0xbeef0000 8 @pc=0x401004", "core2: st 0xbeef0008 4 @pc=0x401004",
                "core2: pld 0xbeef1000 @pc=0x401004",
                "core2: dc civac 0x1000 8192 @pc=0x401004",
                "core2: fetch 0x90000008 4 @pc=0x401008",
            ])
        let result = recorded(RecordingSamples.drmemtrace, .drmemtrace)
        #expect(result.assumed == ["flushes of data: clean and invalidate (dc civac)": 1])
        let unknown = recorded(
            Array(RecordingSamples.drmemtrace.prefix(12)) + bytes(UInt16(99), 0) + bytes(UInt64(0)),
            .drmemtrace)
        #expect(
            unknown.faults == [
                TraceError(
                    file: "t", byte: 12, found: "record type 99", expected: "a type from 0 to 49")
            ])
    }

    @Test("gem5's packets: cores and devices by their names, commands by the release")
    func gem5() throws {
        #expect(
            try native(RecordingSamples.gem5, .gem5) == [
                "core0: fetch 0x8000 4 @t=1000ps", "core0: ld 0x10000 8 @pc=0x8004 @t=2000ps",
                "region device_10000 0x10000 4096 device osh",
                "core0: st 0x10008 4 @pc=0x8008 @t=3000ps", "core0: dc cvac 0x10000 64 @t=4000ps",
                "device system.pc.ide", "system.pc.ide: wr 0x20000 64 @t=5000ps",
                "system.pc.ide: rd 0x20040 64 @t=6000ps", "core1: ld 0x10010 4 @t=8000ps",
                "core1: st 0x10010 4 @t=8000ps", "core1: dmb sy @t=9500ps",
            ])
        let result = recorded(RecordingSamples.gem5, .gem5)
        #expect(
            result.skipped == [
                "writebacks of caches": 1, "answers, errors and messages between caches": 1,
            ])
        #expect(result.devices == ["system.pc.ide"])
    }

    @Test("gem5's cores: parts of one are it, clusters have their own")
    func gem5Cores() {
        let names = [
            "system.cpu1.data", "system.cpu1.dtb.walker", "system.big.cpus0.data",
            "system.little.cpus0.data", "system.switch_cpus1.data", "system.iobridge",
        ]
        let packets = (0..<6).map { [1, 1, 0x1000, 4, 0, UInt64($0)] }
        let result = recorded(RecordingSamples.gem5(packets, names: names), .gem5)
        #expect(result.operations.prefix(5).map(\.core.index) == [1, 1, 0, 2, 1])
        #expect(result.coreNames == ["core2 is system.little.cpus0"])
        #expect(result.devices == ["system.iobridge"])
    }

    @Test("gem5's numbers moved between releases")
    func gem5Releases() throws {
        func first(_ command: UInt64, _ release: String) throws -> String {
            var options = RecordingOptions()
            options.gem5 = try #require(Gem5Release(release))
            let file = RecordingSamples.gem5([[1, command, 0x1000, 64]], names: [])
            return try native(file, .gem5, options: options).first ?? "-"
        }
        // CleanSharedReq, CleanInvalidReq, InvalidateReq.
        for (release, numbers) in [
            ("19.0", [35, 37, 45]), ("v20.0.0.3", [35, 37, 45]), ("20.1", [38, 40, 48]),
            ("21.2", [38, 40, 48]), ("22.0", [42, 44, 52]), ("22.1", [42, 44, 54]),
            ("24.0", [42, 44, 54]),
        ] as [(String, [UInt64])] {
            #expect(try first(numbers[0], release) == "core0: dc cvac 0x1000 64 @t=1ps")
            #expect(try first(numbers[1], release) == "core0: dc civac 0x1000 64 @t=1ps")
            #expect(try first(numbers[2], release) == "core0: dc ivac 0x1000 64 @t=1ps")
            #expect(
                try first(22, release).hasPrefix("core0: ld ") == (release > "20" && release < "v"))
        }
        #expect(Gem5Release("18.0") == nil)
        #expect(Gem5Release("24") == nil)
        #expect(Gem5Release("x.y") == nil)
    }

    @Test("gem5's damaged messages are errors with their byte")
    func gem5Faults() {
        func faults(_ bytes: [UInt8]) -> [String] {
            recorded(bytes, .gem5).faults.map(\.description)
        }
        let good = RecordingSamples.gem5([[1, 1, 0x1000, 4]], names: [])
        #expect(
            faults(Array("gem6".utf8) + good.dropFirst(4)) == [
                "t: byte 0: found 'gem6', expected gem5 at the front"
            ])
        #expect(
            faults(Array(good.dropLast())).first?.contains("the end of the file inside a message")
                == true)
        #expect(faults(good + [0]).first?.contains("a message of 0 bytes") == true)
        let unknown = RecordingSamples.gem5([[1, 63, 0x1000, 4]], names: [])
        #expect(faults(unknown).first?.contains("command 63") == true)
        let short = RecordingSamples.gem5([[1, 1, 0x1000]], names: [])
        #expect(faults(short).first?.contains("without one of tick") == true)
    }

    @Test("gem5's devices beyond those that a trace can declare are an error")
    func gem5Devices() {
        for count in [Agent.maximumDevices, Agent.maximumDevices + 1, 200] {
            let packets = (0..<count).map { [1, 1, 0x1000, 4, 0, UInt64($0)] }
            let names = (0..<count).map { "system.device\($0)" }
            let result = recorded(RecordingSamples.gem5(packets, names: names), .gem5)
            #expect(result.devices.count == Agent.maximumDevices)
            let expected = count > Agent.maximumDevices ? ["at most 64 devices"] : []
            #expect(result.faults.map(\.expected) == expected)
        }
    }

    @Test("gem5's packets as text")
    func gem5Text() throws {
        #expect(
            try native(RecordingSamples.gem5Text, .gem5Text) == [
                "core0: fetch 0x8000 4 @t=1000ps", "region device_10000 0x10000 4096 device osh",
                "core0: st 0x10008 4 @pc=0x8008 @t=3000ps",
            ])
        #expect(
            recorded(RecordingSamples.gem5Text, .gem5Text).skipped == [
                "commands that are no read and no write (u)": 1
            ])
    }

    @Test("ChampSim, 64 and 96 bytes", arguments: [false, true])
    func champSim(isCloudSuite: Bool) throws {
        let format = isCloudSuite ? TraceFormat.champSimCloudSuite : .champSim
        let result = recorded(RecordingSamples.champSim(isCloudSuite: isCloudSuite), format)
        #expect(
            result.accesses.prefix(5) == [
                "fetch 400000 1", "load 10 1", "load 20 1", "store 7fff0000 1", "fetch 400004 1",
            ])
        #expect(result.accesses.count == 50)
        #expect(result.assumed == ["sizes: 1 byte, the only one that the format names": 20])
        var damaged = RecordingSamples.champSim(isCloudSuite: isCloudSuite)
        damaged[(isCloudSuite ? 96 : 64) + 9] = 2
        let fault = recorded(damaged, format).faults.first
        #expect(fault?.byte == (isCloudSuite ? 105 : 73))
        #expect(fault?.expected == "0 or 1")
    }

    @Test("Renode")
    func renode() throws {
        #expect(
            try native(RecordingSamples.renode, .renode) == [
                "core0: fetch 0x8000 2", "core0: ld 0x20000000 4 = 0x2a @pc=0x8000",
                "core0: fetch 0x8002 4", "core0: dsb sy @pc=0x8002",
                "region device_40004000 0x40004000 4096 device osh",
                "core0: st 0x40004001 1 = 0x7 @pc=0x8002", "core0: fetch 0x8006 2",
                "core0: dc civac 0x20000040 @pc=0x8006",
            ])
        let fault = recorded("0x8000: 0xZZ\n", .renode).faults.first
        #expect(fault?.expected == "an opcode in hexadecimal")
        // Four digits are T32's short instructions, with 0x and without.
        #expect(
            recorded("0x8000: 6811\n0x8002: 0x0011\n0x8004: 0011\n0x8006: E5921000\n", .renode)
                .accesses == ["fetch 8000 2", "fetch 8002 2", "fetch 8004 2", "fetch 8006 4"])
    }

    @Test("SST Prospero as text and as binary are the same")
    func prospero() throws {
        let text = recorded(RecordingSamples.prospero, .prospero)
        #expect(text.accesses == ["load 1000 8", "store 1008 4", "load 1010 64", "store 1000 1"])
        #expect(text.operations.map(\.time) == [0, 12, 13, 20])
        #expect(text == recorded(RecordingSamples.prosperoBinary, .prosperoBinary))
        var damaged = RecordingSamples.prosperoBinary
        damaged[21 + 8] = UInt8(ascii: "X")
        #expect(
            recorded(damaged, .prosperoBinary).faults.map(\.description) == [
                "t: byte 29: found 'X', expected R or W"
            ])
    }

    @Test("CSV: columns by the first line")
    func csv() throws {
        #expect(
            try native(RecordingSamples.csv, .csv) == [
                "core0: st 0x1000 4 @pc=0x8000 @t=10ns",
                "core0: dc cvac 0x1000 64 @pc=0x8004 @t=20ns",
                "core0: dsb sy @pc=0x8008 @t=30ns", "device eth0", "eth0: rd 0x1000 64 @t=40ns",
                "region device_40000000 0x40000000 4096 device",
                "core1: ld 0x40000000 4 @pc=0x9000 @t=50ns", "core1: fetch 0x9004 4 @t=60ns",
            ])
        #expect(recorded(RecordingSamples.csv, .csv).skipped == ["column 'comment'": 1])
    }

    @Test("CSV: columns by option, other separators, decimal addresses")
    func csvColumns() throws {
        var options = RecordingOptions()
        options.columns = CSVColumn.list("kind,address10,size,value,-")
        #expect(
            try native("r;4096;4;0x2a;x\n\"w\" ; 4100 ; 2 ; 7 ; y\n", .csv, options: options) == [
                "core0: ld 0x1000 4 = 0x2a", "core0: st 0x1004 2 = 0x7",
            ])
        for list in [
            "kind", "kind,address,kind", "kind,adress", "", "kind,address,",
            "kind,address,address10", "kind,address,time,cycles",
        ] {
            #expect(CSVColumn.list(list) == nil, "\(list)")
        }
        #expect(CSVColumn.list("cpu,op,addr,len") == [.core, .kind, .address, .size])
    }

    @Test(
        "CSV: damaged rows are errors with their place",
        arguments: [
            ("0,ld,10", 0, "5"), ("0,lx,10,4,", 3, nil),
            ("0,ld,zz,4,", 6, "a number in hexadecimal"),
            ("0,ld,10,4x,", 10, "decimal digits, or 0x"), ("0,ld,10,0,", 9, nil),
            ("0,ld,,4,", 3, "an address in its row"), ("0,ld,10,,", 3, "a size in its row"),
            ("0,ld,10,4,wx", 11, "wb, wt, nc, device or so"),
        ])
    func csvFaults(row: String, column: Int, expected: String?) {
        let fault = recorded("core,kind,address,size,memory\n\(row)\n", .csv).faults.first
        #expect(fault?.line == 2)
        #expect(fault?.column == column)
        if let expected { #expect(fault?.expected == expected) }
    }

    @Test("CSV: a row has one address and one time", arguments: ["address10", "cycles", "kind"])
    func csvRepeated(column: String) {
        let fault = recorded("kind,address,time,\(column)\nr,10,4,4\n", .csv).faults.first
        #expect(fault?.line == 1)
        #expect(fault?.column == 19)
        #expect(fault?.found == "'\(column)'")
    }

    @Test("CSV without a head says how to name the columns")
    func csvHead() {
        let fault = recorded("1,2,3\n", .csv).faults.first
        #expect(fault?.hint?.contains("--columns") == true)
    }
}
