import Quantities

// What is modelled: streams of misses at one stride, followed after some of them; the lines that are on their way.
// A use of a line that the prefetcher brought counts as a miss for the stream, so that it goes on.
// Left out: filters by instruction address, throttling by accuracy.

/// What the prefetchers of some caches have seen and asked for.
struct PrefetchState: ~Copyable {
    /// Lines of one page that have been asked for at one distance.
    struct Stream: BitwiseCopyable {
        /// The line asked for last.
        var last: UInt64
        /// How far each is from the one before; 0: not known yet.
        var stride: UInt64 = 0
        /// How many there were.
        var count = 1
    }

    /// A line on its way.
    struct Arrival: BitwiseCopyable {
        var line: UInt64
        /// When it will be there.
        var tick: UInt64
    }

    /// The streams that each follows, the one used last first.
    private let streams: CoreLists<Stream>
    private let arrivals: CoreLists<Arrival>

    /// Makes prefetchers that have seen nothing.
    init(caches: Int) {
        streams = CoreLists(cores: caches)
        arrivals = CoreLists(cores: caches)
    }

    /// When a line that was prefetched is there; 0: it has been for long.
    @inline(__always)
    func arrival(of line: UInt64, _ cache: Int) -> UInt64 {
        arrivals.list(cache).last { $0.line == line }?.tick ?? 0
    }

    /// Forgets the lines that are there by a tick.
    @inline(__always)
    func forget(_ cache: Int, until tick: UInt64) {
        arrivals.keep(cache) { $0.tick > tick }
    }

    /// How many lines are on their way, as far as they have not been forgotten.
    @inline(__always)
    func pending(_ cache: Int) -> Int { arrivals.count(cache) }

    /// Notes that a line is on its way; that it was before, and left again, no longer matters.
    @inline(__always)
    func note(_ line: UInt64, _ cache: Int, arrival: UInt64) {
        arrivals.keep(cache) { $0.line != line }
        arrivals.append(Arrival(line: line, tick: arrival), cache)
    }

    /// Follows a miss.
    ///
    /// - Parameters:
    ///   - line: The line that missed.
    ///   - cache: Whose prefetcher sees it.
    ///   - rules: What the prefetcher can do.
    ///   - pageShift: Log2 of the lines of a page.
    /// - Returns: the stride to prefetch at; nil: none yet.
    /// - Complexity: O(streams).
    func follow(
        _ line: UInt64, _ cache: Int, _ rules: PrefetchConfiguration, pageShift: UInt64
    ) -> UInt64? {
        if rules.kind == .nextLine { return 1 }
        let known = streams.list(cache)
        var stream = Stream(last: line)
        var place = known.count
        if let index = known.firstIndex(where: { $0.stride != 0 && $0.last &+ $0.stride == line }) {
            stream.stride = known[index].stride
            stream.count = known[index].count &+ 1
            place = index
        } else if known.contains(where: { $0.last == line }) {
            return nil
        } else if let index = known.firstIndex(where: {
            let distance = Int64(bitPattern: line &- $0.last)
            return $0.last &>> pageShift == line &>> pageShift
                && distance.magnitude <= UInt64(rules.maximumStride)
        }) {
            stream.stride = line &- known[index].last
            stream.count = 2
            place = index
        } else if known.count >= rules.streams {
            place = known.count - 1
        } else {
            streams.append(stream, cache)
        }
        // To the front; those before it move back by one.
        let all = streams.list(cache)
        while place > 0 {
            all[place] = all[place &- 1]
            place &-= 1
        }
        all[0] = stream
        return stream.stride != 0 && stream.count >= rules.trigger ? stream.stride : nil
    }
}
