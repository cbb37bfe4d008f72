/// A quick answer to whether bytes may be watched: it may be yes for bytes that are not, and never no for bytes that are.
@usableFromInline
struct WatchFilter: Sendable {
    /// Bytes of a granule.
    @usableFromInline static var granule: UInt64 { 64 }

    /// A bit for each granule that has the same lowest sixteen bits in its number.
    @usableFromInline var bits: [UInt64]

    init(_ watch: WatchList) {
        bits = Array(repeating: 0, count: 1 << 10)
        for range in watch.ranges {
            for granule in range.prefix(1 << 16) {
                bits[Int(granule >> 6 & 1_023)] |= 1 << (granule & 63)
            }
        }
    }

    @inlinable
    @inline(__always)
    func has(_ granule: UInt64) -> Bool {
        bits[Int(truncatingIfNeeded: granule &>> 6 & 1_023)] &>> (granule & 63) & 1 == 1
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
