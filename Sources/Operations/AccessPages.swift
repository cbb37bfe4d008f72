import Quantities

/// The pages from which single accesses fetch, and to which they store: a quick answer to whether a program writes
/// instructions at all.
///
/// Pages whose numbers have the same lowest sixteen bits are one: the answer may be yes for a program that does not, and
/// is never no for one that does.
public struct AccessPages: Sendable {
    /// Pages have 4 KiB: no line of a cache has more, to which what is stored is widened.
    private static let shift: UInt64 = 12

    private var fetched = [UInt64](repeating: 0, count: 1 << 10)
    private var stored = [UInt64](repeating: 0, count: 1 << 10)
    /// The pages that were noted last; the next is mostly the same.
    private var lastFetched = UInt64.max
    private var lastStored = UInt64.max

    /// Makes empty sets.
    public init() {}

    /// Notes a single access.
    ///
    /// - Parameters:
    ///   - access: The access, of at least one byte.
    ///   - physical: What an address means.
    @inline(__always)
    mutating func note(_ access: MemoryAccess, _ physical: (UInt64) -> UInt64 = { $0 }) {
        if access.kind == .fetch {
            let (last, overflow) = access.address.addingReportingOverflow(UInt64(access.size) - 1)
            fetch(physical(access.address))
            fetch(physical(overflow ? .max : last))
        } else if access.kind.isStore {
            store(physical(access.address), UInt64(access.size))
        }
    }

    /// Notes a byte of an instruction.
    private mutating func fetch(_ address: UInt64) {
        let page = address >> Self.shift
        guard page != lastFetched else { return }
        isFetched = true
        lastFetched = page
        fetched[Int(page >> 6 & 1_023)] |= 1 << (page & 63)
    }

    /// Notes bytes that are written.
    public mutating func store(_ address: UInt64, _ size: UInt64) {
        guard size > 0 else { return }
        let (end, overflow) = address.addingReportingOverflow(size - 1)
        let last = (overflow ? .max : end) >> Self.shift
        let first = address >> Self.shift
        if first == last {
            guard first != lastStored else { return }
            lastStored = first
        }
        for page in first...min(last, first + (1 << 16)) {
            stored[Int(page >> 6 & 1_023)] |= 1 << (page & 63)
        }
    }

    /// Whether anything was fetched.
    public private(set) var isFetched = false

    /// Whether a page may have both.
    public var overlap: Bool { zip(fetched, stored).contains { $0 & $1 != 0 } }

    /// Whether any byte of the page of an address may be written.
    public func mayBeStored(_ address: UInt64) -> Bool {
        let page = address >> Self.shift
        return stored[Int(page >> 6 & 1_023)] >> (page & 63) & 1 == 1
    }
}
