@testable import Traces

/// Bytes as the blocks of a binary trace: what is random is inside frames that are right.
///
/// The first byte says the version; then each block has a byte for its kind, two for its records, two for its size, and its
/// bytes, numbers with the low byte first. Checksums, index and trailer are made.
public enum BlockLayout {
    /// The trace that bytes describe.
    static func file(from bytes: [UInt8]) throws -> [UInt8] {
        var rest = bytes[...]
        let isVersion2 = (rest.popFirst() ?? 0) & 1 == 1
        var file = BlockFile(
            version: isVersion2 ? BinaryFormat.accessVersion : BinaryFormat.version)
        var statements: UInt64 = 0
        while rest.count > 5 {
            let head = Array(rest.prefix(5))
            rest = rest.dropFirst(5)
            let count = Int(head[1]) | Int(head[2]) << 8
            let size = min(Int(head[3]) | Int(head[4]) << 8, rest.count)
            let raw = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            guard size > 0, let kind = BinaryFormat.BlockKind(rawValue: head[0] & 7),
                kind != .accesses || isVersion2
            else { continue }
            if kind.hasStatements { statements += UInt64(count) }
            try file.add(kind, raw, count: count)
        }
        return try file.finish(statements: statements)
    }

    /// The bytes that describe a trace's blocks, but for the index: a seed.
    ///
    /// - Returns: nil: a block is too large for it.
    public static func bytes(of file: [UInt8]) throws -> [UInt8]? {
        try file.withUnsafeBytes { raw in
            var scanner = try BlockScanner(raw, file: "seed")
            var result: [UInt8] = [raw[4] == 2 ? 1 : 0]
            while let block = try scanner.next() {
                guard block.raw.count < 1 << 16, block.count < 1 << 16 else { return nil }
                guard block.kind != .index else { continue }
                result.append(block.kind.rawValue)
                for number in [block.count, block.raw.count] {
                    result.append(UInt8(truncatingIfNeeded: number))
                    result.append(UInt8(truncatingIfNeeded: number >> 8))
                }
                result += block.raw
            }
            return result
        }
    }
}
