import Operations
import Quantities

/// Arm's Tarmac text, in both families: `IT`/`IS` with `MR`/`MW` of Fast Models, gem5 and RTL, and `ES` with `LD`/`ST`,
/// which shows memory types.
///
/// Described in Arm's documentation of the Tarmac Trace plugin, and by the samples of tarmac-trace-utilities.
struct TarmacGrammar: RecordGrammar {
    /// The core of the line, which later lines without a name share.
    private(set) var core = Agent.core(0)
    private var time: UInt64?
    /// The unit of all times.
    private var unit: String?
    var effects = InstructionEffects()
    /// The address of each core's instruction.
    var counters = [UInt64?](repeating: nil, count: Agent.maximumCores)
    /// Maintenance by a register that is not known: the next line may say the address.
    private var pending: (maintenance: Maintenance.Instruction, origin: RecordedOperation)?
    /// The column of the address of an LD or ST line, under which further lines begin.
    private var continuation: (isStore: Bool, column: Int)?

    private static let types: [StaticString] = [
        "it", "is", "if", "es", "r", "ld", "st", "br", "e", "exc", "p", "cache", "ttw", "cadi",
        "signal", "signal:", "info_exception_reason", "tarmac", "t",
    ]
    private static let units: [(StaticString, String)] = [
        ("clk", "cyc"), ("cyc", "cyc"), ("tic", "cyc"), ("cs", "cyc"), ("ps", "ps"), ("ns", "ns"),
        ("us", "us"),
    ]

    /// Whether a line is Tarmac's: recognition asks.
    static func isLine(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        var cursor = LineCursor(line)
        cursor.skipBlanks()
        let first = cursor.word()
        if line.isWord("tarmac", first) { return true }
        if line.isWord("es", first) || line.isWord("it", first) || line.isWord("is", first) {
            cursor.skipBlanks()
            return cursor.next == UInt8(ascii: "(") || line.isWord("es", first)
        }
        guard !first.isEmpty, line[first].allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            return false
        }
        cursor.skipBlanks()
        let unit = cursor.word()
        return units.contains { line.isWord($0.0, unit) }
    }

    mutating func parse(
        _ line: UnsafeBufferPointer<UInt8>, into output: inout RecordOutput
    ) throws(LineFault) {
        var cursor = LineCursor(line)
        cursor.skipBlanks()
        guard cursor.next != nil else {
            output.skip("blank lines")
            return
        }
        if let continuation, cursor.column == continuation.column {
            try diagram(&cursor, line, isStore: continuation.isStore, into: &output)
            return
        }
        continuation = nil
        try takeTime(&cursor, line, into: &output)
        let type = try takeType(&cursor, line, into: &output)
        cursor.skipBlanks()
        if line.isWord("it", type) || line.isWord("is", type) || line.isWord("if", type)
            || line.isWord("es", type)
        {
            try instruction(&cursor, line, type, into: &output)
        } else if line.isWord("ld", type) || line.isWord("st", type) {
            let isStore = line.isWord("st", type)
            continuation = (isStore, cursor.column)
            try diagram(&cursor, line, isStore: isStore, into: &output)
        } else if line.isWord("r", type) {
            register(&cursor, line, into: &output)
        } else if let access = MemoryType(line, type) {
            try memory(&cursor, line, access, into: &output)
        } else {
            other(line, type, into: &output)
        }
    }

    mutating func finish(into output: inout RecordOutput) { settle(into: &output) }

    /// `1250 clk`, `1250clk`, `1.25us` or nothing.
    private mutating func takeTime(
        _ cursor: inout LineCursor, _ line: UnsafeBufferPointer<UInt8>,
        into output: inout RecordOutput
    ) throws(LineFault) {
        var copy = cursor
        guard let next = copy.next, next >= 0x30, next <= 0x39 else { return }
        var value = try copy.decimal("a time")
        var digits = 0
        if copy.accept(".") {
            while let next = copy.next, next >= 0x30, next <= 0x39, digits < 12 {
                let (tens, over) = value.multipliedReportingOverflow(by: 10)
                guard !over, tens < UInt64.max - 9 else {
                    throw cursor.fault(expected: "a time within 64 bits")
                }
                value = tens + UInt64(next - 0x30)
                digits += 1
                copy.advance()
            }
        }
        let isApart = copy.isAtBlank
        var behind = copy
        behind.skipBlanks()
        let word = behind.word()
        if let known = Self.units.first(where: { line.isWord($0.0, word) }) {
            try setUnit(known.1, digits, &value, cursor, into: &output)
            copy = behind
        } else if !isApart {
            throw cursor.fault(expected: "a time and its unit: clk, cyc, tic, cs, ps, ns or us")
        }
        time = value
        cursor = copy
        cursor.skipBlanks()
    }

    /// Times with decimals become picoseconds; a recording has one unit.
    private mutating func setUnit(
        _ name: String, _ digits: Int, _ value: inout UInt64, _ cursor: LineCursor,
        into output: inout RecordOutput
    ) throws(LineFault) {
        var name = name
        if digits > 0 {
            let places = ["ns": 3, "us": 6][name] ?? 0
            guard digits <= places else {
                throw cursor.fault(expected: "a time in whole picoseconds or cycles")
            }
            for _ in digits..<places {
                let (tens, over) = value.multipliedReportingOverflow(by: 10)
                guard !over else { throw cursor.fault(expected: "a time within 64 bits") }
                value = tens
            }
            name = "ps"
        }
        guard unit == nil || unit == name else {
            throw cursor.fault(expected: "the unit of the times before, \(unit ?? "")")
        }
        unit = name
        output.setTimeUnit(name)
    }

    /// The type of the line, behind the core's name if there is one.
    private mutating func takeType(
        _ cursor: inout LineCursor, _ line: UnsafeBufferPointer<UInt8>,
        into output: inout RecordOutput
    ) throws(LineFault) -> Range<Int> {
        let word = cursor.word()
        guard !Self.isType(line, word) else { return word }
        var copy = cursor
        copy.skipBlanks()
        let second = copy.word()
        let isName =
            line[word].starts(with: Array("cpu".utf8)) || Self.isType(line, second)
        guard isName, !second.isEmpty else { return word }
        core = try output.core(line, word)
        cursor = copy
        return second
    }

    private static func isType(_ line: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) -> Bool {
        types.contains { line.isWord($0, word) } || MemoryType(line, word) != nil
    }

    private func other(
        _ line: UnsafeBufferPointer<UInt8>, _ type: Range<Int>, into output: inout RecordOutput
    ) {
        if line.isWord("tarmac", type) {
            output.skip("heads")
        } else if line.isWord("e", type) || line.isWord("exc", type) {
            output.skip("exceptions and other events (E, EXC)")
        } else if line.isWord("br", type) {
            output.skip("branches (BR)")
        } else if line.isWord("cache", type) {
            output.skip("caches of the model (CACHE)")
        } else {
            output.skip(line, type)
        }
    }

    /// An operation of the line's core, time and instruction.
    func origin() -> RecordedOperation {
        var operation = RecordedOperation(.barrier(Barrier(.isb)), by: core)
        operation.time = time
        operation.programCounter = counters[core.index]
        return operation
    }

    // MARK: - Instructions

    private mutating func instruction(
        _ cursor: inout LineCursor, _ line: UnsafeBufferPointer<UInt8>, _ type: Range<Int>,
        into output: inout RecordOutput
    ) throws(LineFault) {
        settle(into: &output)
        guard !cursor.accept(word: "EXC"), !cursor.accept(word: "Reset") else {
            output.skip("exceptions and other events (E, EXC)")
            return
        }
        let head =
            line.isWord("es", type)
            ? try TarmacInstruction(blockIn: &cursor, line)
            : try TarmacInstruction(fieldsIn: &cursor, line)
        output.records &+= 1
        if head.isSetAssumed { output.assume("instruction sets that are not named: T32") }
        counters[core.index] = head.address
        var fetch = origin()
        let place = head.physical ?? head.address
        guard place <= UInt64.max - 4 else {
            throw LineFault(
                column: 1, found: "an instruction at the end of the address space",
                expected: "one that ends within 64 bits")
        }
        fetch.action = .access(MemoryAccess(.fetch, at: place, size: head.size, agent: core))
        if place != head.address { fetch.virtualAddress = head.address }
        output.add(fetch)
        guard !line.isWord("is", type), !head.hasFailed, let set = head.set,
            let special = ArmInstruction(head.opcode, set)
        else { return }
        if case .byAddress(let maintenance, let register) = special,
            effects.value(of: register, of: core) == nil
        {
            pending = (maintenance, origin())
        } else {
            effects.tell(special, origin(), into: &output)
        }
    }

    /// Counts maintenance whose address no line has told.
    private mutating func settle(into output: inout RecordOutput) {
        guard let waiting = pending else { return }
        output.skip(text: "\(waiting.maintenance.words), whose address is not recorded")
        pending = nil
    }

    // MARK: - Registers

    /// `R X0 0000…`, `R r1 (USR) …`, `R DC CIVAC ADDRESS`.
    private mutating func register(
        _ cursor: inout LineCursor, _ line: UnsafeBufferPointer<UInt8>,
        into output: inout RecordOutput
    ) {
        output.skip("registers (R)")
        let name = cursor.word()
        cursor.skipBlanks()
        if line.isWord("dc", name) || line.isWord("ic", name) {
            _ = cursor.word()
            cursor.skipBlanks()
            guard let waiting = pending, let address = Self.number(&cursor, line) else { return }
            var operation = waiting.origin
            operation.action = .maintenance(Maintenance(waiting.maintenance, at: Operand(address)))
            output.add(operation)
            pending = nil
            return
        }
        guard let register = ExeclogGrammar.register(line, name) else { return }
        if cursor.next == UInt8(ascii: "(") {
            _ = cursor.word()
            cursor.skipBlanks()
        }
        if let value = Self.number(&cursor, line) {
            effects.set(register, of: core, to: value)
        } else {
            effects.forget(register, of: core)
        }
    }

    /// A number of up to 16 digits, with underscores, blanks or colons between its parts; nil: it is none.
    static func number(
        _ cursor: inout LineCursor, _ line: UnsafeBufferPointer<UInt8>
    ) -> UInt64? {
        var value: UInt64 = 0
        var digits = 0
        while let next = cursor.next {
            if let digit = HexWord.digit(next) {
                guard digits < 16 else { return nil }
                value = value << 4 | digit
                digits += 1
            } else if next != 0x5F, next != 0x3A, next != 0x20 {
                return nil
            }
            cursor.advance()
        }
        return digits > 0 ? value : nil
    }
}
