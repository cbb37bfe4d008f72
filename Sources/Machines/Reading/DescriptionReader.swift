import Quantities

/// Walks a file's tree along the schema and keeps its values, its parameters and everything wrong with it.
struct DescriptionReader {
    /// The values that are as they should be, by path.
    var values: [String: Value] = [:]
    /// Where each key stands, by path.
    var positions: [String: Position] = [:]
    /// The paths whose values are missing or wrong.
    var invalid: Set<String> = []
    /// The parameters in the order of the file.
    var parameters: [Parameter] = []
    /// The names in each list of mappings, in the order of the file, by the path of the list.
    var lists: [String: [String]] = [:]
    /// The machine's other names.
    var aliases: [String] = []
    /// What is wrong.
    var faults: [LocatedFault] = []

    /// Reads a whole tree.
    init(_ root: TextNode) {
        section(root, Schema.root, path: "")
    }

    mutating func add(
        _ position: Position, _ path: String, _ found: String, _ expected: String,
        hint: String? = nil
    ) {
        invalid.insert(path)
        faults.append(
            LocatedFault(
                position: position, path: path, found: found, expected: expected, hint: hint))
    }

    /// What may have been meant; nothing once there are more faults than anyone is shown.
    func suggestion(_ word: String, _ words: [String]) -> String? {
        faults.count < MachineFaults.limit ? Suggestion.nearest(to: word, among: words) : nil
    }

    mutating func addUnknown(
        _ entry: TextEntry, _ path: String, _ keys: [String]
    ) -> String? {
        let meant = suggestion(entry.key, keys)
        add(
            entry.position, join(path, entry.key.brief), "an unknown key",
            "one of " + keys.joined(separator: ", "), hint: meant.map { "did you mean \($0)?" })
        return meant
    }

    /// Reads a mapping's entries along its fields.
    mutating func section(_ node: TextNode, _ fields: [Field], path: String) {
        let keys = fields.map(\.key)
        guard let entries = node.entries else {
            return add(
                node.position, path, node.found,
                "a mapping with the keys " + keys.joined(separator: ", "))
        }
        var misspelt: Set<String> = []
        for entry in entries {
            let full = join(path, entry.key)
            guard let field = fields.first(where: { $0.key == entry.key }) else {
                if let key = addUnknown(entry, path, keys) { misspelt.insert(key) }
                continue
            }
            positions[full] = entry.position
            read(entry.value, field, path: full)
        }
        for field in fields where node[field.key] == nil {
            // A misspelt key is one mistake, not one key too many and one too few.
            guard !misspelt.contains(field.key) else {
                invalid.insert(join(path, field.key))
                continue
            }
            supply(field, node.keyPosition(positions[path]), path: join(path, field.key))
        }
    }

    /// Puts in what holds for a key that is not there; a fault if it must be there.
    private mutating func supply(_ field: Field, _ position: Position, path: String) {
        switch field.fallback {
        case nil: add(position, path, "nothing", field.expectation)
        case .nothing: break
        case .empty:
            positions[path] = position
            read(TextNode(position: position, content: .map([])), field, path: path)
        case .value(let text, let reason):
            let kind = if case .leaf(let kind) = field.shape { kind } else { ValueKind.none }
            guard let value = kind.value(text) else {
                preconditionFailure("\(path): the schema gives \(text), which it does not allow")
            }
            keep(value, kind, path, .assumption, Parameter.absentPrefix + reason)
        }
    }

    func join(_ path: String, _ key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }

    mutating func read(_ node: TextNode, _ field: Field, path: String) {
        switch field.shape {
        case .leaf(let kind): leaf(node, kind, path: path)
        case .identity(let kind): values[path] = value(node, kind, path: path)
        case .names: names(node, path: path)
        case .section(let fields, let orNone):
            if orNone, node.isLeaf {
                leaf(node, .none, path: path)
            } else {
                section(node, fields, path: path)
            }
        case .level2:
            section(node, Schema.level2(kind: node["kind"]?.leafText), path: path)
        case .list(let fields, let kind):
            if kind.orNone, node.isLeaf {
                leaf(node, .none, path: path)
            } else {
                list(node, fields, kind, path: path)
            }
        }
    }
}

extension TextNode {
    /// Where a fault about this whole mapping stands: at its key if that is known.
    func keyPosition(_ key: Position?) -> Position {
        if position.override > 0 { return position }
        return key ?? position
    }
}
