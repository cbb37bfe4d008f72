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

    /// Reads the ports; one without a name of its own goes by its number.
    mutating func ports(_ node: TextNode, _ fields: [Field], path: String) {
        guard case .list(let items) = node.content, 1...Schema.maximumPorts ~= items.count else {
            return add(
                node.position, path, node.found,
                "a list of 1 to \(Schema.maximumPorts) ports")
        }
        for (index, item) in items.enumerated() {
            var name = "\(index + 1)"
            if let text = item["name"]?.leafText, ValueKind.identifier.value(text) != nil {
                if ports.contains(text), let position = item["name"]?.position {
                    add(
                        position, join(path, text), "port \(text.quoted) again",
                        "each port's name once")
                } else {
                    name = text
                }
            }
            ports.append(name)
            positions[join(path, name)] = item.position
            section(item, fields, path: join(path, name))
        }
    }
}
