import Operations
import Testing

@testable import MemoryModel

/// Litmus tests of one word, of three and four cores, and of what a core does locally.
@Suite("Order: coherence, more cores, dependencies")
struct OrderShapesTests {
    private let x = Litmus.x
    private let y = Litmus.y
    private let z = Litmus.z

    /// All texts of one digit from each list.
    private static func product(_ digits: [String]) -> Set<String> {
        digits.reduce([""]) { texts, choices in
            Set(texts.flatMap { text in choices.map { text + String($0) } })
        }
    }

    private func check(_ cases: [Litmus]) throws {
        for machine in try OrderMachine.all() {
            for litmus in cases { try expect(litmus, machine) }
            if machine.storeBuffer == nil || machine.hasOuterCache { continue }
            for litmus in cases { try expect(litmus, machine, holds: true) }
        }
    }

    // MARK: One word

    @Test("Coherence: one word has one order of writes, and no core goes back in it")
    func coherence() throws {
        let source = "B2.3 Internal visibility requirement, Hazard-ordered-before; the catalogue's "
        var cases: [Litmus] = []
        for word in [x, Litmus.uncachedX, Litmus.registerX, Litmus.orderedX] {
            cases += [
                Litmus(
                    "CoWW", [[.st(word, 1), .st(word, 2)]], finals: [word], allowed: ["2"],
                    source: source + "CoWW"),
                Litmus(
                    "CoRW1", [[.ld(word), .st(word, 1)]], finals: [word], allowed: ["01"],
                    source: source + "CoRW1"),
                Litmus(
                    "CoRW2", [[.st(word, 1)], [.ld(word), .st(word, 2)]], finals: [word],
                    allowed: ["01", "02", "12"], source: source + "CoRW2"),
                Litmus(
                    "CoWR", [[.st(word, 1), .ld(word)], [.st(word, 2)]], finals: [word],
                    allowed: ["11", "12", "22"], source: source + "CoWR"),
                Litmus(
                    "CoRR", [[.st(word, 1)], [.ld(word), .ld(word)]],
                    allowed: ["00", "01", "11"], source: source + "CoRR"),
                Litmus(
                    "CoRR+3", [[.st(word, 1)], [.ld(word), .ld(word), .ld(word)]],
                    allowed: ["000", "001", "011", "111"], source: source + "CoRR"),
                Litmus(
                    "CoWWR", [[.st(word, 1), .st(word, 2), .ld(word)]], finals: [word],
                    allowed: ["22"], source: source + "CoWR"),
            ]
        }
        try check(cases)
    }

    @Test("Write-through memory is coherent, too")
    func writeThrough() throws {
        let word = Litmus.throughX
        let drain = Operation.environment(EnvironmentEvent(.drain, in: .core(0)))
        let evict = Operation.environment(
            EnvironmentEvent(.evict, at: Operand(word), in: .core(0)))
        for configuration in try OrderMachine.all() {
            var machine = Machine(configuration, probe: ValueFollower(words: [word]))
            for mapping in Litmus.map.mappings { machine.declare(mapping) }
            for operation in [.ld(word), .st(word, 1), drain, evict, .ld(word)] {
                machine.probe.writing = operation.litmusValue
                machine.perform(operation, by: .core(0), record: 1)
            }
            let found = machine.probe.found
            #expect(found == 1, "a core reads back what it wrote, after an eviction")
        }
        try check([
            Litmus(
                "CoRR", [[.st(word, 1)], [.ld(word), .ld(word)]], allowed: ["00", "01", "11"],
                source: "B2.3 Internal visibility requirement; CoRR"),
            Litmus(
                "CoRW2", [[.st(word, 1)], [.ld(word), .st(word, 2)]], finals: [word],
                allowed: ["01", "02", "12"],
                source: "B2.3 Internal visibility requirement; CoRW2"),
        ])
    }

    @Test("Two writers of one word: all readers agree on their order")
    func agreement() throws {
        // One order of the writes is 0, 1, 2, the other 0, 2, 1; nobody goes back in the one that it is.
        let up: [String] = ["00", "01", "02", "11", "12", "22"]
        let down: [String] = ["00", "02", "01", "22", "21", "11"]
        var allowed: Set<String> = []
        for order in [up, down] {
            for first in order { for second in order { allowed.insert(first + second) } }
        }
        #expect(allowed.count == 6 * 6 * 2 - 5 * 5)
        for word in [x, Litmus.uncachedX] {
            try check([
                Litmus(
                    "CoRR2",
                    [
                        [.st(word, 1)], [.st(word, 2)], [.ld(word), .ld(word)],
                        [.ld(word), .ld(word)],
                    ],
                    allowed: allowed, source: "B2.3 Coherence order is total; CoRR")
            ])
        }
    }

    // MARK: More cores

    @Test("IRIW: with the reads in order on both sides, readers agree on two writes")
    func independentReads() throws {
        let all = Self.product(["01", "01", "01", "01"])
        let links: [(name: String, isOrdered: Bool, program: (UInt64, UInt64) -> [Operation])] = [
            ("po", false, { [.ld($0), .ld($1)] }),
            ("dmb.sy", true, { [.ld($0), .dmb(), .ld($1)] }),
            ("dmb.ishld", true, { [.ld($0), .dmb(.innerShareable, .loads), .ld($1)] }),
            ("dmb.st", false, { [.ld($0), .dmb(.fullSystem, .stores), .ld($1)] }),
            ("dmb.nsh", false, { [.ld($0), .dmb(.nonShareable), .ld($1)] }),
            ("dsb.sy", true, { [.ld($0), .dsb(), .ld($1)] }),
            ("acq", true, { [.lda($0), .ld($1)] }),
            ("addr", true, { [.ld($0), .ldDep($1)] }),
        ]
        for first in links {
            for second in links {
                let isForbidden = first.isOrdered && second.isOrdered
                try expect(
                    Litmus(
                        "IRIW+\(first.name)+\(second.name)",
                        [[.st(x, 1)], [.st(y, 1)], first.program(x, y), second.program(y, x)],
                        allowed: isForbidden ? all.subtracting(["1010"]) : all,
                        source: "B2.3 Other-multi-copy atomicity; IRIW, IRIW+dmb.lds"),
                    try OrderMachine.small())
            }
        }
    }

    @Test("WRC, ISA2, RWC, Z6.3: order is cumulative")
    func cumulative() throws {
        let three = Self.product(["01", "01", "01"])
        func both(
            _ name: String, _ weak: [[Operation]], _ strong: [[[Operation]]], finals: [UInt64] = [],
            all: Set<String>, forbidden: String, source: String
        ) throws {
            try check([
                Litmus(name, weak, finals: finals, allowed: all, source: source)
            ])
            for programs in strong {
                try check([
                    Litmus(
                        name + " in order", programs, finals: finals,
                        allowed: all.subtracting([forbidden]), source: source)
                ])
            }
        }
        try both(
            "WRC", [[.st(x, 1)], [.ld(x), .st(y, 1)], [.ld(y), .ld(x)]],
            [
                [[.st(x, 1)], [.ld(x), .stDep(y, 1)], [.ld(y), .ldDep(x)]],
                [[.st(x, 1)], [.ld(x), .dmb(), .st(y, 1)], [.ld(y), .dmb(), .ld(x)]],
                [[.st(x, 1)], [.ld(x), .stl(y, 1)], [.ld(y), .ldDep(x)]],
                [[.st(x, 1)], [.lda(x), .st(y, 1)], [.lda(y), .ld(x)]],
            ],
            all: three, forbidden: "110", source: "WRC, WRC+rel+addr")
        try both(
            "ISA2", [[.st(x, 1), .st(y, 1)], [.ld(y), .st(z, 1)], [.ld(z), .ld(x)]],
            [
                [[.st(x, 1), .dmb(), .st(y, 1)], [.ld(y), .stDep(z, 1)], [.ld(z), .ldDep(x)]],
                [[.st(x, 1), .stl(y, 1)], [.lda(y), .stl(z, 1)], [.lda(z), .ld(x)]],
            ],
            all: three, forbidden: "110", source: "ISA2")
        try both(
            "RWC", [[.st(x, 1)], [.ld(x), .ld(y)], [.st(y, 1), .ld(x)]],
            [
                [[.st(x, 1)], [.ld(x), .ldDep(y)], [.st(y, 1), .dmb(), .ld(x)]],
                [[.st(x, 1)], [.lda(x), .ld(y)], [.stl(y, 1), .lda(x)]],
            ],
            all: three, forbidden: "100", source: "RWC")
        try both(
            "Z6.3", [[.st(x, 1), .st(y, 1)], [.st(y, 2), .st(z, 1)], [.ld(z), .ld(x)]],
            [
                [
                    [.st(x, 1), .dmb(.fullSystem, .stores), .st(y, 1)], [.st(y, 2), .stl(z, 1)],
                    [.ld(z), .ldDep(x)],
                ]
            ],
            finals: [y], all: Self.product(["01", "01", "12"]), forbidden: "102", source: "Z6.3")
    }

    // MARK: What a core does locally

    @Test("A load may take its core's own store before others see it")
    func forwarding() throws {
        func program(_ own: UInt64, _ other: UInt64, _ between: [Operation], _ last: Operation)
            -> [Operation]
        { [.st(own, 1), .ld(own)] + between + [last] }
        let weak = Self.product(["1", "01", "1", "01"])
        let strong = weak.subtracting(["1010"])
        let ld = Barrier.Accesses.loads
        try check([
            Litmus(
                "SB+rfi-dmb.ld+rfi-dmb.ld",
                [
                    program(x, y, [.dmb(.fullSystem, ld)], .ld(y)),
                    program(y, x, [.dmb(.fullSystem, ld)], .ld(x)),
                ],
                allowed: weak, source: "SB+rfi-dmb.ld+rfi-dmb.ld"),
            Litmus(
                "SB+rfi-addr+rfi-addr",
                [program(x, y, [], .ldDep(y)), program(y, x, [], .ldDep(x))],
                allowed: weak, source: "B2.3: a read from a local write does not order the write"),
            Litmus(
                "SB+rfi-dmb.sy+rfi-dmb.sy",
                [program(x, y, [.dmb()], .ld(y)), program(y, x, [.dmb()], .ld(x))],
                allowed: strong, source: "bob: DMB FULL"),
            Litmus(
                "SB+dmb-rfi+dmb-rfi",
                [
                    [.st(x, 1), .dmb(), .ld(x), .ldDep(y)],
                    [.st(y, 1), .dmb(), .ld(y), .ldDep(x)],
                ],
                allowed: strong, source: "bob: DMB FULL, dob: Address dependency"),
        ])
    }

    @Test("Reads of one word may be taken out of order where they read the same write")
    func sameWrite() throws {
        let programs: [[Operation]] = [
            [.st(x, 1), .stl(y, 1)], [.ld(y), .ldDep(z), .ld(z), .ldDep(x)],
        ]
        let outer = ["00", "01", "10", "11"]
        // With a write of z: had the two reads of z read different writes, they were in order.
        var withWriter: Set<String> = []
        for pair in ["00", "01", "11"] {
            for ends in outer where !(pair == "01" && ends == "10") {
                withWriter.insert("\(ends.prefix(1))\(pair)\(ends.suffix(1))")
            }
        }
        #expect(withWriter.count == 11)
        try check([
            Litmus(
                "RSW", programs, allowed: ["0000", "0001", "1000", "1001"],
                source: "RSW, MP+rel+addr-po-loc-addr: allowed"),
            Litmus(
                "RDW", programs + [[.st(z, 1)]], allowed: withWriter,
                source: "B2.3 Explicit-hazard-ordered-before; RDW: forbidden"),
        ])
    }

    @Test("Dependencies reach stores after them, local readers, and past an ISB")
    func dependencies() throws {
        let writer: [Operation] = [.st(x, 1), .dmb(), .st(y, 1)]
        let reads = Self.product(["01", "0", "01"])
        let stores = Self.product(["01", "0", "12"])
        func reader(_ name: String, _ program: [Operation], _ isOrdered: Bool, _ source: String)
            -> Litmus
        {
            Litmus(
                "MP+dmb.sy+\(name)", [writer, program],
                allowed: isOrdered ? reads.subtracting(["100"]) : reads, source: source)
        }
        func storer(_ name: String, _ program: [Operation], _ isOrdered: Bool) -> Litmus {
            Litmus(
                "S+dmb.sy+\(name)", [[.st(x, 2), .dmb(), .st(y, 1)], program], finals: [x],
                allowed: isOrdered ? stores.subtracting(["102"]) : stores,
                source: "dob: Address dependency to an access, then a write in program order")
        }
        try check([
            reader("addr-po", [.ld(y), .ldDep(z), .ld(x)], false, "dob has no such case"),
            reader(
                "addr-isb", [.ld(y), .ldDep(z), .isb, .ld(x)], true,
                "B2.3 Instruction-fetch-barrier-ordered-before"),
            reader(
                "po-isb", [.ld(y), .ld(z), .isb, .ld(x)], false, "no dependency before the ISB"),
            storer("addr-po", [.ld(y), .ldDep(z), .st(x, 1)], true),
            storer("po-po", [.ld(y), .ld(z), .st(x, 1)], false),
            Litmus(
                "MP+dmb.sy+addr-rfi-addr", [writer, [.ld(y), .stDep(z, 1), .ld(z), .ldDep(x)]],
                allowed: Self.product(["01", "1", "01"]).subtracting(["110"]),
                source: "dob: Address dependency to a write, then a local read from it"),
        ])
    }
}
