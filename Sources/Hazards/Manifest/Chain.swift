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
    /// - Returns: the links, oldest first.
    func chain(
        _ state: GranuleState, _ profile: HazardProfile, since: UInt32, end: Event, mask: UInt64
    ) -> [ChainLink] {
        let entries = state.journal.filter { $0.mask & mask != 0 || $0.kind == .maintenance }
        let start =
            entries.firstIndex { $0.record >= since } ?? entries.startIndex
        // The copy that went stale was made before: take in the last fill, load or store before the write.
        let before = entries[..<start].lastIndex { $0.kind == .fill || $0.kind == .store }
        var links: [ChainLink] = []
        for entry in entries[(before ?? start)...] where entry.record <= end.record {
            guard let text = Self.text(entry, profile) else { continue }
            let link = ChainLink(record: Int(entry.record), tick: entry.tick, text: text)
            if links.last?.text != link.text { links.append(link) }
        }
        let limit = 7
        if links.count > limit { links = [links[0]] + links.suffix(limit - 1) }
        return links
    }

    private static func text(_ entry: JournalEntry, _ profile: HazardProfile) -> String? {
        let who = profile.name(of: entry.agent)
        switch entry.kind {
        case .store:
            return entry.place.isBuffer
                ? "\(who) stores; the bytes wait in \(entry.place.name)"
                : "\(who) stores; \(entry.place.name): \(entry.place == .memory ? "new" : "dirty")"
        case .load: return "\(who) loads from \(entry.place.name)"
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
        case .invalidate: return "\(entry.place.name) gives the line up"
        case .maintenance: return "\(who) maintains the line in \(entry.place.name)"
        case .deviceRead: return "\(who) reads \(entry.place.name)"
        case .deviceWrite:
            let stale = entry.holders.map { "\($0.name): stale" }
            return "\(who) writes \(entry.place.name): new"
                + (stale.isEmpty ? "" : "; " + stale.joined(separator: ", "))
        case .drain: return "\(entry.place.name) drains to \(entry.other.name)"
        }
    }
}
