import Quantities

// What is modelled: a latency, a peak rate that reads and writes of all agents share, where the machine says so a lower
// one of writes, and banks with one open row each, a rest between reads and writes, and refresh. One transfer occupies the pins for its
// bytes; a transfer that finds them busy waits its turn. The rate is never exceeded.
// Memory on the chip has a latency and a rate of its own, and takes nothing of the pins.
// Left out: reordering of requests, the order in which rows of several banks are opened ahead.

/// Memory's pins and banks.
struct MemoryState {
    /// When the pins are free.
    private(set) var free: UInt64 = 0
    /// How long they have been moving bytes, in all.
    private var busy: UInt64 = 0
    private let ticksPerKibibyte: UInt64
    private let writeTicksPerKibibyte: UInt64
    private let bankBits: Int
    /// Whether rows are within the rate of writes.
    private let sortsWrites: Bool
    private let banks: BankConfiguration?
    private var openRows: [UInt64]
    private var bankFree: [UInt64]
    private var lastWasWrite = false
    private let portRates: [UInt64]
    private var portFree: [UInt64]
    private var onChip: [OnChipState]
    private let latency: UInt64

    /// Makes idle memory with all rows closed.
    init(_ configuration: MemoryConfiguration) {
        ticksPerKibibyte = Self.ticksPerKibibyte(configuration.bytesPerSecond)
        writeTicksPerKibibyte = Self.ticksPerKibibyte(
            configuration.writeBytesPerSecond ?? configuration.bytesPerSecond)
        sortsWrites = configuration.writeBytesPerSecond != nil
        banks = configuration.banks
        bankBits = configuration.banks?.count.trailingZeroBitCount ?? 0
        openRows = Array(repeating: .max, count: configuration.banks?.count ?? 0)
        bankFree = Array(repeating: 0, count: configuration.banks?.count ?? 0)
        portRates = configuration.controllerPorts.map { Self.ticksPerKibibyte($0.bytesPerSecond) }
        portFree = configuration.controllerPorts.map { _ in 0 }
        onChip = configuration.onChip.map {
            OnChipState(
                start: $0.start, size: $0.size, latency: $0.latency.rawValue,
                ticksPerKibibyte: Self.ticksPerKibibyte($0.bytesPerSecond))
        }
        latency = configuration.latency.rawValue
    }

    private static func ticksPerKibibyte(_ bytesPerSecond: UInt64) -> UInt64 {
        (1_000_000_000_000 * 1_024) / max(bytesPerSecond, 1)
    }

    /// Whether an address is that of memory on the chip.
    @inline(__always)
    func isOnChip(_ address: UInt64) -> Bool { !onChip.isEmpty && place(of: address) != nil }

    private func place(of address: UInt64) -> Int? {
        onChip.firstIndex { address >= $0.start && address - $0.start < $0.size }
    }

    /// The latency of the memory at an address, in ticks.
    @inline(__always)
    func latency(of address: UInt64) -> UInt64 {
        guard !onChip.isEmpty, let place = place(of: address) else { return latency }
        return onChip[place].latency
    }

    /// Whether they have never moved more than their rate.
    var isWithinRate: Bool { busy <= free }

    /// How long `bytes` that are read occupy the pins, in ticks.
    func occupancy(_ bytes: UInt64) -> UInt64 { bytes * ticksPerKibibyte / 1_024 }

    /// How long `bytes` that are written occupy the pins and what is before them, in ticks.
    func writeOccupancy(_ bytes: UInt64) -> UInt64 { bytes * writeTicksPerKibibyte / 1_024 }

    /// Takes the pins for `size` bytes at `address`, asked for at `tick`.
    ///
    /// - Parameters:
    ///   - address: The first byte, which decides bank and row.
    ///   - size: How many bytes.
    ///   - isWrite: Which way they go.
    ///   - tick: When they are asked for.
    ///   - port: The controller's port they go through, where agents share one.
    /// - Returns: how long the request waits beyond memory's latency, in ticks.
    mutating func occupy(
        _ address: UInt64, _ size: UInt64, isWrite: Bool, at tick: UInt64, port: Int? = nil
    ) -> UInt64 {
        if !onChip.isEmpty, let place = place(of: address) {
            return onChip[place].occupy(size, at: tick)
        }
        var start = tick
        if let port {
            start = max(start, portFree[port])
            portFree[port] = start + size * portRates[port] / 1_024
        }
        let time = isWrite ? writeOccupancy(size) : occupancy(size)
        busy += time
        guard let banks, !isWrite || !sortsWrites else {
            start = max(free, start)
            free = start + time
            return start - tick
        }
        let row = address / banks.rowBytes
        let bank = bank(of: row, banks)
        start = afterRefresh(max(start, bankFree[bank]), banks)
        if openRows[bank] != row {
            start += banks.rowMiss.rawValue
            openRows[bank] = row
        }
        let rest = isWrite != lastWasWrite ? banks.turnaround.rawValue : 0
        lastWasWrite = isWrite
        start = max(start, free + rest)
        free = start + time
        bankFree[bank] = free
        return start - tick
    }

    /// Until when the way to the memory at an address is held up by what goes there, but for `ahead` bytes of it.
    @inline(__always)
    func heldUntil(_ address: UInt64, ahead: UInt64) -> UInt64 {
        guard !onChip.isEmpty, let place = place(of: address) else {
            let time = writeOccupancy(ahead)
            return free > time ? free - time : 0
        }
        let memory = onChip[place]
        let time = memory.occupancy(ahead)
        return memory.free > time ? memory.free - time : 0
    }

    /// The bank that a row lies in: its lowest bits, or all of its bits folded into as many.
    private func bank(of row: UInt64, _ banks: BankConfiguration) -> Int {
        var folded = row
        if banks.isPermuted, bankBits > 0 {
            var rest = row >> UInt64(bankBits)
            while rest > 0 {
                folded ^= rest
                rest >>= UInt64(bankBits)
            }
        }
        return Int(folded & UInt64(banks.count - 1))
    }

    private func afterRefresh(_ tick: UInt64, _ banks: BankConfiguration) -> UInt64 {
        let interval = banks.refreshInterval.rawValue
        guard interval > 0 else { return tick }
        let phase = tick % interval
        return phase < banks.refresh.rawValue ? tick - phase + banks.refresh.rawValue : tick
    }
}

/// Memory on the chip.
private struct OnChipState: BitwiseCopyable {
    let start: UInt64
    let size: UInt64
    let latency: UInt64
    let ticksPerKibibyte: UInt64
    /// When it has moved what was asked of it.
    var free: UInt64 = 0

    /// How long it moves `bytes`, in ticks.
    func occupancy(_ bytes: UInt64) -> UInt64 { bytes * ticksPerKibibyte / 1_024 }

    /// Takes it for `size` bytes, asked for at `tick`; how long that waits for others.
    mutating func occupy(_ size: UInt64, at tick: UInt64) -> UInt64 {
        let start = max(free, tick)
        free = start + occupancy(size)
        return start - tick
    }
}
