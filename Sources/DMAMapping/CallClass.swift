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
    case allocateCoherent
    case allocateNoncoherent
    case freeCoherent
    case freeNoncoherent
    case poolCreate
    case poolAllocate
    case poolFree
    case poolDestroy
    case driverUnbind

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
            case .mappingError, .needSync: .query
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
            }
    }

    /// Whether ``LoweringProfile/callCycles`` are spent on it: not on a question, nor on what is no call at all.
    var isCharged: Bool { self != .query && self != .driverUnbind }

    /// Whether it takes attributes as a mapping does, as an allocation does, or not at all.
    var isAllocation: Bool {
        self == .allocateCoherent || self == .allocateNoncoherent || self == .freeCoherent
            || self == .freeNoncoherent
    }
}
