import Operations
import Testing

@testable import DMAMapping

/// Xilinx standalone: against a second reading of its loops.
@Suite("Cache functions of Xilinx standalone") struct XilinxTests {
    static let a9 = VendorTrace(architecture: .arm32v7, line: 32, outer: 32)
    static let a53 = VendorTrace(architecture: .arm64, line: 64)

    /// The lines from the one that holds an address up to an end.
    private func lines(_ start: UInt64, _ end: UInt64, _ size: UInt64 = 32) -> [UInt64] {
        Array(stride(from: start / size * size, to: end, by: Int(size)))
    }

    private func flushLine(_ line: UInt64, _ after: [Done]) -> [Done] {
        [.core(.cleanAndInvalidate, line), .dsb, .outer(.cleanAndInvalidate, line)] + after
    }

    @Test func flushesARange() throws {
        try Self.a9.expect(.xilFlushRange) { start, end in
            guard end > start else { return [] }
            let all = lines(start, end)
            return all.map { .core(.cleanAndInvalidate, $0) } + [.dsb]
                + all.flatMap { [Done.outer(.cleanAndInvalidate, $0), .sync] }
        }
        try Self.a9.expect(.xilFlushRange, version: LibraryVersion(7, 6)) { start, end in
            guard end > start else { return [.dsb] }
            return lines(start, end).flatMap {
                [Done.core(.cleanAndInvalidate, $0), .outer(.cleanAndInvalidate, $0), .sync]
            } + [.dsb]
        }
    }

    /// Level 2 first; a line that is covered in part is flushed before, in both levels.
    @Test func invalidatesARange() throws {
        try Self.a9.expect(.xilInvalidateRange) { start, end in
            guard end > start else { return [] }
            var (address, rest) = (start, end)
            var done: [Done] = []
            var flushed: UInt64?
            if address % 32 != 0 {
                address = address / 32 * 32
                done += flushLine(address, [.sync, .sync])
                flushed = address
                address += 32
            }
            if end % 32 != 0, flushed != end / 32 * 32 {
                done += flushLine(end / 32 * 32, [.sync, .sync])
                rest = rest >= 32 ? rest - 32 : 0
            }
            return done + plain(address, rest) + [.dsb]
        }
    }

    private func plain(_ address: UInt64, _ end: UInt64) -> [Done] {
        let all = address < end ? lines(address, end) : []
        return all.flatMap { [Done.outer(.invalidate, $0), .sync] }
            + all.map { .core(.invalidate, $0) }
    }

    /// 8.1 to 9.0 compare the last line with the next one that the loop would do, and end at the range's end.
    @Test(arguments: [LibraryVersion(8, 1), LibraryVersion(9, 0)])
    func invalidatesARangeWrongly(_ version: LibraryVersion) throws {
        try Self.a9.expect(.xilInvalidateRange, version: version) { start, end in
            guard end > start else { return [] }
            var address = start
            var done: [Done] = []
            if address % 32 != 0 {
                address = address / 32 * 32
                done += flushLine(address, [.sync, .sync])
                address += 32
            }
            if end % 32 != 0, end / 32 * 32 != address {
                done += flushLine(end / 32 * 32, [.sync, .sync])
            }
            return done + plain(address, end) + [.dsb]
        }
    }

    @Test func invalidatesARangeBefore8p1() throws {
        func partial(_ start: UInt64, _ end: UInt64, _ after: [Done]) -> [Done] {
            (start % 32 != 0 ? flushLine(start / 32 * 32, after) : [])
                + (end % 32 != 0 ? flushLine(end / 32 * 32, after) : [])
        }
        func first(_ start: UInt64) -> UInt64 { (start + 31) / 32 * 32 }
        try Self.a9.expect(.xilInvalidateRange, version: LibraryVersion(8, 0)) { start, end in
            guard end > start else { return [] }
            return partial(start, end, [.sync, .sync]) + plain(first(start), end / 32 * 32)
                + [.dsb]
        }
        try Self.a9.expect(.xilInvalidateRange, version: LibraryVersion(5, 1)) { start, end in
            guard end > start else { return [.dsb] }
            let whole = stride(from: first(start), to: end / 32 * 32, by: 32)
            return partial(start, end, [.dsb, .sync])
                + whole.flatMap { [Done.outer(.invalidate, $0), .sync, .core(.invalidate, $0)] }
                + [.dsb]
        }
    }

    @Test func levelsAlone() throws {
        let old = LibraryVersion(7, 0)
        for (function, operation) in [
            (VendorCall.Function.xilL1FlushRange, RangeOperation.cleanAndInvalidate),
            (.xilL1InvalidateRange, .invalidate),
        ] {
            func range(_ start: UInt64, _ end: UInt64) -> [Done] {
                lines(start, end).map { .core(operation, $0) } + [.dsb]
            }
            try Self.a9.expect(function) { $1 > $0 ? range($0, $1) : [] }
            try Self.a9.expect(function, version: old) { $1 > $0 ? range($0, $1) : [.dsb] }
        }
        func outer(_ operation: RangeOperation, _ start: UInt64, _ end: UInt64) -> [Done] {
            guard end > start else { return [] }
            return lines(start, end).flatMap { [Done.outer(operation, $0), .sync] }
        }
        try Self.a9.expect(.xilL2FlushRange) { outer(.cleanAndInvalidate, $0, $1) }
        try Self.a9.expect(.xilL2FlushRange, version: old) {
            outer(.cleanAndInvalidate, $0, $1) + [.dsb]
        }
        try Self.a9.expect(.xilL2InvalidateRange) { outer(.invalidate, $0, $1) + [.dsb] }
    }

    /// One line by an address that is not its first.
    @Test func singleLines() throws {
        func done(_ function: VendorCall.Function, _ version: LibraryVersion?) throws -> [Done] {
            try Self.a9.done(VendorCall(function, at: Operand(0x1014), version: version))
        }
        let old = LibraryVersion(7, 5)
        let both = RangeOperation.cleanAndInvalidate
        let expected: [(VendorCall.Function, LibraryVersion?, [Done])] = [
            (.xilFlushLine, nil, [.core(both, 0x1000), .dsb, .outer(both, 0x1000), .sync]),
            (.xilFlushLine, old, [.core(both, 0x1000), .dsb, .outer(both, 0x1000), .dsb, .sync]),
            (
                .xilInvalidateLine, nil,
                [.outer(.invalidate, 0x1000), .dsb, .core(.invalidate, 0x1000), .dsb]
            ),
            (.xilStoreLine, nil, [.core(.clean, 0x1000), .dsb, .outer(.clean, 0x1000), .sync]),
            (.xilStoreLine, old, [.core(.clean, 0x1000), .dsb, .outer(.clean, 0x1000), .dsb]),
            (.xilL1FlushLine, nil, [.core(both, 0x1000), .dsb]),
            (.xilL1InvalidateLine, nil, [.core(.invalidate, 0x1000), .dsb]),
            (.xilL1StoreLine, nil, [.core(.clean, 0x1000), .dsb]),
            (.xilL2FlushLine, nil, [.outer(both, 0x1000), .sync]),
            (.xilL2FlushLine, old, [.outer(both, 0x1000), .dsb]),
            (.xilL2InvalidateLine, nil, [.outer(.invalidate, 0x1000), .dsb]),
            (.xilL2StoreLine, nil, [.outer(.clean, 0x1000), .sync]),
            (.xilL2StoreLine, old, [.outer(.clean, 0x1000), .dsb]),
        ]
        for (function, version, operations) in expected {
            #expect(try done(function, version) == operations, "\(function.rawValue)")
        }
    }

    @Test func wholeCaches() throws {
        let ways: [Done] = [.all(.outerCleanAndInvalidateWays, level: 0), .sync, .dsb]
        let level1: [Done] = [.all(.dcCISW, level: 1), .dsb]
        #expect(try Self.a9.done(VendorCall(.xilFlush)) == level1 + ways)
        #expect(try Self.a9.done(VendorCall(.xilL1Flush)) == level1)
        #expect(try Self.a9.done(VendorCall(.xilL1Invalidate)) == [.all(.dcISW, level: 1), .dsb])
        #expect(try Self.a9.done(VendorCall(.xilL2Flush)) == ways)
        let lost: [Done] = [.all(.outerInvalidateWays, level: 0), .sync, .dsb]
        #expect(try Self.a9.done(VendorCall(.xilL2Invalidate)) == lost)
        #expect(
            try Self.a9.done(VendorCall(.xilInvalidate)) == lost + [.all(.dcISW, level: 1), .dsb])
        for (function, instruction) in [
            (VendorCall.Function.xilFlush, Maintenance.Instruction.dcCISW),
            (.xilInvalidate, .dcISW),
        ] {
            #expect(
                try Self.a53.done(VendorCall(function)) == [
                    .isb, .all(instruction, level: 1), .dsb, .isb, .all(instruction, level: 2),
                    .dsb,
                ])
        }
    }

    /// On 64-bit cores an invalidate of a range cleans.
    @Test func arm64() throws {
        for function in [VendorCall.Function.xilFlushRange, .xilInvalidateRange] {
            try Self.a53.expect(function) { start, end in
                guard end > start else { return [.dsb] }
                return lines(start, end, 64).map { .core(.cleanAndInvalidate, $0) } + [.dsb]
            }
        }
        let flush: [Done] = [.core(.cleanAndInvalidate, 0x1000), .dsb]
        #expect(
            try Self.a53.done(VendorCall(.xilFlushLine, at: Operand(0x1023))) == flush + flush)
        #expect(
            try Self.a53.done(VendorCall(.xilInvalidateLine, at: Operand(0x1023)))
                == flush + [.core(.invalidate, 0x1000), .dsb])
    }
}
