import ArgumentParser
import Hazards
import Machines
import Reports

/// `staleline machines`.
struct MachinesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machines",
        abstract: "List machines, show one with the source of every number, check a file.",
        discussion: "Exit status: 0 done, 2 bad input, a machine file with a fault among it.")

    @Argument(help: "A machine's name, or a file to check.") var name: String?
    @Option(name: .customLong("set"), help: "Override a key, as l2.size=256K. May repeat.")
    var overrides: [String] = []
    @Flag(help: "Print the machine as YAML.") var printConfig = false
    @Flag(help: "Print where every number of every machine comes from, as Markdown.")
    var fidelity = false
    @Flag(
        help: "Print JSON (schema staleline.machine/1; of the list: staleline.machines/1)."
    )
    var json = false

    func validate() throws {
        guard fidelity else { return }
        guard name == nil, overrides.isEmpty, !printConfig, !json else {
            throw ValidationError("--fidelity is of all machines as they are: it stands alone")
        }
    }

    func run() throws {
        if fidelity {
            Output.write(try page())
            return
        }
        guard let name else {
            try list()
            return
        }
        var options = MachineOptions()
        options.machine = name
        options.overrides = overrides
        let machine = try options.description(declared: nil)
        if printConfig {
            Output.write(machine.effectiveYAML())
        } else {
            let report = MachineReport(machine)
            Output.write(json ? report.json.text + "\n" : report.text)
        }
    }

    private func page() throws -> String {
        let entries = try Resources.catalogue().entries
        return Fidelity(
            try entries.map { try MachineDescription.parse(yaml: $0.text, file: $0.file) }
        ).markdown
    }

    private func list() throws {
        let entries = try Resources.catalogue().entries
        if json {
            let machines = entries.map { entry in
                JSONValue.object([
                    ("name", .string(entry.name)), ("title", .string(entry.title)),
                    ("aliases", .array(entry.aliases.map(JSONValue.string))),
                ])
            }
            Output.write(
                JSONValue.object([
                    ("schema", .string("staleline.machines/1")), ("machines", .array(machines)),
                ]).text + "\n")
            return
        }
        var table = TextTable([("machine", .left), ("title", .left), ("also", .left)])
        for entry in entries {
            table.add([entry.name, entry.title, entry.aliases.joined(separator: ", ")])
        }
        Output.write(
            table.text + "\n`staleline machines zynq7000` shows where each number comes from.\n")
    }
}
