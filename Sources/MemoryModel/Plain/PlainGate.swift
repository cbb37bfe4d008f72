import Operations
import Quantities

// The fast path of the counting machine. An access that lies within the line at the head of its set, a store only if
// that line is dirty already, changes nothing but a count: not the order, not the dirtiness, whatever the policies
// and definitions. Such accesses, nine of ten, pass the gate. The gate has the address of the head of each set, apart
// for loads, stores and fetches; whatever touches a set tells the gate its head afterwards (`refresh`).

/// Which accesses need nothing but to be counted.
struct PlainGate: ~Copyable {
    /// For each set of the data cache the line for which a load passes, then the one for which a store does.
    private let dataHeads: OwnedBuffer<UInt64>
    /// For each set of the instruction cache the line for which a fetch passes.
    private let fetchHeads: OwnedBuffer<UInt64>
    private let data: Lines
    private let fetches: Lines

    /// How the lines of a cache are found.
    fileprivate struct Lines {
        let setMask: UInt64
        let shift: UInt64
        /// Bytes in a line; 0: no access passes; all ones: every access does.
        let reach: UInt64

        init(_ cache: borrowing PlainCache, isThere: Bool) {
            setMask = cache.setMask
            shift = cache.shift
            // A single set has no line that could stand for none, see refreshAll.
            reach = !isThere ? .max : setMask == 0 ? 0 : 1 &<< shift
        }

        @inline(__always)
        func set(_ address: UInt64) -> Int { Int(truncatingIfNeeded: address &>> shift & setMask) }

        /// Whether both ends lie within the line: they differ from its address in its lowest bits alone.
        @inline(__always)
        func hold(_ access: MemoryAccess, _ line: UInt64) -> Bool {
            let last = access.address &+ UInt64(access.size) &- 1
            return (access.address ^ line) | (last ^ line) < reach
        }
    }

    init(data: borrowing PlainCache, instruction: borrowing PlainCache, hasInstruction: Bool) {
        self.data = Lines(data, isThere: true)
        fetches = Lines(instruction, isThere: hasInstruction)
        dataHeads = OwnedBuffer(repeating: 0, count: 2 * Int(data.setMask + 1))
        fetchHeads = OwnedBuffer(repeating: 0, count: Int(instruction.setMask + 1))
        refreshAll(data: data, instruction: instruction)
    }

    // MARK: Passing

    /// The gate as a loop sees it; valid while the gate lives.
    var open: Open {
        Open(
            dataHeads: dataHeads.base, fetchHeads: fetchHeads.base, data: data, fetches: fetches,
            lastHead: fetchHeads[0])
    }

    /// Tells which accesses pass, and counts them.
    struct Open {
        fileprivate let dataHeads: UnsafeMutablePointer<UInt64>
        fileprivate let fetchHeads: UnsafeMutablePointer<UInt64>
        fileprivate let data: Lines
        fileprivate let fetches: Lines
        /// The head of the set of the last fetch: the next one is mostly of the same line.
        fileprivate var lastHead: UInt64
        /// Fetches, loads and stores, and stores that passed, in 21 bits each.
        private var sum: UInt64 = 0

        /// The most accesses that the counts can hold.
        static var most: Int { 1 << 21 - 1 }

        fileprivate init(
            dataHeads: UnsafeMutablePointer<UInt64>, fetchHeads: UnsafeMutablePointer<UInt64>,
            data: Lines, fetches: Lines, lastHead: UInt64
        ) {
            self.dataHeads = dataHeads
            self.fetchHeads = fetchHeads
            self.data = data
            self.fetches = fetches
            self.lastHead = lastHead
        }

        /// Lets an access pass, counted, if it needs nothing else.
        @inline(__always)
        mutating func passes(_ access: MemoryAccess) -> Bool {
            let kind = UInt64(access.kind.rawValue)
            if access.kind == .fetch {
                if !fetches.hold(access, lastHead) {
                    let head = fetchHeads[fetches.set(access.address)]
                    guard fetches.hold(access, head) else { return false }
                    lastHead = head
                }
                sum &+= 1
                return true
            }
            // A load or a store; the rarer kinds take the long way.
            guard kind <= 1 else { return false }
            let place = data.set(access.address) &* 2 &+ Int(truncatingIfNeeded: kind)
            guard data.hold(access, dataHeads[place]) else { return false }
            sum &+= kind &<< 42 | 1 &<< 21
            return true
        }

        /// Learns what a fetch that did not pass has left.
        @inline(__always)
        mutating func fetched(_ access: MemoryAccess) {
            lastHead = fetchHeads[fetches.set(access.address &+ UInt64(access.size) &- 1)]
        }

        /// How many accesses have passed since the last time.
        mutating func takeCounts() -> (loads: UInt64, stores: UInt64, fetches: UInt64) {
            let mask: UInt64 = 1 &<< 21 &- 1
            let stores = sum &>> 42
            defer { sum = 0 }
            return ((sum &>> 21 & mask) &- stores, stores, sum & mask)
        }
    }

    // MARK: Learning

    /// Learns the head of a set of the data cache after one of its lines was used.
    @inline(__always)
    func refresh(_ line: UInt64, data: borrowing PlainCache) {
        let place = 2 &* Int(truncatingIfNeeded: line & data.setMask)
        let entry = data.set(line)[0]
        let head = (entry &>> 1) &<< data.shift
        dataHeads[place] = head
        // A line of another set stands for none.
        dataHeads[place &+ 1] = entry & 1 == 1 ? head : head ^ 1 &<< data.shift
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
            dataHeads[2 * Int(set)] = none
            dataHeads[2 * Int(set) + 1] = none
        }
        for set in 0...instruction.setMask {
            refresh(set, instruction: instruction)
            guard instruction.set(set)[0] == PlainCache.empty else { continue }
            fetchHeads[Int(set)] = (set ^ 1) &<< instruction.shift
        }
    }
}
