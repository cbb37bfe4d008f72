import Events
import Operations
import Quantities

// A transfer moves burst by burst: a burst reads or writes at its own tick, `interval` after the one before and when
// its channel of the port is free, and waits its turn at the memory controller's port and memory's pins. A transfer
// that follows a doorbell starts when the doorbell has arrived and no earlier than its place in the trace; cores go
// on meanwhile. Without any doorbell it happens in trace order: the statements after it start when it is complete.
//
// A port that snoops looks into every core's L1D and the second level: reads take the youngest copy; writes
// clean and invalidate L1 and go to the second level where it holds the line, else to memory. A port that does
// not snoop sees memory alone, and neither caches nor buffers.

extension Machine where P: ~Copyable {
    /// Puts a device on a port.
    ///
    /// - Parameters:
    ///   - agent: The device.
    ///   - port: Its port; devices on ports of one name share its channels.
    ///   - attributes: What its transactions say of themselves.
    ///   - readPort: The port that it reads through; nil: the same.
    /// - Precondition: devices are attached in the order of their numbers.
    public mutating func attach(
        _ agent: Agent, to port: PortConfiguration,
        attributes: TransactionAttributes = .coherent, reading readPort: PortConfiguration? = nil
    ) {
        precondition(!agent.isCore && agent.index == devices.count, "devices come in order")
        let writing = side(port, attributes)
        devices.append(
            DeviceState(
                agent: agent, writing: writing,
                reading: readPort.map { side($0, attributes) } ?? writing))
    }

    private mutating func side(
        _ port: PortConfiguration, _ attributes: TransactionAttributes
    ) -> DeviceSide {
        var index = ports.firstIndex { $0.name == port.name }
        if index == nil {
            let controller = configuration.memory.controllerPorts.firstIndex {
                $0.name == port.controllerPort
            }
            ports.append(
                PortState(
                    name: port.name, controllerPort: controller,
                    engine: port.engine.map(EngineState.init)))
            index = ports.count - 1
        }
        return DeviceSide(
            port: port, portIndex: index ?? 0,
            snoops: port.snoops && port.snoopRule.snoops(attributes))
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
        let device = devices[index]
        let startLatency = device.writing.port.startLatency.rawValue
        let physical = physical(operation.start)
        let isOrderedByTrace = device.doorbell == nil
        let earliest =
            isOrderedByTrace
            ? lastIssueEnd + startLatency : max((device.doorbell ?? 0) + startLatency, lastIssue)
        let most = device.side(isWrite: operation.kind == .write).longestBurst
        var transfer = Transfer(
            operation, at: physical, burst: min(operation.burst.map(UInt64.init) ?? most, most),
            record: record, earliest: earliest)
        if let source = operation.source {
            // Each side cuts at its own port's bursts.
            transfer.burst = operation.burst.map(UInt64.init) ?? .max
            transfer.copy = CopyState(
                address: self.physical(source), bytes: operation.bytes,
                fifoBytes: fifoBytes(of: device))
        }
        transfer.chain = chain(of: operation, at: physical, burst: .max)
        devices[index].transfers.append(transfer)
        if isOrderedByTrace {
            lastIssue = max(lastIssue, runUntilIdle(device: index))
        } else {
            refreshDue()
        }
    }

    /// The physical address of what a device names; no core's access, so that the mapping at work stays.
    private func physical(_ operand: Operand) -> UInt64 {
        let mapping = map.mapping(of: operand.address.rawValue)
        return operand.address.rawValue &- mapping.start &+ mapping.physical
    }

    /// When what was issued last is over: the latest time of a core at work.
    var lastIssueEnd: UInt64 {
        var latest = lastIssue
        for core in 0..<cores.count where cores[core].isActive {
            latest = max(latest, cores[core].now)
        }
        return latest
    }
}
