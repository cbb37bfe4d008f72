/// Where the bytes are, and what has taken effect: all that decides what can follow.
///
/// A version is the number of the node that wrote it, plus one; 0 is what was there at the start.
struct ProofState: Hashable, Sendable {
    /// A version of a byte.
    typealias Version = UInt16

    /// One line's copies; the arrays have an element for each class of bytes.
    struct Line: Hashable, Sendable {
        /// What memory has.
        var memory: [Version]
        /// What the cores' caches have; they are one, as coherence makes them; nil: no copy.
        var inner: [Version]?
        /// What the outer cache has; nil: no copy.
        var outer: [Version]?
        /// The classes that are dirty in the cores' caches.
        var dirtyInner: UInt64 = 0
        /// The classes that are dirty in the outer cache.
        var dirtyOuter: UInt64 = 0
        /// For each class the writes that took effect, oldest first, as far back as a copy goes.
        var order: [[Version]]

        init(classes: Int) {
            memory = Array(repeating: 0, count: classes)
            order = Array(repeating: [], count: classes)
        }

        /// Whether a version is younger than another of the same class.
        func isYounger(_ one: Version, than other: Version, _ index: Int) -> Bool {
            guard one != other else { return false }
            return place(one, index) > place(other, index)
        }

        /// A version's place in the order of writes; -1: from before.
        func place(_ version: Version, _ index: Int) -> Int {
            version == 0 ? -1 : order[index].lastIndex(of: version) ?? -1
        }

        /// The copies that somebody who sees all caches finds.
        func visible(_ index: Int) -> Version {
            inner?[index] ?? outer?[index] ?? memory[index]
        }
    }

    /// A load that performed before its turn.
    struct EarlyLoad: Hashable, Sendable {
        /// Which.
        var node: UInt16
        /// What it found: for each line, for each class, or the largest number where it does not look.
        var found: [[Version]]
    }

    /// The first node that has not taken effect.
    var base = 0
    /// The nodes after it that have.
    var ahead: [UInt16] = []
    /// The lines.
    var lines: [Line]
    /// Stores in the outer cache's buffer, oldest first.
    var outerBuffer: [UInt16] = []
    /// Loads whose turn has not come.
    var early: [EarlyLoad] = []
    /// For each device, how many of its operations the cores know of.
    var known: [UInt16]
    /// For each device, the youngest store of a core that it has seen: its node, plus one.
    var seen: [UInt16]
    /// For each device, how many operations of each other device the core knew of that rang it last.
    var told: [[UInt16]]
    /// The same of doorbells before the last one, as long as a read that follows one of them has not taken effect.
    var toldBefore: [Told] = []

    /// What a doorbell told its device.
    struct Told: Hashable, Sendable {
        /// The node that rang, or saw that the device was done.
        var bell: Int
        /// How many operations of each other device the core knew of.
        var known: [UInt16]
    }

    init(_ problem: ProofProblem) {
        lines = problem.lines.map { Line(classes: $0.classes) }
        known = Array(repeating: 0, count: problem.devices.count)
        seen = known
        told = Array(repeating: known, count: problem.devices.count)
    }

    /// Whether a node has taken effect.
    func isDone(_ node: Int) -> Bool {
        node < base || ahead.contains(UInt16(node))
    }

    /// Notes that a node has taken effect.
    mutating func finish(_ node: Int) {
        guard node == base else {
            let place = ahead.firstIndex { $0 > UInt16(node) } ?? ahead.count
            ahead.insert(UInt16(node), at: place)
            return
        }
        base += 1
        while let first = ahead.first, Int(first) == base {
            ahead.removeFirst()
            base += 1
        }
    }

    /// Forgets of the order of writes what no copy goes back to, so that equal states are equal.
    mutating func forget() {
        for number in lines.indices {
            for index in lines[number].order.indices where !lines[number].order[index].isEmpty {
                let line = lines[number]
                var oldest = line.place(line.memory[index], index)
                if let inner = line.inner { oldest = min(oldest, line.place(inner[index], index)) }
                if let outer = line.outer { oldest = min(oldest, line.place(outer[index], index)) }
                for store in outerBuffer {
                    let place = line.place(store + 1, index)
                    if place >= 0 { oldest = min(oldest, place) }
                }
                for load in early where load.found[number][index] != .max {
                    oldest = min(oldest, line.place(load.found[number][index], index))
                }
                if oldest > 0 { lines[number].order[index].removeFirst(oldest) }
            }
        }
    }
}
