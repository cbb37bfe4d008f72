import DMAMapping
import Operations
import Quantities
import Traces

/// Puts the calls of the DMA API that one recording has into the trace that another one has.
///
/// By clock, statements of both sides stand in the order of their times; by marks, each call stands where the trace has a
/// mark for it. The calls keep their order. Both sides are held in memory, up to `NativeLimits.statements`.
public struct TraceMerge {
    /// How places are found.
    public enum Rule: String, CaseIterable, Sendable {
        /// By the times of both sides.
        case clock
        /// By marks of the CPU's side.
        case marks
    }

    /// The side that is merged into.
    public struct CPUSide {
        /// The statements.
        public var program: Program
        /// The file's name, for errors.
        public var file: String
        /// Whether statements have numbers of accesses in place of lines.
        public var countsAccesses: Bool

        /// Names a side.
        public init(_ program: Program, file: String, countsAccesses: Bool = false) {
            self.program = program
            self.file = file
            self.countsAccesses = countsAccesses
        }
    }

    /// The side with the calls.
    public enum DMASide {
        /// A kernel's log.
        case log(KernelLogReader)
        /// A native trace of calls.
        case program(Program, file: String)

        /// The file's name, for errors.
        public var file: String {
            switch self {
            case .log(let reader): reader.source.file
            case .program(_, let file): file
            }
        }
    }

    /// How to merge.
    public struct Options: Sendable {
        /// The rule; nil: by marks if there are any, else by clock.
        public var rule: Rule?
        /// What is added to the times of the calls, in picoseconds.
        public var offset: Int128 = 0
        /// Stores that are marks.
        public var markStores: [MarkStore] = []
        /// What a log does not say.
        public var log = LogConversion.Options()
        /// Whether the cores for CPUs are given; otherwise a trace of one core gets all calls.
        public var hasCores = false
        /// The clock of stamps in cycles.
        public var frequency: Frequency?

        /// Makes the usual options.
        public init() {}
    }

    /// What came of it.
    public struct Result {
        /// The program.
        public var program: Program
        /// The rule that was followed.
        public var rule: Rule
        /// How many calls were put in.
        public var calls = 0
        /// How many marks were replaced by calls.
        public var marks = 0
        /// What a log could not say, by kind.
        public var notSaid: [(kind: String, count: UInt64)] = []
        /// What else a user should know.
        public var remarks: [String] = []
    }

    let cpu: CPUSide
    let dmaFile: String
    let options: Options
    let clock: StampClock
    var symbols: SymbolTable
    var steps: [MergeStep] = []
    /// What stands behind everything: marks that sum up what was not said.
    var closing: MergeStep?
    var result: Result

    /// Merges.
    ///
    /// - Throws: what is wrong with either side, and the first that fits nowhere.
    /// - Complexity: O(*n*) in the statements of both sides, loops that have marks unrolled.
    public static func run(
        _ cpu: CPUSide, _ dma: DMASide, _ options: Options = Options()
    ) throws -> Result {
        var merge = TraceMerge(cpu: cpu, dmaFile: dma.file, options)
        try merge.takeSteps(dma)
        return try merge.run()
    }

    private init(cpu: CPUSide, dmaFile: String, _ options: Options) {
        self.cpu = cpu
        self.dmaFile = dmaFile
        self.options = options
        clock = StampClock(frequency: options.frequency)
        symbols = cpu.program.symbols
        result = Result(program: Program(), rule: options.rule ?? .clock)
    }

    private mutating func run() throws -> Result {
        var body = try MergeBody(cpu, declarations: declarations())
        let names = Set(steps.flatMap { [$0.device.log, $0.device.program] }).subtracting([""])
        try body.findMarks(names, options)
        result.rule = options.rule ?? (body.marks.isEmpty ? .clock : .marks)
        let calls = steps.count { $0.kind != nil }
        switch result.rule {
        case .clock:
            guard options.markStores.isEmpty else {
                throw error(
                    cpu.file, 0, "stores that are marks",
                    "a merge by marks; by clock stores stay what they are")
            }
            try mergeByClock(body)
        case .marks: try mergeByMarks(&body)
        }
        if let closing { add(closing) }
        result.calls = calls
        result.program.symbols = symbols
        guard result.program.statements.count <= NativeLimits.statements else {
            throw error(
                cpu.file, 0, "\(result.program.statements.count) statements after merging",
                "at most \(NativeLimits.statements): shorter recordings")
        }
        return result
    }

    /// Adds a statement of the CPU's side.
    mutating func add(_ statement: Statement) {
        var copy = statement
        if statement.annotation >= 0,
            cpu.program.annotations.indices.contains(Int(statement.annotation))
        {
            copy.annotation = Int32(result.program.annotations.count)
            result.program.annotations.append(
                cpu.program.annotations[Int(statement.annotation)])
        }
        result.program.statements.append(copy)
    }

    /// Adds a step.
    mutating func add(_ step: MergeStep) {
        for part in step.parts {
            // Declarations stand at the beginning.
            if case .declaration = part.body { continue }
            var statement = Statement(part.body, line: UInt32(clamping: step.line))
            if let annotations = part.annotations {
                statement.annotation = Int32(result.program.annotations.count)
                result.program.annotations.append(annotations)
            }
            result.program.statements.append(statement)
        }
    }

    /// What the calls declare, in order.
    private func declarations() -> [Declaration] {
        steps.flatMap { step in
            step.parts.compactMap {
                if case .declaration(let declaration) = $0.body { declaration } else { nil }
            }
        }
    }

    /// An error in a place.
    func error(
        _ file: String, _ line: UInt64, _ found: String, _ expected: String, hint: String? = nil
    ) -> TraceErrors {
        TraceErrors([
            TraceError(
                file: file, line: Int(line), found: found, expected: expected, hint: hint)
        ])
    }

    /// An error at a statement of the CPU's side, which has a line or is an access of a number.
    func cpuError(_ line: UInt32, _ found: String, _ expected: String) -> TraceError {
        TraceError(
            file: cpu.file, line: cpu.countsAccesses ? 0 : Int(line),
            found: cpu.countsAccesses ? "\(found), access \(line)" : found, expected: expected)
    }
}
