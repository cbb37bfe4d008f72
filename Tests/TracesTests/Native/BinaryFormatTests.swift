import Operations
import Quantities
import Testing

@testable import Traces

/// The binary format's fixed parts, and what is said about files that break them.
@Suite struct BinaryFormatTests {
    private static let sound: [UInt8] = {
        let program = RandomProgram.make(seed: 1, count: 30)
        return (try? BinaryWriter.write(program)) ?? []
    }()

    private func fault(_ bytes: [UInt8]) -> String {
        do throws(TraceErrors) {
            _ = try BinaryReader.read(bytes, file: "t.sltb")
            return "none"
        } catch {
            return error.description
        }
    }

    /// A sound file with other bytes at a place.
    private func changed(_ place: Int, _ bytes: [UInt8]) -> [UInt8] {
        var file = Self.sound
        file.replaceSubrange(place..<(place + bytes.count), with: bytes)
        return file
    }

    @Test func theHeaderIsChecked() {
        #expect(
            fault([]) == "t.sltb: byte 0: found the end of the file, "
                + "expected a header of 8 bytes; the file is truncated")
        #expect(
            fault(Array("staleline 1\n".utf8))
                == "t.sltb: byte 0: found other bytes, expected 'SLTB', the start of a binary trace"
        )
        #expect(
            fault(changed(4, [3, 0]))
                == "t.sltb: byte 4: found format version 3, expected format version 1 or 2")
        #expect(fault(changed(6, [1])) == "t.sltb: byte 6: found flags 1, expected no flags")
    }

    @Test func theTrailerIsChecked() {
        let count = Self.sound.count
        #expect(
            fault(Array(Self.sound.dropLast()))
                == "t.sltb: byte \(count - 1): found the end of the file, "
                + "expected a trailer that ends with 'BTLS'; the file is truncated")
        #expect(
            fault(changed(count - 24, [0]))
                .hasPrefix("t.sltb: byte \(count - 24): found a trailer with a wrong checksum"))
    }

    @Test func absurdSizesAreRefusedBeforeAnythingIsAllocated() {
        #expect(
            fault(changed(16, [1, 0, 16, 0]))
                == "t.sltb: byte 16: found a raw size of 1048577, expected 1 to 1048576")
        #expect(
            fault(changed(16, [0, 0, 0, 0]))
                == "t.sltb: byte 16: found a raw size of 0, expected 1 to 1048576")
        #expect(
            fault(changed(20, [0xFF, 0xFF, 0xFF, 0xFF]))
                .hasPrefix("t.sltb: byte 20: found a stored size of 4294967295, expected at most"))
        #expect(
            fault(changed(12, [0xFF, 0xFF, 0xFF, 0xFF]))
                .hasPrefix("t.sltb: byte 12: found 4294967295 records in"))
        #expect(
            fault(changed(8, [9]))
                == "t.sltb: byte 8: found a block of kind 9, expected kind 1, 2 or 3 and three zeros"
        )
    }

    @Test func damageIsFoundByTheChecksum() {
        var file = Self.sound
        file[40] ^= 4
        #expect(fault(file).hasPrefix("t.sltb: byte 8: found a block with the checksum"))
    }

    @Test func theSameProgramGivesTheSameBytes() throws {
        let program = RandomProgram.make(seed: 1, count: 30)
        #expect(try BinaryWriter.write(program) == Self.sound)
    }

    /// A file of the format's document, byte by byte.
    @Test func theDocumentsExample() throws {
        let program = try parseNative("staleline 1\nbuffer b 0x1000 64\nld b 4\n")
        var encoder = StatementEncoder()
        for statement in program.statements { encoder.add(statement.body, nil) }
        #expect(
            encoder.output.bytes == [
                0x06, 0x01, 0x80, 0x40, 0x40,
                0x10, 0x00, 0x40, 0x01, 0x00, 0x04,
            ])
    }

    /// Files keep these numbers; whoever changes an enumeration must not change them.
    @Test func numbersInFilesStay() {
        #expect(DMACall.Function.mapSingle.place == 0)
        #expect(DMACall.Function.allocCoherent.place == 13)
        #expect(DMACall.Function.poolCreate.place == 22)
        #expect(DMACall.Function.driverUnbind.place == 27)
        #expect(DMACall.Function.mapPhys.place == 28)
        #expect(DMACall.Function.cacheSync.place == 41)
        #expect(DMACall.Function.iovaTryAlloc.place == 42)
        #expect(DMACall.Function.needUnmap.place == 48)
        #expect(DMACall.Function.mmapCoherent.place == 49)
        #expect(DMACall.Function.setMask.place == 57)
        #expect(DMACall.Function.setSegmentBoundary.place == 62)
        #expect(DMACall.Function.allCases.count == 65)
        #expect(
            KernelBarrier.allCases.map(\.rawValue).joined(separator: " ")
                == "mb rmb wmb dma_rmb dma_wmb dma_mb smp_mb smp_rmb smp_wmb")
        #expect(
            Accessor.Function.allCases.map(\.rawValue).joined(separator: " ")
                == "writel writel_relaxed readl readl_relaxed")
        #expect(
            EnvironmentEvent.Kind.allCases.map(\.rawValue).joined(separator: " ")
                == "evict fill drain hold late leave join pause resume")
        #expect(MemoryType.allCases.map(\.name).joined(separator: " ") == "wb wt nc device so")
        #expect(MemoryType.allCases.map(\.rawValue) == [0, 1, 2, 3, 4])
        #expect(Shareability.allCases.map(\.name).joined(separator: " ") == "nsh ish osh")
        #expect(AccessKind.allCases.map(\.rawValue) == Array(0...10))
        #expect(AccessKind.load.rawValue == 0 && AccessKind.prefetch.rawValue == 10)
        #expect(Maintenance.Instruction.dcCVAC.rawValue == 0)
        #expect(Maintenance.Instruction.outerClean.rawValue == 10)
        #expect(Maintenance.Instruction.outerSync.rawValue == 14)
        #expect(Maintenance.Instruction.outerInvalidateWays.rawValue == 16)
        #expect(DMADirection.fromDevice.rawValue == 2)
        #expect(SymbolTable.Kind.buffer.rawValue == 0 && SymbolTable.Kind.span.rawValue == 6)
        #expect(Barrier.Instruction.isb.rawValue == 2)
        #expect(Barrier.Domain.nonShareable.rawValue == 3)
        #expect(Barrier.Accesses.loads.rawValue == 2)
    }
}
