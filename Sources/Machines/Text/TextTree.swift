/// A value of a file with its place, free of YAML's own types.
struct TextNode {
    /// What a value may be.
    indirect enum Content {
        case scalar(String)
        case list([TextNode])
        case map([TextEntry])
    }

    var position: Position
    var content: Content

    /// The text of a scalar.
    var scalar: String? {
        if case .scalar(let text) = content { return text }
        return nil
    }

    /// The entries of a mapping.
    var entries: [TextEntry]? {
        if case .map(let entries) = content { return entries }
        return nil
    }

    /// The value under a key of a mapping; the first where a key is there twice.
    subscript(key: String) -> TextNode? { entries?.first { $0.key == key }?.value }

    /// Whether this holds one value: a scalar, or a mapping that gives a value's provenance.
    var isLeaf: Bool { scalar != nil || self["value"] != nil }

    /// The text of a leaf's value.
    var leafText: String? { scalar ?? self["value"]?.scalar }

    /// What stands here, for a fault.
    var found: String {
        switch content {
        case .scalar(let text): text.quoted
        case .list: "a list"
        case .map: "a mapping"
        }
    }
}

/// A key and its value.
struct TextEntry {
    var key: String
    /// Where the key stands.
    var position: Position
    var value: TextNode
}
