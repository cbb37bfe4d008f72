import Operations

/// Reads a stream of accesses in one of the foreign formats, block by block.
///
/// Memory does not grow with the trace, and nothing is allocated for a record. Lines that are no records are
/// counted by kind (``skipped``), never dropped in silence. Faults are thrown together, each with its line and
/// column: after the first one the reader delivers nothing more, and looks for others up to
/// ``TraceErrors/limit`` of them or ``lookAhead`` bytes.
public final class AccessReader {
    /// How many accesses make a good block: 64 KiB, so that it stays in the host's caches.
    public static let blockSize = 4096

    /// How far behind the first fault others are looked for, in bytes.
    public static let lookAhead = 16 << 20

    /// Where the bytes come from.
    public let source: ByteSource
    /// The format that is read.
    public let format: TraceFormat
    /// How many records were read.
    ///
    /// A record is a line of text or 8 bytes of Dinero's binary; what ``skipped`` counts is none.
    public private(set) var recordCount: UInt64 = 0

    private let window: ByteWindow
    private var lines = 0
    private var skippedCounts: [UInt64] = []
    private var faults = TraceErrors()
    private var firstFault: UInt64 = 0
    private var hasFailed = false

    /// Makes a reader.
    ///
    /// - Precondition: `format` is a stream of accesses (``TraceFormat/isAccessStream``).
    public init(_ source: ByteSource, format: TraceFormat) {
        precondition(format.isAccessStream, "\(format.name) is no stream of accesses")
        self.source = source
        self.format = format
        window = ByteWindow(source)
    }

    /// The lines that were no records, by kind, those that occurred.
    public var skipped: [(kind: String, count: UInt64)] {
        let kinds = format == .lackey ? LackeyGrammar.skippedKinds : []
        return zip(kinds, skippedCounts).filter { $0.1 > 0 }.map { (kind: $0.0, count: $0.1) }
    }

    /// Reads the next accesses.
    ///
    /// - Parameter block: Where they go; room for at least 2, since one record can be two accesses.
    /// - Returns: How many there are; 0 only at the end.
    /// - Throws: all faults that were found; again at every later call. A trace without a record is a fault.
    public func read(
        into block: UnsafeMutableBufferPointer<MemoryAccess>
    ) throws(TraceErrors) -> Int {
        precondition(block.count >= 2, "one record can be two accesses")
        guard let base = block.baseAddress else { return 0 }
        if hasFailed { throw faults }
        do throws(TraceErrors) {
            let count =
                switch format {
                case .lackey: try readLines(LackeyGrammar.self, into: base, room: block.count)
                case .din: try readLines(DinGrammar.self, into: base, room: block.count)
                case .extendedDin:
                    try readLines(ExtendedDinGrammar.self, into: base, room: block.count)
                case .dineroBinary: try readBinary(into: base, room: block.count)
                default: preconditionFailure("refused by the initialiser")
                }
            if !faults.isEmpty { throw faults }
            if count == 0, recordCount == 0 { throw TraceFormat.noRecords(source.file) }
            return count
        } catch {
            hasFailed = true
            if error != faults { for fault in error.errors { faults.append(fault) } }
            throw faults
        }
    }

    // MARK: - Text

    private func readLines<Grammar: LineGrammar>(
        _: Grammar.Type, into block: UnsafeMutablePointer<MemoryAccess>, room: Int
    ) throws(TraceErrors) -> Int {
        var count = 0
        while true {
            let scan = Grammar.scan(
                window.base, window.count, into: block + count, capacity: room - count)
            window.take(scan.bytes)
            lines += scan.lines
            recordCount &+= UInt64(scan.lines)
            count += scan.accesses
            // After a fault nothing is delivered any more: the block is only room to parse into.
            if !faults.isEmpty { count = 0 }
            if room - count < 2 { return count }
            guard try window.holdLine(limit: LineCursor.lengthLimit) else {
                if window.count == 0 { return count }
                lines += 1
                note(
                    LineFault(
                        column: 0, found: "a line of more than \(LineCursor.lengthLimit) bytes",
                        expected: "a line of text"))
                // Where the next line begins is not known; this is hardly a trace at all.
                throw faults
            }
            lines += 1
            count += take(
                Grammar.parse(window.line), Grammar.skippedKinds.count, into: block + count)
            window.takeLine()
            guard isWorthReading else { return 0 }
        }
    }

    /// Books what a line says.
    ///
    /// - Returns: How many accesses it gave.
    private func take(
        _ outcome: LineOutcome, _ kinds: Int, into block: UnsafeMutablePointer<MemoryAccess>
    ) -> Int {
        switch outcome {
        case .access(let access):
            block[0] = access
            recordCount &+= 1
            return 1
        case .pair(let load, let store):
            block[0] = load
            block[1] = store
            recordCount &+= 1
            return 2
        case .skipped(let kind):
            if skippedCounts.isEmpty { skippedCounts = Array(repeating: 0, count: kinds) }
            skippedCounts[kind] &+= 1
        case .fault(let fault):
            note(fault)
        }
        return 0
    }

    // MARK: - Binary

    private func readBinary(
        into block: UnsafeMutablePointer<MemoryAccess>, room: Int
    ) throws(TraceErrors) -> Int {
        let size = DineroBinary.recordSize
        var count = 0
        while count < room, try window.hold(size) {
            do throws(LineFault) {
                block[count] = try DineroBinary.access(window.base)
                count += 1
                recordCount &+= 1
            } catch {
                note(error)
            }
            window.take(size)
            if !faults.isEmpty { count = 0 }
            guard isWorthReading else { return 0 }
        }
        if count < room, window.count > 0 {
            note(
                LineFault(
                    column: 1, found: "\(window.count) bytes at the end",
                    expected: "whole records of \(size) bytes"))
        }
        return count
    }

    // MARK: - Faults

    /// Whether reading on makes sense: always, as long as there is no fault.
    private var isWorthReading: Bool {
        faults.isEmpty
            || (faults.errors.count < TraceErrors.limit
                && window.taken - firstFault < UInt64(Self.lookAhead))
    }

    private func note(_ fault: LineFault) {
        if faults.isEmpty { firstFault = window.taken }
        let isText = format != .dineroBinary
        faults.append(
            TraceError(
                file: source.file, line: isText ? lines : 0, column: isText ? fault.column : 0,
                byte: isText ? nil : window.taken + UInt64(fault.column - 1),
                found: fault.found, expected: fault.expected, hint: fault.hint))
    }
}
