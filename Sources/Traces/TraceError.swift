/// A fault in a trace: where it is, what stands there and what may stand there.
public struct TraceError: Error, Hashable, Sendable {
    /// The name of the file, as the caller gave it.
    public var file: String
    /// The line, from 1; 0 where lines mean nothing.
    public var line: Int
    /// The column in bytes, from 1; 0 where the whole line is meant.
    public var column: Int
    /// The offset from the start of a binary file.
    public var byte: UInt64?
    /// What stands there.
    public var found: String
    /// What may stand there.
    public var expected: String
    /// What the author may have meant.
    public var hint: String?

    /// Makes an error.
    public init(
        file: String, line: Int = 0, column: Int = 0, byte: UInt64? = nil, found: String,
        expected: String, hint: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.byte = byte
        self.found = found
        self.expected = expected
        self.hint = hint
    }
}

extension TraceError: CustomStringConvertible {
    /// The error as compilers write theirs: `FILE:LINE:COL: found 'xyz', expected a size`.
    public var description: String {
        var text = file
        if line > 0 { text += ":\(line)" }
        if line > 0, column > 0 { text += ":\(column)" }
        if let byte { text += ": byte \(byte)" }
        text += ": found \(found), expected \(expected)"
        if let hint { text += "; \(hint)" }
        return text
    }
}

/// The faults of a trace, thrown at once.
public struct TraceErrors: Error, Hashable, Sendable {
    /// How many faults are kept.
    public static let limit = 20

    /// The first faults, in the order of the file; at most ``limit``.
    public private(set) var errors: [TraceError]
    /// How many more there are.
    public private(set) var omitted: Int

    /// Makes a collection from what is known at once.
    public init(_ errors: [TraceError] = []) {
        self.errors = Array(errors.prefix(Self.limit))
        omitted = max(0, errors.count - Self.limit)
    }

    /// Whether there is no fault.
    public var isEmpty: Bool { errors.isEmpty }

    /// Adds a fault, or counts it when there are ``limit`` already.
    public mutating func append(_ error: TraceError) {
        if errors.count < Self.limit { errors.append(error) } else { omitted += 1 }
    }
}

extension TraceErrors: CustomStringConvertible {
    /// One line for each fault, and one for those that are left out.
    public var description: String {
        var lines = errors.map(\.description)
        if omitted > 0 { lines.append("and \(omitted) more") }
        return lines.joined(separator: "\n")
    }
}
