/// Where a key or value stands: in the file, or in one of the overrides.
struct Position: Hashable, Comparable {
    /// The line, from 1; 0 in an override.
    var line: Int
    /// The column in Unicode scalars, from 1; 0 in an override.
    var column: Int
    /// The number of the override, from 1; 0 in the file.
    var override = 0

    /// The start of the file.
    static let start = Position(line: 1, column: 1)

    /// The place of override `index`, counted from 0.
    static func override(_ index: Int) -> Position {
        Position(line: 0, column: 0, override: index + 1)
    }

    /// The file comes before the overrides.
    static func < (left: Self, right: Self) -> Bool {
        (left.override, left.line, left.column) < (right.override, right.line, right.column)
    }
}

/// A fault whose file is not named yet.
struct LocatedFault {
    var position: Position
    var path = ""
    var found: String
    var expected: String
    var hint: String?
}

extension String {
    /// This text in quotes for a fault: short, and on one line.
    var quoted: String {
        var text = "'"
        var count = 0
        for scalar in unicodeScalars {
            if count == 40 { return text + "…'" }
            text += scalar.isPlain ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
            count += 1
        }
        return text + "'"
    }

    /// This text as in ``quoted``, without the quotes.
    var brief: String { String(quoted.dropFirst().dropLast()) }
}

extension Unicode.Scalar {
    /// Whether it can be shown, and stays within its line, in every reader of YAML.
    var isPlain: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: false
        default: true
        }
    }
}
