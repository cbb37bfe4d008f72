/// A key of a machine file and what may stand under it.
struct Field: Sendable {
    /// What stands under a key.
    indirect enum Shape: Sendable {
        /// One value, with its provenance.
        case leaf(ValueKind)
        /// What the machine is called: text without provenance.
        case identity(ValueKind)
        /// A list of names.
        case names
        /// Further keys; `orNone` where the word `none` may stand for all of them.
        case section([Field], orNone: Bool)
        /// The second level, whose keys depend on its kind.
        case level2
        /// A list of mappings, each with a name.
        case list([Field], ListKind)
    }

    /// What holds where a file leaves a key out.
    enum Fallback: Sendable {
        /// This value, for this reason.
        case value(String, reason: String)
        /// What holds where an empty mapping stands.
        case empty
        /// Nothing: the key has no meaning there.
        case nothing
    }

    var key: String
    var shape: Shape
    /// What holds where a file leaves it out; nil: it must be there.
    var fallback: Fallback?

    init(_ key: String, _ shape: Shape, else fallback: Fallback? = nil) {
        self.key = key
        self.shape = shape
        self.fallback = fallback
    }

    init(_ key: String, _ kind: ValueKind) { self.init(key, .leaf(kind)) }

    init(_ key: String, _ kind: ValueKind, else value: String, _ reason: String) {
        self.init(key, .leaf(kind), else: .value(value, reason: reason))
    }
}

/// A list of mappings that have names.
struct ListKind: Sendable {
    /// What one of them is.
    var noun: String
    /// The most of them.
    var maximum: Int
    /// Whether the word `none` may stand for the list.
    var orNone: Bool

    /// What may stand there.
    var expectation: String {
        "a list of 1 to \(maximum) \(noun)s" + (orNone ? ", or none" : "")
    }
}

extension Field {
    /// What should have stood there where a key is missing.
    var expectation: String {
        switch shape {
        case .leaf(let kind), .identity(let kind): kind.expectation
        case .names: "a list of names"
        case .section(let fields, let orNone):
            "the keys " + fields.map(\.key).joined(separator: ", ") + (orNone ? ", or none" : "")
        case .level2: "a mapping whose kind is " + Schema.level2Kinds.joined(separator: ", ")
        case .list(_, let kind): kind.expectation
        }
    }
}
