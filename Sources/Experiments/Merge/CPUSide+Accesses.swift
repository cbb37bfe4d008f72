import Operations
import Traces

extension TraceMerge.CPUSide {
    /// Reads a trace of accesses, which has no times and no marks but stores.
    ///
    /// - Throws: what is wrong with the trace, or that it has more than `NativeLimits.statements` accesses.
    public init(reading source: any AccessSource, file: String) throws(TraceErrors) {
        var program = Program()
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(
            capacity: AccessReader.blockSize)
        defer { block.deallocate() }
        while true {
            let count = try source.read(into: block)
            if count == 0 { break }
            guard program.statements.count + count <= NativeLimits.statements else {
                throw TraceErrors([
                    TraceError(
                        file: file, found: "more than \(NativeLimits.statements) accesses",
                        expected: "a shorter trace: a program is held whole")
                ])
            }
            for access in block[0..<count] {
                program.statements.append(
                    Statement(
                        .operation(access.agent, NativeAccess.operation(access)),
                        line: UInt32(program.statements.count + 1)))
            }
        }
        self.init(program, file: file, countsAccesses: true)
    }
}
