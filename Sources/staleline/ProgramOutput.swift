import Operations
import Traces

/// A program as a file.
enum ProgramOutput {
    /// Writes a program as text or as its binary twin.
    static func write(_ program: Program, _ format: TraceFormat, to path: String) throws {
        let bytes =
            format == .native ? try NativeWriter.write(program) : try BinaryWriter.write(program)
        let sink = try ByteSink(path: path)
        try bytes.withUnsafeBytes { try sink.write($0) }
        try sink.finish()
    }
}
