import CZlib

/// Text packed for a page that carries it within itself.
enum Deflated {
    /// A zlib stream of a text in base 64, which a browser's `DecompressionStream("deflate")` unpacks.
    ///
    /// - Returns: the same characters for the same text and the same zlib.
    static func base64(_ text: String) -> String { base64(compressed(Array(text.utf8))) }

    private static func compressed(_ raw: [UInt8]) -> [UInt8] {
        var size = compressBound(UInt(raw.count))
        let packed = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            let result = compress2(buffer.baseAddress, &size, raw, UInt(raw.count), 9)
            // The buffer has room for the worst case: what is left to fail is memory.
            precondition(result == Z_OK, "zlib has no memory left")
            count = Int(size)
        }
        return packed
    }

    /// Bytes in base 64, with padding.
    static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let left = bytes.count - start
            let group =
                UInt32(bytes[start]) << 16 | (left > 1 ? UInt32(bytes[start + 1]) << 8 : 0)
                | (left > 2 ? UInt32(bytes[start + 2]) : 0)
            for place in 0..<4 {
                let isPadding = place > left
                out.append(
                    isPadding
                        ? UInt8(ascii: "=") : digits[Int(group >> UInt32(18 - 6 * place) & 63)])
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
