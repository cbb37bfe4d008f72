import Operations
import Quantities

// What is modelled: entries of one aligned granule that merge, age, and leave in order unless `env drain`
// names others. Stores that hit a line in L1 pass through in the cycle of their issue and are not kept here.
// Left out: byte-lane timing; forwarding costs nothing (the detector gives the youngest bytes).

/// One entry of a store buffer.
struct StoreBufferEntry: BitwiseCopyable {
    /// The entry's number, unique in the machine: events name it.
    var number: UInt32
    /// The first byte of the aligned granule.
    var address: UInt64
    /// Bytes of the granule.
    var granule: UInt64
    /// Which of its bytes are there; granules are 64 bytes at most.
    var mask: UInt64
    /// The memory type of the stores.
    var type: MemoryType
    /// From when on it may leave by itself.
    var ready: UInt64
    /// The record of the last store merged into it.
    var record: UInt32
    /// Whether other cores take part (the shareability of its memory).
    var isShared = true
    /// Under which alias L1 would keep its line.
    var synonym: UInt64 = 0
    /// Whether a store-release is in it.
    var isRelease = false

    /// Whether every byte is there.
    var isFull: Bool { mask.nonzeroBitCount == Int(granule) }

    /// Whether it shares a byte with a range.
    func overlaps(_ start: UInt64, _ size: UInt64) -> Bool {
        guard address < start &+ size, start < address &+ granule else { return false }
        let first = max(start, address)
        let last = min(start &+ size, address &+ granule)
        return mask & StoreBuffer.mask(first, last - first, granule) != 0
    }
}

/// Buffered stores, the oldest first.
extension RandomAccessCollection<StoreBufferEntry> where Index == Int {
    /// The entry that a store merges into.
    @inline(__always)
    func mergeTarget(_ address: UInt64, _ granule: UInt64, _ type: MemoryType) -> Int? {
        let start = address & ~(granule - 1)
        // A buffer that `env hold` has filled far beyond its size merges with the youngest only.
        let first = Swift.max(endIndex - 64, startIndex)
        var index = endIndex
        while index > first {
            index -= 1
            let entry = self[index]
            if entry.address == start, entry.granule == granule, entry.type == type {
                return index
            }
        }
        return nil
    }
}

/// The slots of an outer cache that have not reached the next place.
struct StoreBuffer {
    /// The entries, oldest first.
    var entries: [StoreBufferEntry] = []
    /// How many there may be.
    let capacity: Int

    /// Makes an empty buffer.
    init(capacity: Int) { self.capacity = capacity }

    /// The bits of `size` bytes from `address` in a granule.
    @inline(__always)
    static func mask(_ address: UInt64, _ size: UInt64, _ granule: UInt64) -> UInt64 {
        let offset = address & (granule &- 1)
        let ones: UInt64 = size >= 64 ? .max : (1 &<< size) &- 1
        return ones &<< offset
    }
}
