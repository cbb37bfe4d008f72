import Operations

/// What valgrind's lackey prints with `--trace-mem=yes`: `I  ADDRESS,SIZE`, ` L …`, ` S …`, ` M …`.
///
/// The address is hexadecimal without `0x`, the size decimal. `M` is a load and then a store of the same bytes: one
/// record, two accesses. Lines of valgrind itself and superblock marks (`SB`) are counted and passed over.
enum LackeyGrammar: LineGrammar {
    static let skippedKinds = [
        "valgrind message (==)", "valgrind message (--)", "valgrind message (**)",
        "superblock mark (SB)",
    ]

    /// The places of messages and marks in ``skippedKinds``.
    private static func skippedKind(_ line: some Collection<UInt8>) -> Int? {
        if line.starts(with: [0x3D, 0x3D]) { return 0 }
        if line.starts(with: [0x2D, 0x2D]) { return 1 }
        if line.starts(with: [0x2A, 0x2A]) { return 2 }
        return line.starts(with: [0x53, 0x42, 0x20]) ? 3 : nil
    }

    /// Whether valgrind, not lackey, says this.
    static func isMessage(_ line: some Collection<UInt8>) -> Bool {
        skippedKind(line).map { $0 < 3 } ?? false
    }

    static func scan(
        _ text: UnsafePointer<UInt8>, _ length: Int,
        into block: UnsafeMutablePointer<MemoryAccess>, capacity: Int
    ) -> LineScan {
        var scan = LineScan()
        var at = 0
        // An M needs room for two.
        while scan.accesses + 1 < capacity, at < length {
            guard text[at + 2] == 0x20 else { break }
            let kind: AccessKind
            var isPair = false
            // The first two characters: "I ", " L", " S" or " M".
            switch UInt16(text[at]) &<< 8 | UInt16(text[at + 1]) {
            case 0x4920: kind = .fetch
            case 0x204C: kind = .load
            case 0x2053: kind = .store
            case 0x204D:
                kind = .load
                isPair = true
            default: return scan
            }
            let address = HexNumber(at: text + (at + 3))
            var place = at + 3 + address.digitCount
            guard address.digitCount > 0, text[place] == 0x2C else { break }
            place += 1
            var size: UInt64 = 0
            while size < maximumAccessSize, place < length, text[place] &- 0x30 < 10 {
                size = size &* 10 &+ UInt64(text[place] &- 0x30)
                place += 1
            }
            if text[place] == 0x0D { place += 1 }
            // What lies beyond `length` is left over from before; a line that needs it is not whole yet.
            guard text[place] == 0x0A, place < length, size > 0, size <= maximumAccessSize,
                address.value <= UInt64.max &- (size &- 1)
            else { break }
            let bytes = UInt32(truncatingIfNeeded: size)
            block[scan.accesses] = MemoryAccess(kind, at: address.value, size: bytes)
            if isPair {
                block[scan.accesses + 1] = MemoryAccess(.store, at: address.value, size: bytes)
            }
            scan.accesses += isPair ? 2 : 1
            scan.lines += 1
            at = place + 1
            scan.bytes = at
        }
        return scan
    }

    static func parse(_ line: UnsafeBufferPointer<UInt8>) -> LineOutcome {
        if let kind = skippedKind(line) { return .skipped(kind) }
        do throws(LineFault) {
            return try record(line)
        } catch {
            return .fault(error)
        }
    }

    private static func record(
        _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) -> LineOutcome {
        var cursor = LineCursor(line)
        cursor.skipBlanks()
        guard let letter = cursor.next else {
            throw LineFault(column: 0, found: "an empty line", expected: "an access")
        }
        let kind: AccessKind
        switch letter {
        case UInt8(ascii: "I"): kind = .fetch
        case UInt8(ascii: "L"), UInt8(ascii: "M"): kind = .load
        case UInt8(ascii: "S"): kind = .store
        default:
            throw cursor.fault(expected: "one of the letters I L S M, or a line of valgrind")
        }
        let beginning = cursor
        cursor.advance()
        guard cursor.isAtBlank else {
            throw beginning.fault(expected: "one of the letters I L S M and then a blank")
        }
        cursor.skipBlanks()
        let address = try cursor.hexadecimal("an address", prefix: false)
        guard cursor.next == UInt8(ascii: ",") else {
            throw cursor.fault(expected: "a comma after the address in hexadecimal")
        }
        cursor.advance()
        let sizeColumn = cursor.column
        let size = try cursor.decimal("a size")
        try cursor.endOfField("a size in decimal")
        cursor.skipBlanks()
        guard cursor.next == nil else { throw cursor.fault(expected: "the end of the line") }
        let access = try checkedAccess(kind, at: address, size: size, sizeColumn: sizeColumn)
        guard letter == UInt8(ascii: "M") else { return .access(access) }
        return .pair(access, MemoryAccess(.store, at: address, size: access.size))
    }
}
