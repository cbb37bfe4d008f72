import Operations
import Quantities

/// What gem5's `decode_packet_trace.py` prints: `[ID,]r|w|u,ADDRESS,SIZE[,FLAGS],TICK[,PC]`, all decimal.
///
/// The script knows reads and writes only; `u` is any other command.
struct Gem5TextGrammar: RecordGrammar {
    private var requestors = Gem5Requestors()

    /// Whether a line is of that script: recognition asks.
    static func isLine(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let (_, kind, numbers) = try? fields(line) else { return false }
        return kind != 0 && (3...5).contains(numbers.count)
    }

    mutating func parse(
        _ line: UnsafeBufferPointer<UInt8>, into output: inout RecordOutput
    ) throws(LineFault) {
        guard !line.isEmpty else {
            output.skip("blank lines")
            return
        }
        let (identifier, kind, numbers) = try Self.fields(line)
        // A flag stands between size and tick where there are four numbers: the script prints a PC only behind flags.
        guard (3...5).contains(numbers.count) else {
            throw LineFault(
                column: 0, found: "\(numbers.count) numbers",
                expected: "address, size, flags, tick and perhaps a program counter")
        }
        output.records &+= 1
        output.setTimeUnit("ps")
        guard kind != UInt8(ascii: "u") else {
            output.skip("commands that are no read and no write (u)")
            return
        }
        if identifier != nil { output.assume("requestors, whose names are not there: core 0") }
        let hasFlags = numbers.count > 3
        try requestors.tell(
            kind == UInt8(ascii: "r") ? .access(.load) : .access(.store), at: numbers[0],
            size: numbers[1], flags: hasFlags ? numbers[2] : 0, requestor: identifier,
            origin: (numbers[hasFlags ? 3 : 2], numbers.count > 4 ? numbers[4] : nil),
            into: &output)
    }

    private static func fields(
        _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) -> (UInt64?, UInt8, [UInt64]) {
        var cursor = LineCursor(line)
        var identifier: UInt64?
        if let next = cursor.next, next >= 0x30, next <= 0x39 {
            identifier = try cursor.decimal("an identifier")
            try cursor.expect(",", "a comma")
        }
        guard let kind = cursor.next, [0x72, 0x77, 0x75].contains(kind) else {
            throw cursor.fault(expected: "r, w or u")
        }
        cursor.advance()
        var numbers: [UInt64] = []
        while cursor.next != nil, numbers.count < 6 {
            try cursor.expect(",", "a comma")
            numbers.append(try cursor.decimal("a number"))
        }
        return (identifier, kind, numbers)
    }
}
