/// A compressed container that ``ByteSource`` looks through.
public enum Compression: String, CaseIterable, Sendable {
    /// RFC 1952.
    case gzip
    /// RFC 8878.
    case zstd
    /// The .xz file format 1.1.
    case xz
    /// LZ4's frame format 1.6.
    case lz4

    /// How many bytes recognition looks at.
    static let markLength = 6

    /// Recognises a container by its first bytes.
    static func recognise(_ bytes: UnsafeRawBufferPointer) -> Compression? {
        // The third byte is gzip's method: 8 is the only one there ever was.
        if bytes.starts(with: [0x1F, 0x8B, 0x08]) { return .gzip }
        if bytes.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) { return .xz }
        guard bytes.count >= 4 else { return nil }
        let magic = bytes.loadUnaligned(as: UInt32.self).littleEndian
        if magic == 0x184D_2204 { return .lz4 }
        // The second is a skippable frame, with which some compressors begin; LZ4 has the same ones, and does not.
        return magic == 0xFD2F_B528 || magic & 0xFFFF_FFF0 == 0x184D_2A50 ? .zstd : nil
    }
}
