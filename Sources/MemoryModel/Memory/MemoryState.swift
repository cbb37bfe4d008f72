import Quantities

// What is modelled: a fixed latency and a peak rate that reads and writes of all agents share. One transfer
// occupies the pins for its bytes; a transfer that finds them busy waits its turn.
// Left out: banks, row hits, refresh, turn-around.

/// Memory's pins.
struct MemoryState {
    /// When the pins are free.
    private(set) var free: UInt64 = 0
    private let ticksPerKibibyte: UInt64

    /// Makes idle memory.
    init(_ configuration: MemoryConfiguration) {
        ticksPerKibibyte = (1_000_000_000_000 * 1_024) / max(configuration.bytesPerSecond, 1)
    }

    /// How long the pins move `bytes`, in ticks.
    func occupancy(_ bytes: UInt64) -> UInt64 { bytes * ticksPerKibibyte / 1_024 }

    /// Takes the pins for `bytes`, asked for at `tick`.
    ///
    /// - Returns: how long the request waits for its turn, in ticks.
    mutating func occupy(_ bytes: UInt64, at tick: UInt64) -> UInt64 {
        let start = max(free, tick)
        free = start + occupancy(bytes)
        return start - tick
    }
}
