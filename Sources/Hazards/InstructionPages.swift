/// The pages from which a program fetches, and to which it stores: a quick answer to whether it writes instructions at all.
///
/// Pages whose numbers have the same lowest sixteen bits are one: the answer may be yes for a program that does not, and
/// is never no for one that does.
struct InstructionPages {
    private var fetched = [UInt64](repeating: 0, count: 1 << 10)
    private var stored = [UInt64](repeating: 0, count: 1 << 10)
    /// A page is no smaller than a line, to which what is stored is widened.
    private let shift: UInt64

    /// Makes empty sets; `lineSize` is that of a data line, in bytes.
    init(lineSize: UInt64) { shift = UInt64(max(lineSize, 4_096).trailingZeroBitCount) }

    /// The page that was noted last; the next is mostly the same.
    private var lastFetched = UInt64.max

    /// Notes a byte of an instruction.
    @inline(__always)
    mutating func fetch(_ address: UInt64) {
        let page = address >> shift
        guard page != lastFetched else { return }
        isFetched = true
        lastFetched = page
        fetched[Int(page >> 6 & 1_023)] |= 1 << (page & 63)
    }

    /// Notes bytes that are written.
    mutating func store(_ address: UInt64, _ size: UInt64) {
        guard size > 0 else { return }
        let last = lastByte(address, size) >> shift
        let first = address >> shift
        for page in first...min(last, first + (1 << 16)) {
            stored[Int(page >> 6 & 1_023)] |= 1 << (page & 63)
        }
    }

    /// Whether anything was fetched.
    private(set) var isFetched = false

    /// Whether a page may have both.
    var overlap: Bool { zip(fetched, stored).contains { $0 & $1 != 0 } }

    /// Whether any byte of the page of an address may be written.
    func mayBeStored(_ address: UInt64) -> Bool {
        let page = address >> shift
        return stored[Int(page >> 6 & 1_023)] >> (page & 63) & 1 == 1
    }
}
