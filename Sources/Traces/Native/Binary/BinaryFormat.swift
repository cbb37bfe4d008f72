/// The numbers of the binary format (`.sltb`), version 1; `docs/trace-format-binary.md` defines it.
enum BinaryFormat {
    /// The first bytes of a file.
    static let magic = Array("SLTB".utf8)
    /// The last bytes of a file.
    static let endMagic = Array("BTLS".utf8)
    /// The version that this code writes, and the only one it reads.
    static let version: UInt16 = 1
    /// Magic, version and flags.
    static let headerSize = 8
    /// Kind, three zero bytes, records, raw size, stored size, checksum.
    static let blockHeaderSize = 20
    /// The part of a block's header that its checksum covers.
    static let checkedHeaderSize = 16
    /// Offset of the index, statements, checksum, magic.
    static let trailerSize = 24
    /// The raw size at which the writer ends a block.
    static let blockTarget = 64 << 10
    /// The most raw bytes of a block.
    static let blockLimit = 1 << 20
    /// The most bytes that a block of ``blockLimit`` raw bytes can take when stored, with room to spare.
    static let storedLimit = blockLimit + (64 << 10)

    /// What a block holds.
    ///
    /// The kinds stand in this order in a file.
    enum BlockKind: UInt8 {
        case symbols = 1
        case statements = 2
        case index = 3
    }
}
