import Operations

/// The kernel's bounce buffers (kernel/dma/swiotlb.c): memory that every device reaches, given out in slots.
///
/// A request gets neighbouring slots of one segment, looked for from where the last one ended, so that the slots of
/// many requests go round the pool. (linux-dma.md §2.7) Left out: areas for each processor, pools that are added while
/// the system runs, and alignment that a device asks for (`dma_set_min_align_mask`).
struct BouncePool: Hashable, Sendable {
    /// Where it lies and whether everything bounces.
    let declaration: BounceDeclaration
    /// Whether each slot is given out.
    private var isUsed: [Bool]
    /// Where the search begins.
    private var next = 0

    /// Slots in a segment (`IO_TLB_SEGSIZE`): no request has more.
    static let segment = 128
    /// The most bytes of one mapping, 256 KiB.
    static let largestMapping = UInt64(segment) * BounceDeclaration.slotSize

    init(_ declaration: BounceDeclaration) {
        self.declaration = declaration
        isUsed = Array(repeating: false, count: Int(declaration.size / BounceDeclaration.slotSize))
    }

    /// How many slots are given out.
    var usedSlots: Int { isUsed.count(where: \.self) }

    /// How many slots there are.
    var slots: Int { isUsed.count }

    /// Gives out slots for a mapping.
    ///
    /// - Returns: the physical address of the first; nil if there are no such neighbours.
    /// - Complexity: O(slots).
    mutating func allocate(_ bytes: UInt64) -> UInt64? {
        let wanted = Self.slots(for: bytes)
        guard wanted <= Self.segment, !isUsed.isEmpty else { return nil }
        let stride = bytes >= Lowering.pageSize ? Lowering.pageSize / BounceDeclaration.slotSize : 1
        for distance in 0..<isUsed.count {
            let first = (next + distance) % isUsed.count
            guard isFree(first, wanted, stride: Int(stride)) else { continue }
            for slot in first..<first + wanted { isUsed[slot] = true }
            next = (first + wanted) % isUsed.count
            return declaration.start + UInt64(first) * BounceDeclaration.slotSize
        }
        return nil
    }

    /// Takes slots back.
    mutating func release(_ start: UInt64, _ bytes: UInt64) {
        let first = Int((start - declaration.start) / BounceDeclaration.slotSize)
        for slot in first..<first + Self.slots(for: bytes) { isUsed[slot] = false }
    }

    /// How many slots hold so many bytes.
    static func slots(for bytes: UInt64) -> Int {
        let (size, slot) = (bytes, BounceDeclaration.slotSize)
        return max(1, Int(clamping: size / slot + (size % slot == 0 ? 0 : 1)))
    }

    private func isFree(_ first: Int, _ wanted: Int, stride: Int) -> Bool {
        let page = declaration.start / BounceDeclaration.slotSize + UInt64(first)
        guard page % UInt64(stride) == 0, first + wanted <= isUsed.count,
            first % Self.segment + wanted <= Self.segment
        else { return false }
        return !isUsed[first..<first + wanted].contains(true)
    }
}
