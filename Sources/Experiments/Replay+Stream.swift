import MemoryModel
import Operations
import Quantities
import Statistics
import Traces

extension Replay {
    /// Replays a program with full timing, and shares the time out among functions.
    ///
    /// - Parameters:
    ///   - setup: Program, machine, kernel.
    ///   - functions: The functions' names and bytes, ascending by address and size.
    /// - Returns: what was counted and timed.
    /// - Throws: what the machine cannot do.
    public static func run(
        _ setup: Setup, functions: [SymbolTable.Entry]
    ) throws(TraceErrors) -> ReplayResult {
        var runner = try ProgramRunner(setup, probe: CountersProbe(), keepingStepsFor: nil)
        runner.profile = FunctionProfile(functions)
        try runner.run()
        return runner.result(on: setup.machine)
    }

    /// Replays a binary native trace that is too large to be held as a program, with full timing.
    ///
    /// Declarations stand before the first operation; `repeat` and `span` need a trace that fits into memory.
    ///
    /// - Parameters:
    ///   - reader: The trace, nothing of it read yet.
    ///   - file: Its name, for errors.
    ///   - functions: The functions' names and bytes, ascending by address and size; nil: no table by function.
    ///   - setup: Makes the run's setup of a program that has the trace's names and declarations alone.
    /// - Returns: what was counted and timed.
    /// - Throws: where the trace cannot be read, or says what a stream or the machine cannot.
    /// - Complexity: constant memory beyond the file itself.
    public static func run(
        _ reader: BinaryAccessReader, file: String, functions: [SymbolTable.Entry]? = nil,
        setup: (Program) throws -> Setup
    ) throws -> ReplayResult {
        var stream = TraceStream(reader, file: file)
        let setup = try setup(try stream.declarations())
        var runner = try ProgramRunner(setup, probe: CountersProbe(), keepingStepsFor: nil)
        runner.profile = functions.map(FunctionProfile.init)
        while let piece = try stream.next(cores: setup.machine.core.count) {
            switch piece {
            case .accesses(let block, let first): runner.replay(block, firstRecord: first)
            case .statement(let statement, let annotations, let record):
                try runner.perform(statement, annotations, record: record)
            }
        }
        runner.machine.finish()
        var result = runner.result(on: setup.machine)
        result.records = reader.recordCount
        return result
    }
}

/// A native trace in pieces: runs of accesses, and the statements between them.
private struct TraceStream: ~Copyable {
    enum Piece {
        case accesses(UnsafeBufferPointer<MemoryAccess>, first: UInt32)
        case statement(Statement, Annotations?, record: UInt32)
    }

    private let reader: BinaryAccessReader
    private let file: String
    private let room: OwnedBuffer<MemoryAccess>
    private var waiting: Piece?
    private var isAtEnd = false

    init(_ reader: BinaryAccessReader, file: String) {
        self.reader = reader
        self.file = file
        reader.deliversStatements = true
        room = OwnedBuffer(
            repeating: MemoryAccess(.load, at: 0, size: 1), count: AccessReader.blockSize)
    }

    /// The declarations before the first operation, as a program.
    mutating func declarations() throws(TraceErrors) -> Program {
        var program = Program()
        program.symbols = reader.symbols
        while let piece = try take() {
            guard case .statement(let statement, _, _) = piece,
                case .declaration = statement.body
            else {
                waiting = piece
                break
            }
            program.statements.append(statement)
        }
        return program
    }

    mutating func next(cores: Int) throws(TraceErrors) -> Piece? {
        let piece: Piece?
        if waiting != nil {
            piece = waiting
            waiting = nil
        } else {
            piece = try take()
        }
        guard reader.highestCore < cores else {
            throw TraceErrors([
                TraceError(
                    file: file, found: "an access of core\(reader.highestCore)",
                    expected: "core0 to core\(cores - 1) on this machine")
            ])
        }
        guard case .statement(let statement, _, _) = piece else { return piece }
        let found: String
        switch statement.body {
        case .declaration: found = "a declaration behind the first operation"
        case .repeatBegin: found = "'repeat'"
        case .spanBegin: found = "'span'"
        case .end: found = "'end'"
        case .operation(_, .environment): found = "'env'"
        case .operation, .mark: return piece
        }
        throw TraceErrors([
            TraceError(
                file: file, line: Int(statement.line), found: found,
                expected:
                    "operations, in a trace of more than \(NativeLimits.statements) statements"
            )
        ])
    }

    private mutating func take() throws(TraceErrors) -> Piece? {
        let first = reader.recordCount + 1
        let count = try reader.read(
            into: UnsafeMutableBufferPointer(start: room.base, count: room.count))
        if count > 0 {
            return .accesses(
                UnsafeBufferPointer(start: room.base, count: count),
                first: UInt32(truncatingIfNeeded: first))
        }
        guard let statement = reader.takeStatement() else { return nil }
        let line = UInt32(clamping: statement.number + 2)
        return .statement(
            Statement(statement.body, line: line), statement.annotations,
            record: UInt32(truncatingIfNeeded: statement.number + 1))
    }
}
