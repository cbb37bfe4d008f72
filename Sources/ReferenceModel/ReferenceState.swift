import Events
import MemoryModel
import Operations
import Quantities

// Section 1: what is remembered, beside the caches.

/// A load in flight.
struct ReferenceMiss {
    var completion: UInt64
    var deadline: UInt64
    var cause: Cause
}

/// An entry of a core's store buffer, or a slot of the outer cache's.
struct ReferenceEntry {
    var number: UInt32
    var start: UInt64
    /// Which bytes are there; as many places as the granule has bytes.
    var bytes: [Bool]
    var type: MemoryType
    var isShared: Bool
    var alias: Int
    var ready: UInt64
    var record: UInt32
    /// Whether a store-release is in it, or before it.
    var isRelease = false

    var granule: UInt64 { UInt64(bytes.count) }
    var byteCount: UInt64 { UInt64(bytes.count { $0 }) }
    var isFull: Bool { !bytes.contains(false) }

    /// Whether it has one of some bytes.
    func shares(_ from: UInt64, _ count: UInt64) -> Bool {
        bytes.indices.contains {
            bytes[$0] && start + UInt64($0) >= from && start + UInt64($0) < from + count
        }
    }
}

/// What each core has beside its caches.
struct ReferenceCore {
    var now: UInt64 = 0
    var misses: [ReferenceMiss] = []
    var storeMisses: [UInt64] = []
    var buffer: [ReferenceEntry] = []
    var isHeld = false
    var isActive = false
    var isCoherent: Bool
    /// The first byte of the granule that the exclusive monitor watches.
    var monitor: UInt64?
    var value: UInt64 = 0
    var valueCause = Cause.level1
    var streamStart: UInt64 = 0
    var streamNext: UInt64?
    /// When linefills of L1D complete.
    var linefills: [UInt64] = []
    /// When eviction buffers are free again.
    var evictions: [UInt64] = []
    /// What `env late` has had loaded before its time.
    var late: [(start: UInt64, end: UInt64)] = []
    /// What the access under way has asked for of non-cacheable memory in one burst, and when that is there.
    var burst: (start: UInt64, completion: UInt64)?
    /// When the pieces of the access under way have their values, the latest of them; 0: none has one.
    var valueOfAccess: UInt64 = 0
    var maintenanceDone: UInt64 = 0
    var translation = ReferenceTLB()
}

/// What a core's TLBs hold, the page used last first.
struct ReferenceTLB {
    var main: [UInt64] = []
    var micro: [UInt64] = []
    /// The page that was looked up last.
    var last: UInt64?
}

/// What each L2 has beside its lines.
struct ReferenceTraffic {
    /// When linefills complete.
    var linefills: [UInt64] = []
    /// When hits complete that have an outer cache's line read buffer.
    var hits: [UInt64] = []
}

/// A flush by way that goes on in the background (erratum 727915).
struct ReferenceFlush {
    var lines: [UInt64]
    var end: UInt64
    var core: Int
    var record: UInt32
}

/// A stream of misses that a prefetcher follows.
struct ReferenceStream {
    var last: UInt64
    /// In lines; nil: not known.
    var stride: Int64?
    var count: Int
}

/// What a prefetcher knows.
struct ReferencePrefetcher {
    /// The most recently used first.
    var streams: [ReferenceStream] = []
    /// Lines on their way and when they arrive.
    var arrivals: [(line: UInt64, alias: Int, tick: UInt64)] = []
}

/// A line as a core asks for it.
struct ReferenceTarget {
    /// The first byte of the line of L1D.
    var line: UInt64
    var alias: Int
    var isShared: Bool
}

/// When a line is there, and what for one waited.
struct ReferenceArrival {
    var completion: UInt64
    var cause: Cause
    var source: Place
    /// Dirty bits that came along.
    var dirty: UInt8 = 0
    /// Whether an exclusive L2 gives the line up.
    var leavesLevel2 = false
}
