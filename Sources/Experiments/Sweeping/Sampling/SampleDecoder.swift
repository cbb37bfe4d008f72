import MemoryModel
import Operations
import Traces

/// Neighbouring accesses of a window, and what they are of a sample.
struct SamplePart: Hashable, Sendable {
    /// Which accesses of the window.
    var range: Range<Int>
    /// The unit they are counted in; nil: they are for warmth.
    var unit: Int?
    /// How many accesses of the trace they are.
    var accesses: UInt64
    /// Whether accesses that come before them are missing.
    var followsGap = false
    /// Whether they are the last of their unit.
    var endsUnit = false
}

/// Takes the accesses to some sets out of a trace.
///
/// Units have no set in common, so that their order among each other is free.
final class SetDecoder: WindowSource, @unchecked Sendable {
    private let inner: AccessDecoder
    private let sample: SetSample
    private let rule: StraddleRule
    private let windowSize: Int
    private var accesses: UInt64 = 0
    private var units: [[MemoryAccess]]
    private var counts: [UInt64]

    init(_ inner: AccessDecoder, _ sample: SetSample, _ rule: StraddleRule, windowSize: Int) {
        self.inner = inner
        self.sample = sample
        self.rule = rule
        self.windowSize = windowSize
        units = Array(repeating: [], count: sample.units)
        counts = Array(repeating: 0, count: sample.units)
    }

    var size: TraceSize { TraceSize(records: inner.size.records, accesses: accesses) }

    func next() throws(TraceErrors) -> AccessWindow? {
        for unit in units.indices {
            units[unit].removeAll(keepingCapacity: true)
            counts[unit] = 0
        }
        var kept = 0
        var window: AccessWindow?
        while kept < windowSize, let read = try inner.next() {
            window = AccessWindow(
                accesses: [], firstRecord: window?.firstRecord ?? read.firstRecord,
                highestCore: max(window?.highestCore ?? 0, read.highestCore))
            for access in read.accesses { deal(access) }
            kept = units.reduce(0) { $0 + $1.count }
        }
        guard var window else { return nil }
        window.accesses.reserveCapacity(kept)
        for (unit, accesses) in units.enumerated() where !accesses.isEmpty {
            let start = window.accesses.count
            window.accesses += accesses
            window.parts.append(
                SamplePart(
                    range: start..<window.accesses.count, unit: unit, accesses: counts[unit]))
        }
        return window
    }

    /// Puts an access where its sets are: piece by piece, where it crosses them.
    private func deal(_ access: MemoryAccess) {
        let shift = UInt64(sample.lowestBit)
        let last = max(access.address, access.address &+ UInt64(access.size) &- 1)
        let isRecord = access.kind == .copyBack || access.kind == .invalidate
        guard !isRecord || access.size > 0 else {
            // It concerns all sets.
            for unit in units.indices { units[unit].append(access) }
            return
        }
        guard rule != .first || isRecord, access.address &>> shift != last &>> shift else {
            accesses &+= isRecord ? 0 : 1
            let unit = sample.unit(of: access.address)
            guard unit >= 0 else { return }
            units[unit].append(access)
            counts[unit] &+= isRecord ? 0 : 1
            return
        }
        for block in access.address &>> shift...last &>> shift {
            accesses &+= isRecord ? 0 : 1
            let start = max(access.address, block &<< shift)
            let unit = sample.unit(of: start)
            guard unit >= 0 else { continue }
            var piece = access
            piece.address = start
            let end = min(last, block &<< shift | (1 &<< shift &- 1))
            piece.size = UInt32(truncatingIfNeeded: end - start + 1)
            units[unit].append(piece)
            counts[unit] &+= isRecord ? 0 : 1
        }
    }
}

/// Takes pieces out of a trace, and what comes before them for warmth.
final class IntervalDecoder: WindowSource, @unchecked Sendable {
    private let inner: AccessDecoder
    private let sample: IntervalSample
    /// The place in the trace.
    private var place: UInt64 = 0
    /// The piece that comes next, or that the place is in.
    private var index: UInt64 = 0
    private var start: UInt64
    private var endOfLast: UInt64 = 0
    private var isInGap = false

    init(_ inner: AccessDecoder, _ sample: IntervalSample) {
        self.inner = inner
        self.sample = sample
        start = sample.start(of: 0)
    }

    var size: TraceSize { inner.size }

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
            let warm = max(start > sample.warmUp ? start - sample.warmUp : 0, endOfLast)
            let end = start + sample.length
            let (until, isKept) =
                place < warm ? (warm, false) : place < start ? (start, true) : (end, true)
            let count = Int(min(until - place, UInt64(accesses.count - used)))
            if isKept {
                let from = window.accesses.count
                window.accesses += UnsafeBufferPointer(rebasing: accesses[used..<used + count])
                window.parts.append(
                    SamplePart(
                        range: from..<window.accesses.count, unit: place < start ? nil : Int(index),
                        accesses: UInt64(count), followsGap: isInGap,
                        endsUnit: place + UInt64(count) == end))
                isInGap = false
            } else {
                isInGap = true
            }
            used += count
            place += UInt64(count)
            if place == end {
                endOfLast = end
                index += 1
                start = sample.start(of: index)
            }
        }
    }
}
