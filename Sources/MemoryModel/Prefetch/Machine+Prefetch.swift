import Events
import Operations
import Quantities

// When a prefetcher acts: after a load of L1D that missed, or that was the first to use a line it brought; likewise
// for reads of the second level. It asks for `distance` lines from there on at the stream's stride, leaves out those
// that are there, and stops at the end of the page and when as many of its lines as may be are on their way.
// Nobody waits for it, but it takes its turn at memory's pins.

extension Machine where P: ~Copyable {
    /// Lets L1D's prefetcher follow a load of a line of the mapping at work.
    mutating func trainLevel1(_ line: UInt64, _ core: Int, at tick: UInt64) {
        guard let rules = self.rules.level1Prefetch else { return }
        train(line, core, rules, isFirst: true, at: tick)
    }

    /// Lets the second level's prefetcher follow a read of a line.
    mutating func trainLevel2(_ line: UInt64, _ core: Int, at tick: UInt64) {
        guard let rules = self.rules.level2Prefetch else { return }
        train(line, core, rules, isFirst: false, at: tick)
    }

    /// Lets a prefetcher follow a read, and asks for what it then expects.
    private mutating func train(
        _ line: UInt64, _ core: Int, _ rules: PrefetchConfiguration, isFirst: Bool, at tick: UInt64
    ) {
        let lineShift = isFirst ? level1Data.lineShift : level2.lineShift
        let pageShift = UInt64(rules.pageBytes.trailingZeroBitCount) - lineShift
        let number = isFirst ? core : level2Stream(core)
        guard let stride = streams.follow(line, number, rules, pageShift: pageShift) else {
            return
        }
        streams.forget(number, until: tick)
        var target = line
        for _ in 0..<rules.distance {
            target = target &+ stride
            guard target &>> pageShift == line &>> pageShift else { return }
            let isThere =
                isFirst
                ? level1Data.peek(target, core) >= 0 : level2.peek(target, level2Copy(core)) >= 0
            guard !isThere else { continue }
            guard streams.pending(number) < rules.outstanding else { return }
            emit(
                .prefetch, at: tick, agent: .core(core),
                place: isFirst ? level1Place(core, target) : level2Place(core),
                address: isFirst ? level1Data.address(ofLine: target) : target << lineShift,
                size: 1 << lineShift, record: record)
            let completion = prefetch(target, core, isFirst: isFirst, at: tick)
            streams.note(target, number, arrival: completion)
        }
    }

    /// Fills a line that a prefetcher asks for.
    ///
    /// - Returns: when it will be there.
    private mutating func prefetch(
        _ line: UInt64, _ core: Int, isFirst: Bool, at tick: UInt64
    ) -> UInt64 {
        guard !isFirst else {
            return fillLevel1(line, core, at: tick, reason: .prefetch, isShared: mapIsShared)
                .completion
        }
        let shared = snoopForLevel2(line, core, true, at: tick)
        return fillLevel2(line, core, at: tick, reason: .prefetch, state: shared).completion
    }

    /// The number of the prefetcher of the second level that a core's misses go to: behind those of L1D.
    @inline(__always)
    func level2Stream(_ core: Int) -> Int { cores.count + level2Copy(core) }
}
