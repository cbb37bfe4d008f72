import Events
import MemoryModel
import Operations
import Quantities

// Section 9: memory's pins.

/// Memory and its controller.
struct ReferenceMemory {
    let configuration: MemoryConfiguration
    var free: UInt64 = 0
    var portFree: [UInt64]
    var bankFree: [UInt64]
    var openRows: [UInt64?]
    var lastWasWrite = false
    var onChipFree: [UInt64]

    init(_ configuration: MemoryConfiguration) {
        self.configuration = configuration
        portFree = Array(repeating: 0, count: configuration.controllerPorts.count)
        bankFree = Array(repeating: 0, count: configuration.banks?.count ?? 0)
        openRows = Array(repeating: nil, count: configuration.banks?.count ?? 0)
        onChipFree = Array(repeating: 0, count: configuration.onChip.count)
    }

    /// Which memory on the chip an address is in; nil: it is outside.
    func onChip(_ address: UInt64) -> Int? {
        configuration.onChip.firstIndex { address >= $0.start && address < $0.start + $0.size }
    }

    func latency(_ address: UInt64) -> UInt64 {
        onChip(address).map { configuration.onChip[$0].latency.rawValue }
            ?? configuration.latency.rawValue
    }

    /// How long some bytes take at some rate.
    static func time(_ bytes: UInt64, _ rate: UInt64) -> UInt64 {
        bytes * (1_000_000_000_000 * 1_024 / rate) / 1_024
    }

    func pinTime(_ bytes: UInt64) -> UInt64 { Self.time(bytes, configuration.bytesPerSecond) }

    func writeTime(_ bytes: UInt64) -> UInt64 {
        Self.time(bytes, configuration.writeBytesPerSecond ?? configuration.bytesPerSecond)
    }

    /// The bank of a row: the number modulo the banks; permuted, the digits of that base combined by exclusive or.
    private static func bank(_ row: UInt64, _ banks: BankConfiguration) -> Int {
        let base = UInt64(banks.count)
        guard banks.isPermuted, base > 1 else { return Int(row % base) }
        var digits: [UInt64] = []
        var rest = row
        while rest > 0 {
            digits.append(rest % base)
            rest /= base
        }
        return Int(digits.reduce(0, ^))
    }

    /// A request; the result is what it waits.
    mutating func request(
        _ address: UInt64, _ bytes: UInt64, isWrite: Bool, port: Int?, at tick: UInt64
    ) -> UInt64 {
        if let chip = onChip(address) {
            let start = max(tick, onChipFree[chip])
            onChipFree[chip] =
                start + Self.time(bytes, configuration.onChip[chip].bytesPerSecond)
            return start - tick
        }
        var start = tick
        if let port {
            start = max(start, portFree[port])
            let rate = configuration.controllerPorts[port].bytesPerSecond
            portFree[port] = start + Self.time(bytes, rate)
        }
        let occupied = isWrite ? writeTime(bytes) : pinTime(bytes)
        let isSorted = isWrite && configuration.writeBytesPerSecond != nil
        guard let banks = configuration.banks, !isSorted else {
            start = max(start, free)
            free = start + occupied
            return start - tick
        }
        let row = address / banks.rowBytes
        let bank = Self.bank(row, banks)
        start = max(start, bankFree[bank])
        let interval = banks.refreshInterval.rawValue
        if interval > 0, start % interval < banks.refresh.rawValue {
            start = start / interval * interval + banks.refresh.rawValue
        }
        if openRows[bank] != row {
            start += banks.rowMiss.rawValue
            openRows[bank] = row
        }
        start = max(start, free + (isWrite != lastWasWrite ? banks.turnaround.rawValue : 0))
        lastWasWrite = isWrite
        free = start + occupied
        bankFree[bank] = free
        return start - tick
    }
}

extension ReferenceMachine {
    /// Reads memory; the result is when the bytes are there.
    mutating func readMemory(
        _ agent: Agent, _ address: UInt64, _ bytes: UInt64, _ miss: UInt64, at tick: UInt64
    ) -> UInt64 {
        let request = tick + miss
        let delay = memory.request(address, bytes, isWrite: false, port: nil, at: request)
        tell(
            .memoryTraffic, at: tick, agent, .memory, other: 0, address, bytes,
            detail: memory.onChip(address) == nil ? 0 : 1)
        return request + memory.latency(address) + delay
    }

    /// Writes memory; nobody waits, but the path holds when too much is waiting.
    mutating func writeMemory(
        _ agent: Agent, _ address: UInt64, _ bytes: UInt64, ahead: UInt64? = nil, at tick: UInt64
    ) {
        _ = memory.request(address, bytes, isWrite: true, port: nil, at: tick)
        let chip = memory.onChip(address)
        let waiting = ahead ?? 4 * UInt64(configuration.dataLineSize)
        let backlog =
            chip.map {
                ReferenceMemory.time(waiting, configuration.memory.onChip[$0].bytesPerSecond)
            }
            ?? memory.writeTime(waiting)
        let free = chip.map { memory.onChipFree[$0] } ?? memory.free
        if free > backlog { pathOut = max(pathOut, free - backlog) }
        tell(
            .memoryTraffic, at: tick, agent, .memory, other: 1, address, bytes,
            detail: chip == nil ? 0 : 1)
    }
}
