import Operations
import Testing

@testable import DMAMapping

/// The loops of outer caches' controllers, for every range with both ends in the first three lines.
@Suite struct OuterLoopTests {
    typealias Touch = LineLoopTests.Touch

    private let size: UInt64 = 32

    private func expect(_ loop: LineLoop, _ expected: (UInt64, UInt64) -> [Touch]) {
        LineLoopTests.everyRange(lineSize: size) { start, end in
            let found = LineLoopTests.touches(loop, start, end, size)
            #expect(found == expected(start, end), "\(start) to \(end)")
        }
    }

    /// The lines from the one that holds the start up to the end.
    private func lines(_ start: UInt64, _ end: UInt64) -> [UInt64] {
        stride(from: start / size * size, to: end, by: Int(size)).map { $0 / size }
    }

    @Test func cleansAreWhileLoops() {
        expect(.outerEveryLine(.clean)) { start, end in
            lines(start, end).map { Touch(.clean, $0) }
        }
        LineLoopTests.everyRange(lineSize: size) { start, end in
            let touched = LineLoopTests.touched(start, end, size)
            let count = LineLoopTests.touches(.outerEveryLine(.clean), start, end, size).count
            // An empty range inside a line touches that line.
            #expect(count == (start == end && start % size != 0 ? 1 : Int(touched)))
        }
    }

    @Test func pl310InvalidatesPartialLinesOnlyByCleaningThem() {
        expect(.outerInvalidate) { start, end in
            var expected: [Touch] = []
            var from = start
            if start % size != 0 {
                expected.append(Touch(.cleanAndInvalidate, start / size))
                from = (start / size + 1) * size
            }
            if end % size != 0 { expected.append(Touch(.cleanAndInvalidate, end / size)) }
            return expected + lines(from, end / size * size).map { Touch(.invalidate, $0) }
        }
    }

    @Test func erratum588369CleansAndInvalidatesApart() {
        expect(.outerInvalidateErratum588369) { start, end in
            LineLoopTests.touches(.outerInvalidate, start, end, size).flatMap {
                $0.operation == .cleanAndInvalidate
                    ? [Touch(.clean, $0.line), Touch(.invalidate, $0.line)] : [$0]
            }
        }
    }

    @Test func feroceonDoesASharedLineOnce() {
        expect(.outerInvalidateFeroceon) { start, end in
            var (from, to) = (start, end)
            var expected: [Touch] = []
            if start % size != 0 {
                expected.append(Touch(.cleanAndInvalidate, start / size))
                from = (start / size + 1) * size
            }
            if from < to, end % size != 0 {
                expected.append(Touch(.cleanAndInvalidate, end / size))
                to = end / size * size
            }
            return expected + lines(from, to).map { Touch(.invalidate, $0) }
        }
    }

    @Test func xsc3DoesTheLastLineLast() {
        expect(.outerInvalidateXSC3) { start, end in
            var from = start
            var expected: [Touch] = []
            if start % size != 0 {
                expected += [Touch(.clean, start / size), Touch(.invalidate, start / size)]
                from = (start / size + 1) * size
            }
            while from < end / size * size {
                expected.append(Touch(.invalidate, from / size))
                from += size
            }
            if from < end {
                expected += [Touch(.clean, from / size), Touch(.invalidate, from / size)]
            }
            return expected
        }
    }

    /// Pieces of 1024 bytes that cross no page, in ranges that are not on their boundaries.
    @Test func auroraTakesPieces() {
        let loop = LineLoop.outerPieces(.clean, .invalidate, of: 1_024, within: 4_096)
        let steps = loop.steps(start: 0x1f10, end: 0x2a05, lineSize: 32)
        let pieces: [(UInt64, UInt64)] = [
            (0x1f00, 0x100), (0x2000, 0x400), (0x2400, 0x400), (0x2800, 0x220),
        ]
        #expect(
            steps
                == pieces.flatMap { start, bytes in
                    [RangeOperation.clean, .invalidate].map {
                        LineStep.run(LineRun(operation: $0, start: start, bytes: bytes))
                    }
                })
        #expect(loop.steps(start: 0x40, end: 0x40, lineSize: 32).isEmpty)
    }
}
