import Operations
import Quantities

/// Prints statements that ``ProgramChecker`` has found to be sound.
///
/// The families of statements are in the extensions.
struct ProgramPrinter {
    /// The text so far.
    private(set) var output: [UInt8] = Array("staleline 1\n".utf8)

    private var symbols: [SymbolTable.Entry]
    private var deviceNames: [String]
    /// Whether addresses go by the names that they were given under.
    private let namesPlaces: Bool
    private var depth = 0

    /// Starts on a program, or on operations alone, whose addresses are all printed as numbers.
    init(_ program: Program, namesPlaces: Bool = true) {
        self.namesPlaces = namesPlaces
        symbols = program.symbols.entries
        deviceNames = program.devices.map { program.symbols[$0.name]?.name ?? "" }
        output.reserveCapacity(16 + program.statements.count * 24)
    }

    /// Learns a name that was not there at the start.
    mutating func add(symbol entry: SymbolTable.Entry) { symbols.append(entry) }

    /// Learns the name of the next device.
    mutating func add(deviceName name: String) { deviceNames.append(name) }

    /// The text since the last time, which is forgotten.
    mutating func takeOutput() -> [UInt8] {
        defer { output.removeAll(keepingCapacity: true) }
        return output
    }

    /// Prints one statement.
    mutating func print(
        _ body: Statement.Body, _ annotations: Annotations?
    ) throws(ProgramError) {
        let start = output.count
        if case .end = body { depth -= 1 }
        for _ in 0..<depth { add("  ") }
        switch body {
        case .declaration(let declaration): print(declaration)
        case .operation(let agent, let operation): print(operation, by: agent)
        case .repeatBegin(let count):
            add("repeat ", count)
            depth += 1
        case .spanBegin(let symbol):
            add("span ")
            add(name(symbol))
            depth += 1
        case .end: add("end")
        case .mark(let text):
            add("mark ")
            NativeText.append(text, style: .line, to: &output)
        }
        if let annotations { print(annotations) }
        try checkLength(from: start)
        output.append(UInt8(ascii: "\n"))
    }

    /// Appends text.
    mutating func add(_ text: String) { output.append(contentsOf: text.utf8) }

    /// Appends text and a decimal number.
    mutating func add(_ text: String, _ number: UInt64) {
        add(text)
        if number < 10 {
            output.append(UInt8(ascii: "0") + UInt8(number))
        } else {
            add(String(number))
        }
    }

    /// Appends text and a decimal number, or nothing.
    mutating func add(_ text: String, optional number: UInt64?) {
        if let number { add(text, number) }
    }

    /// Appends text and a hexadecimal number.
    mutating func add(_ text: String, hexadecimal number: UInt64) {
        add(text)
        add("0x")
        var shift = number == 0 ? 0 : (63 - number.leadingZeroBitCount) / 4 * 4
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(shift)) & 15
            output.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            shift -= 4
        }
    }

    /// Appends a blank and an address.
    mutating func add(_ operand: Operand) { add(" ", operand) }

    /// Appends text and an address.
    mutating func add(_ text: String, _ operand: Operand) {
        guard namesPlaces, operand.symbol != .none else {
            return add(text, hexadecimal: operand.address.rawValue)
        }
        let entry = symbols[Int(operand.symbol.rawValue) - 1]
        add(text)
        add(entry.name)
        let offset = operand.address.rawValue &- entry.address
        if offset > 0 { add("+", hexadecimal: offset) }
    }

    /// Appends free text as one word.
    mutating func add(word: String, style: NativeText.Style = .word) {
        NativeText.append(word, style: style, to: &output)
    }

    /// Appends ` = VALUE`, or nothing.
    mutating func add(value: UInt64?) {
        if let value { add(" = ", hexadecimal: value) }
    }

    /// A symbol's name.
    func name(_ symbol: SymbolID) -> String { symbols[Int(symbol.rawValue) - 1].name }

    /// An agent's name.
    func name(_ agent: Agent) -> String {
        agent.isCore ? "core\(agent.index)" : deviceNames[agent.index]
    }

    private func checkLength(from start: Int) throws(ProgramError) {
        guard output.count - start > NativeLimits.lineLength else { return }
        let characters = output[start...].count { $0 & 0xC0 != 0x80 }
        guard characters > NativeLimits.lineLength else { return }
        throw ProgramError(
            found: "a statement of \(characters) characters",
            expected: "at most \(NativeLimits.lineLength) in a line of text")
    }
}
