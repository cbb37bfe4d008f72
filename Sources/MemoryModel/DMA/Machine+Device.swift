import Events
import Operations
import Quantities

// A transfer moves burst by burst: a burst reads or writes at its own tick, `interval` after the one before, and
// waits its turn at memory's pins. A transfer that follows a doorbell starts when the doorbell has arrived and
// no earlier than its place in the trace; cores go on meanwhile. Without any doorbell it happens in trace order:
// the statements after it start when it is complete.
//
// A port that snoops looks into every core's L1D and the second level: reads take the youngest copy; writes
// clean and invalidate L1 and go to the second level where it holds the line, else to memory. A port that does
// not snoop sees memory alone, and neither caches nor buffers.

extension Machine where P: ~Copyable {
    /// Puts a device on a port.
    ///
    /// - Precondition: devices are attached in the order of their numbers.
    public mutating func attach(_ agent: Agent, to port: PortConfiguration) {
        precondition(!agent.isCore && agent.index == devices.count, "devices come in order")
        devices.append(DeviceState(agent: agent, port: port))
    }

    /// A store to a device's doorbell: posted, in order with other Device stores, past buffered Normal stores.
    mutating func ring(_ device: Agent, by core: Int) {
        let now = cores[core].now
        emit(.doorbell, at: now, agent: .core(core), other: device.rawValue, record: record)
        devices[device.index].doorbell = now + costs.writeResponse
        spend(core, period, on: .device)
    }

    /// Waits until the device has nothing left to do, and takes its interrupt.
    mutating func wait(for device: Agent, by core: Int) {
        // A device that reads what this core has buffered may read it before it drains, so time must pass in order.
        let isBusy = !devices[device.index].isIdle
        let done = runUntilIdle(device: device.index)
        if isBusy || done > cores[core].now {
            wait(core, until: done, on: .wait)
            spend(core, costs.interrupt, on: .wait)
        }
        catchUp(to: cores[core].now)
        emit(
            .completionObserved, at: cores[core].now, agent: .core(core), other: device.rawValue,
            record: record)
    }

    /// Takes a statement of a device.
    mutating func performDevice(_ operation: DeviceOperation, _ agent: Agent) {
        let index = agent.index
        let port = devices[index].port
        translate(operation.start.address.rawValue)
        let physical = operation.start.address.rawValue &+ mapDelta
        let most = UInt64(port.burstBeats * port.widthBytes)
        let begin = (devices[index].doorbell ?? 0) + port.startLatency.rawValue
        let isOrderedByTrace = devices[index].doorbell == nil
        let earliest =
            isOrderedByTrace ? lastIssueEnd + port.startLatency.rawValue : max(begin, lastIssue)
        devices[index].transfers.append(
            Transfer(
                kind: operation.kind, address: physical, remaining: operation.bytes,
                burst: min(operation.burst.map(UInt64.init) ?? most, most), record: record,
                earliest: earliest))
        if isOrderedByTrace {
            lastIssue = max(lastIssue, runUntilIdle(device: index))
        } else {
            refreshDue()
        }
    }

    /// When what was issued last is over: the latest time of a core at work.
    var lastIssueEnd: UInt64 {
        var latest = lastIssue
        for core in 0..<cores.count where cores[core].isActive {
            latest = max(latest, cores[core].now)
        }
        return latest
    }

    /// Moves the next burst of a device.
    mutating func moveBurst(_ index: Int, at tick: UInt64) {
        let agent = devices[index].agent
        let port = devices[index].port
        guard var transfer = devices[index].current else { return }
        if !transfer.hasStarted {
            transfer.hasStarted = true
            emit(
                .deviceStart, at: tick, agent: agent, other: devices[index].doorbell == nil ? 0 : 1,
                record: transfer.record)
        }
        let boundary = transfer.burst - transfer.address % max(transfer.burst, 1)
        let bytes = min(transfer.remaining, max(boundary, 1))
        let isWrite = transfer.kind == .write
        var delay: UInt64 = 0
        if bytes > 0 {
            delay = moveBytes(transfer, bytes, isWrite, by: agent, at: tick, snoops: port.snoops)
        }
        let latency = isWrite ? port.writeLatency : port.readLatency
        let interval = devices[index].interval(bytes, latency: latency)
        devices[index].nextBurst = tick + interval + delay
        transfer.address &+= bytes
        transfer.remaining -= bytes
        devices[index].transfers[devices[index].finished] = transfer
        if transfer.remaining == 0 {
            let done =
                transfer.kind == .interrupt ? tick : tick + interval + delay + latency.rawValue
            devices[index].finishCurrent(at: done)
            emit(.deviceDone, at: done, agent: agent, record: transfer.record)
        }
    }

    /// Reads or writes the bytes of one burst.
    ///
    /// - Returns: how long the burst waits for memory's pins, in ticks.
    private mutating func moveBytes(
        _ transfer: Transfer, _ bytes: UInt64, _ isWrite: Bool, by agent: Agent, at tick: UInt64,
        snoops: Bool
    ) -> UInt64 {
        let kind: Event.Kind = isWrite ? .deviceWrite : .deviceRead
        guard snoops, hasLevel1Data || hasLevel2 else {
            emit(
                kind, at: tick, agent: agent, address: transfer.address, size: bytes,
                record: transfer.record)
            return traffic(transfer.address, bytes, isWrite, by: agent, at: tick, transfer.record)
        }
        var delay: UInt64 = 0
        var address = transfer.address
        var left = bytes
        let lineSize = UInt64(hasLevel1Data ? level1Data.lineSize : level2.lineSize)
        while left > 0 {
            let piece = min(left, lineSize - (address & (lineSize - 1)))
            let place =
                isWrite
                ? snoopForWrite(address, isWholeLine: piece == lineSize, at: tick)
                : snoopForRead(address, at: tick)
            emit(
                kind, at: tick, agent: agent, place: place, address: address, size: piece,
                record: transfer.record)
            if place == .memory {
                delay += traffic(address, piece, isWrite, by: agent, at: tick, transfer.record)
            }
            address &+= piece
            left -= piece
        }
        return delay
    }

    private mutating func traffic(
        _ address: UInt64, _ bytes: UInt64, _ isWrite: Bool, by agent: Agent, at tick: UInt64,
        _ record: UInt32
    ) -> UInt64 {
        emit(
            .memoryTraffic, at: tick, agent: agent, other: isWrite ? 1 : 0, address: address,
            size: bytes, record: record)
        return memory.occupy(bytes, at: tick)
    }

    private mutating func snoopForRead(_ address: UInt64, at tick: UInt64) -> Place {
        if hasLevel1Data {
            let line = level1Data.line(of: address)
            for core in 0..<cores.count
            where cores[core].isActive && level1Data.peek(line, core) >= 0 {
                return .level1Data(core)
            }
        }
        return hasLevel2 && level2.peek(level2.line(of: address), 0) >= 0 ? level2Place : .memory
    }

    private mutating func snoopForWrite(_ address: UInt64, isWholeLine: Bool, at tick: UInt64)
        -> Place
    {
        if hasLevel1Data {
            let line = level1Data.line(of: address)
            for core in 0..<cores.count where cores[core].isActive {
                let index = level1Data.peek(line, core)
                guard index >= 0 else { continue }
                if level1Data.entries[index] & CacheBank.dirty != 0, !isWholeLine {
                    writeBackFromLevel1(line, core, at: tick, reason: .snoop)
                }
                level1Data.remove(at: index)
                emit(
                    .invalidate, at: tick, agent: .core(core), place: .level1Data(core),
                    address: line << level1Data.lineShift, size: UInt64(level1Data.lineSize),
                    detail: MoveReason.snoop.rawValue, record: record)
            }
        }
        guard hasLevel2 else { return .memory }
        let index = level2.peek(level2.line(of: address), 0)
        guard index >= 0 else { return .memory }
        level2.entries[index] |= CacheBank.dirty
        return level2Place
    }
}
