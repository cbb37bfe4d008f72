import Operations
import Testing

@testable import MemoryModel

/// Litmus tests of what a device writes: invalidation, completion, status words.
@Suite("Order: from a device")
struct OrderCompletionTests {
    private let x = Litmus.x
    private let flag = Litmus.uncachedY

    @Test("A buffer that a device fills: invalidated before and after")
    func filledByDevice() throws {
        let invalidate = Operation.dc(.dcIVAC, x)
        let clean: [Operation] = [.dc(.dcCIVAC, x), .dsb()]
        func filled(
            _ name: String, before: [Operation] = [], after: [Operation] = [],
            _ allowed: Set<String>, _ source: String
        ) -> Litmus {
            Litmus(
                "DMA+\(name)", [before + [.ring, .wait] + after + [.ld(x)]],
                devices: [device([.wr(x, 1)])], allowed: allowed, source: source)
        }
        let bad = "K11.5.1.3 Invalidating DMA buffers, non-functional example"
        let good = "K11.5.1.4 Invalidating DMA buffers, functional example"
        let lost =
            "D7.5 General behavior of the caches: a dirty line may be written back at any time"
        try expectOfDevices([
            filled("po", ["0", "1"], bad),
            filled("ivac-dsb", before: [invalidate, .dsb()], ["0", "1"], bad),
            filled(
                "ivac-dsb, dmb", before: [invalidate, .dsb()], after: [.dmb()], ["0", "1"], bad),
            filled(
                "ivac-dsb, dmb-ivac", before: [invalidate, .dsb()], after: [.dmb(), invalidate],
                ["1"], good),
            filled("dirty", before: [.st(x, 2)], after: [.dmb(), invalidate], ["1", "2"], lost),
            filled(
                "dirty-ivac-dsb", before: [.st(x, 2), invalidate, .dsb()],
                after: [.dmb(), invalidate], ["1"], good),
            filled(
                "dirty-civac-dsb", before: [.st(x, 2)] + clean, after: [.dmb(), invalidate], ["1"],
                good),
            filled(
                "dirty-civac-dsb, none after", before: [.st(x, 2)] + clean, after: [.dmb()],
                ["1", "2"], bad),
            filled(
                "dirty-civac, no barrier", before: [.st(x, 2), .dc(.dcCIVAC, x)],
                after: [.dmb(), invalidate], ["1", "2"], "D7.5.9.15"),
        ])
    }

    @Test("Completion of a device orders nothing but what branches on it")
    func completion() throws {
        let source = "B2.3 ctrl orders no reads; Instruction-fetch-barrier-ordered-before; bob"
        func completed(
            _ name: String, _ between: [Operation], _ isOrdered: Bool, word: UInt64,
            domain: Barrier.Domain, isCoherent: Bool
        ) -> Litmus {
            Litmus(
                "DMA+\(name)", [[.ring, .wait] + between + [.ld(word)]],
                devices: [device([.wr(word, 1)], domain: domain, isCoherent: isCoherent)],
                allowed: isOrdered ? ["1"] : ["0", "1"], source: source)
        }
        let places: [(UInt64, Barrier.Domain, Bool)] = [
            (Litmus.uncachedX, .outerShareable, false), (x, .innerShareable, true),
        ]
        for (word, domain, isCoherent) in places {
            let isNear = domain == .innerShareable
            let links: [(String, [Operation], Bool)] = [
                ("po", [], false), ("isb", [.isb], true), ("dmb", [.dmb()], true),
                ("dmb.oshld", [.dmb(.outerShareable, .loads)], true),
                ("dmb.ishld", [.dmb(.innerShareable, .loads)], isNear),
                ("dmb.st", [.dmb(.fullSystem, .stores)], false),
                ("dsb.ld", [.dsb(.fullSystem, .loads)], true),
            ]
            for (name, between, isOrdered) in links {
                let litmus = completed(
                    name, between, isOrdered, word: word, domain: domain, isCoherent: isCoherent)
                try expectOfDevices([litmus])
            }
        }
    }

    @Test("A status word that a device writes after its data")
    func status() throws {
        let all: Set<String> = ["00", "01", "10", "11"]
        func polled(_ name: String, _ program: [Operation], _ isOrdered: Bool) -> Litmus {
            Litmus(
                "MP+device+\(name)", [program],
                devices: [device([.wr(Litmus.uncachedX, 1), .wr(flag, 1)])],
                allowed: isOrdered ? all.subtracting(["10"]) : all,
                source: "bob, dob; K11.5.1.4")
        }
        let data = Operation.ld(Litmus.uncachedX)
        try expectOfDevices([
            polled("po", [.ld(flag), data], false),
            polled("dmb.ld", [.ld(flag), .dmb(.fullSystem, .loads), data], true),
            polled("dmb.oshld", [.ld(flag), .dmb(.outerShareable, .loads), data], true),
            polled("dmb.ishld", [.ld(flag), .dmb(.innerShareable, .loads), data], false),
            polled("acq", [.lda(flag), data], true),
            polled("addr", [.ld(flag), .ldDep(Litmus.uncachedX)], true),
            polled("isb", [.ld(flag), .isb, data], false),
        ])
    }

    @Test("A core and a device that write one line: the line's eviction loses the device's word")
    func sharedLine() throws {
        let beside = Litmus.besideX
        try expectOfDevices(
            [
                Litmus(
                    "line shared, coherent", [[.st(beside, 2), .ring, .wait, .dmb(), .ld(x)]],
                    devices: [device([.wr(x, 1)], isCoherent: true)], finals: [beside],
                    allowed: ["12"], source: "B2.3: one coherent memory")
            ])
        try expectOfDevices([
            Litmus(
                "line shared", [[.st(beside, 2), .ring, .wait, .dmb(), .ld(x)]],
                devices: [device([.wr(x, 1)])], finals: [beside], allowed: ["02", "12"],
                source: "K11.5.1.3: lines are the unit of what caches hold")
        ])
    }
}
