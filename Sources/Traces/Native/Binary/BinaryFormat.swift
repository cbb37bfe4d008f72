/// The numbers of the binary format (`.sltb`), versions 1 and 2; `docs/trace-format-binary.md` defines it.
enum BinaryFormat {
    /// The first bytes of a file.
    static let magic = Array("SLTB".utf8)
    /// The last bytes of a file.
    static let endMagic = Array("BTLS".utf8)
    /// The version of files without blocks of accesses.
    static let version: UInt16 = 1
    /// The version of files with them.
    static let accessVersion: UInt16 = 2
    /// How many plain accesses a program has at least that is written with blocks of accesses.
    static let accessThreshold = 4096
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
    /// Names come first and the index last in a file.
    enum BlockKind: UInt8 {
        case symbols = 1
        case statements = 2
        case index = 3
        /// Accesses in columns; version 2.
        case accesses = 4

        /// Whether it holds statements of the program.
        var hasStatements: Bool { self == .statements || self == .accesses }
    }
}
