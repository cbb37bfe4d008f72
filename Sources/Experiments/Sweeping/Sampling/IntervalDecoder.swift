import Operations
import Traces

/// Takes pieces out of a trace, and what comes before them for warmth.
final class IntervalDecoder: WindowSource, @unchecked Sendable {
    private let inner: AccessDecoder
    private let sample: IntervalSample
    /// The place in the trace.
    private var place: UInt64 = 0
    /// The piece that comes next, or that the place is in.
    private var index: UInt64 = 0
    private var piece: Range<UInt64>
    private var endOfLast: UInt64 = 0
    private var isInGap = false
    private var all = AccessCounts()

    init(_ inner: AccessDecoder, _ sample: IntervalSample) {
        self.inner = inner
        self.sample = sample
        piece = sample.piece(0)
    }

    var size: TraceSize { TraceSize(records: inner.size.records, counts: all) }

    func next() throws(TraceErrors) -> AccessWindow? {
        while let read = try inner.next() {
            var window = read
            window.accesses = []
            read.accesses.withUnsafeBufferPointer { take($0, into: &window) }
            if !window.parts.isEmpty { return window }
        }
        return nil
    }

    private func take(
        _ accesses: UnsafeBufferPointer<MemoryAccess>, into window: inout AccessWindow
    ) {
        var used = 0
        while used < accesses.count {
            if place >= piece.upperBound {
                endOfLast = piece.upperBound
                index += 1
                piece = sample.piece(index)
                continue
            }
            let start = piece.lowerBound
            let warm = max(start > sample.warmUp ? start - sample.warmUp : 0, endOfLast)
            let until = place < warm ? warm : place < start ? start : piece.upperBound
            let count = Int(min(until - place, UInt64(accesses.count - used)))
            var counts = AccessCounts()
            for access in accesses[used..<used + count] { counts.add(access.kind) }
            all += counts
            if place < warm {
                isInGap = true
            } else {
                let from = window.accesses.count
                window.accesses += UnsafeBufferPointer(rebasing: accesses[used..<used + count])
                window.parts.append(
                    SamplePart(
                        range: from..<window.accesses.count, unit: place < start ? nil : Int(index),
                        counts: counts, followsGap: isInGap,
                        endsUnit: place + UInt64(count) == piece.upperBound))
                isInGap = false
            }
            used += count
            place += UInt64(count)
        }
    }
}
