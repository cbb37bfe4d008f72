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
        let pageShift = UInt64(rules.pageBytes.trailingZeroBitCount) - level1Data.lineShift
        guard let stride = level1Streams.follow(line, core, rules, pageShift: pageShift) else {
            return
        }
        level1Streams.forget(core, until: tick)
        var target = line
        for _ in 0..<rules.distance {
            target = target &+ stride
            guard target &>> pageShift == line &>> pageShift else { return }
            guard level1Data.peek(target, core) < 0 else { continue }
            guard level1Streams.pending(core) < rules.outstanding else { return }
            let address = level1Data.address(ofLine: target)
            emit(
                .prefetch, at: tick, agent: .core(core), place: level1Place(core, target),
                address: address, size: UInt64(level1Data.lineSize), record: record)
            let filled = fillLevel1(
                target, core, at: tick, reason: .prefetch, isShared: mapIsShared)
            level1Streams.note(target, core, arrival: filled.completion)
        }
    }

    /// Lets the second level's prefetcher follow a read of a line.
    mutating func trainLevel2(_ line: UInt64, _ core: Int, at tick: UInt64) {
        guard let rules = self.rules.level2Prefetch else { return }
        let copy = level2Copy(core)
        let pageShift = UInt64(rules.pageBytes.trailingZeroBitCount) - level2.lineShift
        guard let stride = level2Streams.follow(line, copy, rules, pageShift: pageShift) else {
            return
        }
        level2Streams.forget(copy, until: tick)
        var target = line
        for _ in 0..<rules.distance {
            target = target &+ stride
            guard target &>> pageShift == line &>> pageShift else { return }
            guard level2.peek(target, copy) < 0 else { continue }
            guard level2Streams.pending(copy) < rules.outstanding else { return }
            emit(
                .prefetch, at: tick, agent: .core(core), place: level2Place(core),
                address: target << level2.lineShift, size: UInt64(level2.lineSize), record: record)
            let shared = snoopForLevel2(target, core, true, at: tick)
            let filled = fillLevel2(target, core, at: tick, reason: .prefetch, state: shared)
            level2Streams.note(target, copy, arrival: filled.completion)
        }
    }
}
