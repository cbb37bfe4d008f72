// A machine file uses a part of YAML: mappings, lists, plain and quoted scalars, comments. What a reader of
// configuration needs nothing of, and what makes YAML a weapon, is turned away before libyaml sees it: anchors
// and aliases (they multiply), tags, directives, complex keys, block scalars, deep nesting, tabs and control
// characters. Quotes end on their own line, so that this scan and libyaml agree on what is quoted.

/// A look at the characters of a text before it is parsed.
struct TextScan {
    /// The largest file, in bytes.
    static let maximumBytes = 1 << 20
    /// The deepest nesting of mappings and lists.
    static let maximumDepth = 16
    /// How many faults are looked for.
    private static let maximumFaults = 20

    private(set) var faults: [LocatedFault] = []
    private var indents: [Int] = []
    private var flowDepth = 0
    private var lineNumber = 0
    private var isInPlainText = false

    /// What keeps `text` from being parsed; empty if nothing does.
    static func faults(in text: String) -> [LocatedFault] {
        if text.utf8.count > maximumBytes {
            return [
                LocatedFault(
                    position: .start, found: "\(text.utf8.count) bytes",
                    expected: "at most 1 MiB (\(maximumBytes) bytes)")
            ]
        }
        var scan = TextScan()
        var line: [Unicode.Scalar] = []
        var last: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            if scalar == "\n" || scalar == "\r" {
                if !(scalar == "\n" && last == "\r") { scan.scan(line) }
                line.removeAll(keepingCapacity: true)
            } else {
                line.append(scalar)
            }
            last = scalar
            if scan.faults.count >= maximumFaults { return scan.faults }
        }
        scan.scan(line)
        return scan.faults
    }

    private mutating func add(_ column: Int, _ found: String, _ expected: String) {
        let position = Position(line: lineNumber, column: column + 1)
        faults.append(LocatedFault(position: position, found: found, expected: expected))
    }

    private mutating func scan(_ line: [Unicode.Scalar]) {
        lineNumber += 1
        if let column = line.firstIndex(where: { !$0.isPlain }) {
            let scalar = line[column]
            let found = scalar == "\t" ? "a tab" : "U+\(String(scalar.value, radix: 16))"
            return add(column, found, "spaces and characters that can be shown")
        }
        guard var index = line.firstIndex(where: { $0 != " " }), line[index] != "#" else { return }
        if index == 0, line.starts(with: "---".unicodeScalars) {
            index = 3
        } else if flowDepth == 0 {
            index = indent(line, from: index)
        }
        tokens(line, from: index)
        if indents.count + flowDepth > Self.maximumDepth {
            add(0, "\(indents.count + flowDepth) levels", "at most \(Self.maximumDepth) levels")
        }
    }

    /// Counts the levels that a line's indentation and its dashes open; returns where its text starts.
    private mutating func indent(_ line: [Unicode.Scalar], from start: Int) -> Int {
        var index = start
        while let deepest = indents.last, deepest >= index { indents.removeLast() }
        indents.append(index)
        while index < line.count, line[index] == "-", Self.isGap(line, index + 1) {
            index += 1
            while index < line.count, line[index] == " " { index += 1 }
            indents.append(index)
        }
        return index
    }

    private static func isGap(_ line: [Unicode.Scalar], _ index: Int) -> Bool {
        index >= line.count || line[index] == " "
    }

    /// Walks a line.
    ///
    /// `atStart` says that a value or key may start here. Inside brackets plain text goes on over the end of a line, and a quote in it is only a character.
    private mutating func tokens(_ line: [Unicode.Scalar], from start: Int) {
        var index = start
        var atStart = true
        var quotesCount = !(flowDepth > 0 && isInPlainText)
        defer { isInPlainText = !atStart || !quotesCount }
        while index < line.count {
            let scalar = line[index]
            switch scalar {
            case " ":
                index += 1
                continue
            case "#" where index == 0 || line[index - 1] == " ":
                return
            case "\"" where atStart && quotesCount, "'" where atStart && quotesCount:
                guard let end = Self.closingQuote(line, index) else {
                    return add(
                        index, "a quote without its end", "quotes that end on their own line")
                }
                index = end
            case "[" where atStart || flowDepth > 0, "{" where atStart || flowDepth > 0:
                flowDepth += 1
                (atStart, quotesCount) = (true, true)
            case "]" where flowDepth > 0, "}" where flowDepth > 0:
                flowDepth -= 1
                (atStart, quotesCount) = (true, true)
            case "," where flowDepth > 0:
                (atStart, quotesCount) = (true, true)
            case ":" where Self.isGap(line, index + 1) || (flowDepth > 0 && atStart):
                (atStart, quotesCount) = (true, true)
            case "&" where atStart, "*" where atStart, "!" where atStart, "|" where atStart,
                ">" where atStart, "%" where atStart, "@" where atStart, "`" where atStart:
                return add(index, Self.name(scalar), "a plain or quoted value, or a mapping")
            case "?" where atStart && (flowDepth > 0 || Self.isGap(line, index + 1)):
                return add(index, "a complex key", "a plain key")
            case "-" where atStart && Self.isGap(line, index + 1):
                break
            default:
                atStart = false
            }
            index += 1
        }
    }

    private static func name(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "&": "an anchor ('&')"
        case "*": "an alias ('*')"
        case "!": "a tag ('!')"
        case "|", ">": "a block of text ('\(scalar)')"
        case "%": "a directive ('%')"
        default: "'\(scalar)'"
        }
    }

    /// The index of the quote that ends the one at `start`.
    private static func closingQuote(_ line: [Unicode.Scalar], _ start: Int) -> Int? {
        let quote = line[start]
        var index = start + 1
        while index < line.count {
            if line[index] == "\\", quote == "\"" {
                index += 2
                continue
            }
            if line[index] == quote {
                guard quote == "'", index + 1 < line.count, line[index + 1] == "'" else {
                    return index
                }
                index += 1
            }
            index += 1
        }
        return nil
    }
}
