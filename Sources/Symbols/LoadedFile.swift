/// A file and where it is loaded, as a person writes it: `vmlinux`, `fw.elf@0x8000000`, `vmlinux@-0x60000000`.
public struct LoadedFile: Hashable, Sendable {
    /// The file's path.
    public var path: String
    /// What is added to its addresses, modulo 2^64.
    public var offset: UInt64

    /// Reads a path and the offset behind the last `@`, hexadecimal with or without `0x`.
    ///
    /// What is behind the `@` and no number belongs to the path.
    ///
    /// - Returns: nil: there is an offset that is no number of 64 bits, or no path.
    public init?(parsing text: String) {
        path = text
        offset = 0
        guard let at = text.lastIndex(of: "@") else {
            if text.isEmpty { return nil }
            return
        }
        var digits = text[text.index(after: at)...]
        let isNegative = digits.first == "-"
        if isNegative { digits = digits.dropFirst() }
        let isMarked = digits.hasPrefix("0x") || digits.hasPrefix("0X")
        if isMarked { digits = digits.dropFirst(2) }
        guard digits.allSatisfy(\.isHexDigit), let value = UInt64(digits, radix: 16) else {
            if isNegative || isMarked || digits.isEmpty || digits.allSatisfy(\.isHexDigit) {
                return nil
            }
            return
        }
        if at == text.startIndex { return nil }
        path = String(text[..<at])
        offset = isNegative ? 0 &- value : value
    }
}
