extension DescriptionReader {
    /// Reads the names of a machine.
    mutating func names(_ node: TextNode, path: String) {
        guard case .list(let items) = node.content, items.count <= Schema.maximumAliases else {
            return add(
                node.position, path, node.found,
                "a list of at most \(Schema.maximumAliases) names")
        }
        for item in items {
            guard case .word(let name) = value(item, .identifier, path: path) else { continue }
            if aliases.contains(name) {
                add(item.position, path, "\(name.quoted) again", "each name once")
            } else {
                aliases.append(name)
            }
        }
    }

    /// Reads a list of mappings; one without a name of its own goes by its number.
    mutating func list(_ node: TextNode, _ fields: [Field], _ kind: ListKind, path: String) {
        guard case .list(let items) = node.content, 1...kind.maximum ~= items.count else {
            return add(node.position, path, node.found, kind.expectation)
        }
        var names: [String] = []
        for (index, item) in items.enumerated() {
            var name = "\(index + 1)"
            if let text = item["name"]?.leafText, ValueKind.identifier.value(text) != nil {
                if names.contains(text), let position = item["name"]?.position {
                    add(
                        position, join(path, text), "\(kind.noun) \(text.quoted) again",
                        "each \(kind.noun)'s name once")
                } else {
                    name = text
                }
            }
            names.append(name)
            positions[join(path, name)] = item.position
            section(item, fields, path: join(path, name))
        }
        lists[path] = names
    }
}
