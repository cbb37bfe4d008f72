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
        func physical(_ operand: Operand) -> UInt64 {
            let virtual = operand.address.rawValue
            let mapping = map.mapping(of: virtual)
            return mapping.physical &+ (virtual - mapping.start)
        }
        var transfer = ReferenceTransfer(
            operation: operation, start: physical(operation.start),
            record: record, earliest: 0, followsDoorbell: false)
        transfer.copy = operation.source.map { ReferenceCopy(source: physical($0)) }
        if let layout = layouts[operation.layout] {
            transfer.operation.bytes = UInt64(layout.size)
            transfer.chain = ReferenceChain(
                layout: layout, first: transfer.start,
                limit: operation.limit ?? DescriptorLayout.usualLimit)
        }
        let startLatency = devices[device].writing.port.startLatency.rawValue
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

    /// A device's next burst and when it is due.
    func nextBurst(_ device: Int) -> ReferenceBurst? {
        guard let transfer = devices[device].transfers.first else { return nil }
        let tick = max(devices[device].nextBurst, transfer.earliest)
        switch transfer.operation.kind {
        case .interrupt:
            return ReferenceBurst(tick: tick, isWrite: false, address: 0, bytes: 0)
        case .write where transfer.copy != nil: return nextOfCopy(transfer, device)
        default:
            let isWrite = transfer.operation.kind == .write
            let address =
                transfer.start + UInt64(transfer.row) * transfer.operation.pitch
                + transfer.offset
            let bytes = side(device, isWrite).cut(
                address, left: transfer.operation.bytes - transfer.offset,
                burst: transfer.operation.burst)
            return ReferenceBurst(
                tick: max(tick, open(device, isWrite)), isWrite: isWrite, address: address,
                bytes: bytes)
        }
    }

    /// When a device's channel, and its controller, take the next burst.
    func open(_ device: Int, _ isWrite: Bool) -> UInt64 {
        let side = side(device, isWrite)
        let channel = isWrite ? writeChannels[side.index] : readChannels[side.index]
        guard let number = side.controller else { return channel }
        let controller = controllers[number]
        let ends = isWrite ? controller.writeEnds : controller.readEnds
        let most = isWrite ? controller.engine.writeIssuing : controller.engine.readIssuing
        let place = ends.count < most ? 0 : ends.sorted(by: >)[most - 1]
        return max(channel, controller.last, place)
    }

    /// The device that is due first.
    func nextDevice() -> (tick: UInt64, device: Int)? {
        var best: (tick: UInt64, device: Int)?
        for device in devices.indices {
            guard let tick = nextBurst(device)?.tick else { continue }
            guard let old = best else {
                best = (tick, device)
                continue
            }
            if tick < old.tick || tick == old.tick && comes(device, before: old.device) {
                best = (tick, device)
            }
        }
        return best
    }

    /// Whether a channel is served before another one of its controller.
    private func comes(_ device: Int, before other: Int) -> Bool {
        guard let number = devices[device].controller, devices[other].controller == number,
            let served = controllers[number].served
        else { return false }
        func turn(_ device: Int) -> Int { (device - served - 1 + devices.count) % devices.count }
        return turn(device) < turn(other)
    }

    /// One burst.
    mutating func burst(_ device: Int) {
        guard var transfer = devices[device].transfers.first, let burst = nextBurst(device)
        else { return }
        let current = record
        record = transfer.record
        defer { record = current }
        start(&transfer, device, at: burst.tick)
        if let controller = devices[device].controller {
            controllers[controller].last = max(controllers[controller].last, burst.tick)
            controllers[controller].served = device
        }
        if transfer.operation.kind == .interrupt {
            let side = devices[device].reading
            devices[device].nextBurst = burst.tick
            if side.controller == nil {
                devices[device].nextBurst += side.latency.read / UInt64(side.port.outstanding)
            }
            finishPass(device, transfer, done: burst.tick)
            return
        }
        bytes.read = []
        bytes.readNewest = []
        bytes.piece = (0, burst.address)
        bytes.writing = transfer.operation.value.map {
            Array(
                ReferenceBytes.number($0, count: Int(transfer.offset + burst.bytes))
                    .dropFirst(Int(transfer.offset)))
        }
        let sent = send(burst, device)
        if transfer.copy != nil {
            goOn(with: &transfer, burst, sent, device)
            return
        }
        transfer.chain?.seen += bytes.read
        transfer.chain?.newest += bytes.readNewest
        devices[device].nextBurst = burst.tick + sent.interval
        transfer.end = max(transfer.end, sent.end)
        transfer.offset += burst.bytes
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

    /// Tells that a transfer starts, if it has not.
    private mutating func start(
        _ transfer: inout ReferenceTransfer, _ device: Int, at tick: UInt64
    ) {
        guard !transfer.hasStarted else { return }
        transfer.hasStarted = true
        let isDescriptor = transfer.chain != nil
        tell(
            .deviceStart, at: tick, .device(device), .memory,
            other: transfer.followsDoorbell ? 1 : 0, isDescriptor ? transfer.start : 0,
            isDescriptor ? transfer.operation.bytes : 0)
    }

    /// Moves what a burst moves; the result is after how long the next one may be sent, and when this one ends.
    private mutating func send(
        _ burst: ReferenceBurst, _ device: Int
    ) -> (interval: UInt64, end: UInt64) {
        let side = side(device, burst.isWrite)
        let width = UInt64(side.port.widthBytes)
        let occupancy = (burst.bytes + width - 1) / width * side.port.clock.period.rawValue
        if burst.isWrite {
            writeChannels[side.index] = burst.tick + occupancy
        } else {
            readChannels[side.index] = burst.tick + occupancy
        }
        var delay: UInt64 = 0
        if burst.bytes > 0 {
            delay = move(
                device, burst.address, burst.bytes, isWrite: burst.isWrite, at: burst.tick)
        }
        if burst.isWrite {
            let ahead = memory.writeTime(UInt64(side.port.fifoBytes ?? 0))
            delay = delay > ahead ? delay - ahead : 0
        }
        let latency = burst.isWrite ? side.latency.write : side.latency.read
        guard let controller = side.controller else {
            let outstanding = UInt64(side.port.outstanding)
            return (
                max(occupancy, (latency + delay) / outstanding),
                burst.tick + max(occupancy, latency / outstanding) + delay + latency
            )
        }
        let end = burst.tick + occupancy + delay + latency
        if burst.bytes > 0, burst.isWrite {
            controllers[controller].writeEnds.append(end)
        } else if burst.bytes > 0 {
            controllers[controller].readEnds.append(end)
        }
        return (occupancy, end)
    }

    /// A transfer has come to its end, or to the end of a cycle.
    mutating func finishPass(_ device: Int, _ transfer: ReferenceTransfer, done: UInt64) {
        var transfer = transfer
        let further = decode(transfer)
        tell(.deviceDone, at: done, .device(device))
        devices[device].end = max(devices[device].end, done)
        transfer.row = 0
        transfer.cycle += 1
        if transfer.cycle >= transfer.operation.cycles {
            devices[device].transfers.removeFirst()
            devices[device].transfers.insert(contentsOf: further, at: 0)
            if let next = devices[device].transfers.first, next.isStatus {
                devices[device].transfers[0].earliest = max(next.earliest, done)
            }
        } else {
            tell(
                .deviceStart, at: done, .device(device), .memory,
                other: transfer.followsDoorbell ? 1 : 0)
            devices[device].transfers[0] = transfer
        }
    }
}
