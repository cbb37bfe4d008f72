import Operations

/// What kind of thing a call does: functions that differ only in how they take their arguments are one.
enum CallClass: Hashable, Sendable {
    case map
    case unmap
    case mapResource
    case unmapResource
    case syncForDevice
    case syncForCPU
    case mappingError
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
            case .mapSingle, .mapPage, .mapSG: .map
            case .unmapSingle, .unmapPage, .unmapSG: .unmap
            case .mapResource: .mapResource
            case .unmapResource: .unmapResource
            case .syncSingleForDevice, .syncSGForDevice: .syncForDevice
            case .syncSingleForCPU, .syncSGForCPU: .syncForCPU
            case .mappingError: .mappingError
            case .allocCoherent, .zallocCoherent, .allocWriteCombine: .allocateCoherent
            case .allocNoncoherent, .allocPages: .allocateNoncoherent
            case .freeCoherent, .freeWriteCombine: .freeCoherent
            case .freeNoncoherent, .freePages: .freeNoncoherent
            case .poolCreate: .poolCreate
            case .poolAlloc, .poolZalloc: .poolAllocate
            case .poolFree: .poolFree
            case .poolDestroy: .poolDestroy
            case .driverUnbind: .driverUnbind
            }
    }

    /// Whether ``LoweringProfile/callCycles`` are spent on it: not on a comparison, nor on what is no call at all.
    var isCharged: Bool { self != .mappingError && self != .driverUnbind }

    /// Whether it takes attributes as a mapping does, as an allocation does, or not at all.
    var isAllocation: Bool {
        self == .allocateCoherent || self == .allocateNoncoherent || self == .freeCoherent
            || self == .freeNoncoherent
    }
}
