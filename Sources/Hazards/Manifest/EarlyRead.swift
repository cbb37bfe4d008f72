import Events
import Operations
import Quantities

/// A load that performed before its turn in the program, with the versions that it took.
struct EarlyRead {
    let event: Event
    /// The versions of the bytes, in their order.
    let found: [VersionID]

    init(_ event: Event, mirror: inout CopyMirror) {
        self.event = event
        var found: [VersionID] = []
        for offset in 0..<UInt64(event.size) {
            let address = event.address &+ offset
            let granule = address / WatchList.granule
            let byte = Int(address % WatchList.granule)
            guard let state = mirror.state(granule) else {
                found.append(0)
                continue
            }
            found.append(mirror.version(state, granule, byte, in: event.place, for: event.agent))
        }
        self.found = found
    }
}

extension ManifestDetector {
    /// Judges early loads whose turn has come, by what the core knows by now; a barrier that orders loads undoes them.
    mutating func judgeEarlyReads(_ operation: Operation, by agent: Agent, record: UInt32) {
        switch operation {
        case .barrier(let barrier):
            guard barrier.instruction != .isb, barrier.accesses != .stores else { return }
            earlyReads.removeAll { $0.event.agent == agent }
        case .wait(let device):
            // An interrupt is taken with all loads after it still to come; what a register says orders nothing.
            if statusReads[agent] != device { earlyReads.removeAll { $0.event.agent == agent } }
            statusReads[agent] = nil
        case .ring: statusReads[agent] = nil
        case .access(let access, _, _) where profile.device(withRegister: access.address) != nil:
            statusReads[agent] = profile.device(withRegister: access.address)
        case .access(let access, _, _) where access.kind == .load:
            take(access.address, UInt64(access.size), by: agent, record: record)
        case .run(let run) where run.kind == .load:
            take(
                run.start.address.rawValue, run.extent, by: agent, record: record)
        default: break
        }
    }

    private mutating func take(
        _ address: UInt64, _ size: UInt64, by agent: Agent, record: UInt32
    ) {
        // Watched bytes have one address but for aliases: an early load through an alias is judged when it performs.
        for (place, read) in earlyReads.enumerated().reversed()
        where read.event.agent == agent && address < read.event.address &+ UInt64(read.event.size)
            && read.event.address < address &+ size
        {
            earlyReads.remove(at: place)
            judge(read, record: record)
        }
    }

    private mutating func judge(_ read: EarlyRead, record: UInt32) {
        let known = knowledge(of: read.event.agent)
        var event = read.event
        event.record = record
        var stale: [UInt64: (mask: UInt64, found: VersionID, expected: VersionID)] = [:]
        for (offset, found) in read.found.enumerated() {
            let address = event.address &+ UInt64(offset)
            let granule = address / WatchList.granule
            let byte = Int(address % WatchList.granule)
            guard let state = mirror.state(granule),
                let expected = youngest(state, byte, after: found, known)
            else { continue }
            stale[granule, default: (0, found, expected)].mask |= 1 << UInt64(byte)
        }
        for granule in stale.keys.sorted() {
            guard let part = stale[granule] else { continue }
            let writer = mirror.versions[Int(part.expected)]
            let isCompleted =
                (completed[event.agent]?[writer.agent] ?? 0) >= writer.sequence
            report(
                StaleRead(
                    event: event, granule: granule, mask: part.mask, found: part.found,
                    expected: part.expected, isEarly: true, isCompleted: isCompleted))
        }
    }
}
