import MemoryModel
import Operations
import Quantities
import Traces

// The loops of the published measurements, as programs. Time is linear in passes and, past the caches, in bytes;
// a run simulates a part and is scaled.

/// Programs that walk a buffer.
enum Loops {
    /// Where the buffer lies: DRAM on every machine here, with nothing else near.
    static let start: UInt64 = 0x1000_0000

    private static func program(_ bytes: UInt64, _ type: MemoryType, _ body: [Operation]) -> Program
    {
        var program = Program()
        guard
            let region = program.symbols.add(
                .init(name: "buffer", kind: .region, address: start, size: bytes))
        else { preconditionFailure("a fresh table has every name free") }
        program.statements = [
            Statement(
                .declaration(.region(region, address: start, size: bytes, type, .outerShareable)),
                line: 1)
        ]
        program.statements += body.map { Statement(.operation(.core(0), $0), line: 2) }
        return program
    }

    /// A loop's own instructions: cycles after each access, and what is left over, all at once at the end.
    struct Work {
        var each: UInt64 = 0
        var rest: UInt64 = 0
    }

    /// The loop that the u-dma-buf Readme calls `check_buf`.
    ///
    /// For each 256-byte block 256 byte stores, then 256 byte loads with a compare. `work` is the loop's own instructions, in cycles an access.
    static func checkBuffer(_ bytes: UInt64, _ type: MemoryType, work: Work) -> Program {
        let block: UInt64 = 256
        let body = (0..<bytes / block).flatMap { index -> [Operation] in
            let from = Operand(start + index * block)
            return [
                .run(AccessRun(.store, from: from, bytes: block, by: 1, work: work.each)),
                .run(AccessRun(.load, from: from, bytes: block, by: 1, work: work.each)),
            ]
        }
        return program(bytes, type, body + [.work(cycles: work.rest)])
    }

    /// `memset`, with the 8-byte stores of an ARM core's store-multiple.
    static func clearBuffer(_ bytes: UInt64, _ type: MemoryType, passes: Int) -> Program {
        let run = Operation.run(AccessRun(.store, from: Operand(start), bytes: bytes, by: 8))
        return program(bytes, type, Array(repeating: run, count: passes))
    }

    /// A loop that reads byte by byte.
    static func readBytes(_ bytes: UInt64, _ type: MemoryType, work: Work) -> Program {
        program(
            bytes, type,
            [
                .run(AccessRun(.load, from: Operand(start), bytes: bytes, by: 1, work: work.each)),
                .work(cycles: work.rest),
            ])
    }

    /// A loop that reads with loads of one width, and does nothing else.
    static func read(_ bytes: UInt64, _ type: MemoryType, width: UInt32) -> Program {
        program(
            bytes, type, [.run(AccessRun(.load, from: Operand(start), bytes: bytes, by: width))])
    }

    /// A device that copies memory through one port, burst by burst: it reads and writes in turn.
    static func deviceCopy(_ bytes: UInt64, port: String, piece: UInt64) -> Program {
        var program = Program()
        guard
            let name = program.symbols.add(
                .init(name: "device", kind: .device, address: 0xF000_0000, size: 4_096))
        else { preconditionFailure("a fresh table has every name free") }
        program.statements = [
            Statement(
                .declaration(.device(DeviceDeclaration(name: name, agent: .device(0), port: port))),
                line: 1),
            Statement(.operation(.core(0), .ring(.device(0))), line: 2),
        ]
        for offset in stride(from: 0, to: bytes, by: Int(piece)) {
            for (kind, base) in [(DeviceOperation.Kind.read, start), (.write, start + bytes)] {
                program.statements.append(
                    Statement(
                        .operation(
                            .device(0),
                            .device(DeviceOperation(kind, at: Operand(base + offset), bytes: piece))
                        ),
                        line: 3))
            }
        }
        program.statements.append(Statement(.operation(.core(0), .wait(.device(0))), line: 4))
        return program
    }
}
