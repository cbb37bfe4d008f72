import MemoryModel

/// A machine: its configuration, and for every number of it where that comes from.
public struct MachineDescription: Sendable, Hashable {
    /// What the model is charged from.
    public let configuration: MachineConfiguration
    /// The machine in one line, for people.
    public let title: String
    /// Other names of the machine.
    public let aliases: [String]
    /// Every number with its provenance, in the order of the file.
    public let parameters: [Parameter]

    /// The parameter at a path, such as `l2.size`; nil if the machine has none there.
    public subscript(path: String) -> Parameter? { parameters.first { $0.path == path } }

    /// Reads a machine file and applies overrides to it.
    ///
    /// An override names a key with dots (`l2.size`, `ports.HP0.mhz`) and gives its value as a file would;
    /// of two overrides of one key the later holds. An overridden value is an assumption.
    ///
    /// - Parameters:
    ///   - yaml: The text of the file, at most 1 MiB.
    ///   - file: The name of the file, for faults.
    ///   - overrides: What to set, in the order of the command line.
    /// - Returns: The machine; nothing in it is rounded or filled in.
    /// - Throws: ``MachineFaults`` with everything that is wrong, in the order of the file.
    public static func parse(
        yaml: String, file: String, overrides: [(key: String, value: String)] = []
    ) throws(MachineFaults) -> MachineDescription {
        func thrown(_ faults: [LocatedFault]) -> MachineFaults {
            .init(faults, file: file, overrides: overrides)
        }
        let scanned = TextScan.faults(in: yaml)
        guard scanned.isEmpty else { throw thrown(scanned) }
        let text = YAMLText(yaml)
        guard var root = text.root else {
            let empty = LocatedFault(
                position: .start, found: "nothing", expected: "a machine description")
            throw thrown(text.faults.isEmpty ? [empty] : text.faults)
        }
        var faults = text.faults
        if root.entries != nil {
            for (index, override) in overrides.enumerated() {
                if let fault = root.set(override.key, to: override.value, index: index) {
                    faults.append(fault)
                }
            }
            root.pruneLevel2()
        }
        var reader = DescriptionReader(root)
        // A file that is no mapping has one fault, not one for each missing key.
        let configuration = root.entries == nil ? nil : reader.configuration()
        faults += reader.faults
        guard let configuration, faults.isEmpty else { throw thrown(faults) }
        return MachineDescription(
            configuration: configuration, title: reader.word("title"), aliases: reader.aliases,
            parameters: reader.parameters)
    }
}

extension MachineFaults {
    /// Puts faults in the order of the file and names it.
    fileprivate init(
        _ faults: [LocatedFault], file: String, overrides: [(key: String, value: String)]
    ) {
        let sorted = faults.enumerated().sorted {
            ($0.element.position, $0.offset) < ($1.element.position, $1.offset)
        }
        self.init(
            sorted.map { _, fault in
                let index = fault.position.override
                let override = index > 0 ? overrides[index - 1] : nil
                return MachineFault(
                    file: override.map { "--set \($0.key.brief)=\($0.value.brief)" } ?? file,
                    line: fault.position.line, column: fault.position.column, path: fault.path,
                    found: fault.found, expected: fault.expected, hint: fault.hint)
            })
    }
}
