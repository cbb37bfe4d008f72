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
                part(
                    Int(store.address - line.address), Int(store.size), store.version, view,
                    from: line.address)
            }
            if !parts.isEmpty { rows += row(entry.place, "waits", words(parts)) }
        }
        for copy in line.copies {
            let parts = copy.bytes.map {
                part($0.start, $0.count, $0.version, view, from: line.address)
            }
            rows += row(copy.place, state(copy), words(parts))
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

    /// Bytes in a row that one statement wrote.
    private struct Part {
        var start: Int
        var end: Int
        /// Who wrote them; empty: nobody in this trace.
        var writer: String
        /// What they are, where the trace says so.
        var value: UInt64?
    }

    private static func part(
        _ start: Int, _ count: Int, _ version: UInt32, _ view: SessionView, from base: UInt64
    ) -> Part {
        var part = Part(start: start, end: start + count, writer: "")
        guard version > 0, let written = view.versions.first(where: { $0.number == version }) else {
            return part
        }
        part.writer = "\(written.writer), line \(written.line)"
        if written.address == base + UInt64(start), Int(written.size) == count {
            part.value = written.value
        }
        return part
    }

    /// What the stores of one statement wrote side by side is told at once, unless they have values.
    private static func words(_ parts: [Part]) -> [String] {
        var joined: [Part] = []
        for part in parts {
            if let last = joined.last, last.end == part.start, last.writer == part.writer,
                last.value == nil, part.value == nil
            {
                joined[joined.count - 1].end = part.end
            } else {
                joined.append(part)
            }
        }
        return joined.map { part in
            let last = part.end - 1
            let range = part.start == last ? "\(last)" : "\(part.start)-\(last)"
            if part.writer.isEmpty { return "\(range) as before" }
            return range + (part.value.map { " = \(Format.hex($0))" } ?? "") + " (\(part.writer))"
        }
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
