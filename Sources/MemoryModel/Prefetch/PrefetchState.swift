import Quantities

// What is modelled: streams of misses at one stride, followed after some of them; the lines that are on their way.
// A use of a line that the prefetcher brought counts as a miss for the stream, so that it goes on.
// Left out: filters by instruction address, throttling by accuracy.

/// What a prefetcher has seen and asked for.
struct PrefetchState {
    /// Lines of one page that have been asked for at one distance.
    struct Stream {
        /// The line asked for last.
        var last: UInt64
        /// How far each is from the one before; 0: not known yet.
        var stride: UInt64 = 0
        /// How many there were.
        var count = 1
    }

    /// The streams, the one used last first.
    var streams: [Stream] = []
    /// The lines on their way, and when they will be there.
    var arrivals: [(line: UInt64, tick: UInt64)] = []

    /// When a line that was prefetched is there; 0: it has been for long.
    func arrival(of line: UInt64) -> UInt64 {
        arrivals.last { $0.line == line }?.tick ?? 0
    }

    /// Follows a miss.
    ///
    /// - Parameters:
    ///   - line: The line that missed.
    ///   - rules: What the prefetcher can do.
    ///   - pageShift: Log2 of the lines of a page.
    /// - Returns: the stride to prefetch at; nil: none yet.
    mutating func follow(
        _ line: UInt64, _ rules: PrefetchConfiguration, pageShift: UInt64
    ) -> UInt64? {
        if rules.kind == .nextLine { return 1 }
        var found: Stream?
        if let index = streams.firstIndex(where: { $0.stride != 0 && $0.last &+ $0.stride == line })
        {
            found = streams.remove(at: index)
            found?.count += 1
        } else if streams.contains(where: { $0.last == line }) {
            return nil
        } else if let index = streams.firstIndex(where: {
            let distance = Int64(bitPattern: line &- $0.last)
            return $0.last &>> pageShift == line &>> pageShift
                && distance.magnitude <= UInt64(rules.maximumStride)
        }) {
            let near = streams.remove(at: index)
            found = Stream(last: line, stride: line &- near.last, count: 2)
        }
        var stream = found ?? Stream(last: line)
        stream.last = line
        if found == nil, streams.count >= rules.streams { streams.removeLast() }
        streams.insert(stream, at: 0)
        return stream.stride != 0 && stream.count >= rules.trigger ? stream.stride : nil
    }
}
