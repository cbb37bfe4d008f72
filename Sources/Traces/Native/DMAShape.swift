import Operations

/// Which operands a call of the DMA API has in a trace.
enum DMAShape {
    /// `H = … DEVICE ADDRESS SIZE DIRECTION`.
    case map
    /// `H = … DEVICE DIRECTION ADDRESS,SIZE {ADDRESS,SIZE}`.
    case mapList
    /// `… H [SIZE] [DIRECTION]`.
    case unmap
    /// `… H [NENTS] [DIRECTION]`.
    case list
    /// `… H [DIRECTION]`.
    case table
    /// `… H [OFFSET SIZE] [DIRECTION]`.
    case sync
    /// `… H`.
    case handle
    /// `H = … DEVICE ADDRESS SIZE`.
    case allocate
    /// `… H [SIZE]`.
    case free
    /// `P = … DEVICE SIZE ALIGN [BOUNDARY]`.
    case poolCreate
    /// `H = … P ADDRESS`.
    case poolAllocate
    /// `… P H`.
    case poolFree
    /// `… P`.
    case poolDestroy
    /// `… DEVICE`.
    case unbind
    /// `… H ADDRESS OFFSET SIZE DIRECTION`.
    case link
    /// `… H ADDRESS [OFFSET SIZE]`.
    case userMapping
    /// `… H [ADDRESS]`.
    case kernelMapping
    /// `… DEVICE NUMBER`.
    case setting
    /// `… DEVICE ADDRESS SIZE`.
    case memory
}

extension DMACall.Function {
    /// Which operands the call has.
    var shape: DMAShape {
        switch self {
        case .mapSingle, .mapPage, .mapPhys, .mapResource: .map
        case .mapSG, .mapSGTable: .mapList
        case .unmapSingle, .unmapPage, .unmapPhys, .iovaDestroy: .unmap
        case .unmapSG, .syncSGForCPU, .syncSGForDevice: .list
        // A table knows its own number of entries, and cannot be given another.
        case .unmapSGTable, .syncSGTableForCPU, .syncSGTableForDevice: .table
        case .syncSingleForCPU, .syncSingleForDevice, .syncSingleRangeForCPU,
            .syncSingleRangeForDevice, .cacheSync, .iovaSync, .iovaUnlink:
            .sync
        case .unmapResource, .mappingError, .needSync, .needUnmap, .iovaFree, .getSGTable,
            .vunmapNoncontiguous:
            .handle
        case .iovaLink: .link
        case .allocCoherent, .zallocCoherent, .allocWriteCombine, .allocNoncoherent, .allocPages,
            .allocAttrs, .allocNoncontiguous, .iovaTryAlloc:
            .allocate
        case .freeCoherent, .freeWriteCombine, .freeNoncoherent, .freePages, .freeAttrs,
            .freeNoncontiguous:
            .free
        case .poolCreate: .poolCreate
        case .poolAlloc, .poolZalloc: .poolAllocate
        case .poolFree: .poolFree
        case .poolDestroy: .poolDestroy
        case .driverUnbind, .releaseCoherentMemory: .unbind
        case .declareCoherentMemory: .memory
        case .mmapCoherent, .mmapAttrs, .mmapWriteCombine, .mmapPages, .mmapNoncontiguous:
            .userMapping
        case .vmapNoncontiguous: .kernelMapping
        case .setMask, .setCoherentMask, .setMaskAndCoherent, .coerceMaskAndCoherent,
            .setMaximumSegmentSize, .setSegmentBoundary:
            .setting
        }
    }

    /// Whether the driver hands a DMA address to the call, which `dma=` can replace.
    var takesDMAAddress: Bool { (shape == .unmap || shape == .free) && self != .iovaDestroy }

    /// Whether the driver hands the CPU's address to the call, which `cpu=` can replace.
    var takesCPUAddress: Bool { shape == .free }

    /// Whether the call can give `DMA_MAPPING_ERROR`, or set no mask.
    var canFail: Bool {
        shape == .map || shape == .mapList || setsStreamingMask || setsCoherentMask
    }

    /// Whether `attrs=` may stand at the end.
    var takesAttributes: Bool {
        switch self {
        case .mapSingle, .mapPage, .unmapSingle, .unmapPage, .allocCoherent, .zallocCoherent,
            .allocWriteCombine, .allocNoncoherent, .allocPages, .mapPhys, .unmapPhys, .mapSG,
            .unmapSG, .mapSGTable, .unmapSGTable, .allocAttrs, .freeAttrs, .allocNoncontiguous,
            .iovaLink, .iovaUnlink, .iovaDestroy, .mmapAttrs, .getSGTable:
            true
        default: false
        }
    }
}

extension DMACall {
    /// What the name on the left of this call stands for from now on; nil if the call makes nothing.
    ///
    /// A mapping's address is that of its first segment and its size the sum of all; a pool has no address, its
    /// size is that of one block.
    func meaning(name: String) -> SymbolTable.Entry? {
        guard function.makesHandle else { return nil }
        if function == .poolCreate {
            return SymbolTable.Entry(name: name, kind: .pool, size: size ?? 0)
        }
        let total = segments.reduce(UInt64(0)) { $0 &+ $1.size }
        let start = segments.first?.start.address.rawValue ?? 0
        return SymbolTable.Entry(name: name, kind: .handle, address: start, size: total)
    }
}
