extension SessionView {
    /// The same in lines of text, for screen readers and terminals without a screen.
    ///
    /// - Parameter allLines: Whether lines whose copies all agree are told one by one, too.
    /// - Returns: a sentence a line.
    public func text(allLines: Bool = false) -> String {
        var out = heading
        for core in cores where core.cycles > 0 {
            let causes = core.causes.map { "\($0.cause) \($0.cycles)" }.joined(separator: ", ")
            out.append("\(core.name): \(core.cycles) cycles (\(causes)).")
        }
        for entry in buffers {
            let stores = entry.stores.map {
                "\($0.name), \($0.size) byte(s), version \($0.version)"
            }
            out.append("\(entry.place) holds \(stores.joined(separator: "; ")).")
        }
        for line in lines where allLines || line.isWorthTelling { out.append(line.text) }
        let quiet = allLines ? 0 : lines.count { !$0.isWorthTelling }
        if quiet > 0 { out.append("\(quiet) line(s) are only as they were at the start.") }
        if untracked > 0 {
            out.append(
                "\(untracked) change(s) of lines beyond the first \(lines.count) are not kept.")
        }
        out += devices.map(\.text) + mappings.map(\.text)
        out += findings.map(\.text)
        if findings.isEmpty { out.append("No finding so far.") }
        return out.joined(separator: "\n") + "\n"
    }

    private var heading: [String] {
        var out = ["Step \(position) of \(count) on \(machine), kernel \(kernel)."]
        if let last { out.append("Last: \(last.words).") }
        if let next { out.append("Next: \(next.words).") }
        return out
    }
}

extension SessionView.Moment {
    /// In words.
    public var words: String {
        guard record > 0 else { return text }
        var words = "line \(line), \(agent): \(text)"
        if let operation, operation != text { words += ", performed as \(operation)" }
        if let source { words += " (\(source))" }
        return words
    }
}

extension SessionView.Copy {
    /// In words.
    public var text: String {
        var words = "\(place)"
        if isDirty { words += " dirty" }
        switch freshness {
        case .fresh: break
        case .behind: words += " behind"
        case .stale: words += " STALE"
        }
        let versions = bytes.map { "\($0.start)-\($0.start + $0.count - 1) version \($0.version)" }
        return "\(words): bytes \(versions.joined(separator: ", "))"
    }
}

extension SessionView.Line {
    /// Whether there is more to tell than that memory holds what it held.
    public var isWorthTelling: Bool {
        copies.count > 1 || copies.contains { $0.freshness != .fresh }
            || copies.contains { $0.bytes.contains { $0.version != 0 } }
    }

    /// In words.
    public var text: String {
        "Line \(name) at 0x\(String(address, radix: 16)): "
            + copies.map(\.text).joined(separator: "; ") + "."
    }
}

extension SessionView.Device {
    /// In words.
    public var text: String {
        let state = work.map { work in
            let total = work.total.map { " of \($0)" } ?? ""
            return work.isRunning
                ? "line \(work.line) runs, \(work.moved)\(total) bytes moved"
                : "line \(work.line) waits"
        }
        return "\(name) on \(port), \(snoops ? "snooping" : "not snooping"): "
            + (state.isEmpty ? "idle" : state.joined(separator: "; "))
            + ", \(finished) finished, \(read) bytes read, \(written) written."
    }
}

extension SessionView.Mapping {
    /// In words.
    public var text: String {
        let bytes = ranges.map { "0x\(String($0.start, radix: 16)) + \($0.size)" }
        let whose =
            switch owner {
            case .cpu: "the cores'"
            case .device: "the device's"
            case .both: "of both"
            case .released: "released"
            }
        return "\(name)\(direction.map { " \($0)" } ?? "") (\(bytes.joined(separator: ", "))): "
            + "\(whose) since line \(line)."
    }
}

extension SessionView.Found {
    /// In words.
    public var text: String {
        "\(code) \(verdict) at line \(line): \(detail.isEmpty ? cause : detail)"
            + (mend.isEmpty ? "" : " Mend: \(mend)")
    }
}
