import Quantities
import Testing

@testable import Experiments
@testable import MemoryModel

/// What memory takes of writes, where rows lie, and when a wide uncached load is over.
struct MemoryRateTests {
    private static func memory(
        writes: UInt64? = nil, banks: BankConfiguration? = nil
    ) -> MemoryConfiguration {
        var memory = MemoryConfiguration(
            latency: Ticks(nanoseconds: 100), bytesPerSecond: 6_400_000_000,
            writeResponse: Ticks(nanoseconds: 50))
        memory.writeBytesPerSecond = writes
        memory.banks = banks
        return memory
    }

    @Test("Writes occupy the pins by their own rate, reads by that of the pins")
    func writeRate() {
        var state = MemoryState(Self.memory(writes: 1_600_000_000))
        _ = state.occupy(0, 64, isWrite: true, at: 0)
        #expect(state.free == 40_000)
        _ = state.occupy(0, 64, isWrite: false, at: 0)
        #expect(state.free == 50_000)
        var equal = MemoryState(Self.memory())
        _ = equal.occupy(0, 64, isWrite: true, at: 0)
        #expect(equal.free == 10_000)
    }

    @Test("Writes with a rate of their own open no rows; without one they do")
    func rowsOfWrites() {
        let banks = BankConfiguration(count: 8, rowBytes: 4_096, rowMiss: Ticks(nanoseconds: 30))
        func wait(_ writes: UInt64?) -> UInt64 {
            var state = MemoryState(Self.memory(writes: writes, banks: banks))
            _ = state.occupy(0, 64, isWrite: false, at: 0)
            _ = state.occupy(8 * 4_096, 64, isWrite: true, at: 1_000_000)
            return state.occupy(64, 64, isWrite: false, at: 2_000_000)
        }
        #expect(wait(nil) == 30_000)
        #expect(wait(1_600_000_000) == 0)
    }

    @Test("Permuted banks keep streams a power of two apart from one another's rows")
    func permuted() {
        func wait(_ isPermuted: Bool, apart: UInt64) -> UInt64 {
            let banks = BankConfiguration(
                count: 8, rowBytes: 4_096, isPermuted: isPermuted, rowMiss: Ticks(nanoseconds: 30))
            var state = MemoryState(Self.memory(banks: banks))
            _ = state.occupy(0, 64, isWrite: false, at: 0)
            _ = state.occupy(apart, 64, isWrite: false, at: 1_000_000)
            return state.occupy(64, 64, isWrite: false, at: 2_000_000)
        }
        for bits in UInt64(15)...31 {
            #expect(wait(false, apart: 1 << bits) == 30_000)
            #expect(wait(true, apart: 1 << bits) == 0)
        }
        // Two rows of one bank are still two rows of one bank.
        #expect(wait(true, apart: 9 << 15) == 30_000)
    }

    @Test(
        "An uncached load waits for its last byte: 64 bytes longer than 8, by the pins' time of 56")
    func lastByte() throws {
        func time(_ size: Int) throws -> UInt64 {
            let text = "staleline 1\nregion a 0x10000000 4K nc osh\nspan s\nld a \(size)\nend\n"
            var times = TraceTimes(
                text: { _ in Array(text.utf8) },
                machine: { _ in
                    var machine = try RealMachines.load("rpi3")
                    machine.memory.bytesPerSecond = 6_400_000_000
                    return machine
                })
            return UInt64((try times.seconds("s", "t.slt") * 1e12).rounded())
        }
        #expect(try time(64) - (try time(8)) == 8_750)
        #expect(try time(4) == (try time(8)))
    }
}
