import Operations
import Quantities

// What devices do, and what of a core's stores they may have seen.

extension PublicationOrder {
    mutating func perform(
        _ operation: DeviceOperation, _ index: Int, _ step: LoweredStep, _ map: MemoryMap
    ) {
        if let read = operation.readSide { perform(read, index, step, map) }
        let start = operation.start.address.rawValue
        let mapping = map.mapping(of: start)
        let first = start &- mapping.start &+ mapping.physical
        let access = Access(
            index: index, record: step.record, start: first, end: first &+ operation.extent,
            isInTurn: rung[step.agent] == nil)
        switch operation.kind {
        case .read, .descriptorFetch:
            reads[step.agent, default: Recent(Self.most)].append(access)
            judge(access, step, isWrite: false)
        case .write:
            let needed = newestFlag(of: step.agent)
            writes[step.agent, default: Recent(Self.most)].removeAll {
                access.start <= $0.start && $0.end <= access.end && $0.index > needed
            }
            writes[step.agent, default: Recent(Self.most)].append(access)
            owned[step.agent, default: Recent(Self.most)].append(access)
            written.take(access.start, access.end)
            judge(access, step, isWrite: true)
        case .interrupt: return
        }
    }

    /// The newest write of a device that some core has loaded of, and does not know of yet; -1: none.
    private func newestFlag(of device: Agent) -> Int {
        var newest = -1
        cores.visit { _, core in
            for load in core.loads.all where load.device == device {
                newest = max(newest, load.flag.index)
            }
        }
        return newest
    }

    /// Whether some device has come by itself since a store, and written to its line or to that of another store that
    /// tells of it: then what stood before was there, but for what a store that went ahead may have told the device of.
    private func hasArrived(_ data: Access, _ flag: Access) -> Bool {
        owned.agents.contains { device in
            owned[device]?.all.contains { write in
                write.isInTurn && write.index > data.index
                    && (sharesLine(write, data) || sharesLine(write, flag))
                    && !isTold(after: data, device, before: write)
            } ?? false
        }
    }

    /// Whether all lines of a store are among those of a write.
    private func sharesLine(_ write: Access, _ store: Access) -> Bool {
        let (first, last) = (write.start / profile.lineSize, (write.end &- 1) / profile.lineSize)
        return first <= store.start / profile.lineSize
            && (store.end &- 1) / profile.lineSize <= last
    }

    /// Whether a device may have seen a store that stands behind another, before it wrote.
    private func isTold(after first: Access, _ device: Agent, before write: Access) -> Bool {
        reads[device]?.all.contains { read in
            read.index > first.index && read.index <= write.index
                && cores.agents.contains { agent in
                    cores[agent]?.stores.contains {
                        $0.index > first.index && $0.index < read.index && $0.overlaps(read)
                    } ?? false
                }
        } ?? false
    }

    /// Whether a device that comes by itself to write waits for a store that comes behind another: of the same bytes, or of
    /// another core that has had the line handed over.
    private func waits(
        _ write: Access, for data: Access, _ flag: Access, of agent: Agent, _ device: Agent
    ) -> Bool {
        write.isInTurn
            && cores.agents.contains { other in
                cores[other]?.stores.contains { store in
                    store.index > data.index
                        && (other == agent
                            ? store.overlaps(data)
                            : sharesLine(store, data) || sharesLine(store, flag))
                        && !isTold(after: store, device, before: write)
                } ?? false
            }
    }

    /// Whether another core has worked on the line of one of two stores between them, so that it was handed over and back.
    private func isHandedOver(_ data: Access, _ flag: Access, by agent: Agent) -> Bool {
        cores.agents.contains { other in
            other != agent
                && cores[other]?.stores.contains {
                    $0.index > data.index && $0.index < flag.index
                        && (sharesLine($0, data) || sharesLine($0, flag))
                } ?? false
        }
    }

    /// Asks of a device that polls whether what it reads, or writes over, may come after what it has seen (H05).
    private mutating func judge(_ access: Access, _ step: LoweredStep, isWrite: Bool) {
        guard profile.reordersAccesses else { return }
        let snoops = profile.snoops(step.agent)
        let started = rung[step.agent]
        for agent in cores.agents {
            guard let core = cores[agent] else { continue }
            if !snoops, !isWrite, started == nil { judgeCleans(access, step, core, of: agent) }
            func isOpen(_ store: Access) -> Bool {
                // What a device writes by itself waits for maintenance, and so for what that waits for.
                if isWrite, started == nil, store.cleaned >= 0 { return false }
                guard snoops || !store.isCacheable else { return false }
                // A device that comes by itself finds done what a barrier has waited for.
                guard let started else {
                    return snoops
                        ? store.innerBarriers == core.innerBarriers
                        : store.outerBarriers == core.outerBarriers
                }
                return store.index > started
            }
            for (place, data) in core.stores.enumerated()
            where data.overlaps(access) && isOpen(data) {
                let flag = core.stores[(place + 1)...].first { store in
                    store.record != data.record && !store.overlaps(data)
                        && (snoops ? store.inner == data.inner : store.outer == data.outer)
                        && isOpen(store) && isSeen(store, by: step.agent)
                        && !hasArrived(data, store) && !isHandedOver(data, store, by: agent)
                        && !(isWrite && waits(access, for: data, store, of: agent, step.agent))
                }
                guard let flag else { continue }
                report(data, by: agent, access, step, isWrite: isWrite, flag: flag)
            }
        }
    }

    /// Asks of a device that comes by itself, and does not look into caches, whether it may have seen a store while what the
    /// core had cleaned before is still on its way.
    private mutating func judgeCleans(
        _ access: Access, _ step: LoweredStep, _ core: Core, of agent: Agent
    ) {
        for data in core.cached.all where data.cleaned >= 0 && data.overlaps(access) {
            // What has arrived by then has arrived with its clean.
            var clean = data
            clean.index = data.cleaned
            let flag = core.stores.first { store in
                store.index > data.index && !store.isCacheable && !store.overlaps(data)
                    && store.maintained <= data.cleanedAfter && isSeen(store, by: step.agent)
                    && !hasArrived(clean, store) && !isHandedOver(clean, store, by: agent)
            }
            guard let flag else { continue }
            report(data, by: agent, access, step, isWrite: false, flag: flag)
        }
    }

    private func isSeen(_ store: Access, by device: Agent) -> Bool {
        reads[device]?.all.contains { tells($0, of: store, to: device) } ?? false
    }

    private mutating func report(
        _ data: Access, by agent: Agent, _ access: Access, _ step: LoweredStep, isWrite: Bool,
        flag: Access
    ) {
        let isBeingCleaned = data.isCacheable && !profile.snoops(step.agent)
        let reports = findings.count
        let (writer, device) = (profile.name(of: agent), profile.name(of: step.agent))
        report(
            .h05, agent: step.agent, writer: agent, record: step.record, data,
            max(data.start, access.start), min(data.end, access.end),
            isWrite
                ? "what was stored in record \(data.record) may land on top of what \(device) writes: it "
                    + "may have seen the store of record \(flag.record) first"
                : "\(device) may see the store of record \(flag.record) and still read bytes older than what "
                    + "was stored in record \(data.record)",
            [
                (
                    data.record,
                    isBeingCleaned
                        ? "\(writer) stores the bytes; their clean takes its time"
                        : "\(writer) stores the bytes; they wait in a buffer"
                ),
                (
                    flag.record,
                    "\(writer) stores what gives them to \(device): seen at once"
                ),
                (
                    step.record,
                    "\(device) \(isWrite ? "writes" : "reads") the bytes: too early"
                ),
            ])
        guard isBeingCleaned, findings.count > reports else { return }
        findings[reports].maintenanceRecord = Int(data.cleanRecord)
    }

    /// Whether a device may have seen a store by a read: not where it has written itself meanwhile, in its turn.
    private func tells(_ read: Access, of store: Access, to device: Agent) -> Bool {
        guard read.index > store.index, read.overlaps(store) else { return false }
        let (start, end) = (max(read.start, store.start), min(read.end, store.end))
        let isOverwritten = owned[device]?.all.contains { write in
            write.isInTurn && store.index < write.index && write.index < read.index
                && write.start <= start && end <= write.end
        }
        return isOverwritten != true
    }
}
