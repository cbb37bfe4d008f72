import MemoryModel
import Quantities

// Section 12.

extension ReferenceCache {
    /// A line has been used.
    mutating func noteUse(_ at: ReferencePosition) {
        useClock += 1
        lastUse[at.set][at.way] = useClock
        switch configuration.replacement {
        case .lru, .fifo, .roundRobin, .random: break
        case .treePLRU: pointAway(at)
        case .bitPLRU:
            usedBits[at.set][at.way] = true
            if usedBits[at.set].allSatisfy({ $0 }) {
                for way in usedBits[at.set].indices { usedBits[at.set][way] = way == at.way }
            }
        case .nru: usedBits[at.set][at.way] = true
        case .srrip: predictions[at.set][at.way] = 0
        }
    }

    /// A line has been filled.
    mutating func noteFill(_ at: ReferencePosition) {
        noteUse(at)
        if configuration.replacement == .srrip { predictions[at.set][at.way] = 2 }
    }

    /// The way whose line leaves a full set.
    mutating func victim(in set: Int, random: inout SplitMix64) -> Int {
        let ways = lines[set].count
        switch configuration.replacement {
        case .lru: return lastUse[set].firstIndex(of: lastUse[set].min() ?? 0) ?? 0
        case .fifo:
            let way = fillPointers[set]
            fillPointers[set] = (way + 1) % ways
            return way
        case .roundRobin:
            let way = pointer
            pointer = (way + 1) % ways
            return way
        case .random: return Int(random.next() % UInt64(ways))
        case .treePLRU:
            var node = 1
            while node < ways { node = 2 * node + (treeNodes[set][node] ? 1 : 0) }
            return node - ways
        case .bitPLRU: return usedBits[set].firstIndex(of: false) ?? 0
        case .nru:
            if usedBits[set].allSatisfy({ $0 }) {
                usedBits[set] = Array(repeating: false, count: ways)
            }
            let order = (0..<ways).map { (pointer + $0) % ways }
            pointer = (pointer + 1) % ways
            return order.first { !usedBits[set][$0] } ?? 0
        case .srrip:
            while !predictions[set].contains(3) {
                for way in 0..<ways { predictions[set][way] += 1 }
            }
            return predictions[set].firstIndex(of: 3) ?? 0
        }
    }

    private mutating func pointAway(_ at: ReferencePosition) {
        let ways = lines[at.set].count
        var node = at.way + ways
        while node > 1 {
            // A node that is true points at its upper child.
            treeNodes[at.set][node / 2] = node % 2 == 0
            node /= 2
        }
    }
}
