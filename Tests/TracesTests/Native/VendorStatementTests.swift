import Operations
import Quantities
import Testing

@testable import Traces

/// Calls of bare-metal libraries in a trace.
@Suite struct VendorStatementTests {
    private static func rx(_ offset: UInt64 = 0) -> Operand {
        Operand(0x1000 + offset, symbol: PreambleName.rx)
    }

    /// Every function with what it is told, once without and once with a version.
    static let samples: [NativeSample] = VendorCall.Function.allCases.flatMap { function in
        let version = LibraryVersion(2_016, 9)
        return switch function.operands {
        case .none:
            [
                NativeSample(function.rawValue, .vendor(VendorCall(function))),
                NativeSample(
                    "\(function.rawValue) version 2016.09",
                    canonical: "core0: \(function.rawValue) version 2016.09",
                    .vendor(VendorCall(function, version: version))),
            ]
        case .address:
            [
                NativeSample(
                    "\(function.rawValue) rx+0x20", .vendor(VendorCall(function, at: rx(0x20)))),
                NativeSample(
                    "\(function.rawValue) 0x40 version 2016.09",
                    .vendor(VendorCall(function, at: Operand(0x40), version: version))),
            ]
        case .range:
            [
                NativeSample(
                    "\(function.rawValue) rx 2048",
                    .vendor(VendorCall(function, at: rx(), bytes: 2_048))),
                NativeSample(
                    "\(function.rawValue) 0x40 0 version 5.4.1",
                    .vendor(
                        VendorCall(
                            function, at: Operand(0x40), version: LibraryVersion(5, 4, 1)))),
            ]
        }
    }

    @Test(arguments: samples) func isReadAndWritten(_ sample: NativeSample) throws {
        #expect(try nativeOperation(sample.text) == sample.operation)
        #expect(try nativeCanonicalLine(sample.text) == sample.canonical)
        let program = try parseNative(nativePreamble + sample.text + "\n")
        #expect(
            try BinaryReader.read(BinaryWriter.write(program), file: "v") == program.canonicalized()
        )
    }

    /// A size that only resembles an end, as nothing is declared there or it would lie beyond (rx has 0x1000 to 0x17ff), or a function that takes a size in C, too.
    @Test(arguments: [
        "flush_dcache_range 0x10000000 268435520", "flush_dcache_range 0x10000000 256M",
        "flush_cache 0x10000000 0x10000040", "Xil_DCacheFlushRange 0x10000000 0x10000040",
        "up_clean_dcache 0x10000000 0x11000001", "up_clean_dcache 0x10000000 0x10000040",
        "invalidate_dcache_range 0x1000 0x800", "invalidate_dcache_range 0x1000 0x1801",
        "invalidate_dcache_range 0x10000000 0xfffffff",
    ]) func isNoEnd(_ text: String) throws {
        guard case .operation(_, .vendor(let call)) = try nativeBody(text) else {
            Issue.record("no call")
            return
        }
        let size = try #require(text.split(separator: " ").last)
        let bytes = try Array(size.utf8).withUnsafeBufferPointer { try NativeNumber.parse($0) }
        #expect(call.bytes == bytes)
    }

    @Test func aCoreMakesIt() throws {
        let body = try nativeBody("core3: up_clean_dcache rx 64 @pc=0x8000")
        #expect(
            body == .operation(.core(3), .vendor(VendorCall(.upClean, at: Self.rx(), bytes: 64))))
        #expect(
            faultsAfterPreamble("eth0: SCB_CleanDCache") == [
                "7: found 'SCB_CleanDCache', expected an operation of a device "
                    + "('rd', 'wr', 'fetch' or 'irq'); 'SCB_CleanDCache' is not for devices"
            ])
    }

    static let mistakes: [NativeMistake] = [
        NativeMistake(
            "SCB_CleanDCache_by_Adr rx 64",
            "1: found 'SCB_CleanDCache_by_Adr', expected a statement; "
                + "did you mean 'SCB_CleanDCache_by_Addr'?"),
        NativeMistake(
            "sys_cache_data_flush_and_inv_range rx 4",
            "1: found 'sys_cache_data_flush_and_inv_range', expected a statement; "
                + "did you mean 'sys_cache_data_flush_and_invd_range'?"),
        NativeMistake(
            "SCB_CleanDCache rx",
            "17: found 'rx', expected 'version', an annotation or the end of the line"),
        NativeMistake(
            "Xil_DCacheFlushRange rx",
            "24: found the end of the line, expected a number of bytes "
                + "(decimal or 0x hex, suffix K, M or G)"),
        NativeMistake(
            "Xil_DCacheFlushLine rx 64",
            "24: found '64', expected 'version', an annotation or the end of the line"),
        NativeMistake(
            "flush_dcache_range 0xffffffffffffff00 256",
            "39: found '256', expected a range from 0xffffffffffffff00 on that ends below 2^64"),
        NativeMistake(
            "Xil_DCacheFlushLine 0xffffffffffffffff",
            "21: found '0xffffffffffffffff', expected a range from 0xffffffffffffffff on that "
                + "ends below 2^64"),
        NativeMistake(
            "SCB_CleanDCache version",
            "24: found the end of the line, expected a version such as 5.4 or 2016.09.1"),
        NativeMistake(
            "SCB_CleanDCache version 5",
            "25: found '5', expected a version such as 5.4 or 2016.09.1"),
        NativeMistake(
            "SCB_CleanDCache version 5.4 6",
            "29: found '6', expected an annotation or the end of the line"),
    ]

    @Test(arguments: mistakes) func mistakesAreLocated(_ mistake: NativeMistake) {
        #expect(faultsAfterPreamble(mistake.text) == [mistake.fault])
    }

    @Test(arguments: ["5", "5.", ".5", "5.4.3.2", "5.x", "5.-1", "10000.0", "5.4 ", "", "5,4"])
    func noVersion(_ text: String) {
        #expect(LibraryVersion(parsing: text) == nil)
    }

    @Test func versionsHaveAnOrder() throws {
        let old = try #require(LibraryVersion(parsing: "5.4.9"))
        let new = try #require(LibraryVersion(parsing: "5.10"))
        #expect(old < new)
        #expect(try #require(LibraryVersion(parsing: "2016.09")) == LibraryVersion(2_016, 9))
        #expect(LibraryVersion(9_999, 9_999, 9_999).description == "9999.9999.9999")
        #expect(LibraryVersion(2_016, 9, 1).description == "2016.09.1")
        #expect(LibraryVersion(5, 4).description == "5.4")
    }

    /// Programs that no text can hold.
    @Test func programsAreChecked() {
        let wrong: [(VendorCall, String)] = [
            (
                VendorCall(.cleanDCache, at: Operand(64)),
                "found operands that SCB_CleanDCache does not have, expected none"
            ),
            (
                VendorCall(.xilFlushLine, at: Operand(64), bytes: 4),
                "found operands that Xil_DCacheFlushLine does not have, expected none"
            ),
            (
                VendorCall(.cleanDCache, version: LibraryVersion(10_000, 0)),
                "found version 10000.0, expected parts up to 9999"
            ),
        ]
        for (call, fault) in wrong {
            var program = Program()
            program.statements = [Statement(.operation(.core(0), .vendor(call)), line: 1)]
            var found: [String] = []
            do throws(ProgramError) { _ = try NativeWriter.write(program) } catch {
                found.append(error.description)
            }
            do throws(ProgramError) { _ = try BinaryWriter.write(program) } catch {
                found.append(error.description)
            }
            #expect(found == ["statement 0: \(fault)", "statement 0: \(fault)"])
        }
    }
}
