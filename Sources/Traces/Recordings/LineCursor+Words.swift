extension LineCursor {
    /// Takes a character if it stands at the cursor.
    mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        advance()
        return true
    }

    /// Demands a character.
    mutating func expect(_ character: Unicode.Scalar, _ what: String) throws(LineFault) {
        guard accept(character) else { throw fault(expected: what) }
    }

    /// Takes the bytes up to the next blank.
    mutating func word() -> Range<Int> { word(until: 0x20) }

    /// Takes the bytes up to a blank or a certain character.
    mutating func word(until end: UInt8) -> Range<Int> {
        let start = position
        while let next, next != 0x20, next != 0x09, next != end { advance() }
        return start..<position
    }

    /// Takes a word if it stands at the cursor and ends there.
    mutating func accept(word: StaticString) -> Bool {
        var copy = self
        for index in 0..<word.utf8CodeUnitCount {
            guard copy.next == word.utf8Start[index] else { return false }
            copy.advance()
        }
        guard copy.isAtBlank else { return false }
        self = copy
        return true
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether these bytes are a word, capitals or not.
    func isWord(_ word: StaticString, _ range: Range<Int>) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<range.count {
            let own = self[range.lowerBound + index]
            let folded = own >= 0x41 && own <= 0x5A ? own | 0x20 : own
            if folded != word.utf8Start[index] { return false }
        }
        return true
    }
}
