import Events
import Operations
import Quantities
import Testing

@testable import MemoryModel

/// Stores between a core and its caches.
@Suite("Store buffer")
struct StoreBufferTests {
    private static let uncached: UInt64 = 0x10_0000
    private static let through: UInt64 = 0x20_0000

    private func bench(_ change: (inout TestMachine.Options) -> Void = { _ in }) throws -> Bench {
        let bench = try Bench(TestMachine.make(change))
        bench.declare(Self.uncached, 0x1000, .nonCacheable)
        bench.declare(Self.through, 0x1000, .writeThrough)
        return bench
    }

    @Test("Stores within one aligned granule merge into one entry; others take one each")
    func merging() throws {
        let bench = try bench()
        for offset in [0, 4, 1, 8, 12, 24] as [UInt64] { bench.store(Self.uncached + offset, 1) }
        let entries = bench.machine.storeBuffers.list(0)
        #expect(entries.map(\.address) == [0, 8, 24].map { Self.uncached + $0 })
        #expect(entries.map(\.mask) == [0b0001_0011, 0b0001_0001, 0b1])
        #expect(Set(bench.events(.store).map(\.detail)).count == 3)
    }

    @Test("A store across a granule takes two entries")
    func straddling() throws {
        let bench = try bench()
        bench.store(Self.uncached + 6, 4)
        #expect(
            bench.machine.storeBuffers.list(0).map(\.mask) == [0b1100_0000, 0b0000_0011])
    }

    @Test("Entries leave in the order in which they came, each once")
    func order() throws {
        let bench = try bench()
        for index in 0..<4 { bench.store(Self.uncached + 8 * UInt64(index)) }
        bench.barrier(.dmb)
        #expect(bench.events(.drain).map(\.address) == (0..<4).map { Self.uncached + 8 * $0 })
        #expect(bench.machine.storeBuffers.list(0).isEmpty)
    }

    @Test("An entry leaves by itself after drainCycles, a full one at once, neither before")
    func age() throws {
        let bench = try bench { $0.drainCycles = 17 }
        bench.store(Self.uncached, 4)
        // The store issues at 0 and enters at 1; it may leave at 18.
        bench.perform(.work(cycles: 16))
        bench.perform(.work(cycles: 1))
        #expect(bench.events(.drain).isEmpty)
        bench.perform(.work(cycles: 1))
        #expect(bench.events(.drain).map { $0.tick.rawValue } == [18_000])
        bench.store(Self.uncached + 64, 8)
        bench.perform(.work(cycles: 1))
        #expect(bench.events(.drain).count == 2)
    }

    @Test("Without drainCycles an entry stays until something waits for it")
    func noAge() throws {
        let bench = try bench()
        bench.store(Self.uncached, 4)
        bench.perform(.work(cycles: 1_000_000))
        bench.load(Self.uncached + 8)
        #expect(bench.events(.drain).isEmpty)
        // A load of its bytes drains it.
        bench.load(Self.uncached)
        #expect(bench.events(.drain).count == 1)
    }

    @Test(
        "env hold keeps everything until a barrier; more entries than the buffer has are kept too")
    func hold() throws {
        let bench = try bench { $0.drainCycles = 17 }
        bench.environment(.hold, in: .core(0))
        for index in 0..<6 { bench.store(Self.uncached + 8 * UInt64(index)) }
        bench.perform(.work(cycles: 1_000))
        #expect(bench.events(.drain).isEmpty)
        bench.barrier(.dmb, .loads)
        #expect(bench.events(.drain).isEmpty)
        bench.barrier(.dmb)
        #expect(bench.events(.drain).count == 6)
    }

    @Test("env drain lets the named bytes go, out of order, and keeps the rest held")
    func drain() throws {
        let bench = try bench()
        bench.environment(.hold, in: .core(0))
        for index in 0..<3 { bench.store(Self.uncached + 8 * UInt64(index)) }
        bench.environment(.drain, Self.uncached + 8, bytes: 8, in: .core(0))
        #expect(bench.events(.drain).map(\.address) == [Self.uncached + 8])
        bench.perform(.work(cycles: 1_000))
        #expect(bench.events(.drain).count == 1)
        bench.environment(.drain, in: .core(0))
        #expect(
            bench.events(.drain).map(\.address) == [8, 0, 16].map { Self.uncached + $0 })
    }

    @Test("A held load of buffered bytes is forwarded, without a trip to memory")
    func forwarding() throws {
        let bench = try bench()
        bench.environment(.hold, in: .core(0))
        bench.store(Self.uncached, 4)
        #expect(bench.spent { bench.load(Self.uncached, 4) } == [.uncached: 1])
        #expect(bench.events(.load).map(\.place) == [.storeBuffer(0)])
    }

    @Test(
        "A write-through store updates the line it hits: every entry that it took is copied there")
    func writeThrough() throws {
        let bench = try bench()
        bench.load(Self.through)
        bench.finish()
        bench.store(Self.through, 16)
        let entered = bench.events(.store).map(\.detail)
        #expect(entered.count == 2)
        #expect(bench.events(.drainCopy).map(\.detail) == entered)
    }

    @Test("A write-through store that merges into an older entry copies that entry, not the last")
    func writeThroughMerging() throws {
        let bench = try bench()
        bench.load(Self.through)
        bench.load(Self.through + 32)
        bench.finish()
        bench.store(Self.through, 4)
        bench.store(Self.through + 32, 4)
        bench.store(Self.through + 4, 4)
        let entered = bench.events(.store).map(\.detail)
        #expect(entered[0] == entered[2])
        #expect(bench.events(.drainCopy).map(\.detail) == entered)
    }

    @Test("Outer slots: three of a line each, merging; the one touched longest ago drains first")
    func outerSlots() throws {
        let bench = try bench { $0.hasOuter = true }
        for line in [0, 1, 2, 0, 3] as [UInt64] {
            bench.store(Self.uncached + 32 * line, 4)
            bench.barrier(.dmb)
        }
        // Slots 0 1 2, then 0 is touched again: 1 2 0; line 3 drives line 1 out.
        #expect(bench.events(.slotEntered).count == 5)
        #expect(bench.events(.drain).map(\.address) == [Self.uncached + 32])
        #expect(
            bench.machine.outerSlots.entries.map(\.address)
                == [2, 0, 3].map { Self.uncached + 32 * $0 })
    }

    @Test("A slot that is full drains at once")
    func fullSlot() throws {
        let bench = try bench { $0.hasOuter = true }
        for offset in stride(from: 0, to: 32, by: 8) {
            bench.store(Self.uncached + UInt64(offset), 8)
        }
        bench.barrier(.dmb)
        #expect(bench.events(.drain).map(\.size) == [32])
        #expect(bench.machine.outerSlots.entries.isEmpty)
    }
}
