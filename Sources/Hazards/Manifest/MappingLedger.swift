import Operations
import Quantities

/// A call of the DMA API as far as bytes are concerned: which, by whom, on which physical bytes.
public struct CallFacts: Hashable, Sendable {
    /// Which function.
    public var function: DMACall.Function
    /// Who calls.
    public var agent: Agent
    /// The statement.
    public var record: UInt32
    /// The handle.
    public var handle: HandleID
    /// The physical bytes that the handle stands for, those of its bounce slots among them.
    public var ranges: [Range<UInt64>]

    /// Describes a call.
    public init(
        _ function: DMACall.Function, by agent: Agent, record: UInt32, handle: HandleID,
        ranges: [Range<UInt64>]
    ) {
        self.function = function
        self.agent = agent
        self.record = record
        self.handle = handle
        self.ranges = ranges
    }

    /// Whether any of a granule's bytes are the handle's: the mask of these.
    func mask(in granule: UInt64) -> UInt64 {
        ranges.reduce(0) { mask, range in
            let start = granule * WatchList.granule
            guard range.lowerBound < start + WatchList.granule, range.upperBound > start else {
                return mask
            }
            return mask | Granules.mask(range.lowerBound, UInt64(range.count), in: granule)
        }
    }
}

/// Which mappings held which bytes, and when: a moment is the number of versions made until then.
struct MappingLedger {
    private struct Entry {
        var call: CallFacts
        var mapped: VersionID
        var released: VersionID?
        /// Whether it is an allocation that was freed.
        var isFreed = false
    }

    private var entries: [Entry] = []

    /// Notes a call.
    mutating func note(_ call: CallFacts, at moment: VersionID) {
        if call.function.makesHandle {
            let ended = entries.indices.filter {
                entries[$0].released != nil || entries[$0].isFreed
            }
            if ended.count > HazardLimits.remembered, let oldest = ended.first {
                entries.remove(at: oldest)
            }
            entries.append(Entry(call: call, mapped: moment))
        } else if call.function.givesBack,
            let place = entries.lastIndex(where: {
                $0.call.handle == call.handle && $0.released == nil
            })
        {
            entries[place].released = moment
        } else if APIRules.releases.contains(call.function),
            let place = entries.lastIndex(where: { $0.call.handle == call.handle })
        {
            entries[place].isFreed = true
        } else if call.function.givesAway,
            let place = entries.lastIndex(where: { $0.call.handle == call.handle })
        {
            entries[place].mapped = moment
            entries[place].released = nil
        }
    }

    /// Whether a version was made while a device had the bytes of a mapping that ends, or is synced, with this call.
    func wasTheDevices(_ call: CallFacts, version: VersionID) -> Bool {
        guard call.function.givesBack,
            let own = entries.last(where: { $0.call.handle == call.handle }),
            APIRules.streamingMaps.contains(own.call.function)
        else { return false }
        return own.mapped <= version && version < own.released ?? .max
    }

    /// Whether a byte belongs to another mapping that was there at the same time and had ended when a version was made.
    func hadEnded(beside call: CallFacts, holding address: UInt64, before version: VersionID)
        -> Bool
    {
        guard let own = entries.last(where: { $0.call.handle == call.handle }) else { return false }
        return entries.contains { other in
            guard other.call.handle != call.handle || other.mapped != own.mapped,
                let released = other.released, released <= version,
                other.call.ranges.contains(where: { $0.contains(address) })
            else { return false }
            return other.mapped < own.released ?? .max && released > own.mapped
        }
    }

    /// Whether two bytes belong to two mappings that were there at the same time.
    func areOfTwo(_ first: UInt64, _ second: UInt64) -> Bool {
        func holders(_ address: UInt64) -> [Entry] {
            entries.filter { $0.call.ranges.contains { $0.contains(address) } }
        }
        let seconds = holders(second)
        return holders(first).contains { one in
            seconds.contains { other in
                one.call.handle != other.call.handle && one.mapped <= other.released ?? .max
                    && other.mapped <= one.released ?? .max
            }
        }
    }
}

extension DMACall.Function {
    /// Whether the core has the bytes again after the call.
    public var givesBack: Bool {
        switch self {
        case .unmapSingle, .unmapPage, .unmapPhys, .unmapSG, .unmapSGTable, .syncSingleForCPU,
            .syncSingleRangeForCPU, .syncSGForCPU, .syncSGTableForCPU, .iovaUnlink, .iovaDestroy:
            true
        default: false
        }
    }
}
