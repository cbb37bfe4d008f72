import Quantities

// Overrides are edits of the tree before anything is checked, so that they meet the same checks as a file, and a
// new key lands at the end of its section.

extension TextNode {
    /// Sets the value of a key, given with dots.
    ///
    /// - Returns: what is wrong with the key; nil if the value is set. Whether the last key exists at all is for
    ///   the reader to say.
    mutating func set(_ key: String, to text: String, index: Int) -> LocatedFault? {
        let keys = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let position = Position.override(index)
        guard keys.count <= 4, !keys.contains("") else {
            return LocatedFault(
                position: position, path: "", found: "key \(key.quoted)",
                expected: "a key such as l2.size or ports.NAME.mhz")
        }
        return set(keys[...], TextNode(position: position, content: .scalar(text)), path: "")
    }

    private mutating func set(
        _ keys: ArraySlice<String>, _ node: TextNode, path: String
    ) -> LocatedFault? {
        guard let key = keys.first else {
            self = node
            return nil
        }
        let full = path.isEmpty ? key.brief : "\(path).\(key.brief)"
        if case .list(let items) = content {
            return setItem(key, of: items, keys.dropFirst(), node, path: full)
        }
        if isLeaf {
            // An absent section gets its first key; another value has no keys.
            guard leafText == "none" else {
                return LocatedFault(
                    position: node.position, path: full, found: "a key below \(path)",
                    expected: "\(path) itself")
            }
            self = TextNode(position: node.position, content: .map([]))
        }
        var entries = entries ?? []
        if let place = entries.firstIndex(where: { $0.key == key }) {
            let fault = entries[place].value.set(keys.dropFirst(), node, path: full)
            content = .map(entries)
            return fault
        }
        var value = TextNode(position: node.position, content: .map([]))
        let fault = value.set(keys.dropFirst(), node, path: full)
        entries.append(TextEntry(key: key, position: node.position, value: value))
        content = .map(entries)
        return fault
    }

    private mutating func setItem(
        _ name: String, of items: [TextNode], _ keys: ArraySlice<String>, _ node: TextNode,
        path: String
    ) -> LocatedFault? {
        let names = items.compactMap { $0["name"]?.leafText }
        guard let place = items.firstIndex(where: { $0["name"]?.leafText == name }), !keys.isEmpty
        else {
            return LocatedFault(
                position: node.position, path: path, found: name.quoted,
                expected: "a key of one of " + names.joined(separator: ", "),
                hint: Suggestion.nearest(to: name, among: names).map { "did you mean \($0)?" })
        }
        var items = items
        let fault = items[place].set(keys, node, path: path)
        content = .list(items)
        return fault
    }

    /// Takes away what an overridden `l2.kind` leaves no room for.
    mutating func pruneLevel2() {
        guard var entries, let place = entries.firstIndex(where: { $0.key == "l2" }),
            let kind = entries[place].value["kind"], kind.position.override > 0,
            let text = kind.leafText, let inner = entries[place].value.entries
        else { return }
        let known = Set(Schema.level2(kind: text).map(\.key))
        let all = Set(Schema.level2(kind: nil).map(\.key))
        entries[place].value.content = .map(
            inner.filter { known.contains($0.key) || !all.contains($0.key) })
        content = .map(entries)
    }
}
