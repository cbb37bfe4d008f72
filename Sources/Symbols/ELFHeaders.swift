import Glibc
import Traces

/// The headers of an ELF file, held to the file's length before a library sees them.
///
/// So a file that is none, or that was cut short, is refused with the byte at which it is wrong.
/// (System V Application Binary Interface, chapter 4, "ELF Header" and "Sections")
struct ELFHeaders {
    /// What the file is for.
    enum Kind: UInt64 {
        case relocatable = 1
        case executable, shared
    }

    /// What the file is for: `e_type`.
    let kind: Kind
    /// The instruction set: `e_machine`.
    let machine: UInt64
    /// How many sections there are.
    let sections: UInt64

    /// `EM_ARM`: there the lowest bit of a function's address says that it is Thumb code.
    static let arm: UInt64 = 40

    /// Reads and checks.
    ///
    /// - Parameters:
    ///   - descriptor: The file, open for reading; its position is left alone.
    ///   - file: Its name for errors.
    /// - Throws: the first byte that is wrong, or what the system says.
    /// - Complexity: O(*s*) in the number of sections.
    init(_ descriptor: Int32, file: String) throws(TraceErrors) {
        var reader = try HeaderReader(descriptor, file: file)
        try reader.readIdentification()
        let is64 = reader.is64
        try reader.require(0, is64 ? 64 : 52, "an ELF header")
        guard let kind = Kind(rawValue: try reader.number(16, 2)) else {
            throw reader.error(
                16, "ELF type \(try reader.number(16, 2))",
                "1 (relocatable), 2 (executable) or 3 (shared)")
        }
        self.kind = kind
        machine = try reader.number(18, 2)
        let segmentStart = try reader.number(is64 ? 32 : 28, is64 ? 8 : 4)
        let segments = try reader.number(is64 ? 56 : 44, 2)
        let segmentBytes: UInt64 = is64 ? 56 : 32
        if segments > 0 {
            let field: UInt64 = is64 ? 54 : 42
            let given = try reader.number(field, 2)
            guard given == segmentBytes else {
                throw reader.error(
                    field, "program headers of \(given) bytes", "\(segmentBytes) bytes each")
            }
            // 0xffff: the number is in the first section's header, and more.
            try reader.require(
                segmentStart, segments &* segmentBytes, "\(segments) program headers")
        }
        sections = try reader.readSections()
    }
}

/// What reads numbers of an ELF file at any byte, and says where one is missing.
struct HeaderReader {
    private let descriptor: Int32
    private let file: String
    /// The file's length in bytes.
    private let size: UInt64
    private(set) var is64 = false
    private var isBigEndian = false

    init(_ descriptor: Int32, file: String) throws(TraceErrors) {
        self.descriptor = descriptor
        self.file = file
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw TraceErrors([
                TraceError(
                    file: file, found: String(cString: strerror(errno)), expected: "an ELF file")
            ])
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw TraceErrors([
                TraceError(
                    file: file, found: "no regular file",
                    expected:
                        "an ELF file: it is read from many places, not from its start to its end"
                )
            ])
        }
        size = UInt64(max(status.st_size, 0))
    }

    /// The first bytes: magic, class, byte order, version.
    mutating func readIdentification() throws(TraceErrors) {
        let magic: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]
        for (byte, expected) in magic.enumerated() {
            let found = UInt64(byte) < size ? try number(UInt64(byte), 1) : nil
            guard found == UInt64(expected) else {
                throw error(
                    UInt64(byte), found.map { "0x" + String($0, radix: 16) } ?? Self.end,
                    "an ELF file, which begins with 7f 45 4c 46")
            }
        }
        try require(4, 12, "an ELF header")
        let width = try number(4, 1)
        guard width == 1 || width == 2 else {
            throw error(4, "class \(width)", "1 (32 bit) or 2 (64 bit)")
        }
        let order = try number(5, 1)
        guard order == 1 || order == 2 else {
            throw error(5, "byte order \(order)", "1 (little endian) or 2 (big endian)")
        }
        let version = try number(6, 1)
        guard version == 1 else { throw error(6, "ELF version \(version)", "1") }
        is64 = width == 2
        isBigEndian = order == 2
    }

    /// The table of sections, each with its bytes inside the file.
    ///
    /// - Returns: how many there are; 0 for a file without the table.
    mutating func readSections() throws(TraceErrors) -> UInt64 {
        let word: UInt64 = is64 ? 8 : 4
        let start = try number(is64 ? 40 : 32, word)
        guard start != 0 else { return 0 }
        let entry: UInt64 = is64 ? 64 : 40
        let field: UInt64 = is64 ? 58 : 46
        let given = try number(field, 2)
        guard given == entry else {
            throw error(field, "section headers of \(given) bytes", "\(entry) bytes each")
        }
        try require(start, entry, "a section header")
        var count = try number(field + 2, 2)
        // More than 0xff00 of them: the number is the first one's size.
        if count == 0 { count = try number(start + (is64 ? 32 : 20), word) }
        guard count <= size / entry else {
            throw error(
                field + 2, "\(count) section headers", "at most \(size / entry) in \(size) bytes")
        }
        try require(start, count * entry, "\(count) section headers")
        for index in 0..<count {
            let header = start + index * entry
            let type = try number(header + 4, 4)
            // SHT_NULL and SHT_NOBITS have no bytes in the file.
            if type == 0 || type == 8 { continue }
            let place = header + (is64 ? 24 : 16)
            let offset = try number(place, word)
            let bytes = try number(place + word, word)
            guard offset <= size, bytes <= size - offset else {
                throw error(
                    place, "section \(index) of \(bytes) bytes at byte \(offset)",
                    "a section inside the file's \(size) bytes")
            }
        }
        return count
    }

    /// Bytes that have to be there.
    func require(_ start: UInt64, _ count: UInt64, _ what: String) throws(TraceErrors) {
        guard start > size || count > size - start else { return }
        throw error(size, Self.end, "\(what) in bytes \(start) to \(start &+ count &- 1)")
    }

    /// A number of the file, in its byte order.
    func number(_ start: UInt64, _ count: UInt64) throws(TraceErrors) -> UInt64 {
        try require(start, count, "a number")
        var bytes: UInt64 = 0
        let got = pread(descriptor, &bytes, Int(count), off_t(start))
        guard got == Int(count) else {
            throw error(
                start, got < 0 ? String(cString: strerror(errno)) : Self.end, "\(count) bytes")
        }
        return isBigEndian
            ? bytes.byteSwapped >> (64 - 8 * count) : bytes
    }

    func error(_ byte: UInt64, _ found: String, _ expected: String) -> TraceErrors {
        TraceErrors([TraceError(file: file, byte: byte, found: found, expected: expected)])
    }

    private static let end = "the end of the file"
}
