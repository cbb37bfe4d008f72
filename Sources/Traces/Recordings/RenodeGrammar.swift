import Operations
import Quantities

/// What Renode's ExecutionTracer writes as text, with accesses tracked: `0xPC: 0xOPCODE`, then
/// `MemoryRead|MemoryWrite|MemoryIORead|MemoryIOWrite with address 0xA, value 0xV`.
struct RenodeGrammar: RecordGrammar {
    private var counter: UInt64?
    private var effects = InstructionEffects()

    private static let kinds: [(name: StaticString, isStore: Bool, isDevice: Bool)] = [
        ("memoryread", false, false), ("memorywrite", true, false),
        ("memoryioread", false, true), ("memoryiowrite", true, true),
    ]

    /// Whether a line is of that tracer: recognition asks.
    static func isLine(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        var cursor = LineCursor(line)
        let word = cursor.word()
        if kinds.contains(where: { line.isWord($0.name, word) }) { return true }
        return line.starts(with: [0x30, 0x78]) && (try? head(line)) != nil
    }

    mutating func parse(
        _ line: UnsafeBufferPointer<UInt8>, into output: inout RecordOutput
    ) throws(LineFault) {
        var cursor = LineCursor(line)
        let word = cursor.word()
        if let kind = Self.kinds.first(where: { line.isWord($0.name, word) }) {
            cursor.skipBlanks()
            try access(&cursor, kind.isStore, kind.isDevice, into: &output)
        } else if line.starts(with: [0x30, 0x78]) {
            try instruction(line, into: &output)
        } else {
            output.skip(line.isEmpty ? "blank lines" : "lines that are no record")
        }
    }

    /// `0xPC: 0xOPCODE …`, or `0xPC:` or `0xPC` alone.
    private static func head(
        _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) -> (UInt64, opcode: UInt32?, digits: Int) {
        var cursor = LineCursor(line)
        let counter = try cursor.hexadecimal("an instruction's address")
        guard cursor.accept(":") else {
            cursor.skipBlanks()
            guard cursor.next == nil else { throw cursor.fault(expected: "a colon") }
            return (counter, nil, 0)
        }
        cursor.skipBlanks()
        guard cursor.next != nil else { return (counter, nil, 0) }
        let beginning = cursor
        if cursor.accept("0"), !cursor.accept("x") { cursor = beginning }
        let start = cursor.position
        let opcode = try cursor.hexadecimal("an opcode", prefix: false)
        guard opcode <= UInt64(UInt32.max), cursor.isAtBlank else {
            throw beginning.fault(expected: "an opcode of 32 bits in hexadecimal")
        }
        return (counter, UInt32(opcode), cursor.position - start)
    }

    private mutating func instruction(
        _ line: UnsafeBufferPointer<UInt8>, into output: inout RecordOutput
    ) throws(LineFault) {
        let (address, opcode, digits) = try Self.head(line)
        output.records &+= 1
        counter = address
        if opcode == nil { output.assume("fetches without an opcode: 4 bytes") }
        let size: UInt64 = opcode != nil && digits <= 4 ? 2 : 4
        var origin = RecordedOperation(
            .access(try checkedAccess(.fetch, at: address, size: size, sizeColumn: 1)))
        origin.programCounter = address
        output.add(origin)
        guard let opcode, size == 4 else { return }
        let special =
            ArmInstruction(opcode, .a64) ?? ArmInstruction(opcode, .t32)
            ?? ArmInstruction(opcode, .a32)
        if let special { effects.tell(special, origin, into: &output) }
    }

    /// An access: `with address 0xA, value 0xV`.
    private func access(
        _ cursor: inout LineCursor, _ isStore: Bool, _ isDevice: Bool,
        into output: inout RecordOutput
    ) throws(LineFault) {
        for word: StaticString in ["with", "address"] {
            guard cursor.accept(word: word) else {
                throw cursor.fault(expected: "with address 0x…, value 0x…")
            }
            cursor.skipBlanks()
        }
        let column = cursor.column
        let address = try cursor.hexadecimal("an address")
        try cursor.expect(",", "a comma")
        cursor.skipBlanks()
        guard cursor.accept(word: "value") else { throw cursor.fault(expected: "value 0x…") }
        cursor.skipBlanks()
        let value = try cursor.hexadecimal("a value")
        try cursor.endOfField("a value in hexadecimal")
        output.records &+= 1
        output.assume("sizes: 4 bytes, as far as address and value permit")
        // The largest that is aligned, and at least what the value needs.
        let aligned = address == 0 ? 4 : min(UInt64(1) << UInt64(address.trailingZeroBitCount), 4)
        let needed: UInt64 =
            value > 0xFFFF_FFFF ? 8 : value > 0xFFFF ? 4 : value > 0xFF ? 2 : 1
        let access = try checkedAccess(
            isStore ? .store : .load, at: address, size: max(aligned, needed), sizeColumn: column)
        var operation = RecordedOperation(.access(access))
        operation.value = value
        operation.programCounter = counter
        if isDevice {
            operation.memory = RecordedOperation.Memory(.device, .outerShareable)
        }
        if isStore, let maintenance = SystemControlBlock.maintenance(at: address, value: value) {
            operation.action = .maintenance(maintenance)
            operation.value = nil
            operation.memory = nil
        }
        output.add(operation)
    }
}
