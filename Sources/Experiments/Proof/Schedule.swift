import Operations
import Traces

/// What is pinned of a legal schedule, so that a replay shows it: a file for `check --schedule`.
///
/// `before N: STATEMENT` puts an `env` or `work` statement before line N of the trace, `at end: STATEMENT` behind its last.
/// `move N before M` and `move N to end` let what a device does in line N, or the maintenance of line N, happen later or
/// earlier: the architecture leaves open when.
public struct Schedule: Hashable, Sendable {
    /// One line of a schedule.
    public enum Pin: Hashable, Sendable {
        /// A statement is put before a line; nil: behind all.
        case insert(String, before: Int?)
        /// A line's statement is moved before another's; nil: behind all.
        case move(Int, before: Int?)
    }

    /// The first line of a file.
    public static let head = "staleline schedule 1"

    /// What is pinned, in order.
    public var pins: [Pin] = []
    /// The line of the file that each pin stands in; empty: there is no file.
    private var lines: [Int] = []
    /// The parts of the schedule that no statement can pin, in words.
    public var loose: [String] = []

    /// Makes an empty schedule.
    public init() {}

    /// The file's text.
    public var text: String {
        let lines = pins.map { pin in
            switch pin {
            case .insert(let statement, let line?): "before \(line): \(statement)"
            case .insert(let statement, nil): "at end: \(statement)"
            case .move(let from, let line?): "move \(from) before \(line)"
            case .move(let from, nil): "move \(from) to end"
            }
        }
        return ([Self.head] + loose.map { "# not pinned: \($0)" } + lines).joined(separator: "\n")
            + "\n"
    }

    /// Reads a file.
    ///
    /// - Throws: with every line that cannot be read.
    public init(parsing text: String, file: String) throws(TraceErrors) {
        var errors = TraceErrors()
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.first.map({ $0.trimmed }) != Self.head {
            throw TraceErrors([
                TraceError(
                    file: file, line: 1, found: "'\(lines.first ?? "")'",
                    expected: "'\(Self.head)'")
            ])
        }
        for (index, line) in lines.enumerated().dropFirst() {
            let line = line.prefix { $0 != "#" }.trimmed
            guard !line.isEmpty else { continue }
            guard let pin = Self.pin(line) else {
                errors.append(
                    TraceError(
                        file: file, line: index + 1, found: "'\(line)'",
                        expected:
                            "before LINE: STATEMENT, at end: STATEMENT, move LINE before LINE, or move LINE to end"
                    ))
                continue
            }
            pins.append(pin)
            self.lines.append(index + 1)
        }
        if !errors.isEmpty { throw errors }
    }

    private static func pin(_ line: String) -> Pin? {
        if line.hasPrefix("at end:") {
            return .insert(line.dropFirst(7).trimmed, before: nil)
        }
        let words = line.split(separator: " ")
        if words.first == "before", let colon = line.firstIndex(of: ":"),
            let number = Int(line[..<colon].dropFirst(6).trimmed)
        {
            return .insert(line[line.index(after: colon)...].trimmed, before: number)
        }
        guard words.count == 4, words[0] == "move", let from = Int(words[1]) else { return nil }
        if words[2] == "to", words[3] == "end" { return .move(from, before: nil) }
        guard words[2] == "before", let to = Int(words[3]) else { return nil }
        return .move(from, before: to)
    }
}

extension Schedule {
    /// A program with what is pinned done to it; statements keep the lines that they have in the trace.
    ///
    /// - Parameters:
    ///   - program: The trace.
    ///   - file: The schedule's name, for errors.
    /// - Returns: the program.
    /// - Throws: where a line does not exist, stands in a loop, or has a statement that keeps its place.
    public func applied(to program: Program, file: String) throws(TraceErrors) -> Program {
        var result = program
        for (index, pin) in pins.enumerated() {
            do throws(Fault) {
                switch pin {
                case .insert(let text, let line):
                    var statement = try Self.statement(text)
                    statement.line = UInt32(
                        line ?? Int(program.statements.last?.line ?? 0) + 1)
                    let place = try place(before: line, in: result)
                    result.statements.insert(statement, at: place)
                case .move(let from, let line):
                    let old = try self.place(before: from, in: result)
                    let statement = result.statements.remove(at: old)
                    guard Self.isMovable(statement) else {
                        throw Fault(
                            found: "line \(from), which keeps its place",
                            expected: "a line in which a device acts, or maintenance")
                    }
                    result.statements.insert(
                        statement, at: try place(before: line, in: result))
                }
            } catch {
                throw TraceErrors([
                    TraceError(
                        file: file, line: lines.indices.contains(index) ? lines[index] : 0,
                        found: error.found, expected: error.expected)
                ])
            }
        }
        return result
    }

    private struct Fault: Error {
        var found: String
        var expected: String
    }

    private static func statement(_ text: String) throws(Fault) -> Statement {
        let source = "staleline 1\n\(text)\n"
        guard let program = try? NativeParser.parse(Array(source.utf8), file: "schedule"),
            let statement = program.statements.last, program.statements.count == 1,
            case .operation(_, let operation) = statement.body
        else {
            throw Fault(
                found: "'\(text)'", expected: "an env or work statement, with numbers for addresses"
            )
        }
        switch operation {
        case .environment, .work: return statement
        default: throw Fault(found: "'\(text)'", expected: "an env or work statement")
        }
    }

    /// Whether the architecture leaves open when a statement takes effect.
    static func isMovable(_ statement: Statement) -> Bool {
        guard case .operation(_, let operation) = statement.body else { return false }
        switch operation {
        case .device, .maintenance: return true
        default: return false
        }
    }

    /// Where a line's first statement is: what was put before it already stays before.
    private func place(before line: Int?, in program: Program) throws(Fault) -> Int {
        guard let line else { return program.statements.count }
        // What has been put before the line has its number, too.
        let place = program.statements.lastIndex { Int($0.line) == line }
        guard let place else {
            throw Fault(found: "line \(line)", expected: "a line of the trace that has a statement")
        }
        var open: [Bool] = []
        for statement in program.statements[..<place] {
            switch statement.body {
            case .repeatBegin: open.append(true)
            case .spanBegin: open.append(false)
            case .end: _ = open.popLast()
            default: break
            }
        }
        guard !open.contains(true) else {
            throw Fault(
                found: "line \(line), which stands in a loop",
                expected: "a trace with its loops written out")
        }
        return place
    }
}

extension StringProtocol {
    /// Without blanks at both ends.
    fileprivate var trimmed: String {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" || first == "\r" {
            text = text.dropFirst()
        }
        while let last = text.last, last == " " || last == "\t" || last == "\r" {
            text = text.dropLast()
        }
        return String(text)
    }
}
