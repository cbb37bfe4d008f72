/// Free text in a line: `%XX`, two hexadecimal digits, stands for a byte that cannot stand there itself.
///
/// A `%` without two hexadecimal digits after it stands for itself, so that `mark 50% of it` means what it says.
enum NativeText {
    /// Which bytes cannot stand for themselves.
    enum Style {
        /// A word: no blanks.
        case word
        /// A word that ends at `=`.
        case key
        /// The rest of a line: blanks inside, none at its ends.
        case line
    }

    /// The text that bytes stand for; nil if they stand for something that is not UTF-8.
    ///
    /// - Precondition: `bytes` are UTF-8.
    static func decode(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        guard bytes.contains(percent) else { return String(decoding: bytes, as: UTF8.self) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var place = 0
        while place < bytes.count {
            if let byte = escape(bytes, at: place) {
                result.append(byte)
                place += 3
            } else {
                result.append(bytes[place])
                place += 1
            }
        }
        let fault = result.withUnsafeBufferPointer { UTF8Check.firstFault($0) }
        return fault == nil ? String(decoding: result, as: UTF8.self) : nil
    }

    /// Appends text so that ``decode(_:)`` gives it back.
    static func append(_ text: String, style: Style, to output: inout [UInt8]) {
        var text = text
        text.withUTF8 { bytes in
            for place in bytes.indices {
                if needsEscape(bytes, at: place, style: style) {
                    output.append(percent)
                    output.append(digits[Int(bytes[place] >> 4)])
                    output.append(digits[Int(bytes[place] & 15)])
                } else {
                    output.append(bytes[place])
                }
            }
        }
    }

    private static let percent = UInt8(ascii: "%")
    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func escape(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> UInt8? {
        guard bytes[place] == percent, place + 2 < bytes.count,
            let high = NativeNumber.hexadecimalDigit(bytes[place + 1]),
            let low = NativeNumber.hexadecimalDigit(bytes[place + 2])
        else { return nil }
        return high << 4 | low
    }

    private static func needsEscape(
        _ bytes: UnsafeBufferPointer<UInt8>, at place: Int, style: Style
    ) -> Bool {
        switch bytes[place] {
        case 0..<0x20, 0x7F, UInt8(ascii: "#"): true
        case 0x20: style != .line || place == 0 || place == bytes.count - 1
        // As first bytes they would make the statement's first word an agent or a handle.
        case UInt8(ascii: ":"): place == 0
        case UInt8(ascii: "="): place == 0 || style == .key
        case percent: escape(bytes, at: place) != nil
        default: false
        }
    }
}
