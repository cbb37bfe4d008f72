import Events
import MemoryModel
import Operations
import Quantities

// Section 10: devices.

extension ReferenceMachine {
    mutating func ring(_ device: Int, _ core: Int) {
        issue(core)
        tell(
            .doorbell, at: cores[core].now, .core(core), .memory,
            other: Agent.device(device).rawValue)
        devices[device].doorbell =
            cores[core].now + configuration.memory.writeResponse.rawValue
        spend(core, period, .device)
    }

    mutating func wait(for device: Int, _ core: Int) {
        issue(core)
        let wasBusy = !devices[device].transfers.isEmpty
        runToEnd(device)
        if wasBusy || devices[device].end > cores[core].now {
            wait(core, until: devices[device].end, .wait)
            spend(core, ticks(configuration.software.interruptCycles), .wait)
        }
        happen(upTo: cores[core].now)
        tell(
            .completionObserved, at: cores[core].now, .core(core), .memory,
            other: Agent.device(device).rawValue)
    }

    /// What is due happens until a device has nothing left to do.
    mutating func runToEnd(_ device: Int) {
        while !devices[device].transfers.isEmpty, let due = nextDue() { happen(due) }
    }

    mutating func perform(_ operation: DeviceOperation, device: Int) {
        let virtual = operation.start.address.rawValue
        let mapping = map.mapping(of: virtual)
        var transfer = ReferenceTransfer(
            operation: operation, start: mapping.physical &+ (virtual - mapping.start),
            record: record, earliest: 0, followsDoorbell: false)
        let startLatency = devices[device].port.startLatency.rawValue
        if let doorbell = devices[device].doorbell {
            transfer.followsDoorbell = true
            transfer.earliest = max(doorbell + startLatency, lastIssue)
            devices[device].transfers.append(transfer)
        } else {
            transfer.earliest = lastIssueEnd + startLatency
            devices[device].transfers.append(transfer)
            runToEnd(device)
            lastIssue = max(lastIssue, devices[device].end)
        }
    }

    /// When a device's next burst is due.
    func nextBurst(_ device: Int) -> UInt64? {
        guard let transfer = devices[device].transfers.first else { return nil }
        let tick = max(devices[device].nextBurst, transfer.earliest)
        switch transfer.operation.kind {
        case .read, .descriptorFetch: return max(tick, readChannels[devices[device].portIndex])
        case .write: return max(tick, writeChannels[devices[device].portIndex])
        case .interrupt: return tick
        }
    }

    /// How many bytes the next burst of a transfer has.
    private func burstBytes(
        _ transfer: ReferenceTransfer, _ port: PortConfiguration, _ address: UInt64
    ) -> UInt64 {
        let most = UInt64(port.burstBeats * port.widthBytes)
        let burst = min(transfer.operation.burst.map(UInt64.init) ?? most, most)
        let bytes = min(transfer.operation.bytes - transfer.offset, burst - address % burst)
        let sizes = port.sizes.map(UInt64.init)
        guard let least = sizes.first else { return bytes }
        return sizes.last { $0 <= bytes && address % $0 == 0 }
            ?? min(bytes, least - address % least)
    }

    /// One burst.
    mutating func burst(_ device: Int, at tick: UInt64) {
        guard var transfer = devices[device].transfers.first else { return }
        let current = record
        record = transfer.record
        defer { record = current }
        let agent = Agent.device(device)
        if !transfer.hasStarted {
            tell(
                .deviceStart, at: tick, agent, .memory, other: transfer.followsDoorbell ? 1 : 0)
            transfer.hasStarted = true
        }
        if transfer.operation.kind == .interrupt {
            let port = devices[device].port
            let latency =
                port.readLatency.rawValue
                + (devices[device].snoops ? port.snoopLatency.rawValue : 0)
            devices[device].nextBurst = tick + latency / UInt64(port.outstanding)
            finishPass(device, transfer, done: tick)
            return
        }
        let isWrite = transfer.operation.kind == .write
        let port = devices[device].port
        let address =
            transfer.start + UInt64(transfer.row) * transfer.operation.pitch + transfer.offset
        let bytes = burstBytes(transfer, port, address)
        let beats = (bytes + UInt64(port.widthBytes) - 1) / UInt64(port.widthBytes)
        let occupancy = beats * port.clock.period.rawValue
        if isWrite {
            writeChannels[devices[device].portIndex] = tick + occupancy
        } else {
            readChannels[devices[device].portIndex] = tick + occupancy
        }
        var delay: UInt64 = 0
        if bytes > 0 { delay = move(device, address, bytes, isWrite: isWrite, at: tick) }
        if isWrite {
            let ahead = memory.pinTime(UInt64(port.fifoBytes ?? 0))
            delay = delay > ahead ? delay - ahead : 0
        }
        let latency =
            (isWrite ? port.writeLatency : port.readLatency).rawValue
            + (devices[device].snoops ? port.snoopLatency.rawValue : 0)
        let next = tick + max(occupancy, latency / UInt64(port.outstanding)) + delay
        devices[device].nextBurst =
            tick + max(occupancy, (latency + delay) / UInt64(port.outstanding))
        transfer.end = max(transfer.end, next + latency)
        transfer.offset += bytes
        if transfer.offset >= transfer.operation.bytes {
            transfer.offset = 0
            transfer.row += 1
        }
        if transfer.row >= transfer.operation.rows {
            finishPass(device, transfer, done: transfer.end)
        } else {
            devices[device].transfers[0] = transfer
        }
    }

    /// A transfer has come to its end, or to the end of a cycle.
    private mutating func finishPass(_ device: Int, _ transfer: ReferenceTransfer, done: UInt64) {
        var transfer = transfer
        tell(.deviceDone, at: done, .device(device))
        devices[device].end = max(devices[device].end, done)
        transfer.row = 0
        transfer.cycle += 1
        if transfer.cycle >= transfer.operation.cycles {
            devices[device].transfers.removeFirst()
        } else {
            tell(
                .deviceStart, at: done, .device(device), .memory,
                other: transfer.followsDoorbell ? 1 : 0)
            devices[device].transfers[0] = transfer
        }
    }
}
