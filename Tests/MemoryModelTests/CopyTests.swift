import Events
import Operations
import Quantities
import Testing

@testable import MemoryModel

/// Copies from memory to memory, and the channels of one controller.
@Suite("Copies and controllers")
struct CopyTests {
    private func copy(
        _ bench: Bench, to destination: UInt64, from source: UInt64, _ bytes: UInt64,
        device: Int = 0
    ) {
        var copy = DeviceOperation(.write, at: Operand(destination), bytes: bytes)
        copy.source = Operand(source)
        bench.perform(.device(copy), by: .device(device))
    }

    private func engine(
        fifo: Int = 64, reads: Int = 8, writes: Int = 8
    ) -> PortConfiguration {
        var port = TestMachine.port(snoops: false)
        port.engine = EngineConfiguration(
            channels: 8, fifoBytes: fifo, readIssuing: reads, writeIssuing: writes)
        return port
    }

    /// When events of a kind happened, in ns after the first burst.
    private func times(_ bench: Bench, _ kind: Event.Kind) -> [UInt64] {
        let first = bench.events(.deviceRead).map(\.tick.rawValue).min() ?? 0
        return bench.events(kind).map { ($0.tick.rawValue - first) / 1_000 }
    }

    @Test("A write waits for the bytes of its read; reads run ahead as far as the FIFO has room")
    func fifo() throws {
        let bench = try Bench(TestMachine.make(), devices: [TestMachine.port(snoops: false)])
        copy(bench, to: 0x6000, from: 0x4000, 128)
        // Bursts of 32 bytes every 40 ns, whose data comes 100 ns after the address; a FIFO of two of them. The third
        // read waits for the first write, at 100, and then 10 ns for memory's pins: its data is there at 210.
        #expect(times(bench, .deviceRead) == [0, 40, 100, 140])
        #expect(times(bench, .deviceWrite) == [100, 140, 210, 250])
        #expect(times(bench, .deviceDone) == [320])
        #expect(bench.events(.deviceWrite).map(\.address) == [0x6000, 0x6020, 0x6040, 0x6060])
    }

    @Test("Two ports: each side has its own bursts")
    func twoPorts() throws {
        var narrow = TestMachine.port(snoops: false)
        narrow.name = "narrow"
        narrow.burstBeats = 2
        let bench = try Bench(TestMachine.make())
        bench.machine.attach(
            .device(0), to: TestMachine.port(snoops: false), reading: narrow)
        copy(bench, to: 0x6000, from: 0x4000, 64)
        #expect(bench.events(.deviceRead).map(\.size) == [16, 16, 16, 16])
        #expect(bench.events(.deviceWrite).map(\.size) == [32, 32])
    }

    @Test(
        "Two ports: bursts longer than the controller's FIFO are cut to it, and the copy comes to its end"
    )
    func longBursts() throws {
        let bench = try Bench(TestMachine.make())
        var port = engine(fifo: 32)
        port.name = "narrow"
        var wide = TestMachine.port(snoops: false)
        wide.burstBeats = 8
        bench.machine.attach(.device(0), to: port, reading: wide)
        copy(bench, to: 0x6000, from: 0x4010, 96)
        #expect(bench.events(.deviceRead).map(\.size) == [16, 32, 32, 16])
        #expect(bench.events(.deviceWrite).map(\.size).reduce(0, +) == 96)
        #expect(bench.events(.deviceDone).count == 1)
    }

    @Test("A controller counts the bursts of all its channels that are under way")
    func issuing() throws {
        for (places, expected) in [(1, [0, 100, 200]), (2, [0, 40, 100])] as [(Int, [UInt64])] {
            let bench = try Bench(TestMachine.make(), devices: [engine(reads: places)])
            bench.device(.read, 0x4000, 96)
            // Each keeps its place for 40 and 60 ns.
            #expect(times(bench, .deviceRead) == expected)
        }
    }

    @Test("Channels of a controller take turns; engines of their own go by number")
    func roundRobin() throws {
        for (port, expected) in [
            (engine(), [0, 1, 0, 1, 0, 1]), (TestMachine.port(snoops: false), [0, 0, 0, 1, 1, 1]),
        ] {
            let bench = try Bench(TestMachine.make(), devices: [port, port])
            for device in 0..<2 { bench.perform(.ring(.device(device))) }
            for device in 0..<2 { bench.device(.read, 0x4000, 96, number: device) }
            bench.finish()
            #expect(bench.events(.deviceRead).map(\.agent.index) == expected)
        }
    }

    @Test(
        "Channels share the FIFO: it never holds more than it can, and all bytes arrive",
        arguments: [32, 64, 100, 1_024])
    func sharedFIFO(bytes: Int) throws {
        let bench = try Bench(
            TestMachine.make(), devices: Array(repeating: engine(fifo: bytes, reads: 4), count: 3))
        for device in 0..<3 { bench.perform(.ring(.device(device))) }
        for device in 0..<3 {
            // Sides that are cut at different places.
            let offset = UInt64(device) * 0x1000
            copy(bench, to: 0x8010 + offset, from: 0x4004 + offset, 300, device: device)
        }
        bench.finish()
        var held = 0
        for event in bench.events {
            switch event.kind {
            case .deviceRead: held += Int(event.size)
            case .deviceWrite: held -= Int(event.size)
            default: continue
            }
            #expect(0...bytes ~= held)
        }
        #expect(held == 0)
        #expect(bench.events(.deviceWrite).reduce(0) { $0 + $1.size } == 900)
        let ticks = bench.events.filter { $0.kind == .deviceRead || $0.kind == .deviceWrite }
            .map(\.tick)
        #expect(ticks == ticks.sorted())
    }
}
