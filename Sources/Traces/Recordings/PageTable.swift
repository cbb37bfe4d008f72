/// Physical addresses of the pages that a recording of virtual addresses tells.
struct PageTable {
    /// The most pages that are kept: 4 GiB of 4-KiB pages.
    static let limit = 1 << 20

    /// Bytes in a page.
    var size: UInt64 = 4096 {
        didSet { if size == 0 || size & (size - 1) != 0 { size = 4096 } }
    }
    private var pages: [UInt64: UInt64] = [:]

    /// Notes where a page lies.
    ///
    /// - Returns: false if there is no room for it.
    mutating func insert(virtual: UInt64, physical: UInt64) -> Bool {
        let page = virtual & ~(size - 1)
        guard pages.count < Self.limit || pages[page] != nil else { return false }
        pages[page] = physical & ~(size - 1)
        return true
    }

    /// The physical address; nil if the page was not told.
    func physical(of virtual: UInt64) -> UInt64? {
        guard !pages.isEmpty, let page = pages[virtual & ~(size - 1)] else { return nil }
        return page | virtual & (size - 1)
    }
}
