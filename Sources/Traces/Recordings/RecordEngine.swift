/// A format of recordings in text, one or no record in a line.
protocol RecordGrammar {
    /// Takes a line, without its end.
    mutating func parse(
        _ line: UnsafeBufferPointer<UInt8>, into output: inout RecordOutput
    ) throws(LineFault)

    /// Tells what was held back until the next line, at the end.
    mutating func finish(into output: inout RecordOutput)
}

extension RecordGrammar {
    mutating func finish(into output: inout RecordOutput) {}
}

/// Why a binary recording cannot be read on.
enum DecodeFault: Error {
    /// What is wrong with the record at the front of the window; the column is a byte of it, from 1.
    case record(LineFault)
    /// What is wrong with the file.
    case source(TraceErrors)
}

/// A format of binary recordings.
protocol RecordDecoder {
    /// Takes a record, or what stands before the first.
    ///
    /// - Returns: false at the end.
    mutating func decode(
        _ window: ByteWindow, into output: inout RecordOutput
    ) throws(DecodeFault) -> Bool
}

extension ByteWindow {
    /// Waits for a record of a fixed size.
    ///
    /// - Returns: whether it is there; false at the end.
    func holdRecord(_ size: Int) throws(DecodeFault) -> Bool {
        if try holdSome(size) { return true }
        guard count > 0 else { return false }
        throw .record(
            LineFault(
                column: 1, found: "\(count) bytes at the end",
                expected: "whole records of \(size) bytes"))
    }

    /// Waits for bytes.
    ///
    /// - Returns: whether they are there; false if the file ends before.
    func holdSome(_ size: Int) throws(DecodeFault) -> Bool {
        do throws(TraceErrors) {
            return try hold(size)
        } catch {
            throw .source(error)
        }
    }

    /// A number of the bytes that wait, least significant first.
    func number<T: FixedWidthInteger>(at offset: Int, as type: T.Type) -> T {
        assert(offset + MemoryLayout<T>.size <= count, "only what is held is read")
        return T(
            littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: type))
    }
}

/// Reads batches of operations; one call for each batch is dynamic, none for a record.
class RecordEngine {
    /// How many operations make a batch.
    static let batch = 1024

    let source: ByteSource
    let window: ByteWindow
    var output = RecordOutput()
    fileprivate(set) var faults = TraceErrors()
    fileprivate var firstFault: UInt64 = 0
    /// Whether there is nothing more.
    fileprivate(set) var isAtEnd = false

    fileprivate init(_ source: ByteSource) {
        self.source = source
        window = ByteWindow(source)
    }

    /// Adds operations to ``output`` until there is a batch, or none are left.
    func fill() throws(TraceErrors) { preconditionFailure("an engine has a format") }
}

/// Reads text.
final class LineEngine<Grammar: RecordGrammar>: RecordEngine {
    private var grammar: Grammar
    private var line = 0

    init(_ source: ByteSource, _ grammar: Grammar) {
        self.grammar = grammar
        super.init(source)
    }

    override func fill() throws(TraceErrors) {
        while output.operations.count < Self.batch, !isAtEnd {
            guard try window.holdLine(limit: LineCursor.lengthLimit) else {
                if window.count == 0 { break }
                line += 1
                note(
                    LineFault(
                        column: 0, found: "a line of more than \(LineCursor.lengthLimit) bytes",
                        expected: "a line of text"))
                throw faults
            }
            line += 1
            do throws(LineFault) {
                try grammar.parse(window.line, into: &output)
            } catch {
                note(error)
            }
            window.takeLine()
            guard faults.isEmpty || isWorthReading else { throw faults }
            if !faults.isEmpty { output.removeAll() }
        }
        guard output.operations.count < Self.batch, !isAtEnd else { return }
        isAtEnd = true
        grammar.finish(into: &output)
        if !faults.isEmpty { throw faults }
    }

    private var isWorthReading: Bool {
        faults.errors.count < TraceErrors.limit
            && window.taken - firstFault < UInt64(AccessReader.lookAhead)
    }

    private func note(_ fault: LineFault) {
        if faults.isEmpty { firstFault = window.taken }
        faults.append(
            TraceError(
                file: source.file, line: line, column: fault.column, found: fault.found,
                expected: fault.expected, hint: fault.hint))
    }
}

/// Reads a binary format, up to the first fault: behind that nothing says where a record begins.
final class BinaryEngine<Decoder: RecordDecoder>: RecordEngine {
    private var decoder: Decoder

    init(_ source: ByteSource, _ decoder: Decoder) {
        self.decoder = decoder
        super.init(source)
    }

    override func fill() throws(TraceErrors) {
        do throws(DecodeFault) {
            while output.operations.count < Self.batch, !isAtEnd {
                if try !decoder.decode(window, into: &output) { isAtEnd = true }
            }
        } catch {
            switch error {
            case .source(let errors): throw errors
            case .record(let fault):
                throw TraceErrors([
                    TraceError(
                        file: source.file, byte: window.taken + UInt64(max(fault.column, 1) - 1),
                        found: fault.found, expected: fault.expected, hint: fault.hint)
                ])
            }
        }
    }
}
