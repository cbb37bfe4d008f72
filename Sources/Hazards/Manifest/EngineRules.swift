import Events
import Operations
import Quantities

/// Finds what an engine that reads descriptors by itself does to mappings: after their end (H17), against their
/// direction (H15).
///
/// What such an engine moves, no statement says: it is known when the engine has read its descriptors. So here the order of
/// the replay counts, where ``OwnershipRules`` goes by that of the statements.
struct EngineRules {
    private struct Mapping {
        var call: CallFacts
        var device: Agent
        var direction: DMADirection
        var isStreaming: Bool
        /// The call that ended it; nil: it has not ended.
        var ended: UInt32?
    }

    private var mappings: [Mapping] = []
    private(set) var findings: [Finding] = []
    private var places: [[Int]: Int] = [:]

    /// Mappings that are remembered after their end.
    private static let limit = 1_024

    /// Notes a call.
    mutating func note(_ call: CallFacts) {
        if call.function.makesHandle {
            let isStreaming = APIRules.streamingMaps.contains(call.function)
            guard let device = call.device, isStreaming || call.function.allocates else { return }
            mappings.append(
                Mapping(
                    call: call, device: device, direction: call.direction ?? .bidirectional,
                    isStreaming: isStreaming))
            if mappings.count > Self.limit,
                let oldest = mappings.firstIndex(where: { $0.ended != nil })
            {
                mappings.remove(at: oldest)
            }
        } else if APIRules.releases.contains(call.function),
            let place = mappings.lastIndex(where: { $0.call.handle == call.handle }),
            mappings[place].ended == nil
        {
            mappings[place].ended = call.record
        }
    }

    /// Judges what an engine reads or writes.
    ///
    /// - Parameters:
    ///   - event: What it does.
    ///   - profile: For names.
    mutating func judge(_ event: Event, _ profile: HazardProfile) {
        let own = mappings.indices.filter { place in
            mappings[place].device == event.agent
                && mappings[place].call.ranges.contains { $0.contains(event.address) }
        }
        guard let place = own.last(where: { mappings[$0].ended == nil }) ?? own.last else { return }
        let mapping = mappings[place]
        let transfer = MappedTransfer(
            name: profile.name(of: event.agent), record: Int(event.record),
            isWrite: event.kind == .deviceWrite, mapped: Int(mapping.call.record),
            direction: mapping.direction)
        if let ended = mapping.ended {
            report(.h17, event, transfer, transfer.afterEnd(in: Int(ended)))
        } else if mapping.isStreaming, transfer.isAgainstDirection {
            report(.h15, event, transfer, transfer.againstDirection)
        }
    }

    private mutating func report(
        _ code: HazardCode, _ event: Event, _ transfer: MappedTransfer,
        _ words: (detail: String, chain: [ChainLink])
    ) {
        let key = [code == .h17 ? 1 : 0, transfer.record, transfer.mapped]
        if let place = places[key] {
            return findings[place].extend(to: event.address, UInt64(event.size))
        }
        places[key] = findings.count
        findings.append(
            Finding(
                code, .misuse, record: transfer.record, agent: event.agent,
                address: event.address, bytes: UInt64(event.size), writer: event.agent,
                writeRecord: transfer.mapped, detail: words.detail, chain: words.chain))
    }
}
