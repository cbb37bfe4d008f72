import Quantities

// Who leaves a full set. Invalid ways are filled first, from the lowest. What each policy keeps:
//
//   lru          the order of a set's entries, the most recent first
//   fifo         for each set the way to fill next; it moves on by one at each replacement
//   round_robin  one counter for all sets of a cache; it moves on by one at each replacement
//   random       a seeded generator, asked once at each replacement
//   plru         for each set a tree of bits; a use points the nodes on its way elsewhere
//   bit_plru     for each way a used bit; the use that would set the last one clears the others first
//   nru          for each way a used bit, and a counter for all sets: the first way from it on without a bit leaves;
//                where all have one, all are cleared first; the counter moves on by one at each replacement
//   srrip        for each way a prediction of two bits: 2 when filled, 0 when hit; the lowest way with 3 leaves, and
//                all grow until there is one

extension ReplacementPolicy {
    /// Whether a hit changes what the policy keeps.
    var notesUses: Bool {
        switch self {
        case .lru, .treePLRU, .bitPLRU, .nru, .srrip: true
        case .fifo, .roundRobin, .random: false
        }
    }
}

extension CacheBank {
    /// Puts a line in and says what had to leave.
    ///
    /// - Returns: the entry's index, and the entry that left: 0 if none.
    /// - Precondition: the line is not there yet.
    mutating func insert(_ line: UInt64, _ copy: Int, state: UInt64) -> (index: Int, victim: UInt64)
    {
        let set = setNumber(line, copy)
        let first = set * ways
        let base = entries.base + first
        let entry = line &<< Self.stateBits | state | Self.valid
        filled &+= 1
        if policy == .lru {
            var place = 0
            while place < ways &- 1, base[place] & Self.valid != 0 { place &+= 1 }
            let victim = base[place]
            noteInsertion(line, victim, set, copy)
            while place > 0 {
                base[place] = base[place - 1]
                place -= 1
            }
            base[0] = entry
            return (first, victim)
        }
        var way = 0
        while way < ways, base[way] & Self.valid != 0 { way &+= 1 }
        if way == ways { way = victimWay(set, copy) }
        let victim = base[way]
        base[way] = entry
        noteInsertion(line, victim, set, copy)
        noteFill(set, way)
        return (first + way, victim)
    }

    @inline(__always)
    private mutating func noteInsertion(_ line: UInt64, _ victim: UInt64, _ set: Int, _ copy: Int) {
        clearHeads(line, set, copy)
        guard victim != 0 else { return }
        left &+= 1
        clearHeads(self.line(ofEntry: victim), set, copy)
    }

    /// Notes a use.
    ///
    /// - Returns: where the entry is now.
    @inline(__always)
    func noteUse(_ set: Int, _ way: Int, _ line: UInt64, _ copy: Int) -> Int {
        clearHeads(line, set, copy)
        if policy == .lru {
            let base = entries.base + set * ways
            let entry = base[way]
            var place = way
            while place > 0 {
                base[place] = base[place - 1]
                place -= 1
            }
            base[0] = entry
            return set * ways
        }
        Self.noteUse(policy, pointers.base + set, way, ways)
        return set &* ways &+ way
    }

    /// Notes a use of a way under a policy that keeps lines where they are.
    static func noteUse(
        _ policy: ReplacementPolicy, _ state: UnsafeMutablePointer<UInt64>, _ way: Int, _ ways: Int
    ) {
        switch policy {
        case .treePLRU: notePLRU(state, way, ways)
        case .bitPLRU:
            let all: UInt64 = ways == 64 ? .max : (1 &<< UInt64(ways)) - 1
            let used = state.pointee | 1 &<< UInt64(way)
            state.pointee = used == all ? 1 &<< UInt64(way) : used
        case .nru: state.pointee |= 1 &<< UInt64(way)
        case .srrip: state.pointee &= ~(3 &<< UInt64(2 * way))
        case .lru, .fifo, .roundRobin, .random: break
        }
    }

    @inline(__always)
    private func noteFill(_ set: Int, _ way: Int) {
        if policy == .srrip {
            let shift = UInt64(2 * way)
            pointers[set] = pointers[set] & ~(3 &<< shift) | 2 &<< shift
        } else {
            Self.noteUse(policy, pointers.base + set, way, ways)
        }
    }

    private mutating func victimWay(_ set: Int, _ copy: Int) -> Int {
        switch policy {
        case .lru:
            preconditionFailure("LRU keeps its sets in order and asks nobody")
        case .fifo:
            let way = Int(pointers[set])
            pointers[set] = UInt64(next(way))
            return way
        case .roundRobin:
            let way = Int(counters[copy])
            counters[copy] = UInt64(next(way))
            return way
        case .random:
            // A division takes longer than all else here, and most caches need none.
            let (number, ways) = (random.next(), UInt64(ways))
            return Int(ways & (ways &- 1) == 0 ? number & (ways &- 1) : number % ways)
        case .treePLRU:
            var node = 1
            while node < ways { node = 2 * node + Int(pointers[set] &>> UInt64(node) & 1) }
            return node - ways
        case .bitPLRU:
            return (0..<ways).first { pointers[set] &>> UInt64($0) & 1 == 0 } ?? 0
        case .nru: return victimNotUsed(set, copy)
        case .srrip: return victimPredicted(set)
        }
    }

    @inline(__always)
    private func next(_ way: Int) -> Int { way &+ 1 == ways ? 0 : way &+ 1 }

    private func victimNotUsed(_ set: Int, _ copy: Int) -> Int {
        let start = Int(counters[copy])
        counters[copy] = UInt64(next(start))
        let all: UInt64 = ways == 64 ? .max : (1 &<< UInt64(ways)) - 1
        if pointers[set] == all { pointers[set] = 0 }
        var way = start
        while pointers[set] &>> UInt64(way) & 1 == 1 {
            way = next(way)
            if way == start { break }
        }
        return way
    }

    private func victimPredicted(_ set: Int) -> Int {
        while true {
            for way in 0..<ways where pointers[set] &>> UInt64(2 * way) & 3 == 3 { return way }
            for way in 0..<ways { pointers[set] &+= 1 &<< UInt64(2 * way) }
        }
    }

    /// Points the tree's nodes away from `way`.
    static func notePLRU(_ tree: UnsafeMutablePointer<UInt64>, _ way: Int, _ ways: Int) {
        var bits = tree.pointee
        var node = way + ways
        while node > 1 {
            let parent = node / 2
            let mask: UInt64 = 1 &<< UInt64(parent)
            if node & 1 == 0 { bits |= mask } else { bits &= ~mask }
            node = parent
        }
        tree.pointee = bits
    }

    /// Takes a line out of copy `copy`.
    mutating func remove(at index: Int, _ copy: Int) {
        left &+= 1
        let line = line(ofEntry: entries[index])
        let set = setNumber(line, copy)
        clearHeads(line, set, copy)
        guard policy == .lru else {
            entries[index] = 0
            return
        }
        // Keep the order of use: the lines behind it move up, the free way goes last.
        let end = (set + 1) * ways
        var place = index
        while place + 1 < end {
            entries[place] = entries[place + 1]
            place += 1
        }
        entries[place] = 0
    }
}
