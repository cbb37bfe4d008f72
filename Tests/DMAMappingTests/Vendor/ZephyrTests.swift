import Operations
import Testing

@testable import DMAMapping

/// Zephyr on Cortex-A: against a second reading of the C loops.
@Suite("Cache functions of Zephyr on Cortex-A") struct ZephyrTests {
    /// The loop of both, with the line that it believes in.
    private func lines(
        _ operation: RangeOperation, _ from: UInt64, _ to: UInt64, believed: UInt64, real: UInt64,
        each: [Done]
    ) -> [Done] {
        var (start, end) = (from, to)
        var done: [Done] = []
        func maintain(_ operation: RangeOperation, _ address: UInt64) {
            done += [.core(operation, address / real * real)] + each
        }
        if operation == .invalidate {
            if end % believed != 0 {
                end -= end % believed
                maintain(.cleanAndInvalidate, end)
            }
            if start % believed != 0 {
                start -= start % believed
                if start == end { return done }
                maintain(.cleanAndInvalidate, start)
                start += believed
            }
        }
        start -= start % believed
        while start < end {
            maintain(operation, start)
            start += believed
        }
        return done
    }

    @Test(arguments: CMSISTests.zephyr, [UInt64(32), 64])
    func arm64(_ function: (VendorCall.Function, RangeOperation), _ line: UInt64) throws {
        try VendorTrace(architecture: .arm64, line: line).expect(function.0) { start, end in
            lines(function.1, start, end, believed: line, real: line, each: []) + [.dsb]
        }
    }

    /// In 32 bits it takes the line for half of what it is, and ends without a DSB; an outer cache gets nothing.
    @Test(arguments: CMSISTests.zephyr, [nil, UInt64(32)])
    func armv7(_ function: (VendorCall.Function, RangeOperation), _ outer: UInt64?) throws {
        let trace = VendorTrace(architecture: .arm32v7, line: 32, outer: outer)
        try trace.expect(function.0) { start, end in
            lines(function.1, start, end, believed: 16, real: 32, each: [.dmb])
        }
    }

    /// So a neighbour in the other half of a line goes without a clean.
    @Test func halfALineCountsAsAligned() throws {
        let call = VendorCall(.sysInvalidateRange, at: Operand(0x1010), bytes: 16)
        #expect(
            try VendorTrace(architecture: .arm32v7).done(call) == [
                .core(.invalidate, 0x1000), .dmb,
            ])
        #expect(
            try VendorTrace(architecture: .arm64).done(call) == [
                .core(.cleanAndInvalidate, 0x1000), .dsb,
            ])
    }

    @Test func wholeCaches() throws {
        #expect(
            try VendorTrace(architecture: .arm32v7, outer: 32).done(VendorCall(.sysInvalidateAll))
                == [.all(.dcISW, level: 0), .dmb])
        #expect(
            try VendorTrace(architecture: .arm64, line: 64).done(VendorCall(.sysFlushAll))
                == [.dsb, .isb, .all(.dcCSW, level: 0), .dsb, .isb])
    }
}
