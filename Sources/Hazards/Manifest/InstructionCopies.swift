import Events
import Quantities

/// The versions that the cores' instruction caches hold of watched bytes (H22).
///
/// Instructions are not looked for on the data side: neither in a core's own L1D nor in its store buffer.
struct InstructionCopies {
    private struct Line: Hashable {
        var place: Place
        var granule: UInt64
    }

    private var lines: [Line: [VersionID]] = [:]

    /// An instruction cache took a line from below.
    mutating func fill(_ event: Event, _ mirror: inout CopyMirror) {
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            guard let state = mirror.state(granule) else { continue }
            let line = Line(place: event.place, granule: granule)
            var versions =
                lines[line] ?? [VersionID](repeating: Version.absent, count: Int(WatchList.granule))
            let below = state.index(of: event.otherPlace)
            CopyMirror.forEachByte(mask) { byte in
                let found = below.map { state.copies[$0].copy[byte] } ?? Version.absent
                versions[byte] = found == Version.absent ? state.memory[byte] : found
            }
            lines[line] = versions
        }
    }

    /// An instruction cache gave a line up.
    mutating func drop(_ event: Event) {
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            let line = Line(place: event.place, granule: granule)
            CopyMirror.forEachByte(mask) { lines[line]?[$0] = Version.absent }
        }
    }

    /// The version that a fetch finds.
    func version(_ state: GranuleState, _ granule: UInt64, _ byte: Int, in place: Place)
        -> VersionID
    {
        let found = lines[Line(place: place, granule: granule)]?[byte] ?? Version.absent
        return found == Version.absent ? state.memory[byte] : found
    }
}

extension ManifestDetector {
    /// A fetch is stale if the core knows of a younger version, as a load would be.
    mutating func judgeFetch(_ event: Event) {
        for (granule, mask) in Granules(event.address, UInt64(event.size)) {
            guard let state = mirror.state(granule) else { continue }
            let known = knowledge(of: event.agent)
            var stale: [(found: VersionID, expected: VersionID, mask: UInt64)] = []
            CopyMirror.forEachByte(mask) { byte in
                let found = instructions.version(state, granule, byte, in: event.place)
                guard found != state.latest[byte],
                    let expected = youngest(state, byte, after: found, known)
                else { return }
                if let last = stale.indices.last, stale[last].expected == expected {
                    stale[last].mask |= 1 << UInt64(byte)
                } else {
                    stale.append((found, expected, 1 << UInt64(byte)))
                }
            }
            for part in stale {
                report(
                    StaleRead(
                        event: event, granule: granule, mask: part.mask, found: part.found,
                        expected: part.expected, isFetch: true))
            }
        }
    }
}
