import Operations
import Quantities
import Testing

@testable import MemoryModel

// The test machine (`LatencyTests`): maintenance 3 cycles a line, DSB 9, DMB 5, a cycle of 1 ns. With an answer after
// 70 cycles a DSB waits for what is left of them.

/// A DSB waits for the answer to maintenance that went to the Point of Coherency.
@Suite("The answer to maintenance")
struct MaintenanceResponseTests {
    private static let line: UInt64 = 0x1000

    private func bench() throws -> Bench {
        var configuration = try TestMachine.make()
        configuration.costs.maintenanceResponse = Ticks(nanoseconds: 70)
        return Bench(configuration)
    }

    @Test(
        "The core goes on, and a DSB waits for the rest: once, however many lines there were",
        arguments: [Maintenance.Instruction.dcCVAC, .dcIVAC, .dcCIVAC])
    func dsb(_ instruction: Maintenance.Instruction) throws {
        let bench = try bench()
        #expect(bench.spent { bench.maintain(instruction, Self.line) } == [.maintenance: 3])
        #expect(bench.spent { bench.barrier(.dsb) } == [.barrier: 70 + 9])
        #expect(bench.spent { bench.barrier(.dsb) } == [.barrier: 9])
        // The second operation's answer comes 70 cycles after its last line, the first one's by then long ago.
        bench.maintain(instruction, Self.line)
        bench.perform(.work(cycles: 50))
        bench.maintain(instruction, Self.line, bytes: 64 * 32)
        #expect(bench.spent { bench.barrier(.dsb) } == [.barrier: 70 + 9])
    }

    @Test("What else the core does meanwhile shortens the wait")
    func overlap() throws {
        let bench = try bench()
        bench.maintain(.dcCVAC, Self.line)
        bench.perform(.work(cycles: 40))
        #expect(bench.spent { bench.barrier(.dmb) } == [.barrier: 5])
        #expect(bench.spent { bench.barrier(.dsb) } == [.barrier: 70 - 40 - 5 + 9])
    }

    @Test(
        "What does not go to the Point of Coherency has no answer to wait for",
        arguments: [Maintenance.Instruction.dcCVAU, .dcCISW, .icIVAU, .icIALLU])
    func others(_ instruction: Maintenance.Instruction) throws {
        let bench = try bench()
        bench.maintain(instruction, Self.line)
        #expect(bench.spent { bench.barrier(.dsb) } == [.barrier: 9])
    }
}
