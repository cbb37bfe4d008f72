/// The content of a trace file, decompressed, in chunks.
///
/// Compression is recognised by content, not by the file's name: gzip, zstd, xz and lz4, members and frames one
/// after the other, at most two layers. Memory does not grow with the file. Damaged or truncated data is an error with its
/// offset in the compressed data, never an early end.
public final class ByteSource {
    /// The largest prefix that ``prefix(_:)`` gives.
    public static let prefixLimit = 1 << 16

    /// How many layers of compression are undone.
    public static let layerLimit = 2

    /// The name of the file for errors, as the caller gave it.
    public let file: String
    /// The layers of compression, outermost first.
    public let compression: [Compression]

    private let content: InputBuffer

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: The file's path; `-` is standard input.
    ///   - chunkSize: The most bytes that are read at once.
    /// - Throws: what the system says if the file is missing, a directory or unreadable.
    public convenience init(path: String, chunkSize: Int = 1 << 20) throws(TraceErrors) {
        try self.init(DescriptorStage(path: path), file: path, chunkSize: chunkSize)
    }

    /// Takes bytes that are in memory, compressed or not.
    public convenience init(
        bytes: [UInt8], file: String, chunkSize: Int = 1 << 20
    ) throws(TraceErrors) {
        try self.init(MemoryStage(bytes), file: file, chunkSize: chunkSize)
    }

    private init(_ base: any ByteStage, file: String, chunkSize: Int) throws(TraceErrors) {
        self.file = file
        var buffer = InputBuffer(LimitedStage(base, limit: chunkSize), capacity: Self.prefixLimit)
        var layers: [Compression] = []
        while true {
            _ = try buffer.fill(atLeast: Compression.markLength)
            guard let layer = Compression.recognise(buffer.available) else { break }
            guard layers.count < Self.layerLimit else {
                throw TraceErrors([
                    TraceError(
                        file: file, found: "data compressed more than \(Self.layerLimit) times",
                        expected: "a trace")
                ])
            }
            layers.append(layer)
            let stage: any ByteStage =
                switch layer {
                case .gzip: try GzipStage(buffer, file: file)
                case .zstd: try ZstdStage(buffer, file: file)
                case .xz: try XzStage(buffer, file: file)
                case .lz4: try Lz4Stage(buffer, file: file)
                }
            buffer = InputBuffer(
                LimitedStage(stage, limit: chunkSize), capacity: Self.prefixLimit)
        }
        compression = layers
        content = buffer
    }

    /// Looks at the first bytes without taking them.
    ///
    /// - Parameter count: How many; at most ``prefixLimit``.
    /// - Returns: The bytes; fewer if there are fewer.
    /// - Throws: what is wrong with the file or its compression.
    public func prefix(_ count: Int) throws(TraceErrors) -> [UInt8] {
        _ = try content.fill(atLeast: count)
        return Array(content.available.prefix(count))
    }

    /// Takes the next bytes.
    ///
    /// - Parameter target: Where they go; not empty.
    /// - Returns: How many there are; 0 only at the end.
    /// - Throws: what is wrong with the file or its compression.
    public func read(into target: UnsafeMutableRawBufferPointer) throws(TraceErrors) -> Int {
        precondition(!target.isEmpty, "a read needs room")
        return try content.read(into: target)
    }

    /// Takes everything that is left.
    ///
    /// - Parameter limit: The most bytes that are accepted.
    /// - Returns: The bytes.
    /// - Throws: what is wrong with the file or its compression, or that there are more bytes; memory for more is
    ///   never taken.
    public func readAll(limit: Int) throws(TraceErrors) -> [UInt8] {
        var bytes: [UInt8] = []
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { room.deallocate() }
        while true {
            let count = try content.read(into: room)
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else {
                throw TraceErrors([
                    TraceError(
                        file: file, byte: UInt64(limit), found: "more bytes",
                        expected: "at most \(limit) bytes")
                ])
            }
            bytes.append(contentsOf: room[..<count])
        }
    }
}
