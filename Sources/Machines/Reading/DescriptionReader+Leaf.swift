extension DescriptionReader {
    /// Reads a scalar's value; nil, and a fault, if it is not of its kind.
    mutating func value(_ node: TextNode, _ kind: ValueKind, path: String) -> Value? {
        guard let text = node.scalar, let value = kind.value(text) else {
            add(node.position, path, node.found, kind.expectation)
            return nil
        }
        return value
    }

    mutating func leaf(_ node: TextNode, _ kind: ValueKind, path: String) {
        var basis = Basis.assumption
        var source = node.position.override > 0 ? Parameter.overrideSource : Parameter.unknownSource
        var valueNode = node
        if let entries = node.entries {
            let read = provenance(node, entries, path: path)
            basis = read?.basis ?? basis
            source = read?.source ?? source
            guard let inner = node["value"] else { return }
            valueNode = inner
        }
        guard let value = value(valueNode, kind, path: path) else { return }
        // What is at odds with an override is told of the override, wherever the key stands.
        if valueNode.position.override > 0 { positions[path] = valueNode.position }
        keep(value, kind, path, basis, source)
    }

    /// Keeps a value and where it comes from.
    mutating func keep(
        _ value: Value, _ kind: ValueKind, _ path: String, _ basis: Basis, _ source: String
    ) {
        values[path] = value
        parameters.append(
            Parameter(
                path: path, value: kind.canonical(value), text: kind.display(value), basis: basis,
                source: source))
    }

    /// Reads `basis` and `source` beside a value.
    mutating func provenance(
        _ node: TextNode, _ entries: [TextEntry], path: String
    ) -> (basis: Basis, source: String)? {
        let keys = ["value", "basis", "source"]
        var misspelt: Set<String> = []
        for entry in entries where !keys.contains(entry.key) {
            if let key = addUnknown(entry, path, keys) { misspelt.insert(key) }
        }
        if node["value"] == nil { invalid.insert(path) }
        for key in keys where node[key] == nil && !misspelt.contains(key) {
            add(
                node.position, key == "value" ? path : "\(path).\(key)", "nothing",
                "value, basis and source together")
        }
        guard let basisNode = node["basis"], let sourceNode = node["source"] else { return nil }
        let words = Basis.allCases.map(\.rawValue)
        let basis = basisNode.scalar.flatMap(Basis.init(rawValue:))
        if basis == nil {
            add(
                basisNode.position, "\(path).basis", basisNode.found,
                "one of " + words.joined(separator: ", "),
                hint: basisNode.scalar.flatMap { suggestion($0, words) }.map {
                    "did you mean \($0)?"
                })
        }
        let source = value(sourceNode, .text(Schema.maximumSource), path: "\(path).source")
        guard let basis, case .word(let text) = source else { return nil }
        return (basis, text)
    }
}
