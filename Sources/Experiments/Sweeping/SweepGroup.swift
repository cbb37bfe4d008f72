import MemoryModel
import Operations
import Statistics
import Traces

// What is run together: points that share one pass, or one point alone. A group takes the accesses of a trace in pieces, in
// their order, from one task at a time.

/// Points of a sweep that are run in one pass over the accesses.
protocol SweepGroup: AnyObject, Sendable {
    /// How many lines its caches have room for, which is what it takes of memory.
    var lines: Int { get }

    /// Replays accesses.
    ///
    /// - Parameters:
    ///   - accesses: The next of the trace.
    ///   - first: The number of the first one's record.
    ///   - highestCore: The highest core among them.
    func replay(_ accesses: UnsafeBufferPointer<MemoryAccess>, first: UInt64, highestCore: Int)

    /// Replays a window.
    func replay(_ window: AccessWindow)

    /// Goes on behind a piece of the trace that is not there.
    func leaveGap()

    /// What has been counted so far, by point, in the order of ``finish(_:)``.
    var totals: [[RunningTotal]] { get }

    /// What came of the points, once the trace is at its end.
    func finish(_ size: TraceSize) -> [SweepOutcome]
}

extension SweepGroup {
    func replay(_ window: AccessWindow) {
        window.accesses.withUnsafeBufferPointer {
            replay($0, first: window.firstRecord, highestCore: window.highestCore)
        }
    }
}

/// One machine with time.
final class TimedGroup: SweepGroup, @unchecked Sendable {
    private let number: UInt64
    private let configuration: MachineConfiguration
    private var machine: Machine<CountersProbe>
    private var failure: String?

    init(_ number: UInt64, _ configuration: MachineConfiguration, seed: UInt64) {
        self.number = number
        self.configuration = configuration
        machine = Machine(configuration, probe: CountersProbe(), seed: seed)
    }

    var lines: Int {
        let cores = UInt64(configuration.core.count)
        let caches = [
            configuration.level1Data, configuration.level1Instruction, configuration.level2?.cache,
            configuration.level3?.cache,
        ].compactMap(\.self)
        return Int(caches.reduce(0) { $0 + cores * $1.sets * UInt64($1.ways) })
    }

    func replay(_ accesses: UnsafeBufferPointer<MemoryAccess>, first: UInt64, highestCore: Int) {
        guard failure == nil else { return }
        guard highestCore < configuration.core.count else {
            failure =
                "record \(first) or after: found core\(highestCore), expected a core of "
                + "\(configuration.name), which has \(configuration.core.count)"
            return
        }
        machine.replay(accesses, firstRecord: UInt32(truncatingIfNeeded: first))
    }

    /// What the caches hold stays: nobody knows better.
    func leaveGap() {}

    var totals: [[RunningTotal]] {
        let counters = machine.probe.snapshot
        let caches = CacheTotals(counters, of: configuration).levels
        return [
            caches.flatMap { name, counts in
                guard let cache = RunningTotal.Cache(rawValue: name) else {
                    preconditionFailure("a cache that no sample knows: \(name)")
                }
                return RunningTotal.cache(cache, counts)
            }
                + [
                    RunningTotal("time.ns", machine.elapsed.nanoseconds),
                    RunningTotal("memory.bytesRead", Double(counters[.memoryBytesRead])),
                    RunningTotal("memory.bytesWritten", Double(counters[.memoryBytesWritten])),
                ]
        ]
    }

    func finish(_ size: TraceSize) -> [SweepOutcome] {
        if let failure { return [SweepOutcome(number: number, content: .impossible(failure))] }
        machine.finish()
        let result = ReplayResult(
            machine: configuration, records: size.records, counters: machine.probe.snapshot,
            dirtyAtEnd: machine.dirtyLines, elapsed: machine.elapsed)
        return [SweepOutcome(number: number, content: .replayed(result))]
    }
}

/// Counting machines that share one pass.
final class CountingGroup: SweepGroup, @unchecked Sendable {
    /// A part of a pass.
    enum Part {
        /// All caches of one level 1 with one line size.
        case stacks(StackBox)
        /// One level 1, with all caches of level 2 below it.
        case level1(HierarchyBox, below: [StackBox])
        /// One machine.
        case alone(HierarchyBox)
    }

    /// A point.
    struct Point {
        var number: UInt64
        /// What it has counted, the lines that are dirty now among it if asked.
        var counts: (_ withDirty: Bool) -> SweptCounts
        /// How often its caches have missed at least and at most, where pieces of the trace are missing.
        var bounds: () -> SweptBounds = { SweptBounds() }
    }

    let parts: [Part]
    let points: [Point]
    let lines: Int

    init(_ parts: [Part], lines: Int, points: [Point]) {
        self.parts = parts
        self.lines = lines
        self.points = points
    }

    func replay(_ accesses: UnsafeBufferPointer<MemoryAccess>, first: UInt64, highestCore: Int) {
        for part in parts {
            switch part {
            case .stacks(let box): box.counter.replay(accesses)
            case .alone(let box): box.hierarchy.replay(accesses)
            case .level1(let box, let below):
                // In pieces, so that what is asked of level 2 stays in the host's caches.
                for start in stride(from: 0, to: accesses.count, by: AccessReader.blockSize) {
                    let end = min(start + AccessReader.blockSize, accesses.count)
                    box.hierarchy.replay(UnsafeBufferPointer(rebasing: accesses[start..<end]))
                    let requests = box.hierarchy.takeRequests()
                    requests.withUnsafeBufferPointer { requests in
                        for stack in below { stack.counter.replay(requests) }
                    }
                }
            }
        }
    }

    func leaveGap() {
        for part in parts {
            switch part {
            case .stacks(let box): box.counter.leaveGap()
            case .level1(_, let below): for stack in below { stack.counter.leaveGap() }
            case .alone: break
            }
        }
    }

    var totals: [[RunningTotal]] {
        points.map { point in
            let (counts, bounds) = (point.counts(false), point.bounds())
            var totals = RunningTotal.cache(.level1Data, counts.level1Data, bounds.level1Data)
            if let fetches = counts.level1Instruction {
                totals += RunningTotal.cache(.level1Instruction, fetches, bounds.level1Instruction)
            }
            if let second = counts.level2 {
                totals += RunningTotal.cache(.level2, second, bounds.level2, doubt: bounds.doubt)
            }
            return totals
        }
    }

    func finish(_ size: TraceSize) -> [SweepOutcome] {
        points.map { point in
            var counts = point.counts(true)
            counts.records = size.records
            return SweepOutcome(number: point.number, content: .counted(counts))
        }
    }
}

/// How often the caches of a counting machine have missed at least and at most; nil: as often as was counted.
struct SweptBounds {
    var level1Data: PlainMissBounds?
    var level1Instruction: PlainMissBounds?
    var level2: PlainMissBounds?

    /// In how many accesses level 1 may have asked level 2, or may not.
    var doubt: UInt64 {
        [level1Data, level1Instruction].compactMap(\.self).reduce(0) {
            $0 + ($1.mostReads - $1.leastReads) + ($1.mostWrites - $1.leastWrites)
        }
    }
}

/// A counter that several parts of a group refer to.
final class StackBox {
    var counter: StackCounter

    init(_ counter: consuming StackCounter) { self.counter = counter }
}

/// A machine that several parts of a group refer to.
final class HierarchyBox {
    var hierarchy: PlainHierarchy

    init(_ hierarchy: consuming PlainHierarchy) { self.hierarchy = hierarchy }
}
