import Events
import Quantities

/// An invalidate dropped from a cache what a device had written there: the kernel did not know that it writes there.
struct DroppedTransfer: Symptom {
    let kind = 4
    let event: Event
    let granule: UInt64
    let mask: UInt64
    let written: VersionID

    func finding(_ state: GranuleState, _ mirror: CopyMirror, _ profile: HazardProfile) -> Finding {
        let writer = mirror.versions[Int(written)]
        let name = profile.name(of: writer.agent)
        return Finding(
            .h27, .manifest, record: Int(event.record), tick: event.tick, agent: writer.agent,
            address: address(mask), bytes: bytes(mask), writer: writer.agent,
            writeRecord: Int(writer.record),
            detail:
                "an invalidate dropped from \(event.place.name) what \(name) had written there in "
                + "record \(writer.record); DRAM never had it",
            chain: chain(
                state, profile, since: writer.record, end: event, mask: mask,
                last: "\(event.place.name) drops \(name)'s bytes"))
    }
}

extension Array {
    /// What is left without the last elements that fulfil a condition.
    fileprivate func dropLast(while isDropped: (Element) -> Bool) -> ArraySlice<Element> {
        guard let last = lastIndex(where: { !isDropped($0) }) else { return [] }
        return self[...last]
    }
}

extension GranuleState {
    /// Whether a store came between the clean and the invalidate of one line that belong together: two operations of one
    /// statement, or two statements of a core with nothing of its own between them.
    func storedBetween(_ invalidate: Event) -> Bool {
        let before = journal.dropLast(while: {
            $0.kind == .maintenance && $0.record == invalidate.record
        })
        if let first = before.lastIndex(where: {
            $0.kind == .maintenance && $0.record == invalidate.record
        }) {
            return before[first...].contains { $0.kind == .store && $0.record != invalidate.record }
        }
        // A line may be dropped from another core's cache than that of the core that asks.
        guard let asker = journal.last?.agent,
            let own = before.lastIndex(where: { $0.agent == asker || !$0.agent.isCore }),
            before[own].kind == .maintenance, before[own].cleans
        else { return false }
        return before[(own + 1)...].contains { $0.kind == .store }
    }

    /// Whether maintenance since a moment named the bytes' line by another address than a place has it under.
    func isMaintainedUnderAnotherAddress(_ place: Place, _ mask: UInt64, since moment: Ticks)
        -> Bool
    {
        guard place.isLevel1Data, mask != 0 else { return false }
        let half = mask.trailingZeroBitCount / 32
        guard let naming = naming(ofHalf: half), naming.at >= moment else { return false }
        return naming.place != place && naming.place.core == place.core
    }
}
