// A sweep's axes as a file: a mapping of a machine's keys to what each takes, in the order in which they vary, the slowest
// first. Keys may be nested as in a machine file, or have dots.
//
//     machine: [zynq7000, am335x]
//     l1d:
//       size: 8K..64K
//       ways: [1, 2, 4]
//     l2.replacement: lru,plru,random

/// The axes of a sweep as a file has them.
public enum AxisFile {
    /// A key with its values, as they would be given on the command line.
    public struct Entry: Hashable, Sendable {
        /// The key, with dots.
        public var key: String
        /// Values and ranges with commas between.
        public var values: String
        /// Where it stands, as `axes.yaml:3:5`.
        public var place: String
    }

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - yaml: Its text, at most 1 MiB.
    ///   - file: Its name, for faults.
    /// - Returns: the axes in the file's order.
    /// - Throws: ``MachineFaults`` with everything that is wrong with its form.
    public static func parse(yaml: String, file: String) throws(MachineFaults) -> [Entry] {
        var faults = TextScan.faults(in: yaml)
        var entries: [Entry] = []
        if faults.isEmpty {
            let text = YAMLText(yaml)
            faults = text.faults
            if let root = text.root, let top = root.entries {
                collect(top, "", file, &entries, &faults)
            } else if faults.isEmpty {
                faults.append(
                    LocatedFault(
                        position: .start, found: text.root?.found ?? "nothing",
                        expected: "keys of a machine with the values that they take"))
            }
        }
        guard faults.isEmpty else {
            throw MachineFaults(
                faults.map { fault in
                    MachineFault(
                        file: file, line: fault.position.line, column: fault.position.column,
                        path: fault.path, found: fault.found, expected: fault.expected)
                })
        }
        return entries
    }

    private static func collect(
        _ members: [TextEntry], _ path: String, _ file: String, _ entries: inout [Entry],
        _ faults: inout [LocatedFault]
    ) {
        for member in members {
            let key = path.isEmpty ? member.key : "\(path).\(member.key)"
            let position = member.value.position
            let place = "\(file):\(position.line):\(position.column)"
            func fault(_ found: String, _ expected: String) {
                faults.append(
                    LocatedFault(position: position, path: key, found: found, expected: expected))
            }
            switch member.value.content {
            case .scalar(let text): entries.append(Entry(key: key, values: text, place: place))
            case .map(let inner): collect(inner, key, file, &entries, &faults)
            case .list(let items):
                let values = items.compactMap(\.scalar)
                guard !items.isEmpty, values.count == items.count else {
                    fault("a list of no or other than plain values", "values, as [1, 2, 4]")
                    continue
                }
                entries.append(
                    Entry(key: key, values: values.joined(separator: ","), place: place))
            }
        }
    }
}
