import Quantities

/// The machines that can be named: a set of files whose texts somebody else has read.
public struct MachineCatalogue: Sendable {
    /// One file of a catalogue.
    public struct Entry: Hashable, Sendable {
        /// The name of the file, for faults.
        public let file: String
        /// The text of the file.
        public let text: String
        /// The name that the machine gives itself; the file's own where it gives none.
        public let name: String
        /// The machine in one line; empty where the file gives none.
        public let title: String
        /// The machine's other names.
        public let aliases: [String]
    }

    /// The files, in the order given; of two with one name the first.
    public let entries: [Entry]

    /// Makes a catalogue from the names and texts of files.
    ///
    /// A file that is broken keeps its place under its own name: its faults show when it is parsed.
    public init(_ files: [(name: String, text: String)]) {
        var entries: [Entry] = []
        for file in files {
            let entry = Self.entry(file.name, file.text)
            if !entries.contains(where: { $0.name == entry.name }) { entries.append(entry) }
        }
        self.entries = entries
    }

    /// The machine with a name or alias; names come before aliases.
    ///
    /// - Throws: ``UnknownMachine`` with the names there are.
    public func find(_ name: String) throws(UnknownMachine) -> Entry {
        if let entry = entries.first(where: { $0.name == name }) { return entry }
        if let entry = entries.first(where: { $0.aliases.contains(name) }) { return entry }
        let names = entries.map(\.name)
        throw UnknownMachine(
            name: name, names: names,
            suggestion: Suggestion.nearest(to: name, among: names + entries.flatMap(\.aliases)))
    }

    private static func entry(_ file: String, _ text: String) -> Entry {
        let base = file.split(separator: "/").last.map(String.init) ?? file
        let stem = [".yaml", ".yml"].first { base.hasSuffix($0) }
            .map { String(base.dropLast($0.utf8.count)) }
        let root = TextScan.faults(in: text).isEmpty ? YAMLText(text).root : nil
        let name = root?["name"]?.scalar.flatMap {
            ValueKind.identifier.value($0) == nil ? nil : $0
        }
        var aliases: [String] = []
        if case .list(let items) = root?["aliases"]?.content {
            aliases = items.compactMap(\.scalar)
        }
        return Entry(
            file: file, text: text, name: name ?? stem ?? base,
            title: root?["title"]?.scalar ?? "", aliases: aliases)
    }
}

/// A machine's name that no file has.
public struct UnknownMachine: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name that was asked for.
    public let name: String
    /// The names there are.
    public let names: [String]
    /// The one that was perhaps meant.
    public let suggestion: String?

    /// The error in one line.
    public var description: String {
        let known =
            names.isEmpty ? "no machine is known" : "one of " + names.joined(separator: ", ")
        let hint = suggestion.map { "; did you mean \($0)?" } ?? ""
        return "machine: found \(name.quoted), expected \(known)\(hint)"
    }
}
