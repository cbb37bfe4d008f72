import Events
import Experiments
import Hazards
import Operations
import Quantities

/// Keeps what a run did, step by step.
struct StepRecorder: OperationProbe, Sendable {
    /// Something beside events that changes what is drawn.
    enum Note: Sendable {
        /// A call of the DMA API.
        case call(CallFacts)
        /// A device has got something to do.
        case given(DeviceOperation)
    }

    /// The steps in their order.
    private(set) var steps: [Step] = []
    /// What happened.
    private(set) var events: [Event] = []
    /// What else happened, at which step.
    private(set) var notes: [(step: Int, note: Note)] = []

    /// Says that a statement comes next; 0: the program is over.
    mutating func begin(statement record: UInt32, by agent: Agent) {
        steps.append(
            Step(
                record: record, agent: agent, startsStatement: true, operation: nil,
                firstEvent: events.count))
    }

    /// Says which operation comes next.
    mutating func begin(_ operation: Operation, by agent: Agent, record: UInt32) {
        if let last = steps.last, last.record == record, last.operation == nil,
            last.firstEvent == events.count
        {
            steps[steps.count - 1].operation = operation
        } else {
            steps.append(
                Step(
                    record: record, agent: agent, startsStatement: steps.last?.record != record,
                    operation: operation, firstEvent: events.count))
        }
        if case .device(let work) = operation, work.kind != .interrupt {
            notes.append((steps.count - 1, .given(work)))
        }
    }

    /// Notes a call of the DMA API.
    mutating func begin(_ call: CallFacts) { notes.append((max(steps.count - 1, 0), .call(call))) }

    /// Keeps an event, but for those that nothing is drawn of.
    mutating func record(_ event: Event) {
        switch event.kind {
        case .levelRead, .levelWrite, .prefetch, .barrier, .exclusiveFailed: break
        default: events.append(event)
        }
    }
}
