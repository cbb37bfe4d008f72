import Experiments
import Reports
import Stepping
import Traces

/// Every copy of a line of memory at one moment, in text: no wider than 78 columns, each row whole in words.
public struct LinePicture: Sendable {
    /// The rows, a head first.
    public let lines: [String]

    /// Draws the line that holds an address, after a statement.
    ///
    /// - Parameters:
    ///   - setup: The trace on its machine.
    ///   - address: A physical address.
    ///   - line: The line of the trace; in a loop its first pass is meant.
    /// - Throws: where the trace cannot be run, or nothing is done in that line.
    public init(_ setup: Setup, address: UInt64, after line: Int) throws(TraceErrors) {
        var session = try TraceSession(setup)
        guard let position = session.position(after: line) else {
            throw TraceErrors([
                TraceError(
                    file: setup.file, line: line, found: "nothing that is done",
                    expected: "a line with an operation")
            ])
        }
        session.move(to: position)
        let view = session.view
        let size = UInt64(view.lineSize)
        let start = address / size * size
        guard let shown = view.lines.first(where: { $0.address == start }) else {
            // Nobody has touched it yet.
            lines =
                [Self.head(session.name(of: start), start, view, "after line \(line)")]
                + Self.row("DRAM", "newest", ["0-\(size - 1) as before"])
            return
        }
        lines = Self.rows(of: shown, in: view, after: "after line \(line)")
    }

    private static func head(
        _ name: String, _ address: UInt64, _ view: SessionView, _ when: String
    ) -> String {
        "\(name), the \(view.lineSize) bytes from \(Format.hex(address)) on, \(when):"
    }

    /// The rows of a line's picture.
    ///
    /// - Parameters:
    ///   - line: The line.
    ///   - view: The moment.
    ///   - when: The moment in words.
    /// - Returns: a head and a row for each copy, and more where a row is full.
    public static func rows(
        of line: SessionView.Line, in view: SessionView, after when: String
    ) -> [String] {
        let size = UInt64(view.lineSize)
        var rows = [head(line.name, line.address, view, when)]
        for entry in view.buffers {
            let parts = entry.stores.filter {
                $0.address / size == line.address / size
            }.map { store in
                Self.words(
                    Int(store.address - line.address), Int(store.size), store.version, view,
                    from: line.address)
            }
            if !parts.isEmpty { rows += row(entry.place, "waits", parts) }
        }
        for copy in line.copies {
            let parts = copy.bytes.map {
                Self.words($0.start, $0.count, $0.version, view, from: line.address)
            }
            rows += row(copy.place, state(copy), parts)
        }
        return rows
    }

    private static func state(_ copy: SessionView.Copy) -> String {
        let age =
            switch copy.freshness {
            case .fresh: ""
            case .behind: "behind"
            case .stale: "STALE"
            }
        if copy.origin == nil { return age.isEmpty ? "newest" : age }
        return (copy.isDirty ? "dirty" : "clean") + (age.isEmpty ? "" : ", \(age)")
    }

    private static func row(_ place: String, _ state: String, _ parts: [String]) -> [String] {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        let head = "  " + padded(place, 15) + padded(state, 14)
        var rows: [String] = []
        var row = head
        for (place, part) in parts.enumerated() {
            let text = part + (place + 1 < parts.count ? "," : "")
            if row.count > head.count, row.count + 1 + text.count > 78 {
                rows.append(row)
                row = String(repeating: " ", count: head.count)
            }
            row += (row.count > head.count ? " " : "") + text
        }
        return rows + [row]
    }

    private static func words(
        _ start: Int, _ count: Int, _ version: UInt32, _ view: SessionView, from base: UInt64
    ) -> String {
        let range = count == 1 ? "\(start)" : "\(start)-\(start + count - 1)"
        guard version > 0, let written = view.versions.first(where: { $0.number == version }) else {
            return "\(range) as before"
        }
        var words = "\(range)"
        if let value = written.value, written.address == base + UInt64(start),
            Int(written.size) == count
        {
            words += " = \(Format.hex(value))"
        }
        return words + " (\(written.writer), line \(written.line))"
    }
}

extension TraceSession {
    /// The position after a line's statement, in its first pass; nil: nothing is done in that line.
    public func position(after line: Int) -> Int? {
        guard
            let first = steps.firstIndex(where: {
                $0.record > 0 && self.line(of: Int($0.record)) == line
            })
        else { return nil }
        let next = steps[(first + 1)...].firstIndex { $0.startsStatement }
        return next ?? steps.count
    }
}
