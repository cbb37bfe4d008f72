/// A line of a file: where its text ends, and what is wrong with its bytes.
struct ScannedLine {
    /// The first byte.
    var start: Int
    /// The first byte after its text, without comment and trailing blanks.
    var textEnd: Int
    /// The first byte of the next line.
    var next: Int
    /// What is wrong with its bytes, if anything.
    var fault: NativeFault?
}

/// Cuts a file into lines and checks their bytes, comments included.
struct LineScanner {
    private let bytes: UnsafePointer<UInt8>
    private let count: Int

    /// Starts on a file.
    init(_ bytes: UnsafePointer<UInt8>, count: Int) {
        self.bytes = bytes
        self.count = count
    }

    /// The line that starts at `start`.
    ///
    /// - Complexity: O(*n*) in the length of the line.
    func line(from start: Int) -> ScannedLine {
        var place = start
        var comment = -1
        var control = -1
        var isASCII = true
        while place < count {
            let byte = bytes[place]
            if byte == UInt8(ascii: "\n") { break }
            if byte &- 0x20 >= 0x5F || byte == UInt8(ascii: "#") {
                if byte >= 0x80 {
                    isASCII = false
                } else if byte == UInt8(ascii: "#") {
                    if comment < 0 { comment = place }
                } else if byte != 0x09, control < 0, !isLineEnd(place) {
                    control = place
                }
            }
            place += 1
        }
        let next = min(place + 1, count)
        let end = place > start && isLineEnd(place - 1) ? place - 1 : place
        var line = ScannedLine(
            start: start, textEnd: comment < 0 ? end : comment, next: next, fault: nil)
        trim(&line)
        line.fault = fault(in: start..<end, control: control, isASCII: isASCII)
        return line
    }

    /// Whether the byte at `place` is the carriage return of a line that ends as on Windows.
    private func isLineEnd(_ place: Int) -> Bool {
        bytes[place] == 0x0D && (place + 1 == count || bytes[place + 1] == UInt8(ascii: "\n"))
    }

    private func trim(_ line: inout ScannedLine) {
        while line.textEnd > line.start, [0x20, 0x09].contains(bytes[line.textEnd - 1]) {
            line.textEnd -= 1
        }
    }

    private func fault(in range: Range<Int>, control: Int, isASCII: Bool) -> NativeFault? {
        if control >= 0 {
            return NativeFault(
                at: control, found: NativeFault.hexadecimal(bytes[control]),
                expected: "text (of control characters only tabs and line ends)")
        }
        let text = UnsafeBufferPointer(start: bytes + range.lowerBound, count: range.count)
        if !isASCII, let place = UTF8Check.firstFault(text) {
            return NativeFault(
                at: range.lowerBound + place, found: NativeFault.hexadecimal(text[place]),
                expected: "UTF-8")
        }
        guard range.count > NativeLimits.lineLength else { return nil }
        return lengthFault(text, start: range.lowerBound)
    }

    private func lengthFault(_ text: UnsafeBufferPointer<UInt8>, start: Int) -> NativeFault? {
        var characters = 0
        var limit = 0
        for (place, byte) in text.enumerated() where byte & 0xC0 != 0x80 {
            if characters == NativeLimits.lineLength { limit = place }
            characters += 1
        }
        guard characters > NativeLimits.lineLength else { return nil }
        return NativeFault(
            at: start + limit, found: "a line of \(characters) characters",
            expected: "at most \(NativeLimits.lineLength)")
    }
}
