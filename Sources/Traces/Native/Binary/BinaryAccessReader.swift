import Operations
import Quantities

/// Reads a binary native trace as a stream, in constant memory beyond the file itself.
///
/// For traces too large to be held as a `Program`: what a capture or an importer made of millions of records. Statements
/// that are no loads, stores or fetches are counted by kind as ``skipped``; a caller that can perform them sets
/// ``deliversStatements`` and takes them where they stand.
public final class BinaryAccessReader: AccessSource {
    /// A statement between accesses.
    public struct StreamedStatement: Sendable {
        /// The statement.
        public var body: Statement.Body
        /// Its annotations.
        public var annotations: Annotations?
        /// Its number in the trace, from 0.
        public var number: UInt64
    }

    /// How many statements were read.
    public private(set) var recordCount: UInt64 = 0
    /// Whether ``read(into:)`` stops before what is no access, for ``takeStatement()``.
    public var deliversStatements = false
    /// The highest core whose accesses were read.
    public private(set) var highestCore = 0

    private let bytes: UnsafeMutableRawBufferPointer
    private let file: String
    private var reader: BinaryReader
    /// The bytes of the block of accesses that is being read, and their decoder.
    private var raw = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 0)
    private var block: RawBlock?
    private var decoder: AccessBlockDecoder?
    private var waiting: StreamedStatement?
    private var skippedCounts = [UInt64](repeating: 0, count: SkippedKind.allCases.count)

    private enum SkippedKind: String, CaseIterable {
        case barrier = "barriers"
        case maintenance = "maintenance operations"
        case declaration = "declarations"
        case other = "other statements"
    }

    /// Starts on a file.
    ///
    /// - Parameters:
    ///   - contents: The file's bytes, which are copied.
    ///   - file: Its name, for errors.
    ///   - allowingCut: Whether a file without its end is read as far as it has whole blocks; ``cut`` then says so.
    /// - Throws: what is wrong with its two ends or its names.
    public init(
        _ contents: [UInt8], file: String, allowingCut: Bool = false
    ) throws(TraceErrors) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 1)
        copy.copyBytes(from: contents)
        bytes = copy
        self.file = file
        do throws(TraceErrors) {
            reader = try BinaryReader(
                UnsafeRawBufferPointer(copy), file: file, allowingCut: allowingCut)
        } catch {
            copy.deallocate()
            throw error
        }
    }

    deinit {
        bytes.deallocate()
        raw.deallocate()
    }

    /// How many statements the file says to have; of a cut file more than any number.
    public var statementCount: UInt64 { reader.statementCount }
    /// Whether the file ends before its trailer does.
    public var isCut: Bool { reader.scanner.isCut }
    /// The names of the file.
    public var symbols: SymbolTable { reader.symbols }
    /// Where a file that was cut ends, once its end was reached; see ``BinaryReader/cut``.
    public var cut: (byte: Int, blocks: Int, statements: UInt64)? { reader.cut }

    /// What was read and is no access, by kind; nothing where statements are delivered.
    public var skipped: [(kind: String, count: UInt64)] {
        zip(SkippedKind.allCases, skippedCounts).filter { $0.1 > 0 }.map {
            (kind: $0.0.rawValue, count: $0.1)
        }
    }

    /// Reads the next accesses; see ``AccessSource/read(into:)``.
    ///
    /// - Returns: how many there are; 0 at the end, and before a statement for ``takeStatement()``.
    public func read(
        into target: UnsafeMutableBufferPointer<MemoryAccess>
    ) throws(TraceErrors) -> Int {
        guard let base = target.baseAddress else { return 0 }
        var count = 0
        while count < target.count, waiting == nil {
            guard let decoder else {
                if count > 0 { break }
                guard try startBlock() else { return 0 }
                continue
            }
            do throws(NativeFault) {
                switch decoder.next {
                case .access:
                    count += try decoder.read(into: base + count, room: target.count - count)
                case .statement:
                    if let access = try takeStatement(of: decoder) {
                        base[count] = access
                        count += 1
                    }
                case .end:
                    try decoder.finish()
                    self.decoder = nil
                }
            } catch {
                throw block.map { BinaryReader.located(error, $0, file) }
                    ?? TraceErrors([
                        TraceError(file: file, found: error.found, expected: error.expected)
                    ])
            }
        }
        recordCount += UInt64(count)
        return count
    }

    /// Takes the statement that ``read(into:)`` stopped before; nil: there is none.
    public func takeStatement() -> StreamedStatement? {
        defer { waiting = nil }
        return waiting
    }

    private func startBlock() throws(TraceErrors) -> Bool {
        guard let next = try reader.nextBlock() else { return false }
        block = next
        raw.deallocate()
        raw = .allocate(capacity: next.raw.count)
        _ = raw.initialize(from: next.raw)
        do throws(NativeFault) {
            decoder = try AccessBlockDecoder(
                UnsafeBufferPointer(raw), count: next.count, isColumnar: next.kind == .accesses,
                symbolCount: reader.symbols.entries.count)
        } catch {
            throw BinaryReader.located(error, next, file)
        }
        for shape in decoder?.shapes ?? [] { highestCore = max(highestCore, shape.agent.index) }
        return true
    }

    /// Takes a statement from a block: an access that has a name or a value too, or what is none.
    ///
    /// - Returns: the access; nil: the statement waits, or was counted.
    private func takeStatement(
        of decoder: AccessBlockDecoder
    ) throws(NativeFault) -> MemoryAccess? {
        let number = reader.position - UInt64(decoder.count) + UInt64(decoder.taken)
        let (body, annotations) = try decoder.statement()
        try reader.check(body, annotations, at: decoder.statementPlace)
        let kind: SkippedKind
        switch body {
        case .operation(let agent, .access(let access, _, _)):
            highestCore = max(highestCore, agent.index)
            return access
        case .operation(_, .barrier), .operation(_, .kernelBarrier): kind = .barrier
        case .operation(_, .maintenance): kind = .maintenance
        case .declaration: kind = .declaration
        default: kind = .other
        }
        recordCount += 1
        if deliversStatements {
            waiting = StreamedStatement(body: body, annotations: annotations, number: number)
        } else {
            skippedCounts[SkippedKind.allCases.firstIndex(of: kind) ?? 0] += 1
        }
        return nil
    }
}
