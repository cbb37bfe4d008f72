import Operations

/// What kind of thing a call does: functions that differ only in how they take their arguments are one.
enum CallClass: Hashable, Sendable {
    case map
    case unmap
    case mapResource
    case unmapResource
    case syncForDevice
    case syncForCPU
    /// `dma_cache_sync`, which no Arm kernel does anything for.
    case cacheSync
    case query
    /// A range of an IOMMU's addresses is set aside.
    case iovaReserve
    /// Memory is put behind a part of it.
    case iovaLink
    /// The memory behind a part of it, or behind all of it, is taken away.
    case iovaUnlink
    /// The range is given up or its translations are flushed: nothing happens to memory.
    case iovaEnd
    case allocateCoherent
    case allocateNoncoherent
    case freeCoherent
    case freeNoncoherent
    case poolCreate
    case poolAllocate
    case poolFree
    case poolDestroy
    case driverUnbind
    /// A further mapping of an allocation, with the memory type that `dma_pgprot` gives.
    case mapAllocation
    /// A further mapping of an allocation's pages that is cached as the rest of memory.
    case mapPages
    /// The end of a further mapping.
    case unmapPages
    /// The driver says what its device can do.
    case setting
    /// Memory is set apart for a device, and its allocations are made there.
    case setApart
    /// That ends.
    case giveBack

    /// The class of a function.
    init(_ function: DMACall.Function) {
        self =
            switch function {
            case .mapSingle, .mapPage, .mapPhys, .mapSG, .mapSGTable: .map
            case .unmapSingle, .unmapPage, .unmapPhys, .unmapSG, .unmapSGTable: .unmap
            case .mapResource: .mapResource
            case .unmapResource: .unmapResource
            case .syncSingleForDevice, .syncSingleRangeForDevice, .syncSGForDevice,
                .syncSGTableForDevice:
                .syncForDevice
            case .syncSingleForCPU, .syncSingleRangeForCPU, .syncSGForCPU, .syncSGTableForCPU:
                .syncForCPU
            case .cacheSync: .cacheSync
            case .mappingError, .needSync, .needUnmap, .getSGTable: .query
            case .iovaTryAlloc: .iovaReserve
            case .iovaLink: .iovaLink
            case .iovaUnlink, .iovaDestroy: .iovaUnlink
            case .iovaSync, .iovaFree: .iovaEnd
            case .allocCoherent, .zallocCoherent, .allocWriteCombine, .allocAttrs:
                .allocateCoherent
            case .allocNoncoherent, .allocPages, .allocNoncontiguous: .allocateNoncoherent
            case .freeCoherent, .freeWriteCombine, .freeAttrs: .freeCoherent
            case .freeNoncoherent, .freePages, .freeNoncontiguous: .freeNoncoherent
            case .poolCreate: .poolCreate
            case .poolAlloc, .poolZalloc: .poolAllocate
            case .poolFree: .poolFree
            case .poolDestroy: .poolDestroy
            case .driverUnbind: .driverUnbind
            case .mmapCoherent, .mmapAttrs, .mmapWriteCombine: .mapAllocation
            case .declareCoherentMemory: .setApart
            case .releaseCoherentMemory: .giveBack
            case .mmapPages, .mmapNoncontiguous, .vmapNoncontiguous: .mapPages
            case .vunmapNoncontiguous: .unmapPages
            case .setMask, .setCoherentMask, .setMaskAndCoherent, .coerceMaskAndCoherent,
                .setMaximumSegmentSize, .setSegmentBoundary:
                .setting
            }
    }

    /// Whether ``LoweringProfile/callCycles`` are spent on it: not on a question or a setting, nor on what is no call.
    var isCharged: Bool { self != .query && self != .setting && self != .driverUnbind }

    /// Whether it takes attributes as a mapping does, as an allocation does, or not at all.
    var isAllocation: Bool {
        self == .allocateCoherent || self == .allocateNoncoherent || self == .freeCoherent
            || self == .freeNoncoherent || self == .mapAllocation
    }
}
