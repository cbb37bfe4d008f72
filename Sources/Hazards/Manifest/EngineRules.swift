import Events
import Operations
import Quantities

/// Finds what an engine that reads descriptors by itself does to mappings: after their end (H17), against their
/// direction (H15).
///
/// What such an engine moves, no statement says: it is known when the engine has read its descriptors. So here the order of
/// the replay counts, where ``OwnershipRules`` goes by that of the statements.
struct EngineRules {
    private(set) var findings: [Finding] = []
    private var places: [Key: Int] = [:]

    private struct Key: Hashable {
        var code: HazardCode
        var record: Int
        var mapped: Int
    }

    /// Judges what an engine reads or writes.
    ///
    /// - Parameters:
    ///   - event: What it does.
    ///   - ledger: The mappings so far.
    ///   - profile: For names.
    /// - Complexity: O(mappings).
    mutating func judge(_ event: Event, _ ledger: MappingLedger, _ profile: HazardProfile) {
        guard
            let (call, end) = ledger.mapping(
                of: event.address, for: event.agent, at: event.tick)
        else { return }
        let transfer = MappedTransfer(
            name: profile.name(of: event.agent), record: Int(event.record),
            isWrite: event.kind == .deviceWrite, mapped: Int(call.record),
            direction: call.direction ?? .bidirectional)
        if let end {
            report(.h17, event, transfer, transfer.afterEnd(in: Int(end.record)))
        } else if APIRules.streamingMaps.contains(call.function), transfer.isAgainstDirection {
            report(.h15, event, transfer, transfer.againstDirection)
        }
    }

    private mutating func report(
        _ code: HazardCode, _ event: Event, _ transfer: MappedTransfer,
        _ words: (detail: String, chain: [ChainLink])
    ) {
        let key = Key(code: code, record: transfer.record, mapped: transfer.mapped)
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
