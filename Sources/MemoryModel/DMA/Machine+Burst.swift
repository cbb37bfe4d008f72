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
        guard let due = device.due else { return nil }
        let port = ports[device.portIndex]
        switch device.current?.kind {
        case .read, .descriptorFetch: return max(due, port.readFree)
        case .write: return max(due, port.writeFree)
        default: return due
        }
    }

    /// Moves the next burst of a device.
    mutating func moveBurst(_ index: Int, at tick: UInt64) {
        guard var transfer = devices[index].current else { return }
        let device = devices[index]
        let running = record
        record = transfer.record
        defer { record = running }
        if !transfer.hasStarted {
            transfer.hasStarted = true
            emit(
                .deviceStart, at: tick, agent: device.agent,
                other: device.doorbell == nil ? 0 : 1, record: transfer.record)
        }
        let bytes = device.burstBytes(transfer)
        let isWrite = transfer.kind == .write
        var delay: UInt64 = 0
        if bytes > 0 {
            delay = moveBytes(transfer, bytes, isWrite, device, at: tick)
            let channel = ports[device.portIndex]
            assert(
                tick >= (isWrite ? channel.writeFree : channel.readFree), "a port above its peak")
            let end = tick + device.occupancy(bytes)
            if isWrite {
                ports[device.portIndex].writeFree = end
                delay -= min(delay, memory.occupancy(UInt64(device.port.fifoBytes ?? 0)))
            } else {
                ports[device.portIndex].readFree = end
            }
        }
        let port = device.port
        let latency =
            (isWrite ? port.writeLatency : port.readLatency).rawValue
            + (device.snoops ? port.snoopLatency.rawValue : 0)
        let interval = device.interval(bytes, latency: latency)
        devices[index].nextBurst = tick + device.interval(bytes, latency: latency + delay)
        let end = transfer.kind == .interrupt ? tick : tick + interval + delay + latency
        transfer.end = max(transfer.end, end)
        transfer.address &+= bytes
        transfer.remaining -= bytes
        if transfer.remaining == 0 {
            let done = transfer.end
            let (goesOn, endsCycle) = transfer.advance()
            if goesOn {
                if endsCycle { endCycle(transfer, device, at: done) }
                devices[index].transfers[devices[index].finished] = transfer
            } else {
                devices[index].finishCurrent(at: done)
                emit(.deviceDone, at: done, agent: device.agent, record: transfer.record)
            }
        } else {
            devices[index].transfers[devices[index].finished] = transfer
        }
    }

    /// A cyclic transfer has been through its buffer: the device says so, and begins again.
    private mutating func endCycle(_ transfer: Transfer, _ device: DeviceState, at tick: UInt64) {
        emit(.deviceDone, at: tick, agent: device.agent, record: transfer.record)
        emit(
            .deviceStart, at: tick, agent: device.agent, other: device.doorbell == nil ? 0 : 1,
            record: transfer.record)
    }

    /// Reads or writes the bytes of one burst.
    ///
    /// - Returns: how long the burst waits for memory, in ticks.
    private mutating func moveBytes(
        _ transfer: Transfer, _ bytes: UInt64, _ isWrite: Bool, _ device: DeviceState,
        at tick: UInt64
    ) -> UInt64 {
        let kind: Event.Kind = isWrite ? .deviceWrite : .deviceRead
        if isWrite { clearMonitors(transfer.address, bytes, besides: nil) }
        let reaches = device.snoops && (hasLevel1Data || hasLevel2 || hasLevel3)
        guard reaches || hasLevel3 && isLevel3MemorySide else {
            emit(
                kind, at: tick, agent: device.agent, address: transfer.address, size: bytes,
                record: transfer.record)
            return traffic(transfer, transfer.address, bytes, isWrite, device, at: tick)
        }
        var delay: UInt64 = 0
        var address = transfer.address
        var left = bytes
        let lineSize = UInt64(
            hasLevel1Data ? level1Data.lineSize : hasLevel2 ? level2.lineSize : level3.lineSize)
        while left > 0 {
            let piece = min(left, lineSize - (address & (lineSize - 1)))
            var place = Place.memory
            if reaches {
                place =
                    isWrite
                    ? snoopForWrite(address, piece, device, at: tick)
                    : snoopForRead(address, at: tick)
            }
            if place == .memory {
                place =
                    isWrite
                    ? uncachedTarget(address, piece, device.agent, at: tick)
                    : uncachedSource(address, piece, device.agent, at: tick)
            }
            emit(
                kind, at: tick, agent: device.agent, place: place, address: address, size: piece,
                record: transfer.record)
            if place == .memory {
                delay += traffic(transfer, address, piece, isWrite, device, at: tick)
            }
            address &+= piece
            left -= piece
        }
        return delay
    }

    private mutating func traffic(
        _ transfer: Transfer, _ address: UInt64, _ bytes: UInt64, _ isWrite: Bool,
        _ device: DeviceState, at tick: UInt64
    ) -> UInt64 {
        emit(
            .memoryTraffic, at: tick, agent: device.agent, other: isWrite ? 1 : 0,
            address: address, size: bytes, record: transfer.record)
        return memory.occupy(
            address, bytes, isWrite: isWrite, at: tick,
            port: ports[device.portIndex].controllerPort)
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
        _ address: UInt64, _ size: UInt64, _ device: DeviceState, at tick: UInt64
    ) -> Place {
        takeFromCores(address, size, at: tick)
        if hasLevel2, !hasPrivateLevel2 {
            let line = level2.line(of: address)
            var index = level2.peek(line, 0)
            if index < 0, device.port.allocates, size == UInt64(level2.lineSize) {
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
                if left >= 0 { level1Data.remove(at: left) }
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
            level2.remove(at: below)
            emit(
                .invalidate, at: tick, agent: .core(core), place: .level2(core),
                address: outer << level2.lineShift, size: UInt64(level2.lineSize),
                detail: MoveReason.snoop.rawValue, record: record)
        }
    }
}
