import Experiments
import Operations
import Quantities
import Reports
import Stepping
import Traces

extension Grader {
    /// The bytes that a load, or a device's read, gets: of the copy that it is served from.
    ///
    /// - Parameters:
    ///   - line: The line of the trace; in a loop its first pass is meant.
    ///   - setup: The trace on its machine.
    /// - Returns: the number, and which copies have others.
    /// - Throws: if the line does not read one number of at most 8 bytes whose value the trace says.
    func read(_ line: Int, _ setup: Setup) throws(TraceErrors) -> Truth {
        func fault(_ found: String) -> TraceErrors {
            TraceErrors([
                TraceError(
                    file: setup.file, line: line, found: found,
                    expected:
                        "a load 'ld' or a transfer 'rd' of 1 to 8 bytes, stored with '= VALUE'")
            ])
        }
        guard let (range, reader) = Self.reading(line, setup.program) else {
            throw fault("something else")
        }
        let session = try TraceSession(setup)
        var copies: [PlacedBytes] = []
        var served: [String] = []
        for address in range {
            let byte = setup.physical(of: address)
            let name = session.name(of: reader)
            let early = Self.earlyLine(of: address, reader, line, setup.program)
            guard
                let moment = Self.moment(of: byte, line, name, session)
                    ?? early.flatMap({ Self.moment(of: byte, $0, name, session) })
            else { throw fault("a line that is never reached") }
            if !served.contains(moment.place) { served.append(moment.place) }
            for copy in moment.copies {
                copies.add(copy, of: byte, number: address - range.lowerBound, session)
            }
        }
        guard served.count == 1, let own = copies.first(where: { $0.place == served[0] }) else {
            throw fault("bytes from " + served.joined(separator: " and "))
        }
        guard let value = own.value else {
            throw fault("\(own.words) in \(own.place), of which the trace gives no value")
        }
        var truth = Truth(
            value: value,
            words: "it gets \(Format.hex(value)) from \(own.place), \(own.words)")
        for other in copies {
            guard let wrong = other.value, wrong != value, truth.mistakes[wrong] == nil else {
                continue
            }
            truth.mistakes[wrong] =
                "\(Format.hex(wrong)) is what \(other.place) has at that moment, \(other.words). But "
                + "\(session.name(of: reader)) is served from \(own.place), which has something else. "
                + "How did that come there, and what would have taken it away?"
        }
        return truth
    }

    /// What a line reads, and who does.
    private static func reading(
        _ line: Int, _ program: Program
    ) -> (range: Range<UInt64>, reader: Agent)? {
        for statement in program.statements where Int(statement.line) == line {
            guard case .operation(let agent, let operation) = statement.body else { continue }
            switch operation {
            case .access(let access, _, _) where !access.kind.isStore && access.size <= 8:
                return (access.address..<access.address + UInt64(access.size), agent)
            case .device(let transfer)
            where transfer.kind == .read && (1...8).contains(transfer.bytes):
                let start = transfer.start.address.rawValue
                return (start..<start + transfer.bytes, agent)
            default: continue
            }
        }
        return nil
    }

    /// The line of the `env late` that has a load performed before its turn; nil: there is none.
    private static func earlyLine(
        of address: UInt64, _ reader: Agent, _ line: Int, _ program: Program
    ) -> Int? {
        let statement = program.statements.last { statement in
            guard Int(statement.line) < line,
                case .operation(_, .environment(let event)) = statement.body, event.kind == .late,
                event.target == .core(reader.index)
            else { return false }
            let start = event.start.address.rawValue
            return address >= start && address - start < event.bytes
        }
        return statement.map { Int($0.line) }
    }

    /// When a byte was read, from where, and which copies of it there were.
    private static func moment(
        of byte: UInt64, _ line: Int, _ reader: String, _ session: TraceSession
    ) -> (place: String, copies: [Biography.Copy])? {
        let life = session.biography(of: byte, to: session.count)
        for entry in life.entries where entry.line == line && entry.agent == reader {
            if let place = entry.readFrom { return (place, entry.copies) }
        }
        return nil
    }
}

extension Biography.Entry {
    /// The place that a read was served from; nil: it is no read.
    fileprivate var readFrom: String? {
        text.firstRange(of: "read it from ").map { String(text[$0.upperBound...]) }
    }
}

/// Some bytes in one place.
private struct PlacedBytes {
    var place: String
    /// Who wrote them.
    var words: String
    /// nil: the trace does not say.
    var value: UInt64?
}

extension [PlacedBytes] {
    /// Adds a byte to those of its place.
    fileprivate mutating func add(
        _ copy: Biography.Copy, of address: UInt64, number: UInt64, _ session: TraceSession
    ) {
        var words = "as before the trace"
        var byte: UInt64?
        if copy.version > 0, session.versions.indices.contains(Int(copy.version) - 1) {
            let written = session.versions[Int(copy.version) - 1]
            words =
                "written by \(session.name(of: written.agent)) in line "
                + "\(session.line(of: Int(written.record)))"
            byte = written.byte(at: address).map(UInt64.init)
        }
        let shift = 8 * number
        guard let index = firstIndex(where: { $0.place == copy.place }) else {
            append(PlacedBytes(place: copy.place, words: words, value: byte.map { $0 << shift }))
            return
        }
        self[index].value = self[index].value.flatMap { so in byte.map { so | $0 << shift } }
        if !self[index].words.contains(words) { self[index].words += " and " + words }
    }
}
