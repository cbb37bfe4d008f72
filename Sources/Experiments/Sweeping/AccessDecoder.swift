import Operations
import Traces

/// Neighbouring accesses of a trace, decoded once for many machines.
struct AccessWindow: Sendable {
    var accesses: [MemoryAccess]
    /// The number of the first one's record.
    var firstRecord: UInt64
    /// The highest core among them.
    var highestCore: Int
    /// What they are of a sample; empty where there is none.
    var parts: [SamplePart] = []
}

/// What yields a trace's accesses, all or a sample of them, window by window; from one task at a time.
protocol WindowSource: AnyObject, Sendable {
    /// What was read.
    var size: TraceSize { get }

    /// The next window; nil at the end.
    func next() throws(TraceErrors) -> AccessWindow?
}

/// How much of a trace was read.
struct TraceSize: Hashable, Sendable {
    /// Records.
    var records: UInt64 = 0
    /// Accesses, of which a sample is drawn; none where there is no sample.
    var counts = AccessCounts()
}

/// Decodes a trace window by window.
///
/// One task at a time may use it.
final class AccessDecoder: WindowSource, @unchecked Sendable {
    private let source: any AccessSource
    private let windowSize: Int

    /// - Precondition: a window has room for two accesses.
    init(_ source: any AccessSource, windowSize: Int) {
        self.source = source
        self.windowSize = windowSize
    }

    var size: TraceSize { TraceSize(records: source.recordCount) }

    /// The next window; nil at the end.
    func next() throws(TraceErrors) -> AccessWindow? {
        let first = source.recordCount + 1
        var failure: TraceErrors?
        let accesses = [MemoryAccess](unsafeUninitializedCapacity: windowSize) {
            room, count in
            while room.count - count >= 2 {
                do throws(TraceErrors) {
                    let end = min(count + AccessReader.blockSize, room.count)
                    let read = try source.read(
                        into: UnsafeMutableBufferPointer(rebasing: room[count..<end]))
                    if read == 0 { return }
                    count += read
                } catch {
                    failure = error
                    return
                }
            }
        }
        if let failure { throw failure }
        guard !accesses.isEmpty else { return nil }
        let highest = accesses.reduce(0) { max($0, Int($1.agent.index)) }
        return AccessWindow(accesses: accesses, firstRecord: first, highestCore: highest)
    }
}
