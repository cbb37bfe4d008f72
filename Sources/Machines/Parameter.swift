/// What stands behind a number.
public enum Basis: String, CaseIterable, Hashable, Sendable {
    /// The architecture demands it.
    case architecture
    /// A manual says so.
    case manual
    /// Somebody measured it on hardware.
    case measurement
    /// It was fitted, so that the model meets a measurement.
    case calibration
    /// Nobody says so; the source gives the reasoning.
    case assumption
}

/// One number of a machine and where it comes from.
public struct Parameter: Hashable, Sendable {
    /// What stands as source where a file gives none.
    public static let unknownSource = "no source given"
    /// What stands as source where the command line set the value.
    public static let overrideSource = "set on the command line"
    /// What the source starts with where a file leaves the key out.
    public static let absentPrefix = "not in the file: "

    /// The key, with dots, as `--set` takes it: `l2.size`, `ports.HP0.mhz`.
    public var path: String
    /// The value as a file holds it: `32K`, `667`, `none`.
    public var value: String
    /// The value as people read it: `32 KiB`, `667 MHz`, `none`.
    public var text: String
    /// What stands behind it.
    public var basis: Basis
    /// Where it comes from, in words.
    public var source: String

    /// Whether the file leaves the key out, so that the model's own value holds.
    public var isAbsentFromFile: Bool { source.hasPrefix(Self.absentPrefix) }

    /// Makes a parameter.
    public init(path: String, value: String, text: String, basis: Basis, source: String) {
        self.path = path
        self.value = value
        self.text = text
        self.basis = basis
        self.source = source
    }
}
