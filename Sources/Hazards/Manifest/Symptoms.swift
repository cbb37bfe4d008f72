import Events
import Operations
import Quantities

// From what went wrong to why: each symptom looks at where the young and the old versions are and how they got
// there, and names the code. The rules stand in the order in which they are tried.

/// Something that went wrong with bytes of one granule.
protocol Symptom {
    /// The granule.
    var granule: UInt64 { get }
    /// The event at which it went wrong.
    var event: Event { get }
    /// Which symptom, as a number.
    var kind: Int { get }
    func finding(_ state: GranuleState, _ mirror: CopyMirror, _ profile: HazardProfile) -> Finding
}

extension Symptom {
    /// The statement at which it went wrong.
    var record: UInt32 { event.record }

    func address(_ mask: UInt64) -> UInt64 {
        granule * WatchList.granule + UInt64(mask.trailingZeroBitCount)
    }

    func bytes(_ mask: UInt64) -> UInt64 {
        UInt64(WatchList.granule) - UInt64(mask.leadingZeroBitCount)
            - UInt64(mask.trailingZeroBitCount)
    }
}

/// An agent read an old version though a younger one happened before.
struct StaleRead: Symptom {
    let kind = 0
    let event: Event
    let granule: UInt64
    let mask: UInt64
    let found: VersionID
    let expected: VersionID
    /// What the bytes said to an engine that took them for a descriptor; nil: none did.
    var descriptor: String?
    /// Whether the device has read what the writer stored after the bytes that it misses.
    var hasSeenYounger = false
    /// Whether the load performed before its turn in the program.
    var isEarly = false
    /// Whether the reader knew of the younger bytes because it had waited for the device.
    var isCompleted = false
    /// Whether it was a fetch of instructions.
    var isFetch = false

    func finding(_ state: GranuleState, _ mirror: CopyMirror, _ profile: HazardProfile) -> Finding {
        let writer = mirror.versions[Int(expected)]
        let code =
            event.agent.isCore
            ? codeOfCoreRead(state, mirror, profile, writer)
            : codeOfDeviceRead(state, mirror, profile, writer)
        let places = whereabouts(state, mirror)
        let old = mirror.versions[Int(found)]
        let isOfARound = found != 0 && (old.agent, old.record) == (writer.agent, writer.record)
        let oldText =
            found == 0
            ? "what was there before the trace"
            : "what \(profile.name(of: old.agent)) wrote in record \(old.record)"
                + (isOfARound ? " in an earlier round" : "")
        let newText =
            isOfARound
            ? "what it wrote there since"
            : "what \(profile.name(of: writer.agent)) wrote in record \(writer.record)"
        let detail =
            "\(profile.name(of: event.agent)) read from \(event.place.name) \(oldText), not \(newText)"
            + (places.isEmpty ? "" : "; the new bytes are in \(places)")
            + (descriptor.map { "; \($0)" } ?? "")
        var finding = Finding(
            code, .manifest, record: Int(event.record), tick: event.tick, agent: event.agent,
            address: address(mask), bytes: bytes(mask), writer: writer.agent,
            writeRecord: Int(writer.record), detail: detail,
            chain: isEarly
                ? earlyChain(writer, profile)
                : chain(
                    state, profile, since: writer.record, end: event, mask: mask,
                    last: "\(profile.name(of: event.agent)) reads \(event.place.name): old"))
        // A device that looks into caches would have found the bytes there.
        if code == .h11 || code == .h03 && profile.snoops(event.agent),
            let discarded = state.discarded
        {
            finding.maintenanceRecord = Int(discarded.record)
        }
        return finding
    }

    /// What led to a load that performed before its turn.
    private func earlyChain(_ writer: Version, _ profile: HazardProfile) -> [ChainLink] {
        let reader = profile.name(of: event.agent)
        return [
            ChainLink(
                record: Int(event.record), tick: event.tick,
                text: "\(reader)'s load performs early, from \(event.place.name): old"),
            ChainLink(
                record: Int(writer.record), tick: writer.tick,
                text: "\(profile.name(of: writer.agent)) writes: new"),
            ChainLink(
                record: Int(event.record),
                text: "\(reader) has seen younger bytes by then, and takes the old ones"),
        ]
    }

    /// Where the expected version is now, in words.
    private func whereabouts(_ state: GranuleState, _ mirror: CopyMirror) -> String {
        let byte = mask.trailingZeroBitCount
        var names = mirror.bufferPlaces(granule).filter {
            mirror.buffered(granule, byte, in: $0) == expected
        }.map(\.name)
        names += state.copies.filter { $0.copy[byte] == expected }.map(\.place.name)
        if state.memory[byte] == expected { names.append(Place.memory.name) }
        return names.joined(separator: ", ")
    }

    private func codeOfCoreRead(
        _ state: GranuleState, _ mirror: CopyMirror, _ profile: HazardProfile, _ writer: Version
    ) -> HazardCode {
        if isFetch { return .h22 }
        if isEarly { return isCompleted ? .h07 : .h06 }
        if writer.agent.isCore { return codeOfCoresWrite(state, mirror, profile, writer) }
        if profile.isWronglyCoherent(writer.agent) {
            return profile.codeOfWrongCoherence(writer.agent)
        }
        guard let index = state.index(of: event.place) else {
            // Read past the caches, and in a cache that the device's transactions went into.
            let byte = mask.trailingZeroBitCount
            let isInCache = state.copies.contains { $0.copy[byte] == expected }
            return isInCache && profile.snoops(writer.agent) ? .h27 : .h01
        }
        if state.isMaintainedUnderAnotherAddress(event.place, mask, since: .zero) { return .h25 }
        // What another mapping of the same bytes leaves in a cache nobody looks for.
        if profile.isMixed(address(mask)) { return .h13 }
        let half = mask.trailingZeroBitCount / 32
        let fill = state.copies[index].copy.fill(ofHalf: half)
        if profile.hasOuterCache, event.place.isLevel1Data, fill.source == .outer,
            fill.at > writer.tick,
            state.naming(ofHalf: half) != nil
        {
            return .h23
        }
        // A line that came unasked before anything maintained it is an old copy like any other.
        let isSpeculative = fill.reason == .environment || fill.reason == .prefetch
        guard isSpeculative, let maintained = state.naming(ofHalf: half)?.at else {
            return isSpeculative ? .h08 : .h01
        }
        return fill.at >= maintained ? .h08 : .h01
    }

    /// A core misses what it or another core wrote: an invalidate dropped it, another mapping went past it, or one of the two
    /// takes no part in coherence.
    private func codeOfCoresWrite(
        _ state: GranuleState, _ mirror: CopyMirror, _ profile: HazardProfile, _ writer: Version
    ) -> HazardCode {
        let byte = mask.trailingZeroBitCount
        guard let discarded = state.discarded, discarded.mask >> UInt64(byte) & 1 == 1 else {
            guard writer.agent != event.agent, !profile.isMixed(address(mask)) else { return .h13 }
            // Old from before the store, or loaded since from where the store has not come to.
            guard let index = state.index(of: event.place) else { return .h03 }
            let fill = state.copies[index].copy.fill(ofHalf: byte / 32)
            return fill.at > writer.tick ? .h03 : .h01
        }
        let deviceWrote = state.history.contains { version, _ in
            let writer = mirror.versions[Int(version)]
            return !writer.agent.isCore && writer.record > discarded.record
        }
        return deviceWrote ? .h35 : .h11
    }

    private func codeOfDeviceRead(
        _ state: GranuleState, _ mirror: CopyMirror, _ profile: HazardProfile, _ writer: Version
    ) -> HazardCode {
        let byte = mask.trailingZeroBitCount
        let isBuffered = mirror.bufferPlaces(granule).contains {
            mirror.buffered(granule, byte, in: $0) == expected
        }
        if isBuffered { return hasSeenYounger ? .h05 : .h04 }
        if profile.isWronglyCoherent(event.agent) {
            return profile.codeOfWrongCoherence(event.agent)
        }
        // The core wrote past the caches, and the device was given an old line of a cacheable mapping.
        if profile.isWronglyNoncoherent(event.agent), event.place != .memory,
            state.memory[byte] == expected
        {
            return .h27
        }
        let holder = state.copies.first {
            $0.place.isLevel1Data && $0.copy[byte] == expected
        }
        if let holder,
            state.isMaintainedUnderAnotherAddress(holder.place, mask, since: writer.tick)
        {
            return .h25
        }
        let inOuter = state.index(of: .outer).map {
            state.copies[$0].copy[byte] == expected
        }
        if inOuter == true, let maintained = state.naming(ofHalf: byte / 32)?.at,
            maintained >= writer.tick
        {
            return .h23
        }
        // Memory that is uncached by right, and cached by another mapping: no maintenance is missing.
        if profile.isMixed(address(mask)), holder != nil || inOuter == true { return .h13 }
        let isDiscarded = state.discarded.map { $0.mask >> UInt64(byte) & 1 == 1 } ?? false
        // Nowhere any more, and nobody asked for it to be dropped: another mapping's line was written over it.
        return whereabouts(state, mirror).isEmpty && !isDiscarded ? .h13 : .h03
    }
}

/// A line written on with old bytes destroyed what a device had written.
struct LostDeviceWrite: Symptom {
    let kind = 1
    let event: Event
    let granule: UInt64
    let mask: UInt64
    let written: VersionID
    /// The bytes of the line that a core dirtied.
    let dirty: UInt64
    /// Whether what the core stored is of another mapping than what is lost.
    var isOfAnotherMapping = false
    /// The statement from which on the device that wrote may act; nil: it was not sent.
    var startedAt: UInt32?

    func finding(_ state: GranuleState, _ mirror: CopyMirror, _ profile: HazardProfile) -> Finding {
        let writer = mirror.versions[Int(written)]
        let reason = MoveReason(rawValue: event.detail) ?? .replacement
        let code: HazardCode
        if isOfAnotherMapping {
            code = .h19
        } else if dirty & (mask | (isAside(state, writer) ? 0 : state.deviceBytes)) == 0 {
            code = .h10
        } else if profile.isWronglyCoherent(writer.agent) {
            code = profile.codeOfWrongCoherence(writer.agent)
        } else {
            code = reason == .maintenance ? .h42 : .h02
        }
        let what = reason == .maintenance ? "a clean" : "an eviction"
        let detail =
            "\(what) of \(event.place.name)'s dirty line wrote old bytes over what "
            + "\(profile.name(of: writer.agent)) had written in record \(writer.record)"
        let since = state.journal.last { $0.kind == .store && $0.record < writer.record }?.record
        return Finding(
            code, .manifest, record: Int(event.record), tick: event.tick, agent: writer.agent,
            address: address(mask), bytes: bytes(mask), writer: writer.agent,
            writeRecord: Int(writer.record), detail: detail,
            chain: chain(
                state, profile, since: since ?? writer.record, end: event,
                mask: mask | dirty,
                last: "\(event.place.name)'s old bytes go to \(event.otherPlace.name): "
                    + "\(profile.name(of: writer.agent))'s are lost"))
    }
}

extension LostDeviceWrite {
    /// Whether the core stored while the device had the line for others of its bytes: what it wrote in an earlier transfer
    /// is the core's now.
    private func isAside(_ state: GranuleState, _ writer: Version) -> Bool {
        guard let store = state.journal.last(where: { $0.kind == .store }) else { return false }
        return store.record > startedAt ?? writer.record
    }
}

/// An invalidate dropped dirty bytes that it was not asked to touch.
struct LostCoreWrite: Symptom {
    let kind = 2
    let event: Event
    let granule: UInt64
    let mask: UInt64
    let written: VersionID
    let code: HazardCode

    func finding(_ state: GranuleState, _ mirror: CopyMirror, _ profile: HazardProfile) -> Finding {
        let version = written == Version.absent ? 0 : written
        let writer = mirror.versions[Int(version)]
        let what =
            switch code {
            case .h12: "between two operations of one call on the same line"
            case .h18: "while the bytes were the device's"
            case .h19: "after another mapping of the same bytes had ended"
            default: "beside the range that it names"
            }
        return Finding(
            code, .manifest, record: Int(event.record), tick: event.tick, agent: writer.agent,
            address: address(mask), bytes: bytes(mask), writer: writer.agent,
            writeRecord: Int(writer.record),
            detail: "an invalidate dropped from \(event.place.name) what "
                + "\(profile.name(of: writer.agent)) had stored in record \(writer.record), \(what)",
            chain: chain(
                state, profile, since: writer.record, end: event, mask: mask,
                last: "\(event.place.name) drops the dirty bytes"))
    }
}
