/// Walks one line of text, for the careful parsers: fields, numbers, and where a fault is.
struct LineCursor {
    /// Lines longer than this are damaged files.
    static let lengthLimit = 4096

    private let line: UnsafeBufferPointer<UInt8>
    private(set) var position = 0

    init(_ line: UnsafeBufferPointer<UInt8>) { self.line = line }

    /// The line without the carriage return that other systems end lines with.
    static func withoutLineEnd(
        _ line: UnsafeBufferPointer<UInt8>
    ) -> UnsafeBufferPointer<UInt8> {
        guard line.last == UInt8(ascii: "\r") else { return line }
        return UnsafeBufferPointer(rebasing: line.dropLast())
    }

    /// Where the cursor is, in bytes from 1.
    var column: Int { position + 1 }

    /// The byte at the cursor; nil at the end of the line.
    var next: UInt8? { position < line.count ? line[position] : nil }

    /// Whether a field ends here.
    var isAtBlank: Bool {
        guard let next else { return true }
        return next == 0x20 || next == 0x09
    }

    mutating func advance() { position += 1 }

    mutating func skipBlanks() {
        while let next, next == 0x20 || next == 0x09 { position += 1 }
    }

    /// What stands at the cursor, up to the next blank, for an error.
    func shownWord() -> String {
        guard position < line.count else { return "the end of the line" }
        let rest = line[position...]
        let word = rest.prefix { $0 != 0x20 && $0 != 0x09 }
        return shown(word.isEmpty ? rest.prefix(1) : word)
    }

    /// The fault that something else should stand at the cursor.
    func fault(expected: String, hint: String? = nil) -> LineFault {
        LineFault(column: column, found: shownWord(), expected: expected, hint: hint)
    }

    /// Takes a hexadecimal number, with `0x` before it where `prefix` permits.
    mutating func hexadecimal(_ what: String, prefix: Bool = true) throws(LineFault) -> UInt64 {
        let beginning = self
        if prefix, next == UInt8(ascii: "0"), position + 1 < line.count,
            line[position + 1] | 0x20 == UInt8(ascii: "x")
        {
            position += 2
        }
        var value: UInt64 = 0
        var digits = 0
        while let next, let digit = HexWord.digit(next) {
            guard value &>> 60 == 0 else {
                throw beginning.fault(expected: "\(what) within 64 bits")
            }
            value = value &<< 4 | digit
            digits += 1
            position += 1
        }
        if digits > 0 { return value }
        throw beginning.fault(expected: "\(what) in hexadecimal")
    }

    /// Takes a decimal number.
    mutating func decimal(_ what: String) throws(LineFault) -> UInt64 {
        let beginning = self
        var value: UInt64 = 0
        var digits = 0
        while let next, next >= 0x30, next <= 0x39 {
            let (tens, over) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(next - 0x30))
            guard !over, !carry else {
                throw beginning.fault(expected: "\(what) within 64 bits")
            }
            value = sum
            digits += 1
            position += 1
        }
        if digits > 0 { return value }
        throw beginning.fault(expected: "\(what) in decimal")
    }

    /// Demands the end of a field.
    func endOfField(_ what: String) throws(LineFault) {
        guard isAtBlank else { throw fault(expected: "\(what) and then a blank") }
    }

    /// Demands that the rest of the line is text: comments may say anything, but a control byte is damage.
    func endOfText() throws(LineFault) {
        for place in position..<line.count where Self.isControl(line[place]) {
            throw LineFault(
                column: place + 1, found: shown(line[place...place]), expected: "text")
        }
    }

    /// Whether a byte has no place in a comment.
    @inline(__always)
    static func isControl(_ byte: UInt8) -> Bool { (byte < 0x20 && byte != 0x09) || byte == 0x7F }
}
