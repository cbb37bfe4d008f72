import Operations

/// The first lines of all entries that a device may write to, with how many entries have each (linux-dma.md §3.3).
struct DMADebugLines: Sendable {
    /// The most overlaps of one line that can be counted: three tags of a radix tree.
    static let most = 7

    /// What adding an entry found.
    enum Outcome: Hashable, Sendable {
        /// The line was free, or is not tracked.
        case alone
        /// The line is taken by an entry, which does or does not promise to leave it alone; all entries that have it are or
        /// are not of coherent devices.
        case overlap(ignoresLines: Bool, isBeyondCount: Bool, isCoherent: Bool)
    }

    private struct Line: Sendable {
        var first: DMADebugEntry
        var overlaps = 0
        var isCoherent: Bool
    }

    private var lines: [UInt64: Line] = [:]
    private let lineSize: UInt64

    init(lineSize: UInt64) { self.lineSize = lineSize }

    /// Adds an entry of a device that the kernel does or does not believe to be coherent.
    mutating func add(_ entry: DMADebugEntry, isCoherent: Bool) -> Outcome {
        guard entry.direction != .toDevice else { return .alone }
        let number = entry.physical / lineSize
        guard var line = lines[number] else {
            lines[number] = Line(first: entry, isCoherent: isCoherent)
            return .alone
        }
        let isBeyond = line.overlaps == Self.most
        if !isBeyond { line.overlaps += 1 }
        line.isCoherent = line.isCoherent && isCoherent
        lines[number] = line
        return .overlap(
            ignoresLines: line.first.ignoresLines, isBeyondCount: isBeyond,
            isCoherent: line.isCoherent)
    }

    /// Takes an entry out; the line is free when as many were taken out as were counted.
    mutating func remove(_ entry: DMADebugEntry) {
        guard entry.direction != .toDevice else { return }
        let number = entry.physical / lineSize
        guard let line = lines[number] else { return }
        if line.overlaps == 0 { lines[number] = nil } else { lines[number]?.overlaps -= 1 }
    }

    /// The entry that took the first line of a page.
    ///
    /// Left out: where that entry has gone and another has its line, the kernel looks at memory that is free, or used
    /// for a third.
    func first(inPage physical: UInt64) -> (entry: DMADebugEntry, line: UInt64)? {
        let number = physical / Lowering.pageSize * Lowering.pageSize / lineSize
        return lines[number].map { ($0.first, number) }
    }
}
