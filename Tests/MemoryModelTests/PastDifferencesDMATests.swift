import Events
import Operations
import Quantities
import Testing

@testable import MemoryModel

/// What the second model showed to be wrong with devices in the first, each in the smallest program that tells.
struct PastDifferencesDMATests {
    private static let name = SymbolID(rawValue: 1)
    /// Write-back.
    private static let cached: UInt64 = 0x8000
    /// Non-cacheable.
    private static let ring: UInt64 = 0x10_0000

    private static let layout = DescriptorLayout(
        size: 8,
        fields: [
            .init(.source, at: 0, bytes: 4), .init(.length, at: 4, bytes: 4, mask: 0xFF),
            .init(.last, at: 4, bytes: 4, mask: 1 << 31, value: 0),
        ])

    private func chains(
        snoops: Bool = false, _ change: (inout MachineConfiguration) -> Void = { _ in }
    ) throws -> Bench {
        var configuration = try TestMachine.make()
        change(&configuration)
        let bench = Bench(configuration, devices: [TestMachine.port(snoops: snoops)])
        bench.machine.declare(Self.layout, as: Self.name)
        bench.declare(Self.ring, 0x1000, .nonCacheable)
        return bench
    }

    /// A device's write of a value, in trace order.
    private func write(_ bench: Bench, _ address: UInt64, _ value: UInt64, _ bytes: UInt64) {
        bench.perform(
            .device(DeviceOperation(.write, at: Operand(address), bytes: bytes, value: value)),
            by: .device(0))
    }

    private func follow(_ bench: Bench, _ start: UInt64) {
        var fetch = DeviceOperation(.descriptorFetch(chain: true), at: Operand(start), bytes: 8)
        fetch.layout = Self.name
        bench.perform(.device(fetch), by: .device(0))
    }

    /// Sixteen bytes from 0x9000.
    private static let descriptor: UInt64 = 16 << 32 | 0x9000

    @Test("A buffered store of unknown bytes goes over what is known by the time it drains")
    func unknownBehindKnown() throws {
        let bench = try chains()
        bench.store(Self.ring)
        write(bench, Self.ring, Self.descriptor, 8)
        bench.barrier(.dsb)
        follow(bench, Self.ring)
        #expect(bench.machine.chainLog.steps.isEmpty)
        // The device's own bytes would have been newer: that is not the trace's fault.
        #expect(bench.machine.chainLog.fault == nil)
    }

    @Test("A line that L2's prefetcher drives out on its way to L1D gets there with its bytes")
    func drivenOut() throws {
        let bench = try chains(snoops: true) {
            $0.level2?.cache = CacheConfiguration(size: 32, ways: 1, lineSize: 32, hitCycles: 11)
            $0.level2?.cache.prefetch = PrefetchConfiguration(kind: .nextLine)
        }
        write(bench, Self.cached, Self.descriptor, 8)
        bench.load(Self.cached)
        #expect(bench.events(.invalidate).map(\.address) == [Self.cached])
        follow(bench, Self.cached)
        #expect(bench.events(.deviceRead).first?.place == .level1Data(0))
        #expect(bench.machine.chainLog.steps.map(\.operation.kind) == [.read])
    }

    @Test("Old bytes are to blame only where a field says something else by them")
    func staleByMeaning() throws {
        let bench = try chains()
        // In memory 0x10, and in the cache 0x110: the length is 16 by both. The address is unknown.
        write(bench, Self.cached + 4, 0x10, 4)
        bench.perform(
            .access(
                MemoryAccess(.store, at: Self.cached + 4, size: 4), symbol: .none, value: 0x110))
        follow(bench, Self.cached)
        #expect(bench.machine.chainLog.fault?.fault == .unknown(.source, address: Self.cached))
    }

    @Test("The first read of a copy comes after what its device did before")
    func copyBehindWrite() throws {
        let bench = try Bench(TestMachine.make(), devices: [TestMachine.port(snoops: false)])
        bench.perform(.ring(.device(0)))
        bench.device(.write, 0x2000, 128)
        var copy = DeviceOperation(.write, at: Operand(0x4000), bytes: 32)
        copy.source = Operand(0x3000)
        bench.perform(.device(copy), by: .device(0))
        bench.finish()
        let last = try #require(bench.events(.deviceWrite).last { $0.address < 0x4000 })
        let first = try #require(bench.events(.deviceRead).first)
        #expect(first.tick > last.tick)
    }

    @Test("An interrupt of one channel lets no burst go before one of another that has gone")
    func interruptOfChannel() throws {
        var port = TestMachine.port(snoops: false)
        port.engine = EngineConfiguration(
            channels: 2, fifoBytes: 64, readIssuing: 2, writeIssuing: 2)
        let bench = try Bench(TestMachine.make(), devices: [port, port])
        bench.perform(.ring(.device(1)))
        bench.perform(.ring(.device(0)))
        bench.device(.read, 0x2000, 128)
        // The first channel has read all when the second, whose doorbell was as early, is asked for something.
        bench.finish()
        bench.device(.interrupt, number: 1)
        bench.device(.write, 0x3000, 32, number: 1)
        bench.finish()
        let last = try #require(bench.events(.deviceRead).last)
        let write = try #require(bench.events(.deviceWrite).first)
        #expect(write.tick >= last.tick)
    }
}
