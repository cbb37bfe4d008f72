import Events
import Experiments
import Hazards
import MemoryModel
import Operations
import Quantities
import Statistics
import Traces

/// A trace that is run once and looked at step by step, forwards and backwards.
///
/// The machine runs to the end when the session is made; what is drawn at a position is what the events up to it say
/// (decision 0019). So a state depends on its position alone, not on the way there, and stepping back is exact.
public struct TraceSession: Sendable {
    /// What a step is.
    public enum Unit: String, Sendable, CaseIterable {
        /// One statement with all that it is lowered to.
        case statement
        /// One lowered operation.
        case operation
    }

    /// A finding and the position at which it shows: after the step that it happened in.
    public struct PlacedFinding: Sendable, Hashable {
        /// The finding.
        public var finding: Finding
        /// How many steps were taken when it shows.
        public var position: Int
    }

    /// The program and its machine.
    public let setup: Setup
    /// The trace's text, for the lines of statements; empty: statements are shown by what they do.
    public let source: [String]
    /// The steps.
    public let steps: [Step]
    /// Every write, by its version less one: version 0 is what was there at the start.
    public let versions: [WrittenVersion]
    /// What `check` found, in the order in which it shows.
    public let findings: [PlacedFinding]
    /// The state at the current position.
    public private(set) var state: MachineState

    let events: [Event]
    let notes: [(step: Int, note: StepRecorder.Note)]
    /// Where the notes of each step begin.
    private let firstNotes: [Int]
    /// Names of physical addresses, ascending.
    let names: [SymbolTable.Entry]
    /// States at multiples of ``interval``, as far as the run was followed.
    private var snapshots: [MachineState]
    /// How many steps lie between two snapshots.
    let interval: Int

    /// The most accesses and operations of a trace that is stepped through, loops and runs unrolled.
    public static let operationLimit: UInt64 = 1 << 20
    /// The fewest steps between two snapshots.
    static let shortestInterval = 64
    /// About the most snapshots that are kept.
    static let mostSnapshots = 256

    /// Runs a trace and stands before its first step.
    ///
    /// - Parameters:
    ///   - setup: The program on its machine.
    ///   - source: The trace's text; nil: statements are shown by what they do.
    /// - Throws: where the trace cannot be run, or is longer than ``operationLimit``.
    /// - Complexity: O(*n*) in the number of events.
    public init(_ setup: Setup, source: String? = nil) throws(TraceErrors) {
        guard setup.size <= Self.operationLimit else {
            throw TraceErrors([
                TraceError(
                    file: setup.file, line: 0,
                    found: "\(setup.size) accesses and operations with loops unrolled",
                    expected: "at most \(Self.operationLimit) to step through")
            ])
        }
        let judgement = try Check.run(setup).judgement
        var runner = try ProgramRunner(
            setup, probe: ProbePair(CountersProbe(), StepRecorder()), keepingStepsFor: nil)
        try runner.run()
        let recorder = runner.machine.probe.second
        self.init(
            setup, source: source, steps: recorder.steps, events: recorder.events,
            notes: recorder.notes, judgement: judgement)
    }

    private init(
        _ setup: Setup, source: String?, steps: [Step], events: [Event],
        notes: [(step: Int, note: StepRecorder.Note)], judgement: Judgement
    ) {
        self.setup = setup
        self.source = source.map(Self.lines) ?? []
        self.steps = steps
        self.events = events
        self.notes = notes
        names = setup.program.symbols.entries.filter { $0.size > 0 && $0.kind != .device }
            .enumerated().sorted {
                ($0.element.address, $0.element.size, $0.offset)
                    < ($1.element.address, $1.element.size, $1.offset)
            }.map(\.element)
        var firstNotes: [Int] = []
        for (index, note) in notes.enumerated() {
            while firstNotes.count <= note.step { firstNotes.append(index) }
        }
        while firstNotes.count <= steps.count { firstNotes.append(notes.count) }
        self.firstNotes = firstNotes
        versions = Self.versions(steps, events)
        findings = Self.placed(judgement.findings, steps, events)
        state = Self.start(of: setup)
        snapshots = [state]
        interval = max(Self.shortestInterval, steps.count / Self.mostSnapshots + 1)
    }

    private static func lines(of text: String) -> [String] {
        text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
    }

    /// The state before the first step.
    static func start(of setup: Setup, only line: UInt64? = nil) -> MachineState {
        MachineState(
            cores: setup.machine.core.count, devices: setup.program.devices.count,
            grain: min(UInt64(setup.machine.dataLineSize), UInt64(ByteRuns.count)),
            registers: setup.program.devices.map(\.effectiveRegisters), only: line)
    }

    // MARK: Moving

    /// How many steps the run has; the last position.
    public var count: Int { steps.count }

    /// How many steps were taken.
    public var position: Int { state.position }

    /// Goes to a position: beyond either end, to that end.
    ///
    /// - Complexity: O(*e*) in the events between the nearest snapshot before it, or the current position, and it; the
    ///   first time also those up to there.
    public mutating func move(to position: Int) {
        let target = min(max(position, 0), count)
        if target < state.position || target / interval > state.position / interval {
            let known = min(target / interval, snapshots.count - 1)
            if target < state.position || known * interval > state.position {
                state = snapshots[known]
            }
        }
        while state.position < target { advance() }
    }

    private mutating func advance() {
        perform(&state)
        guard state.position % interval == 0, state.position / interval == snapshots.count else {
            return
        }
        snapshots.append(state)
    }

    /// Takes the next step of a state of this run.
    ///
    /// - Precondition: The state is not at the end.
    func perform(_ state: inout MachineState) {
        let step = state.position
        for note in notes[firstNotes[step]..<firstNotes[step + 1]] {
            state.follow(note.note, of: steps[step])
        }
        for event in self.events(of: step) { state.follow(event) }
        state.position += 1
    }

    /// What happened in a step.
    func events(of step: Int) -> ArraySlice<Event> {
        let end = step + 1 < steps.count ? steps[step + 1].firstEvent : events.count
        return events[steps[step].firstEvent..<end]
    }

    /// The position one step on; at the end it stays.
    public func next(_ unit: Unit) -> Int {
        var place = min(position + 1, count)
        while unit == .statement, place < count, !steps[place].startsStatement { place += 1 }
        return place
    }

    /// The position one step back; at the start it stays.
    public func previous(_ unit: Unit) -> Int {
        var place = max(position - 1, 0)
        while unit == .statement, place > 0, !steps[place].startsStatement { place -= 1 }
        return place
    }

    /// Takes a step.
    public mutating func stepForward(_ unit: Unit = .statement) { move(to: next(unit)) }

    /// Goes a step back.
    public mutating func stepBack(_ unit: Unit = .statement) { move(to: previous(unit)) }

    /// The position of the next finding; nil: there is none further on.
    public var nextFinding: Int? { findings.first { $0.position > position }?.position }

    /// The position of the finding before; nil: there is none.
    public var previousFinding: Int? { findings.last { $0.position < position }?.position }

    /// The findings that have shown so far.
    public var shownFindings: [PlacedFinding] { findings.filter { $0.position <= position } }
}
