import Operations

/// One event of a kernel log that tells about DMA.
///
/// Lists of a scatter-gather event are with the reader (``KernelLogReader/dmaAddresses`` and its neighbours), so that
/// nothing is allocated for an event.
public struct KernelLogEvent: Sendable {
    /// Which tracepoint, or which line that is none and yet says something about the events.
    public enum Kind: UInt8, CaseIterable, Sendable {
        /// `dma_map_page`, from 6.18 on `dma_map_phys`.
        case mapPage
        /// `dma_map_resource`, up to 6.17.
        case mapResource
        /// `dma_unmap_page`, from 6.18 on `dma_unmap_phys`.
        case unmapPage
        /// `dma_unmap_resource`, up to 6.17.
        case unmapResource
        /// `dma_map_sg`.
        case mapSG
        /// `dma_map_sg_err`: a list that could not be mapped.
        case mapSGError
        /// `dma_unmap_sg`, told before the work.
        case unmapSG
        /// `dma_alloc`.
        case alloc
        /// `dma_free`.
        case free
        /// `dma_alloc_pages`, from 6.13 on.
        case allocPages
        /// `dma_free_pages`.
        case freePages
        /// `dma_alloc_sgt`: memory that need not be contiguous.
        case allocSGT
        /// `dma_alloc_sgt_err`: such memory that could not be had.
        case allocSGTError
        /// `dma_free_sgt`.
        case freeSGT
        /// `dma_sync_single_for_cpu`.
        case syncSingleForCPU
        /// `dma_sync_single_for_device`.
        case syncSingleForDevice
        /// `dma_sync_sg_for_cpu`.
        case syncSGForCPU
        /// `dma_sync_sg_for_device`.
        case syncSGForDevice
        /// `swiotlb_bounced`: the next mapping of the device goes through a bounce buffer.
        case bounced
        /// No tracepoint: the recorder says that events are missing here.
        case lost
        /// No tracepoint: the first function above the DMA API in the stack of the event before, on the same core.
        case stack
    }

    /// Which.
    public var kind: Kind
    /// The line, from 1.
    public var line: UInt64 = 0
    /// The core's number; -1 where the line does not say.
    public var core: Int32 = -1
    /// When, in nanoseconds; nil for clocks that do not count seconds.
    public var time: UInt64?
    /// The device's place in ``KernelLogReader/devices``; -1: none.
    public var device: Int32 = -1
    /// Which way; nil where the event has no direction (`dma_alloc` of 6.12).
    public var direction: DMADirection?
    /// The attributes of the call.
    public var attributes = DMAAttributes()
    /// The address that the device uses.
    public var dmaAddress: UInt64 = 0
    /// Where that is in memory, for `dma_map_page` and its like.
    public var physicalAddress: UInt64 = 0
    /// How many bytes.
    public var size: UInt64 = 0
    /// Whether the tracepoint is one of 6.18, `dma_map_phys` or `dma_unmap_phys`.
    public var isPhysical = false
    /// Whether an allocation gave NULL.
    public var isNull = false
    /// The entries that a list had, which the kernel may have cut (``isTruncated``).
    public var entries = 0
    /// The DMA segments that it was mapped to.
    public var segments = 0
    /// Whether the kernel left entries out.
    public var isTruncated = false
    /// How many events were lost; 0: it is not said.
    public var count: UInt64 = 0
    /// The function's place in ``KernelLogReader/functions``, for ``Kind/stack``.
    public var function: Int32 = -1
}

extension KernelLogEvent.Kind {
    /// The first of the tracepoints that tell it, by name; empty for what is none.
    public var tracepoint: String {
        KernelLogEvent.tracepoints.first { $0.kind == self }.map { "\($0.name)" } ?? ""
    }

    /// The event that a tracepoint tells; nil if there is none of that name.
    public init?(tracepoint name: String) {
        let found = KernelLogEvent.tracepoints.first { "\($0.name)" == name }
        guard let found else { return nil }
        self = found.kind
    }
}

extension KernelLogEvent {
    /// A tracepoint by name, with what its line must have.
    struct Tracepoint: Sendable {
        var name: StaticString
        var kind: Kind
        var needed: KernelLogFields
        /// Whether its name ends in `_phys`.
        var isPhysical = false
    }

    private static let range: KernelLogFields = [.dmaAddress, .size]
    private static let mapped: KernelLogFields = [.direction, .dmaAddress, .size, .physicalAddress]
    private static let unmapped: KernelLogFields = [.direction, .dmaAddress, .size]
    private static let lists: KernelLogFields = [.direction, .dmaAddresses, .sizes]

    /// All that is read, the frequent ones first (include/trace/events/dma.h of 6.12 to 7.x, swiotlb.h).
    static let tracepoints: [Tracepoint] = [
        Tracepoint(name: "dma_map_page", kind: .mapPage, needed: mapped),
        Tracepoint(name: "dma_unmap_page", kind: .unmapPage, needed: unmapped),
        Tracepoint(name: "dma_map_phys", kind: .mapPage, needed: mapped, isPhysical: true),
        Tracepoint(name: "dma_unmap_phys", kind: .unmapPage, needed: unmapped, isPhysical: true),
        Tracepoint(name: "dma_sync_single_for_cpu", kind: .syncSingleForCPU, needed: unmapped),
        Tracepoint(
            name: "dma_sync_single_for_device", kind: .syncSingleForDevice, needed: unmapped),
        Tracepoint(
            name: "dma_map_sg", kind: .mapSG, needed: lists.union(.physicalAddresses)),
        Tracepoint(
            name: "dma_unmap_sg", kind: .unmapSG, needed: [.direction, .physicalAddresses]),
        Tracepoint(name: "dma_sync_sg_for_cpu", kind: .syncSGForCPU, needed: lists),
        Tracepoint(name: "dma_sync_sg_for_device", kind: .syncSGForDevice, needed: lists),
        Tracepoint(name: "dma_alloc", kind: .alloc, needed: range),
        Tracepoint(name: "dma_free", kind: .free, needed: range),
        Tracepoint(name: "dma_map_resource", kind: .mapResource, needed: mapped),
        Tracepoint(name: "dma_unmap_resource", kind: .unmapResource, needed: unmapped),
        Tracepoint(name: "dma_alloc_pages", kind: .allocPages, needed: range),
        Tracepoint(name: "dma_free_pages", kind: .freePages, needed: range),
        Tracepoint(
            name: "dma_alloc_sgt", kind: .allocSGT, needed: range.union(.physicalAddresses)),
        Tracepoint(name: "dma_alloc_sgt_err", kind: .allocSGTError, needed: range),
        Tracepoint(name: "dma_free_sgt", kind: .freeSGT, needed: range),
        Tracepoint(
            name: "dma_map_sg_err", kind: .mapSGError, needed: [.direction, .physicalAddresses]),
        Tracepoint(name: "swiotlb_bounced", kind: .bounced, needed: [.size]),
    ]
}

/// What a line gave.
struct KernelLogFields: OptionSet, Sendable {
    var rawValue: UInt16

    static let direction = KernelLogFields(rawValue: 1 << 0)
    static let dmaAddress = KernelLogFields(rawValue: 1 << 1)
    static let size = KernelLogFields(rawValue: 1 << 2)
    static let physicalAddress = KernelLogFields(rawValue: 1 << 3)
    static let dmaAddresses = KernelLogFields(rawValue: 1 << 4)
    static let sizes = KernelLogFields(rawValue: 1 << 5)
    static let physicalAddresses = KernelLogFields(rawValue: 1 << 6)
    static let attributes = KernelLogFields(rawValue: 1 << 7)
    static let virtualAddress = KernelLogFields(rawValue: 1 << 8)
    static let entries = KernelLogFields(rawValue: 1 << 9)
    static let segments = KernelLogFields(rawValue: 1 << 10)

    /// The names of the fields, in the order of their bits, as the kernel prints them.
    static let names = [
        "dir", "dma_addr", "size", "phys_addr", "dma_addrs", "sizes", "phys_addrs", "attrs",
        "virt_addr", "nents", "ents",
    ]

    /// The first field of this set that another lacks.
    func firstMissing(in other: KernelLogFields) -> String? {
        let missing = subtracting(other).rawValue
        return missing == 0 ? nil : Self.names[missing.trailingZeroBitCount]
    }
}
