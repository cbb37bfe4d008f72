/// How many bytes an instruction moves, told by its disassembly, for recordings that have no sizes.
///
/// UAL, as QEMU, Fast Models and GNU write it, for A64, A32 and T32.
struct AccessSizes {
    /// All bytes that the instruction moves; nil: not told.
    let total: Int?

    private static let conditions: [StaticString] = [
        "eq", "ne", "cs", "hs", "cc", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt",
        "le", "al",
    ]

    /// Reads a disassembly.
    init(_ text: UnsafeBufferPointer<UInt8>) {
        var mnemonic: [UInt8] = []
        var place = 0
        while place < text.count, text[place] != 0x20, text[place] != 0x09, text[place] != 0x2E {
            mnemonic.append(text[place] | (text[place] >= 0x41 && text[place] <= 0x5A ? 0x20 : 0))
            place += 1
        }
        while place < text.count, text[place] != 0x20, text[place] != 0x09 { place += 1 }
        let operands = UnsafeBufferPointer(rebasing: text[place...])
        total = Self.bytes(String(decoding: mnemonic, as: UTF8.self), Operands(operands))
    }

    private static func bytes(_ name: String, _ operands: Operands) -> Int? {
        if let known = known(name, operands) { return known }
        // LDRBNE, LDRHEQ, PUSHNE.
        for condition in conditions where name.hasSuffix("\(condition)") {
            return known(String(name.dropLast(2)), operands)
        }
        return nil
    }

    private static func known(_ name: String, _ operands: Operands) -> Int? {
        let isFirstStatus =
            name.hasPrefix("stx") || name.hasPrefix("stlx") || name.hasPrefix("strex")
            || name.hasPrefix("stlex")
        let register = operands.size(isFirstStatus ? 1 : 0)
        switch name {
        case "push", "pop", "ldm", "ldmia", "ldmib", "ldmda", "ldmdb", "ldmfd", "ldmea", "stm",
            "stmia", "stmib", "stmda", "stmdb", "stmfd", "stmea", "vpush", "vpop", "vldm", "vldmia",
            "vldmdb", "vstm", "vstmia", "vstmdb":
            return operands.listed
        case "ldrd", "strd", "ldrexd", "strexd", "ldaexd", "stlexd": return 8
        case "ldp", "stp", "ldnp", "stnp", "ldxp", "ldaxp", "stxp", "stlxp":
            return register.map { $0 * 2 }
        case "ldpsw": return 8
        case "ldr", "str", "ldur", "stur", "ldtr", "sttr", "ldxr", "stxr", "ldaxr", "stlxr", "ldar",
            "stlr", "ldapr", "ldapur", "stlur", "ldlar", "stllr", "ldrt", "strt", "ldrex", "strex",
            "lda", "stl", "ldaex", "stlex", "vldr", "vstr", "ldraa", "ldrab":
            return register
        case "ldrsw", "ldursw", "ldtrsw", "ldapursw": return 4
        case "ld1", "ld2", "ld3", "ld4", "st1", "st2", "st3", "st4", "vld1", "vld2", "vld3",
            "vld4", "vst1", "vst2", "vst3", "vst4":
            return operands.listed
        default: return suffixed(name, operands)
        }
    }

    /// Bytes and halfwords: LDRB, STURH, LDARB, LDRSB; atomics, which load and store.
    private static func suffixed(_ name: String, _ operands: Operands) -> Int? {
        // CASP, CASPA, CASPL and CASPAL take pairs of registers.
        if name.hasPrefix("casp") { return operands.size(0).map { $0 * 2 } }
        for stem in [
            "cas", "swp", "ldadd", "ldclr", "ldeor", "ldset", "ldsmax", "ldsmin", "ldumax",
            "ldumin", "stadd", "stclr", "steor", "stset", "stsmax", "stsmin", "stumax", "stumin",
        ] where name.hasPrefix(stem) {
            return sized(name) ?? operands.size(0)
        }
        for stem in [
            "ldr", "str", "ldur", "stur", "ldtr", "sttr", "lda", "stl", "ldx", "stx", "ldl",
        ]
        where name.hasPrefix(stem) {
            return sized(name)
        }
        return name == "tbb" ? 1 : name == "tbh" ? 2 : nil
    }

    private static func sized(_ name: String) -> Int? {
        switch name.last {
        case "b": 1
        case "h": 2
        case "t" where name.hasSuffix("bt"): 1
        case "t" where name.hasSuffix("ht"): 2
        default: nil
        }
    }
}

/// The operands of an instruction: the sizes of its registers.
private struct Operands {
    private var sizes: [Int?] = []
    /// The bytes of all registers between braces; nil: there are none.
    private(set) var listed: Int?

    init(_ text: UnsafeBufferPointer<UInt8>) {
        var place = 0
        var inList = false
        var sum = 0
        var previous: [UInt8] = []
        var isRange = false
        while place < text.count {
            let byte = text[place]
            if byte == UInt8(ascii: "{") { inList = true }
            if byte == UInt8(ascii: "}") {
                listed = sum > 0 ? sum : nil
                inList = false
            }
            guard Self.isWord(byte) else {
                if byte == UInt8(ascii: "-") { isRange = true }
                if byte == UInt8(ascii: "[") { break }
                place += 1
                continue
            }
            let start = place
            while place < text.count, Self.isWord(text[place]) { place += 1 }
            let word = Array(text[start..<place])
            let size = Self.size(word)
            if inList, let size {
                let between = isRange ? Self.between(previous, word) : 0
                sum += size * (1 + between)
                previous = word
                isRange = false
            } else if !inList {
                sizes.append(size)
            }
        }
    }

    /// The size of the register at a place among the operands.
    func size(_ place: Int) -> Int? { place < sizes.count ? sizes[place] : nil }

    private static func isWord(_ byte: UInt8) -> Bool {
        HexWord.digit(byte) != nil || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte == 0x2E
    }

    /// How many registers lie between two of a list.
    private static func between(_ first: [UInt8], _ last: [UInt8]) -> Int {
        guard let low = number(first), let high = number(last), high > low else { return 0 }
        return min(high - low - 1, 31)
    }

    private static func number(_ word: [UInt8]) -> Int? {
        switch String(decoding: word, as: UTF8.self).lowercased() {
        case "sb": 9
        case "sl": 10
        case "fp": 11
        case "ip": 12
        case "sp": 13
        case "lr": 14
        case "pc": 15
        case let text: Int(text.dropFirst().prefix { $0.isNumber })
        }
    }

    /// The bytes of a register.
    private static func size(_ word: [UInt8]) -> Int? {
        let text = String(decoding: word, as: UTF8.self).lowercased()
        switch text {
        case "sp", "lr", "pc", "ip", "fp", "sl", "sb", "wzr", "wsp": return 4
        case "xzr": return 8
        default: break
        }
        guard let letter = text.first, text.dropFirst().first?.isNumber == true else { return nil }
        if letter == "v" {
            guard let dot = text.firstIndex(of: ".") else { return nil }
            return ["8b", "4h", "2s", "1d"].contains(text[text.index(after: dot)...]) ? 8 : 16
        }
        return ["b": 1, "h": 2, "s": 4, "w": 4, "r": 4, "x": 8, "d": 8, "q": 16][letter]
    }
}
