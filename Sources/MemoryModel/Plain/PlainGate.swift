import Operations
import Quantities

// The fast path of the counting machine. An access that lies within the line at the head of its set, a store only if
// that line is dirty already, changes nothing but a count: not the order, not the dirtiness, whatever the policies
// and definitions. Such accesses, nine of ten, pass the gate. The gate has the address of the head of each set, apart
// for loads, stores and fetches; whatever touches a set tells the gate its head afterwards (`refresh`).

/// Which accesses need nothing but to be counted.
struct PlainGate: ~Copyable {
    /// For each set the line for which a load passes, one for which a store does, one for which a fetch does.
    private let loadHeads: OwnedBuffer<UInt64>
    /// See `loadHeads`.
    private let storeHeads: OwnedBuffer<UInt64>
    /// See `loadHeads`.
    private let fetchHeads: OwnedBuffer<UInt64>
    /// How loads, stores and fetches pass, by the raw values of their kinds.
    private let rules: OwnedBuffer<Rule>

    /// When an access of one kind passes.
    struct Rule: BitwiseCopyable {
        /// The line for which it does, for each set.
        let heads: UnsafeMutablePointer<UInt64>
        let setMask: UInt64
        let shift: UInt64
        /// Bytes in a line; 0: no access passes; all ones: every access does.
        let reach: UInt64
        /// What it adds to the counts.
        let count: UInt64

        init(
            _ cache: borrowing PlainCache, _ heads: borrowing OwnedBuffer<UInt64>, isThere: Bool,
            count: UInt64
        ) {
            self.heads = heads.base
            setMask = cache.setMask
            shift = cache.shift
            // A single set has no line that could stand for none, see refreshAll.
            reach = !isThere ? .max : setMask == 0 ? 0 : 1 &<< shift
            self.count = count
        }

        /// Whether both ends lie within the line: they differ from its address in its lowest bits alone.
        @inline(__always)
        func holds(_ access: MemoryAccess) -> Bool {
            let first = access.address
            let last = first &+ UInt64(access.size) &- 1
            let head = heads[Int(truncatingIfNeeded: first &>> shift & setMask)]
            return (first ^ head) | (last ^ head) < reach
        }
    }

    init(data: borrowing PlainCache, instruction: borrowing PlainCache, hasInstruction: Bool) {
        loadHeads = OwnedBuffer(repeating: 0, count: Int(data.setMask + 1))
        storeHeads = OwnedBuffer(repeating: 0, count: Int(data.setMask + 1))
        fetchHeads = OwnedBuffer(repeating: 0, count: Int(instruction.setMask + 1))
        let load = Rule(data, loadHeads, isThere: true, count: HitCounts.oneLoad)
        rules = OwnedBuffer(repeating: load, count: 3)
        rules[1] = Rule(data, storeHeads, isThere: true, count: HitCounts.oneStore)
        rules[2] = Rule(
            instruction, fetchHeads, isThere: hasInstruction, count: HitCounts.oneFetch)
        refreshAll(data: data, instruction: instruction)
    }

    // MARK: Passing

    /// The gate as a loop sees it; valid while the gate lives.
    var open: Open { Open(rules: UnsafePointer(rules.base)) }

    /// Tells which accesses pass, and counts them.
    ///
    /// Loads, stores and fetches differ in what is looked up: their order in the trace decides no branch.
    struct Open {
        fileprivate let rules: UnsafePointer<Rule>
        /// What has passed since the last time.
        var counts = HitCounts()

        fileprivate init(rules: UnsafePointer<Rule>) { self.rules = rules }

        /// Lets an access pass, counted, if it needs nothing else; the rarer kinds take the long way.
        @inline(__always)
        mutating func passes(_ access: MemoryAccess) -> Bool {
            let kind = Int(access.kind.rawValue)
            guard kind <= 2, rules[kind].holds(access) else { return false }
            counts.sum &+= rules[kind].count
            return true
        }
    }

    // MARK: Learning

    /// Learns the head of a set of the data cache after one of its lines was used.
    @inline(__always)
    func refresh(_ line: UInt64, data: borrowing PlainCache) {
        let set = Int(truncatingIfNeeded: line & data.setMask)
        let entry = data.set(line)[0]
        let head = (entry &>> 1) &<< data.shift
        loadHeads[set] = head
        // A line of another set stands for none.
        storeHeads[set] = entry & 1 == 1 ? head : head ^ 1 &<< data.shift
    }

    /// Learns the head of a set of the instruction cache after one of its lines was used.
    @inline(__always)
    func refresh(_ line: UInt64, instruction: borrowing PlainCache) {
        fetchHeads[Int(truncatingIfNeeded: line & instruction.setMask)] =
            (instruction.set(line)[0] &>> 1) &<< instruction.shift
    }

    /// Learns all heads.
    func refreshAll(data: borrowing PlainCache, instruction: borrowing PlainCache) {
        for set in 0...data.setMask {
            refresh(set, data: data)
            guard data.set(set)[0] == PlainCache.empty else { continue }
            let none = (set ^ 1) &<< data.shift
            loadHeads[Int(set)] = none
            storeHeads[Int(set)] = none
        }
        for set in 0...instruction.setMask {
            refresh(set, instruction: instruction)
            guard instruction.set(set)[0] == PlainCache.empty else { continue }
            fetchHeads[Int(set)] = (set ^ 1) &<< instruction.shift
        }
    }
}
