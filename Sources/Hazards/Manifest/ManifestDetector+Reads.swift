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
        let copy = state.bytes(in: event.place)
        let inBuffer = mirror.bufferedBytes(granule, for: event.agent)
        let buffered = inBuffer & mask
        // Who finds the youngest of all bytes reads nothing stale.
        if buffered == 0, state.areYoungest(mask, in: copy) {
            guard event.agent.isCore else { return }
            latest.forEachVersion(mask) { noteReadFrom($0, by: event.agent) }
            if inBuffer == 0 { settle(event, state, copy) }
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
    ///
    /// - Parameters:
    ///   - event: The read.
    ///   - state: The granule.
    ///   - copy: What the place has of it.
    private func settle(
        _ event: Event, _ state: GranuleState, _ copy: CopiedBytes?
    ) {
        guard state.areYoungest(.max, in: copy) else { return }
        // Whom it has read one byte from it knows.
        if state.isOfOneWrite { return state.settle(for: event.agent, in: event.place) }
        let clock = clocks[event.agent] ?? VectorClock()
        var knowsAll = true
        state.latest.forEachVersion(.max) { version in
            let writer = mirror.versions[Int(version)]
            // Who reads from a device knows of it from then on.
            if version != 0, !writer.agent.isCore, clock[writer.agent] < writer.sequence {
                knowsAll = false
            }
        }
        if knowsAll { state.settle(for: event.agent, in: event.place) }
    }

    /// Notes whom a core has read from.
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
            let copy = state.bytes(in: event.place)
            // A packet has many versions, mostly of one core.
            var last = Version(agent: event.agent, sequence: 0, record: 0, tick: .zero)
            state.forEachVersion(mask, in: copy) { version in
                let writer = mirror.versions[Int(version)]
                guard version != 0, writer.agent.isCore else { return }
                if writer.agent == last.agent {
                    last.sequence = max(last.sequence, writer.sequence)
                } else {
                    noteSeen(last, by: event.agent)
                    last = writer
                }
            }
            noteSeen(last, by: event.agent)
        }
    }

    /// Notes that a device has read a version of a core's.
    private mutating func noteSeen(_ writer: Version, by device: Agent) {
        guard writer.agent.isCore, seen[device].map({ $0[writer.agent] < writer.sequence }) ?? true
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
