import Testing

@testable import Traces

/// A trace in some format, for tests that go through many.
struct Sample: CustomTestStringConvertible, Sendable {
    var format: TraceFormat
    var bytes: [UInt8]
    var records: UInt64 = 0

    init(_ format: TraceFormat, _ bytes: [UInt8], _ records: UInt64 = 0) {
        self.format = format
        self.bytes = bytes
        self.records = records
    }

    init(_ format: TraceFormat, _ text: String, _ records: UInt64 = 0) {
        self.init(format, Array(text.utf8), records)
    }

    var testDescription: String { format.name }
}

/// A recording in each format, written by hand after the format's description.
enum RecordingSamples {
    static let execlog = """
        0, 0x40000000, 0xd2a80001, "movz x1, #0x4000, lsl #16", x1 -> 0x0000000040000000
        0, 0x40000004, 0xf9400022, "ldr x2, [x1]", load, 0x40001000, RAM, x2 -> 0x0000000000000007
        0, 0x40000008, 0xa9000c22, "stp x2, x3, [x1]", store, 0x40000000, RAM, store, 0x40000008, RAM
        0, 0x4000000c, 0x39000002, "strb w2, [x0]", store, 0x09000000, pl011
        0, 0x40000010, 0xd50b7e21, "dc civac, x1"
        0, 0x40000014, 0xd50b7e25, "dc civac, x5"
        0, 0x40000018, 0xd5033f9f, "dsb sy"
        1, 0x8002, 0x6813, "ldr r3, [r2]", load, 0x20000000
        1, 0x8004, 0x4070e92d, "push {r4, r5, r6, lr}", store, 0x1000, store, 0x1004, store, 0x1008, store, 0x100c

        """

    static let tarmac = """
        Tarmac Text Rev 1
        1 clk cpu0 IT (1) 00008000:000080008000_NS e3a01001 A svc_ns : MOV r1,#1
        1 clk cpu0 R r1 80001000
        2 clk cpu0 IT (2) 00008004 e5910000 A svc_ns : LDR r0,[r1,#0]
        2 clk cpu0 MR4 80001000:000090001000_NS 0000002a
        3 clk cpu1 IT (1) 00009000 f9000020 O EL1h_ns : STR x0,[x1]
        3 clk cpu1 MW8X 80002000 00000000_00000005
        4 clk cpu0 IT (3) 00008008 ee071f3e A svc_ns : MCR p15,#0x0,r1,c7,c14,#1
        5 clk cpu0 IS (4) 0000800c ee071f3e A svc_ns : MCRNE p15,#0x0,r1,c7,c14,#1
        6 clk cpu0 IT (5) 00008010 f57ff05b A svc_ns : DMB ISH
        7 clk cpu1 IT (2) 00009004 d50b7e29 O EL1h_ns : DC CIVAC,x9
        7 clk cpu1 R DC CIVAC 00000000:80003000
        8 clk cpu0 SIGNAL: SIGNAL=Abort STATE=N

        """

    static let tarmacBlocks = """
        Tarmac Text Rev 3t
                  0 tic ES  (00000000002109bc:a9be7bfd) O el3h_s:         STP      x29,x30,[sp,#-0x20]!
                            ST 00000000000fffe0 00000000 002105e0 00000000 00000000    S:00000fffe0    nGnRnE OSH
                            R SP_EL3 00000000000fffe0
                  0 tic ES  (0000000000210748:39400008) O el3h_s:         LDRB     w8,[x0,#0]
                            LD 0000000000200160 ........ ........ 3a...... ........    S:0000300160    WB ISH
                               0000000000200170 ........ ........ ........ ......##    S:0000300170    WB ISH
                  1 tic ES  (0000000000210750:d5033f9f) O el3h_s:         DSB      sy
                  2 tic ES  (0000000000210754:d5033f9f) O el3h_s: CCFAIL DSB      sy
                            BR (0000000000210758) O

        """

    static let drmemtraceText = """
        Output format:
        <--record#-> <--instr#->: <---tid---> <record details>
        ------------------------------------------------------------
                   1           0:       12345 <marker: version 6>
                   2           0:       12345 <marker: filetype 0xe08>
                   3           0:       12345 <marker: timestamp 13335000000000001>
                   4           0:       12345 <marker: tid 12345 on core 1>
                   5           1:       12345 ifetch       4 byte(s) @ 0x0000000000401000 f9400020   ldr    (%x1)[8byte] -> %x0
                   6           1:       12345 read         8 byte(s) @ 0x00000000beef0010 by PC 0x0000000000401000
                   7           2:       12345 ifetch       4 byte(s) @ 0x0000000000401004 d50b7a20   dc_cvac %x0
                   8           2:       12345 dflush      64 byte(s) @ 0x00000000beef0000 by PC 0x0000000000401004
                   9           3:       12345 ifetch       4 byte(s) @ 0x0000000000401008 d5033bbf   dmb    $0x0b
                  10           3:       12346 write        2 byte(s) @ 0x00000000beef0012 by PC 0x0000000000501000
                  11           3:       12345 <thread 12345 exited>
        View tool results:
                      3 : total instructions

        """

    static var drmemtrace: [UInt8] {
        func record(_ type: UInt16, _ size: UInt16, _ value: UInt64) -> [UInt8] {
            bytes(type, size) + bytes(value)
        }
        return record(25, 0, 6) + record(22, 0, 777) + record(24, 0, 776) + record(28, 9, 0x208)
            + record(28, 2, 13_335_000_000_000_001) + record(28, 3, 2) + record(28, 18, 4096)
            + record(28, 15, 0x9000_0000) + record(28, 17, 0x40_1000)
            + record(47, 4, 0xD503_3F9F) + record(10, 4, 0x40_1000)
            + record(10, 4, 0x40_1004) + record(0, 8, 0xBEEF_0000)
            + record(1, 4, 0xBEEF_0008) + record(2, 1, 0xBEEF_1000)
            + record(20, 0, 0x1000) + record(21, 0, 0x3000) + record(48, 4, 0x40_1008)
            + record(26, 0, 0)
    }

    /// A message of protocol buffers: pairs of a field and a number.
    private static func message(_ fields: [(UInt64, UInt64)]) -> [UInt8] {
        fields.flatMap { varint($0.0 << 3) + varint($0.1) }
    }

    static func varint(_ value: UInt64) -> [UInt8] {
        var rest = value
        var result: [UInt8] = []
        while rest >= 0x80 {
            result.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return result + [UInt8(rest)]
    }

    /// Names of requestors, then packets of (tick, cmd, addr, size, flags, id, pc).
    static func gem5(_ packets: [[UInt64]], names: [String]) -> [UInt8] {
        var header = [0x0A, 3] + Array("mon".utf8) + message([(2, 0), (3, 1_000_000_000_000)])
        for (place, name) in names.enumerated() {
            let entry =
                message([(1, UInt64(place))]) + [0x12] + varint(UInt64(name.utf8.count))
                + Array(name.utf8)
            header += [0x22] + varint(UInt64(entry.count)) + entry
        }
        var result = Array("gem5".utf8) + varint(UInt64(header.count)) + header
        for packet in packets {
            let body = message(packet.enumerated().map { (UInt64($0.offset + 1), $0.element) })
            result += varint(UInt64(body.count)) + body
        }
        return result
    }

    static var gem5: [UInt8] {
        gem5(
            [
                [1000, 1, 0x8000, 4, 0x100, 1, 0x8000], [2000, 1, 0x1_0000, 8, 0, 2, 0x8004],
                [3000, 4, 0x1_0008, 4, 0xC00, 2, 0x8008], [4000, 42, 0x1_0000, 64, 0, 2],
                [5000, 4, 0x2_0000, 64, 0, 3], [6000, 1, 0x2_0040, 64, 0, 3],
                [7000, 7, 0x3_0000, 64, 0, 0], [8000, 34, 0x1_0010, 4, 0, 4],
                [9000, 2, 0x1_0010, 4, 0, 4], [9500, 38, 0, 0, 0, 4],
            ],
            names: [
                "writebacks", "system.cpu0.inst", "system.cpu0.data", "system.pc.ide",
                "system.cpu1.data",
            ])
    }

    static let gem5Text = """
        0,r,32768,4,256,1000,32768
        1,w,65544,4,3072,3000,32776
        u,65536,64,4000

        """

    /// A record for each instruction: ip, stores, loads.
    static func champSim(_ records: [(UInt64, [UInt64], [UInt64])], isCloudSuite: Bool) -> [UInt8] {
        let stores = isCloudSuite ? 4 : 2
        var result: [UInt8] = []
        for (ip, written, read) in records {
            result += bytes(ip)
            result += [0, 1]
            result += [UInt8](repeating: 1, count: isCloudSuite ? 14 : 6)
            for place in 0..<stores { result += bytes(place < written.count ? written[place] : 0) }
            for place in 0..<4 { result += bytes(place < read.count ? read[place] : 0) }
            if isCloudSuite { result += [UInt8](repeating: 3, count: 8) }
        }
        return result
    }

    static func champSim(isCloudSuite: Bool) -> [UInt8] {
        champSim(
            (0..<20).map { index in
                let ip = 0x40_0000 + UInt64(index) * 4
                return index % 2 == 0
                    ? (ip, [0x7FFF_0000 + UInt64(index)], [0x10, 0x20]) : (ip, [], [])
            }, isCloudSuite: isCloudSuite)
    }

    static let renode = """
        0x8000: 0x6811
        MemoryRead with address 0x20000000, value 0x2A
        0x8002: 0xF3BF8F4F
        MemoryIOWrite with address 0x40004001, value 0x7
        0x8006: 0x6013
        MemoryIOWrite with address 0xE000EF70, value 0x20000040

        """

    static let prospero = "0 R 4096 8\n12 W 4104 4\n13 r 4112 64\n20 w 4096 1\n"

    static var prosperoBinary: [UInt8] {
        let rows: [(UInt64, UInt8, UInt64, UInt32)] = [
            (0, 0x52, 4096, 8), (12, 0x57, 4104, 4), (13, 0x52, 4112, 64), (20, 0x57, 4096, 1),
        ]
        var result: [UInt8] = []
        for (cycle, letter, address, size) in rows {
            result += bytes(cycle)
            result.append(letter)
            result += bytes(address)
            result += bytes(size)
        }
        return result
    }

    static let csv = """
        core,kind,address,size,time,pc,memory,comment
        0,st,0x1000,4,10,8000,,first
        0,dc cvac,1000,64,20,8004,,
        0,dsb,,,30,8008,,
        eth0,dma-read,0x1000,64,40,,,
        1,ld,0x40000000,4,50,9000,device,
        1,fetch,9004,4,60,9004,,

        """

    /// All of them, with how many records each has.
    static var all: [Sample] {
        [
            Sample(.execlog, execlog, 9), Sample(.tarmac, tarmac, 9),
            Sample(.tarmac, tarmacBlocks, 7),
            Sample(.drmemtraceText, drmemtraceText, 6), Sample(.drmemtrace, drmemtrace, 7),
            Sample(.gem5, gem5, 10), Sample(.gem5Text, gem5Text, 3),
            Sample(.champSim, champSim(isCloudSuite: false), 20),
            Sample(.champSimCloudSuite, champSim(isCloudSuite: true), 20),
            Sample(.renode, renode, 6), Sample(.prospero, prospero, 4),
            Sample(.prosperoBinary, prosperoBinary, 4), Sample(.csv, csv, 6),
        ]
    }
}
