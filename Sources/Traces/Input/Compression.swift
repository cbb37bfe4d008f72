/// A compressed container that ``ByteSource`` looks through.
public enum Compression: String, CaseIterable, Sendable {
    /// RFC 1952.
    case gzip
    /// RFC 8878.
    case zstd

    /// Recognises a container by its first four bytes.
    static func recognise(_ bytes: UnsafeRawBufferPointer) -> Compression? {
        // The third byte is gzip's method: 8 is the only one there ever was.
        if bytes.starts(with: [0x1F, 0x8B, 0x08]) { return .gzip }
        guard bytes.count >= 4 else { return nil }
        let magic = bytes.loadUnaligned(as: UInt32.self).littleEndian
        // The second is a skippable frame, with which some compressors begin.
        return magic == 0xFD2F_B528 || magic & 0xFFFF_FFF0 == 0x184D_2A50 ? .zstd : nil
    }
}
