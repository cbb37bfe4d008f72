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
    /// The number of the next block, from 1, for errors.
    private(set) var number = 1
    /// Where the index starts, by the trailer; nil: the file is cut.
    let indexOffset: Int?
    /// How many statements the file has, by the trailer; of a cut file as many as can be.
    let statementCount: UInt64
    private let version: UInt16
    private var hasSeenIndex = false

    /// Whether the file ends before its trailer does.
    var isCut: Bool { indexOffset == nil }

    /// Checks the header and the trailer of a file.
    ///
    /// - Parameters:
    ///   - bytes: The file's contents.
    ///   - file: Its name, for errors.
    ///   - allowingCut: Whether a file without a trailer is taken as one that was cut: its whole blocks are read.
    /// - Throws: what is wrong with its two ends.
    init(
        _ bytes: UnsafeRawBufferPointer, file: String, allowingCut: Bool = false
    ) throws(TraceErrors) {
        self.bytes = bytes
        self.file = file
        version = try Self.checkHeader(bytes, file)
        guard bytes.count - BinaryFormat.trailerSize >= BinaryFormat.headerSize,
            bytes[(bytes.count - 4)...].elementsEqual(BinaryFormat.endMagic)
        else {
            guard allowingCut else {
                throw Self.error(
                    file, bytes.count, "the end of the file", "a trailer that ends with 'BTLS'",
                    "the file is truncated")
            }
            end = bytes.count
            indexOffset = nil
            statementCount = UInt64.max
            return
        }
        end = bytes.count - BinaryFormat.trailerSize
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

    /// Takes the next block; nil at the trailer, or where a cut file has no whole one any more.
    mutating func next() throws(TraceErrors) -> RawBlock? {
        guard offset < end else { return nil }
        let start = offset
        if isCut, isRestOfCut { return nil }
        guard end - start >= BinaryFormat.blockHeaderSize else {
            throw error(at: start, "\(end - start) bytes", "the header of a block")
        }
        let header = UnsafeRawBufferPointer(
            rebasing: bytes[start..<(start + BinaryFormat.blockHeaderSize)])
        guard let kind = BinaryFormat.BlockKind(rawValue: header[0]),
            header[1] | header[2] | header[3] == 0, kind != .accesses || version > 1
        else {
            throw error(
                at: start, "a block of kind \(header[0])",
                "kind \(version > 1 ? "1, 2, 3 or 4" : "1, 2 or 3") and three zeros")
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
        number += 1
        hasSeenIndex = hasSeenIndex || kind == .index
        return RawBlock(kind: kind, offset: start, count: count, raw: raw)
    }

    /// Whether what is left of a cut file is part of a block or of the trailer, and no damage.
    private var isRestOfCut: Bool {
        let left = end - offset
        if left < BinaryFormat.blockHeaderSize { return true }
        if hasSeenIndex, left < BinaryFormat.trailerSize { return true }
        let header = UnsafeRawBufferPointer(
            rebasing: bytes[offset..<(offset + BinaryFormat.blockHeaderSize)])
        return BinaryFormat.BlockKind(rawValue: header[0]) != nil
            && Int(field(header, 12)) <= BinaryFormat.storedLimit
            && Int(field(header, 12)) > left - BinaryFormat.blockHeaderSize
    }

    /// An error at a byte.
    func error(
        at byte: Int, _ found: String, _ expected: String, _ hint: String? = nil
    ) -> TraceErrors {
        Self.error(file, byte, found, expected, hint)
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
                "\(field(header, BinaryFormat.checkedHeaderSize)), as its header says",
                "block \(number) of the file is damaged")
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
    ) throws(TraceErrors) -> UInt16 {
        guard bytes.count >= BinaryFormat.headerSize else {
            throw error(
                file, bytes.count, "the end of the file",
                "a header of \(BinaryFormat.headerSize) bytes", "the file is truncated")
        }
        guard bytes.starts(with: BinaryFormat.magic) else {
            throw error(file, 0, "other bytes", "'SLTB', the start of a binary trace")
        }
        let version = bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self).littleEndian
        guard [BinaryFormat.version, BinaryFormat.accessVersion].contains(version) else {
            throw error(
                file, 4, "format version \(version)",
                "format version \(BinaryFormat.version) or \(BinaryFormat.accessVersion)")
        }
        let flags = bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self).littleEndian
        guard flags == 0 else { throw error(file, 6, "flags \(flags)", "no flags") }
        return version
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
