import Operations
import Quantities
import Traces

extension Compare {
    /// The longest trace that is lowered again under every strategy, in statements.
    public static let statementLimit = 50_000
    /// From so many statements on their accesses are bounded, too: many programs are run and judged.
    static let shortTrace = 5_000
    /// The most accesses and operations of such a trace, loops and runs unrolled.
    static let accessLimit: UInt64 = 1 << 20

    /// The transfers of a trace that strategies can be compared on.
    ///
    /// - Throws: if the trace is too long, has none, or has some that cannot be moved.
    static func lift(_ setup: Setup) throws(TraceErrors) -> LiftedProgram {
        func refuse(_ line: Int, _ found: String, _ expected: String) -> TraceErrors {
            TraceErrors([
                TraceError(file: setup.file, line: line, found: found, expected: expected)
            ])
        }
        // Every strategy holds, runs and judges a program of its own.
        let count = setup.program.statements.count
        guard count <= statementLimit else {
            throw refuse(
                0, "\(count) statements",
                "at most \(statementLimit) for comparing strategies; loops count once")
        }
        if count > shortTrace,
            let error = ProgramFit.sizeError(
                of: setup.program, file: setup.file, limit: accessLimit)
        {
            throw TraceErrors([error])
        }
        if let chain = setup.program.statements.first(where: {
            if case .operation(_, .device(let work)) = $0.body {
                work.layout != .none
            } else {
                false
            }
        }) {
            throw refuse(
                Int(chain.line), "a chain of descriptors that the engine reads itself",
                "a trace whose transfers stand in it: the addresses in descriptors cannot be moved to "
                    + "the buffers of another strategy")
        }
        let lifted = LiftedProgram(setup.program)
        guard !lifted.buffers.isEmpty else {
            throw refuse(
                0, "no device that reads or writes memory",
                "a trace with DMA: `device NAME` and `NAME: rd|wr ADDRESS BYTES`")
        }
        // Strategies allocate whole pages around a buffer and a second one above all of them.
        if let high = lifted.buffers.first(where: { $0.start >= 1 << 62 || $0.size >= 1 << 32 }) {
            throw refuse(
                0, "a buffer of \(high.size) bytes at 0x\(String(high.start, radix: 16))",
                "buffers below 2^62 and shorter than 4 GiB, for comparing strategies")
        }
        return lifted
    }
}
