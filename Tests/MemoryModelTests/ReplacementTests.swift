import Quantities
import Testing

@testable import MemoryModel

/// A cache bank as slow and as plain as can be: an array of lines for each set, and what the policy needs.
struct NaiveBank {
    private struct NaiveSet {
        /// The line in each way; nil: empty.
        var ways: [UInt64?]
        /// When each way was last used.
        var used: [Int]
        /// The next way to fill when all are full (FIFO).
        var next = 0
        /// Of each inner node of the tree, whether the right half is the older one.
        var older: [Bool]
        /// Of each way its used bit, or its prediction.
        var marks: [Int]
    }

    private let configuration: CacheConfiguration
    private var sets: [NaiveSet]
    private var random: SplitMix64
    private var time = 0
    /// The one counter for all sets.
    private var counter = 0

    init(_ configuration: CacheConfiguration, seed: UInt64) {
        self.configuration = configuration
        random = SplitMix64(seed: seed)
        let empty = NaiveSet(
            ways: Array(repeating: nil, count: configuration.ways),
            used: Array(repeating: 0, count: configuration.ways),
            older: Array(repeating: false, count: configuration.ways),
            marks: Array(repeating: 0, count: configuration.ways))
        sets = Array(repeating: empty, count: Int(configuration.sets))
    }

    private func set(_ line: UInt64) -> Int { Int(line % configuration.sets) }

    func holds(_ line: UInt64) -> Bool { sets[set(line)].ways.contains(line) }

    mutating func touch(_ line: UInt64) -> Bool {
        let number = set(line)
        guard let way = sets[number].ways.firstIndex(of: line) else { return false }
        noteUse(number, way)
        return true
    }

    /// Puts a line in and gives the one that left.
    mutating func insert(_ line: UInt64) -> UInt64? {
        let number = set(line)
        let way = sets[number].ways.firstIndex(of: nil) ?? victim(number)
        let old = sets[number].ways[way]
        sets[number].ways[way] = line
        noteUse(number, way)
        if configuration.replacement == .srrip { sets[number].marks[way] = 2 }
        return old
    }

    mutating func remove(_ line: UInt64) {
        let number = set(line)
        guard let way = sets[number].ways.firstIndex(of: line) else { return }
        sets[number].ways[way] = nil
    }

    private mutating func victim(_ number: Int) -> Int {
        switch configuration.replacement {
        case .lru:
            let ways = sets[number].used.indices
            return ways.min { sets[number].used[$0] < sets[number].used[$1] } ?? 0
        case .fifo:
            let way = sets[number].next
            sets[number].next = (way + 1) % configuration.ways
            return way
        case .random: return Int(random.next() % UInt64(configuration.ways))
        case .roundRobin:
            defer { counter = (counter + 1) % configuration.ways }
            return counter
        case .bitPLRU: return sets[number].marks.firstIndex(of: 0) ?? 0
        case .nru:
            defer { counter = (counter + 1) % configuration.ways }
            if !sets[number].marks.contains(0) {
                sets[number].marks = sets[number].marks.map { _ in 0 }
            }
            let fromCounter = (0..<configuration.ways).map { (counter + $0) % configuration.ways }
            return fromCounter.first { sets[number].marks[$0] == 0 } ?? 0
        case .srrip:
            while !sets[number].marks.contains(3) {
                sets[number].marks = sets[number].marks.map { $0 + 1 }
            }
            return sets[number].marks.firstIndex(of: 3) ?? 0
        case .treePLRU:
            // Halve the ways, going to the older half each time.
            var low = 0
            var high = configuration.ways
            var node = 1
            while high - low > 1 {
                let middle = (low + high) / 2
                if sets[number].older[node] { low = middle } else { high = middle }
                node = 2 * node + (low == middle ? 1 : 0)
            }
            return low
        }
    }

    private mutating func noteMark(_ number: Int, _ way: Int) {
        switch configuration.replacement {
        case .srrip: sets[number].marks[way] = 0
        case .nru: sets[number].marks[way] = 1
        case .bitPLRU:
            sets[number].marks[way] = 1
            guard !sets[number].marks.contains(0) else { return }
            sets[number].marks = sets[number].marks.indices.map { $0 == way ? 1 : 0 }
        default: break
        }
    }

    private mutating func noteUse(_ number: Int, _ way: Int) {
        time += 1
        sets[number].used[way] = time
        noteMark(number, way)
        guard configuration.replacement == .treePLRU else { return }
        var low = 0
        var high = configuration.ways
        var node = 1
        while high - low > 1 {
            let middle = (low + high) / 2
            let isRight = way >= middle
            // The half that was not used is the older one.
            sets[number].older[node] = !isRight
            if isRight { low = middle } else { high = middle }
            node = 2 * node + (isRight ? 1 : 0)
        }
    }
}

/// A bank in a class, since expectations cannot hold a noncopyable value.
final class BankUnderTest {
    var bank: CacheBank

    init(_ configuration: CacheConfiguration, copies: Int = 1, seed: UInt64 = 1) {
        bank = CacheBank(configuration, copies: copies, seed: seed)
    }

    /// Uses a line, filling it if need be.
    ///
    /// - Returns: the line that left; nil: none.
    @discardableResult
    func use(_ line: UInt64) -> UInt64? {
        if bank.touch(line, 0) >= 0 { return nil }
        let victim = bank.insert(line, 0, state: 0).victim
        return victim == 0 ? nil : victim >> CacheBank.stateBits
    }

    func remove(_ line: UInt64) {
        let index = bank.peek(line, 0)
        if index >= 0 { bank.remove(at: index, 0) }
    }
}

/// Who leaves a full set.
@Suite("Replacement")
struct ReplacementTests {
    /// One set of four ways; lines are 0, 1, 2 … as there is but one set.
    private func oneSet(_ policy: ReplacementPolicy, seed: UInt64 = 1) -> BankUnderTest {
        BankUnderTest(
            CacheConfiguration(size: 128, ways: 4, lineSize: 32, replacement: policy), seed: seed)
    }

    @Test("FIFO: the line filled first leaves, however often it is used")
    func fifo() {
        let bank = oneSet(.fifo)
        for line in 0..<4 { #expect(bank.use(UInt64(line)) == nil) }
        // | 0 1 2 3 |, way 0 is next; using 0 changes nothing.
        bank.use(0)
        #expect(bank.use(4) == 0)
        // | 4 1 2 3 |, way 1 is next.
        bank.use(1)
        #expect(bank.use(5) == 1)
        #expect(bank.use(6) == 2)
        #expect(bank.use(7) == 3)
        // | 4 5 6 7 |, round again.
        #expect(bank.use(8) == 4)
    }

    @Test("FIFO: an invalid way is filled before anybody has to leave")
    func fifoAfterInvalidate() {
        let bank = oneSet(.fifo)
        for line in 0..<4 { bank.use(UInt64(line)) }
        bank.remove(2)
        // | 0 1 - 3 |: 4 goes into the gap; the pointer still stands at way 0.
        #expect(bank.use(4) == nil)
        #expect(bank.use(5) == 0)
    }

    @Test("LRU: the line used longest ago leaves")
    func lru() {
        let bank = oneSet(.lru)
        for line in 0..<4 { bank.use(UInt64(line)) }
        // Most recent first: 3 2 1 0.
        bank.use(0)
        // 0 3 2 1
        #expect(bank.use(4) == 1)
        // 4 0 3 2
        bank.use(2)
        // 2 4 0 3
        #expect(bank.use(5) == 3)
        // 5 2 4 0
        bank.remove(2)
        // 5 4 0 -
        #expect(bank.use(6) == nil)
        // 6 5 4 0
        #expect(bank.use(7) == 0)
    }

    @Test("Tree-PLRU: each node points away from the half used last")
    func treePLRU() {
        let bank = oneSet(.treePLRU)
        for line in 0..<4 { bank.use(UInt64(line)) }
        // Ways | 0 1 | 2 3 |. After 3: the root points left, the left node at way 0 (1 was used last), the right at 2.
        //          root <-
        //      <- n        <- n
        //     [0]  1      [2]  3
        #expect(bank.use(4) == 0)
        // | 4 1 | 2 3 |: root -> right, left node -> 1, right node -> 2.
        #expect(bank.use(5) == 2)
        // | 4 1 | 5 3 |: root -> left, left node -> 1, right node -> 3.
        bank.use(1)
        // Root -> right, left node -> way 0.
        #expect(bank.use(6) == 3)
        // True LRU would have taken 3 as well; now root -> left, left node -> way 0: 4 leaves, though 5 is older
        // than 1 and 4 was used before 5.
        #expect(bank.use(7) == 4)
    }

    @Test("Random: one number of the seeded generator for each full set, none before")
    func random() {
        var generator = SplitMix64(seed: 99)
        let bank = oneSet(.random, seed: 99)
        var ways: [UInt64] = [0, 1, 2, 3]
        for line in ways { #expect(bank.use(line) == nil) }
        for line in 4..<200 as Range<UInt64> {
            let way = Int(generator.next() % 4)
            #expect(bank.use(line) == ways[way])
            ways[way] = line
        }
    }

    @Test(
        "A bank does as the naive model does, hints or not", arguments: ReplacementPolicy.allCases,
        [1, 2, 3, 4, 8, 16])
    func naive(_ policy: ReplacementPolicy, ways: Int) {
        if policy == .treePLRU, ways & (ways - 1) != 0 { return }
        for seed in 1...3 as ClosedRange<UInt64> {
            let configuration = CacheConfiguration(
                size: UInt64(ways * 32 * 4), ways: ways, lineSize: 32, replacement: policy)
            let bank = BankUnderTest(configuration, seed: seed)
            var model = NaiveBank(configuration, seed: seed)
            var generator = SplitMix64(seed: seed &* 7_919)
            let lines = UInt64(ways * 4 * 2)
            for step in 0..<4_000 {
                let line = generator.below(generator.below(3) == 0 ? lines : max(lines / 3, 2))
                let what = "\(policy), \(ways) ways, seed \(seed), step \(step), line \(line)"
                switch generator.below(20) {
                case 0:
                    bank.remove(line)
                    model.remove(line)
                case 1:
                    #expect((bank.bank.peek(line, 0) >= 0) == model.holds(line), "\(what): peek")
                default:
                    let isHit = bank.bank.touch(line, 0) >= 0
                    #expect(isHit == model.touch(line), "\(what): hit")
                    if isHit { continue }
                    let victim = bank.bank.insert(line, 0, state: 0).victim
                    let left = victim == 0 ? nil : victim >> CacheBank.stateBits
                    #expect(left == model.insert(line), "\(what): victim")
                }
            }
        }
    }

    @Test("Copies of a bank are apart: a line of one core is not another's")
    func copies() {
        let configuration = CacheConfiguration(size: 256, ways: 2, lineSize: 32)
        let bank = BankUnderTest(configuration, copies: 2)
        _ = bank.bank.insert(5, 0, state: CacheBank.dirty)
        #expect(bank.bank.peek(5, 0) >= 0)
        #expect(bank.bank.peek(5, 1) < 0)
        #expect(bank.bank.dirtyLines(0) == 1)
        #expect(bank.bank.dirtyLines(1) == 0)
    }

    @Test("A line with the same low bits in another set is another line")
    func tags() {
        let bank = BankUnderTest(CacheConfiguration(size: 256, ways: 2, lineSize: 32))
        bank.use(1)
        #expect(bank.bank.peek(1 + 4, 0) < 0)
        #expect(bank.bank.peek(1 + (1 << 40), 0) < 0)
    }
}
