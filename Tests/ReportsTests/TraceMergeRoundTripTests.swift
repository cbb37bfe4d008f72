import Hazards
import Operations
import Quantities
import Testing
import Traces

@testable import Experiments

/// A program is split into what a CPU trace and what a kernel log would have of it; merged, it is judged as before.
@Suite("Merging what was split")
struct TraceMergeRoundTripTests {
    /// A receive ring, a transmit list and a ring of descriptors; a sync is missing and one is too late.
    private static let program = """
        staleline 1
        machine zynq7000
        kernel 6.12
        device eth0 port HP0 noncoherent
        device sata port HP1 noncoherent
        buffer rx 0x10000000 2048
        buffer head 0x11000000 64
        buffer body 0x11001000 4096
        r = dma_alloc_coherent eth0 0x20000000 4096
        st 0x20000000 16 by 4
        ld rx 64 by 4
        m = dma_map_page eth0 0x10000000 2048 FROM_DEVICE
        ring eth0
        eth0: wr rx 1514
        wait eth0
        ld rx 64 by 4
        dma_sync_single_for_cpu m 0 64
        ld rx 64 by 4
        dma_sync_single_for_device m 0 64
        ring eth0
        env fill rx 128 core0
        eth0: wr rx 1514
        wait eth0
        ld rx 128 by 4
        dma_unmap_page m
        ld rx 1514 by 4
        st head 64 by 4
        l = dma_map_sg sata TO_DEVICE 0x11000000,64 0x11001000,1450
        st body 64 by 4
        ring sata
        sata: rd head 64
        sata: rd body 1450
        wait sata
        dma_unmap_sg l
        core1: ld rx 64 by 4
        dma_free_coherent r
        """

    /// The parts of the split program.
    private struct Split {
        var timed = ""
        var marked = ""
        var next = ""
        var log = "# tracer: nop\n"

        init(_ program: Program) throws {
            let lines = try NativeWriter.text(program).split(separator: "\n").map(String.init)
            var places: [SymbolID: DMACall] = [:]
            for (number, statement) in program.statements.enumerated() {
                let line = lines[number + 1]
                let time = 1_000 * (number + 1)
                guard case .operation(_, let operation) = statement.body else {
                    append(line)
                    continue
                }
                guard case .dma(let call) = operation else {
                    if case .environment = operation {
                        append(line)
                    } else {
                        append(line, timed: "\(line) @t=\(time)us")
                    }
                    continue
                }
                if call.function.makesHandle { places[call.handle] = call }
                let made = try #require(places[call.handle])
                let device = try #require(made.device.map { program.devices[$0.index] })
                let name = try #require(program.symbols[device.name]?.name)
                let event = Self.event(call, made, name)
                // A call is told after its work, which begins after the statement before; a release of a list before it.
                let told =
                    call.function == .unmapSG || call.function == .freeCoherent
                    ? time - 999 : time + 999
                let digits = String(1_000_000 + told % 1_000_000).dropFirst()
                log += "   a b-7   [000] d..1. \(300 + told / 1_000_000).\(digits): \(event)\n"
                let mark = event.split(separator: ":")[0]
                append("", timed: "", marked: "mark dma:\(mark) \(name)", next: "mark dma:next")
            }
        }

        private mutating func append(
            _ line: String, timed: String? = nil, marked: String? = nil, next: String? = nil
        ) {
            self.timed += (timed ?? line) + "\n"
            self.marked += (marked ?? line) + "\n"
            self.next += (next ?? line) + "\n"
        }

        private static func hexadecimal(_ number: UInt64) -> String { String(number, radix: 16) }

        /// The event that the kernel prints for a call.
        private static func event(_ call: DMACall, _ made: DMACall, _ name: String) -> String {
            let start = made.segments[0].start.address.rawValue
            let direction = "dir=\((call.direction ?? made.direction ?? .bidirectional).name)"
            let size = call.size ?? made.segments[0].size
            let address = hexadecimal(start + (call.offset ?? 0))
            let range = "dma_addr=\(address) size=\(size)"
            func list(_ numbers: [UInt64]) -> String {
                "{" + numbers.map { "0x" + hexadecimal($0) }.joined(separator: ",") + "}"
            }
            let starts = list(made.segments.map(\.start.address.rawValue))
            switch call.function {
            case .mapPage:
                return "dma_map_page: \(name) \(direction) \(range) phys_addr=\(address) attrs="
            case .unmapPage: return "dma_unmap_page: \(name) \(direction) \(range) attrs="
            case .mapSG:
                let sizes = list(made.segments.map(\.size))
                return "dma_map_sg: \(name) \(direction) dma_addrs=\(starts) sizes=\(sizes) "
                    + "phys_addrs=\(starts) attrs="
            case .unmapSG: return "dma_unmap_sg: \(name) \(direction) phys_addrs=\(starts) attrs="
            case .allocCoherent:
                return "dma_alloc: \(name) \(direction) \(range) virt_addr=c0de flags=none attrs="
            case .freeCoherent:
                return "dma_free: \(name) \(direction) \(range) virt_addr=c0de attrs="
            default: return "\(call.function.rawValue): \(name) \(direction) \(range)"
            }
        }
    }

    /// What a finding says, but for its place in the trace.
    private struct Verdict: Hashable {
        var code: HazardCode
        var verdict: String
        var agent: Agent
        var address: UInt64
        var bytes: UInt64
        var cause: String

        init(_ finding: Finding) {
            code = finding.code
            verdict = "\(finding.verdict)"
            agent = finding.agent
            address = finding.address
            bytes = finding.bytes
            // The sentence names statements, whose numbers differ by the marks that were added.
            cause = finding.cause.replacing(#/(?:line|record) \d+/#, with: "line")
        }
    }

    private static func verdicts(_ program: Program) throws -> [Verdict] {
        let setup = try Setup(program, file: "t", machine: LogSample.machine("zynq7000"))
        return try Check.run(setup).judgement.findings.map(Verdict.init)
    }

    private static func operations(_ program: Program) throws -> [String] {
        try NativeWriter.text(program).split(separator: "\n").map(String.init)
            .filter { $0.contains(": ") && !$0.hasPrefix("mark ") }
            .map { $0.replacing(#/ @t=\S+/#, with: "") }
    }

    @Test(
        "by clock, by marks of events and by marks of the next event",
        arguments: ["clock", "marks", "next"])
    func same(how: String) throws {
        let original = try NativeParser.parse(Array(Self.program.utf8), file: "t")
        let split = try Split(original)
        var options = TraceMerge.Options()
        options.hasCores = true
        options.offset = -300_000_000_000_000
        let text = ["clock": split.timed, "marks": split.marked, "next": split.next][how] ?? ""
        let cpu = try NativeParser.parse(Array(("staleline 1\n" + text).utf8), file: "cpu")
        let log = KernelLogReader(try ByteSource(bytes: Array(split.log.utf8), file: "log"))
        let result = try TraceMerge.run(
            TraceMerge.CPUSide(cpu, file: "cpu"), .log(log), options)
        #expect(result.rule == (how == "clock" ? .clock : .marks))
        #expect(result.calls == 8)
        let names = ["r": "dma1", "m": "dma2", "l": "dma3"]
        let expected = try Self.operations(original).map { line in
            line.split(separator: " ").map { names[String($0)] ?? String($0) }
                .joined(separator: " ")
        }
        #expect(try Self.operations(result.program) == expected)
        let before = try Self.verdicts(original)
        #expect(Set(before.map(\.code)).count >= 2)
        #expect(try Self.verdicts(cpu) != before)
        #expect(try Self.verdicts(result.program) == before)
    }
}
