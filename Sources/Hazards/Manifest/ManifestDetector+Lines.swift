import Events
import Quantities

// Lines that are written on or dropped, judged by whose bytes are lost.

extension ManifestDetector {
    /// A line written over younger bytes of a device loses them.
    mutating func judgeWriteback(_ event: Event) {
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            guard let state = mirror.state(granule), let index = state.index(of: event.place)
            else { continue }
            let copy = state.copies[index].copy.bytes
            let dirty = state.copies[index].copy.dirty
            // Most lines are no older than what they go over.
            guard state.isOlder(copy, than: state.bytes(in: event.otherPlace), mask) else {
                continue
            }
            var lost: UInt64 = 0
            var writer: VersionID = 0
            CopyMirror.forEachByte(mask) { byte in
                let below = state.index(of: event.otherPlace).map {
                    state.copies[$0].copy[byte]
                }
                let old = below.flatMap { $0 == Version.absent ? nil : $0 } ?? state.memory[byte]
                let new = copy[byte]
                guard new != Version.absent, old > new, !mirror.versions[Int(old)].agent.isCore
                else { return }
                lost |= 1 << UInt64(byte)
                writer = max(writer, old)
            }
            guard lost != 0 else { continue }
            let stored = dirty & ~lost
            let start = granule * WatchList.granule
            let isOfAnother =
                stored != 0
                && ledger.areOfTwo(
                    start + UInt64(lost.trailingZeroBitCount),
                    start + UInt64(stored.trailingZeroBitCount))
            report(
                LostDeviceWrite(
                    event: event, granule: granule, mask: lost, written: writer, dirty: dirty,
                    isOfAnotherMapping: isOfAnother,
                    startedAt: startedAt[mirror.versions[Int(writer)].agent]))
            forget(granule, lost)
        }
    }

    /// Dirty bytes dropped outside the range that was asked for are lost.
    mutating func judgeInvalidate(_ event: Event) {
        guard event.other == 1 else { return }
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            guard let state = mirror.state(granule), let index = state.index(of: event.place)
            else { continue }
            let copy = state.copies[index].copy
            judgeDroppedTransfer(event, granule, mask, state, copy)
            let dropped = copy.dirty & mask
            var inside: UInt64 = dropped
            if let range = maintenanceRange {
                inside = range.end > range.start ? rangeMask(range, granule) & dropped : 0
            }
            let call = call(of: event)
            // A call names its own bytes, even where its routine names whole lines.
            if let call { inside &= call.mask(in: granule) }
            let overlapped = judgeOverlap(event, granule, inside, copy, call)
            let outside = dropped & ~inside
            inside &= ~overlapped
            if inside != 0 {
                state.discarded = ((state.discarded?.mask ?? 0) | inside, event.record)
            }
            guard outside != 0 else { continue }
            let version = copy[outside.trailingZeroBitCount]
            let code: HazardCode = state.storedBetween(event) ? .h12 : .h11
            report(
                LostCoreWrite(
                    event: event, granule: granule, mask: outside, written: version, code: code))
            forget(granule, outside)
        }
    }

    /// An invalidate at the end of one mapping drops what the core stored after another mapping of the bytes had ended.
    ///
    /// - Returns: the bytes that are reported.
    private mutating func judgeOverlap(
        _ event: Event, _ granule: UInt64, _ inside: UInt64, _ copy: GranuleCopy,
        _ call: CallFacts?
    ) -> UInt64 {
        guard let call, inside != 0 else { return 0 }
        var overlapped: UInt64 = 0
        var foreign: UInt64 = 0
        CopyMirror.forEachByte(inside) { byte in
            let version = copy[byte]
            let address = granule * WatchList.granule + UInt64(byte)
            // What the kernel copied to a slot is not the driver's store.
            guard version != Version.absent,
                !bounces.contains(where: { address >= $0.slot && address < $0.slot &+ $0.size })
            else { return }
            if ledger.hadEnded(beside: call, holding: address, before: version) {
                overlapped |= 1 << UInt64(byte)
            } else if ledger.wasTheDevices(call, version: version) {
                foreign |= 1 << UInt64(byte)
            }
        }
        for (lost, code) in [(overlapped, HazardCode.h19), (foreign, .h18)] where lost != 0 {
            let version = copy[lost.trailingZeroBitCount]
            report(
                LostCoreWrite(
                    event: event, granule: granule, mask: lost, written: version, code: code))
            forget(granule, lost)
        }
        return overlapped | foreign
    }

    /// An invalidate drops what a device wrote into a cache: memory never had it.
    private mutating func judgeDroppedTransfer(
        _ event: Event, _ granule: UInt64, _ mask: UInt64, _ state: GranuleState,
        _ copy: GranuleCopy
    ) {
        var lost: UInt64 = 0
        var written: VersionID = 0
        CopyMirror.forEachByte(mask) { byte in
            let version = copy[byte]
            guard version != Version.absent, version > state.memory[byte],
                !mirror.versions[Int(version)].agent.isCore,
                !state.copies.contains(where: {
                    $0.place != event.place && $0.copy[byte] == version
                })
            else { return }
            lost |= 1 << UInt64(byte)
            written = max(written, version)
        }
        guard lost != 0 else { return }
        report(DroppedTransfer(event: event, granule: granule, mask: lost, written: written))
        forget(granule, lost)
    }

    private func rangeMask(_ range: (start: UInt64, end: UInt64), _ granule: UInt64) -> UInt64 {
        let start = granule * WatchList.granule
        guard range.start < start + WatchList.granule, range.end > start else { return 0 }
        return Granules.mask(range.start, range.end - range.start, in: granule)
    }

    /// What was reported as lost is not expected by anybody any more.
    private mutating func forget(_ granule: UInt64, _ mask: UInt64) {
        guard let state = mirror.state(granule) else { return }
        state.forgetWrites(mask)
    }
}
