import MemoryModel

// The configuration names one key of those that do not go together. Who set one of the others on the command line
// wants to hear of that one.

extension DescriptionReader {
    /// Adds what the configuration has against values that are as they should be by themselves.
    mutating func blame(_ faults: [ConfigurationFault]) {
        let due = faults.filter { fault in !inputs(of: fault).contains(where: isInvalid) }
        for fault in due {
            let key = culprit(fault)
            // One fault for each key: that a line is too short for either L1 is one mistake.
            guard !invalid.contains(key) else { continue }
            guard key != fault.path else {
                add(position(of: key), key, found(fault).quoted, fault.expected)
                continue
            }
            let other = text(of: fault.path).map { "\(fault.path) \($0)" } ?? fault.path
            add(
                position(of: key), key, (text(of: key) ?? fault.found).quoted,
                "what goes with \(other): \(fault.expected)")
        }
    }

    /// The key to name for a fault: the one that the last override set of those the fault depends on.
    private func culprit(_ fault: ConfigurationFault) -> String {
        let path = fault.path
        let overridden = inputs(of: fault).filter { (positions[$0]?.override ?? 0) > 0 }
        return overridden.max { left, right in
            (positions[left]?.override ?? 0, left == path ? 1 : 0)
                < (positions[right]?.override ?? 0, right == path ? 1 : 0)
        } ?? path
    }

    /// What stands at a key, as the file has it.
    private func text(of path: String) -> String? {
        parameters.last { $0.path == path }?.value
    }

    /// What a fault says stands there, sizes as the file has them.
    private func found(_ fault: ConfigurationFault) -> String {
        guard case .bytes(let bytes) = values[fault.path], fault.found == "\(bytes)" else {
            return fault.found
        }
        return byteText(bytes)
    }

    /// The keys that a fault of the configuration may be due to, its own among them.
    private func inputs(of fault: ConfigurationFault) -> [String] {
        let path = fault.path
        // The lines of all caches together are told of the second level's size.
        if path == "l2.size", wholeNumber(fault.found) == nil {
            return ["l1i.size", "l1d.size", "l3.size", "l2.private", "core.count", path]
        }
        guard let dot = path.lastIndex(of: ".") else {
            return path == "l3" ? ["l3", "l3.kind", "l2.kind"] : [path]
        }
        let section = String(path[..<dot])
        let others: [String] =
            switch path[path.index(after: dot)...] {
            case "size": ["\(section).ways", "\(section).line"]
            case "replacement", "locked_ways": ["\(section).ways", "\(section).locked_ways"]
            case "dirty_granule": ["\(section).line", "l1d.line"]
            case "index": ["\(section).size", "\(section).ways", "core.count"]
            case "line" where section == "l2": ["l1i.line", "l1d.line", "l2.kind"]
            case "line" where section == "l3": ["l1i.line", "l1d.line", "l2.line", "l2.kind"]
            case "entry_bytes": ["l1d.line", "l2.line", "l3.line"]
            case "double_linefill": ["l2.inclusion"]
            case "micro_entries": ["\(section).entries"]
            case "high_water": ["\(section).entries"]
            case "inclusion": ["l1d.line", "l2.line", "l1d"]
            case "private": ["l2.kind"]
            case "page_bytes": [section.prefix { $0 != "." } + ".line"]
            case "refresh_ns": ["\(section).refresh_interval_ns"]
            case "controller_port":
                names("memory.controller_ports").map { "memory.controller_ports.\($0)" }
                    + ["memory.controller_ports"]
            default: []
            }
        return [path] + others
    }

    /// Whether a value, or the section it is in, is wrong or missing.
    private func isInvalid(_ path: String) -> Bool {
        invalid.contains(path) || invalid.contains { path.hasPrefix($0 + ".") }
    }

    /// Where a key stands, or the innermost of those above it that stand anywhere.
    private func position(of path: String) -> Position {
        var path = path[...]
        while true {
            if let position = positions[String(path)] { return position }
            guard let dot = path.lastIndex(of: ".") else { return .start }
            path = path[..<dot]
        }
    }
}
