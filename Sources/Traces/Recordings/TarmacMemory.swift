import Operations

extension TarmacGrammar {
    /// The type of a line of the form `MR4X`: an access of contiguous bytes.
    struct MemoryType {
        var isStore = false
        var size: UInt32 = 0
        var isExclusive = false
        /// An access of a bus that carries no data of the program.
        var isOther = false
        /// Whether bytes are written in the order of memory.
        var isReversed = false
        /// A transfer of a coprocessor, which has no address.
        var isCoprocessor = false

        /// Reads `MR4`, `MW8X`, `R04`, `W01`; nil: another type.
        init?(_ line: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) {
            guard word.count >= 3, word.count <= 8 else { return nil }
            let first = line[word.lowerBound]
            let isShort = first == UInt8(ascii: "R") || first == UInt8(ascii: "W")
            guard first == UInt8(ascii: "M") || isShort && word.count == 3 else { return nil }
            var hasDirection = false
            var hasSize = false
            for place in word {
                let byte = line[place]
                switch byte {
                case UInt8(ascii: "R") where place == word.upperBound - 1 && hasDirection: break
                case UInt8(ascii: "R") where !hasDirection, UInt8(ascii: "W") where !hasDirection:
                    hasDirection = true
                    isStore = byte == UInt8(ascii: "W")
                case 0x30...0x39:
                    if hasSize, !(line[place - 1] >= 0x30 && line[place - 1] <= 0x39) {
                        return nil
                    }
                    hasSize = true
                    size = size * 10 + UInt32(byte - 0x30)
                case UInt8(ascii: "X"): isExclusive = true
                case UInt8(ascii: "M") where place == word.lowerBound: break
                case UInt8(ascii: "I"), UInt8(ascii: "A"):
                    guard place == word.upperBound - 1, line[place - 1] == 0x5F else { return nil }
                    isOther = true
                case UInt8(ascii: "D"):
                    guard place == word.upperBound - 1 else { return nil }
                    isReversed = word.count == 8
                case UInt8(ascii: "C"): isCoprocessor = true
                case UInt8(ascii: "T"), UInt8(ascii: "L"), UInt8(ascii: "N"), UInt8(ascii: "O"),
                    UInt8(ascii: "_"):
                    break
                default: return nil
                }
            }
            guard hasDirection, [1, 2, 4, 8, 16, 32, 64].contains(size) else { return nil }
        }

        var kind: AccessKind {
            isExclusive
                ? isStore ? .storeExclusive : .loadExclusive : isStore ? .store : .load
        }
    }

    /// An access: `ADDRESS[:PHYSICAL[_NS]] DATA`.
    mutating func memory(
        _ cursor: inout LineCursor, _ line: UnsafeBufferPointer<UInt8>, _ type: MemoryType,
        into output: inout RecordOutput
    ) throws(LineFault) {
        guard !type.isOther else {
            output.skip("accesses of buses for instructions and peripherals")
            return
        }
        guard !type.isCoprocessor else {
            output.skip("transfers of coprocessors")
            return
        }
        var type = type
        if cursor.next == UInt8(ascii: "(") {
            // The instruction's address and a serial number.
            _ = cursor.word()
            cursor.skipBlanks()
        }
        if cursor.accept(word: "X") {
            type.isExclusive = true
            cursor.skipBlanks()
        }
        let column = cursor.column
        let virtual = try cursor.hexadecimal("an address", prefix: false)
        var place = virtual
        if cursor.accept(":") { place = try TarmacInstruction.physical(&cursor, line) }
        try cursor.endOfField("an address in hexadecimal")
        cursor.skipBlanks()
        if cursor.accept("(") {
            output.skip("accesses that were aborted")
            return
        }
        let value = type.size <= 8 ? Self.number(&cursor, line) : nil
        output.records &+= 1
        var operation = origin()
        let access = try checkedAccess(
            type.kind, at: place, size: UInt64(type.size), sizeColumn: column)
        operation.action = .access(tagged(access))
        operation.value = value.map { Self.ordered($0, type) }
        if place != virtual { operation.virtualAddress = virtual }
        if type.isStore,
            let maintenance = SystemControlBlock.maintenance(at: place, value: operation.value)
        {
            operation.value = nil
            operation.action = .maintenance(maintenance)
        }
        output.add(operation)
    }

    private func tagged(_ access: MemoryAccess) -> MemoryAccess {
        var access = access
        access.agent = core
        return access
    }

    /// The value of bytes that are written in the order of memory.
    private static func ordered(_ value: UInt64, _ type: MemoryType) -> UInt64 {
        type.isReversed ? value.byteSwapped >> (64 - UInt64(type.size) * 8) : value
    }

    /// `ADDRESS WORDS [S:PHYSICAL TYPE SHAREABILITY]`: 16 bytes, the last first, dots where nothing was touched.
    mutating func diagram(
        _ cursor: inout LineCursor, _ line: UnsafeBufferPointer<UInt8>, isStore: Bool,
        into output: inout RecordOutput
    ) throws(LineFault) {
        let column = cursor.column
        let base = try cursor.hexadecimal("an address", prefix: false)
        try cursor.endOfField("an address in hexadecimal")
        guard base & 15 == 0 else {
            throw LineFault(
                column: column, found: "0x\(String(base, radix: 16))",
                expected: "a multiple of 16 for a line of 16 bytes")
        }
        let bytes = try Self.bytes(&cursor)
        cursor.skipBlanks()
        let (physical, memory) = try attributes(&cursor, line, into: &output)
        output.records &+= 1
        for half in 0..<2 {
            var place = half * 8
            let end = place + 8
            while place < end {
                guard bytes.touched >> UInt32(place) & 1 == 1 else {
                    place += 1
                    continue
                }
                let start = place
                while place < end, bytes.touched >> UInt32(place) & 1 == 1 { place += 1 }
                var operation = origin()
                let address = (physical ?? base) &+ UInt64(start)
                operation.action = .access(
                    MemoryAccess(
                        isStore ? .store : .load, at: address, size: UInt32(place - start),
                        agent: core))
                operation.value = bytes.value(start..<place)
                operation.memory = memory
                if let physical, physical != base {
                    operation.virtualAddress = base &+ UInt64(start)
                }
                output.add(operation)
            }
        }
    }

    /// Sixteen bytes, by their place from the lowest address.
    private struct Diagram {
        var touched: UInt32 = 0
        var known: UInt32 = 0
        var low: UInt64 = 0
        var high: UInt64 = 0

        mutating func set(_ place: Int, _ value: UInt64) {
            known |= 1 << UInt32(place)
            if place < 8 {
                low |= value << UInt64(place * 8)
            } else {
                high |= value << UInt64(place * 8 - 64)
            }
        }

        /// What bytes of one half hold; nil where one is not known.
        func value(_ range: Range<Int>) -> UInt64? {
            guard range.allSatisfy({ known >> UInt32($0) & 1 == 1 }) else { return nil }
            let half = range.lowerBound < 8 ? low : high
            let shifted = half >> UInt64((range.lowerBound & 7) * 8)
            return range.count == 8 ? shifted : shifted & (1 << UInt64(range.count * 8) - 1)
        }
    }

    private static func bytes(_ cursor: inout LineCursor) throws(LineFault) -> Diagram {
        var result = Diagram()
        var place = 16
        while place > 0 {
            cursor.skipBlanks()
            let beginning = cursor
            guard let first = cursor.next else {
                throw cursor.fault(expected: "16 bytes, of which dots are not touched")
            }
            cursor.advance()
            guard let second = cursor.next else {
                throw beginning.fault(expected: "two characters for each byte")
            }
            cursor.advance()
            place -= 1
            if first == 0x2E, second == 0x2E { continue }
            result.touched |= 1 << UInt32(place)
            if first == 0x23, second == 0x23 { continue }
            guard let high = HexWord.digit(first), let low = HexWord.digit(second) else {
                throw beginning.fault(expected: "bytes in hexadecimal, dots or ##")
            }
            result.set(place, high << 4 | low)
        }
        return result
    }

    /// `S:00000ffbb0 nGnRnE OSH`, or nothing.
    private func attributes(
        _ cursor: inout LineCursor, _ line: UnsafeBufferPointer<UInt8>,
        into output: inout RecordOutput
    ) throws(LineFault) -> (UInt64?, RecordedOperation.Memory?) {
        var physical: UInt64?
        var copy = cursor
        _ = copy.accept("N")
        if copy.accept("S"), copy.accept(":") {
            physical = try copy.hexadecimal("a physical address", prefix: false)
            cursor = copy
            cursor.skipBlanks()
        }
        var type: Operations.MemoryType?
        var shareability: Shareability?
        while cursor.next != nil {
            let word = cursor.word()
            cursor.skipBlanks()
            if line.isWord("osh", word) {
                shareability = .outerShareable
            } else if line.isWord("ish", word) {
                shareability = .innerShareable
            } else if line.isWord("nsh", word) {
                shareability = .nonShareable
            } else if let known = Self.type(line, word) {
                type = type ?? known
            } else if line[word.lowerBound] | 0x20 == UInt8(ascii: "o") {
                output.skip("outer cacheabilities: the inner one is said")
            } else if !line.isWord("normal", word), !line.isWord("nm", word) {
                output.skip(
                    text: "memory attribute \(shown(line[word]))")
            }
        }
        return (physical, type.map { RecordedOperation.Memory($0, shareability) })
    }

    /// The type that a word names: the Arm ARM's names of Device memory, and cacheabilities.
    private static func type(
        _ line: UnsafeBufferPointer<UInt8>, _ word: Range<Int>
    ) -> Operations.MemoryType? {
        if line.isWord("ngnrne", word) || line.isWord("so", word) { return .stronglyOrdered }
        for name: StaticString in ["ngnre", "ngre", "gre", "device", "dev"]
        where line.isWord(name, word) {
            return .device
        }
        let text = String(decoding: line[word], as: UTF8.self).lowercased()
        if text.hasPrefix("wb") || text.hasPrefix("iwb") { return .writeBack }
        if text.hasPrefix("wt") || text.hasPrefix("iwt") { return .writeThrough }
        return text.hasPrefix("nc") || text.hasPrefix("inc") ? .nonCacheable : nil
    }
}
