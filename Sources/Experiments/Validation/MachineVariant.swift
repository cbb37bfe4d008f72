/// A machine that rows of the validation run on: one of the catalogue, with what the measurement changed on it.
public struct MachineVariant: Sendable, Hashable {
    /// A key of the machine's description and the value that the measurement had.
    public struct Override: Sendable, Hashable {
        /// The key, with dots.
        public var key: String
        /// Its value, as a file would give it.
        public var value: String
    }

    /// The machine's name.
    public var name: String
    /// What is set, in order.
    public var overrides: [Override]

    /// Makes a variant; without overrides it is the machine as described.
    public init(_ name: String, _ overrides: KeyValuePairs<String, String> = [:]) {
        self.name = name
        self.overrides = overrides.map { Override(key: $0.key, value: $0.value) }
    }
}
