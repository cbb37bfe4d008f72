import Quantities

/// A version for each byte of a granule, somewhere in memory that another value owns.
///
/// Versions are looked at and changed for each access to watched bytes; a list would be counted and checked each time.
struct ByteVersions: BitwiseCopyable {
    private let base: UnsafeMutablePointer<VersionID>

    /// How many there are.
    static var count: Int { Int(WatchList.granule) }

    /// Takes memory for so many granules' bytes, all of one version; ``release()`` gives it back.
    static func allocate(_ version: VersionID, granules: Int = 1) -> ByteVersions {
        let base = UnsafeMutablePointer<VersionID>.allocate(capacity: granules * count)
        base.initialize(repeating: version, count: granules * count)
        return ByteVersions(base: base)
    }

    private init(base: UnsafeMutablePointer<VersionID>) { self.base = base }

    /// The granule behind this one, of those that were taken together.
    var next: ByteVersions { ByteVersions(base: base + Self.count) }

    /// Gives the memory back.
    func release() { base.deallocate() }

    /// The version of a byte.
    subscript(byte: Int) -> VersionID {
        @inline(__always) get {
            assert(byte >= 0 && byte < Self.count)
            return base[byte]
        }
        nonmutating set {
            assert(byte >= 0 && byte < Self.count)
            base[byte] = newValue
        }
    }

    /// The bytes of a mask that has no gaps; nil: it has some.
    @inline(__always)
    private static func span(_ mask: UInt64) -> Range<Int>? {
        guard mask != 0 else { return 0..<0 }
        let first = mask.trailingZeroBitCount
        let end = 64 &- mask.leadingZeroBitCount
        return mask.nonzeroBitCount == end &- first
            ? Range(uncheckedBounds: (first, end)) : nil
    }

    @inline(__always)
    private static func forEach(_ mask: UInt64, _ body: (Int) -> Void) {
        if let span = span(mask) {
            var byte = span.lowerBound
            while byte < span.upperBound {
                body(byte)
                byte &+= 1
            }
        } else {
            CopyMirror.forEachByte(mask, body)
        }
    }

    /// Gives bytes a version.
    @inline(__always)
    func set(_ mask: UInt64, to version: VersionID) {
        Self.forEach(mask) { base[$0] = version }
    }

    /// Gives bytes the versions that others have, and where these have none those of a third.
    func set(_ mask: UInt64, to others: ByteVersions, else third: ByteVersions) {
        Self.forEach(mask) { byte in
            let other = others.base[byte]
            base[byte] = other == Version.absent ? third.base[byte] : other
        }
    }

    /// Gives bytes the versions that others have; those without one there stay.
    func set(_ mask: UInt64, to others: ByteVersions) {
        Self.forEach(mask) { byte in
            let other = others.base[byte]
            base[byte] = other == Version.absent ? base[byte] : other
        }
    }

    /// The one version that all bytes of a mask have; nil: there are several.
    @inline(__always)
    func only(_ mask: UInt64) -> VersionID? {
        let first = base[mask.trailingZeroBitCount & 63]
        var difference: VersionID = 0
        Self.forEach(mask) { difference |= base[$0] ^ first }
        return difference == 0 ? first : nil
    }

    /// Whether bytes, or where they have no version those of a third, have the versions that others have.
    func areThose(of others: ByteVersions, _ mask: UInt64, else third: ByteVersions) -> Bool {
        var difference: VersionID = 0
        Self.forEach(mask) { byte in
            let own = base[byte]
            difference |= (own == Version.absent ? third.base[byte] : own) ^ others.base[byte]
        }
        return difference == 0
    }
}
