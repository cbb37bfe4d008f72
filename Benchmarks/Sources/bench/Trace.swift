import Operations
import Traces

/// A whole trace in memory, so that reading it is not timed.
struct LoadedTrace: ~Copyable {
    let accesses: UnsafeMutableBufferPointer<MemoryAccess>

    init(path: String) throws {
        let source = try ByteSource(path: path)
        let reader = AccessReader(source, format: try TraceFormat.recognise(source))
        var all: [MemoryAccess] = []
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(
            capacity: AccessReader.blockSize)
        defer { block.deallocate() }
        while true {
            let count = try reader.read(into: block)
            if count == 0 { break }
            all.append(contentsOf: block[0..<count])
        }
        accesses = .allocate(capacity: all.count)
        _ = accesses.initialize(from: all)
    }

    deinit { accesses.deallocate() }
}
