import Yams

// Yams gives up at the first mapping with a key twice, and says only the key's name and place. A fault must not
// hide those behind it, so the first character of such a key is replaced and the text parsed again; the place
// tells later which key it was. `replacement` is a private character that no key holds.

/// The tree of a YAML text, with its faults.
struct YAMLText {
    private static let replacement: Unicode.Scalar = "\u{E000}"
    private static let maximumDuplicates = 20

    private(set) var root: TextNode?
    private(set) var faults: [LocatedFault] = []
    private var masked: [Position: String] = [:]

    /// Parses a text that ``TextScan`` has nothing against.
    init(_ text: String) {
        var text = text
        while true {
            do {
                // Named, because the default encoding is taken from the environment.
                let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
                guard let node = try parser.singleRoot() else { return }
                root = convert(node)
                return
            } catch let error as YamlError {
                if case .duplicatedKeysInMapping(let keys, let context) = error,
                    masked.count < Self.maximumDuplicates, let key = keys.min(),
                    let next = mask(key, at: context.mark, in: text)
                {
                    text = next
                    continue
                }
                faults.append(Self.fault(error, in: text))
            } catch {
                faults.append(
                    LocatedFault(position: .start, found: "no YAML: \(error)", expected: "YAML"))
            }
            return
        }
    }

    /// The text with a key's first character replaced; nil if that is not where the key stands.
    private mutating func mask(_ key: String, at mark: Mark, in text: String) -> String? {
        let position = Position(line: mark.line, column: mark.column)
        guard masked[position] == nil, let first = key.unicodeScalars.first else { return nil }
        var scalars = Array(text.unicodeScalars)
        var index = 0
        var line = 1
        while index < scalars.count, line < mark.line {
            let isPair = scalars[index] == "\r" && scalars[(index + 1)...].first == "\n"
            if scalars[index] == "\n" || (scalars[index] == "\r" && !isPair) { line += 1 }
            index += 1
        }
        index += mark.column - 1
        if index < scalars.count, scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
        guard index < scalars.count, scalars[index] == first else { return nil }
        scalars[index] = Self.replacement
        masked[position] = key
        var result = String.UnicodeScalarView()
        result.append(contentsOf: scalars)
        return String(result)
    }

    private mutating func convert(_ node: Node) -> TextNode {
        let position = Self.position(node.mark)
        if node.anchor != nil {
            add(position, "an anchor", "a plain or quoted value, or a mapping")
        }
        switch node {
        case .scalar(let scalar):
            return TextNode(position: position, content: .scalar(scalar.string))
        case .alias:
            add(position, "an alias", "a plain or quoted value, or a mapping")
            return TextNode(position: position, content: .scalar(""))
        case .sequence(let sequence):
            return TextNode(position: position, content: .list(sequence.map { convert($0) }))
        case .mapping(let mapping):
            return TextNode(position: position, content: .map(entries(mapping)))
        }
    }

    private mutating func entries(_ mapping: Node.Mapping) -> [TextEntry] {
        var entries: [TextEntry] = []
        var places: [String: Position] = [:]
        for (keyNode, valueNode) in mapping {
            let position = Self.position(keyNode.mark)
            guard case .scalar(let scalar) = keyNode else {
                add(position, "a list or mapping as key", "a key")
                continue
            }
            let key = masked[position] ?? scalar.string
            let value = convert(valueNode)
            if let first = places[key] {
                add(position, "key \(key.quoted) again (first on line \(first.line))", "it once")
                continue
            }
            places[key] = position
            entries.append(TextEntry(key: key, position: position, value: value))
        }
        return entries
    }

    private mutating func add(_ position: Position, _ found: String, _ expected: String) {
        faults.append(LocatedFault(position: position, found: found, expected: expected))
    }

    private static func position(_ mark: Mark?) -> Position {
        mark.map { Position(line: $0.line, column: $0.column) } ?? .start
    }

    private static func fault(_ error: YamlError, in text: String) -> LocatedFault {
        func made(_ problem: String, _ position: Position) -> LocatedFault {
            LocatedFault(position: position, found: "no YAML: \(problem)", expected: "YAML")
        }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return made(problem, position(mark))
        case .reader(let problem, let offset, _, _):
            let before = text.prefix(offset ?? 0)
            let line = before.reduce(1) { $0 + ($1.isNewline ? 1 : 0) }
            let column = before.reversed().prefix { !$0.isNewline }.count
            return made(problem, Position(line: line, column: column + 1))
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.prefix(3).map(\.quoted).joined(separator: ", ")
            return LocatedFault(
                position: position(context.mark), found: "key \(names) more than once",
                expected: "it once")
        default:
            return made("\(error)", .start)
        }
    }
}
