import Experiments
import Foundation
import Hazards
import Machines
import Operations
import Quantities
import Reports
import Statistics
import Symbols
import Testing
import Traces

/// A driver that was recorded under QEMU (`Traces/programs/pl330-ring`), judged without QEMU.
@Suite("A recorded driver") struct CapturedProgramTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func path(_ name: String) -> String {
        root.appendingPathComponent("Traces/programs/pl330-ring/\(name)").path
    }

    private static func bytes(_ variant: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path("\(variant).sltb"))))
    }

    private static func setup(_ program: Program) throws -> Setup {
        let yaml = try String(
            contentsOf: root.appendingPathComponent("configs/zynq7000.yaml"), encoding: .utf8)
        let machine = try MachineDescription.parse(yaml: yaml, file: "zynq7000").configuration
        return try Setup(program, file: "ring.sltb", machine: machine)
    }

    private static func check(_ variant: String) throws -> CheckResult {
        var program = try setup(BinaryReader.read(try bytes(variant), file: "ring.sltb"))
        let file = try ELFFile(path: path("\(variant).elf"))
        _ = try program.program.nameCode(from: [file])
        program.outsideNames = file.data
        return try Check.run(program)
    }

    @Test("Its two mistakes are found, with names and lines of C")
    func violates() throws {
        let result = try Self.check("violates")
        let findings = result.judgement.findings
        // Every frame's answer is sent without its last line, and every frame is read without a second invalidate.
        #expect(findings.filter { $0.code == .h03 && $0.verdict == .manifest }.count == 4)
        #expect(
            findings.filter { $0.code == .h03 }.allSatisfy {
                $0.address >= 0x10_9000 && $0.bytes <= 32
            })
        #expect(findings.filter { $0.code == .h08 && $0.verdict == .latent }.count == 4 * 32)
        let text = CheckReport(result).text(colours: false)
        #expect(
            text.contains("source  answer (inlined in run) at Traces/programs/pl330-ring/driver.c:")
        )
        #expect(text.contains("32 bytes at tx_frame+0x60"))
        #expect(text.contains("4 bytes at rx_ring"))
        // A device's operation has no line; the store that it missed has.
        let missed = text.components(separatedBy: "\n\n").filter { $0.contains("manifest H03") }
        #expect(missed.allSatisfy { $0.contains("driver.c:") })
    }

    @Test("Without them nothing is found")
    func fixed() throws {
        #expect(try Self.check("fixed").judgement.findings.isEmpty)
    }

    @Test("The plugin and the library write the same format")
    func sameFormat() throws {
        let bytes = try Self.bytes("fixed")
        #expect(bytes[4] == 2)
        let program = try BinaryReader.read(bytes, file: "ring.sltb")
        var writer = try BinaryStreamWriter(symbols: program.symbols)
        for statement in program.statements {
            let place = Int(statement.annotation)
            try writer.add(statement.body, place >= 0 ? program.annotations[place] : nil)
        }
        let again = try writer.finish()
        #expect(try BinaryReader.read(again, file: "again") == program)
    }

    @Test("As a stream it takes the same time as it does as a program", arguments: [false, true])
    func streamed(hasProfile: Bool) throws {
        let bytes = try Self.bytes("violates")
        let functions = try ELFFile(path: Self.path("violates.elf")).functions
        let whole = try Replay.run(
            Self.setup(BinaryReader.read(bytes, file: "ring.sltb")), functions: functions)
        let streamed = try Replay.run(
            BinaryAccessReader(bytes, file: "ring.sltb"), file: "ring.sltb",
            functions: hasProfile ? functions : nil, setup: Self.setup)
        #expect(streamed.elapsed == whole.elapsed)
        #expect(streamed.counters == whole.counters)
        guard hasProfile else { return }
        #expect(streamed.functions == whole.functions)
        let costs = try #require(streamed.functions)
        // What is shared out is all there is.
        let time = costs.reduce(Ticks.zero) { $0 + $1.time }
        #expect(time == streamed.counters.time(of: .core(0)))
        let misses: UInt64 = costs.reduce(0) { $0 + $1.tally.dataMisses }
        let reads: UInt64 = streamed.counters[Counter.level1DataReadMisses, .core(0)]
        let writes: UInt64 = streamed.counters[Counter.level1DataWriteMisses, .core(0)]
        #expect(misses == reads + writes)
        let names = costs.map(\.name)
        #expect(names.contains("clean_range") && names.contains("invalidate_range"))
        let text = ReplayReport(streamed).text
        #expect(text.contains("function") && text.contains("clean_range"))
    }

    @Test("Time goes to the innermost function, wherever the core was before")
    func nestedFunctions() throws {
        func function(_ name: String, _ address: UInt64, _ size: UInt64) -> SymbolTable.Entry {
            SymbolTable.Entry(name: name, kind: .buffer, address: address, size: size)
        }
        let functions = [function("outer", 0x8000, 0x100), function("inner", 0x8040, 0x10)]
        var program = Program()
        for address in [0x8000, 0x8040, 0x804C, 0x8050, 0x8040, 0x80FC, 0x8100] as [UInt64] {
            let access = MemoryAccess(.fetch, at: address, size: 4)
            program.statements.append(
                Statement(
                    .operation(.core(0), .access(access, symbol: .none, value: nil)),
                    line: UInt32(program.statements.count + 2)))
        }
        let result = try Replay.run(Self.setup(program), functions: functions)
        let records = Dictionary(
            uniqueKeysWithValues: try #require(result.functions).map { ($0.name, $0.records) })
        #expect(records == ["outer": 3, "inner": 3, FunctionProfile.unknown: 1])
    }
}
