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
        let bytes = granules * count * MemoryLayout<VersionID>.stride
        // Two are looked at together.
        let base = UnsafeMutableRawPointer.allocate(
            byteCount: bytes, alignment: MemoryLayout<Pair>.alignment)
        return ByteVersions(
            base: base.initializeMemory(
                as: VersionID.self, repeating: version, count: granules * count))
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
    }

    // MARK: Two bytes at a time

    // Lines and most stores are whole groups of eight bytes: these are looked at as four words of two versions each.

    private typealias Pair = UInt64

    /// Goes through the bytes of a mask until one says no: `eight` is asked for the first byte of each group of eight that the
    /// mask has all of, `one` for its other bytes.
    ///
    /// - Returns: whether all said yes.
    @inline(__always)
    private static func areAll(
        _ mask: UInt64, eight: (Int) -> Bool, one: (Int) -> Bool
    ) -> Bool {
        var left = mask
        while left != 0 {
            let first = left.trailingZeroBitCount & ~7
            var group = left &>> UInt64(first) & 0xFF
            left &= ~(0xFF &<< UInt64(first))
            if group == 0xFF {
                guard eight(first) else { return false }
            } else {
                while group != 0 {
                    guard one(first &+ group.trailingZeroBitCount) else { return false }
                    group &= group &- 1
                }
            }
        }
        return true
    }

    /// The versions of a byte and the next one; the first is even.
    @inline(__always)
    private func pair(_ byte: Int) -> Pair {
        UnsafeRawPointer(base + byte).load(as: Pair.self)
    }

    @inline(__always)
    private func put(_ pair: Pair, _ byte: Int) {
        UnsafeMutableRawPointer(base + byte).storeBytes(of: pair, as: Pair.self)
    }

    /// A version twice.
    @inline(__always)
    private static func twice(_ version: VersionID) -> Pair {
        Pair(version) | Pair(version) &<< 32
    }

    /// Whether the eight versions from a byte on are one.
    @inline(__always)
    private func areEight(_ first: Int, _ twice: Pair) -> Bool {
        (pair(first) ^ twice) | (pair(first &+ 2) ^ twice) | (pair(first &+ 4) ^ twice)
            | (pair(first &+ 6) ^ twice) == 0
    }

    /// Gives bytes a version.
    @inline(__always)
    func set(_ mask: UInt64, to version: VersionID) {
        let twice = Self.twice(version)
        _ = Self.areAll(mask) { first in
            put(twice, first)
            put(twice, first &+ 2)
            put(twice, first &+ 4)
            put(twice, first &+ 6)
            return true
        } one: {
            base[$0] = version
            return true
        }
    }

    /// A line's bytes, where a granule has two lines.
    private static var half: Int { count / 2 }

    /// The bytes of a mask that are no whole half; `body` is called with the first byte of each half that it has all of.
    @inline(__always)
    private static func beyondHalves(_ mask: UInt64, _ body: (Int) -> Void) -> UInt64 {
        let (low, high): (UInt64, UInt64) = (0xFFFF_FFFF, 0xFFFF_FFFF << 32)
        var left = mask
        if mask & low == low {
            body(0)
            left &= high
        }
        if mask & high == high {
            body(half)
            left &= low
        }
        return left
    }

    /// Gives bytes the versions that others have.
    @inline(__always)
    func set(_ mask: UInt64, to others: ByteVersions) {
        let left = Self.beyondHalves(mask) { first in
            (base + first).update(from: others.base + first, count: Self.half)
        }
        guard left != 0 else { return }
        _ = Self.areAll(left) { first in
            put(others.pair(first), first)
            put(others.pair(first &+ 2), first &+ 2)
            put(others.pair(first &+ 4), first &+ 4)
            put(others.pair(first &+ 6), first &+ 6)
            return true
        } one: {
            base[$0] = others.base[$0]
            return true
        }
    }

    /// Whether bytes have the versions that others have.
    @inline(__always)
    func areThose(of others: ByteVersions, _ mask: UInt64) -> Bool {
        var difference: Pair = 0
        let left = Self.beyondHalves(mask) { first in
            var byte = first
            while byte < first &+ Self.half {
                difference |= pair(byte) ^ others.pair(byte)
                byte &+= 2
            }
        }
        guard difference == 0 else { return false }
        return Self.areAll(left) { first in
            (pair(first) ^ others.pair(first))
                | (pair(first &+ 2) ^ others.pair(first &+ 2))
                | (pair(first &+ 4) ^ others.pair(first &+ 4))
                | (pair(first &+ 6) ^ others.pair(first &+ 6)) == 0
        } one: {
            base[$0] == others.base[$0]
        }
    }

    /// Whether any byte is older than that of others.
    @inline(__always)
    func areOlder(than others: ByteVersions, _ mask: UInt64) -> Bool {
        !Self.areAll(mask) { first in
            var older: VersionID = 0
            var byte = first
            while byte < first &+ 8 {
                older |= others.base[byte] > base[byte] ? 1 : 0
                byte &+= 1
            }
            return older == 0
        } one: {
            others.base[$0] <= base[$0]
        }
    }

    /// Calls `body` with the versions of bytes, in the bytes' order, and with neighbours that are equal once.
    ///
    /// - Parameters:
    ///   - mask: The bytes.
    ///   - body: What to do.
    @inline(__always)
    func forEachVersion(_ mask: UInt64, _ body: (VersionID) -> Void) {
        var last = Version.absent
        _ = Self.areAll(mask) { first in
            let version = base[first]
            if version != last { body(version) }
            last = version
            guard !areEight(first, Self.twice(version)) else { return true }
            for byte in first &+ 1..<first &+ 8 {
                let version = base[byte]
                if version != last { body(version) }
                last = version
            }
            return true
        } one: {
            let version = base[$0]
            if version != last { body(version) }
            last = version
            return true
        }
    }
}
