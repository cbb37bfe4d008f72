import Events
import Operations
import Quantities

// The buffers of the second level that lines pass through on their way in, as many as the machine says for each second
// level, and the outer cache's for hits. What passes through one keeps it until it is there.
//
// Left out: a linefill that waits for its victim's eviction buffer. It reads over the pins that the victims before it
// were written over, after them; so their buffers are free by the time it is there.
//
// PL310 double linefill: a linefill reads the aligned pair of lines in one burst, the line that was asked for first,
// and keeps the other one too if it is not there (L2C-310 TRM, double linefill issuing). Erratum 752271, r3p0 to
// r3p1-50rel0: the second line overwrites a dirty line that should have been written back first. Setting double
// linefills off is the way round it.

extension Machine where P: ~Copyable {
    /// When a linefill of a second level asked for at a tick can begin.
    @inline(__always)
    func level2LinefillStart(_ core: Int, at tick: UInt64) -> UInt64 {
        guard let buffers = rules.level2LinefillBuffers else { return tick }
        return whenFree(level2Linefills.list(level2Copy(core)), buffers, from: tick)
    }

    mutating func noteLevel2Linefill(_ core: Int, _ completion: UInt64, at tick: UInt64) {
        guard rules.level2LinefillBuffers != nil else { return }
        let copy = level2Copy(core)
        level2Linefills.keep(copy) { $0 > tick }
        level2Linefills.append(completion, copy)
    }

    /// When a hit of a second level that is asked for at a tick is there.
    mutating func level2Hit(at tick: UInt64) -> UInt64 {
        guard let buffers = rules.outer.lineReadBuffers else { return tick + costs.level2Hit }
        let completion = whenFree(lineReads.list(0), buffers, from: tick) + costs.level2Hit
        lineReads.keep(0) { $0 > tick }
        lineReads.append(completion, 0)
        return completion
    }

    /// Reads a line of an outer cache, and the other one of its aligned pair, in one burst.
    mutating func readPair(_ address: UInt64, _ core: Int, at tick: UInt64) -> LineSource {
        let size = UInt64(level2.lineSize)
        let start = address & ~(2 * size - 1)
        let completion = readMemory(
            start, 2 * size, agent: .core(core), at: tick, miss: costs.level2Miss)
        return LineSource(place: .memory, completion: completion, cause: .memory)
    }

    /// Fills the second line of a pair, unless it is there.
    mutating func fillSecond(_ line: UInt64, _ core: Int, at tick: UInt64) {
        let copy = level2Copy(core)
        guard level2.peek(line, copy) < 0 else {
            #if DEBUG
                // Its bytes have been over the pins for nothing.
                ledger.asked.read += UInt64(level2.lineSize)
            #endif
            return
        }
        let (_, victim) = level2.insert(line, copy, state: 0)
        emit(
            .linefill, at: tick, agent: .core(core), place: level2Place(core),
            other: Place.memory.rawValue, address: level2.address(ofLine: line),
            size: UInt64(level2.lineSize), detail: MoveReason.prefetch.rawValue, record: record)
        guard victim != 0 else { return }
        evictFromLevel2(
            victim, core, at: tick, reason: .replacement, isLost: rules.outer.erratum752271)
    }
}
