import CLz4
import CLzma

func xz(_ bytes: [UInt8]) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: lzma_stream_buffer_bound(bytes.count))
    var size = 0
    let status = lzma_easy_buffer_encode(
        6, LZMA_CHECK_CRC64, nil, bytes, bytes.count, &output, &size, output.count)
    precondition(status == LZMA_OK, "the buffer is large enough")
    return Array(output[..<size])
}

/// Compresses with a checksum, so that damage is always found.
func lz4(_ bytes: [UInt8]) -> [UInt8] {
    var preferences = LZ4F_preferences_t()
    preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled
    var output = [UInt8](repeating: 0, count: LZ4F_compressFrameBound(bytes.count, &preferences))
    let size = output.count
    let count = LZ4F_compressFrame(&output, size, bytes, bytes.count, &preferences)
    return Array(output[..<count])
}
