import Operations
import Testing

@testable import DMAMapping

/// The loops over lines against a slow reading of the kernel's own loops, and against the formulas for their counts.
///
/// Every range with both ends in the first three lines is tried, empty ones among them.
@Suite struct LineLoopTests {
    /// An operation on a line, by the line's number.
    struct Touch: Hashable, CustomStringConvertible {
        var operation: RangeOperation
        var line: UInt64

        init(_ operation: RangeOperation, _ line: UInt64) {
            self.operation = operation
            self.line = line
        }

        var description: String { "\(operation.rawValue) \(line)" }
    }

    static func everyRange(lineSize: UInt64, _ body: (UInt64, UInt64) -> Void) {
        for start in 0...(3 * lineSize) {
            for end in start...(3 * lineSize) { body(start, end) }
        }
    }

    /// What a loop does to each line, in order.
    static func touches(
        _ loop: LineLoop, _ start: UInt64, _ end: UInt64, _ lineSize: UInt64
    ) -> [Touch] {
        loop.steps(start: start, end: end, lineSize: lineSize).flatMap { step in
            guard case .run(let run) = step else { return [Touch]() }
            return (0..<run.count(lineSize: lineSize)).map {
                Touch(run.operation, run.start / lineSize + $0)
            }
        }
    }

    /// ceil(E/L) - floor(S/L): the lines touched.
    static func touched(_ start: UInt64, _ end: UInt64, _ lineSize: UInt64) -> UInt64 {
        (end + lineSize - 1) / lineSize - start / lineSize
    }

    /// What a loop does is what is expected for every range, and as often as a formula says.
    private func expect(
        _ loop: LineLoop, _ size: UInt64, count: (UInt64, UInt64) -> UInt64,
        as expected: (UInt64, UInt64) -> [Touch]
    ) {
        Self.everyRange(lineSize: size) { start, end in
            let found = Self.touches(loop, start, end, size)
            #expect(found == expected(start, end), "\(start) to \(end)")
            #expect(UInt64(found.count) == count(start, end), "\(start) to \(end)")
        }
    }

    @Test(arguments: [UInt64(32), 64]) func cleansTouchEveryLineAndAtLeastOne(_ size: UInt64) {
        expect(
            .everyLine(.clean), size, count: { max(1, Self.touched($0, $1, size)) },
            as: {
                start, end in
                var line = start / size
                var expected: [Touch] = []
                repeat {
                    expected.append(Touch(.clean, line))
                    line += 1
                } while line * size < end
                return expected
            })
    }

    @Test(arguments: [UInt64(32), 64]) func twoInstructionsAreBothDoneToALine(_ size: UInt64) {
        expect(
            .everyLine(.clean, .invalidate), size,
            count: { 2 * max(1, Self.touched($0, $1, size)) },
            as: { start, end in
                var line = start / size
                var expected: [Touch] = []
                repeat {
                    expected += [Touch(.clean, line), Touch(.invalidate, line)]
                    line += 1
                } while line * size < end
                return expected
            })
    }

    @Test(arguments: [UInt64(32), 64]) func v7InvalidatesAsItsLoopDoes(_ size: UInt64) {
        // One operation a line, but two where both ends are inside the same line.
        expect(
            .invalidateV7, size,
            count: {
                Self.areInOneLine($0, $1, size) ? 2 : Self.touched($0, $1, size)
            },
            as: { start, end in
                var expected: [Touch] = []
                var line = start / size
                if start % size != 0 {
                    expected.append(Touch(.cleanAndInvalidate, line))
                    line += 1
                }
                if end % size != 0 { expected.append(Touch(.cleanAndInvalidate, end / size)) }
                while line < end / size {
                    expected.append(Touch(.invalidate, line))
                    line += 1
                }
                return expected
            })
    }

    static func areInOneLine(_ start: UInt64, _ end: UInt64, _ size: UInt64) -> Bool {
        start % size != 0 && end % size != 0 && start / size == end / size
    }

    /// The three that invalidate a partial first line again; they differ in what they do to partial lines before.
    @Test(
        arguments: [UInt64(32), 64],
        [
            (LineLoop.invalidateV7Before4p20, RangeOperation.cleanAndInvalidate),
            (.invalidateV6, .clean),
        ])
    func theFirstLineIsDoneTwice(_ size: UInt64, _ loop: (LineLoop, RangeOperation)) {
        expect(
            loop.0, size,
            count: { start, end in
                // Whole lines up to the last partial one, at least one, and each partial end.
                max(1, end / size - min(end / size, start / size)) + (start % size != 0 ? 1 : 0)
                    + (end % size != 0 ? 1 : 0)
            },
            as: { start, end in
                var expected: [Touch] = []
                var line = start / size
                if start % size != 0 { expected.append(Touch(loop.1, line)) }
                if end % size != 0 { expected.append(Touch(.cleanAndInvalidate, end / size)) }
                repeat {
                    expected.append(Touch(.invalidate, line))
                    line += 1
                } while line < end / size
                return expected
            })
    }

    @Test(arguments: [UInt64(16), 32]) func v5CleansPartialLinesAndInvalidatesAll(_ size: UInt64) {
        expect(
            .invalidateV5, size,
            count: { start, end in
                max(1, Self.touched(start, end, size)) + (start % size != 0 ? 1 : 0)
                    + (end % size != 0 ? 1 : 0)
            },
            as: { start, end in
                var expected: [Touch] = []
                if start % size != 0 { expected.append(Touch(.clean, start / size)) }
                if end % size != 0 { expected.append(Touch(.clean, end / size)) }
                var address = start / size * size
                repeat {
                    expected.append(Touch(.invalidate, address / size))
                    address += size
                } while address < end
                return expected
            })
    }

    @Test(arguments: [UInt64(32), 64]) func arm64InvalidatesTheEndFirst(_ size: UInt64) {
        expect(
            .invalidateArm64, size, count: { Self.arm64Count($0, $1, size) },
            as: { start, end in
                var expected: [Touch] = []
                if end % size != 0 { expected.append(Touch(.cleanAndInvalidate, end / size)) }
                var line = start / size
                expected.append(Touch(start % size != 0 ? .cleanAndInvalidate : .invalidate, line))
                line += 1
                while line < end / size {
                    expected.append(Touch(.invalidate, line))
                    line += 1
                }
                return expected
            })
    }

    /// The lines touched, at least one, and one more where the partial end is in the start's own line.
    static func arm64Count(_ start: UInt64, _ end: UInt64, _ size: UInt64) -> UInt64 {
        let endsInStartLine = end % size != 0 && end / size == start / size
        return max(1, touched(start, end, size)) + (endsInStartLine ? 1 : 0)
    }

    @Test func arm64CleansAndThenInvalidatesAShortAlignedRange() {
        #expect(
            Self.touches(.invalidateArm64, 0x1000, 0x1014, 64) == [
                Touch(.cleanAndInvalidate, 0x40), Touch(.invalidate, 0x40),
            ])
        #expect(Self.touches(.invalidateArm64, 0x1000, 0x1000, 64) == [Touch(.invalidate, 0x40)])
        // The same buffer on ARMv7 since 4.20: its only line is partial and is not invalidated.
        #expect(
            Self.touches(.invalidateV7, 0x1000, 0x1014, 64) == [Touch(.cleanAndInvalidate, 0x40)])
    }

    @Test("Which routines use operations by set and way is what their rows say")
    func setWay() {
        for routines in InnerRoutines.allCases {
            let uses = InnerRoutineRow.rows.filter { $0.routines.contains(routines) }.contains {
                row in
                [row.ranges.clean, row.ranges.invalidate, row.ranges.flush].contains {
                    if case .all = $0.work { true } else { false }
                }
            }
            #expect(routines.usesSetWay == uses, "\(routines)")
        }
        #expect(InnerRoutines.v4.usesSetWay)
    }
}
