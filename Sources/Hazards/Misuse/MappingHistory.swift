import Operations
import Quantities

// Bytes go wrong for want of maintenance (H01, H02, H03, H08). Why it was wanting, where the driver calls the DMA API, the
// calls tell: it was skipped on purpose, it covered other bytes, or a direction was chosen that does less than one thinks.

/// The calls of a program that give bytes to a device and take them back, to be asked why a finding's bytes were not
/// maintained.
public struct MappingHistory {
    /// A call that hands bytes of a mapping over.
    private struct Call {
        var record: Int
        var function: DMACall.Function
        var bytes: [Range<UInt64>]
        var isSkipped: Bool
        /// Whether it is of a list, and names fewer entries than were mapped.
        var isShortList: Bool
        /// The direction that it says; nil: that of the map.
        var direction: DMADirection?

        func covers(_ range: Range<UInt64>) -> Bool { bytes.contains { $0.overlaps(range) } }
    }

    /// A streaming mapping with its calls.
    private struct Mapping {
        var handle: HandleID
        var record: Int
        var direction: DMADirection
        var isSkipped: Bool
        var pieces: [Range<UInt64>]
        var toDevice: [Call] = []
        var toCore: [Call] = []

        func holds(_ range: Range<UInt64>) -> Bool { pieces.contains { $0.overlaps(range) } }
    }

    /// Why bytes were not maintained.
    struct Cause {
        /// The hazard that it is.
        var code: HazardCode
        /// The call to blame, in a sentence.
        var text: String
    }

    private var mappings: [Mapping] = []

    /// Reads the calls of a program; of loops one round.
    ///
    /// - Complexity: O(statements).
    public init(_ program: Program) {
        let calls = UnrolledOperations(program, rounds: 1) {
            if case .dma = $0 { true } else { false }
        }
        for step in calls {
            guard case .dma(let call) = step.operation else { continue }
            add(call, step.record)
        }
    }

    private mutating func add(_ call: DMACall, _ record: Int) {
        let isSkipped = call.attributes.contains(.skipCPUSync)
        if APIRules.streamingMaps.contains(call.function) {
            guard !call.fails else { return }
            mappings.append(
                Mapping(
                    handle: call.handle, record: record,
                    direction: call.direction ?? .bidirectional,
                    isSkipped: isSkipped,
                    pieces: call.segments.map {
                        OwnershipRules.range(($0.start.address.rawValue, max($0.size, 1)))
                    }))
            return
        }
        guard call.function.givesBack || call.function.givesAway,
            let place = mappings.lastIndex(where: { $0.handle == call.handle })
        else { return }
        let pieces = mappings[place].pieces
        let named = min(call.count ?? .max, UInt64(pieces.count))
        var bytes = Array(pieces.prefix(Int(named)))
        if let size = call.size, let first = pieces.first {
            bytes = [OwnershipRules.range((first.lowerBound &+ (call.offset ?? 0), size))]
        }
        let new = Call(
            record: record, function: call.function, bytes: bytes, isSkipped: isSkipped,
            isShortList: named < pieces.count, direction: call.direction)
        if call.function.givesBack {
            mappings[place].toCore.append(new)
        } else {
            mappings[place].toDevice.append(new)
        }
    }

    // MARK: Asking

    /// Which call is the reason of a finding; nil: none, the maintenance is just not there.
    func cause(of finding: Finding) -> Cause? {
        let bytes = OwnershipRules.range((finding.address, finding.bytes))
        let (write, use) = (finding.writeRecord, finding.record)
        switch finding.code {
        case .h01, .h08, .h23:
            return finding.agent.isCore
                ? causeOfStaleLoad(bytes, write, use) : causeOfStaleTransfer(bytes, write, use)
        case .h03: return causeOfStaleTransfer(bytes, write, use)
        case .h02:
            return causeOfDirtyLine(bytes, finding.verdict == .manifest ? write : use)
        case .h11 where finding.agent.isCore: return causeOfDrop(bytes, write, use)
        default: return nil
        }
    }

    /// Whether a statement comes after one and before another; in a loop the other may stand above the one.
    private static func stands(_ record: Int, after one: Int, before other: Int) -> Bool {
        one < other ? record > one && record < other : record > one || record < other
    }

    /// The mapping that bytes were in at a statement: the last one made before it.
    private func mapping(of bytes: Range<UInt64>, before record: Int) -> Mapping? {
        mappings.last { $0.record < record && $0.holds(bytes) }
            ?? mappings.last { $0.holds(bytes) }
    }

    /// A core has loaded what it had before a device's write.
    private func causeOfStaleLoad(
        _ bytes: Range<UInt64>, _ write: Int, _ load: Int
    ) -> Cause? {
        guard let mapping = mapping(of: bytes, before: write) else { return nil }
        let calls = mapping.toCore.filter {
            Self.stands($0.record, after: write, before: load)
        }
        if let skipped = calls.last(where: { $0.isSkipped && $0.covers(bytes) }) {
            guard !calls.contains(where: { !$0.isSkipped && $0.covers(bytes) }) else { return nil }
            return Self.skipped(skipped.function, skipped.record, "takes the bytes back")
        }
        if let cause = Self.causeOfRange(calls, bytes, "the core loads") { return cause }
        guard calls.isEmpty, mapping.direction == .bidirectional else { return nil }
        return Cause(
            code: .h36,
            text:
                "The map in record \(mapping.record), BIDIRECTIONAL, only cleans: the lines stay in the cache, "
                + "and nothing takes the bytes back between the device's write and this load.")
    }

    /// A device has read what was there before a core's store.
    private func causeOfStaleTransfer(
        _ bytes: Range<UInt64>, _ store: Int, _ read: Int
    ) -> Cause? {
        guard let mapping = mapping(of: bytes, before: read) else { return nil }
        let calls = mapping.toDevice.filter {
            Self.stands($0.record, after: store, before: read)
        }
        guard !calls.contains(where: { $0.covers(bytes) }) else { return nil }
        if let cause = Self.causeOfRange(calls, bytes, "the device reads") { return cause }
        guard mapping.isSkipped, Self.stands(mapping.record, after: store, before: read) else {
            return nil
        }
        return Self.skipped(.mapSingle, mapping.record, "gives the bytes to the device")
    }

    /// A dirty line has gone over what a device wrote, or may go.
    private func causeOfDirtyLine(_ bytes: Range<UInt64>, _ write: Int) -> Cause? {
        guard let mapping = mapping(of: bytes, before: write), mapping.isSkipped,
            !mapping.toDevice.contains(where: {
                $0.covers(bytes) && Self.stands($0.record, after: mapping.record, before: write)
            })
        else { return nil }
        return Self.skipped(.mapSingle, mapping.record, "gives the bytes to the device")
    }

    /// What a core stored before a map was dropped by it, and the device has not written these bytes.
    private func causeOfDrop(_ bytes: Range<UInt64>, _ store: Int, _ load: Int) -> Cause? {
        guard let mapping = mapping(of: bytes, before: load) else { return nil }
        let handed = mapping.toDevice.last {
            $0.covers(bytes) && !$0.isSkipped && Self.stands($0.record, after: store, before: load)
                && $0.direction ?? mapping.direction == .fromDevice
        }
        if let handed {
            return Cause(
                code: .h35,
                text:
                    "\(handed.function.rawValue)() in record \(handed.record), FROM_DEVICE, says that the "
                    + "device writes the bytes: it has dropped what was stored in record \(store), and the device has "
                    + "not written them.")
        }
        guard mapping.direction == .fromDevice,
            Self.stands(mapping.record, after: store, before: load)
        else { return nil }
        return Cause(
            code: .h35,
            text:
                "The map in record \(mapping.record), FROM_DEVICE, has dropped what was stored in record "
                + "\(store), and the device wrote other bytes of the buffer.")
    }

    /// A sync of other bytes, or of too few entries of a list.
    private static func causeOfRange(
        _ calls: [Call], _ bytes: Range<UInt64>, _ use: String
    ) -> Cause? {
        guard let last = calls.last, !calls.contains(where: { $0.covers(bytes) }) else {
            return nil
        }
        if last.isShortList {
            return Cause(
                code: .h34,
                text:
                    "\(last.function.rawValue)() in record \(last.record) names fewer entries of the list than "
                    + "were mapped, and \(use) one of the others.")
        }
        // A release of the wrong size is another mistake (H20).
        guard !APIRules.releases.contains(last.function) else { return nil }
        return Cause(
            code: .h16,
            text:
                "\(last.function.rawValue)() in record \(last.record) covers other bytes of the mapping than "
                + "those that \(use).")
    }

    private static func skipped(
        _ function: DMACall.Function, _ record: Int, _ what: String
    ) -> Cause {
        Cause(
            code: .h21,
            text:
                "The call in record \(record) \(what) with DMA_ATTR_SKIP_CPU_SYNC, and no sync makes up for the "
                + "maintenance that it leaves out.")
    }
}

extension Finding {
    /// Takes the code of the call that is the reason for it.
    mutating func takeCause(from history: MappingHistory) {
        guard let reason = history.cause(of: self) else { return }
        code = reason.code
        (cause, mend) = (reason.text, "")
    }
}
