import Operations
import Quantities

/// What QEMU's plugin `execlog` prints: `vCPU, 0xADDRESS, 0xOPCODE, "disassembly"` and behind it, for each access,
/// `, load|store, 0xADDRESS[, DEVICE]` and, with `reg=`, `, REGISTER -> 0xVALUE` for each register that changed.
///
/// In system mode addresses of data are physical and come with the device's name, `RAM` for memory.
struct ExeclogGrammar: RecordGrammar {
    /// What the text of an instruction says, kept for the next time it is executed.
    private struct Facts {
        var opcode: UInt32 = 0
        var isKnown = false
        var total: Int?
        var load = AccessKind.load
        var store = AccessKind.store
        var special: ArmInstruction?
    }

    private struct Access {
        var isStore: Bool
        var address: UInt64
        var name: Range<Int>?
    }

    private var effects = InstructionEffects()
    private var facts = [Facts](repeating: Facts(), count: 4096)
    private var accesses: [Access] = []
    private var changes: [(register: Int, value: UInt64)] = []
    /// Whether a core was seen at an address that only T32 has.
    private var isThumb = [Bool](repeating: false, count: Agent.maximumCores)

    /// Whether a line is an instruction: recognition asks.
    static func isLine(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        var cursor = LineCursor(line)
        guard (try? cursor.decimal("")) != nil else { return false }
        return cursor.accept(",") && cursor.accept(" ") && cursor.accept("0") && cursor.accept("x")
    }

    mutating func parse(
        _ line: UnsafeBufferPointer<UInt8>, into output: inout RecordOutput
    ) throws(LineFault) {
        guard Self.isLine(line) else {
            output.skip(line.isEmpty ? "blank lines" : "lines that are no instruction")
            return
        }
        var cursor = LineCursor(line)
        let start = cursor.position
        _ = try cursor.decimal("a vCPU")
        let core = try output.core(line, start..<cursor.position)
        try Self.comma(&cursor)
        let counter = try cursor.hexadecimal("the instruction's address")
        try Self.comma(&cursor)
        let digits = cursor.position
        let opcode = try cursor.hexadecimal("an opcode")
        guard opcode <= UInt64(UInt32.max) else {
            throw LineFault(
                column: digits + 1, found: shown(line[digits..<cursor.position]),
                expected: "an opcode of 32 bits")
        }
        try Self.comma(&cursor)
        let text = try Self.quoted(&cursor, line)
        try takeRest(&cursor, line)
        output.records &+= 1
        var origin = RecordedOperation(.barrier(Barrier(.isb)), by: core)
        origin.programCounter = counter
        tell(origin, UInt32(opcode), text, line, into: &output)
    }

    private static func comma(_ cursor: inout LineCursor) throws(LineFault) {
        try cursor.expect(",", "a comma")
        cursor.skipBlanks()
    }

    /// The text between quotation marks.
    private static func quoted(
        _ cursor: inout LineCursor, _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) -> UnsafeBufferPointer<UInt8> {
        try cursor.expect("\"", "the disassembly in quotation marks")
        let start = cursor.position
        while let next = cursor.next, next != UInt8(ascii: "\"") { cursor.advance() }
        let text = UnsafeBufferPointer(rebasing: line[start..<cursor.position])
        try cursor.expect("\"", "a quotation mark behind the disassembly")
        return text
    }

    /// What stands behind the disassembly.
    private mutating func takeRest(
        _ cursor: inout LineCursor, _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) {
        accesses.removeAll(keepingCapacity: true)
        changes.removeAll(keepingCapacity: true)
        while cursor.next != nil {
            try Self.comma(&cursor)
            let word = cursor.word(until: UInt8(ascii: ","))
            if line.isWord("load", word) || line.isWord("store", word) {
                try Self.comma(&cursor)
                let address = try cursor.hexadecimal("an address")
                accesses.append(
                    Access(
                        isStore: line.isWord("store", word), address: address,
                        name: Self.name(&cursor, line)))
                continue
            }
            cursor.skipBlanks()
            guard cursor.accept("-"), cursor.accept(">") else {
                throw LineFault(
                    column: word.lowerBound + 1, found: shown(line[word]),
                    expected: "load, store or REGISTER -> 0xVALUE")
            }
            cursor.skipBlanks()
            try takeChange(of: word, &cursor, line)
        }
    }

    /// The device's name behind an address; nil in user mode, which has none.
    private static func name(
        _ cursor: inout LineCursor, _ line: UnsafeBufferPointer<UInt8>
    ) -> Range<Int>? {
        var copy = cursor
        guard copy.accept(",") else { return nil }
        copy.skipBlanks()
        let start = copy.position
        while let next = copy.next, next != UInt8(ascii: ",") { copy.advance() }
        let word = start..<copy.position
        guard !word.isEmpty, !line.isWord("load", word), !line.isWord("store", word),
            !line[word].contains(UInt8(ascii: ">"))
        else { return nil }
        cursor = copy
        return word
    }

    private mutating func takeChange(
        of name: Range<Int>, _ cursor: inout LineCursor, _ line: UnsafeBufferPointer<UInt8>
    ) throws(LineFault) {
        guard let register = Self.register(line, name) else {
            // Vector registers are wider than 64 bits, and hold no addresses.
            _ = cursor.word(until: UInt8(ascii: ","))
            return
        }
        changes.append((register, try cursor.hexadecimal("a register's value")))
    }

    /// The number of a general register: `x0`, `r0`.
    static func register(_ line: UnsafeBufferPointer<UInt8>, _ name: Range<Int>) -> Int? {
        guard (2...3).contains(name.count) else { return nil }
        let letter = line[name.lowerBound] | 0x20
        guard letter == UInt8(ascii: "x") || letter == UInt8(ascii: "r") else { return nil }
        var number = 0
        for byte in line[name].dropFirst() {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            number = number * 10 + Int(byte - 0x30)
        }
        return number <= 30 ? number : nil
    }

    // MARK: - What an instruction did

    private mutating func tell(
        _ origin: RecordedOperation, _ opcode: UInt32, _ text: UnsafeBufferPointer<UInt8>,
        _ line: UnsafeBufferPointer<UInt8>, into output: inout RecordOutput
    ) {
        let core = origin.core
        let counter = origin.programCounter ?? 0
        if counter & 2 != 0 { isThumb[core.index] = true }
        let isShort = isThumb[core.index] && opcode >> 11 & 31 < 0x1D
        var operation = origin
        operation.action = .access(
            MemoryAccess(.fetch, at: counter, size: isShort ? 2 : 4, agent: core))
        output.add(operation)

        let facts = facts(of: isShort ? opcode & 0xFFFF : opcode, text)
        let stores = accesses.count { $0.isStore }
        for access in accesses {
            let peers = access.isStore ? stores : accesses.count - stores
            operation.action = .access(
                MemoryAccess(
                    access.isStore ? facts.store : facts.load, at: access.address,
                    size: Self.size(facts.total, peers, into: &output), agent: core))
            operation.memory = nil
            if let name = access.name, !line.isWord("ram", name) {
                operation.memory = RecordedOperation.Memory(
                    .device, .outerShareable, name: output.memoryName(line, name))
            }
            output.add(operation)
            if access.isStore,
                SystemControlBlock.maintenance(at: access.address, value: 0) != nil
            {
                output.skip("maintenance of ARMv7-M, whose address is not recorded")
            }
        }
        if let special = facts.special { effects.tell(special, origin, into: &output) }
        for change in changes { effects.set(change.register, of: core, to: change.value) }
    }

    private static func size(
        _ total: Int?, _ peers: Int, into output: inout RecordOutput
    ) -> UInt32 {
        if let total, peers > 0, total % peers == 0 { return UInt32(total / peers) }
        output.assume("sizes that the disassembly does not tell: 4 bytes")
        return 4
    }

    private mutating func facts(of opcode: UInt32, _ text: UnsafeBufferPointer<UInt8>) -> Facts {
        let place = Int((opcode &* 0x9E37_79B1) >> 20)
        if facts[place].isKnown, facts[place].opcode == opcode { return facts[place] }
        var result = Facts()
        result.opcode = opcode
        result.isKnown = true
        result.total = AccessSizes(text).total
        let name = String(decoding: text.prefix { $0 > 0x20 && $0 != 0x2E }, as: UTF8.self)
            .lowercased()
        if name.hasPrefix("ldx") || name.hasPrefix("ldax") || name.hasPrefix("ldrex")
            || name.hasPrefix("ldaex")
        {
            result.load = .loadExclusive
        } else if name.hasPrefix("ldar") || name == "lda" || name.hasPrefix("ldapr") {
            result.load = .loadAcquire
        }
        if name.hasPrefix("stx") || name.hasPrefix("stlx") || name.hasPrefix("strex")
            || name.hasPrefix("stlex")
        {
            result.store = .storeExclusive
        } else if name.hasPrefix("stlr") || name == "stl" {
            result.store = .storeRelease
        }
        let words = ["dsb", "dmb", "isb", "dc", "ic", "mcr", "sys"]
        // What QEMU cannot disassemble it prints as a number.
        let isText = name.first?.isLetter == true && !name.hasPrefix("objd")
        if !isText || words.contains(where: name.hasPrefix) {
            result.special = Self.special(opcode)
        }
        facts[place] = result
        return result
    }

    /// Barriers and maintenance of any instruction set: their encodings differ in the bits that tell them.
    static func special(_ opcode: UInt32) -> ArmInstruction? {
        // QEMU reads T32 as one word of memory: the first halfword is the lower half.
        ArmInstruction(opcode, .a64) ?? ArmInstruction(opcode, .a32)
            ?? ArmInstruction(opcode << 16 | opcode >> 16, .t32)
    }
}
