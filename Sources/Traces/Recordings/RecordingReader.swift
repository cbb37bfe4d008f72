import Operations
import Quantities

/// Reads a recording of a simulator, an emulator or an instrumented program, batch by batch.
///
/// Memory does not grow with the recording. Records that are no operations are counted by kind (``skipped``), never
/// dropped in silence, and so is what had to be taken for granted (``assumed``). Faults in text are thrown together,
/// as ``AccessReader`` does it; a binary recording is read up to its first.
public final class RecordingReader {
    /// Where the bytes come from.
    public let source: ByteSource
    /// The format that is read.
    public let format: TraceFormat

    private let engine: RecordEngine
    private var failure: TraceErrors?
    private var pending: [RecordedOperation] = []
    private var place = 0
    private var lostAsAccesses = KindCounts()

    /// Makes a reader.
    ///
    /// - Precondition: `format` is a recording (``TraceFormat/isRecording``).
    public init(_ source: ByteSource, format: TraceFormat, options: RecordingOptions = .init()) {
        precondition(format.isRecording, "\(format.name) is no recording")
        self.source = source
        self.format = format
        engine =
            switch format {
            case .execlog: LineEngine(source, ExeclogGrammar())
            case .tarmac: LineEngine(source, TarmacGrammar())
            case .drmemtraceText: LineEngine(source, DrmemtraceTextGrammar())
            case .drmemtrace: BinaryEngine(source, DrmemtraceDecoder())
            case .gem5: BinaryEngine(source, Gem5Decoder(options.gem5))
            case .gem5Text: LineEngine(source, Gem5TextGrammar())
            case .champSim: BinaryEngine(source, ChampSimDecoder(isCloudSuite: false))
            case .champSimCloudSuite: BinaryEngine(source, ChampSimDecoder(isCloudSuite: true))
            case .renode: LineEngine(source, RenodeGrammar())
            case .prospero: LineEngine(source, ProsperoGrammar())
            case .prosperoBinary: BinaryEngine(source, ProsperoDecoder())
            case .csv: LineEngine(source, CSVGrammar(options.columns))
            default: preconditionFailure("refused above")
            }
    }

    /// How many records were read: instructions, accesses, packets or rows, as the format has it.
    public var recordCount: UInt64 { engine.output.records }

    /// What was read and is not among the operations, by kind.
    public var skipped: [(kind: String, count: UInt64)] {
        engine.output.skipped + lostAsAccesses.all
    }

    /// What the recording does not say and was taken for granted, by kind.
    public var assumed: [(kind: String, count: UInt64)] { engine.output.assumed }

    /// Which core is which, where the names do not say it, as `core1 is system.big`.
    public var coreNames: [String] { engine.output.cores.renamed }

    /// The devices that read or wrote memory, so far.
    public var deviceNames: [String] { engine.output.deviceNames }

    /// The names of memory that is not RAM, so far.
    public var memoryNames: [String] { engine.output.memoryNames }

    /// The unit of ``RecordedOperation/time``, as the trace format writes it.
    public var timeUnit: String { engine.output.timeUnit }

    /// Reads the next operations.
    ///
    /// - Returns: some of them; none only at the end.
    /// - Throws: what is wrong with the recording; again at every later call. One without a record is a fault.
    public func nextBatch() throws(TraceErrors) -> [RecordedOperation] {
        if let failure { throw failure }
        do throws(TraceErrors) {
            engine.output.removeAll()
            try engine.fill()
            if engine.isAtEnd, engine.output.records == 0 {
                throw TraceErrors([
                    TraceError(
                        file: source.file, found: "no records of \(format.name)",
                        expected: "at least one")
                ])
            }
            return engine.output.operations
        } catch {
            failure = error
            throw error
        }
    }
}

extension RecordingReader: AccessSource {
    /// Reads the next accesses, for those who want nothing else.
    ///
    /// Maintenance by address comes as the copy-backs and invalidates that streams of accesses know. What they have no
    /// word for is counted in ``skipped``.
    public func read(
        into block: UnsafeMutableBufferPointer<MemoryAccess>
    ) throws(TraceErrors) -> Int {
        precondition(block.count >= 2, "one operation can be two accesses")
        var count = 0
        while count + 1 < block.count {
            if place == pending.count {
                // What is there goes first: an error comes at the next call.
                if count > 0 { return count }
                pending = try nextBatch()
                place = 0
                if pending.isEmpty { return 0 }
            }
            for access in accesses(of: pending[place]) {
                block[count] = access
                count += 1
            }
            place += 1
        }
        return count
    }

    private func accesses(of operation: RecordedOperation) -> AccessPair {
        switch operation.action {
        case .access(let access): return AccessPair(access)
        case .barrier:
            lostAsAccesses.count("barriers")
        case .transfer:
            lostAsAccesses.count("transfers of devices")
        case .maintenance(let maintenance):
            let instruction = maintenance.instruction
            guard instruction.isByAddress, instruction.reachesCoherency else {
                lostAsAccesses.count(
                    "maintenance that is no clean or invalidate of data by address")
                return AccessPair()
            }
            let size = UInt32(clamping: max(maintenance.bytes, 1))
            let clean = MemoryAccess(
                .copyBack, at: maintenance.start.address.rawValue, size: size,
                agent: operation.core)
            var invalidate = clean
            invalidate.kind = .invalidate
            switch instruction {
            case .dcCVAC: return AccessPair(clean)
            case .dcIVAC: return AccessPair(invalidate)
            default: return AccessPair(clean, invalidate)
            }
        }
        return AccessPair()
    }
}

/// Up to two accesses, without an array.
private struct AccessPair: Sequence, IteratorProtocol {
    private var first: MemoryAccess?
    private var second: MemoryAccess?

    init(_ first: MemoryAccess? = nil, _ second: MemoryAccess? = nil) {
        self.first = first
        self.second = second
    }

    mutating func next() -> MemoryAccess? {
        defer {
            first = second
            second = nil
        }
        return first
    }
}
