/// Random programs, one seed after the other, until something is wrong.
public struct SoakRun: Sendable {
    /// The seed of the first program.
    public var first: UInt64
    /// How many programs, at most ``mostPrograms``; nil: as many as there is time for.
    public var programs: UInt64?
    /// What all are held to; nil: each seed says.
    public var kind: SoakKind?
    /// What is looked at.
    public var subject: SoakSubject

    /// The most programs of a run: more than anyone waits for.
    public static let mostPrograms: UInt64 = 1 << 48
    /// How many programs a line is about.
    public static let block = 1_000
    /// How many programs are one piece of work.
    static let batch = 25

    /// How many pieces of work there are; nil: as many as there is time for.
    public var batches: UInt64? {
        let batch = UInt64(Self.batch)
        return programs.map { $0 / batch + ($0 % batch == 0 ? 0 : 1) }
    }

    /// Plans a run.
    public init(
        first: UInt64 = 1, programs: UInt64? = nil, kind: SoakKind? = nil, subject: SoakSubject
    ) {
        self.first = first
        self.programs = programs
        self.kind = kind
        self.subject = subject
    }

    /// What came of a run.
    public struct Result: Sendable {
        /// All that was run, up to the difference.
        public var tally: SoakTally
        /// The difference of the smallest seed; nil: none.
        public var difference: SoakDifference?
    }

    /// Runs programs.
    ///
    /// Which difference is found, and what is said of it, does not depend on `jobs`: the one of the smallest seed, and
    /// the programs before it are finished. What is told comes in the order of the seeds.
    ///
    /// - Parameters:
    ///   - jobs: How many at once.
    ///   - goesOn: Asked before each piece of work; false ends the run when all that was begun is done.
    ///   - begin: Is told the seed of each program by the thread that begins it.
    ///   - tell: Takes each block of ``block`` programs, and the rest behind the last one, with how many programs there
    ///     were.
    ///   - end: Called when all programs were run: what is left is to make a difference small.
    ///   - reducing: Asked before each step of that; false ends it with what there is.
    /// - Returns: what came of it.
    public func run(
        jobs: Int, while goesOn: () -> Bool = { true },
        begin: @escaping @Sendable (_ seed: UInt64) -> Void = { _ in },
        tell: (SoakBlock, _ done: Int) -> Void = { _, _ in }, end: () -> Void = {},
        reducing: () -> Bool = { true }
    ) async -> Result {
        var order = SoakOrder(first: first)
        let batches = batches
        await withTaskGroup(of: (UInt64, Batch).self) { group in
            var next: UInt64 = 0
            func start() {
                guard !order.isDecided, next < batches ?? .max, goesOn() else { return }
                let number = next
                next += 1
                group.addTask { (number, run(batch: number, begin)) }
            }
            for _ in 0..<max(jobs, 1) { start() }
            while let (number, batch) = await group.next() {
                order.take(batch, number, tell)
                start()
            }
        }
        order.end(tell)
        end()
        let shown = order.found.flatMap { seed in
            begin(seed)
            return difference(ofSeed: seed, while: reducing)
        }
        return Result(tally: order.total, difference: shown)
    }

    /// What came of one piece of work.
    struct Batch: Sendable {
        var tally = SoakTally()
        /// The seed of the first program with which something is wrong.
        var found: UInt64?
    }

    private func run(batch number: UInt64, _ begin: (UInt64) -> Void) -> Batch {
        var result = Batch()
        let start = number * UInt64(Self.batch)
        let count = min(UInt64(Self.batch), (programs ?? .max) - start)
        for index in start..<start + count {
            let seed = first &+ index
            begin(seed)
            let flawed = examine(seed)
            result.tally += flawed.tally
            if flawed.program != nil {
                result.found = seed
                break
            }
        }
        return result
    }

    /// A program that shows something, what it shows, and what to enter.
    private struct Examined {
        var tally = SoakTally()
        var program: (any SoakProgram)?
        var flaw: Flaw?
    }

    private func examine(_ seed: UInt64) -> Examined {
        var result = Examined()
        switch kind ?? SoakKind(ofSeed: seed) {
        case .worlds:
            let program = WorldProgram(seed: seed)
            result.tally.noteWorld()
            result.flaw = program.flaw(subject)
            if result.flaw != nil { result.program = program }
        case .traces:
            let program = TraceProgram(seed: seed)
            let answer = program.answer(subject)
            result.tally.note(answer)
            if case .difference(let flaw) = answer {
                result.flaw = flaw
                result.program = program
            }
        case .drivers:
            let outcome = DriverOutcome(seed: seed, subject)
            result.tally.note(outcome)
            result.flaw = outcome.flawed?.flaw
            result.program = outcome.flawed?.program
        }
        return result
    }

    /// What is wrong with the program of a seed, reduced; nil: nothing.
    func difference(
        ofSeed seed: UInt64, while goesOn: () -> Bool = { true }
    ) -> SoakDifference? {
        let examined = examine(seed)
        guard let program = examined.program, let flaw = examined.flaw else { return nil }
        return SoakDifference(
            reducing: program, flaw, subject, kind: kind ?? SoakKind(ofSeed: seed),
            isChosen: kind != nil, while: goesOn)
    }
}
