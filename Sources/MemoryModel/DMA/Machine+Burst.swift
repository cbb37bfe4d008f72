import Events
import Operations
import Quantities

// One burst of a device. One that does not snoop goes to memory, or to a third level in front of it. One that snoops
// goes line by line: a read takes the youngest copy and changes nothing; a write takes the lines out of every L1D,
// dirty bytes written down first unless it overwrites all of them, and goes to the shared second level or the third
// level where one holds the line, or where the port allocates; else to memory.

extension Machine where P: ~Copyable {
    /// When a device's next burst happens; nil: none.
    @inline(__always)
    func due(_ device: DeviceState) -> UInt64? {
        guard let transfer = device.current else { return nil }
        if let copy = transfer.copy { return copyDue(device, transfer, copy)?.at }
        let due = max(device.nextBurst, transfer.earliest)
        switch transfer.kind {
        case .read, .descriptorFetch:
            return max(due, ports[device.reading.portIndex].free(isWrite: false))
        case .write: return max(due, ports[device.writing.portIndex].free(isWrite: true))
        case .interrupt: return due
        }
    }

    /// Moves the next burst of a device.
    mutating func moveBurst(_ index: Int, at tick: UInt64) {
        guard var transfer = devices[index].current else { return }
        let device = devices[index]
        let running = record
        record = transfer.record
        defer { record = running }
        if !transfer.hasStarted { start(&transfer, device, at: tick) }
        ports[device.writing.portIndex].engine?.lastServed = index
        let port = device.writing.portIndex
        let servedAt = max(ports[port].engine?.servedAt ?? 0, tick)
        ports[port].engine?.servedAt = servedAt
        if let copy = transfer.copy, copyDue(device, transfer, copy)?.isRead == true {
            readAhead(&transfer, device, at: tick)
            devices[index].transfers[device.finished] = transfer
            return
        }
        let bytes =
            transfer.copy.map { writeBytes(transfer, $0, device) } ?? device.burstBytes(transfer)
        if let descriptorBytes, transfer.kind == .write {
            descriptorBytes.beginBurst(
                transfer.value, bytes: transfer.shape.rowBytes,
                from: transfer.address &- transfer.shape.row)
        }
        let burst = send(
            bytes, at: transfer.address, isWrite: transfer.kind == .write, device, at: tick)
        devices[index].nextBurst = burst.next
        transfer.end = max(transfer.end, transfer.kind == .interrupt ? tick : burst.end)
        if transfer.copy != nil { release(bytes, of: &transfer, device, at: tick) }
        transfer.address &+= bytes
        transfer.remaining -= bytes
        devices[index].transfers[device.finished] = transfer
        if transfer.remaining == 0 { endRow(transfer, index) }
    }

    private mutating func start(
        _ transfer: inout Transfer, _ device: DeviceState, at tick: UInt64
    ) {
        transfer.hasStarted = true
        let isDescriptor = transfer.chain != nil
        emit(
            .deviceStart, at: tick, agent: device.agent, other: device.doorbell == nil ? 0 : 1,
            address: isDescriptor ? transfer.address : 0,
            size: isDescriptor ? transfer.remaining : 0, record: transfer.record)
        if isDescriptor, let descriptorBytes {
            descriptorBytes.beginFetch(device.agent, transfer.address, transfer.remaining)
        }
    }

    /// A row is through: the next row or cycle comes, or the transfer is over.
    private mutating func endRow(_ transfer: Transfer, _ index: Int) {
        var transfer = transfer
        let done = transfer.end
        let (goesOn, endsCycle) = transfer.advance()
        if goesOn {
            if endsCycle { endCycle(transfer, devices[index], at: done) }
            devices[index].transfers[devices[index].finished] = transfer
            return
        }
        if transfer.chain != nil { followChain(index, at: done) }
        devices[index].finishCurrent(at: done)
        emit(.deviceDone, at: done, agent: devices[index].agent, record: transfer.record)
    }

    /// A cyclic transfer has been through its buffer: the device says so, and begins again.
    private mutating func endCycle(_ transfer: Transfer, _ device: DeviceState, at tick: UInt64) {
        emit(.deviceDone, at: tick, agent: device.agent, record: transfer.record)
        emit(
            .deviceStart, at: tick, agent: device.agent, other: device.doorbell == nil ? 0 : 1,
            record: transfer.record)
    }

    /// Sends one burst, or with 0 bytes lets its time pass.
    ///
    /// - Returns: when the next one of that side may be sent, and when this one is complete.
    mutating func send(
        _ bytes: UInt64, at address: UInt64, isWrite: Bool, _ device: DeviceState, at tick: UInt64
    ) -> (next: UInt64, end: UInt64) {
        let side = device.side(isWrite: isWrite)
        var delay: UInt64 = 0
        if bytes > 0 {
            delay = moveBytes(address, bytes, isWrite, device.agent, side, at: tick)
            assert(
                tick >= ports[side.portIndex].free(isWrite: isWrite), "a port above its peak")
            let end = tick + side.occupancy(bytes)
            if isWrite {
                ports[side.portIndex].writeFree = end
                delay -= min(delay, memory.writeOccupancy(UInt64(side.port.fifoBytes ?? 0)))
            } else {
                ports[side.portIndex].readFree = end
            }
        }
        let latency =
            (isWrite ? side.port.writeLatency : side.port.readLatency).rawValue
            + (side.snoops ? side.port.snoopLatency.rawValue : 0)
        let end = tick + side.interval(bytes, latency: latency) + delay + latency
        if bytes > 0 {
            if isWrite {
                ports[side.portIndex].engine?.writes.take(at: tick, until: end)
            } else {
                ports[side.portIndex].engine?.reads.take(at: tick, until: end)
            }
        }
        return (tick + side.interval(bytes, latency: latency + delay), end)
    }

    /// Reads or writes the bytes of one burst.
    ///
    /// - Returns: how long the burst waits for memory, in ticks.
    private mutating func moveBytes(
        _ start: UInt64, _ bytes: UInt64, _ isWrite: Bool, _ agent: Agent, _ side: DeviceSide,
        at tick: UInt64
    ) -> UInt64 {
        let kind: Event.Kind = isWrite ? .deviceWrite : .deviceRead
        if isWrite { clearMonitors(start, bytes, besides: nil) }
        let reaches = side.snoops && (hasLevel1Data || hasLevel2 || hasLevel3)
        guard reaches || hasLevel3 && isLevel3MemorySide else {
            emit(kind, at: tick, agent: agent, address: start, size: bytes, record: record)
            return traffic(start, bytes, isWrite, agent, side, at: tick)
        }
        var delay: UInt64 = 0
        var address = start
        var left = bytes
        let lineSize = UInt64(
            hasLevel1Data ? level1Data.lineSize : hasLevel2 ? level2.lineSize : level3.lineSize)
        while left > 0 {
            let piece = min(left, lineSize - (address & (lineSize - 1)))
            var place = Place.memory
            if reaches {
                place =
                    isWrite
                    ? snoopForWrite(address, piece, side, at: tick)
                    : snoopForRead(address, at: tick)
            }
            if place == .memory {
                place =
                    isWrite
                    ? uncachedTarget(address, piece, agent, at: tick)
                    : uncachedSource(address, piece, agent, at: tick)
            }
            emit(
                kind, at: tick, agent: agent, place: place, address: address, size: piece,
                record: record)
            if place == .memory {
                delay += traffic(address, piece, isWrite, agent, side, at: tick)
            }
            address &+= piece
            left -= piece
        }
        return delay
    }

    private mutating func traffic(
        _ address: UInt64, _ bytes: UInt64, _ isWrite: Bool, _ agent: Agent, _ side: DeviceSide,
        at tick: UInt64
    ) -> UInt64 {
        emit(
            .memoryTraffic, at: tick, agent: agent, other: isWrite ? 1 : 0, address: address,
            size: bytes, detail: memory.isOnChip(address) ? 1 : 0, record: record)
        return memory.occupy(
            address, bytes, isWrite: isWrite, at: tick,
            port: ports[side.portIndex].controllerPort)
    }

    private mutating func snoopForRead(_ address: UInt64, at tick: UInt64) -> Place {
        if hasLevel1Data {
            let line = level1Data.line(of: address)
            // Of several copies one may be older: none, but an owned line's sharers have the same bytes.
            for core in 0..<cores.count
            where isReached(core) && level1Data.peek(line, core) >= 0 {
                return .level1Data(core)
            }
        }
        let line = level2.line(of: address)
        for core in hasPrivateLevel2 ? 0..<cores.count : 0..<1
        where hasLevel2 && (!hasPrivateLevel2 || isReached(core)) {
            if level2.peek(line, level2Copy(core)) >= 0 { return level2Place(core) }
        }
        let isBelow =
            hasLevel3 && !isLevel3MemorySide && level3.peek(level3.line(of: address), 0) >= 0
        return isBelow ? .level3 : .memory
    }

    @inline(__always)
    private func isReached(_ core: Int) -> Bool { cores[core].isActive && cores[core].isCoherent }

    private mutating func snoopForWrite(
        _ address: UInt64, _ size: UInt64, _ side: DeviceSide, at tick: UInt64
    ) -> Place {
        takeFromCores(address, size, at: tick)
        if hasLevel2, !hasPrivateLevel2 {
            let line = level2.line(of: address)
            var index = level2.peek(line, 0)
            if index < 0, side.port.allocates, size == UInt64(level2.lineSize) {
                let (place, victim) = level2.insert(line, 0, state: 0)
                index = place
                if victim != 0 { evictFromLevel2(victim, 0, at: tick, reason: .replacement) }
            }
            if index >= 0 {
                level2.entries[index] |= level2.dirtyBits(address, size)
                return level2Place(0)
            }
        }
        guard hasLevel3, !isLevel3MemorySide else { return .memory }
        let index = level3.peek(level3.line(of: address), 0)
        guard index >= 0 else { return .memory }
        level3.entries[index] |= level3.dirtyBits(address, size)
        return .level3
    }

    /// Takes the line of a device's write out of every core's own caches.
    private mutating func takeFromCores(_ address: UInt64, _ size: UInt64, at tick: UInt64) {
        let line = level1Data.line(of: address)
        let isWhole = size == UInt64(level1Data.lineSize)
        for core in 0..<cores.count where isReached(core) {
            let index = hasLevel1Data ? level1Data.peek(line, core) : -1
            if index >= 0 {
                if !isWhole { cleanLevel1(line, core, at: tick, reason: .snoop) }
                let left = level1Data.peek(line, core)
                if left >= 0 { level1Data.remove(at: left, core) }
                emit(
                    .invalidate, at: tick, agent: .core(core), place: .level1Data(core),
                    address: line << level1Data.lineShift, size: UInt64(level1Data.lineSize),
                    detail: MoveReason.snoop.rawValue, record: record)
            }
            guard hasPrivateLevel2 else { continue }
            let outer = level2.line(of: address)
            let below = level2.peek(outer, core)
            guard below >= 0 else { continue }
            if level2.entries[below] & CacheBank.dirty != 0,
                !isWhole || size < UInt64(level2.lineSize)
            {
                writeBackFromLevel2(level2.entries[below], core, at: tick, reason: .snoop)
            }
            level2.remove(at: below, core)
            emit(
                .invalidate, at: tick, agent: .core(core), place: .level2(core),
                address: outer << level2.lineShift, size: UInt64(level2.lineSize),
                detail: MoveReason.snoop.rawValue, record: record)
        }
    }
}
