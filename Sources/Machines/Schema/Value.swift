/// A value that a key can have, read from its text.
enum Value: Hashable {
    /// What has no value: an absent cache, a limit that is never reached.
    case absent
    /// A whole number, or a number with decimals in thousandths.
    case number(Int)
    /// A size in bytes.
    case bytes(UInt64)
    /// Yes or no.
    case flag(Bool)
    /// One of several words, or free text.
    case word(String)
    /// Some of several words, in the order in which they are listed.
    case words([String])
    /// Sizes in bytes, ascending; none at all means any.
    case sizes([Int])
}

/// A whole number of digits only, of at most 15 digits.
func wholeNumber(_ text: some StringProtocol) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 15, text.utf8.allSatisfy({ 48...57 ~= $0 }) else {
        return nil
    }
    return Int(text)
}

/// A number with at most three decimals, in thousandths.
func thousandths(_ text: String) -> Int? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = wholeNumber(parts[0]) else { return nil }
    guard parts.count == 2 else { return whole * 1_000 }
    guard parts[1].utf8.count <= 3, let fraction = wholeNumber(parts[1]) else { return nil }
    let scale = [1_000, 100, 10, 1][parts[1].utf8.count]
    return whole * 1_000 + fraction * scale
}

/// The text of a number given in thousandths, with the decimals it needs.
func decimalText(_ thousandths: Int) -> String {
    let whole = thousandths / 1_000
    var fraction = thousandths % 1_000
    guard fraction != 0 else { return "\(whole)" }
    var digits = 3
    while fraction % 10 == 0 {
        fraction /= 10
        digits -= 1
    }
    let text = "\(fraction)"
    return "\(whole)." + String(repeating: "0", count: digits - text.utf8.count) + text
}

/// Bytes from a number with an optional binary suffix: `64`, `32K`, `1M`.
func byteCount(_ text: String) -> UInt64? {
    let shifts: [Character: Int] = ["K": 10, "M": 20, "G": 30]
    guard let last = text.last else { return nil }
    let shift = shifts[last]
    guard let number = wholeNumber(shift == nil ? text[...] : text.dropLast()),
        number < 1 << 31 || shift == nil
    else { return nil }
    return UInt64(number) << UInt64(shift ?? 0)
}

/// The shortest text of a size: `32K`, `1M`, `1500`.
func byteText(_ bytes: UInt64) -> String {
    for (suffix, shift) in [("G", UInt64(30)), ("M", 20), ("K", 10)]
    where bytes != 0 && bytes % (1 << shift) == 0 {
        return "\(bytes >> shift)\(suffix)"
    }
    return "\(bytes)"
}
