import Events
import Operations
import Quantities
import Testing

@testable import MemoryModel

/// What translation costs.
@Suite("Translation")
struct TranslationTests {
    private func machine(_ tlb: TLBConfiguration?, cores: Int = 1) throws -> MachineConfiguration {
        var machine = try TestMachine.make { $0.cores = cores }
        machine.core.tlb = tlb
        #expect(machine.allFaults().isEmpty)
        return machine
    }

    /// What a piece of a run spends on translation, in cycles.
    private func translation(_ bench: Bench, _ body: () -> Void) -> UInt64 {
        bench.spent(body)[.translation] ?? 0
    }

    private static func page(_ number: UInt64) -> UInt64 { 0x1_0000 + number * 4_096 }

    @Test("The page used longest ago leaves the main TLB, and the micro TLB holds the last one")
    func levels() throws {
        let bench = Bench(
            try machine(
                TLBConfiguration(entries: 2, walkCycles: 20, microEntries: 1, microMissCycles: 3)))
        // Main: A; A; B A; A B; C A; B C.
        let pages: [UInt64] = [0, 0, 1, 0, 2, 1]
        let costs = pages.map { page in translation(bench) { bench.load(Self.page(page)) } }
        #expect(costs == [23, 0, 23, 3, 23, 23])
    }

    @Test("Without a micro TLB only walks cost")
    func mainOnly() throws {
        let bench = Bench(try machine(TLBConfiguration(entries: 2, walkCycles: 20)))
        let pages: [UInt64] = [0, 1, 0, 1, 2, 0, 1]
        let costs = pages.map { page in translation(bench) { bench.store(Self.page(page)) } }
        #expect(costs == [20, 20, 0, 0, 20, 20, 20])
    }

    @Test("A use of the micro TLB is none of the main one")
    func separateOrders() throws {
        let bench = Bench(
            try machine(
                TLBConfiguration(entries: 3, walkCycles: 20, microEntries: 2, microMissCycles: 3)))
        // A and B stay in the micro TLB; the main one has seen A first, so that A leaves it for D.
        let pages: [UInt64] = [0, 1, 0, 1, 0, 2, 3, 0]
        let costs = pages.map { page in translation(bench) { bench.load(Self.page(page)) } }
        #expect(costs == [23, 23, 0, 0, 0, 23, 23, 23])
    }

    @Test("Each core has its own; fetches, maintenance and devices ask none")
    func whoAsks() throws {
        let bench = Bench(
            try machine(TLBConfiguration(entries: 4, walkCycles: 20), cores: 2),
            devices: [TestMachine.port(snoops: false)])
        #expect(translation(bench) { bench.access(.fetch, Self.page(0)) } == 0)
        #expect(translation(bench) { bench.maintain(.dcCVAC, Self.page(0), bytes: 4) } == 0)
        #expect(translation(bench) { bench.device(.read, Self.page(0), 64) } == 0)
        #expect(translation(bench) { bench.load(Self.page(0)) } == 20)
        #expect(translation(bench) { bench.load(Self.page(0), core: 1) } == 0)
        let walks = bench.events(.time).filter { $0.other == Cause.translation.rawValue }
        #expect(walks.map(\.agent) == [.core(0), .core(1)])
        #expect(walks.allSatisfy { $0.address == 20_000 })
    }

    @Test("A load that crosses into another page translates twice")
    func crossing() throws {
        let bench = Bench(try machine(TLBConfiguration(entries: 4, walkCycles: 20)))
        #expect(translation(bench) { bench.load(Self.page(1) - 2) } == 40)
    }

    /// The fast path stays within a page: what it passes by is a page that was used last.
    @Test("Runs cost what single accesses do", arguments: [8, 64, 4_096] as [Int64])
    func runs(_ step: Int64) throws {
        let tlb = TLBConfiguration(
            entries: 3, walkCycles: 20, microEntries: 2, microMissCycles: 3)
        let whole = Bench(try machine(tlb))
        let single = Bench(try machine(tlb))
        let count = 5 * 4_096 / UInt64(step)
        for _ in 0..<2 {
            whole.perform(
                .run(
                    AccessRun(
                        .load, from: Operand(Self.page(0)), bytes: 5 * 4_096, by: UInt32(step))))
            for index in 0..<count {
                single.load(Self.page(0) + index * UInt64(step), UInt32(min(step, 64)))
            }
        }
        func walks(_ bench: Bench) -> UInt64 {
            bench.events(.time).filter { $0.other == Cause.translation.rawValue }
                .reduce(0) { $0 + $1.address / 1_000 }
        }
        // Ten pages, none of which is there when it comes again.
        #expect(walks(single) == 10 * 23)
        #expect(walks(whole) == 10 * 23)
    }

    @Test(
        "Translation that costs nothing changes nothing", arguments: 1...20 as ClosedRange<UInt64>)
    func free(_ seed: UInt64) throws {
        func run(_ tlb: TLBConfiguration?) throws -> ([Event], [Ticks]) {
            let machine = try machine(tlb, cores: 2)
            let bench = Bench(machine, devices: machine.ports, seed: seed)
            RandomProgram.declare(bench)
            var program = RandomProgram(seed: seed, cores: 2, devices: machine.ports.count)
            for _ in 0..<300 {
                let (operation, agent) = program.next()
                bench.perform(operation, by: agent)
            }
            bench.finish()
            return (
                bench.events.filter { $0.kind != .time },
                (0..<2).map { bench.machine.time(ofCore: $0) }
            )
        }
        let without = try run(nil)
        let with = try run(TLBConfiguration(entries: 3, walkCycles: 0, microEntries: 1))
        #expect(with.0 == without.0)
        #expect(with.1 == without.1)
    }

    @Test("What cannot be is refused")
    func faults() throws {
        var machine = try TestMachine.make()
        machine.core.tlb = TLBConfiguration(
            entries: 2, pageBytes: 3_000, walkCycles: 1, microEntries: 3)
        #expect(
            machine.allFaults().map(\.path) == ["core.tlb.page_bytes", "core.tlb.micro_entries"])
    }
}
