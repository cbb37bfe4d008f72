import Events
import Operations
import Quantities

/// Somebody read one side of a bounced buffer while the newer bytes were on the other side: a copy is missing.
struct BouncedRead: Symptom {
    let kind = 3
    let event: Event
    /// The granule that was read.
    let granule: UInt64
    let mask: UInt64
    /// The version on the other side.
    let expected: VersionID
    let bounce: BouncedBytes

    func finding(_ state: GranuleState, _ mirror: CopyMirror, _ profile: HazardProfile) -> Finding {
        let writer = mirror.versions[Int(expected)]
        let first = address(mask)
        // The finding is about the driver's bytes, whoever read what.
        let own = event.agent.isCore ? first : bounce.start &+ (first &- bounce.slot)
        let device = profile.name(of: bounce.device)
        let reader = profile.name(of: event.agent)
        let slot = "the bounce slot at 0x\(String(bounce.slot, radix: 16))"
        let missing =
            event.agent.isCore
            ? "nothing has copied it from \(slot) to the buffer"
            : "nothing has copied it from the buffer to \(slot)"
        return Finding(
            .h24, .manifest, record: Int(event.record), tick: event.tick, agent: event.agent,
            address: own, bytes: bytes(mask), writer: writer.agent,
            writeRecord: Int(writer.record),
            detail: "\(reader) did not read what \(profile.name(of: writer.agent)) wrote in record "
                + "\(writer.record): \(missing)",
            chain: [
                ChainLink(
                    record: Int(bounce.record),
                    text: "the buffer bounces: \(device) gets \(slot) in its place"),
                ChainLink(
                    record: Int(writer.record), tick: writer.tick,
                    text: "\(profile.name(of: writer.agent)) writes "
                        + (writer.agent.isCore ? "the buffer" : "the slot") + ": new"),
                ChainLink(
                    record: Int(event.record), tick: event.tick,
                    text: "\(reader) reads " + (event.agent.isCore ? "the buffer" : "the slot")
                        + ": old"),
            ])
    }
}

extension ManifestDetector {
    /// Follows which bytes have which slots.
    ///
    /// A slot that is given anew has nothing to do with its old bytes.
    public mutating func bounce(_ bytes: BouncedBytes) {
        bounces.removeAll {
            $0.slot < bytes.slot &+ bytes.size && bytes.slot < $0.slot &+ $0.size
                || $0.device == bytes.device && $0.start == bytes.start
        }
        bounces.append(bytes)
    }

    /// Asks of a read on one side of a bounce whether the other side has something newer that the reader knows of.
    ///
    /// A copy is stores of the core, and so newer than what it copies: whichever side was written last is the newer one.
    mutating func judgeBounced(_ event: Event) {
        let end = event.address &+ UInt64(event.size)
        for bounce in bounces {
            let isCore = event.agent.isCore
            guard isCore || event.agent == bounce.device else { continue }
            let (near, far) = isCore ? (bounce.start, bounce.slot) : (bounce.slot, bounce.start)
            let from = max(event.address, near)
            let to = min(end, near &+ bounce.size)
            guard from < to else { continue }
            let known = knowledge(of: event.agent)
            var missed: [UInt64: (mask: UInt64, expected: VersionID)] = [:]
            for address in from..<to {
                let (granule, byte) = (address / WatchList.granule, address % WatchList.granule)
                let other = far &+ (address &- near)
                guard let own = mirror.state(granule),
                    let state = mirror.state(other / WatchList.granule),
                    let expected = youngest(
                        state, Int(other % WatchList.granule), after: own.latest[Int(byte)], known),
                    mirror.versions[Int(expected)].agent.isCore != isCore
                else { continue }
                missed[granule, default: (0, expected)].mask |= 1 << byte
            }
            for granule in missed.keys.sorted() {
                guard let part = missed[granule] else { continue }
                report(
                    BouncedRead(
                        event: event, granule: granule, mask: part.mask, expected: part.expected,
                        bounce: bounce))
            }
        }
    }
}
