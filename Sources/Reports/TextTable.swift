/// A table in plain text: columns aligned, a rule below the head.
public struct TextTable: Sendable {
    /// How a column's cells stand.
    public enum Alignment: Sendable {
        /// Words.
        case left
        /// Numbers.
        case right
    }

    /// The names of the columns.
    public let head: [String]
    let alignments: [Alignment]
    /// The rows' cells.
    public private(set) var rows: [[String]] = []

    /// Makes an empty table.
    public init(_ columns: [(String, Alignment)]) {
        head = columns.map(\.0)
        alignments = columns.map(\.1)
    }

    /// Adds a row; missing cells stay empty.
    public mutating func add(_ cells: [String]) {
        rows.append(cells + Array(repeating: "", count: max(0, head.count - cells.count)))
    }

    /// Head and rows.
    public var json: JSONValue {
        .object([
            ("head", .array(head.map(JSONValue.string))),
            ("numbers", .array(alignments.map { .bool($0 == .right) })),
            ("rows", .array(rows.map { .array($0.map(JSONValue.string)) })),
        ])
    }

    /// The table's lines, each ended.
    public var text: String { text(of: Array(head.indices)) }

    /// The table in lines of up to so many characters: columns that do not fit follow below, each time behind the first.
    public func text(within width: Int) -> String {
        var blocks: [[Int]] = []
        var used = 0
        for column in head.indices.dropFirst() {
            let more = self.width(of: column) + 2
            if blocks.isEmpty || used + more > width {
                blocks.append([0])
                used = self.width(of: 0)
            }
            blocks[blocks.count - 1].append(column)
            used += more
        }
        guard blocks.count > 1 else { return text }
        return blocks.map(text(of:)).joined(separator: "\n")
    }

    private func width(of column: Int) -> Int {
        ([head] + rows).map { $0[column].count }.max() ?? 0
    }

    private func text(of columns: [Int]) -> String {
        let widths = columns.map(width(of:))
        let alignments = columns.map { self.alignments[$0] }
        func line(_ cells: [String]) -> String {
            var out = ""
            for (column, cell) in cells.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                out += alignments[column] == .right ? padding + cell : cell + padding
                if column + 1 < cells.count { out += "  " }
            }
            while out.hasSuffix(" ") { out.removeLast() }
            return out + "\n"
        }
        let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ") + "\n"
        return line(columns.map { head[$0] }) + rule
            + rows.map { row in line(columns.map { row[$0] }) }.joined()
    }
}

/// Numbers as people read them.
public enum Format {
    /// A whole number with thousands separated by commas.
    public static func grouped(_ value: some BinaryInteger) -> String {
        var out: [Character] = []
        for (index, digit) in String(value).reversed().enumerated() {
            if index > 0, index % 3 == 0, digit != "-" { out.append(",") }
            out.append(digit)
        }
        return String(out.reversed())
    }

    /// A number with a fixed number of decimals.
    public static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return "–" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (abs(value) * scale).rounded()
        guard scaled < 9e15 else { return "\(value)" }
        let digits = String(UInt64(scaled))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }

    /// A time with a fitting unit.
    public static func time(nanoseconds value: Double) -> String {
        switch value {
        case ..<1_000: "\(fixed(value, 1)) ns"
        case ..<1_000_000: "\(fixed(value / 1e3, 2)) µs"
        case ..<1_000_000_000: "\(fixed(value / 1e6, 2)) ms"
        default: "\(fixed(value / 1e9, 3)) s"
        }
    }

    /// A share in percent; what rounds to nothing and is something is shown as less than the least.
    public static func percent(_ part: some BinaryInteger, of whole: some BinaryInteger) -> String {
        guard whole != 0 else { return "–" }
        return percent(share: Double(part) / Double(whole))
    }

    /// A share, from 0 to 1, in percent.
    public static func percent(share: Double) -> String {
        share > 0 && share < 0.000_05 ? "<0.01 %" : fixed(100 * share, 2) + " %"
    }

    /// An address in hexadecimal.
    public static func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}
