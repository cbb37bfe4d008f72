/// A quick answer to whether bytes may be watched: it may be yes for bytes that are not, and never no for bytes that are.
@usableFromInline
struct WatchFilter: Sendable {
    /// Bytes of a granule, as of `WatchList`, which is not to be seen where this is inlined.
    @usableFromInline static var granule: UInt64 { 64 }

    /// A bit for each granule of a page of 4 KiB, of all pages that have the same place.
    @usableFromInline var bits: [UInt64]

    /// Places, as a power of two.
    @usableFromInline static var places: UInt64 { 14 }

    init(_ watch: WatchList) {
        bits = Array(repeating: 0, count: 1 << Self.places)
        for range in watch.ranges {
            for granule in range { bits[Self.place(granule)] |= 1 << (granule & 63) }
        }
    }

    /// The place of a granule's page.
    ///
    /// Buffers mostly lie as far apart as powers of two: the product's upper bits depend on all of the number.
    @inlinable
    @inline(__always)
    static func place(_ granule: UInt64) -> Int {
        Int(truncatingIfNeeded: (granule &>> 6 &* 0x9E37_79B9_7F4A_7C15) &>> (64 &- places))
    }

    @inlinable
    @inline(__always)
    func has(_ granule: UInt64) -> Bool {
        bits[Self.place(granule)] &>> (granule & 63) & 1 == 1
    }

    /// Whether any byte of a range may be watched.
    @inlinable
    @inline(__always)
    func mayTouch(_ address: UInt64, _ size: UInt64) -> Bool {
        let first = address &>> 6
        let last = (address &+ size &- 1) &>> 6
        return has(first) || last != first && (last != first &+ 1 || has(last))
    }
}
