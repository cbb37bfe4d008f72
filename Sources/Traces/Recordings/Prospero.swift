import Operations
import Quantities

/// SST Prospero's text: `CYCLE R|W ADDRESS SIZE`, all numbers decimal.
struct ProsperoGrammar: RecordGrammar {
    /// Whether a line is such a record: recognition asks.
    static func isLine(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        (try? operation(line)) != nil
    }

    mutating func parse(
        _ line: UnsafeBufferPointer<UInt8>, into output: inout RecordOutput
    ) throws(LineFault) {
        let operation = try Self.operation(line)
        output.records &+= 1
        output.add(operation)
    }

    private static func operation(
        _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) -> RecordedOperation {
        var cursor = LineCursor(line)
        cursor.skipBlanks()
        let cycle = try cursor.decimal("a cycle")
        try cursor.endOfField("a cycle")
        cursor.skipBlanks()
        guard let letter = cursor.next, let kind = kind(letter) else {
            throw cursor.fault(expected: "R or W")
        }
        cursor.advance()
        try cursor.endOfField("R or W")
        cursor.skipBlanks()
        let address = try cursor.decimal("an address")
        try cursor.endOfField("an address in decimal")
        cursor.skipBlanks()
        let column = cursor.column
        let size = try cursor.decimal("a size")
        try cursor.endOfField("a size in decimal")
        cursor.skipBlanks()
        guard cursor.next == nil else { throw cursor.fault(expected: "the end of the line") }
        var operation = RecordedOperation(
            .access(try checkedAccess(kind, at: address, size: size, sizeColumn: column)))
        operation.time = cycle
        return operation
    }

    /// What a record's letter means.
    static func kind(_ letter: UInt8) -> AccessKind? {
        switch letter | 0x20 {
        case UInt8(ascii: "r"): .load
        case UInt8(ascii: "w"): .store
        default: nil
        }
    }
}

/// SST Prospero's binary: records of 21 bytes, cycle (8), letter (1), address (8), size (4), little-endian.
struct ProsperoDecoder: RecordDecoder {
    static let recordSize = 21
    /// How many records recognition needs to be sure.
    static let sample = 4

    /// Whether bytes can be such records: each has its letter, and a size within reason.
    static func isHead(_ bytes: [UInt8]) -> Bool {
        let count = min(bytes.count / recordSize, 64)
        guard count >= sample else { return false }
        return (0..<count).allSatisfy { index in
            let start = index * recordSize
            return ProsperoGrammar.kind(bytes[start + 8]) != nil && bytes[start + 20] == 0
                && bytes[start + 19] <= 1 && bytes[start + 17..<start + 20].contains { $0 != 0 }
        }
    }

    mutating func decode(
        _ window: ByteWindow, into output: inout RecordOutput
    ) throws(DecodeFault) -> Bool {
        guard try window.holdRecord(Self.recordSize) else { return false }
        let letter = window.number(at: 8, as: UInt8.self)
        do throws(LineFault) {
            guard let kind = ProsperoGrammar.kind(letter) else {
                throw LineFault(column: 9, found: shown([letter]), expected: "R or W")
            }
            var operation = RecordedOperation(
                .access(
                    try checkedAccess(
                        kind, at: window.number(at: 9, as: UInt64.self),
                        size: UInt64(window.number(at: 17, as: UInt32.self)), sizeColumn: 18)))
            operation.time = window.number(at: 0, as: UInt64.self)
            output.records &+= 1
            output.add(operation)
        } catch {
            throw .record(error)
        }
        window.take(Self.recordSize)
        return true
    }
}
