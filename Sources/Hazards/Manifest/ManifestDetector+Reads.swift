import Events
import Quantities

// Reads of cores and devices, judged by which versions the reader knows of.

extension ManifestDetector {
    /// A read is stale if a younger version happened before it.
    mutating func judgeRead(_ event: Event) {
        if !event.agent.isCore { noteSeen(event) }
        if isEarly { earlyReads.append(EarlyRead(event, mirror: &mirror)) }
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            guard let state = mirror.state(granule) else { continue }
            judgeRead(event, granule, mask, state)
        }
    }

    private mutating func judgeRead(
        _ event: Event, _ granule: UInt64, _ mask: UInt64, _ state: GranuleState
    ) {
        let (memory, latest) = (state.memory, state.latest)
        let copy = state.versions(in: event.place)
        let buffered = mirror.bufferedBytes(granule, for: event.agent) & mask
        // Who finds the youngest of all bytes reads nothing stale.
        if buffered == 0, (copy ?? memory).areThose(of: latest, mask, else: memory) {
            guard event.agent.isCore else { return }
            noteReadFrom(latest, mask, by: event.agent)
            settle(event, granule, state, copy)
            return
        }
        var stale: [(version: VersionID, expected: VersionID, mask: UInt64)] = []
        var clock: VectorClock?
        var noted: VersionID = 0
        var left = mask
        while left != 0 {
            let byte = left.trailingZeroBitCount
            left &= left - 1
            var found = copy?[byte] ?? Version.absent
            if found == Version.absent { found = memory[byte] }
            if buffered >> UInt64(byte) & 1 == 1 {
                found = mirror.version(state, granule, byte, in: event.place, for: event.agent)
            }
            if found != noted {
                noted = found
                noteReadFrom(found, by: event.agent)
            }
            guard found != latest[byte] else { continue }
            let known = clock ?? knowledge(of: event.agent)
            clock = known
            guard let expected = youngest(state, byte, after: found, known) else { continue }
            if let last = stale.indices.last, stale[last].expected == expected {
                stale[last].mask |= 1 << UInt64(byte)
            } else {
                stale.append((found, expected, 1 << UInt64(byte)))
            }
        }
        guard !stale.isEmpty else { return }
        let words = descriptors.words(for: event, &mirror)
        for part in stale {
            report(
                StaleRead(
                    event: event, granule: granule, mask: part.mask, found: part.version,
                    expected: part.expected,
                    descriptor: words,
                    hasSeenYounger: hasSeenYounger(event.agent, part.expected)))
        }
    }

    /// Notes that a core's further reads of a granule from the same place find nothing else, if it is so for all of its bytes.
    private func settle(
        _ event: Event, _ granule: UInt64, _ state: GranuleState, _ copy: ByteVersions?
    ) {
        guard mirror.bufferedBytes(granule, for: event.agent) == 0,
            (copy ?? state.memory).areThose(of: state.latest, .max, else: state.memory)
        else { return }
        var knowsAll = true
        state.latest.forEachVersion(.max, else: state.memory) { version in
            let writer = mirror.versions[Int(version)]
            guard version != 0, !writer.agent.isCore else { return }
            // Who reads from a device knows of it from then on.
            knowsAll =
                knowsAll && clocks[event.agent].map { $0[writer.agent] >= writer.sequence } ?? false
        }
        if knowsAll { state.settle(for: event.agent, in: event.place) }
    }

    /// Notes whom a core has read from, by the versions of the bytes.
    private mutating func noteReadFrom(
        _ versions: ByteVersions, _ mask: UInt64, by agent: Agent
    ) {
        versions.forEachVersion(mask, else: versions) { noteReadFrom($0, by: agent) }
    }

    private mutating func noteReadFrom(_ version: VersionID, by agent: Agent) {
        guard agent.isCore, version != 0 else { return }
        let writer = mirror.versions[Int(version)]
        guard !writer.agent.isCore else { return }
        if let known = clocks[agent], known[writer.agent] >= writer.sequence { return }
        clocks[agent, default: VectorClock()][writer.agent] = writer.sequence
    }

    /// Notes whose versions a device reads, before they are judged: all bytes of a burst are read at once.
    private mutating func noteSeen(_ event: Event) {
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            guard let state = mirror.state(granule) else { continue }
            let copy = state.versions(in: event.place) ?? state.memory
            copy.forEachVersion(mask, else: state.memory) { noteSeen($0, by: event.agent) }
        }
    }

    private mutating func noteSeen(_ version: VersionID, by device: Agent) {
        let writer = mirror.versions[Int(version)]
        guard version != 0, writer.agent.isCore,
            seen[device].map({ $0[writer.agent] < writer.sequence }) ?? true
        else { return }
        seen[device, default: VectorClock()][writer.agent] = writer.sequence
    }

    /// Whether a device has read what the same core stored later than a version.
    private func hasSeenYounger(_ device: Agent, _ expected: VersionID) -> Bool {
        let writer = mirror.versions[Int(expected)]
        return !device.isCore && (seen[device]?[writer.agent] ?? 0) > writer.sequence
    }

    func youngest(
        _ state: GranuleState, _ byte: Int, after found: VersionID, _ clock: VectorClock
    ) -> VersionID? {
        for (version, mask) in state.history.reversed() {
            if version <= found { return nil }
            let writer = mirror.versions[Int(version)]
            if mask >> UInt64(byte) & 1 == 1, writer.sequence <= clock[writer.agent] {
                return version
            }
        }
        return nil
    }
}
