import Traces

/// A reader of bytes from outside, as fuzzing feeds it.
///
/// Each takes any bytes, and either refuses them with an error or makes something of them that holds together: what was
/// read can be written, and read again as the same. `LibFuzzer.swift` lets libFuzzer choose the bytes (`make fuzz`);
/// `CorpusTests` feeds those that are kept.
public enum HostileInput: Hashable, Sendable {
    /// A trace of one format.
    case trace(TraceFormat)
    /// A binary native trace whose frames, checksums and index are right, so that its blocks' bytes are read.
    case blocks
    /// Any file, decompressed and recognised by content.
    case file
    /// An ELF file.
    case elf
    /// A machine's description.
    case machine
    /// A schedule.
    case schedule
    /// A short native text, checked on a machine.
    case check
    /// The files of a course, one after the other.
    case course
    /// What a client sends to the studio.
    case request
    /// A file of a sweep's results.
    case results

    /// All of them.
    public static let all: [HostileInput] =
        TraceFormat.allCases.map { .trace($0) } + [
            .blocks, .file, .elf, .machine, .schedule, .check, .course, .request, .results,
        ]

    /// The name, as `make fuzz TARGET=…` and the folders of the corpus have it.
    public var name: String {
        switch self {
        case .trace(let format): format.name
        case .blocks: "blocks"
        case .file: "file"
        case .elf: "elf"
        case .machine: "machine"
        case .schedule: "schedule"
        case .check: "check"
        case .course: "course"
        case .request: "request"
        case .results: "results"
        }
    }

    /// Finds one by its name.
    public init?(name: String) {
        guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// Feeds the reader.
    ///
    /// - Parameter bytes: Anything.
    /// - Returns: whether they were read; otherwise they were refused.
    /// - Throws: ``Contradiction`` if what was made of them does not hold together. Nothing else.
    @discardableResult
    public func feed(_ bytes: [UInt8]) throws(Contradiction) -> Bool {
        do {
            switch self {
            case .trace(.native): try NativeInput.text(bytes)
            case .trace(.nativeBinary): try NativeInput.binary(bytes)
            case .trace(let format): try StreamInput.read(bytes, format)
            case .blocks: try NativeInput.binary(BlockLayout.file(from: bytes))
            case .file: try StreamInput.recognise(bytes)
            case .elf: try SymbolInput.elf(bytes)
            case .machine: try ModelInput.machine(bytes)
            case .schedule: try ModelInput.schedule(bytes)
            case .check: try ModelInput.check(bytes)
            case .course: try OutsideInput.course(bytes)
            case .request: try OutsideInput.request(bytes)
            case .results: try OutsideInput.results(bytes)
            }
            return true
        } catch let contradiction as Contradiction {
            throw contradiction
        } catch {
            // An error is an answer, but it has to say something.
            if "\(error)".isEmpty { throw Contradiction("an error without words") }
            return false
        }
    }
}

/// A reader that contradicts itself: broken code, not bad input.
public struct Contradiction: Error, CustomStringConvertible {
    /// What does not hold.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Throws if something does not hold that has to.
func hold(_ isSo: Bool, _ otherwise: @autoclosure () -> String) throws(Contradiction) {
    if !isSo { throw Contradiction(otherwise()) }
}
