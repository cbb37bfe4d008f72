/// Maintenance of one line, or of neighbouring lines in ascending order: what a loop of the kernel does.
struct LineRun: Hashable, Sendable {
    /// What is done to each line.
    var operation: RangeOperation
    /// The first byte of the first line; for a loop over a whole range, the range's first byte.
    var start: UInt64
    /// How many bytes: every line touched.
    ///
    /// 0: the one line that holds `start`.
    var bytes: UInt64

    /// How many lines of a size are touched.
    func count(lineSize: UInt64) -> UInt64 {
        guard bytes > 0 else { return 1 }
        let mask = lineSize - 1
        return ((start & mask) + bytes + mask) / lineSize
    }
}

/// One thing that a loop over lines does.
enum LineStep: Hashable, Sendable {
    /// Maintenance.
    case run(LineRun)
    /// The core loads from the line, and stores the same back if it wants to own it, so that no other core has it.
    case own(address: UInt64, bytes: UInt32, stores: Bool)
}

/// A loop of the kernel over the lines of a range, as data: which lines, which operation, which order.
///
/// All loops have the same three parts: what is done to a first line that the range covers in part, what is done to
/// such a last line, and what is done to line after line. A partial line is recognised by the caller's bytes:
/// `start` or `end` inside it. `end` is not in the last page of the address space; ``Lowering`` refuses such ranges.
struct LineLoop: Hashable, Sendable {
    /// When a partial last line has its turn.
    enum LastTurn: Hashable, Sendable {
        case beforeFirst
        case afterFirst
        case afterBody
    }

    /// The pieces that a controller's operations by range take.
    struct Pieces: Hashable, Sendable {
        /// The most bytes of one.
        var bytes: UInt64
        /// What none crosses, in bytes.
        var boundary: UInt64
    }

    /// What is done to a partial first line, one after the other.
    var partialFirst: [RangeOperation] = []
    /// What is done to a partial last line.
    var partialLast: [RangeOperation] = []
    /// When.
    var lastTurn = LastTurn.afterFirst
    /// Whether a last line is left alone if it was a partial first line already.
    var doesSharedLineOnce = false
    /// What is done to line after line; several: one after the other on each line, or on each piece.
    var body: [RangeOperation]
    /// Whether the body begins behind a partial first line.
    var skipsPartialFirst = false
    /// Whether the body ends before a partial last line (`end` is rounded down).
    var skipsPartialLast = false
    /// Whether the end of the body is asked for after the first line (do-while): there is always one.
    ///
    /// It has no say where the body begins behind a partial first line.
    var doesAtLeastOne = true
    /// The pieces of operations by range; nil: line by line.
    var pieces: Pieces?
    /// How the core takes each line for itself before its operation; nil: it does not.
    var ownership: Ownership?
    /// Whether the body begins with the first whole line, though nothing was done to a partial one before.
    var startsAtWholeLine = false
    /// Where the body ends.
    var extent = Extent.range
    /// Whether a partial last line is left alone where the body begins with it.
    var sparesLastAtBodyStart = false

    /// Where a body ends that does not look at the end of the range.
    enum Extent: Hashable, Sendable {
        /// At the range's end.
        case range
        /// As many bytes behind its own rounded start as the range has: the last line can be missed.
        case size
        /// One step before that.
        case sizeLessOne
    }

    /// How a core takes a line for itself (`CONFIG_DMA_CACHE_RWFO`).
    enum Ownership: Hashable, Sendable {
        /// A load of a word from each line.
        case read
        /// A load and a store of a byte of the range's first line, then of so many bytes of each further one.
        case readWrite(bytes: UInt32)
    }

    /// The steps for a range, in order.
    func steps(start: UInt64, end: UInt64, lineSize: UInt64) -> [LineStep] {
        let mask = lineSize - 1
        let first = start & ~mask
        let last = end & ~mask
        let isFirstPartial = start & mask != 0 && !partialFirst.isEmpty
        let isShared = isFirstPartial && first == last
        let bodyStart = first + (isFirstPartial ? lineSize : 0)
        let isLastPartial =
            end & mask != 0 && !partialLast.isEmpty && !(doesSharedLineOnce && isShared)
            && !(sparesLastAtBodyStart && last == bodyStart)

        let firstSteps = isFirstPartial ? partialFirst.map { Self.line($0, first) } : []
        var lastSteps = isLastPartial ? partialLast.map { Self.line($0, last) } : []
        var steps: [LineStep] = []
        if case .readWrite = ownership {
            steps.append(.own(address: start, bytes: 1, stores: true))
            if isLastPartial {
                lastSteps.insert(.own(address: end - 1, bytes: 1, stores: true), at: 0)
            }
        }
        let bodySteps = bodySteps(
            start: start, end: end, isFirstDone: isFirstPartial, lineSize: lineSize)
        switch lastTurn {
        case .beforeFirst: steps += lastSteps + firstSteps + bodySteps
        case .afterFirst: steps += firstSteps + lastSteps + bodySteps
        case .afterBody: steps += firstSteps + bodySteps + lastSteps
        }
        return steps
    }

    /// What is done to line after line.
    private func bodySteps(
        start: UInt64, end: UInt64, isFirstDone: Bool, lineSize: UInt64
    ) -> [LineStep] {
        guard !body.isEmpty else { return [] }
        let mask = lineSize - 1
        let isBehindFirst =
            (skipsPartialFirst && isFirstDone) || (startsAtWholeLine && start & mask != 0)
        let from = (start & ~mask) + (isBehindFirst ? lineSize : 0)
        let to =
            switch extent {
            case .range: skipsPartialLast ? end & ~mask : end
            case .size: from + (end - start)
            case .sizeLessOne: from + max(end - start, lineSize) - lineSize
            }
        guard from < to || (doesAtLeastOne && !isBehindFirst) else { return [] }
        if let pieces {
            return pieceSteps(pieces, from: from, to: (to + mask) & ~mask)
        }
        if body.count == 1, ownership == nil {
            // A loop over the whole range is told by the range's own bytes.
            let first = isBehindFirst || skipsPartialLast || extent != .range ? from : start
            return body.map {
                .run(LineRun(operation: $0, start: first, bytes: to > first ? to - first : 0))
            }
        }
        var steps: [LineStep] = []
        var line = from
        repeat {
            switch ownership {
            case .read: steps.append(.own(address: line, bytes: 4, stores: false))
            case .readWrite(let bytes) where line != from:
                steps.append(.own(address: line, bytes: bytes, stores: true))
            default: break
            }
            steps += body.map { Self.line($0, line) }
            line += lineSize
        } while line < to
        return steps
    }

    private func pieceSteps(_ pieces: Pieces, from: UInt64, to: UInt64) -> [LineStep] {
        var steps: [LineStep] = []
        var start = from
        while start < to {
            let boundary = (start | (pieces.boundary - 1)) + 1
            let end = min(to, min(start + pieces.bytes, boundary))
            steps += body.map {
                .run(LineRun(operation: $0, start: start, bytes: end - start))
            }
            start = end
        }
        return steps
    }

    private static func line(_ operation: RangeOperation, _ start: UInt64) -> LineStep {
        .run(LineRun(operation: operation, start: start, bytes: 0))
    }
}
