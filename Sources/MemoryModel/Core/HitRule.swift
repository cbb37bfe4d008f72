// What the fast path looks up for an access, and how it counts, so that its loop branches on nothing but whether the
// access is on the fast path.

/// When a load, a store or a fetch hits L1 with nothing else to do, and what it takes.
///
/// A core has one of these for each of the three, so that the fast path looks up what differs and does not branch.
struct HitRule: BitwiseCopyable {
    let window: CacheWindow
    /// The state that the line must have, with all bits of `mask`.
    let state: UInt64
    /// What does not matter of the state.
    let mask: UInt64
    /// How long it takes.
    let ticks: UInt64
    /// What it adds to the counts.
    let count: UInt64

    /// A load of a line that no prefetcher brought; it may be dirty, and another core may have it.
    static func load(_ window: CacheWindow, ticks: UInt64) -> HitRule {
        HitRule(
            window, CacheBank.valid, mask: CacheBank.dirty | CacheBank.shared, ticks,
            HitCounts.oneLoad)
    }

    /// A store to a line that it changes no bit of: all dirty, and no other core has it.
    static func store(_ window: CacheWindow, ticks: UInt64) -> HitRule {
        HitRule(
            window, CacheBank.valid | CacheBank.dirty, mask: 0, ticks, HitCounts.oneStore)
    }

    /// A fetch.
    static func fetch(_ window: CacheWindow, ticks: UInt64) -> HitRule {
        HitRule(
            window, CacheBank.valid, mask: CacheBank.dirty | CacheBank.shared, ticks,
            HitCounts.oneFetch)
    }

    private init(
        _ window: CacheWindow, _ state: UInt64, mask: UInt64, _ ticks: UInt64, _ count: UInt64
    ) {
        self.window = window
        self.state = state | mask
        self.mask = mask
        self.ticks = ticks
        self.count = count
    }

    /// Zero if all bytes are in one line, which the hint of the line names, in the state that is asked for.
    @inline(__always)
    func difference(_ address: UInt64, _ size: UInt32) -> UInt64 {
        let line = address &>> window.lineShift
        let last = address &+ UInt64(size) &- 1
        return (window.hinted(line) | mask) ^ (line &<< CacheBank.stateBits | state)
            | (address ^ last) & ~window.lineMask
    }

    /// Searches the line's set and notes the use.
    ///
    /// - Returns: the entry of the line, if it is there in the state that is asked for; a store may find it clean.
    func find(_ line: UInt64) -> UnsafeMutablePointer<UInt64>? {
        window.find(line, state: state, mask: mask | CacheBank.dirty)
    }
}

/// How many fetches, loads and stores there were, in one word, so that a loop adds to one register.
struct HitCounts {
    private static var bits: UInt64 { 21 }
    private static var mask: UInt64 { 1 &<< bits &- 1 }
    static var oneFetch: UInt64 { 1 }
    static var oneLoad: UInt64 { 1 &<< bits }
    /// A store counts as data, and as a store.
    static var oneStore: UInt64 { 1 &<< bits | 1 &<< (2 &* bits) }
    /// The most accesses that the word can hold, each of which may count twice.
    static var most: Int { Int(mask / 2) }

    /// The sum of the above.
    var sum: UInt64 = 0

    /// Fetches; those that cross a line count twice.
    var fetches: UInt64 { sum & Self.mask }
    /// Loads and stores.
    var data: UInt64 { sum &>> Self.bits & Self.mask }
    /// Stores.
    var stores: UInt64 { sum &>> (2 &* Self.bits) }
    /// Loads.
    var loads: UInt64 { data &- stores }
}
