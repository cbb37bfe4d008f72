/// A block as it stands in a file: checked and decompressed.
struct RawBlock {
    /// What it holds.
    var kind: BinaryFormat.BlockKind
    /// Where it starts in the file.
    var offset: Int
    /// How many records it says to have.
    var count: Int
    /// Its decompressed bytes.
    var raw: [UInt8]
}

/// Takes the blocks of a binary file in order, checking everything before allocating anything for it.
struct BlockScanner {
    private let bytes: UnsafeRawBufferPointer
    private let file: String
    /// Where the blocks end and the trailer begins.
    private let end: Int
    /// Where the next block starts.
    private(set) var offset = BinaryFormat.headerSize
    /// Where the index starts, by the trailer.
    let indexOffset: Int
    /// How many statements the file has, by the trailer.
    let statementCount: UInt64

    /// Checks the header and the trailer of a file.
    init(_ bytes: UnsafeRawBufferPointer, file: String) throws(TraceErrors) {
        self.bytes = bytes
        self.file = file
        try Self.checkHeader(bytes, file)
        end = bytes.count - BinaryFormat.trailerSize
        guard end >= BinaryFormat.headerSize,
            bytes[(bytes.count - 4)...].elementsEqual(BinaryFormat.endMagic)
        else {
            throw Self.error(
                file, bytes.count, "the end of the file", "a trailer that ends with 'BTLS'",
                "the file is truncated")
        }
        let index = bytes.loadUnaligned(fromByteOffset: end, as: UInt64.self).littleEndian
        statementCount =
            bytes.loadUnaligned(fromByteOffset: end + 8, as: UInt64.self).littleEndian
        let sum = bytes.loadUnaligned(fromByteOffset: end + 16, as: UInt32.self).littleEndian
        let trailer = UnsafeRawBufferPointer(rebasing: bytes[end..<(end + 16)])
        guard sum == BlockCodec.checksum(trailer) else {
            throw Self.error(file, end, "a trailer with a wrong checksum", "the checksum \(sum)")
        }
        guard index >= UInt64(BinaryFormat.headerSize), index <= UInt64(end) else {
            throw Self.error(file, end, "an index at byte \(index)", "one within the file")
        }
        indexOffset = Int(index)
    }

    /// Takes the next block; nil at the trailer.
    mutating func next() throws(TraceErrors) -> RawBlock? {
        guard offset < end else { return nil }
        let start = offset
        guard end - start >= BinaryFormat.blockHeaderSize else {
            throw error(at: start, "\(end - start) bytes", "the header of a block")
        }
        let header = UnsafeRawBufferPointer(
            rebasing: bytes[start..<(start + BinaryFormat.blockHeaderSize)])
        guard let kind = BinaryFormat.BlockKind(rawValue: header[0]),
            header[1] | header[2] | header[3] == 0
        else {
            throw error(at: start, "a block of kind \(header[0])", "kind 1, 2 or 3 and three zeros")
        }
        let count = Int(field(header, 4))
        let rawSize = Int(field(header, 8))
        let storedSize = Int(field(header, 12))
        guard (1...BinaryFormat.blockLimit).contains(rawSize) else {
            throw error(
                at: start + 8, "a raw size of \(rawSize)", "1 to \(BinaryFormat.blockLimit)")
        }
        guard (1...rawSize).contains(count) else {
            throw error(at: start + 4, "\(count) records in \(rawSize) bytes", "1 to \(rawSize)")
        }
        let body = start + BinaryFormat.blockHeaderSize
        guard storedSize <= min(BinaryFormat.storedLimit, end - body) else {
            throw error(
                at: start + 12, "a stored size of \(storedSize)",
                "at most \(min(BinaryFormat.storedLimit, end - body))")
        }
        let stored = UnsafeRawBufferPointer(rebasing: bytes[body..<(body + storedSize)])
        let raw = try unpack(header, stored, rawSize, at: start)
        offset = body + storedSize
        return RawBlock(kind: kind, offset: start, count: count, raw: raw)
    }

    /// An error at a byte.
    func error(at byte: Int, _ found: String, _ expected: String) -> TraceErrors {
        Self.error(file, byte, found, expected)
    }

    private func field(_ header: UnsafeRawBufferPointer, _ place: Int) -> UInt32 {
        header.loadUnaligned(fromByteOffset: place, as: UInt32.self).littleEndian
    }

    private func unpack(
        _ header: UnsafeRawBufferPointer, _ stored: UnsafeRawBufferPointer, _ size: Int,
        at start: Int
    ) throws(TraceErrors) -> [UInt8] {
        let checked = UnsafeRawBufferPointer(rebasing: header[..<BinaryFormat.checkedHeaderSize])
        let sum = BlockCodec.checksum(stored, after: BlockCodec.checksum(checked))
        guard sum == field(header, BinaryFormat.checkedHeaderSize) else {
            throw error(
                at: start, "a block with the checksum \(sum)",
                "\(field(header, BinaryFormat.checkedHeaderSize)), as its header says")
        }
        guard let raw = BlockCodec.decompress(stored, size: size) else {
            throw error(
                at: start + BinaryFormat.blockHeaderSize, "damaged data",
                "a zstd frame of \(size) bytes")
        }
        return raw
    }

    private static func checkHeader(
        _ bytes: UnsafeRawBufferPointer, _ file: String
    ) throws(TraceErrors) {
        guard bytes.count >= BinaryFormat.headerSize else {
            throw error(
                file, bytes.count, "the end of the file",
                "a header of \(BinaryFormat.headerSize) bytes", "the file is truncated")
        }
        guard bytes.starts(with: BinaryFormat.magic) else {
            throw error(file, 0, "other bytes", "'SLTB', the start of a binary trace")
        }
        let version = bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self).littleEndian
        guard version == BinaryFormat.version else {
            throw error(
                file, 4, "format version \(version)", "format version \(BinaryFormat.version)")
        }
        let flags = bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self).littleEndian
        guard flags == 0 else { throw error(file, 6, "flags \(flags)", "no flags") }
    }

    private static func error(
        _ file: String, _ byte: Int, _ found: String, _ expected: String, _ hint: String? = nil
    ) -> TraceErrors {
        TraceErrors([
            TraceError(
                file: file, byte: UInt64(byte), found: found, expected: expected, hint: hint)
        ])
    }
}
