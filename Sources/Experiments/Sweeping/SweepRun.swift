import DMAMapping
import MemoryModel
import Operations
import Traces

// How points are run. A trace that is nothing but accesses is decoded once for all of them and kept, if it is not too long;
// one that is too long is decoded once for as many points as memory has room for, in windows that each of them replays
// while the next is decoded. A program is in memory already. What needs statements beside accesses runs by itself.

/// Runs the points of a sweep.
public struct SweepRun: Sendable {
    /// What is asked of each point.
    public enum Question: String, Sendable, CaseIterable {
        /// Counts, and times where the machine has time.
        case replay
        /// What goes wrong there, too.
        case check
        /// What every mapping strategy would cost there.
        case compare
    }

    /// The trace.
    public var trace: SweepTrace
    /// What is asked.
    public var question: Question
    /// The kernel; nil: what the trace declares, or bare metal.
    public var kernel: KernelEra?
    /// For pseudo-random replacement.
    public var seed: UInt64
    /// How many points at once.
    public var jobs: Int
    /// Which part of the trace's accesses is counted; nil: all of them.
    public var sampling: SweepSampling?
    /// The most accesses that are kept decoded: 16 bytes each.
    public var keptAccesses = 1 << 24
    /// How many accesses are decoded at a time: 4 MiB, so that handing them round costs nothing beside their replay.
    public var windowSize = 1 << 18
    /// The most lines of all caches that are in memory at once where the trace is too long to be kept.
    public var linesAtOnce = 1 << 24

    /// Makes a run.
    public init(
        _ trace: SweepTrace, question: Question = .replay, kernel: KernelEra? = nil,
        seed: UInt64 = 1, jobs: Int = 1
    ) {
        self.trace = trace
        self.question = question
        self.kernel = kernel
        self.seed = seed
        self.jobs = max(jobs, 1)
    }

    /// Runs points.
    ///
    /// - Parameters:
    ///   - points: Which; those without a machine come to nothing, and say why.
    ///   - deliver: Takes what came of some of them, one call after the other, in an order that depends on `jobs`.
    /// - Throws: what is wrong with the trace, or what `deliver` throws.
    public func run(
        _ points: [SweepPoint], deliver: ([SweepOutcome]) throws -> Void
    ) async throws {
        let impossible = points.compactMap { point -> SweepOutcome? in
            guard case .failure(let fault) = point.machine else { return nil }
            return SweepOutcome(number: point.number, content: .impossible("\(fault)"))
        }
        if !impossible.isEmpty { try deliver(impossible) }
        var counting: [(number: UInt64, machine: PlainConfiguration)] = []
        var timed: [(number: UInt64, machine: MachineConfiguration)] = []
        for point in points {
            switch point.machine {
            case .success(.counting(let machine)): counting.append((point.number, machine))
            case .success(.timed(let machine)): timed.append((point.number, machine))
            case .failure: break
            }
        }
        let isAccessesAlone: Bool
        if case .accesses = trace.content {
            isAccessesAlone = true
        } else {
            isAccessesAlone = false
        }
        try refuseSampling(counting, isAnyTimed: !timed.isEmpty, isAccessesAlone)
        if question == .replay, isAccessesAlone {
            try await share(
                makers(counting)
                    + timed.map { [seed, sampling] number, machine in
                        {
                            let group = TimedGroup(number, machine, seed: seed)
                            return sampling.map { SampledGroup(group, $0) } ?? group
                        }
                    }, rule: counting.first?.machine.straddle, deliver)
            return
        }
        try await share(makers(counting), rule: counting.first?.machine.straddle, deliver)
        try await Parallel.each(timed, jobs: jobs) { number, machine in
            SweepOutcome(number: number, content: try alone(machine))
        } deliver: {
            try deliver([$0])
        }
    }

    // MARK: One by one

    private func alone(_ machine: MachineConfiguration) throws -> SweepOutcome.Content {
        do {
            switch trace.content {
            case .program(let program):
                let setup = try Setup(
                    program, file: trace.file, machine: machine, kernel: kernel, seed: seed)
                return switch question {
                case .replay: .replayed(try Replay.run(setup))
                case .check: .checked(try Check.run(setup))
                case .compare: .compared(try Compare.run(setup))
                }
            case .stream(let open):
                return .replayed(
                    try Replay.run(try open(), file: trace.file) { program in
                        try Setup(
                            program, file: trace.file, machine: machine, kernel: kernel, seed: seed)
                    })
            case .recording(let open):
                return .replayed(try Replay.run(try open(), machine: machine, seed: seed))
            case .accesses(let open):
                return .replayed(try Replay.run(try open(), machine: machine, seed: seed))
            }
        } catch let error as TraceErrors {
            // What one machine cannot do another may.
            return .impossible("\(error)")
        }
    }

    // MARK: Shared passes

    private typealias Maker = @Sendable () -> any SweepGroup

    private func makers(
        _ counting: [(number: UInt64, machine: PlainConfiguration)]
    ) -> [Maker] {
        guard let sampling else { return CountingGroup.makers(counting) }
        var hasGaps = false
        if case .intervals = sampling { hasGaps = true }
        return CountingGroup.makers(counting, hasGaps: hasGaps).map { maker in
            { SampledGroup(maker(), sampling) }
        }
    }

    private func share(
        _ groups: [Maker], rule: StraddleRule?, _ deliver: ([SweepOutcome]) throws -> Void
    ) async throws {
        guard !groups.isEmpty else { return }
        guard let source = try trace.accessSource() else {
            guard case .program(let program) = trace.content else { return }
            return try await unroll(program, groups, deliver)
        }
        let decoder = decoder(source, rule)
        var windows: [AccessWindow] = []
        var count = 0
        while count <= keptAccesses {
            guard let window = try decoder.next() else {
                return try await replay(windows, decoder.size, groups, deliver)
            }
            count += window.accesses.count
            windows.append(window)
        }
        windows.removeAll()
        var rest = groups[...]
        while !rest.isEmpty {
            var batch: [any SweepGroup] = []
            var lines = 0
            while let maker = rest.first, batch.isEmpty || lines <= linesAtOnce {
                let group = maker()
                lines += group.lines
                batch.append(group)
                rest.removeFirst()
            }
            try await stream(batch, rule, deliver)
        }
    }

    /// Replays windows that are in memory, each group by itself.
    private func replay(
        _ windows: [AccessWindow], _ size: TraceSize, _ groups: [Maker],
        _ deliver: ([SweepOutcome]) throws -> Void
    ) async throws {
        try await Parallel.each(groups, jobs: jobs) { maker in
            let group = maker()
            for window in windows { group.replay(window) }
            return group.finish(size)
        } deliver: {
            try deliver($0)
        }
    }

    /// Replays a trace window by window, all groups each, while the next is decoded.
    private func stream(
        _ groups: [any SweepGroup], _ rule: StraddleRule?,
        _ deliver: ([SweepOutcome]) throws -> Void
    ) async throws {
        guard let source = try trace.accessSource() else { return }
        let decoder = decoder(source, rule)
        var window = try decoder.next()
        while let current = window {
            let next = Later<AccessWindow?>(nil)
            try await Parallel.each(
                [Int](-1..<groups.count), jobs: jobs
            ) { index in
                guard index >= 0 else {
                    next.value = try decoder.next()
                    return
                }
                groups[index].replay(current)
            } deliver: { _ in
            }
            window = next.value
        }
        for group in groups { try deliver(group.finish(decoder.size)) }
    }

    /// Replays a program's accesses on counting machines.
    private func unroll(
        _ program: Program, _ groups: [Maker], _ deliver: ([SweepOutcome]) throws -> Void
    ) async throws {
        if let error = ProgramFit.sizeError(
            of: program, file: trace.file, limit: Replay.countedLimit)
        {
            throw TraceErrors([error])
        }
        try await Parallel.each(groups, jobs: jobs) { maker in
            let group = maker()
            let records = program.forEachBlock { group.replay($0, first: 1, highestCore: 0) }
            return group.finish(TraceSize(records: records))
        } deliver: {
            try deliver($0)
        }
    }
}

/// A value that one task leaves for the one that waits for it.
private final class Later<Value>: @unchecked Sendable {
    var value: Value

    init(_ value: Value) { self.value = value }
}
