import Events
import Quantities

extension Symptom {
    /// The links that led to a symptom: what the journal says of these bytes, from the copy that went stale on.
    ///
    /// - Parameters:
    ///   - state: The granule.
    ///   - profile: For names.
    ///   - since: The record of the write that was missed or lost; the last fill or store before it comes too.
    ///   - end: The event at which bytes went wrong.
    ///   - mask: The bytes concerned.
    ///   - last: What went wrong at the end, in words.
    /// - Returns: the links, oldest first.
    func chain(
        _ state: GranuleState, _ profile: HazardProfile, since: UInt32, end: Event, mask: UInt64,
        last: String
    ) -> [ChainLink] {
        let line = ~(profile.lineSize - 1)
        let first = (granule * WatchList.granule + UInt64(mask.trailingZeroBitCount)) & line
        let near = Granules.mask(first, profile.lineSize, in: granule) | mask
        let entries = state.journal.filter { $0.mask & near != 0 && $0.record <= end.record }
        let start = entries.firstIndex { $0.record >= since } ?? entries.startIndex
        // The copy that went stale was made before: take in the last fill or store before the write.
        let before = entries[..<start].lastIndex { $0.kind == .fill || $0.kind == .store }
        var links: [ChainLink] = []
        for entry in entries[(before ?? start)...] {
            guard let text = Self.text(entry, profile) else { continue }
            let link = ChainLink(record: Int(entry.record), tick: entry.tick, text: text)
            if links.last?.text != link.text || links.last?.record != link.record {
                links.append(link)
            }
        }
        links.append(ChainLink(record: Int(end.record), tick: end.tick, text: last))
        return Self.shortened(links, keeping: Int(since))
    }

    /// At most eight links: the first, the last and the write that was missed stay, others go from the front.
    private static func shortened(_ links: [ChainLink], keeping record: Int) -> [ChainLink] {
        var links = links
        while links.count > 8 {
            let spare = links.indices.dropFirst().dropLast(2).first { links[$0].record != record }
            links.remove(at: spare ?? 1)
        }
        return links
    }

    private static func text(_ entry: JournalEntry, _ profile: HazardProfile) -> String? {
        let who = profile.name(of: entry.agent)
        switch entry.kind {
        case .store:
            return entry.place.isBuffer
                ? "\(who) stores; the bytes wait in \(entry.place.name)"
                : "\(who) stores; \(entry.place.name): \(entry.place == .memory ? "new" : "dirty")"
        case .load: return nil
        case .fill:
            let why =
                switch entry.reason {
                case .environment: " by speculation"
                case .prefetch: " by prefetch"
                default: ""
                }
            return "\(entry.place.name) takes the line from \(entry.other.name)\(why)"
        case .writeback:
            let why = entry.reason == .maintenance ? "cleaned" : "evicted"
            return "\(entry.place.name) is \(why): its bytes go to \(entry.other.name)"
        case .invalidate:
            // What follows from a replacement is said by the write-back, and a clean line's going says nothing.
            return entry.reason == .maintenance || entry.reason == .snoop
                ? "\(entry.place.name) gives the line up" : nil
        case .maintenance: return "\(who) maintains the line in \(entry.place.name)"
        case .deviceRead: return nil
        case .deviceWrite:
            let stale = entry.holders.map { "\($0.name): stale" }
            return "\(who) writes \(entry.place.name): new"
                + (stale.isEmpty ? "" : "; " + stale.joined(separator: ", "))
        case .drain: return "\(entry.place.name) drains to \(entry.other.name)"
        }
    }
}
