import Foundation

@testable import Machines

/// The machine files of the repository.
enum ConfigurationFiles {
    static let names = ["zynq7000", "am335x", "rpi3", "stm32h743"]

    /// The text of a machine file.
    static func text(_ name: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(
            contentsOf: root.appendingPathComponent("configs/\(name).yaml"), encoding: .utf8)
    }

    /// The text of the Zynq's file with some lines replaced; every old text must be there.
    static func zynq(_ changes: [(old: String, new: String)]) throws -> String {
        var text = try text("zynq7000")
        for change in changes {
            guard text.contains(change.old) else { throw Missing(text: change.old) }
            text = text.replacingOccurrences(of: change.old, with: change.new)
        }
        return text
    }

    /// The faults of a text; none if it is a machine.
    static func faults(
        _ text: String, _ overrides: [(key: String, value: String)] = []
    ) -> [MachineFault] {
        do throws(MachineFaults) {
            _ = try MachineDescription.parse(yaml: text, file: "m.yaml", overrides: overrides)
            return []
        } catch {
            return error.faults
        }
    }

    /// A text that a test relies on is gone.
    struct Missing: Error {
        let text: String
    }
}
