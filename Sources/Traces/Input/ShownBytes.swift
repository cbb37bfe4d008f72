/// Bytes of a file as an error shows them: quoted, short, and harmless to a terminal.
///
/// - Parameters:
///   - bytes: What stands in the file.
///   - limit: How many bytes are shown before `...`.
/// - Returns: The text.
func shown(_ bytes: some Collection<UInt8>, limit: Int = 32) -> String {
    var text = "'"
    for byte in bytes.prefix(limit) {
        switch byte {
        case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
        case 0x09: text += "\\t"
        case 0x0A: text += "\\n"
        case 0x0D: text += "\\r"
        default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }
    return text + (bytes.count > limit ? "...'" : "'")
}
