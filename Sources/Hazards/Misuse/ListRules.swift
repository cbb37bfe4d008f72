import Operations
import Quantities

/// Finds syncs and unmaps of a list that name another number of entries than its map did (H34).
///
/// The number that `dma_map_sg()` returns is for the device; every later call takes the one that was given to it.
public struct ListRules {
    private struct List {
        var handle: HandleID
        var record: Int
        var pieces: [DMACall.Segment]
    }

    /// Makes the rule.
    public init() {}

    /// Checks a program's calls; of loops one round.
    public func run(_ program: Program) -> [Finding] {
        var lists: [List] = []
        var findings: [Finding] = []
        let calls = UnrolledOperations(program, rounds: 1) {
            if case .dma = $0 { true } else { false }
        }
        for step in calls {
            guard case .dma(let call) = step.operation else { continue }
            if call.function == .mapSG, !call.fails {
                lists.append(
                    List(handle: call.handle, record: step.record, pieces: call.segments))
            }
            guard let count = call.count,
                let list = lists.last(where: { $0.handle == call.handle }),
                let piece = list.pieces.dropFirst(Int(clamping: count)).first ?? list.pieces.last,
                count != list.pieces.count
            else { continue }
            let text =
                "\(call.function.rawValue)() names \(count) of the \(list.pieces.count) entries that were mapped"
            var finding = Finding(
                .h34, .misuse, record: step.record, agent: step.agent,
                address: piece.start.address.rawValue, bytes: max(piece.size, 1),
                writer: step.agent, writeRecord: list.record, detail: text,
                chain: [
                    ChainLink(
                        record: list.record, text: "dma_map_sg: \(list.pieces.count) entries"),
                    ChainLink(record: step.record, text: text),
                ])
            finding.mend = "give it the number of entries that dma_map_sg() was given"
            findings.append(finding)
        }
        return findings
    }
}
