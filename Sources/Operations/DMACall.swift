import Quantities

/// Which way the data of a mapping goes (`enum dma_data_direction`; raw values are the kernel's).
public enum DMADirection: UInt8, CaseIterable, Sendable {
    /// Both ways.
    case bidirectional = 0
    /// The device reads.
    case toDevice = 1
    /// The device writes.
    case fromDevice = 2
    /// No transfer; invalid in every call.
    case none = 3

    /// The word of the trace format and of the kernel's tracepoints.
    public var name: String {
        switch self {
        case .bidirectional: "BIDIRECTIONAL"
        case .toDevice: "TO_DEVICE"
        case .fromDevice: "FROM_DEVICE"
        case .none: "NONE"
        }
    }

    /// Finds a direction by its word, with or without the prefix `DMA_`.
    public init?(name: Substring) {
        let bare = name.hasPrefix("DMA_") ? name.dropFirst(4) : name
        guard let match = Self.allCases.first(where: { $0.name == bare }) else { return nil }
        self = match
    }

    /// Whether the device may write.
    public var deviceWrites: Bool { self == .fromDevice || self == .bidirectional }

    /// Whether the device may read.
    public var deviceReads: Bool { self == .toDevice || self == .bidirectional }
}

/// The `DMA_ATTR_*` bits of a call; bit numbers are the kernel's (`linux-dma.md` §1.4).
public struct DMAAttributes: OptionSet, Hashable, Sendable {
    /// The kernel's bits.
    public var rawValue: UInt32

    /// Makes a set from the kernel's bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Suppresses maintenance at map and unmap.
    public static let skipCPUSync = DMAAttributes(rawValue: 1 << 5)
    /// Write-combining memory.
    public static let writeCombine = DMAAttributes(rawValue: 1 << 2)

    /// The kernel's names in order of their bits, without `DMA_ATTR_`.
    public static let names = [
        "WRITE_BARRIER", "WEAK_ORDERING", "WRITE_COMBINE", "NON_CONSISTENT", "NO_KERNEL_MAPPING",
        "SKIP_CPU_SYNC",
        "FORCE_CONTIGUOUS", "ALLOC_SINGLE_PAGES", "NO_WARN", "PRIVILEGED", "MMIO",
        "DEBUGGING_IGNORE_CACHELINES",
        "REQUIRE_COHERENT", "CC_SHARED",
    ]
}

/// The number of a handle (what a map or an allocation returned) in a program; names are in the symbol table.
public typealias HandleID = SymbolID

/// A call of the Linux DMA API.
public struct DMACall: Hashable, Sendable {
    /// Which function.
    ///
    /// Raw values are the kernel's names.
    public enum Function: String, CaseIterable, Sendable {
        case mapSingle = "dma_map_single"
        case unmapSingle = "dma_unmap_single"
        case mapPage = "dma_map_page"
        case unmapPage = "dma_unmap_page"
        case mapSG = "dma_map_sg"
        case unmapSG = "dma_unmap_sg"
        case mapResource = "dma_map_resource"
        case unmapResource = "dma_unmap_resource"
        case syncSingleForCPU = "dma_sync_single_for_cpu"
        case syncSingleForDevice = "dma_sync_single_for_device"
        case syncSGForCPU = "dma_sync_sg_for_cpu"
        case syncSGForDevice = "dma_sync_sg_for_device"
        case mappingError = "dma_mapping_error"
        case allocCoherent = "dma_alloc_coherent"
        case zallocCoherent = "dma_zalloc_coherent"
        case allocWriteCombine = "dma_alloc_wc"
        case allocNoncoherent = "dma_alloc_noncoherent"
        case allocPages = "dma_alloc_pages"
        case freeCoherent = "dma_free_coherent"
        case freeWriteCombine = "dma_free_wc"
        case freeNoncoherent = "dma_free_noncoherent"
        case freePages = "dma_free_pages"
        case poolCreate = "dma_pool_create"
        case poolAlloc = "dma_pool_alloc"
        case poolZalloc = "dma_pool_zalloc"
        case poolFree = "dma_pool_free"
        case poolDestroy = "dma_pool_destroy"
        case driverUnbind = "driver_unbind"
        // Binary traces number the functions by their places: later ones are added at the end.
        case mapPhys = "dma_map_phys"
        case unmapPhys = "dma_unmap_phys"
        case mapSGTable = "dma_map_sgtable"
        case unmapSGTable = "dma_unmap_sgtable"
        case syncSGTableForCPU = "dma_sync_sgtable_for_cpu"
        case syncSGTableForDevice = "dma_sync_sgtable_for_device"
        case syncSingleRangeForCPU = "dma_sync_single_range_for_cpu"
        case syncSingleRangeForDevice = "dma_sync_single_range_for_device"
        case needSync = "dma_need_sync"
        case allocAttrs = "dma_alloc_attrs"
        case freeAttrs = "dma_free_attrs"
        case allocNoncontiguous = "dma_alloc_noncontiguous"
        case freeNoncontiguous = "dma_free_noncontiguous"
        case cacheSync = "dma_cache_sync"
        case iovaTryAlloc = "dma_iova_try_alloc"
        case iovaLink = "dma_iova_link"
        case iovaSync = "dma_iova_sync"
        case iovaUnlink = "dma_iova_unlink"
        case iovaFree = "dma_iova_free"
        case iovaDestroy = "dma_iova_destroy"
        case needUnmap = "dma_need_unmap"
        case mmapCoherent = "dma_mmap_coherent"
        case mmapAttrs = "dma_mmap_attrs"
        case mmapWriteCombine = "dma_mmap_wc"
        case mmapPages = "dma_mmap_pages"
        case mmapNoncontiguous = "dma_mmap_noncontiguous"
        case vmapNoncontiguous = "dma_vmap_noncontiguous"
        case vunmapNoncontiguous = "dma_vunmap_noncontiguous"
        case getSGTable = "dma_get_sgtable"
        case setMask = "dma_set_mask"
        case setCoherentMask = "dma_set_coherent_mask"
        case setMaskAndCoherent = "dma_set_mask_and_coherent"
        case coerceMaskAndCoherent = "dma_coerce_mask_and_coherent"
        case setMaximumSegmentSize = "dma_set_max_seg_size"
        case setSegmentBoundary = "dma_set_seg_boundary"
        case declareCoherentMemory = "dma_declare_coherent_memory"
        case releaseCoherentMemory = "dma_release_coherent_memory"

        /// Whether the call gives a new handle (or pool), named on the left of `=`.
        public var makesHandle: Bool {
            switch self {
            case .mapSingle, .mapPage, .mapSG, .mapResource, .allocCoherent, .zallocCoherent,
                .allocWriteCombine,
                .allocNoncoherent, .allocPages, .poolCreate, .poolAlloc, .poolZalloc, .mapPhys,
                .mapSGTable, .allocAttrs, .allocNoncontiguous, .iovaTryAlloc:
                true
            default: false
            }
        }

        /// Whether the call makes a further mapping of an allocation, at the addresses of its segment.
        public var mapsAllocation: Bool {
            switch self {
            case .mmapCoherent, .mmapAttrs, .mmapWriteCombine, .mmapPages, .mmapNoncontiguous,
                .vmapNoncontiguous:
                true
            default: false
            }
        }

        /// Whether the call sets how many address bits its device has for mappings.
        public var setsStreamingMask: Bool {
            self == .setMask || self == .setMaskAndCoherent || self == .coerceMaskAndCoherent
        }

        /// Whether the call sets how many address bits its device has for allocations.
        public var setsCoherentMask: Bool {
            self == .setCoherentMask || self == .setMaskAndCoherent
                || self == .coerceMaskAndCoherent
        }
    }

    /// One piece of a scatter-gather list.
    public struct Segment: Hashable, Sendable {
        /// Where it starts.
        public var start: Operand
        /// How many bytes it has.
        public var size: UInt64

        /// Makes a segment.
        public init(at start: Operand, size: UInt64) {
            self.start = start
            self.size = size
        }
    }

    /// Which function.
    public var function: Function
    /// The handle made or used; ``SymbolID/none`` for `driver_unbind`.
    public var handle: HandleID
    /// For which device; nil where the handle says it.
    public var device: Agent?
    /// What is mapped.
    ///
    /// One segment, or the list of `dma_map_sg`. For an allocation: where the trace's allocator put it. For a further
    /// mapping of one (`dma_mmap_coherent`, `dma_vmap_noncontiguous`): at which addresses it is.
    public var segments: [Segment]
    /// The offset of a partial sync, of a part of an IOVA range, or of what is mapped of an allocation, in bytes.
    public var offset: UInt64?
    /// The size given to unmap, sync, free; nil means the same as at map.
    public var size: UInt64?
    /// The direction; nil on unmap and sync means the same as at map.
    public var direction: DMADirection?
    /// The number of entries given to an sg unmap or sync; nil means the same as at map.
    public var count: UInt64?
    /// Attributes.
    public var attributes: DMAAttributes
    /// The pool of a pool call.
    public var pool: HandleID
    /// Alignment and boundary of `dma_pool_create`, in bytes; boundary 0 is none.
    public var alignment: UInt64
    /// See ``alignment``.
    public var boundary: UInt64
    /// Whether the call gives no mapping, but `DMA_MAPPING_ERROR`, or sets no mask, but returns `-EIO`.
    public var fails = false
    /// What a call sets of its device: the address bits of a mask, the bytes of a segment, the mask of a boundary.
    public var setting: UInt64?
    /// The DMA address that the driver hands to a release; nil: the handle's.
    public var dmaAddress: Operand?
    /// The address by which the driver frees an allocation; nil: the one that it got.
    public var cpuAddress: Operand?

    /// Makes a call; what does not apply stays empty.
    public init(
        _ function: Function, handle: HandleID = .none, device: Agent? = nil,
        segments: [Segment] = [],
        offset: UInt64? = nil, size: UInt64? = nil, direction: DMADirection? = nil,
        count: UInt64? = nil,
        attributes: DMAAttributes = [], pool: HandleID = .none, alignment: UInt64 = 0,
        boundary: UInt64 = 0
    ) {
        self.function = function
        self.handle = handle
        self.device = device
        self.segments = segments
        self.offset = offset
        self.size = size
        self.direction = direction
        self.count = count
        self.attributes = attributes
        self.pool = pool
        self.alignment = alignment
        self.boundary = boundary
    }
}

/// Something that a device does.
public struct DeviceOperation: Hashable, Sendable {
    /// What is done.
    public enum Kind: Hashable, Sendable {
        /// A DMA read of memory (`rd`).
        case read
        /// A DMA write of memory (`wr`).
        case write
        /// A descriptor read (`fetch`); with `chain` the engine follows the descriptors itself.
        case descriptorFetch(chain: Bool)
        /// An interrupt (`irq`).
        case interrupt
    }

    /// What is done.
    public var kind: Kind
    /// Where.
    public var start: Operand
    /// How many bytes.
    public var bytes: UInt64
    /// Bytes a burst; nil: what the port can do.
    public var burst: UInt32?
    /// The value, where the trace has it.
    public var value: UInt64?
    /// How many rows of `bytes` bytes a two-dimensional transfer has.
    public var rows: UInt32 = 1
    /// How far the rows are apart, in bytes.
    public var pitch: UInt64 = 0
    /// How often a cyclic transfer goes through its buffer; after each time the device raises its interrupt.
    public var cycles: UInt32 = 1
    /// Where the bytes of a write come from if it is the write side of a copy from memory to memory.
    public var source: Operand?
    /// How the engine reads the descriptors of a chain that it follows by itself; none: the trace says what follows.
    public var layout = SymbolID.none
    /// The most descriptors of that chain; nil: ``DescriptorLayout/usualLimit``.
    public var limit: UInt32?

    /// How many bytes lie between the first and the end of the last row.
    public var extent: UInt64 {
        rows > 1 ? bytes &+ UInt64(rows - 1) &* pitch : bytes
    }

    /// Where each row begins, as an address.
    public var rowStarts: some Sequence<UInt64> {
        (0..<UInt64(max(rows, 1))).lazy.map { start.address.rawValue &+ $0 &* pitch }
    }

    /// The read side of a copy from memory to memory, as a read of its own; nil: it is none.
    public var readSide: DeviceOperation? {
        source.map { DeviceOperation(.read, at: $0, bytes: bytes, burst: burst) }
    }

    /// Makes a linear transfer, done once, unless more is set.
    public init(
        _ kind: Kind, at start: Operand = Operand(0), bytes: UInt64 = 0, burst: UInt32? = nil,
        value: UInt64? = nil
    ) {
        self.kind = kind
        self.start = start
        self.bytes = bytes
        self.burst = burst
        self.value = value
    }
}
