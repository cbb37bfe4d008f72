import Operations
import Quantities
import Testing

@testable import MemoryModel

/// Litmus tests of two cores and two words, with everything that can stand between.
///
/// The outcomes reachable over all schedules must be exactly those of the table: one too many is an order that
/// the rules or the machine lose, one too few an order that they invent.
@Suite("Order: two cores, two words")
struct OrderLitmusTests {
    /// What stands between two accesses, and which pairs it orders, by the manual.
    struct Link {
        var name: String
        /// What stands between.
        var between: [Operation] = []
        /// Loads are load-acquires.
        var acquires = false
        /// Stores are store-releases.
        var releases = false
        /// The second access takes its address from a load right before it.
        var depends = false
        /// The pairs that it orders.
        var orders: Set<Pair>
        /// Where the manual says so.
        var source: String
    }

    /// Two accesses of one core: which comes first.
    enum Pair: CaseIterable {
        case storeStore
        case storeLoad
        case loadStore
        case loadLoad
    }

    static let all = Set(Pair.allCases)
    static let domains: [(Barrier.Domain, String)] = [
        (.fullSystem, "sy"), (.outerShareable, "osh"), (.innerShareable, "ish"),
    ]

    /// The table.
    ///
    /// Sections of Arm DDI 0487 (issue M); `bob` is Barrier-ordered-before, `dob`
    /// Dependency-ordered-before, all of B2.3.
    static let links: [Link] = {
        var links = [
            Link(name: "po", orders: [], source: "B2.3: nothing orders them"),
            Link(name: "work", between: [.work(cycles: 3)], orders: [], source: "B2.3"),
            Link(
                name: "isb", between: [.isb], orders: [],
                source: "B2.3 Instruction-fetch-barrier-ordered-before needs a dependency"),
            Link(
                name: "rel", releases: true, orders: [.storeStore, .loadStore],
                source: "bob: a write with Release semantics; MP+rel+acq"),
            Link(
                name: "acq", acquires: true, orders: [.loadStore, .loadLoad],
                source: "bob: a read with Acquire semantics; MP+rel+acq"),
            Link(
                name: "rel-acq", acquires: true, releases: true, orders: all,
                source: "bob: Acquire after Release; SB+dmb.sy+rel-acq"),
            Link(
                name: "addr", depends: true, orders: [.loadStore, .loadLoad],
                source: "dob: Address dependency"),
        ]
        for (domain, name) in domains {
            links += [
                Link(
                    name: "dmb.\(name)", between: [.dmb(domain)], orders: all,
                    source: "bob: DMB FULL"),
                Link(
                    name: "dmb.\(name)st", between: [.dmb(domain, .stores)],
                    orders: [.storeStore], source: "bob: DMB ST"),
                Link(
                    name: "dmb.\(name)ld", between: [.dmb(domain, .loads)],
                    orders: [.loadStore, .loadLoad], source: "bob: DMB LD"),
                Link(
                    name: "dsb.\(name)", between: [.dsb(domain)], orders: all,
                    source: "DSB-ordered-before: DSB FULL"),
                Link(
                    name: "dsb.\(name)st", between: [.dsb(domain, .stores)],
                    orders: [.storeStore, .storeLoad], source: "DSB-ordered-before: DSB ST"),
                Link(
                    name: "dsb.\(name)ld", between: [.dsb(domain, .loads)],
                    orders: [.loadStore, .loadLoad], source: "DSB-ordered-before: DSB LD"),
            ]
        }
        for accesses in [Barrier.Accesses.all, .stores, .loads] {
            let source = "C6.2 DMB, DSB: NSH is for this core alone"
            links += [
                Link(
                    name: "dmb.nsh \(accesses)", between: [.dmb(.nonShareable, accesses)],
                    orders: [], source: source),
                Link(
                    name: "dsb.nsh \(accesses)", between: [.dsb(.nonShareable, accesses)],
                    orders: [], source: source),
            ]
        }
        return links
    }()

    /// A shape: two programs of two accesses, all outcomes that coherence allows, and the one that is forbidden
    /// when both pairs are ordered.
    struct Shape {
        var name: String
        var first: Pair
        var second: Pair
        var programs: ([Access], [Access])
        var finals: [Int] = []
        var outcomes: Set<String>
        var forbidden: String

        /// A load, or a store of a value, of word 0 or 1.
        struct Access {
            var word: Int
            var value: UInt64?
        }
    }

    private static func ld(_ word: Int) -> Shape.Access { Shape.Access(word: word) }
    private static func st(_ word: Int, _ value: UInt64) -> Shape.Access {
        Shape.Access(word: word, value: value)
    }

    /// The catalogue's shapes; without order all outcomes listed are allowed, with order all but one.
    static let shapes: [Shape] = [
        Shape(
            name: "MP", first: .storeStore, second: .loadLoad,
            programs: ([st(0, 1), st(1, 1)], [ld(1), ld(0)]),
            outcomes: ["00", "01", "10", "11"], forbidden: "10"),
        Shape(
            name: "SB", first: .storeLoad, second: .storeLoad,
            programs: ([st(0, 1), ld(1)], [st(1, 1), ld(0)]),
            outcomes: ["00", "01", "10", "11"], forbidden: "00"),
        Shape(
            name: "LB", first: .loadStore, second: .loadStore,
            programs: ([ld(0), st(1, 1)], [ld(1), st(0, 1)]),
            outcomes: ["00", "01", "10", "11"], forbidden: "11"),
        Shape(
            name: "2+2W", first: .storeStore, second: .storeStore,
            programs: ([st(0, 1), st(1, 2)], [st(1, 1), st(0, 2)]), finals: [0, 1],
            outcomes: ["11", "12", "21", "22"], forbidden: "11"),
        Shape(
            name: "R", first: .storeStore, second: .storeLoad,
            programs: ([st(0, 1), st(1, 1)], [st(1, 2), ld(0)]), finals: [1],
            outcomes: ["01", "02", "11", "12"], forbidden: "02"),
        Shape(
            name: "S", first: .storeStore, second: .loadStore,
            programs: ([st(0, 2), st(1, 1)], [ld(1), st(0, 1)]), finals: [0],
            outcomes: ["01", "02", "11", "12"], forbidden: "12"),
    ]

    private static func program(
        _ accesses: [Shape.Access], _ words: [UInt64], _ link: Link
    ) -> [Operation] {
        var operations: [Operation] = []
        for (index, access) in accesses.enumerated() {
            if index > 0 { operations += link.between }
            let kind: AccessKind =
                access.value == nil
                ? (link.acquires ? .loadAcquire : .load)
                : (link.releases ? .storeRelease : .store)
            operations.append(
                .access(
                    kind, words[access.word], access.value, dependent: link.depends && index > 0))
        }
        return operations
    }

    /// The case of a shape with a link on each side.
    static func litmus(_ shape: Shape, _ words: [UInt64], _ first: Link, _ second: Link) -> Litmus {
        let isForbidden = first.orders.contains(shape.first) && second.orders.contains(shape.second)
        return Litmus(
            "\(shape.name)+\(first.name)+\(second.name)",
            [
                program(shape.programs.0, words, first), program(shape.programs.1, words, second),
            ],
            finals: shape.finals.map { words[$0] },
            allowed: isForbidden ? shape.outcomes.subtracting([shape.forbidden]) : shape.outcomes,
            source: "\(shape.name) of the catalogue; \(first.source); \(second.source)")
    }

    @Test("Write-back memory: every shape with every link on either side", arguments: 0..<6)
    func writeBack(_ number: Int) throws {
        let shape = Self.shapes[number]
        let configuration = try OrderMachine.small()
        let isSymmetric = shape.first == shape.second
        for (number, first) in Self.links.enumerated() {
            for second in Self.links[(isSymmetric ? number : 0)...] {
                try expect(Self.litmus(shape, [Litmus.x, Litmus.y], first, second), configuration)
            }
        }
    }

    @Test("Non-cacheable memory, words of one line, two levels and a store buffer: the same")
    func otherNormalMemory() throws {
        let some = Self.links.filter {
            [
                "po", "rel", "acq", "rel-acq", "addr", "dmb.sy", "dmb.ishst", "dmb.oshld",
                "dsb.ishst",
            ]
            .contains($0.name)
        }
        #expect(some.count == 9)
        let places: [[UInt64]] = [
            [Litmus.uncachedX, Litmus.uncachedY], [Litmus.x, Litmus.besideX],
            [Litmus.x, Litmus.uncachedX], [Litmus.x, Litmus.y],
        ]
        let configuration = try OrderMachine.large()
        for shape in Self.shapes {
            for words in places {
                for first in some {
                    for second in some {
                        try expect(Self.litmus(shape, words, first, second), configuration)
                    }
                }
            }
        }
    }

    @Test(
        "Device memory: one peripheral keeps order by itself, two do not, nor do Device and Normal")
    func device() throws {
        let some = Self.links.filter {
            ["po", "rel-acq", "dmb.sy", "dmb.ishst", "dsb.oshld"].contains($0.name)
        }
        let apart: [[UInt64]] = [
            [Litmus.registerX, Litmus.otherRegister], [Litmus.x, Litmus.registerX],
            [Litmus.registerX, Litmus.uncachedX], [Litmus.x, Litmus.orderedX],
            [Litmus.registerX, Litmus.orderedX],
        ]
        let together: [[UInt64]] = [
            [Litmus.registerX, Litmus.registerY], [Litmus.orderedX, Litmus.orderedY],
        ]
        let configuration = try OrderMachine.small()
        for shape in Self.shapes {
            for first in some {
                for second in some {
                    for words in apart {
                        try expect(Self.litmus(shape, words, first, second), configuration)
                    }
                    for words in together {
                        var litmus = Self.litmus(shape, words, first, second)
                        litmus.allowed = shape.outcomes.subtracting([shape.forbidden])
                        litmus.source = "B2.4.1.1 Peripheral arrival order"
                        try expect(litmus, configuration)
                    }
                }
            }
        }
    }
}
