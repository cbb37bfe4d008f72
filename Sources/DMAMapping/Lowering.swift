import Operations
import Quantities

/// Turns calls of the Linux DMA API and of bare-metal libraries, the kernel's barriers and its accessors into what a
/// machine can perform.
///
/// What each call does comes from tables: `StreamingRow`, `InnerRoutineRow`, `OuterRoutineRow`,
/// `AllocationRow`, `BarrierRow`, `BounceRow`, `FunctionTable`; for libraries `VendorRow`.
/// This type keeps what calls refer to (mappings, allocations, pools), finds the row, and puts addresses in.
///
/// What counts: the maintenance instructions and their barriers, the zeroing, the changes of memory type, and
/// ``LoweringProfile/callCycles`` for a call, the copies to and from bounce slots. Left out: page table updates and
/// their barriers, the tables of an IOMMU, the free list that a pool keeps inside its blocks, `soc_mb` of particular
/// boards.
public struct Lowering: Sendable {
    /// Bytes in a page.
    public static let pageSize: UInt64 = 4_096

    /// Bytes that one store of a zeroing loop writes, where alignment allows it.
    static let zeroingSize: UInt64 = 8

    /// The processor and its kernel.
    public let profile: LoweringProfile
    /// Which physical bytes addresses mean.
    ///
    /// An outer cache is maintained by physical address.
    public var memoryMap: MemoryMap
    /// The devices that the kernel believes to be coherent (`dma-coherent`), whatever they really are.
    public var coherentDevices: Set<Agent>
    /// Whether the zeroing of allocations is part of them.
    ///
    /// A large allocation is many stores; who measures only what comes after can leave them out.
    public var zeroesAllocations = true
    /// Whether calls give the maintenance that they do; not where only what bounces where is asked.
    public var givesMaintenance = true

    /// Which memory each device reaches; one that is not here reaches all.
    public var reach: [Agent: DMAReach] = [:]
    /// The bounce buffers; nil: the kernel has none.
    var pool: BouncePool?
    /// What devices have in a slot instead, mapped or not, oldest first; a slot's old use goes when it is given anew.
    public internal(set) var bounces: [Bounce] = []
    /// What the kernel says of the last map that failed; nil: none failed since it was taken.
    var failure: MapFailure?

    /// What streaming calls do, as far as they have been looked up.
    var plans: [StreamingPlan.Key: StreamingPlan] = [:]
    var mappings: [HandleID: MappingRecord] = [:]
    var ranges: [HandleID: IOVARecord] = [:]
    var allocations: [HandleID: AllocationRecord] = [:]
    /// The memory that is set apart for devices.
    var setApart: [Agent: [DMACall.Segment]] = [:]
    var poolsByHandle: [HandleID: PoolRecord] = [:]
    private var nextSequence: UInt64 = 0

    /// Starts with nothing mapped and nothing allocated.
    public init(
        _ profile: LoweringProfile, coherentDevices: Set<Agent> = [],
        memoryMap: MemoryMap = MemoryMap(), bouncing pool: BounceDeclaration = .none
    ) {
        self.pool = pool.size > 0 ? BouncePool(pool) : nil
        self.profile = profile
        self.coherentDevices = coherentDevices
        self.memoryMap = memoryMap
    }

    /// Lowers one operation, or passes it on unchanged if there is nothing to lower.
    ///
    /// - Parameters:
    ///   - operation: What is asked.
    ///   - agent: Who asks; what comes out is the same agent's.
    ///   - output: Where the lowered operations are appended, in order. A call that does nothing appends nothing.
    /// - Throws: ``LoweringError``; nothing is appended or remembered then.
    public mutating func lower(
        _ operation: Operation, agent: Agent, into output: inout [Operation]
    ) throws(LoweringError) {
        switch operation {
        case .dma(let call):
            guard agent.isCore || call.function == .driverUnbind else {
                throw .notACore(call.function.rawValue, agent)
            }
            try lower(call, into: &output)
        case .kernelBarrier(let barrier):
            guard agent.isCore else { throw .notACore(barrier.rawValue, agent) }
            try lower(barrier, into: &output)
        case .accessor(let accessor):
            guard agent.isCore else { throw .notACore(accessor.function.rawValue, agent) }
            try lower(accessor, agent: agent, into: &output)
        case .vendor(let call):
            guard agent.isCore else { throw .notACore(call.function.rawValue, agent) }
            try lower(call, into: &output)
        default:
            output.append(operation)
        }
    }

    private mutating func lower(
        _ call: DMACall, into output: inout [Operation]
    ) throws(LoweringError) {
        // What a call does is collected apart, so that a call that throws leaves no half of itself behind.
        var lowered: [Operation] = []
        if profile.callCycles > 0, CallClass(call.function).isCharged {
            lowered.append(.work(cycles: profile.callCycles))
        }
        switch CallClass(call.function) {
        case .map, .mapResource: try lowerMap(call, into: &lowered)
        case .unmap, .unmapResource, .syncForDevice, .syncForCPU, .cacheSync:
            try lowerTransfer(call, into: &lowered)
        case .query: try lowerQuery(call)
        case .iovaReserve: try lowerReservation(call)
        case .iovaLink: try lowerLink(call, into: &lowered)
        case .iovaUnlink: try lowerUnlink(call, into: &lowered)
        case .iovaEnd: try lowerRangeEnd(call)
        case .allocateCoherent, .allocateNoncoherent: try lowerAllocation(call, into: &lowered)
        case .freeCoherent, .freeNoncoherent: try lowerFree(call, into: &lowered)
        case .poolCreate: try lowerPoolCreate(call)
        case .poolAllocate: try lowerPoolAllocation(call, into: &lowered)
        case .poolFree: try lowerPoolFree(call)
        case .poolDestroy: try lowerPoolDestroy(call, into: &lowered)
        case .mapAllocation, .mapPages: try lowerFurtherMapping(call, into: &lowered)
        case .unmapPages: try lowerMappingEnd(call, into: &lowered)
        case .setting: try lowerSetting(call)
        case .setApart: try lowerSetApart(call, into: &lowered)
        case .giveBack: try lowerGivingBack(call, into: &lowered)
        case .driverUnbind: _ = try Self.linux(call.function, profile)
        }
        output += lowered
    }

    mutating func takeSequence() -> UInt64 {
        defer { nextSequence += 1 }
        return nextSequence
    }
}

extension Lowering {
    /// What is mapped now, in order of creation.
    public var liveMappings: [MappingRecord] {
        mappings.values.filter(\.isLive).sorted { $0.sequence < $1.sequence }
    }

    /// What is allocated now, blocks of pools among it, in order of creation.
    public var liveAllocations: [AllocationRecord] {
        allocations.values.filter(\.isLive).sorted { $0.sequence < $1.sequence }
    }

    /// The pools that are not destroyed, in order of creation.
    public var livePools: [PoolRecord] {
        poolsByHandle.values.filter(\.isLive).sorted { $0.sequence < $1.sequence }
    }

    /// What a handle maps, or mapped last; nil if the handle is not a mapping's.
    public func mapping(_ handle: HandleID) -> MappingRecord? { mappings[handle] }

    /// The physical bytes that a handle stands for, those of its bounce slots among them.
    public func physicalRanges(of handle: HandleID) -> [Range<UInt64>] {
        func range(_ start: UInt64, _ size: UInt64) -> Range<UInt64> {
            start..<start &+ max(size, 1)
        }
        if let mapping = mappings[handle] {
            return mapping.segments.map {
                range(memoryMap.physical(of: $0.start.address.rawValue), $0.size)
            }
                + zip(mapping.slots, mapping.segments).compactMap { slot, segment in
                    slot.map { range($0, segment.size) }
                }
        }
        if let allocation = allocations[handle] {
            let start = memoryMap.physical(of: allocation.start.address.rawValue)
            return [range(start, allocation.size)]
        }
        return ranges[handle]?.links.map {
            range(memoryMap.physical(of: $0.segment.start.address.rawValue), $0.segment.size)
        } ?? []
    }

    /// What a handle stands for among allocations, freed or not; nil if the handle is not an allocation's.
    public func allocation(_ handle: HandleID) -> AllocationRecord? { allocations[handle] }
}
