import Machines

/// A machine's parameters with where each number comes from.
public struct MachineReport: Sendable {
    private let machine: MachineDescription

    /// Makes a report.
    public init(_ machine: MachineDescription) { self.machine = machine }

    /// The report as JSON, schema `staleline.machine/1`.
    public var json: JSONValue {
        .object([
            ("schema", .string("staleline.machine/1")),
            ("machine", .string(machine.configuration.name)), ("title", .string(machine.title)),
            ("aliases", .array(machine.aliases.map(JSONValue.string))),
            (
                "parameters",
                .array(
                    machine.parameters.map {
                        .object([
                            ("key", .string($0.path)), ("value", .string($0.value)),
                            ("text", .string($0.text)), ("basis", .string($0.basis.rawValue)),
                            ("source", .string($0.source)),
                        ])
                    })
            ),
        ])
    }

    /// The report for people.
    public var text: String {
        var table = TextTable([
            ("key", .left), ("value", .left), ("basis", .left), ("source", .left),
        ])
        for parameter in machine.parameters {
            table.add([parameter.path, parameter.text, parameter.basis.rawValue, parameter.source])
        }
        let counts = Basis.allCases.map { basis in
            "\(machine.parameters.count { $0.basis == basis }) \(basis.rawValue)"
        }
        return "\(machine.configuration.name): \(machine.title)\n"
            + (machine.aliases.isEmpty ? "" : "also: \(machine.aliases.joined(separator: ", "))\n")
            + "\n"
            + table.text
            + "\n\(machine.parameters.count) parameters: \(counts.joined(separator: ", ")).\n"
    }
}
