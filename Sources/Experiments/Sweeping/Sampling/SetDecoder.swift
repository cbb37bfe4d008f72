import MemoryModel
import Operations
import Traces

/// Takes the accesses to some sets out of a trace.
///
/// Units have no set in common, so that their order among each other is free.
final class SetDecoder: WindowSource, @unchecked Sendable {
    private let inner: AccessDecoder
    private let sample: SetSample
    private let rule: StraddleRule
    private let windowSize: Int
    private var all = AccessCounts()
    private var units: [[MemoryAccess]]
    private var counts: [AccessCounts]

    init(_ inner: AccessDecoder, _ sample: SetSample, _ rule: StraddleRule, windowSize: Int) {
        self.inner = inner
        self.sample = sample
        self.rule = rule
        self.windowSize = windowSize
        units = Array(repeating: [], count: sample.units)
        counts = Array(repeating: AccessCounts(), count: sample.units)
    }

    var size: TraceSize { TraceSize(records: inner.size.records, counts: all) }

    func next() throws(TraceErrors) -> AccessWindow? {
        for unit in units.indices {
            units[unit].removeAll(keepingCapacity: true)
            counts[unit] = AccessCounts()
        }
        var kept = 0
        var window: AccessWindow?
        while kept < windowSize, let read = try inner.next() {
            window = AccessWindow(
                accesses: [], firstRecord: window?.firstRecord ?? read.firstRecord,
                highestCore: max(window?.highestCore ?? 0, read.highestCore))
            for access in read.accesses { try deal(access) }
            kept = units.reduce(0) { $0 + $1.count }
        }
        guard var window else { return nil }
        window.accesses.reserveCapacity(kept)
        for (unit, accesses) in units.enumerated() where !accesses.isEmpty {
            let start = window.accesses.count
            window.accesses += accesses
            window.parts.append(
                SamplePart(
                    range: start..<window.accesses.count, unit: unit, counts: counts[unit]))
        }
        return window
    }

    /// Puts an access where its sets are: piece by piece, where it crosses them.
    private func deal(_ access: MemoryAccess) throws(TraceErrors) {
        let shift = UInt64(sample.lowestBit)
        let last = max(access.address, access.address &+ UInt64(access.size) &- 1)
        let isRecord = access.kind == .copyBack || access.kind == .invalidate
        guard !isRecord || access.size > 0 else { throw TraceErrors([wholeCache(access)]) }
        guard rule != .first || isRecord, access.address &>> shift != last &>> shift else {
            return put(access)
        }
        for block in access.address &>> shift...last &>> shift {
            var piece = access
            piece.address = max(access.address, block &<< shift)
            let end = min(last, block &<< shift | (1 &<< shift &- 1))
            piece.size = UInt32(truncatingIfNeeded: end - piece.address + 1)
            put(piece)
        }
    }

    private func put(_ piece: MemoryAccess) {
        all.add(piece.kind)
        let unit = sample.unit(of: piece.address)
        guard unit >= 0 else { return }
        units[unit].append(piece)
        counts[unit].add(piece.kind)
    }

    /// What is said of a record for all sets: they are counted one after the other, and it has a place in time.
    private func wholeCache(_ access: MemoryAccess) -> TraceError {
        TraceError(
            file: "--sample-sets", line: 0,
            found:
                "a record that \(access.kind == .copyBack ? "copies back" : "invalidates") whole caches",
            expected: "accesses, and records with addresses; --sample-intervals takes both")
    }
}
