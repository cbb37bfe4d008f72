import Operations
import Quantities

// A copy from memory to memory has two sides with bursts of their own, and a FIFO between them. Reads run ahead as
// far as the FIFO has room for all that was asked for; a write waits until its last byte has come, and is shorter
// than its burst only where the FIFO has no room for the rest.
// Channels of one controller share its FIFO; another device has one of two of its longest bursts.

extension Machine where P: ~Copyable {
    /// Bytes of the FIFO of a device's copies.
    func fifoBytes(of device: DeviceState) -> UInt64 {
        ports[device.writing.portIndex].engine?.fifoBytes
            ?? 2 * max(device.reading.longestBurst, device.writing.longestBurst)
    }

    /// Bytes of that FIFO that are taken, by the copy at work or by all channels of the controller.
    private func fifoUsed(by copy: CopyState, _ device: DeviceState) -> UInt64 {
        ports[device.writing.portIndex].engine?.fifoUsed ?? copy.held
    }

    /// When a copy's next burst happens and whether it is a read; nil: it waits for room that another channel holds.
    ///
    /// At one tick the write goes first: it makes room.
    func copyDue(
        _ device: DeviceState, _ transfer: Transfer, _ copy: CopyState
    ) -> (at: UInt64, isRead: Bool)? {
        // What makes way for a burst, or takes the room for another, happens before it.
        let earliest = max(transfer.earliest, copy.lastBurst)
        var write: UInt64?
        let bytes = writeBytes(transfer, copy, device)
        if bytes > 0, let arrival = copy.arrival(ofNext: bytes) {
            write = max(
                max(device.nextBurst, earliest),
                max(arrival, ports[device.writing.portIndex].free(isWrite: true)))
        }
        guard canRead(transfer, copy, device) else { return write.map { ($0, false) } }
        // The first read comes after what the device did before, as a write would.
        let read = max(
            max(transfer.hasStarted ? copy.nextRead : device.nextBurst, earliest),
            ports[device.reading.portIndex].free(isWrite: false))
        if let write, write <= read { return (write, false) }
        return (read, true)
    }

    /// How many bytes the next write of a copy has: a burst, or what there is if no more can come before it.
    func writeBytes(_ transfer: Transfer, _ copy: CopyState, _ device: DeviceState) -> UInt64 {
        let burst = device.burstBytes(transfer)
        return canRead(transfer, copy, device) ? burst : min(burst, copy.held)
    }

    private func canRead(_ transfer: Transfer, _ copy: CopyState, _ device: DeviceState) -> Bool {
        guard copy.left > 0 else { return false }
        let bytes = device.readBytes(copy, burst: transfer.burst)
        return fifoUsed(by: copy, device) + bytes <= copy.fifoBytes
    }

    /// Sends the next read burst of a copy.
    mutating func readAhead(_ transfer: inout Transfer, _ device: DeviceState, at tick: UInt64) {
        guard var copy = transfer.copy else { return }
        let bytes = device.readBytes(copy, burst: transfer.burst)
        let burst = send(bytes, at: copy.address, isWrite: false, device, at: tick)
        copy.nextRead = burst.next
        copy.read(bytes, at: tick, comingAt: burst.end)
        ports[device.writing.portIndex].engine?.fifoUsed += bytes
        transfer.copy = copy
    }

    /// Gives the room of a written burst back.
    mutating func release(
        _ bytes: UInt64, of transfer: inout Transfer, _ device: DeviceState, at tick: UInt64
    ) {
        transfer.copy?.write(bytes, at: tick)
        ports[device.writing.portIndex].engine?.fifoUsed -= bytes
    }
}
