import MemoryModel
import Operations
import Quantities

// Sections 10.1 and 10.2: copies from memory to memory.

/// A burst that may be sent.
struct ReferenceBurst {
    var tick: UInt64
    var isWrite: Bool
    var address: UInt64
    var bytes: UInt64
}

extension ReferenceMachine {
    /// The next burst of a copy; nil: it waits for room in the controller's FIFO.
    func nextOfCopy(_ transfer: ReferenceTransfer, _ device: Int) -> ReferenceBurst? {
        let read = readBurst(transfer, device)
        let write = writeBurst(transfer, device, mayRead: read != nil)
        guard let read else { return write }
        guard let write else { return read }
        return read.tick < write.tick ? read : write
    }

    private func readBurst(_ transfer: ReferenceTransfer, _ device: Int) -> ReferenceBurst? {
        guard let copy = transfer.copy, copy.asked < transfer.operation.bytes else { return nil }
        let address = copy.source + copy.asked
        let most = UInt32(truncatingIfNeeded: min(fifo(device), UInt64(UInt32.max)))
        let bytes = devices[device].reading.cut(
            address, left: transfer.operation.bytes - copy.asked,
            burst: min(transfer.operation.burst ?? most, most))
        guard held(transfer, device) + bytes <= fifo(device) else { return nil }
        return ReferenceBurst(
            tick: max(
                transfer.hasStarted ? copy.nextRead : devices[device].nextBurst,
                transfer.earliest, copy.last, open(device, false)),
            isWrite: false, address: address, bytes: bytes)
    }

    private func writeBurst(
        _ transfer: ReferenceTransfer, _ device: Int, mayRead: Bool
    ) -> ReferenceBurst? {
        guard let copy = transfer.copy else { return nil }
        let address = transfer.start + transfer.offset
        let held = copy.asked - transfer.offset
        var bytes = devices[device].writing.cut(
            address, left: transfer.operation.bytes - transfer.offset,
            burst: transfer.operation.burst)
        if !mayRead { bytes = min(bytes, held) }
        guard bytes > 0, bytes <= held,
            let data = copy.arrivals.first(where: { $0.end >= transfer.offset + bytes })
        else { return nil }
        return ReferenceBurst(
            tick: max(
                max(devices[device].nextBurst, transfer.earliest), copy.last, data.tick,
                open(device, true)),
            isWrite: true, address: address, bytes: bytes)
    }

    /// What counts against the FIFO: of a controller, what all its copies hold.
    private func held(_ transfer: ReferenceTransfer, _ device: Int) -> UInt64 {
        let channels =
            devices[device].controller.map { number in
                devices.indices.filter { devices[$0].controller == number }
            } ?? [device]
        return channels.reduce(0) { sum, channel in
            guard let transfer = devices[channel].transfers.first, let copy = transfer.copy
            else { return sum }
            return sum + copy.asked - transfer.offset
        }
    }

    private func fifo(_ device: Int) -> UInt64 {
        if let controller = devices[device].controller {
            return UInt64(controllers[controller].engine.fifoBytes)
        }
        return 2 * max(devices[device].reading.longest, devices[device].writing.longest)
    }

    /// Notes a burst of a copy that has been sent.
    mutating func goOn(
        with transfer: inout ReferenceTransfer, _ burst: ReferenceBurst,
        _ sent: (interval: UInt64, end: UInt64), _ device: Int
    ) {
        transfer.copy?.last = burst.tick
        if burst.isWrite {
            devices[device].nextBurst = burst.tick + sent.interval
            transfer.end = max(transfer.end, sent.end)
            transfer.offset += burst.bytes
        } else {
            transfer.copy?.nextRead = burst.tick + sent.interval
            transfer.copy?.asked += burst.bytes
            let before = transfer.copy?.arrivals.last?.tick ?? 0
            let asked = transfer.copy?.asked ?? 0
            transfer.copy?.arrivals.append((asked, max(before, sent.end)))
        }
        if transfer.offset >= transfer.operation.bytes {
            finishPass(device, transfer, done: transfer.end)
        } else {
            devices[device].transfers[0] = transfer
        }
    }
}
