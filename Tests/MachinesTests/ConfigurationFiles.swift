import Foundation

@testable import Machines

/// The machine files of the repository.
enum ConfigurationFiles {
    /// Every machine, in the order of the files.
    static let names = [
        "altra", "am335x", "am5728", "arm926", "armada388", "imx6q", "imx7d", "imxrt1050",
        "kirkwood", "rk3288", "rk3328", "rk3399", "rk3568", "rpi1", "rpi2", "rpi3", "rpi4", "rpi5",
        "rpizero",
        "stm32h743", "stm32mp157", "zynq7000", "zynqmp",
    ]

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The text of a machine file.
    static func text(_ name: String) throws -> String {
        try repositoryText("configs/\(name).yaml")
    }

    /// The text of a file of the repository.
    static func repositoryText(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The names of the files that are there.
    static func present() throws -> [String] {
        try FileManager.default.contentsOfDirectory(
            atPath: root.appendingPathComponent("configs").path
        ).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }

    /// A machine with some keys overridden.
    static func machine(
        _ name: String, _ overrides: [(key: String, value: String)] = []
    ) throws -> MachineDescription {
        try MachineDescription.parse(
            yaml: text(name), file: "\(name).yaml", overrides: overrides)
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
