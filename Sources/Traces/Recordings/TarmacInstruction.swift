/// The head of an instruction's line in Tarmac.
struct TarmacInstruction {
    /// Where the program has the instruction.
    var address: UInt64 = 0
    /// The physical address, where the line has it.
    var physical: UInt64?
    /// The encoding; of T32 the first halfword in the upper half.
    var opcode: UInt32 = 0
    /// How many bytes.
    var size: UInt32 = 4
    /// The instruction set; nil: its encoding was not fetched.
    var set: ArmInstruction.InstructionSet?
    /// Whether the line does not name the instruction set.
    var isSetAssumed = false
    /// Whether its condition failed.
    var hasFailed = false

    /// The head of `(ADDRESS:OPCODE) O el3_s: …`.
    init(
        blockIn cursor: inout LineCursor, _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) {
        try cursor.expect("(", "an address and an opcode in parentheses")
        address = try cursor.hexadecimal("the instruction's address", prefix: false)
        try cursor.expect(":", "a colon and the opcode")
        if cursor.next == UInt8(ascii: "-") {
            // A fetch that failed.
            while cursor.accept("-") {}
            try cursor.expect(")", "a parenthesis behind the opcode")
            return
        }
        try takeOpcode(&cursor)
        try cursor.expect(")", "a parenthesis behind the opcode")
        cursor.skipBlanks()
        let word = cursor.word()
        guard let known = Self.set(line, word) else {
            throw Self.noSet(line, word)
        }
        set = known
        cursor.skipBlanks()
        // The mode, and whether the condition failed.
        _ = cursor.word()
        cursor.skipBlanks()
        if cursor.accept(":") { cursor.skipBlanks() }
        hasFailed = cursor.accept(word: "CCFAIL")
    }

    /// `(COUNT) ADDRESS[:PHYSICAL[_NS]] OPCODE O mode : …`, `(ADDRESS:COUNT) ADDRESS OPCODE T16 …`, `(ADDRESS) OPCODE T …`.
    init(
        fieldsIn cursor: inout LineCursor, _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) {
        var bracketed: UInt64?
        if cursor.accept("(") {
            bracketed = try cursor.hexadecimal("a number or an address", prefix: false)
            if cursor.accept(":") { _ = try cursor.hexadecimal("a number", prefix: false) }
            try cursor.expect(")", "a parenthesis")
            cursor.skipBlanks()
        }
        let start = cursor
        address = try cursor.hexadecimal("the instruction's address", prefix: false)
        if cursor.accept(":") {
            physical = try Self.physical(&cursor, line)
            if cursor.accept(",") { _ = try Self.physical(&cursor, line) }
        }
        try cursor.endOfField("an address in hexadecimal")
        cursor.skipBlanks()
        var copy = cursor
        let word = copy.word()
        if let known = Self.set(line, word), let bracketed, physical == nil {
            // What stands in parentheses is the address, and this is the opcode.
            var again = start
            address = bracketed
            try takeOpcode(&again)
            set = known
            return
        }
        try takeOpcode(&cursor)
        cursor.skipBlanks()
        let last = cursor.word()
        if let known = Self.set(line, last) {
            set = known
        } else {
            // Cores with T32 alone may leave it out: then this is the instruction.
            guard last.count > 1 else { throw Self.noSet(line, last) }
            set = .t32
            isSetAssumed = true
        }
    }

    private mutating func takeOpcode(_ cursor: inout LineCursor) throws(LineFault) {
        let beginning = cursor
        let value = try cursor.hexadecimal("an opcode", prefix: false)
        let digits = cursor.position - beginning.position
        guard digits == 4 || digits == 8 else {
            throw beginning.fault(expected: "an opcode of 4 or 8 digits")
        }
        opcode = UInt32(value)
        size = UInt32(digits / 2)
    }

    private static func set(
        _ line: UnsafeBufferPointer<UInt8>, _ word: Range<Int>
    ) -> ArmInstruction.InstructionSet? {
        if line.isWord("o", word) { return .a64 }
        if line.isWord("a", word) { return .a32 }
        if line.isWord("t", word) || line.isWord("t16", word) || line.isWord("t32", word) {
            return .t32
        }
        return nil
    }

    private static func noSet(
        _ line: UnsafeBufferPointer<UInt8>, _ word: Range<Int>
    ) -> LineFault {
        LineFault(
            column: word.lowerBound + 1,
            found: word.isEmpty ? "the end of the line" : shown(line[word]),
            expected: "an instruction set: A, T, T16, T32 or O")
    }

    /// A physical address, with `_NS` or `_S` behind it.
    static func physical(
        _ cursor: inout LineCursor, _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) -> UInt64 {
        let value = try cursor.hexadecimal("a physical address", prefix: false)
        if cursor.accept("_") {
            _ = cursor.accept("N")
            try cursor.expect("S", "_S or _NS")
        }
        return value
    }
}
