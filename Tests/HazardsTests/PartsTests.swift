import Operations
import Quantities
import Testing

@testable import Hazards

/// The parts of the detectors.
@Suite("Clocks and watch lists")
struct PartsTests {
    @Test("A clock only goes on")
    func clock() {
        var clock = VectorClock()
        #expect(clock[.core(0)] == 0)
        clock[.core(0)] = 5
        clock[.core(0)] = 3
        #expect(clock[.core(0)] == 5)
        #expect(clock[.core(7)] == 0)
        #expect(clock[.device(0)] == 0)
    }

    @Test("Every agent has a place of its own")
    func agents() {
        let agents =
            (0..<Agent.maximumCores).map(Agent.core)
            + (0..<Agent.maximumDevices).map(Agent.device)
        var clock = VectorClock()
        for (index, agent) in agents.enumerated() { clock[agent] = UInt32(index + 1) }
        for (index, agent) in agents.enumerated() { #expect(clock[agent] == UInt32(index + 1)) }
    }

    @Test("A join is the later of both, for each agent")
    func join() {
        var left = VectorClock()
        left[.core(0)] = 5
        left[.core(1)] = 1
        var right = VectorClock()
        right[.core(1)] = 2
        right[.device(3)] = 9
        left.join(right)
        #expect(left[.core(0)] == 5)
        #expect(left[.core(1)] == 2)
        #expect(left[.device(3)] == 9)
        #expect(right[.core(0)] == 0)
        right.join(VectorClock())
        #expect(right[.device(3)] == 9)
    }

    private func watch(
        _ ranges: [(UInt64, UInt64)], map: MemoryMap = MemoryMap(), lineSize: UInt64 = 32
    ) -> WatchList {
        var program = Program()
        for (start, bytes) in ranges {
            let operation = DeviceOperation(.write, at: Operand(start), bytes: bytes)
            program.statements.append(
                Statement(.operation(.device(0), .device(operation)), line: 1))
        }
        return WatchList(program, map: map, lineSize: lineSize)
    }

    @Test("What devices touch is watched, widened to whole lines and granules, merged, in order")
    func watchList() {
        #expect(watch([(0x1010, 4)]).ranges == [0x40..<0x41])
        #expect(watch([(0x1010, 4)], lineSize: 128).ranges == [0x40..<0x42])
        #expect(watch([(0x103F, 2)]).ranges == [0x40..<0x42])
        #expect(watch([(0x2000, 64), (0x1000, 64)]).ranges == [0x40..<0x41, 0x80..<0x81])
        #expect(watch([(0x1000, 64), (0x1040, 64), (0x1000, 8)]).ranges == [0x40..<0x42])
        #expect(watch([(0x1000, 0)]).ranges == [])
    }

    @Test("An alias is watched where its physical bytes are")
    func alias() {
        var map = MemoryMap()
        map.insert(
            MemoryMapping(
                start: 0x9000, end: 0xA000, physical: 0x1000, type: .nonCacheable,
                shareability: .innerShareable))
        #expect(watch([(0x9040, 64)], map: map).ranges == [0x41..<0x42])
    }

    @Test("A granule's place is its number among the watched ones")
    func places() {
        func place(_ granule: UInt64, _ list: WatchList) -> Int? {
            list.range(of: granule).map { $0.before + Int(granule - $0.range.lowerBound) }
        }
        let list = watch([(0x1000, 128), (0x4000, 64)])
        #expect(list.count == 3)
        #expect(
            [0x3F, 0x40, 0x41, 0x42, 0xFF, 0x100, 0x101].map { place($0, list) } == [
                nil, 0, 1, nil, nil, 2, nil,
            ])
        #expect(place(0, watch([])) == nil)
    }

    @Test("A range is cut into granules with the masks of its bytes")
    func granules() {
        let parts = Array(Granules(0x103E, 68))
        #expect(parts.map(\.granule) == [0x40, 0x41, 0x42])
        #expect(parts.map(\.mask) == [3 << 62, .max, 3])
        #expect(Array(Granules(0x1000, 0)).isEmpty)
        #expect(Array(Granules(0x1000, 64)).map(\.mask) == [.max])
    }
}
