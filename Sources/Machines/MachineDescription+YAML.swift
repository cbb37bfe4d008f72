extension MachineDescription {
    /// The machine as a file that parses back to the same description, with the provenance of every number.
    ///
    /// - Complexity: O(*n*) in the parameters.
    public func effectiveYAML() -> String {
        var text = "name: \(configuration.name)\n"
        text += "title: \(Self.quote(title))\n"
        if !aliases.isEmpty { text += "aliases: [\(aliases.joined(separator: ", "))]\n" }
        var open: [String] = []
        for parameter in parameters {
            let keys = parameter.path.split(separator: ".").map(String.init)
            let sections = Array(keys.dropLast())
            let common = zip(open, sections).prefix { $0 == $1 }.count
            for depth in common..<max(common, sections.count) {
                text += Self.header(sections, depth)
            }
            open = sections
            text += Self.indent(sections) + (keys.last ?? "") + ": "
            text += "{value: \(parameter.value), basis: \(parameter.basis.rawValue), "
            text += "source: \(Self.quote(parameter.source))}\n"
        }
        return text
    }

    /// The line that opens a section; below a list, the name of one of its mappings.
    private static func header(_ sections: [String], _ depth: Int) -> String {
        let indent = String(repeating: "  ", count: depth)
        let isItem = [["ports"], ["memory", "controller_ports"], ["memory", "on_chip"]].contains(
            Array(sections[..<depth]))
        return indent + (isItem ? "- name: \(sections[depth])" : "\(sections[depth]):") + "\n"
    }

    private static func indent(_ sections: [String]) -> String {
        String(repeating: "  ", count: sections.count)
    }

    private static func quote(_ text: String) -> String {
        var result = "\""
        for character in text.unicodeScalars {
            if character == "\"" || character == "\\" { result += "\\" }
            result.unicodeScalars.append(character)
        }
        return result + "\""
    }
}
