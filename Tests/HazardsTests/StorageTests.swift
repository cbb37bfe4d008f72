import Events
import Operations
import Quantities
import Testing
import Traces

@testable import Hazards

/// Where the detector keeps what it knows of bytes.
@Suite("What the detector keeps its bytes in")
struct StorageTests {
    @Test("A short list grows, and keeps the order")
    func row() {
        var row = Row<Int>(capacity: 1)
        defer { row.release() }
        for number in [1, 2, 4, 5] { row.append(number) }
        row.insert(3, at: 2)
        row.insert(0, at: 0)
        row.insert(6, at: 6)
        #expect(Array(row.all) == [0, 1, 2, 3, 4, 5, 6])
        row.remove(at: 6)
        row.remove(at: 1)
        #expect(Array(row.all) == [0, 2, 3, 4, 5])
        row.removeFirst(2)
        row[0] = 7
        #expect(Array(row.all) == [7, 4, 5])
        row.removeFirst(3)
        #expect(row.all.isEmpty)
    }

    @Test("Of a buffer's entry each byte has the version that it got last")
    func buffers() {
        let buffers = BufferedStores()
        defer { buffers.release() }
        let (core, outer) = (Place.storeBuffer(0), Place.outerStoreBuffer)
        func add(_ mask: UInt64, _ version: VersionID, to entry: UInt32, in place: Place) {
            buffers.add(
                BufferedStores.Part(granule: 9, mask: mask, version: version), to: entry, in: place)
        }
        add(0xF, 1, to: 5, in: core)
        add(0xF0, 2, to: 5, in: core)
        add(0x3F, 3, to: 5, in: core)
        #expect((0..<9).map { buffers.version(9, $0, in: core) } == [3, 3, 3, 3, 3, 3, 2, 2, nil])
        #expect(buffers.bytes(of: 9, in: core) == 0xFF)
        #expect(buffers.bytes(of: 8, in: core) == 0)
        // What is older in the slot that an entry goes into is gone, and the memory of its parts is taken again.
        add(0x1, 4, to: 6, in: outer)
        add(0x100, 5, to: 6, in: outer)
        buffers.move(5, to: 6, in: outer)
        #expect(buffers.index(of: 5) == nil && buffers.places(9) == [outer])
        #expect((0..<9).map { buffers.version(9, $0, in: outer) } == [3, 3, 3, 3, 3, 3, 2, 2, 5])
        add(0x1, 6, to: 7, in: core)
        #expect(buffers.places(9) == [core, outer].sorted())
        buffers.close(0)
        #expect(buffers.places(9) == [core])
        buffers.close(0)
        #expect(buffers.isEmpty && buffers.version(9, 0, in: core) == nil)
    }

    @Test("A copy has the bytes that came to it, and goes with the last of them")
    func copies() {
        let table = GranuleTable()
        let state = table.make()
        let (low, high): (UInt64, UInt64) = (0xFFFF_FFFF, 0xFFFF_FFFF << 32)
        state.memory.set(.max, to: 1)
        let outer = state.indexOfCopy(in: .outer)
        state.set(low, to: nil, at: outer)
        state.set(0xFF, to: 2, at: outer)
        // Half a line from there, the rest from memory, before the other in the order of places.
        let first = state.indexOfCopy(in: .level1Data(0))
        state.set(low | 0xFF << 32, to: state.bytes(in: .outer), at: first)
        #expect(state.copies.map(\.place) == [.level1Data(0), .outer])
        let bytes = state.copies[first].copy
        #expect([0, 7, 8, 31, 32, 39, 40, 63].map { bytes[$0] } == [2, 2, 1, 1, 1, 1, .max, .max])
        state.noteWrite(2, 0xFF)
        state.noteWrite(1, ~0xFF)
        #expect(state.areYoungest(.max, in: bytes.bytes))
        #expect(!state.areYoungest(.max, in: nil) && state.areYoungest(high, in: nil))
        // Memory under a byte that is not there is not older than it.
        state.memory.set(1 << 40, to: 9)
        #expect(!state.isOlder(bytes.bytes, than: nil, .max))
        state.memory.set(1 << 33, to: 9)
        #expect(state.isOlder(bytes.bytes, than: nil, .max))
        #expect(state.isOlder(bytes.bytes, than: state.bytes(in: .outer), .max))
        state.drop(low, at: first)
        #expect(state.copies.count == 2 && state.bytes(in: .level1Data(0))?[0] == .max)
        state.drop(high, at: first)
        #expect(state.copies.map(\.place) == [.outer])
    }

    @Test("Loops without anything that is asked for are passed over, and passes counted")
    func unrolled() throws {
        let text = """
            staleline 1
            device eth0 noncoherent
            buffer a 0x1000 64
            repeat 3
              ld a 4
              repeat 2
                dsb
                ld a+8 4
              end
              repeat 1000000000000
                st a 4
              end
            end
            dsb

            """
        let program = try NativeParser.parse(Array(text.utf8), file: "loops")
        let steps = UnrolledOperations(
            program, rounds: 2, accesses: { $0.address == 0x1008 },
            where: { if case .barrier = $0 { true } else { false } })
        let lines = steps.map { [Int(program.statements[$0.record - 1].line), Int($0.pass)] }
        let inner = [[7, 0], [8, 0], [7, 1], [8, 1], [7, 2], [8, 2], [7, 3], [8, 3]]
        #expect(lines == inner + [[14, 0]])
    }
}
