import Events
import Hazards
import Operations
import Quantities

extension TraceSession {
    /// Every write of a run, in order.
    static func versions(_ steps: [Step], _ events: [Event]) -> [WrittenVersion] {
        var result: [WrittenVersion] = []
        var given: [UInt32: UInt64] = [:]
        for (index, step) in steps.enumerated() {
            if case .device(let operation) = step.operation { given[step.record] = operation.value }
            let end = index + 1 < steps.count ? steps[index + 1].firstEvent : events.count
            for event in events[step.firstEvent..<end]
            where event.kind == .store || event.kind == .deviceWrite {
                var version = WrittenVersion(
                    agent: event.agent, record: event.record, tick: event.tick,
                    address: event.address, size: event.size)
                version.value = value(of: event, step, given)
                result.append(version)
            }
        }
        return result
    }

    /// The value that a write has by the trace, as far as its bytes go into one number.
    private static func value(
        of event: Event, _ step: Step, _ given: [UInt32: UInt64]
    ) -> UInt64? {
        guard event.size <= 8 else { return nil }
        guard event.agent.isCore else { return given[event.record] }
        guard event.record == step.record, case .access(let access, _, let value) = step.operation,
            access.kind.isStore, access.size == event.size
        else { return nil }
        return value
    }

    /// Findings with their positions, in the order in which they show.
    static func placed(
        _ findings: [Finding], _ steps: [Step], _ events: [Event]
    ) -> [PlacedFinding] {
        var wanted: [UInt32: [Int]] = [:]
        for (index, finding) in findings.enumerated() {
            wanted[UInt32(finding.record), default: []].append(index)
        }
        // Where the statement is first over, and where the very event happens.
        var ends: [Int?] = findings.map { _ in nil }
        var moments: [Int?] = findings.map { _ in nil }
        var isOver = Set<UInt32>()
        for (place, step) in steps.enumerated() {
            let isLast = place + 1 == steps.count || steps[place + 1].startsStatement
            if isLast, let indices = wanted[step.record], isOver.insert(step.record).inserted {
                for index in indices { ends[index] = place + 1 }
            }
            let end = place + 1 < steps.count ? steps[place + 1].firstEvent : events.count
            for event in events[step.firstEvent..<end] {
                guard let indices = wanted[event.record] else { continue }
                for index in indices
                where moments[index] == nil && findings[index].tick == event.tick {
                    moments[index] = place + 1
                }
            }
        }
        return findings.indices.map { index in
            PlacedFinding(
                finding: findings[index], position: moments[index] ?? ends[index] ?? steps.count)
        }.enumerated().sorted {
            ($0.element.position, $0.offset) < ($1.element.position, $1.offset)
        }.map(\.element)
    }
}
