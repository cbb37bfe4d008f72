import Hazards
import MemoryModel
import Operations
import Quantities
import Traces

/// A trace in which something is to be mended: its statements, where they stand in the text, and what touches which bytes.
///
/// Statements are named by their places in the program, from 0; a finding's record is one more.
struct MendScene {
    /// A transfer: an operation of a device on memory.
    struct Transfer {
        /// The statement.
        var place: Int
        var device: Agent
        /// The bytes, from the first to the last of all its rows.
        var bytes: Range<UInt64>
        /// The operand that names the first byte.
        var start: Operand
        var isWrite: Bool
        /// The doorbell that starts it; nil: it is done where it stands.
        var doorbell: Int?
        /// The `wait` after which a core knows that it is done; nil: there is none.
        var wait: Int?
        /// The statement before which memory has to be ready.
        var opening: Int { doorbell ?? place }
    }

    /// A core's access.
    struct Access {
        var place: Int
        var core: Agent
        var bytes: Range<UInt64>
        var start: Operand
        var isStore: Bool
        var isFetch = false
    }

    let setup: Setup
    let profile: HazardProfile
    let text: TraceText
    let transfers: [Transfer]
    let accesses: [Access]
    /// Where what stands on a line of the file stands in the source of what was traced, by the line's number from 1.
    let origins: [Int: String]

    var program: Program { setup.program }
    var lineSize: UInt64 { max(profile.lineSize, 4) }

    /// Reads what was checked.
    ///
    /// - Parameters:
    ///   - result: Of the trace.
    ///   - text: The trace.
    ///   - origins: See ``origins``.
    init(_ result: CheckResult, text: TraceText, origins: [Int: String]) {
        setup = result.setup
        self.text = text
        self.origins = origins
        profile = setup.hazardProfile
        transfers = Self.transfers(of: setup.program, moves: result.moves)
        accesses = Self.accesses(of: setup.program)
    }

    // MARK: Statements

    /// An operation and who does it; nil: the statement is none.
    func operation(_ place: Int) -> (agent: Agent, operation: Operation)? {
        guard program.statements.indices.contains(place),
            case .operation(let agent, let operation) = program.statements[place].body
        else { return nil }
        return (agent, operation)
    }

    /// The line of a statement, from 0.
    func line(_ place: Int) -> Int { Int(program.statements[place].line) - 1 }

    /// A statement as a person finds it: by its line in the file, where it has one, and in its words.
    func quote(_ place: Int) -> String {
        let line = line(place)
        let words = text.statement(of: line)
        guard let source = text.lines[line].source else { return "the new `\(words)`" }
        let origin = origins[source].map { ", \($0)" } ?? ""
        return "line \(source) (`\(words)`\(origin))"
    }

    /// The operations with their places, from one place to before another.
    func operations(
        _ range: Range<Int>
    ) -> [(place: Int, agent: Agent, operation: Operation)] {
        range.clamped(to: 0..<program.statements.count).compactMap { place in
            operation(place).map { (place, $0.agent, $0.operation) }
        }
    }

    /// The line before which something is inserted so that it is done before a statement.
    ///
    /// Events that are meant for the statement stay directly before it.
    func line(before place: Int) -> Int {
        // Behind the last statement is behind the text.
        guard place < program.statements.count else { return text.lines.count }
        var first = place
        while first > 0, case .environment(let event)? = operation(first - 1)?.operation,
            [.pause].contains(event.kind)
        {
            first -= 1
        }
        return line(first)
    }

    /// New lines, with the indentation of a statement's line and its agent, if that is not core 0.
    func insertion(
        _ statements: [String], before place: Int, by core: Agent
    ) -> TraceText.Change {
        let end = place >= program.statements.count
        let line = end ? text.lines.count : self.line(before: place)
        let indent = end ? "" : text.indent(of: line)
        let agent = core.index == 0 ? "" : "core\(core.index): "
        return .insert(statements.map { indent + agent + $0 }, before: line)
    }

    /// Another operation in a statement's place.
    func replacement(_ place: Int, _ operation: Operation) -> TraceText.Change {
        replacement(
            place, NativeWriter.words(.operation(.core(0), operation), of: program),
            isOperation: true)
    }

    /// Another declaration in a statement's place.
    func replacement(_ place: Int, _ declaration: Declaration) -> TraceText.Change {
        replacement(
            place, NativeWriter.words(.declaration(declaration), of: program), isOperation: false)
    }

    /// A declaration with some of its words changed, as they stand in the text, or else printed anew.
    ///
    /// - Parameters:
    ///   - place: Its statement.
    ///   - declaration: What it is to be.
    ///   - count: How many words it has if it is written as usual, without blanks within its addresses.
    ///   - change: What becomes of the words; nil: it cannot be said so.
    /// - Returns: the change of the text.
    func replacement(
        _ place: Int, _ declaration: Declaration, words count: ClosedRange<Int>,
        _ change: ([String]) -> [String]?
    ) -> TraceText.Change {
        let words = text.words(of: line(place)).split(separator: " ").map(String.init)
        guard count.contains(words.count), let changed = change(words) else {
            return replacement(place, declaration)
        }
        return replacement(place, changed.joined(separator: " "), isOperation: false)
    }

    func replacement(_ place: Int, _ words: String, isOperation: Bool) -> TraceText.Change {
        .replace(
            line(place), text.replacing(line(place), with: words, isOperation: isOperation))
    }

    /// An address in the words of the format: by the name of the buffer that holds it.
    func words(_ start: UInt64) -> String {
        let entry = program.symbols.entries.filter {
            [.buffer, .region, .alias].contains($0.kind) && start >= $0.address
                && start - $0.address < max($0.size, 1)
        }.min { ($0.size, $0.name) < ($1.size, $1.name) }
        guard let entry else { return "0x\(String(start, radix: 16))" }
        let offset = start - entry.address
        return offset == 0 ? entry.name : "\(entry.name)+\(offset)"
    }

    /// A name in a sentence; where only an ELF file has one it stands beside the address, which the trace needs.
    func named(_ start: UInt64) -> String {
        let words = words(start)
        guard words.hasPrefix("0x"), let symbol = profile.symbol(of: start) else {
            return "`\(words)`"
        }
        return "`\(words)` (\(symbol))"
    }

    /// A range with its ends at lines.
    func lines(of range: Range<UInt64>) -> Range<UInt64> {
        let low = range.lowerBound / lineSize * lineSize
        let top = (range.upperBound - 1) / lineSize * lineSize
        return low..<(top > .max - lineSize ? .max : top + lineSize)
    }

    /// The first words that no symbol of the trace has.
    func freshName(_ stem: String) -> String {
        guard program.symbols.find(stem) != nil else { return stem }
        var number = 2
        while program.symbols.find("\(stem)\(number)") != nil { number += 1 }
        return "\(stem)\(number)"
    }

    /// Where what a device is given has to be ready: where it is started, or, of stores that come only then, after these.
    func openings(of transfer: Transfer) -> [Int] {
        let late = accesses.last {
            $0.isStore && $0.place > transfer.opening && $0.place < transfer.place
                && $0.bytes.overlaps(lines(of: transfer.bytes))
        }
        return [transfer.opening] + (late.map { [$0.place + 1] } ?? [])
    }

    // MARK: Who touches what

    private static func range(_ start: Operand, _ bytes: UInt64) -> Range<UInt64>? {
        let (end, overflow) = start.address.rawValue.addingReportingOverflow(bytes)
        return bytes == 0 || overflow ? nil : start.address.rawValue..<end
    }

    /// The transfers of a program, those of engines that find their descriptors by themselves among them.
    private static func transfers(
        of program: Program, moves: [Int: [[DeviceOperation]]]
    ) -> [Transfer] {
        var doorbells: [Agent: Int] = [:]
        var result: [Transfer] = []
        for (place, statement) in program.statements.enumerated() {
            guard case .operation(let agent, let operation) = statement.body else { continue }
            switch operation {
            case .ring(let device): doorbells[device] = place
            case .accessor(let accessor) where accessor.function.isWrite:
                doorbells[accessor.device] = place
            case .wait(let device):
                for other in result.indices
                where result[other].device == device && result[other].wait == nil {
                    result[other].wait = place
                }
            case .device(let transfer):
                let all = [transfer] + (moves[place + 1] ?? []).joined()
                let sides = all.flatMap { [$0, $0.readSide].compactMap { $0 } }.uniqued()
                for side in sides {
                    guard let bytes = range(side.start, side.extent) else { continue }
                    result.append(
                        Transfer(
                            place: place, device: agent, bytes: bytes, start: side.start,
                            isWrite: side.kind == .write, doorbell: doorbells[agent]))
                }
            default: continue
            }
        }
        return result
    }

    private static func accesses(of program: Program) -> [Access] {
        var result: [Access] = []
        for (place, statement) in program.statements.enumerated() {
            guard case .operation(let agent, let operation) = statement.body else { continue }
            func add(_ start: Operand, _ bytes: UInt64, isStore: Bool, isFetch: Bool = false) {
                guard let bytes = range(start, bytes) else { return }
                result.append(
                    Access(
                        place: place, core: agent, bytes: bytes, start: start, isStore: isStore,
                        isFetch: isFetch))
            }
            switch operation {
            case .access(let access, let symbol, _) where access.kind != .prefetch:
                add(
                    Operand(access.address, symbol: symbol), UInt64(access.size),
                    isStore: access.kind.isStore, isFetch: access.kind == .fetch)
            case .run(let run): add(run.start, run.bytes, isStore: run.kind.isStore)
            case .copy(let copy):
                add(copy.source, copy.bytes, isStore: false)
                add(copy.destination, copy.bytes, isStore: true)
            default: continue
            }
        }
        return result
    }
}

extension Range<UInt64> {
    /// How many bytes: what `count` cannot say of more than half of the address space.
    var length: UInt64 { upperBound - lowerBound }
}
