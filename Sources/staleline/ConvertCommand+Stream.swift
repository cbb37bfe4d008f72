import Operations
import Traces

extension ConvertCommand {
    /// Writes a binary trace that is too large for a program as text or binary again, with all its statements.
    ///
    /// - Returns: how many statements were written.
    func writeProgram(
        _ reader: BinaryAccessReader, _ format: TraceFormat, to path: String
    ) throws -> UInt64 {
        let sink = try ByteSink(path: path)
        reader.deliversStatements = true
        if format == .nativeBinary {
            var writer = try BinaryStreamWriter(symbols: reader.symbols)
            try forEachStatement(reader) { body, annotations in try writer.add(body, annotations) }
            try writer.finish().withUnsafeBytes { try sink.write($0) }
            try sink.finish()
        } else {
            var stream = try NativeStream(to: sink, isBinary: false)
            try forEachStatement(reader) { body, annotations in
                try stream.add(body, annotations, symbols: reader.symbols)
            }
            try stream.finish(symbols: reader.symbols)
        }
        return reader.recordCount
    }

    private func forEachStatement(
        _ reader: BinaryAccessReader, _ body: (Statement.Body, Annotations?) throws -> Void
    ) throws {
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(
            capacity: AccessReader.blockSize)
        defer { block.deallocate() }
        while true {
            let count = try reader.read(into: block)
            for access in block[..<count] {
                try body(.operation(access.agent, NativeAccess.operation(access)), nil)
            }
            let statement = reader.takeStatement()
            if let statement { try body(statement.body, statement.annotations) }
            if count == 0, statement == nil { return }
        }
    }
}
