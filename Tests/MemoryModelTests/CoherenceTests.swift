import Events
import Operations
import Quantities
import Testing

@testable import MemoryModel

/// Which caches hold which lines, followed from events alone.
struct Residency {
    /// A line of a cache.
    struct Line: Hashable, Comparable, CustomStringConvertible {
        var place: Place
        var address: UInt64

        var description: String { "\(place.name) 0x\(String(address, radix: 16))" }

        static func < (left: Self, right: Self) -> Bool {
            (left.place, left.address) < (right.place, right.address)
        }
    }

    private let lineSizes: [Place: UInt64]
    /// The lines that are there.
    private(set) var lines: Set<Line> = []
    /// The L1D lines that hold what no other place has.
    private(set) var dirty: Set<Line> = []
    /// What cannot be: a line taken twice, or given up without being there.
    private(set) var faults: [String] = []

    init(_ configuration: MachineConfiguration) {
        var sizes: [Place: UInt64] = [:]
        for core in 0..<configuration.core.count {
            sizes[.level1Data(core)] = configuration.level1Data.map { UInt64($0.lineSize) }
            sizes[.level1Instruction(core)] = configuration.level1Instruction.map {
                UInt64($0.lineSize)
            }
        }
        let level2 = configuration.level2.map { UInt64($0.cache.lineSize) }
        sizes[.level2] = level2
        sizes[.outer] = level2
        for core in 0..<configuration.core.count { sizes[.level2(core)] = level2 }
        sizes[.level3] = configuration.level3.map { UInt64($0.cache.lineSize) }
        lineSizes = sizes
    }

    private func line(_ place: Place, _ address: UInt64) -> Line? {
        lineSizes[place].map { Line(place: place, address: address / $0 * $0) }
    }

    mutating func follow(_ event: Event) {
        switch event.kind {
        case .linefill:
            guard let line = line(event.place, event.address) else { return }
            if !lines.insert(line).inserted {
                faults.append("\(line) filled twice, record \(event.record)")
            }
        case .invalidate:
            guard let line = line(event.place, event.address) else { return }
            dirty.remove(line)
            if lines.remove(line) == nil {
                faults.append("\(line) given up, not there, record \(event.record)")
            }
        case .writeback, .drain:
            // A whole line that goes down need not be fetched: it allocates as it arrives.
            if let source = line(event.place, event.address) { dirty.remove(source) }
            guard let target = line(event.otherPlace, event.address) else { return }
            lines.insert(target)
            if event.kind == .drain { markDirty(target, event) }
        case .deviceWrite:
            // A coherent port may allocate a whole line.
            if let target = line(event.place, event.address) { lines.insert(target) }
        case .store:
            guard event.place.isLevel1Data, let line = line(event.place, event.address)
            else { return }
            if !lines.contains(line) { faults.append("\(line) stored to, not there") }
            markDirty(line, event)
        default: break
        }
    }

    private mutating func markDirty(_ line: Line, _ event: Event) {
        guard line.place.isLevel1Data else { return }
        dirty.insert(line)
        // Single writer: nobody else may hold a line while it is written.
        for other in lines
        where other.place.isLevel1Data && other.place != line.place && other.address == line.address
        {
            faults.append("\(line) written in record \(event.record) while \(other) is there")
        }
    }

    /// The addresses of a place's lines, ascending.
    func addresses(_ place: Place) -> [UInt64] {
        lines.filter { $0.place == place }.map(\.address).sorted()
    }
}

/// Two cores and their lines.
@Suite("Coherence")
struct CoherenceTests {
    private static let line: UInt64 = 0x1000

    private func bench(_ change: (inout TestMachine.Options) -> Void = { _ in }) throws -> Bench {
        try Bench(
            TestMachine.make { options in
                options.cores = 2
                change(&options)
            })
    }

    private func follow(_ bench: Bench) -> Residency {
        var residency = Residency(bench.machine.configuration)
        for event in bench.events { residency.follow(event) }
        return residency
    }

    @Test("A dirty line moves to the core that loads it: written down, clean in both")
    func dirtyLoad() throws {
        let bench = try bench()
        bench.load(Self.line, core: 0)
        bench.store(Self.line, core: 0)
        bench.load(Self.line, core: 1)
        #expect(bench.events(.writeback).map(\.place) == [.level1Data(0)])
        #expect(bench.events(.linefill).last?.otherPlace == .level1Data(0))
        let residency = follow(bench)
        #expect(residency.addresses(.level1Data(0)) == [Self.line])
        #expect(residency.addresses(.level1Data(1)) == [Self.line])
        #expect(residency.dirty.isEmpty)
    }

    @Test("A store takes the line away from the other core, clean or dirty")
    func store() throws {
        for isDirty in [false, true] {
            let bench = try bench()
            bench.load(Self.line, core: 0)
            if isDirty { bench.store(Self.line, core: 0) }
            bench.store(Self.line, core: 1)
            let residency = follow(bench)
            #expect(residency.addresses(.level1Data(0)).isEmpty)
            #expect(residency.dirty.map(\.place) == [.level1Data(1)])
            #expect(bench.events(.writeback).count == (isDirty ? 1 : 0))
        }
    }

    @Test("A store to a line that both hold takes it from the other, and costs no linefill")
    func upgrade() throws {
        let bench = try bench()
        bench.load(Self.line, core: 0)
        bench.load(Self.line, core: 1)
        let fills = bench.events(.linefill).count
        bench.store(Self.line, core: 0)
        #expect(bench.events(.linefill).count == fills)
        #expect(follow(bench).addresses(.level1Data(1)).isEmpty)
        // The line is core 0's alone now: the next store asks nobody.
        let before = bench.events(.invalidate).count
        bench.store(Self.line, core: 0)
        #expect(bench.events(.invalidate).count == before)
    }

    @Test("Lines that nobody shares cost no snoop")
    func apart() throws {
        let bench = try bench()
        for index in 0..<8 as Range<UInt64> {
            bench.store(Self.line + 64 * index, core: 0)
            bench.store(Self.line + 64 * index + 32, core: 1)
        }
        #expect(bench.events(.invalidate).isEmpty)
    }

    @Test(
        "A held store takes the line from the other cores when it drains, not only when it issues",
        arguments: [false, true])
    func heldStore(ownsLine: Bool) throws {
        let bench = try bench()
        bench.load(Self.line, core: 1)
        if ownsLine { bench.load(Self.line, core: 0) }
        bench.environment(.hold, in: .core(0))
        bench.store(Self.line, core: 0)
        bench.load(Self.line, core: 1)
        bench.barrier(.dmb, core: 0)
        // Core 0's store is performed: core 1 must not hit its old copy.
        #expect(follow(bench).faults == [])
        #expect(follow(bench).addresses(.level1Data(1)).isEmpty)
    }

    @Test("A store of a stream that goes past L1 takes the line from the others when it drains")
    func streamedStore() throws {
        let bench = try bench { options in
            options.level1?.streamingLines = 1
            options.entries = 16
        }
        // Two lines' worth of consecutive stores, then the third line goes past L1.
        for offset in stride(from: 0, through: 64, by: 8) {
            bench.store(Self.line + UInt64(offset), 8, core: 0)
        }
        let target = Self.line + 64
        #expect(bench.events(.store).last?.place == .storeBuffer(0))
        // Core 1 may still read the old bytes; but once core 0's barrier is over it must not.
        bench.load(target, core: 1)
        bench.barrier(.dmb, core: 0)
        #expect(!follow(bench).addresses(.level1Data(1)).contains(target))
    }

    @Test("Random programs of two cores: never two writers, never a line twice", arguments: 1...6)
    func random(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        let streams = seed.isMultiple(of: 2)
        let bench = try bench { options in
            if streams { options.level1?.streamingLines = 2 }
            options.drainCycles = 17
        }
        for _ in 0..<3_000 {
            let core = Int(generator.below(2))
            let address = Self.line + generator.below(4_096)
            switch generator.below(8) {
            case 0:
                bench.maintain(
                    generator.pick([.dcCVAC, .dcCIVAC]), address, bytes: 64, core: core)
            case 1: bench.barrier(.dmb, core: core)
            case 2, 3, 4: bench.store(address, UInt32(1 + generator.below(8)), core: core)
            default: bench.load(address, UInt32(1 + generator.below(8)), core: core)
            }
            if generator.below(40) == 0 {
                bench.perform(
                    .run(AccessRun(.store, from: Operand(address & ~31), bytes: 160, by: 8)),
                    by: .core(core))
            }
        }
        bench.finish()
        let residency = follow(bench)
        #expect(residency.faults.isEmpty, "seed \(seed): \(residency.faults.prefix(3))")
        let dirty = bench.machine.dirtyLines.level1Data
        #expect(residency.dirty.count == dirty, "seed \(seed)")
    }
}
