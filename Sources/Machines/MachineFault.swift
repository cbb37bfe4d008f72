/// One thing wrong with a machine description: where it is, what stands there and what may.
public struct MachineFault: Error, Hashable, Sendable {
    /// The name of the file, as the caller gave it; for an override `--set` and what it sets.
    public var file: String
    /// The line, from 1; 0 for an override.
    public var line: Int
    /// The column in characters, from 1; 0 for an override.
    public var column: Int
    /// The key at fault, with dots; empty where the text itself is at fault.
    public var path: String
    /// What stands there.
    public var found: String
    /// What may stand there, with its unit.
    public var expected: String
    /// What the author may have meant.
    public var hint: String?

    /// Makes a fault.
    public init(
        file: String, line: Int, column: Int, path: String, found: String, expected: String,
        hint: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.path = path
        self.found = found
        self.expected = expected
        self.hint = hint
    }
}

extension MachineFault: CustomStringConvertible {
    /// The fault in one line: `FILE:LINE:COLUMN: l2.size: found '1Q', expected a size`.
    public var description: String {
        var text = file
        if line > 0 { text += ":\(line):\(column)" }
        if !path.isEmpty { text += ": \(path)" }
        text += ": found \(found), expected \(expected)"
        if let hint { text += "; \(hint)" }
        return text
    }
}

/// All that is wrong with a machine description, at once.
public struct MachineFaults: Error, Hashable, Sendable {
    /// How many faults are kept.
    public static let limit = 100

    /// The first faults: those of the file in its order, then those of the overrides in theirs.
    public private(set) var faults: [MachineFault]
    /// How many more there are.
    public private(set) var omitted: Int

    /// Makes the error; keeps the first ``limit``.
    public init(_ faults: [MachineFault]) {
        self.faults = Array(faults.prefix(Self.limit))
        omitted = max(0, faults.count - Self.limit)
    }
}

extension MachineFaults: CustomStringConvertible {
    /// One line for each fault, and one for those that are left out.
    public var description: String {
        var lines = faults.map(\.description)
        if omitted > 0 { lines.append("and \(omitted) more") }
        return lines.joined(separator: "\n")
    }
}
