import CZlib
import CZstd
import Operations

@testable import Traces

/// What a reader gave: accesses, counts and faults.
struct Reading: Equatable {
    var accesses: [MemoryAccess] = []
    var records: UInt64 = 0
    var skipped: [String: UInt64] = [:]
    var faults: [TraceError] = []
}

/// Reads everything; chunk and block sizes are the test's choice.
func reading(
    _ bytes: [UInt8], _ format: TraceFormat, chunk: Int = 1 << 20, block: Int = 256
) -> Reading {
    var result = Reading()
    do throws(TraceErrors) {
        let source = try ByteSource(bytes: bytes, file: "t", chunkSize: chunk)
        let reader = AccessReader(source, format: format)
        defer {
            result.records = reader.recordCount
            for (kind, count) in reader.skipped { result.skipped[kind] = count }
        }
        let room = UnsafeMutableBufferPointer<MemoryAccess>.allocate(capacity: block)
        defer { room.deallocate() }
        while true {
            let count = try reader.read(into: room)
            if count == 0 { break }
            result.accesses.append(contentsOf: room[..<count])
        }
    } catch {
        result.faults = error.errors
    }
    return result
}

func reading(
    _ text: String, _ format: TraceFormat, chunk: Int = 1 << 20, block: Int = 256
) -> Reading {
    reading(Array(text.utf8), format, chunk: chunk, block: block)
}

/// The content of a source.
func content(_ bytes: [UInt8], chunk: Int = 1 << 20) throws(TraceErrors) -> [UInt8] {
    try ByteSource(bytes: bytes, file: "t", chunkSize: chunk).readAll(limit: 1 << 24)
}

/// The folder of the excerpts of real traces.
let dataFolder: String = {
    let parts = #filePath.split(separator: "/").dropLast(2)
    return "/" + parts.joined(separator: "/") + "/Data/"
}()

func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    var input = bytes
    var output = [UInt8](repeating: 0, count: bytes.count + 1024)
    let size = output.count
    deflateInit2_(
        &stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size))
    let left = input.withUnsafeMutableBufferPointer { from in
        output.withUnsafeMutableBufferPointer { to in
            stream.next_in = from.baseAddress
            stream.avail_in = UInt32(from.count)
            stream.next_out = to.baseAddress
            stream.avail_out = UInt32(size)
            deflate(&stream, Z_FINISH)
            return Int(stream.avail_out)
        }
    }
    deflateEnd(&stream)
    return Array(output[..<(size - left)])
}

/// Compresses with a checksum, so that damage is always found.
func zstd(_ bytes: [UInt8]) -> [UInt8] {
    let context = ZSTD_createCCtx()
    defer { ZSTD_freeCCtx(context) }
    _ = ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
    let size = output.count
    let count = ZSTD_compress2(context, &output, size, bytes, bytes.count)
    return Array(output[..<count])
}
