import Operations
import Testing

@testable import DMAMapping

/// CMSIS, and those that call it or copy it: against a second reading of the C loops.
@Suite("Cache functions of CMSIS, NuttX and Zephyr on Cortex-M7") struct CMSISTests {
    static let m7 = VendorTrace(architecture: .armv7m)

    static let functions: [(VendorCall.Function, RangeOperation)] = [
        (.cleanByAddress, .clean), (.invalidateByAddress, .invalidate),
        (.cleanInvalidateByAddress, .cleanAndInvalidate),
    ]

    static let zephyr: [(VendorCall.Function, RangeOperation)] = [
        (.sysFlushRange, .clean), (.sysInvalidateRange, .invalidate),
        (.sysFlushInvalidateRange, .cleanAndInvalidate),
    ]

    /// `op_size` counts down from the size and the address' offset in its line.
    @Test(arguments: functions + zephyr)
    func from5p5(_ function: (VendorCall.Function, RangeOperation)) throws {
        try Self.m7.expect(function.0) { start, end in
            guard end > start else { return [] }
            var left = Int64(end - start) + Int64(start % 32)
            var address = start
            var done = [Done.dsb]
            repeat {
                done.append(.core(function.1, address & ~31))
                address += 32
                left -= 32
            } while left > 0
            return done + [.dsb, .isb]
        }
    }

    /// Before, it counted down from the size alone.
    @Test(arguments: functions, [LibraryVersion(5, 0), LibraryVersion(5, 4)])
    func before5p5(
        _ function: (VendorCall.Function, RangeOperation), _ version: LibraryVersion
    ) throws {
        try Self.m7.expect(function.0, version: version) { start, end in
            var left = Int64(end - start)
            var address = start
            var done = [Done.dsb]
            while left > 0 {
                done.append(.core(function.1, address & ~31))
                address += 32
                left -= 32
            }
            return done + [.dsb, .isb]
        }
    }

    /// So the last line of a range that is not aligned can be missed.
    @Test func oldVersionsMissTheLastLine() throws {
        func lines(_ version: LibraryVersion) throws -> [Done] {
            try Self.m7.done(
                VendorCall(.cleanByAddress, at: Operand(0x1010), bytes: 64, version: version)
            ).filter { if case .core = $0 { true } else { false } }
        }
        let two = [Done.core(.clean, 0x1000), .core(.clean, 0x1020)]
        #expect(try lines(LibraryVersion(5, 4, 9)) == two)
        #expect(try lines(LibraryVersion(5, 5)) == two + [.core(.clean, 0x1040)])
    }

    @Test func wholeCaches() throws {
        let functions: [(VendorCall.Function, Maintenance.Instruction)] = [
            (.cleanDCache, .dcCSW), (.invalidateDCache, .dcISW), (.cleanInvalidateDCache, .dcCISW),
            (.sysFlushAll, .dcCSW), (.sysInvalidateAll, .dcISW), (.sysFlushInvalidateAll, .dcCISW),
            (.upCleanAll, .dcCSW), (.upInvalidateAll, .dcISW), (.upFlushAll, .dcCISW),
        ]
        for (function, instruction) in functions {
            #expect(
                try Self.m7.done(VendorCall(function))
                    == [.dsb, .all(instruction, level: 0), .dsb, .isb], "\(function.rawValue)")
        }
    }

    static let lines: [UInt64] = [32, 64]

    /// A do-while from the rounded start, unless the range is as large as the cache.
    @Test(
        arguments: [
            (VendorCall.Function.upClean, RangeOperation.clean, Maintenance.Instruction.dcCSW),
            (.upFlush, .cleanAndInvalidate, .dcCISW),
        ], lines)
    func nuttX(
        _ function: (VendorCall.Function, RangeOperation, Maintenance.Instruction), _ line: UInt64
    ) throws {
        let cache = 2 * line
        let trace = VendorTrace(architecture: .armv7m, line: line, cache: cache)
        try trace.expect(function.0) { start, end in
            if end - start >= cache { return [.dsb, .all(function.2, level: 0), .dsb, .isb] }
            var address = start / line * line
            var done = [Done.dsb]
            repeat {
                done.append(.core(function.1, address))
                address += line
            } while address < end
            return done + [.dsb, .isb]
        }
    }

    @Test(arguments: lines) func nuttXInvalidates(_ line: UInt64) throws {
        try VendorTrace(architecture: .armv7m, line: line).expect(.upInvalidate) { start, end in
            [.dsb] + Self.invalidatesNuttX(start, end, line) + [.dsb, .isb]
        }
    }

    @Test(arguments: lines) func nuttX64(_ line: UInt64) throws {
        let trace = VendorTrace(architecture: .arm64, line: line)
        try trace.expect(.upInvalidate) { start, end in
            Self.invalidatesNuttX(start, end, line) + [.dsb, .isb]
        }
        for (function, operation) in [
            (VendorCall.Function.upClean, RangeOperation.clean), (.upFlush, .cleanAndInvalidate),
        ] {
            try trace.expect(function) { start, end in
                stride(from: start / line * line, to: end, by: Int(line)).map {
                    Done.core(operation, $0)
                } + [.dsb, .isb]
            }
        }
        #expect(
            try trace.done(VendorCall(.upFlushAll))
                == [.dsb, .isb, .all(.dcCISW, level: 0), .dsb, .isb])
    }

    /// A partial first line, whole ones, and what is left.
    private static func invalidatesNuttX(
        _ start: UInt64, _ end: UInt64, _ line: UInt64
    ) -> [Done] {
        var address = start
        var done: [Done] = []
        if address % line != 0 {
            address = address / line * line
            done.append(.core(.cleanAndInvalidate, address))
            address += line
        }
        while address + line <= end {
            done.append(.core(.invalidate, address))
            address += line
        }
        if address < end { done.append(.core(.cleanAndInvalidate, address)) }
        return done
    }
}
