/// The states of granules by their numbers, in one array, found by open addressing.
///
/// What is here is never taken out. A state is changed in place, and no number is hashed with a seed.
struct LineTable {
    /// The numbers of the granules, in the order in which they came.
    private(set) var granules: [UInt64] = []
    private var states: [LineState] = []
    /// Places in `states`, one more each, or 0 where there is none.
    ///
    /// A power of two of them, at most half in use.
    private var slots = [UInt32](repeating: 0, count: 64)

    /// The place of a granule's state; nil: it has none.
    @inline(__always)
    func place(of granule: UInt64) -> Int? {
        let mask = slots.count &- 1
        var slot = Self.hash(granule) & mask
        while slots[slot] != 0 {
            let place = Int(slots[slot]) &- 1
            if granules[place] == granule { return place }
            slot = (slot &+ 1) & mask
        }
        return nil
    }

    /// The state of a granule; nil: nothing is known of it.
    subscript(granule: UInt64) -> LineState? {
        @inline(__always) get {
            guard let place = place(of: granule) else { return nil }
            return states[place]
        }
    }

    /// The state at a place of ``place(of:)``, looked at and changed where it is: it is large, and a copy costs.
    subscript(place place: Int) -> LineState {
        @inline(__always) _read { yield states[place] }
        @inline(__always) _modify { yield &states[place] }
    }

    /// Whether a cacheable load of some bytes changes nothing of a granule, and finds nothing.
    ///
    /// - Parameters:
    ///   - granule: The granule.
    ///   - mask: The bytes that are loaded.
    ///   - line: The bytes of their lines.
    ///   - hasOuterCache: Whether there is an outer cache that the line comes through.
    /// - Returns: whether the line is held already, and nobody else does anything to it.
    @inline(__always)
    func isHeldQuietly(
        _ granule: UInt64, _ mask: UInt64, line: UInt64, hasOuterCache: Bool
    ) -> Bool {
        guard let place = place(of: granule), states[place].mayHold & line == line,
            !hasOuterCache || states[place].mayHoldOuter & line == line
        else { return false }
        let found =
            states[place].staleInner | states[place].staleBefore | states[place].bypassed
            | states[place].dropped
        let passing = states[place].buffered & states[place].bufferedPast
        let waiting =
            states[place].pendingClean | states[place].leaving | states[place].dropping
            | states[place].unorderedClean | states[place].staleLeaving
            | states[place].released | states[place].fenced | states[place].followed
        return found & mask | (states[place].inFlight | passing | waiting) & line == 0
    }

    /// The state of a granule of which nothing may be known yet.
    @inline(__always)
    func state(of granule: UInt64) -> LineState {
        guard let place = place(of: granule) else { return LineState() }
        return states[place]
    }

    /// The place of a granule's state, which gets one if it has none.
    @inline(__always)
    mutating func placeOrNew(_ granule: UInt64) -> Int {
        if let place = place(of: granule) { return place }
        add(LineState(), granule)
        return granules.count - 1
    }

    /// Takes the states out, to be changed where they are while something else is done with their owner: they are large,
    /// and a copy costs.
    ///
    /// Until ``giveStates(_:)`` puts them back none can be looked at.
    @inline(__always)
    mutating func takeStates() -> [LineState] {
        var taken: [LineState] = []
        swap(&taken, &states)
        return taken
    }

    /// Puts the states back.
    @inline(__always)
    mutating func giveStates(_ taken: consuming [LineState]) {
        assert(taken.count == granules.count)
        states = taken
    }

    /// Puts a granule's state in.
    @inline(__always)
    mutating func put(_ state: LineState, _ granule: UInt64) {
        if let place = place(of: granule) {
            states[place] = state
        } else {
            add(state, granule)
        }
    }

    @inline(never)
    private mutating func add(_ state: LineState, _ granule: UInt64) {
        granules.append(granule)
        states.append(state)
        if 2 * granules.count > slots.count { grow() }
        enter(granules.count - 1)
    }

    /// Changes a granule's state in place, if anything is known of it.
    @inline(__always)
    mutating func change(_ granule: UInt64, _ body: (inout LineState) -> Void) {
        if let place = place(of: granule) { body(&states[place]) }
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: 2 * slots.count)
        for place in 0..<granules.count - 1 { enter(place) }
    }

    private mutating func enter(_ place: Int) {
        let mask = slots.count - 1
        var slot = Self.hash(granules[place]) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = UInt32(place + 1)
    }

    /// Multiplies with 2^64 divided by the golden ratio: of the product the upper half depends on all of the number, also
    /// where granules are apart by a power of two, as large buffers are.
    static func hash(_ granule: UInt64) -> Int {
        Int(truncatingIfNeeded: (granule &* 0x9E37_79B9_7F4A_7C15) &>> 32)
    }
}
