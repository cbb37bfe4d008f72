import Events
import MemoryModel
import Operations
import Quantities

// Section 8: prefetchers.

extension ReferencePrefetcher {
    /// A line is on its way, and what was known of it before is forgotten.
    mutating func expect(_ line: UInt64, _ alias: Int, at tick: UInt64) {
        arrivals.removeAll { $0.line == line && $0.alias == alias }
        arrivals.append((line, alias, tick))
    }

    /// Takes note of a line, by number.
    ///
    /// - Returns: the stride to prefetch by, if there is something to prefetch.
    mutating func follow(
        _ line: Int64, _ configuration: PrefetchConfiguration, linesPerPage: Int64
    ) -> Int64? {
        if configuration.kind == .nextLine { return 1 }
        var stream: ReferenceStream
        let numbers = streams.map { (last: Int64(bitPattern: $0.last), stride: $0.stride) }
        let followed = numbers.firstIndex { $0.stride != nil && $0.last + ($0.stride ?? 0) == line }
        if let at = followed {
            stream = streams.remove(at: at)
            stream.count += 1
        } else if numbers.contains(where: { $0.last == line }) {
            return nil
        } else if let at = numbers.firstIndex(where: {
            $0.last / linesPerPage == line / linesPerPage
                && abs(line - $0.last) <= Int64(configuration.maximumStride)
        }) {
            stream = streams.remove(at: at)
            stream.stride = line - numbers[at].last
            stream.count = 2
        } else {
            if streams.count == configuration.streams { streams.removeLast() }
            stream = ReferenceStream(last: 0, stride: nil, count: 1)
        }
        stream.last = UInt64(bitPattern: line)
        streams.insert(stream, at: 0)
        guard let stride = stream.stride, stream.count >= configuration.trigger else { return nil }
        return stride
    }
}

extension ReferenceMachine {
    /// The lines, by their first bytes, that a prefetcher would ask for in this order.
    private func ahead(_ line: UInt64, _ stride: Int64, _ cache: CacheConfiguration) -> [UInt64] {
        guard let prefetch = cache.prefetch else { return [] }
        var result: [UInt64] = []
        for step in 1...Int64(prefetch.distance) {
            let next = line &+ UInt64(bitPattern: step * stride * Int64(cache.lineSize))
            if next / prefetch.pageBytes != line / prefetch.pageBytes { break }
            result.append(next)
        }
        return result
    }

    mutating func followInLevel1(_ core: Int, _ target: ReferenceTarget, at tick: UInt64) {
        let cache = level1Data[core].configuration
        guard let prefetch = cache.prefetch,
            let stride = level1Data[core].prefetcher.follow(
                // Lines of different aliases are far from each other.
                Int64(target.line) / Int64(cache.lineSize) + Int64(target.alias) << 56, prefetch,
                linesPerPage: Int64(prefetch.pageBytes) / Int64(cache.lineSize))
        else { return }
        level1Data[core].prefetcher.arrivals.removeAll { $0.tick <= tick }
        for line in ahead(target.line, stride, cache) {
            if level1Data[core].holds(line, alias: target.alias) { continue }
            if level1Data[core].prefetcher.arrivals.count >= prefetch.outstanding { break }
            let place = Place.level1Data(core, alias: target.alias)
            tell(.prefetch, at: tick, .core(core), place, line, UInt64(cache.lineSize))
            var next = target
            next.line = line
            let arrival = fillLevel1(core, next, at: tick, dirty: nil, reason: .prefetch)
            level1Data[core].prefetcher.expect(line, target.alias, at: arrival.completion)
        }
    }

    mutating func followInLevel2(_ core: Int, _ line: UInt64, at tick: UInt64) {
        let number = second(core)
        let cache = level2[number].configuration
        guard let prefetch = cache.prefetch,
            let stride = level2[number].prefetcher.follow(
                Int64(line) / Int64(cache.lineSize), prefetch,
                linesPerPage: Int64(prefetch.pageBytes) / Int64(cache.lineSize))
        else { return }
        level2[number].prefetcher.arrivals.removeAll { $0.tick <= tick }
        for next in ahead(line, stride, cache) {
            if level2[number].holds(next) { continue }
            if level2[number].prefetcher.arrivals.count >= prefetch.outstanding { break }
            tell(
                .prefetch, at: tick, .core(core), level2[number].place, next,
                UInt64(cache.lineSize))
            let isKept = askForLevel2(core, next, isShared: true, at: tick)
            let arrival = fillLevel2(core, next, at: tick, reason: .prefetch, shared: isKept)
            level2[number].prefetcher.expect(next, 0, at: arrival.completion)
        }
    }
}
