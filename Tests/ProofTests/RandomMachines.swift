import Foundation
import Machines
import MemoryModel
import Soak
import Synchronization

/// Machines of `configs/`, read once.
enum RandomMachines {
    private static let known = Mutex<[String: MachineConfiguration]>([:])

    /// What traces and drivers are held to.
    static func subject() throws -> SoakSubject { try SoakSubject(machine: machine) }

    private static func machine(_ name: String) throws -> MachineConfiguration {
        if let machine = known.withLock({ $0[name] }) { return machine }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let path = "configs/\(name).yaml"
        let yaml = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
        let machine = try MachineDescription.parse(yaml: yaml, file: path, overrides: [])
            .configuration
        known.withLock { $0[name] = machine }
        return machine
    }
}
