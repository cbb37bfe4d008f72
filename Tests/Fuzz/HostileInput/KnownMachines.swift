import Foundation
import Machines
import MemoryModel

/// Machines that programs run on while readers are tried: different cores, levels, ports.
enum KnownMachines {
    private static let names = ["zynq7000", "rpi4", "am335x", "stm32h743", "imx6q", "kirkwood"]

    private static let configurations: [MachineConfiguration] = names.compactMap { name in
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        guard
            let text = try? String(
                contentsOf: root.appendingPathComponent("configs/\(name).yaml"), encoding: .utf8)
        else { return nil }
        return try? MachineDescription.parse(yaml: text, file: name).configuration
    }

    /// The same machine for the same bytes.
    static func configuration(for bytes: [UInt8]) throws(Contradiction) -> MachineConfiguration {
        try hold(configurations.count == names.count, "a machine of configs/ is not there")
        return configurations[bytes.count % configurations.count]
    }
}
