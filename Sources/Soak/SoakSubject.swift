import Hazards
import MemoryModel

/// What a soak looks at: the models, the detector and the laws as they are, or something else in their place.
///
/// Something else is how it is known that the soak would notice.
public struct SoakSubject: Sendable {
    /// The machines that traces and drivers run on, by name: those of ``machineNames``.
    private(set) var machines: [String: MachineConfiguration] = [:]
    /// What the model makes of a machine; the reference takes the machine as it is.
    var model: @Sendable (MachineConfiguration) -> MachineConfiguration = { $0 }
    /// What the detector, its may-analysis among it, says of what it has found.
    var findings: @Sendable ([Finding]) -> [Finding] = { $0 }
    /// What every run keeps.
    var laws = Law.all

    /// Makes a subject of the machines that come with the program.
    ///
    /// - Parameter machine: Gives the machine of a name, of ``machineNames``.
    /// - Throws: what that throws.
    public init(machine: (_ name: String) throws -> MachineConfiguration) rethrows {
        for name in Self.machineNames { machines[name] = try machine(name) }
    }

    /// For worlds alone, which have machines of their own.
    init() {}

    /// The machines that random traces and drivers run on, in the order of their names.
    static let machineNames = Set(RandomDriver.profiles.map(\.machine)).sorted()
}
