import Operations
import Traces

extension ConvertCommand {
    /// Writes a stream of accesses as a native trace, without holding it as a program.
    ///
    /// Of a binary native trace, one that is too large for a program, all statements are written.
    ///
    /// - Returns: how many statements were written.
    func writeProgram(
        _ reader: any AccessSource, _ format: TraceFormat, to path: String
    ) throws -> UInt64 {
        let sink = try ByteSink(path: path)
        let native = reader as? BinaryAccessReader
        native?.deliversStatements = true
        let symbols = native?.symbols ?? SymbolTable()
        if format == .nativeBinary {
            var writer = try BinaryStreamWriter(symbols: symbols)
            try forEachStatement(reader) { body, annotations in try writer.add(body, annotations) }
            try writer.finish().withUnsafeBytes { try sink.write($0) }
            try sink.finish()
        } else {
            var stream = try NativeStream(to: sink, isBinary: false)
            try forEachStatement(reader) { body, annotations in
                try stream.add(body, annotations, symbols: symbols)
            }
            try stream.finish(symbols: symbols)
        }
        return reader.recordCount
    }

    private func forEachStatement(
        _ reader: any AccessSource, _ body: (Statement.Body, Annotations?) throws -> Void
    ) throws {
        let native = reader as? BinaryAccessReader
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(
            capacity: AccessReader.blockSize)
        defer { block.deallocate() }
        while true {
            let count = try reader.read(into: block)
            for access in block[..<count] {
                try body(.operation(access.agent, NativeAccess.operation(access)), nil)
            }
            let statement = native?.takeStatement()
            if let statement { try body(statement.body, statement.annotations) }
            if count == 0, statement == nil { return }
        }
    }
}
