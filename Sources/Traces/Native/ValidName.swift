/// Names of the native format for names that need not be valid there.
public enum ValidName {
    /// A name made from any text.
    ///
    /// Bytes that a name cannot have become `_`; what does not begin with a letter gets `dev_` before it; it is cut
    /// so that a number still fits behind it.
    public static func make(_ text: String) -> String {
        var name = String(
            decoding: text.utf8.prefix(100).map { byte in
                let isFine =
                    (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10
                    || [0x24, 0x2D, 0x2E, 0x5F].contains(byte)
                return isFine ? byte : 0x5F
            }, as: UTF8.self)
        if !NativeName.isValid(name) { name = "dev_" + name }
        return name
    }

    /// The first of `NAME`, `NAME-2`, `NAME-3`, … that is free.
    public static func free(_ name: String, isTaken: (String) -> Bool) -> String {
        var candidate = name
        var number = 2
        while isTaken(candidate) {
            candidate = "\(name)-\(number)"
            number += 1
        }
        return candidate
    }
}
