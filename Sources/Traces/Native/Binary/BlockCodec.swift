import CZlib
import CZstd

/// Compresses and checks blocks.
enum BlockCodec {
    /// The compression level: zstd's own default.
    private static let level: Int32 = 3

    /// The zstd frame of some bytes; nil if zstd fails.
    static func compress(_ raw: [UInt8]) -> [UInt8]? {
        let bound = ZSTD_compressBound(raw.count)
        var isSound = true
        let stored = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            let size = ZSTD_compress(buffer.baseAddress, bound, raw, raw.count, level)
            isSound = ZSTD_isError(size) == 0
            count = isSound ? size : 0
        }
        return isSound ? stored : nil
    }

    /// The bytes of a zstd frame; nil if it is damaged or does not have exactly `size` bytes.
    static func decompress(_ stored: UnsafeRawBufferPointer, size: Int) -> [UInt8]? {
        var isSound = true
        let raw = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            let result = ZSTD_decompress(
                buffer.baseAddress, size, stored.baseAddress, stored.count)
            isSound = ZSTD_isError(result) == 0 && result == size
            count = isSound ? size : 0
        }
        return isSound ? raw : nil
    }

    /// The CRC-32 of bytes (the polynomial of zlib and Ethernet).
    static func checksum(_ bytes: UnsafeRawBufferPointer, after previous: UInt32 = 0) -> UInt32 {
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        return UInt32(truncatingIfNeeded: crc32_z(UInt(previous), start, bytes.count))
    }
}
