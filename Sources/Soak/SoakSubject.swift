import Hazards
import MemoryModel

/// What a soak looks at: the models, the detector and the laws as they are, or something else in their place.
///
/// Something else is how it is known that the soak would notice.
public struct SoakSubject: Sendable {
    /// The machines that traces and drivers run on, by name: those of ``machineNames``.
    public var machines: [String: MachineConfiguration]
    /// What the model makes of a machine; the reference takes the machine as it is.
    public var model: @Sendable (MachineConfiguration) -> MachineConfiguration = { $0 }
    /// What the detector, its may-analysis among it, says of what it has found.
    public var findings: @Sendable ([Finding]) -> [Finding] = { $0 }
    /// What every run keeps.
    public var laws = Law.all

    /// Makes a subject of the machines that come with the program.
    ///
    /// - Precondition: there are all of ``machineNames``.
    public init(machines: [String: MachineConfiguration]) {
        self.machines = machines
        let missing = Self.machineNames.filter { machines[$0] == nil }
        precondition(missing.isEmpty, "no machine \(missing)")
    }

    /// For worlds alone, which have machines of their own.
    init() { machines = [:] }

    /// The machines that random traces and drivers run on, in the order of their names.
    public static let machineNames = Set(RandomDriver.profiles.map(\.machine)).sorted()
}
