import Events
import Operations
import Quantities

// What translation costs: each core has a main TLB, and where the machine says so a micro TLB in front of it, both
// fully associative, for loads, stores and hints. A page that the micro TLB does not hold asks the main one; a page
// that that does not hold either is walked for. The core waits meanwhile.
//
// The page that an access was in last needs no look-up: it is the most recent one. So the mapping at work is cut to
// that page, and what goes beyond it comes by here; the fast path, which stays within the mapping at work, need
// not know.
//
// Left out: fetches, maintenance, devices; the reads of a walk as such, and what they do to caches; pages of several
// sizes; invalidation, though the mappings change.

/// What one core's translations reach: page numbers, the one used last first.
struct TLBState {
    /// The pages of the micro TLB.
    private var micro: [UInt64] = []
    /// The pages of the main TLB.
    private var main: [UInt64] = []
    /// The page used last; all ones: none yet.
    private var last = UInt64.max
    /// Pages that the micro TLB holds; 0: there is none.
    private let microEntries: Int
    private let entries: Int
    private let pageShift: UInt64

    init(_ configuration: TLBConfiguration) {
        microEntries = configuration.microEntries ?? 0
        entries = configuration.entries
        pageShift = UInt64(configuration.pageBytes.trailingZeroBitCount)
    }

    /// What held a page before it was used.
    enum Level {
        case first
        case main
        case none
    }

    /// Notes the use of the page that holds an address.
    ///
    /// - Complexity: O(entries), and O(1) for the page used last.
    mutating func use(_ address: UInt64) -> Level {
        let page = address &>> pageShift
        guard page != last else { return .first }
        last = page
        if microEntries > 0, Self.use(page, in: &micro, microEntries) { return .first }
        guard Self.use(page, in: &main, entries) else { return .none }
        return microEntries > 0 ? .main : .first
    }

    /// Makes a page the most recent one of a list; the least recent one leaves a full list.
    ///
    /// - Returns: whether it was there.
    private static func use(_ page: UInt64, in pages: inout [UInt64], _ entries: Int) -> Bool {
        let index = pages.firstIndex(of: page)
        if let index {
            pages.remove(at: index)
        } else if pages.count >= entries {
            pages.removeLast()
        }
        pages.insert(page, at: 0)
        return index != nil
    }

    /// The page that holds an address: its first byte, and how many.
    func page(of address: UInt64) -> (start: UInt64, bytes: UInt64) {
        ((address &>> pageShift) &<< pageShift, 1 &<< pageShift)
    }
}

extension Machine where P: ~Copyable {
    /// Lets a core translate an address of the mapping at work, and cuts that to the address's page.
    ///
    /// A fetch asks for nothing, and has the whole mapping.
    mutating func enterPage(of address: UInt64, _ core: Int, isFetch: Bool) {
        guard !isFetch else {
            if mapOwner != .max { mapSize = 0 }
            return translate(address)
        }
        switch tlbs[core].use(address) {
        case .first: break
        case .main: spend(core, costs.microMiss, on: .translation)
        case .none: spend(core, costs.microMiss + costs.walk, on: .translation)
        }
        let (start, bytes) = tlbs[core].page(of: address)
        let from = max(start, mapStart)
        let end = min(start &+ (bytes &- 1), mapStart &+ (mapSize &- 1))
        mapStart = from
        mapSize = end &- from &+ 1
        mapOwner = core
    }
}
