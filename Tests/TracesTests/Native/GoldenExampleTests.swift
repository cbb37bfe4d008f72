import Operations
import Quantities
import Testing

@testable import Traces

/// The example of the format's definition: a receive without the invalidate that speculation makes necessary.
///
/// The last access of its last run is of 2 bytes.
@Suite struct GoldenExampleTests {
    static let text = """
        staleline 1
        machine zynq7000
        kernel none
        device eth0 port HP0 noncoherent
        buffer rx 0x10000000 2048
        core0: ld rx 2048 by 4
        core0: dc ivac rx 2048
        core0: dsb sy
        core0: ring eth0
        eth0:  wr rx 1514
        core0: wait eth0
        core0: ld rx 1514 by 4        # latent H08: a speculative linefill between the invalidate and the end of the transfer

        """

    @Test func reads() throws {
        let rx = Operand(0x1000_0000, symbol: SymbolID(rawValue: 2))
        let device = DeviceDeclaration(
            name: SymbolID(rawValue: 1), agent: .device(0), port: "HP0", isCoherent: false)
        let bodies: [Statement.Body] = [
            .declaration(.machine("zynq7000")), .declaration(.kernel("none")),
            .declaration(.device(device)),
            .declaration(.buffer(SymbolID(rawValue: 2), address: 0x1000_0000, size: 2_048)),
            .operation(.core(0), .run(AccessRun(.load, from: rx, bytes: 2_048, by: 4))),
            .operation(.core(0), .maintenance(Maintenance(.dcIVAC, at: rx, bytes: 2_048))),
            .operation(.core(0), .barrier(Barrier(.dsb))),
            .operation(.core(0), .ring(.device(0))),
            .operation(.device(0), .device(DeviceOperation(.write, at: rx, bytes: 1_514))),
            .operation(.core(0), .wait(.device(0))),
            .operation(.core(0), .run(AccessRun(.load, from: rx, bytes: 1_514, by: 4))),
        ]
        let program = try parseNative(Self.text)
        #expect(program.statements.map(\.body) == bodies)
        #expect(program.statements.map(\.line) == Array(2...12))
    }

    @Test func isWrittenInCanonicalForm() throws {
        let canonical = Self.text.replacing("eth0:  wr", with: "eth0: wr")
            .replacing(/\s+# .+/, with: "")
        let program = try parseNative(Self.text)
        #expect(try NativeWriter.text(program) == canonical)
        #expect(try parseNative(canonical) == program)
    }

    @Test func theLastAccessIsShorter() throws {
        let program = try parseNative(Self.text)
        guard case .operation(_, .run(let run))? = program.statements.last?.body else {
            Issue.record("no run")
            return
        }
        #expect(run.count == 379)
        #expect(run.size(at: 377) == 4)
        #expect(run.size(at: 378) == 2)
    }

    @Test func isKeptInBinary() throws {
        let program = try parseNative(Self.text)
        let bytes = try BinaryWriter.write(program)
        #expect(try BinaryReader.read(bytes, file: "golden") == program)
    }
}
