import Testing

@testable import DMAMapping

/// The loops over lines against a slow reading of the kernel's own loops, and against the formulas for their counts.
@Suite struct LineLoopTests {
    /// Every range with both ends in the first three lines, empty ones among them.
    static func everyRange(lineSize: UInt64, _ body: (UInt64, UInt64) -> Void) {
        for start in 0...(3 * lineSize) {
            for end in start...(3 * lineSize) { body(start, end) }
        }
    }

    /// Each line an operation is done to, in order.
    static func lines(_ runs: [LineRun], _ lineSize: UInt64) -> [[UInt64]] {
        runs.flatMap { run in
            (0..<run.count(lineSize: lineSize)).map {
                [
                    UInt64(RangeOperation.allCases.firstIndex(of: run.operation) ?? 9),
                    run.start / lineSize + $0,
                ]
            }
        }
    }

    /// ceil(E/L) - floor(S/L): the lines touched.
    static func touched(_ start: UInt64, _ end: UInt64, _ lineSize: UInt64) -> UInt64 {
        (end + lineSize - 1) / lineSize - start / lineSize
    }

    static let clean: UInt64 = 0
    static let invalidate: UInt64 = 1
    static let both: UInt64 = 2

    @Test(arguments: [UInt64(32), 64]) func cleansTouchEveryLineAndAtLeastOne(_ size: UInt64) {
        Self.everyRange(lineSize: size) { start, end in
            let runs = LineLoop.everyLine(.clean, start: start, end: end)
            var line = start / size
            var expected: [[UInt64]] = []
            repeat {
                expected.append([Self.clean, line])
                line += 1
            } while line * size < end
            #expect(Self.lines(runs, size) == expected)
            #expect(UInt64(expected.count) == max(1, Self.touched(start, end, size)))
        }
    }

    @Test(arguments: [UInt64(32), 64]) func v7InvalidatesAsItsLoopDoes(_ size: UInt64) {
        Self.everyRange(lineSize: size) { start, end in
            var expected: [[UInt64]] = []
            var line = start / size
            if start % size != 0 {
                expected.append([Self.both, line])
                line += 1
            }
            if end % size != 0 { expected.append([Self.both, end / size]) }
            while line < end / size {
                expected.append([Self.invalidate, line])
                line += 1
            }
            let runs = LineLoop.invalidateV7(start: start, end: end, lineSize: size)
            #expect(Self.lines(runs, size) == expected)
            // One operation a line, but two where both ends are inside the same line.
            let areInOneLine =
                start % size != 0 && end % size != 0 && start / size == end / size
            let count = areInOneLine ? 2 : Self.touched(start, end, size)
            #expect(UInt64(expected.count) == count)
        }
    }

    @Test(arguments: [UInt64(32), 64]) func oldV7InvalidatesTheFirstLineTwice(_ size: UInt64) {
        Self.everyRange(lineSize: size) { start, end in
            var expected: [[UInt64]] = []
            var line = start / size
            if start % size != 0 { expected.append([Self.both, line]) }
            if end % size != 0 { expected.append([Self.both, end / size]) }
            repeat {
                expected.append([Self.invalidate, line])
                line += 1
            } while line < end / size
            let runs = LineLoop.invalidateV7Before4p20(start: start, end: end, lineSize: size)
            #expect(Self.lines(runs, size) == expected)
        }
    }

    @Test(arguments: [UInt64(32), 64]) func arm64InvalidatesTheEndFirst(_ size: UInt64) {
        Self.everyRange(lineSize: size) { start, end in
            var expected: [[UInt64]] = []
            if end % size != 0 { expected.append([Self.both, end / size]) }
            var line = start / size
            expected.append([start % size != 0 ? Self.both : Self.invalidate, line])
            line += 1
            while line < end / size {
                expected.append([Self.invalidate, line])
                line += 1
            }
            let runs = LineLoop.invalidateArm64(start: start, end: end, lineSize: size)
            #expect(Self.lines(runs, size) == expected)
            let count = Self.arm64Count(start, end, size)
            #expect(UInt64(expected.count) == count)
        }
    }

    /// The lines touched, at least one, and one more where the partial end is in the start's own line.
    static func arm64Count(_ start: UInt64, _ end: UInt64, _ size: UInt64) -> UInt64 {
        let endsInStartLine = end % size != 0 && end / size == start / size
        return max(1, touched(start, end, size)) + (endsInStartLine ? 1 : 0)
    }

    @Test func arm64CleansAndThenInvalidatesAShortAlignedRange() {
        #expect(
            LineLoop.invalidateArm64(start: 0x1000, end: 0x1014, lineSize: 64) == [
                LineRun(operation: .cleanAndInvalidate, start: 0x1000, bytes: 0),
                LineRun(operation: .invalidate, start: 0x1000, bytes: 0),
            ])
        #expect(
            LineLoop.invalidateArm64(start: 0x1000, end: 0x1000, lineSize: 64) == [
                LineRun(operation: .invalidate, start: 0x1000, bytes: 0)
            ])
        // The same buffer on ARMv7 since 4.20: its only line is partial and is not invalidated.
        #expect(
            LineLoop.invalidateV7(start: 0x1000, end: 0x1014, lineSize: 64) == [
                LineRun(operation: .cleanAndInvalidate, start: 0x1000, bytes: 0)
            ])
    }

    @Test(arguments: [UInt64(32), 64]) func outerLoopsAreWhileLoops(_ size: UInt64) {
        Self.everyRange(lineSize: size) { start, end in
            var expected: [[UInt64]] = []
            var address = start / size * size
            while address < end {
                expected.append([Self.clean, address / size])
                address += size
            }
            let runs = LineLoop.outerEveryLine(.clean, start: start, end: end, lineSize: size)
            #expect(Self.lines(runs, size) == expected)
        }
    }
}
