import DMAMapping
import Experiments
import Foundation
import Hazards
import Machines
import Reports
import Testing
import Traces

/// What searches come to, in words: proofs, repairs; and pages that are only looked up.
@Suite("Reports in words: proofs, repairs, machines, checks of dma-debug")
struct SearchReportTests {
    private func setup(_ text: String) throws -> Setup {
        let file = Sample.root.appendingPathComponent("configs/rpi3.yaml")
        let machine = try MachineDescription.parse(
            yaml: String(contentsOf: file, encoding: .utf8), file: "rpi3")
        return try Setup(
            NativeParser.parse(Array(text.utf8), file: "t.slt"), file: "t.slt",
            machine: machine.configuration, kernel: .init(parsing: "none"))
    }

    /// A report in one line, as where it is wrapped is not the question.
    private func flat(_ text: String) -> String {
        text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    }

    private func proof(_ body: String, states: Int? = nil) throws -> String {
        let setup = try setup(
            "staleline 1\ndevice dma0 noncoherent\nbuffer a 0x10000000 64\n\(body)\n")
        let result =
            try states.map { try Prove.run(setup, bounds: ProofBounds(states: $0)) }
            ?? Prove.run(setup)
        return flat(ProveReport(result, setup: setup).text)
    }

    private static let send = "ld a 4\nst a 4\nCLEAN\nring dma0\ndma0: rd a 64\nwait dma0"
    private static let sent = send.replacing("CLEAN", with: "dc cvac a\ndsb sy")

    @Test(
        "A proof says what goes wrong: who reads, or what is lost",
        arguments: [
            (
                send.replacing("CLEAN", with: "dsb sy"),
                "t.slt:8: old bytes are read: dma0, 4 bytes at a (0x10000000)"
            ),
            // The line is dirty by the core's four bytes, and goes over the device's.
            (
                "ld a 4\nst a 4\ndsb sy\nring dma0\ndma0: wr a+32 4\nwait dma0",
                "old bytes go over young ones: dma0, 4 bytes at a+0x20"
            ),
            // The store waits in a buffer until the device has written.
            (
                "region n 0x20000000 4K nc\nst n 4\nring dma0\ndma0: wr n 4\nwait dma0",
                "old bytes go over young ones: dma0, 4 bytes at n (0x20000000)"
            ),
            (
                "st a+32 4\ndc ivac a 16\ndsb sy",
                "stored bytes are dropped: core0, 4 bytes at a+0x20"
            ),
        ])
    func faults(body: String, words: String) throws {
        let text = try proof(body)
        #expect(text.contains(words), "\(text)")
        #expect(
            text.contains(
                "a legal schedule goes wrong on rpi3, kernel none; this is the shortest of"))
    }

    @Test func aProofSaysHowMuchWasSearched() throws {
        let whole = try proof(Self.sent)
        #expect(
            whole.hasPrefix(
                "t.slt: proved: no schedule goes wrong on rpi3, kernel none (1 lines and pairs of lines, "
                    + "1 of them different; "), "\(whole)")
        #expect(!whole.contains("Not searched"))
        let cut = try proof(Self.sent, states: 2)
        #expect(
            cut
                == "t.slt: not proved: no schedule found that goes wrong on rpi3, kernel none, but 1 of 1 "
                + "searches ended at their bound of 2 states (`--states N`).")
        let left = try proof(Self.sent + "\nfetch a 4")
        #expect(left.hasSuffix("Not searched: what instruction caches hold (H22)."), "\(left)")
    }

    private func fix(_ text: String, _ change: (inout FixLimits) -> Void = { _ in }) throws
        -> String
    {
        var limits = FixLimits()
        limits.states = 0
        change(&limits)
        let result = try Fix.run(setup(text), text: TraceText(Array(text.utf8)), limits: limits)
        return flat(FixReport(result).text)
    }

    @Test func aRepairThatIsNotFoundSaysWhatIsLeft() throws {
        let none = try fix(Sample.faulty) { $0.runs = 1 }
        #expect(
            none
                == "t.slt: no repair was found on rpi3, kernel none. tried 1 traces with up to 6 edits; "
                + "--edits and --runs move the bounds left 2 manifest (H01, H03) "
                + "advice `staleline check` says of each finding what would mend it")
        let near = try fix(Sample.faulty) { $0.edits = 1 }
        #expect(
            near.contains("nearest with the edits below these findings are left: 1 manifest (H0"))
        #expect(near.contains(" 1. Clean") || near.contains(" 1. Invalidate"), "\(near)")
    }

    @Test func whereNothingIsWrongItSaysWhatCanGo() throws {
        let text = "staleline 1\ndevice dma0 noncoherent\nbuffer a 0x10000000 64\n\(Self.sent)\n"
        let clean = try fix(text)
        #expect(
            clean.hasPrefix(
                "t.slt: nothing to mend on rpi3, kernel none: `staleline check` finds nothing."))
        #expect(!clean.contains("Not needed"))
        let twice = try fix(text.replacing("dc cvac a\n", with: "dc cvac a\ndc cvac a\n"))
        #expect(
            twice.contains(
                "Not needed in the trace on this machine: nothing is found without these either"))
        #expect(twice.contains("or one above"), "\(twice)")
    }

    @Test func aRepairSaysHowFarItsSchedulesWereSearched() throws {
        let proved = try fix(Sample.faulty) { $0.states = 10_000 }
        #expect(proved.contains("proof proved: no schedule goes wrong ("), "\(proved)")
        let cut = try fix(Sample.faulty) { $0.states = 2 }
        #expect(
            cut.contains("proof no schedule found that goes wrong, but ")
                && cut.contains("ended at their bound ("), "\(cut)")
        #expect(try !fix(Sample.faulty).contains("proof "))
    }

    @Test func aMachineIsAllItsNumbersWithTheirSources() throws {
        let file = Sample.root.appendingPathComponent("configs/zynq7000.yaml")
        let machine = try MachineDescription.parse(
            yaml: String(contentsOf: file, encoding: .utf8), file: "zynq7000")
        let lines = MachineReport(machine).text.split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "zynq7000: \(machine.title)")
        for parameter in machine.parameters {
            #expect(
                lines.contains {
                    $0.hasPrefix(parameter.path + " ") && $0.hasSuffix(parameter.source)
                        && $0.contains(" \(parameter.text) ")
                        && $0.contains(parameter.basis.rawValue)
                }, "\(parameter.path)")
        }
        let closing = try #require(lines.last { !$0.isEmpty })
        let numbers = closing.split { !$0.isNumber }.compactMap { Int($0) }
        #expect(numbers[0] == machine.parameters.count)
        #expect(numbers.dropFirst().reduce(0, +) == numbers[0])
    }

    @Test(
        "A check of dma-debug has its texts, when it is raised, and its hazard",
        arguments: DMADebugPage.pages)
    func check(_ page: DMADebugPage) {
        let text = DMADebugPageReport.text(page)
        #expect(text.hasPrefix("\(page.name)  a check of the kernel's dma-debug"))
        #expect(text.contains("Is about \(page.hazard.rawValue): "))
        for wording in page.texts {
            #expect(text.contains("Printed by kernels: \(wording.kernels)\n"))
            for line in wording.template.split(separator: "\n") {
                #expect(text.contains("    \(line)\n"))
            }
        }
        #expect(flat(text).contains("Raised by \(flat(page.condition))"))
        #expect(text.contains("Does not see") == !page.misses.isEmpty)
    }
}
