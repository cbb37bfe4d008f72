/// Why a program cannot be written in the native format.
///
/// Programs that a reader made can always be written; this is for programs made by hand.
public struct ProgramError: Error, Hashable, Sendable {
    /// The statement's place in the program, from 0; nil where no single statement is at fault.
    public var statement: Int?
    /// What the program has.
    public var found: String
    /// What the format has.
    public var expected: String

    /// Makes an error.
    public init(statement: Int? = nil, found: String, expected: String) {
        self.statement = statement
        self.found = found
        self.expected = expected
    }
}

extension ProgramError: CustomStringConvertible {
    /// The error in one line.
    public var description: String {
        let place = statement.map { "statement \($0)" } ?? "program"
        return "\(place): found \(found), expected \(expected)"
    }
}
