import Foundation
import Machines
import MemoryModel

/// The machines of the repository.
enum RealMachines {
    static let names = ["zynq7000", "am335x", "rpi3", "stm32h743"]

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func load(_ name: String) throws -> MachineConfiguration {
        let path = root.appendingPathComponent("configs/\(name).yaml")
        let text = try String(contentsOf: path, encoding: .utf8)
        return try MachineDescription.parse(yaml: text, file: name).configuration
    }
}
