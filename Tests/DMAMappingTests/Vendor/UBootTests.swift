import Operations
import Testing

@testable import DMAMapping

/// U-Boot: against a second reading of its loops.
@Suite("Cache functions of U-Boot") struct UBootTests {
    private func lines(
        _ operation: RangeOperation, _ start: UInt64, _ end: UInt64, _ line: UInt64
    ) -> [Done] {
        stride(from: start / line * line, to: end, by: Int(line)).map { .core(operation, $0) }
    }

    /// The PL310: `writel` is a DMB and a store.
    private func outer(_ operation: RangeOperation, _ from: UInt64, _ to: UInt64) -> [Done] {
        var (start, end) = (from, to)
        if operation == .invalidate {
            start = (start + 31) / 32 * 32
            end = end / 32 * 32
        }
        let lines = stride(from: start / 32 * 32, to: end, by: 32)
        return lines.flatMap { [Done.dmb, .outer(operation, $0)] } + [.dmb, .sync]
    }

    private func isAligned(_ start: UInt64, _ end: UInt64, _ line: UInt64) -> Bool {
        start % line == 0 && end % line == 0
    }

    @Test(arguments: [LoweringProfile.Architecture.arm32v5, .arm32v6])
    func beforeARMv7(_ architecture: LoweringProfile.Architecture) throws {
        let trace = VendorTrace(architecture: architecture)
        for function in [VendorCall.Function.flushRange, .flushCache] {
            try trace.expect(function) { start, end in
                guard isAligned(start, end, 32) else { return [] }
                return lines(.cleanAndInvalidate, start, end, 32) + [.dsb]
            }
        }
        try trace.expect(.invalidateRange) { start, end in
            isAligned(start, end, 32) ? lines(.invalidate, start, end, 32) : []
        }
        #expect(try trace.done(VendorCall(.invalidateAll)) == [.all(.dcISW, level: 0)])
        let whole: Maintenance.Instruction = architecture == .arm32v5 ? .dcCISW : .dcCSW
        #expect(try trace.done(VendorCall(.flushAll)) == [.all(whole, level: 0), .dsb])
    }

    @Test(arguments: [UInt64(32), 64], [nil, UInt64(32)])
    func armv7(_ line: UInt64, _ level2: UInt64?) throws {
        let trace = VendorTrace(architecture: .arm32v7, line: line, outer: level2)
        func second(_ operation: RangeOperation, _ start: UInt64, _ end: UInt64) -> [Done] {
            level2 == nil ? [] : outer(operation, start, end)
        }
        for function in [VendorCall.Function.flushRange, .flushCache] {
            try trace.expect(function) { start, end in
                lines(.cleanAndInvalidate, start, end, line) + [.dsb]
                    + second(.cleanAndInvalidate, start, end)
            }
        }
        try trace.expect(.invalidateRange) { start, end in
            (isAligned(start, end, line) ? lines(.invalidate, start, end, line) : []) + [.dsb]
                + second(.invalidate, start, end)
        }
        try trace.expect(.invalidateRange, version: LibraryVersion(2_016, 7)) { start, end in
            let first = (start + line - 1) / line * line
            return lines(.invalidate, first, end / line * line, line) + [.dsb]
                + second(.invalidate, start, end)
        }
        let ways: [Done] =
            level2 == nil
            ? [] : [.dmb, .all(.outerCleanAndInvalidateWays, level: 0), .dmb, .sync]
        #expect(
            try trace.done(VendorCall(.flushAll))
                == [.dmb, .isb, .all(.dcCISW, level: 0), .dsbStores, .isb] + ways)
        let lost: [Done] =
            level2 == nil ? [] : [.dmb, .all(.outerInvalidateWays, level: 0), .dmb, .sync]
        #expect(
            try trace.done(VendorCall(.invalidateAll))
                == [.dmb, .isb, .all(.dcISW, level: 0), .dsbStores, .isb] + lost)
    }

    @Test(arguments: [UInt64(32), 64]) func armv8(_ line: UInt64) throws {
        let trace = VendorTrace(architecture: .arm64, line: line)
        func doWhile(_ operation: RangeOperation, _ start: UInt64, _ end: UInt64) -> [Done] {
            var address = start / line * line
            var done: [Done] = []
            repeat {
                done.append(.core(operation, address))
                address += line
            } while address < end
            return done + [.dsb]
        }
        try trace.expect(.flushRange) { doWhile(.cleanAndInvalidate, $0, $1) }
        try trace.expect(.invalidateRange) { doWhile(.invalidate, $0, $1) }
        // It was a flush once.
        try trace.expect(.invalidateRange, version: LibraryVersion(2_017, 5)) {
            doWhile(.cleanAndInvalidate, $0, $1)
        }
        #expect(
            try trace.done(VendorCall(.invalidateAll))
                == [.dsb, .isb, .all(.dcISW, level: 0), .dsb, .isb])
    }

    /// The register's words are taken for bytes, and the loop goes on while *more* than a step is left.
    @Test(arguments: [UInt64(32), 64]) func cortexM(_ line: UInt64) throws {
        let trace = VendorTrace(architecture: .armv7m, line: line)
        let step = Int64(line / 4)
        for (function, operation) in [
            (VendorCall.Function.flushRange, RangeOperation.clean),
            (.invalidateRange, .invalidate), (.flushCache, .clean),
        ] {
            try trace.expect(function) { start, end in
                var size = Int64(end - start)
                var address = start / UInt64(step) * UInt64(step)
                var done = [Done.dsb]
                repeat {
                    done += [.dmb, .core(operation, address / line * line)]
                    size -= step
                    address += UInt64(step)
                } while size > step
                return done + [.dsb, .isb]
            }
        }
        #expect(
            try trace.done(VendorCall(.flushAll)) == [.dsb, .all(.dcCSW, level: 0), .dsb, .isb])
    }

    @Test func cortexMMissesTheLastLine() throws {
        let trace = VendorTrace(architecture: .armv7m)
        let found = try trace.done(VendorCall(.flushRange, at: Operand(0x1000), bytes: 40))
        #expect(!found.contains(.core(.clean, 0x1020)))
        let longer = try trace.done(VendorCall(.flushRange, at: Operand(0x1000), bytes: 41))
        #expect(longer.contains(.core(.clean, 0x1020)))
    }
}
