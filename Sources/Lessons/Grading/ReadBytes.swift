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
    ///   - line: The line of the trace.
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
        guard let (range, reader, isDevice) = Self.reading(line, setup.program) else {
            throw fault("something else")
        }
        var session = try TraceSession(setup)
        guard let position = session.position(after: line) else {
            throw fault("a line that is never reached")
        }
        session.move(to: position)
        if isDevice {
            // A transfer goes on beside the cores.
            while session.position < session.count,
                session.view.devices.contains(where: { $0.work.contains { $0.line == line } })
            {
                session.move(to: session.position + 1)
            }
        }
        let copies = Self.copies(of: range, in: session)
        let index = setup.program.devices.firstIndex { $0.agent == reader }
        let looksIntoCaches = index.map { setup.snoops(setup.program.devices[$0]) } ?? true
        let own = copies.first { copy in
            if isDevice { return looksIntoCaches || copy.place == "DRAM" }
            return copy.core == nil || copy.core == reader.index
        }
        guard let own else { throw fault("bytes that no copy has") }
        guard let value = own.value else {
            throw fault("\(own.words) in \(own.place), of which the trace gives no value")
        }
        var truth = Truth(
            value: value,
            words: "it gets \(Format.hex(value)) from \(own.place): \(own.words)")
        for other in copies {
            guard let wrong = other.value, wrong != value else { continue }
            truth.mistakes[wrong] =
                "\(Format.hex(wrong)) is what \(other.place) has (\(other.words)). But "
                + "\(session.name(of: reader)) is served from \(own.place), and the bytes there are another's. "
                + "How did they come there, and who took them away since?"
        }
        return truth
    }

    /// What a line reads, who does, and whether it is a device.
    private static func reading(
        _ line: Int, _ program: Program
    ) -> (range: Range<UInt64>, reader: Agent, isDevice: Bool)? {
        for statement in program.statements where Int(statement.line) == line {
            guard case .operation(let agent, let operation) = statement.body else { continue }
            switch operation {
            case .access(let access, _, _) where !access.kind.isStore && access.size <= 8:
                return (access.address..<access.address + UInt64(access.size), agent, false)
            case .device(let transfer)
            where transfer.kind == .read && (1...8).contains(transfer.bytes):
                let start = transfer.start.address.rawValue
                return (start..<start + transfer.bytes, agent, true)
            default: continue
            }
        }
        return nil
    }

    /// Some bytes in one place.
    private struct PlacedBytes {
        var place: String
        /// The core whose own place it is.
        var core: Int?
        /// Who wrote them.
        var words: String
        /// nil: the trace does not say.
        var value: UInt64?
    }

    /// The copies of some bytes of one line, from the cores outwards.
    private static func copies(of range: Range<UInt64>, in session: TraceSession) -> [PlacedBytes] {
        let view = session.view
        var result: [PlacedBytes] = []
        func add(_ place: String, _ version: (UInt64) -> UInt32?) {
            var value: UInt64? = 0
            var writers: [String] = []
            for (shift, address) in range.enumerated() {
                guard let number = version(address) else { return }
                guard number > 0 else {
                    value = nil
                    if !writers.contains("what was there before the trace") {
                        writers.append("what was there before the trace")
                    }
                    continue
                }
                let written = session.versions[Int(number) - 1]
                let byte = written.byte(at: address)
                value = value.flatMap { so in byte.map { so | UInt64($0) << (8 * UInt64(shift)) } }
                let words =
                    "stored by \(session.name(of: written.agent)) in line "
                    + "\(session.line(of: Int(written.record)))"
                if !writers.contains(words) { writers.append(words) }
            }
            let digits = place.reversed().prefix { $0.isNumber }
            let isOwn = ["L1D", "L1I", "store buffer", "L2 of core"].contains {
                place.hasPrefix($0)
            }
            result.append(
                PlacedBytes(
                    place: place, core: isOwn ? Int(String(digits.reversed())) : nil,
                    words: writers.joined(separator: " and "), value: value))
        }
        for entry in view.buffers.reversed() {
            add(entry.place) { address in
                entry.stores.last { address >= $0.address && address - $0.address < $0.size }?
                    .version
            }
        }
        let size = UInt64(view.lineSize)
        let line = view.lines.first { $0.address == range.lowerBound / size * size }
        for copy in line?.copies ?? [] {
            add(copy.place) { address in
                let place = Int(address - range.lowerBound / size * size)
                return copy.bytes.first { place >= $0.start && place < $0.start + $0.count }?
                    .version
            }
        }
        return result
    }
}
