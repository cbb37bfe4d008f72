/// Reads a sample of accesses, and makes statistics of it.
///
/// Memory does not grow with the file. Lines that are no sample are counted by kind (``skipped``).
public final class SampleReader {
    /// Where the bytes come from.
    public let source: ByteSource
    /// The format that is read.
    public let format: TraceFormat
    /// What was read and is no sample, by kind.
    public var skipped: [(kind: String, count: UInt64)] { skips.all }

    private let window: ByteWindow
    private var skips = KindCounts()

    /// Makes a reader.
    ///
    /// - Precondition: `format` is sampled (``TraceFormat/isSampled``).
    public init(_ source: ByteSource, format: TraceFormat) {
        precondition(format.isSampled, "\(format.name) is no sample")
        self.source = source
        self.format = format
        window = ByteWindow(source)
    }

    /// Reads all of it.
    ///
    /// - Returns: what the samples say.
    /// - Throws: what is wrong with the file; one without a sample is a fault.
    public func statistics() throws(TraceErrors) -> SampleStatistics {
        switch format {
        case .perfMem: try read(PerfMemGrammar())
        case .perfScript: try read(PerfScriptGrammar())
        default: try read(SPEGrammar())
        }
    }

    private func read(_ start: some SampleGrammar) throws(TraceErrors) -> SampleStatistics {
        var grammar = start
        var statistics = SampleStatistics()
        var faults = TraceErrors()
        var line = 0
        while true {
            guard try window.holdLine(limit: LineCursor.lengthLimit) else {
                if window.count == 0 { break }
                faults.append(
                    TraceError(
                        file: source.file, line: line + 1,
                        found: "a line of more than \(LineCursor.lengthLimit) bytes",
                        expected: "a line of text"))
                throw faults
            }
            line += 1
            do throws(LineFault) {
                if let sample = try grammar.parse(window.line, &skips) { statistics.add(sample) }
            } catch {
                faults.append(
                    TraceError(
                        file: source.file, line: line, column: error.column, found: error.found,
                        expected: error.expected, hint: error.hint))
                if faults.errors.count == TraceErrors.limit { throw faults }
            }
            window.takeLine()
        }
        if let last = grammar.finish() { statistics.add(last) }
        if !faults.isEmpty { throw faults }
        guard statistics.records > 0 else {
            throw TraceErrors([
                TraceError(
                    file: source.file, found: "no samples of \(format.name)",
                    expected: "at least one")
            ])
        }
        return statistics
    }
}

/// A format of samples, in lines.
protocol SampleGrammar {
    /// Takes a line.
    ///
    /// - Returns: a sample, if one is complete.
    mutating func parse(
        _ line: UnsafeBufferPointer<UInt8>, _ skips: inout KindCounts
    ) throws(LineFault) -> MemorySample?

    /// What is complete only at the end.
    mutating func finish() -> MemorySample?
}

extension SampleGrammar {
    mutating func finish() -> MemorySample? { nil }
}
