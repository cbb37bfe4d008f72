import Operations

/// Dinero IV's extended text: `T ADDRESS SIZE [COMMENT]`, both numbers hexadecimal.
///
/// Blanks before the letter, several blanks and `0x` are permitted, as in Dinero's own reader.
enum ExtendedDinGrammar: LineGrammar {
    static let skippedKinds: [String] = []

    @inline(__always)
    private static func kind(_ letter: UInt8) -> AccessKind? {
        switch letter {
        case UInt8(ascii: "r"), UInt8(ascii: "R"): .load
        case UInt8(ascii: "w"), UInt8(ascii: "W"): .store
        case UInt8(ascii: "i"), UInt8(ascii: "I"): .fetch
        case UInt8(ascii: "m"), UInt8(ascii: "M"): .miscellaneousRead
        case UInt8(ascii: "c"), UInt8(ascii: "C"): .copyBack
        case UInt8(ascii: "v"), UInt8(ascii: "V"): .invalidate
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
            guard let kind = kind(text[at]), text[at + 1] == 0x20 else { break }
            let address = HexNumber(at: text + (at + 2))
            var place = at + 2 + address.digitCount
            guard address.digitCount > 0, text[place] == 0x20 else { break }
            place += 1
            // Nearly every size has one digit: a loop that is foreseen is shorter than the general way.
            var size: UInt64 = 0
            while size < maximumAccessSize, place < length,
                let digit = HexWord.digit(text[place])
            {
                size = size &<< 4 | digit
                place += 1
            }
            if text[place] == 0x20 { place = LineScan.endOfComment(text, place, length) }
            if text[place] == 0x0D { place += 1 }
            // What lies beyond `length` is left over from before; a line that needs it is not whole yet.
            guard text[place] == 0x0A, place < length, place - at <= LineCursor.lengthLimit,
                size > 0,
                size <= maximumAccessSize,
                address.value <= UInt64.max &- (size &- 1)
            else { break }
            block[count] = MemoryAccess(
                kind, at: address.value, size: UInt32(truncatingIfNeeded: size))
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
        guard let letter = cursor.next else {
            throw LineFault(column: 0, found: "an empty line", expected: "an access")
        }
        guard let kind = kind(letter) else {
            throw cursor.fault(
                expected: "one of the letters r w i m c v",
                hint: (0x30...0x35).contains(letter)
                    ? "labels in digits are --format din" : nil)
        }
        let beginning = cursor
        cursor.advance()
        guard cursor.isAtBlank else {
            throw beginning.fault(expected: "one of the letters r w i m c v and then a blank")
        }
        cursor.skipBlanks()
        let address = try cursor.hexadecimal("an address")
        try cursor.endOfField("an address in hexadecimal")
        cursor.skipBlanks()
        let sizeColumn = cursor.column
        let size = try cursor.hexadecimal("a size")
        try cursor.endOfField("a size in hexadecimal")
        try cursor.endOfText()
        return try checkedAccess(kind, at: address, size: size, sizeColumn: sizeColumn)
    }
}
