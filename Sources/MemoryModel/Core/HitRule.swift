import Operations
import Quantities

// What the fast path looks up for an access, and how it counts, so that its loop branches on nothing but whether the
// access is on the fast path.

/// When a load, a store or a fetch hits L1 with nothing else to do, and what it takes.
///
/// A core has one of these for each of the three, so that the fast path looks up what differs and does not branch.
struct HitRule: BitwiseCopyable {
    /// The lines that it hits so, by the low bits of their numbers (``CacheBank/loadHeads``).
    private let heads: UnsafePointer<UInt64>
    private let headMask: UInt64
    private let lineShift: UInt64
    /// Bytes of a line; 0: no access passes.
    private let reach: UInt64
    /// How long it takes.
    let ticks: UInt64
    /// What it adds to the counts.
    let count: UInt64
    /// The copy of the cache, in a table that the machine keeps.
    let window: UnsafePointer<CacheWindow>

    /// The copies of the caches of each core in turn: for data, for instructions.
    static func windows(
        _ data: borrowing CacheBank, _ instruction: borrowing CacheBank
    ) -> OwnedBuffer<CacheWindow> {
        let windows = OwnedBuffer(repeating: data.window(0), count: 2 * data.copies)
        for core in 0..<data.copies {
            windows[2 * core] = data.window(core)
            windows[2 * core + 1] = instruction.window(core)
        }
        return windows
    }

    /// The rules of each core in turn: for loads, for stores, for fetches.
    ///
    /// Valid while the windows live.
    static func table(
        _ windows: borrowing OwnedBuffer<CacheWindow>, _ costs: TickCosts
    ) -> OwnedBuffer<HitRule> {
        let base = UnsafePointer(windows.base)
        let first = HitRule(base, isStore: false, costs.cycle, HitCounts.oneLoad)
        let rules = OwnedBuffer(repeating: first, count: 3 * (windows.count / 2))
        for core in 0..<windows.count / 2 {
            let (data, fetches) = (base + 2 * core, base + 2 * core + 1)
            rules[3 * core] = HitRule(data, isStore: false, costs.cycle, HitCounts.oneLoad)
            rules[3 * core + 1] = HitRule(data, isStore: true, costs.cycle, HitCounts.oneStore)
            rules[3 * core + 2] = HitRule(fetches, isStore: false, costs.fetch, HitCounts.oneFetch)
        }
        return rules
    }

    private init(
        _ window: UnsafePointer<CacheWindow>, isStore: Bool, _ ticks: UInt64, _ count: UInt64
    ) {
        let cache = window.pointee
        heads = UnsafePointer(isStore ? cache.storeHeads : cache.loadHeads)
        headMask = cache.headMask
        lineShift = cache.lineShift
        // With a single head no line could stand for none.
        reach = cache.headMask == 0 ? 0 : cache.lineSize
        self.ticks = ticks
        self.count = count
        self.window = window
    }

    /// Whether all bytes are in one line whose next hit changes nothing.
    @inline(__always)
    func passes(_ address: UInt64, _ size: UInt32) -> Bool {
        let head = heads[Int(truncatingIfNeeded: address &>> lineShift & headMask)]
        let last = address &+ UInt64(size) &- 1
        return (address ^ head) | (last ^ head) < reach
    }

    /// Searches the line's set and notes the use.
    ///
    /// - Parameters:
    ///   - line: The line.
    ///   - isStore: Whether no other core may have it; it may be clean then, too.
    /// - Returns: the entry of the line, if it is there so that nobody else need be asked.
    @inline(__always)
    func find(_ line: UInt64, isStore: Bool) -> UnsafeMutablePointer<UInt64>? {
        CacheWindow.find(
            window, line, state: CacheBank.valid,
            mask: isStore ? CacheBank.dirty : CacheBank.dirty | CacheBank.shared)
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

/// Which records the accesses have that are being performed, for a probe that hears some hits.
///
/// The fast path looks here when it needs it: in its loop it would take registers.
struct AccessNumbering: BitwiseCopyable {
    private let base: UnsafePointer<MemoryAccess>?
    private let firstRecord: UInt32
    /// How far the records of neighbours are apart.
    private let step: UInt32

    /// That of no accesses.
    init() {
        base = nil
        firstRecord = 0
        step = 0
    }

    /// That of accesses from one on.
    init(_ base: UnsafePointer<MemoryAccess>, _ firstRecord: UInt32, _ step: UInt32) {
        self.base = base
        self.firstRecord = firstRecord
        self.step = step
    }

    /// The record of one of them.
    @inline(__always)
    func record(of access: UnsafePointer<MemoryAccess>) -> UInt32 {
        guard let base else { return firstRecord }
        return firstRecord &+ UInt32(truncatingIfNeeded: access - base) &* step
    }
}

/// Where all lines are of whose loads the probe has heard enough.
struct HeardHeads: BitwiseCopyable {
    private var first = UInt64.max
    private var last: UInt64 = 0

    /// Takes a line in, by its first byte.
    mutating func take(_ line: UInt64, bytes: UInt64) {
        first = min(first, line)
        last = max(last, line &+ (bytes &- 1))
    }

    /// Whether one of them may have any of some bytes; of a range that ends beyond all addresses it may.
    @inline(__always)
    func overlaps(_ address: UInt64, _ size: UInt64) -> Bool {
        let end = address &+ (size &- 1)
        return address <= last && (end >= first || end < address)
    }
}
