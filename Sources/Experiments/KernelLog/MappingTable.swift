import Operations

/// What a kernel log says is mapped or allocated, until it is released.
struct LoggedMapping {
    /// How it came to be; what releases it must be of the same kind.
    enum Kind: UInt8 {
        /// `dma_map_page`, `dma_map_phys`.
        case page
        /// `dma_map_resource`: registers, not memory.
        case resource
        /// A segment of a list of `dma_map_sg`.
        case list
        /// `dma_alloc`.
        case coherent
        /// `dma_alloc_pages`.
        case pages
        /// `dma_alloc_sgt`.
        case table

        /// The function in words.
        var name: String {
            switch self {
            case .page: "dma_map_page"
            case .resource: "dma_map_resource"
            case .list: "dma_map_sg"
            case .coherent: "dma_alloc"
            case .pages: "dma_alloc_pages"
            case .table: "dma_alloc_sgt"
            }
        }
    }

    var kind: Kind
    var device: Int32
    /// An allocation without one is used both ways.
    var direction: DMADirection
    var attributes: DMAAttributes
    var dma: UInt64
    var physical: UInt64
    var size: UInt64
    /// How many bytes are known to be at ``physical``, in lines that caches keep for the mapping; 0: none.
    ///
    /// Registers have none, nor has what bounces, nor have allocations.
    var cachedBytes: UInt64 = 0
    /// The line of the log that told it.
    var line: UInt64
    /// The function that called, if a stack named it; -1: none did.
    var function: Int32 = -1
    /// The entries of the list, on its first segment.
    var entries: Int32 = 0
    /// The next segment of the list; -1: none.
    var next: Int32 = -1
    /// Whether this is the first segment of a list.
    var isHead = false
    /// Whether the log leaves entries of the list out.
    var isTruncated = false
    /// Whether the core took a part of it back (sync-for-CPU), and has not given it to the device since.
    var isSynced = false
}

/// The live mappings, found by device and DMA address, and by physical address whatever the device.
///
/// Each is in the chain of every bucket that it touches. Buckets are of 16 KiB; long mappings have larger ones, so
/// that none is in more than 64. Memory grows with what is mapped at one time, not with the log.
struct MappingTable {
    /// The most mappings at one time, a list's segments each counted.
    static let limit = 1 << 20

    private struct Node {
        var key: UInt64
        var mapping: Int32
        var next: Int32
    }

    private var mappings: [LoggedMapping] = []
    private var freeMappings: [Int32] = []
    private var nodes: [Node] = []
    private var freeNodes: [Int32] = []
    private var heads = [Int32](repeating: -1, count: 1 << 12)
    /// How many live mappings have buckets of each size.
    private var shiftCounts = [Int](repeating: 0, count: Self.shifts.count)
    /// The same of physical addresses.
    private var physicalCounts = [Int](repeating: 0, count: Self.shifts.count)
    private static let shifts: [UInt64] = [14, 22, 30, 40, 58]
    /// Keys of lists, which `dma_unmap_sg` names by their first physical address.
    private static let listShift = 15
    /// Keys of physical addresses begin here; they name no device.
    private static let physicalShift = 8

    /// How many are live.
    private(set) var count = 0

    /// A live mapping by its place.
    subscript(place: Int32) -> LoggedMapping {
        get { mappings[Int(place)] }
        _modify { yield &mappings[Int(place)] }
    }

    /// Adds a mapping.
    ///
    /// - Returns: its place, for as long as it lives.
    mutating func insert(_ mapping: LoggedMapping) -> Int32 {
        let place: Int32
        if let free = freeMappings.popLast() {
            place = free
            mappings[Int(place)] = mapping
        } else {
            place = Int32(mappings.count)
            mappings.append(mapping)
        }
        count += 1
        count(mapping, 1)
        forEachKey(of: mapping) { table, key in table.link(place, key) }
        if mapping.isHead {
            link(place, Self.key(mapping.device, mapping.physical, Self.listShift))
        }
        return place
    }

    /// Takes a mapping away.
    mutating func remove(_ place: Int32) {
        let mapping = mappings[Int(place)]
        count(mapping, -1)
        forEachKey(of: mapping) { table, key in table.unlink(place, key) }
        if mapping.isHead {
            unlink(place, Self.key(mapping.device, mapping.physical, Self.listShift))
        }
        freeMappings.append(place)
        count -= 1
    }

    /// The mappings of a device that hold an address, the newest first, until `body` says that it is enough.
    func forEach(
        device: Int32, at address: UInt64, _ body: (Int32, LoggedMapping) -> Bool
    ) {
        for (index, shift) in Self.shifts.enumerated() where shiftCounts[index] > 0 {
            let goesOn = forEach(Self.key(device, address >> shift, index)) { place, mapping in
                guard mapping.device == device, address >= mapping.dma,
                    address - mapping.dma < max(mapping.size, 1)
                else { return true }
                return body(place, mapping)
            }
            if !goesOn { return }
        }
    }

    /// The mappings of all devices that have a byte in a line of physical memory.
    ///
    /// - Parameters:
    ///   - line: Its first address.
    ///   - bytes: Its length, a power of two that is no larger than the smallest bucket.
    ///   - body: Is given each of them.
    func forEach(inLine line: UInt64, of bytes: UInt64, _ body: (LoggedMapping) -> Void) {
        for (index, shift) in Self.shifts.enumerated() where physicalCounts[index] > 0 {
            _ = forEach(Self.key(-1, line >> shift, Self.physicalShift + index)) { _, mapping in
                if mapping.cachedBytes > 0, mapping.physical <= line | (bytes - 1),
                    Self.last(mapping.physical, mapping.cachedBytes) >= line
                {
                    body(mapping)
                }
                return true
            }
        }
    }

    private static func last(_ start: UInt64, _ size: UInt64) -> UInt64 {
        let (last, overflow) = start.addingReportingOverflow(max(size, 1) - 1)
        return overflow ? .max : last
    }

    private mutating func count(_ mapping: LoggedMapping, _ change: Int) {
        shiftCounts[Self.shift(mapping.size)] += change
        if mapping.cachedBytes > 0 { physicalCounts[Self.shift(mapping.cachedBytes)] += change }
    }

    /// The mappings under a key, the newest first, until `body` says that it is enough.
    ///
    /// - Returns: false if it did.
    @inline(__always)
    private func forEach(_ key: UInt64, _ body: (Int32, LoggedMapping) -> Bool) -> Bool {
        var node = heads[slot(key)]
        while node >= 0 {
            let entry = nodes[Int(node)]
            node = entry.next
            guard entry.key == key else { continue }
            if !body(entry.mapping, mappings[Int(entry.mapping)]) { return false }
        }
        return true
    }

    /// The newest list of a device that begins at a physical address.
    func list(device: Int32, physical: UInt64) -> Int32? {
        var found: Int32?
        _ = forEach(Self.key(device, physical, Self.listShift)) { place, mapping in
            if mapping.isHead, mapping.device == device, mapping.physical == physical {
                found = place
            }
            return found == nil
        }
        return found
    }

    /// What is live, in the order of the log.
    var live: [LoggedMapping] {
        var isFree = [Bool](repeating: false, count: mappings.count)
        for place in freeMappings { isFree[Int(place)] = true }
        return zip(mappings, isFree).filter { !$0.1 }.map(\.0).sorted {
            ($0.line, $0.dma) < ($1.line, $1.dma)
        }
    }

    // MARK: Buckets

    private static func shift(_ size: UInt64) -> Int {
        shifts.firstIndex { size >> $0 < 62 } ?? shifts.count - 1
    }

    /// Mixed so that neighbouring buckets, devices and sizes of buckets spread over the heads.
    private static func key(_ device: Int32, _ bucket: UInt64, _ shift: Int) -> UInt64 {
        var key = bucket &* 0x9E37_79B9_7F4A_7C15
        key ^= (UInt64(UInt32(bitPattern: device)) << 4 | UInt64(shift)) &* 0xC2B2_AE3D_27D4_EB4F
        return key ^ key >> 29
    }

    private func slot(_ key: UInt64) -> Int { Int(truncatingIfNeeded: key) & (heads.count - 1) }

    private mutating func forEachKey(
        of mapping: LoggedMapping, _ body: (inout Self, UInt64) -> Void
    ) {
        let shift = Self.shift(mapping.size)
        for bucket in Self.buckets(mapping.dma, mapping.size, shift) {
            body(&self, Self.key(mapping.device, bucket, shift))
        }
        guard mapping.cachedBytes > 0 else { return }
        let second = Self.shift(mapping.cachedBytes)
        for bucket in Self.buckets(mapping.physical, mapping.cachedBytes, second) {
            body(&self, Self.key(-1, bucket, Self.physicalShift + second))
        }
    }

    private static func buckets(
        _ start: UInt64, _ size: UInt64, _ shift: Int
    ) -> ClosedRange<UInt64> {
        start >> shifts[shift]...last(start, size) >> shifts[shift]
    }

    private mutating func link(_ mapping: Int32, _ key: UInt64) {
        if nodes.count - freeNodes.count >= heads.count { grow() }
        let slot = slot(key)
        let node = Node(key: key, mapping: mapping, next: heads[slot])
        if let free = freeNodes.popLast() {
            nodes[Int(free)] = node
            heads[slot] = free
        } else {
            nodes.append(node)
            heads[slot] = Int32(nodes.count - 1)
        }
    }

    private mutating func unlink(_ mapping: Int32, _ key: UInt64) {
        let slot = slot(key)
        var before: Int32 = -1
        var node = heads[slot]
        while node >= 0 {
            let entry = nodes[Int(node)]
            if entry.mapping == mapping, entry.key == key {
                if before < 0 {
                    heads[slot] = entry.next
                } else {
                    nodes[Int(before)].next = entry.next
                }
                freeNodes.append(node)
                return
            }
            before = node
            node = entry.next
        }
    }

    /// Doubles the heads.
    ///
    /// Within a chain the newest stays first: chains are taken from their ends.
    private mutating func grow() {
        let old = heads
        heads = [Int32](repeating: -1, count: old.count * 2)
        for head in old {
            var chain: [Int32] = []
            var node = head
            while node >= 0 {
                chain.append(node)
                node = nodes[Int(node)].next
            }
            for node in chain.reversed() {
                let slot = slot(nodes[Int(node)].key)
                nodes[Int(node)].next = heads[slot]
                heads[slot] = node
            }
        }
    }
}
