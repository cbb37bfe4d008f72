import Operations
import Quantities

// The fast path of the counting machine. An access that lies within the line at the head of its set, a store only if
// that line is dirty already, changes nothing but a count: not the order, not the dirtiness, whatever the policies
// and definitions. Such accesses, nine of ten, pass the gate. The gate has the address of the head of each set, apart
// for loads, stores and fetches; whatever touches a set tells the gate its head afterwards (`refresh`).

/// Which accesses need nothing but to be counted.
struct PlainGate: ~Copyable {
    /// For each set, four words apart, the line for which a load passes, a store, a fetch.
    private let heads: OwnedBuffer<UInt64>
    /// How loads, stores and fetches find their lines, by the raw values of their kinds.
    private let rules: OwnedBuffer<Rule>
    /// Whether they find them alike, in lines of 32 bytes or more, as in most machines: the loop then keeps at hand how.
    let isAlike: Bool

    /// What each adds to the counts, likewise.
    private let counts: OwnedBuffer<UInt64>
    /// Log2 of the words of a set, and of its bytes.
    private static var stride: UInt64 { 2 }
    /// See `stride`.
    private static var setShift: UInt64 { stride + 3 }

    /// How an access of one kind finds its line.
    struct Rule: BitwiseCopyable {
        let setMask: UInt64
        let lineShift: UInt64
        /// Bytes in a line; 0: no access passes; all ones: every access does.
        let reach: UInt64

        init(_ cache: borrowing PlainCache, isThere: Bool) {
            setMask = cache.setMask
            lineShift = cache.shift
            // A single set has no line that could stand for none, see refreshAll.
            reach = !isThere ? .max : setMask == 0 ? 0 : 1 &<< lineShift
        }

        /// Where the heads of an address's set are, in bytes.
        @inline(__always)
        func place(_ address: UInt64) -> UInt64 {
            (address &>> lineShift & setMask) &<< PlainGate.setShift
        }

        /// The same in fewer steps, for lines of at least as many bytes as a set has bytes of heads.
        @inline(__always)
        func shortPlace(_ address: UInt64) -> UInt64 {
            address &>> (lineShift &- PlainGate.setShift) & setMask &<< PlainGate.setShift
        }

        func isLike(_ other: Rule) -> Bool {
            setMask == other.setMask && lineShift == other.lineShift && reach == other.reach
        }
    }

    init(data: borrowing PlainCache, instruction: borrowing PlainCache, hasInstruction: Bool) {
        let load = Rule(data, isThere: true)
        let fetch = Rule(instruction, isThere: hasInstruction)
        let rules = OwnedBuffer(repeating: load, count: 3)
        rules[2] = fetch
        isAlike = load.isLike(fetch) && load.lineShift >= Self.setShift
        self.rules = rules
        let counts = OwnedBuffer(repeating: HitCounts.oneLoad, count: 3)
        counts[1] = HitCounts.oneStore
        counts[2] = HitCounts.oneFetch
        self.counts = counts
        let sets = max(data.setMask, instruction.setMask) + 1
        heads = OwnedBuffer(repeating: 0, count: Int(sets &<< Self.stride))
        refreshAll(data: data, instruction: instruction)
    }

    // MARK: Passing

    /// The gate as a loop sees it; valid while the gate lives.
    var open: Open {
        Open(heads: heads.base, rules: rules.base, counts: counts.base, isAlike: isAlike)
    }

    /// Tells which accesses pass, and counts them.
    ///
    /// Loads, stores and fetches differ in what is looked up: their order in the trace decides no branch.
    struct Open {
        private let heads: UnsafeRawPointer
        private let rules: UnsafePointer<Rule>
        private let countOf: UnsafePointer<UInt64>
        private let isAlike: Bool
        /// What has passed since the last time.
        var counts = HitCounts()

        fileprivate init(
            heads: UnsafePointer<UInt64>, rules: UnsafePointer<Rule>,
            counts: UnsafePointer<UInt64>, isAlike: Bool
        ) {
            self.heads = UnsafeRawPointer(heads)
            self.rules = rules
            countOf = counts
            self.isAlike = isAlike
        }

        /// Lets accesses pass, counted, up to the first that needs something else.
        ///
        /// A loop of its own, without a call in it, has all that it needs in registers.
        ///
        /// - Returns: that access, or `end`.
        @inline(never)
        mutating func pass(
            _ access: UnsafePointer<MemoryAccess>, to end: UnsafePointer<MemoryAccess>
        ) -> UnsafePointer<MemoryAccess> {
            isAlike ? pass(access, to: end, isAlike: true) : pass(access, to: end, isAlike: false)
        }

        /// Lets accesses pass whose line holds both ends: these differ from its address in its lowest bits alone.
        ///
        /// The rarer kinds take the long way.
        @inline(__always)
        private mutating func pass(
            _ start: UnsafePointer<MemoryAccess>, to end: UnsafePointer<MemoryAccess>, isAlike: Bool
        ) -> UnsafePointer<MemoryAccess> {
            var access = start
            var sum = counts.sum
            let (first, heads, rules, countOf) = (rules[0], heads, rules, countOf)
            while access < end {
                let kind = Int(access.pointee.kind.rawValue)
                guard kind <= 2 else { break }
                let start = access.pointee.address
                let last = start &+ UInt64(access.pointee.size) &- 1
                let place = isAlike ? first.shortPlace(start) : rules[kind].place(start)
                let reach = isAlike ? first.reach : rules[kind].reach
                let words = (heads + Int(truncatingIfNeeded: place))
                    .assumingMemoryBound(to: UInt64.self)
                let head = words[kind]
                guard (start ^ head) | (last ^ head) < reach else { break }
                sum &+= countOf[kind]
                access += 1
            }
            counts.sum = sum
            return access
        }
    }

    // MARK: Learning

    /// Learns the head of a set of the data cache after one of its lines was used.
    @inline(__always)
    func refresh(_ line: UInt64, data: borrowing PlainCache) {
        let place = Int(truncatingIfNeeded: (line & data.setMask) &<< Self.stride)
        let entry = data.set(line)[0]
        let head = (entry &>> 1) &<< data.shift
        heads[place] = head
        // A line of another set stands for none.
        heads[place &+ 1] = entry & 1 == 1 ? head : head ^ 1 &<< data.shift
    }

    /// Learns the head of a set of the instruction cache after one of its lines was used.
    @inline(__always)
    func refresh(_ line: UInt64, instruction: borrowing PlainCache) {
        let place = Int(truncatingIfNeeded: (line & instruction.setMask) &<< Self.stride)
        heads[place &+ 2] = (instruction.set(line)[0] &>> 1) &<< instruction.shift
    }

    /// Learns all heads.
    func refreshAll(data: borrowing PlainCache, instruction: borrowing PlainCache) {
        for set in 0...data.setMask {
            refresh(set, data: data)
            guard data.set(set)[0] == PlainCache.empty else { continue }
            let none = (set ^ 1) &<< data.shift
            heads[Int(set &<< Self.stride)] = none
            heads[Int(set &<< Self.stride) + 1] = none
        }
        for set in 0...instruction.setMask {
            refresh(set, instruction: instruction)
            guard instruction.set(set)[0] == PlainCache.empty else { continue }
            heads[Int(set &<< Self.stride) + 2] = (set ^ 1) &<< instruction.shift
        }
    }
}
