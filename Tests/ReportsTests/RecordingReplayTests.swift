import Experiments
import Machines
import MemoryModel
import Operations
import Reports
import Testing
import Traces

@Suite("Replay of recordings")
struct RecordingReplayTests {
    private func reader(_ text: String, _ format: TraceFormat) throws -> RecordingReader {
        RecordingReader(try ByteSource(bytes: Array(text.utf8), file: "t"), format: format)
    }

    private static var machine: MachineConfiguration {
        get throws { try Sample.machine("zynq7000").configuration }
    }

    private static let csv = """
        core,kind,address,size,memory
        0,st,0x1000,4,
        0,dc cvac,0x1000,64,
        0,dsb,,,
        0,ld,0x1000,4,
        1,ld,0x40000000,4,device
        1,ld,0x40000000,4,device

        """

    @Test("a recording takes the time that its native trace takes")
    func sameTime() throws {
        let machine = try Self.machine
        let direct = try Replay.run(reader(Self.csv, .csv), machine: machine)
        let (program, _) = try RecordingStatements.program(reader(Self.csv, .csv))
        let whole = try Replay.run(Setup(program, file: "t", machine: machine, kernel: nil))
        #expect(direct.elapsed == whole.elapsed)
        #expect(direct.counters == whole.counters)
        #expect(direct.records == 6)
        // The clean has written back; the device's registers are not cached.
        #expect(direct.dirtyAtEnd.level1DataByCore == [0, 0])
        #expect(direct.dirtyAtEnd == whole.dirtyAtEnd)
    }

    @Test("transfers of devices are left out and counted, cores that are not there are refused")
    func leftOut() throws {
        let machine = try Self.machine
        let text = "core,kind,address,size\n0,ld,10,4\neth0,wr,20,4\n"
        let result = try Replay.run(reader(text, .csv), machine: machine)
        #expect(result.skipped.map(\.kind) == ["transfers of devices"])
        let far = "core,kind,address,size\n3,ld,10,4\n"
        let error = #expect(throws: TraceErrors.self) {
            try Replay.run(reader(far, .csv), machine: machine)
        }
        #expect(error?.errors.first?.found == "core3")
    }

    @Test("a recording is merged with calls by its times")
    func merged() throws {
        let cpu = "core,kind,address,size,time\n0,st,0x1000,4,100\n0,ld,0x1000,4,900\n"
        let calls = """
            staleline 1
            kernel 6.12
            device eth0
            h = dma_map_single eth0 0x1000 64 TO_DEVICE @t=500ns

            """
        let program = try NativeParser.parse(Array(calls.utf8), file: "c")
        let (side, _) = try RecordingStatements.program(reader(cpu, .csv))
        let result = try TraceMerge.run(
            TraceMerge.CPUSide(side, file: "t", countsAccesses: true), .program(program, file: "c"))
        let text = String(decoding: try NativeWriter.write(result.program), as: UTF8.self)
        let lines = text.split(separator: "\n").filter { $0.contains("@t=") }
        #expect(lines.map { $0.contains("dma_map_single") } == [false, true, false])
    }

    @Test("a sample has a table and JSON, and says that nothing was replayed")
    func samples() throws {
        let text = """
            # PID, TID, IP, ADDR, LOCAL WEIGHT, DSRC, SYMBOL
            1,1,0x10,0x1000,4,0x142,a:b
            1,1,0x14,0x2000,400,0x1042,a:b
            1,1,0x14,0x2000,200,0x1042,a:b

            """
        let source = try ByteSource(bytes: Array(text.utf8), file: "t")
        let report = SampleReport(try SampleResult(SampleReader(source, format: .perfMem)))
        #expect(
            report.text == """
                3 samples of perf-mem

                served from    loads  stores  others  mean latency  greatest
                -------------  -----  ------  ------  ------------  --------
                L1 hit             1       0       0           4.0         4
                Local RAM hit      2       0       0         300.0       400

                missed the TLB: 0; without an address: 0
                skipped: 1 × comments
                A sample is not a trace: what lies between two records is not known, so nothing was replayed.

                """)
        #expect(
            report.json.text.contains(
                #""name": "Local RAM hit""#) || report.json.text.contains("Local RAM hit"))
        #expect(report.json.text.contains("staleline.samples/1"))
    }
}
