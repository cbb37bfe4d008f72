import Events
import Operations
import Quantities
import Testing

@testable import MemoryModel

/// Engines that read their descriptors by themselves.
@Suite("Chains of descriptors")
struct ChainTests {
    private static let name = SymbolID(rawValue: 1)
    /// Non-cacheable; descriptors are 64 bytes apart.
    private static let ring: UInt64 = 0x10_0000
    /// Write-back.
    private static let cached: UInt64 = 0x8000

    private static let linked = DescriptorLayout(
        size: 16,
        fields: [
            .init(.next, at: 0, bytes: 4), .init(.source, at: 4, bytes: 4),
            .init(.length, at: 8, bytes: 2), .init(.status, at: 12, bytes: 4, value: 0x5A),
        ])

    /// An array whose entries are the engine's while bit 31 is set; the last has bit 30.
    private static let array = DescriptorLayout(
        size: 8,
        fields: [
            .init(.destination, at: 0, bytes: 4),
            .init(.length, at: 4, bytes: 4, mask: 0x0FFF_0000),
            .init(.own, at: 4, bytes: 4, mask: 1 << 31),
            .init(.wrap, at: 4, bytes: 4, mask: 1 << 30),
            .init(.status, at: 4, bytes: 4, value: 0),
        ])

    private func bench(_ layout: DescriptorLayout, snoops: Bool = false) throws -> Bench {
        let bench = try Bench(TestMachine.make(), devices: [TestMachine.port(snoops: snoops)])
        bench.machine.declare(layout, as: Self.name)
        bench.declare(Self.ring, 0x1000, .nonCacheable)
        return bench
    }

    private func store(_ bench: Bench, _ address: UInt64, _ value: UInt64, _ size: UInt32 = 4) {
        bench.perform(
            .access(MemoryAccess(.store, at: address, size: size), symbol: .none, value: value))
    }

    private func link(
        _ bench: Bench, at address: UInt64, next: UInt64, source: UInt64, length: UInt64
    ) {
        store(bench, address, next)
        store(bench, address + 4, source)
        store(bench, address + 8, length, 2)
    }

    private func follow(_ bench: Bench, _ start: UInt64, _ size: UInt64, limit: UInt32? = nil) {
        var fetch = DeviceOperation(.descriptorFetch(chain: true), at: Operand(start), bytes: size)
        fetch.layout = Self.name
        fetch.limit = limit
        bench.perform(.device(fetch), by: .device(0))
    }

    private func reads(_ bench: Bench) -> [UInt64] { bench.events(.deviceRead).map(\.address) }

    @Test("A list of two: each descriptor, its bytes, its status, in time")
    func list() throws {
        let bench = try bench(Self.linked)
        link(bench, at: Self.ring, next: Self.ring + 64, source: 0x4000, length: 64)
        link(bench, at: Self.ring + 64, next: 0, source: 0x5000, length: 8)
        bench.barrier(.dsb)
        follow(bench, Self.ring, 16)
        let moves = bench.events.filter { $0.kind == .deviceRead || $0.kind == .deviceWrite }
        #expect(
            moves.map(\.address)
                == [
                    Self.ring, 0x4000, 0x4020, Self.ring + 12, Self.ring + 64, 0x5000,
                    Self.ring + 76,
                ])
        #expect(moves.map(\.size) == [16, 32, 32, 4, 16, 8, 4])
        // A fetch of two beats: its data is there after 30 and 60 ns; the link and the source are known then. Bursts
        // of four beats are 40 ns apart, the last one's data is there 40 and 60 ns after it began: then the status.
        // Its write keeps 15 ns; the next fetch follows.
        let first = try #require(moves.first).tick.rawValue
        #expect(
            moves.map { ($0.tick.rawValue - first) / 1_000 } == [0, 90, 130, 230, 245, 335, 425])
    }

    @Test("A descriptor that is new in a cache only: the engine does what the old one says")
    func staleInCache() throws {
        for snoops in [false, true] {
            let bench = try bench(Self.linked, snoops: snoops)
            link(bench, at: Self.cached, next: 0, source: 0x4000, length: 8)
            bench.maintain(.dcCVAC, Self.cached, bytes: 16)
            // The clean to the PoC of this machine is one to memory.
            bench.barrier(.dsb)
            link(bench, at: Self.cached, next: 0, source: 0x6000, length: 32)
            follow(bench, Self.cached, 16)
            #expect(reads(bench) == [Self.cached, snoops ? 0x6000 : 0x4000])
            #expect(bench.events(.deviceRead).last?.size == (snoops ? 32 : 8))
            #expect(bench.machine.chainLog.fault == nil)
        }
    }

    @Test(
        "A descriptor that waits in a store buffer, over memory that nobody knows: the engine stops"
    )
    func staleInBuffer() throws {
        let bench = try bench(Self.linked)
        bench.environment(.hold, in: .core(0))
        link(bench, at: Self.ring, next: 0, source: 0x4000, length: 8)
        follow(bench, Self.ring, 16)
        #expect(reads(bench) == [Self.ring])
        #expect(bench.machine.chainLog.fault == nil)
        bench.barrier(.dsb)
        follow(bench, Self.ring, 16)
        #expect(reads(bench) == [Self.ring, Self.ring, 0x4000])
    }

    @Test("A descriptor that a copy loop put there has the bytes of its source")
    func copied() throws {
        let bench = try bench(Self.linked)
        link(bench, at: Self.cached, next: 0, source: 0x4000, length: 8)
        store(bench, Self.cached + 12, 0)
        bench.perform(
            .copy(
                CopyRun(to: Operand(Self.ring), from: Operand(Self.cached), bytes: 16, by: 4)))
        bench.barrier(.dsb)
        follow(bench, Self.ring, 16)
        #expect(reads(bench) == [Self.ring, 0x4000])
    }

    @Test("A ring: the last entry leads to the first, which is not the engine's any more")
    func ring() throws {
        let bench = try bench(Self.array)
        store(bench, Self.ring, 0x4000)
        store(bench, Self.ring + 4, 1 << 31 | 24 << 16)
        store(bench, Self.ring + 8, 0x5000)
        store(bench, Self.ring + 12, 3 << 30 | 16 << 16)
        bench.barrier(.dsb)
        follow(bench, Self.ring, 8)
        #expect(reads(bench) == [Self.ring, Self.ring + 8, Self.ring])
        let writes = bench.events(.deviceWrite)
        #expect(writes.map(\.address) == [0x4000, Self.ring + 4, 0x5000, Self.ring + 12])
        #expect(writes.map(\.size) == [24, 4, 16, 4])
    }

    @Test("A list that leads back to itself ends at its limit, and that is said")
    func endless() throws {
        let bench = try bench(Self.linked)
        link(bench, at: Self.ring, next: Self.ring, source: 0x4000, length: 8)
        bench.barrier(.dsb)
        follow(bench, Self.ring, 16, limit: 5)
        #expect(reads(bench).count { $0 == Self.ring } == 5)
        #expect(bench.machine.chainLog.fault?.fault == .endless(limit: 5))
    }

    @Test("A field that no store gave a value to is said")
    func unknown() throws {
        let bench = try bench(Self.linked)
        store(bench, Self.ring, 0)
        store(bench, Self.ring + 4, 0x4000)
        bench.barrier(.dsb)
        follow(bench, Self.ring, 16)
        #expect(
            bench.machine.chainLog.fault?.fault == .unknown(.length, address: Self.ring + 8))
    }

    @Test("Bytes beyond the address space are said")
    func range() throws {
        let wide = DescriptorLayout(
            size: 16, fields: [.init(.source, at: 0, bytes: 8), .init(.length, at: 8, bytes: 8)])
        let bench = try bench(wide)
        store(bench, Self.ring, .max - 3, 8)
        store(bench, Self.ring + 8, 8, 8)
        bench.barrier(.dsb)
        follow(bench, Self.ring, 16)
        #expect(
            bench.machine.chainLog.fault?.fault == .range(start: .max - 3, bytes: 8))
    }
}
