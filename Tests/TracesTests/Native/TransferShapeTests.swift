import Operations
import Quantities
import Testing

@testable import Traces

private let rx = Operand(0x1000, symbol: PreambleName.rx)

private func transfer(
    _ bytes: UInt64, rows: UInt32 = 1, pitch: UInt64 = 0, cycles: UInt32 = 1, burst: UInt32? = nil,
    value: UInt64? = nil
) -> Operation {
    var transfer = DeviceOperation(.write, at: rx, bytes: bytes, burst: burst, value: value)
    transfer.rows = rows
    transfer.pitch = pitch
    transfer.cycles = cycles
    return .device(transfer)
}

/// Transfers in rows and in cycles.
@Suite struct TransferShapeTests {
    static let samples: [NativeSample] = [
        NativeSample(
            "eth0: wr rx 64 rows 16 pitch 128", canonical: "eth0: wr rx 64 rows 16 pitch 128",
            transfer(64, rows: 16, pitch: 128)),
        NativeSample(
            "eth0: wr rx 64 rows 2 pitch 64", canonical: "eth0: wr rx 64 rows 2 pitch 64",
            transfer(64, rows: 2, pitch: 64)),
        NativeSample(
            "eth0: wr rx 64 rows 1", canonical: "eth0: wr rx 64", transfer(64)),
        NativeSample(
            "eth0: wr rx 64 rows 1 cycles 1", canonical: "eth0: wr rx 64", transfer(64)),
        NativeSample(
            "eth0: wr rx 256 cycles 8", canonical: "eth0: wr rx 256 cycles 8",
            transfer(256, cycles: 8)),
        NativeSample(
            "eth0: wr rx 4 rows 3 pitch 0x40 cycles 2 burst 4=7 @pc=1",
            canonical: "eth0: wr rx 4 rows 3 pitch 64 cycles 2 burst 4 = 0x7 @pc=0x1",
            transfer(4, rows: 3, pitch: 64, cycles: 2, burst: 4, value: 7)),
        NativeSample(
            "eth0: wr rx 1 rows 4294967295 pitch 4G cycles 1",
            canonical: "eth0: wr rx 1 rows 4294967295 pitch 4294967296",
            transfer(1, rows: .max, pitch: 1 << 32)),
    ]

    @Test(arguments: samples)
    func parsesAndPrints(_ sample: NativeSample) throws {
        #expect(try nativeOperation(sample.text) == sample.operation)
        #expect(try nativeCanonicalLine(sample.text) == sample.canonical)
        #expect(try nativeOperation(sample.canonical) == sample.operation)
        let program = try parseNative(nativePreamble + sample.text + "\n")
        let read = try BinaryReader.read(try BinaryWriter.write(program), file: "b")
        #expect(read == program.canonicalized())
    }

    static let mistakes: [NativeMistake] = [
        NativeMistake(
            "eth0: rd rx 64 rows 0",
            "21: found '0', expected a number of rows from 1 to 4294967295"),
        NativeMistake(
            "eth0: rd rx 64 rows 4G pitch 64",
            "21: found '4G', expected a number of rows from 1 to 4294967295"),
        NativeMistake(
            "eth0: rd rx 64 rows 2",
            "22: found the end of the line, expected 'pitch' and how many bytes the rows are apart"
        ),
        NativeMistake(
            "eth0: rd rx 64 rows 2 cycles 2 pitch 64",
            "23: found 'cycles', expected 'pitch' and how many bytes the rows are apart"),
        NativeMistake(
            "eth0: rd rx 64 rows 1 pitch 64",
            "23: found 'pitch', expected no pitch of a single row"),
        NativeMistake(
            "eth0: rd rx 64 pitch 64",
            "16: found 'pitch', expected 'rows' and their number before 'pitch'"),
        NativeMistake(
            "eth0: rd rx 64 rows 2 pitch 63",
            "29: found '63', expected at least the 64 byte(s) of a row; the rows would overlap"),
        NativeMistake(
            "eth0: rd rx 64 rows 2 pitch 0", "29: found '0', expected a size of at least 1"),
        // 0x1000 + 2^64 - 0x1040 + 64 = 2^64.
        NativeMistake(
            "eth0: rd rx 64 rows 2 pitch 0xffffffffffffefc0",
            "29: found '0xffffffffffffefc0', expected 2 rows from 0x1000 on that end below 2^64"),
        NativeMistake(
            "eth0: rd rx 64 rows 4097 pitch 4194304G",
            "32: found '4194304G', expected 4097 rows from 0x1000 on that end below 2^64"),
        NativeMistake(
            "eth0: rd rx 64 cycles 0",
            "23: found '0', expected a number of cycles from 1 to 4294967295"),
        NativeMistake(
            "eth0: rd rx 8G cycles 2147483648",
            "23: found '2147483648', expected cycles of less than 2^64 bytes together"),
        // (2^31 - 1) * 2^31 + 1 bytes; four times is less than 2^64, five times is not.
        NativeMistake(
            "eth0: rd rx 1 rows 2147483648 pitch 2147483648 cycles 5",
            "55: found '5', expected cycles of less than 2^64 bytes together"),
        NativeMistake(
            "eth0: rd rx 64 raws 2",
            "16: found 'raws', expected 'rows', 'cycles', 'burst', '= VALUE', "
                + "an annotation or the end of the line"),
        NativeMistake(
            "eth0: rd rx 64 rows 2 pitch 64 pitch 64",
            "32: found 'pitch', expected 'cycles', 'burst', '= VALUE', "
                + "an annotation or the end of the line"),
        NativeMistake(
            "eth0: rd rx 64 cycles 2 rows 2 pitch 64",
            "25: found 'rows', expected 'burst', '= VALUE', "
                + "an annotation or the end of the line"),
        NativeMistake(
            "eth0: rd rx 64 burst 4 cycles 2",
            "24: found 'cycles', expected '= VALUE', an annotation or the end of the line"),
        NativeMistake(
            "eth0: fetch rx 16 rows 2 pitch 16",
            "19: found 'rows', expected 'chain', an annotation or the end of the line"),
        NativeMistake(
            "eth0: fetch rx 16 chain cycles 2",
            "25: found 'cycles', expected a declared layout"),
        NativeMistake(
            "eth0: irq cycles 2",
            "11: found 'cycles', expected an annotation or the end of the line"),
    ]

    @Test(arguments: mistakes)
    func saysWhatMayStandThere(_ mistake: NativeMistake) {
        #expect(faultsAfterPreamble(mistake.text) == [mistake.fault])
    }

    @Test func theLimitsThemselvesAreAllowed() {
        for statement in [
            "eth0: rd rx 64 rows 2 pitch 0xffffffffffffefbf",
            "eth0: rd rx 8G cycles 2147483647",
            "eth0: rd rx 1 rows 2147483648 pitch 2147483648 cycles 4",
        ] {
            #expect(faultsAfterPreamble(statement) == [], "\(statement)")
        }
    }

    /// Shapes that no text can give, of programs that come from elsewhere.
    @Test func bothWritersRefuseOtherShapes() throws {
        let shape = "1 row(s) of 64 byte(s), 0 apart, in 1 cycle(s)"
        let cases: [(Operation, String)] = [
            (transfer(64, rows: 0), "\(shape.replacing("1 row", with: "0 row"))#at least 1 row"),
            (
                transfer(64, cycles: 0),
                "\(shape.replacing("1 cycle", with: "0 cycle"))#at least 1 cycle"
            ),
            (
                transfer(64, pitch: 64),
                "\(shape.replacing("0 apart", with: "64 apart"))#no pitch of a single row"
            ),
            (
                transfer(64, rows: 2, pitch: 32),
                "2 row(s) of 64 byte(s), 32 apart, in 1 cycle(s)#at least the 64 byte(s) of a row"
            ),
        ]
        for (operation, fault) in cases {
            let parts = fault.split(separator: "#")
            let expected = ProgramError(
                statement: 5, found: String(parts[0]), expected: String(parts[1]))
            let program = try program(operation)
            #expect(throws: expected) { try NativeWriter.write(program) }
            #expect(throws: expected) { try BinaryWriter.write(program) }
        }
        for kind in [DeviceOperation.Kind.interrupt, .descriptorFetch(chain: false)] {
            var operation = DeviceOperation(kind)
            if kind != .interrupt { operation.bytes = 16 }
            operation.cycles = 2
            let program = try program(.device(operation))
            #expect(throws: ProgramError.self) { try NativeWriter.write(program) }
            #expect(throws: ProgramError.self) { try BinaryWriter.write(program) }
        }
    }

    private func program(_ operation: Operation) throws -> Program {
        var program = try parseNative(nativePreamble)
        program.statements.append(Statement(.operation(.device(0), operation), line: 7))
        return program
    }
}
