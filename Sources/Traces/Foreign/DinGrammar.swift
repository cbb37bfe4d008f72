import Operations

/// Dinero III's text: `LABEL ADDRESS [COMMENT]`, both numbers hexadecimal.
///
/// The format has no sizes: as in Dinero, addresses are rounded down to 4 and every access has 4 bytes.
enum DinGrammar: LineGrammar {
    static let skippedKinds: [String] = []

    @inline(__always)
    static func kind(_ label: UInt64) -> AccessKind? {
        switch label {
        case 0: .load
        case 1: .store
        case 2: .fetch
        case 3: .miscellaneousRead
        case 4: .copyBack
        case 5: .invalidate
        default: nil
        }
    }

    static func scan(
        _ text: UnsafePointer<UInt8>, _ length: Int,
        into block: UnsafeMutablePointer<MemoryAccess>, capacity: Int
    ) -> LineScan {
        var at = 0
        var count = 0
        while count < capacity, at < length {
            guard let kind = kind(UInt64(text[at]) ^ 0x30), text[at + 1] == 0x20 else { break }
            let address = HexNumber(at: text + (at + 2))
            var place = at + 2 + address.digitCount
            if text[place] == 0x20 { place = LineScan.endOfComment(text, place, length) }
            if text[place] == 0x0D { place += 1 }
            // What lies beyond `length` is left over from before; a line that needs it is not whole yet.
            guard address.digitCount > 0, text[place] == 0x0A, place < length,
                place - at <= LineCursor.lengthLimit
            else { break }
            block[count] = MemoryAccess(kind, at: address.value & ~3, size: 4)
            count += 1
            at = place + 1
        }
        return LineScan(bytes: at, lines: count, accesses: count)
    }

    static func parse(_ line: UnsafeBufferPointer<UInt8>) -> LineOutcome {
        do throws(LineFault) {
            return .access(try access(line))
        } catch {
            return .fault(error)
        }
    }

    private static func access(
        _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) -> MemoryAccess {
        var cursor = LineCursor(line)
        cursor.skipBlanks()
        guard let first = cursor.next else {
            throw LineFault(column: 0, found: "an empty line", expected: "an access")
        }
        let beginning = cursor
        let letters = Array("rwimcvRWIMCV".utf8)
        guard !letters.contains(first) else {
            throw beginning.fault(
                expected: "a label from 0 to 5", hint: "labels in letters are --format xdin")
        }
        let label = try cursor.hexadecimal("a label from 0 to 5")
        guard let kind = kind(label), cursor.isAtBlank else {
            throw beginning.fault(expected: "a label from 0 to 5")
        }
        cursor.skipBlanks()
        let address = try cursor.hexadecimal("an address")
        try cursor.endOfField("an address in hexadecimal")
        try cursor.endOfText()
        return MemoryAccess(kind, at: address & ~3, size: 4)
    }
}
