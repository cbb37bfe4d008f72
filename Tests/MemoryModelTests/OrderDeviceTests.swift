import Operations
import Testing

@testable import MemoryModel

/// Litmus tests of what a device reads: cache maintenance, doorbells, flags, and other observers past the caches.
///
/// Outcomes are what the core's loads find, then what the device's reads find. Evictions and speculative
/// linefills happen wherever the architecture allows.
@Suite("Order: towards a device")
struct OrderDeviceTests {
    private let x = Litmus.x
    private let y = Litmus.y
    private let flag = Litmus.uncachedY

    // MARK: By doorbell

    /// A store of x, something, a doorbell; the device reads x.
    private func doorbell(
        _ name: String, _ between: [Operation], always: Bool, _ source: String,
        word: UInt64 = Litmus.x, domain: Barrier.Domain? = nil, isCoherent: Bool = false,
        change: (inout Litmus) -> Void = { _ in }
    ) -> Litmus {
        var litmus = Litmus(
            "MP+\(name)+doorbell", [[.st(word, 1)] + between + [.ring]],
            devices: [device([.rd(word)], domain: domain, isCoherent: isCoherent)],
            allowed: always ? ["1"] : ["0", "1"], source: source)
        change(&litmus)
        return litmus
    }

    @Test("A device that is rung finds a store if it was cleaned and a DSB waited for that")
    func cleanedForDoorbell() throws {
        let clean = Operation.dc(.dcCVAC, x)
        let out = "B2.4.2 Out-of-band-ordered-before, K11.4"
        let clause = "D7.5.9.15 Ordering and completion"
        try expectOfDevices([
            doorbell("po", [], always: false, "D7.5.9: nothing cleans"),
            doorbell("dsb", [.dsb()], always: false, "D7.5.9: nothing cleans"),
            doorbell("cvac", [clean], always: false, clause),
            doorbell("dsb-cvac", [.dsb(), clean], always: false, clause),
            doorbell("cvac-dsb", [clean, .dsb()], always: true, clause),
            doorbell("cvac-dsb.osh", [clean, .dsb(.outerShareable)], always: true, clause),
            doorbell(
                "cvac-dsb.ish", [clean, .dsb(.innerShareable)], always: false,
                "C6.2 DSB: the device is outside the domain"),
            doorbell(
                "cvac-dsb.ish, device in it", [clean, .dsb(.innerShareable)], always: true,
                "C6.2 DSB", domain: .innerShareable),
            doorbell(
                "cvac-dsb.nsh, device near", [clean, .dsb(.nonShareable)], always: false,
                "C6.2 DSB", domain: .innerShareable),
            doorbell("cvac-dsb.ld", [clean, .dsb(.fullSystem, .loads)], always: false, clause),
            doorbell("cvac-dsb.st", [clean, .dsb(.fullSystem, .stores)], always: false, clause),
            doorbell("cvac-isb", [clean, .isb], always: false, clause),
            doorbell("cvac-dmb", [clean, .dmb()], always: false, out),
            doorbell("cvac-dmb observed", [clean, .dmb()], always: true, "K11.5.1.1") {
                $0.doorbells = .observed
            },
            doorbell(
                "cvac-dmb.st observed", [clean, .dmb(.fullSystem, .stores)], always: false, clause
            ) { $0.doorbells = .observed },
            doorbell("civac-dsb", [.dc(.dcCIVAC, x), .dsb()], always: true, clause),
            doorbell(
                "ivac-dsb", [.dc(.dcIVAC, x), .dsb()], always: false,
                "D7.5.9: an invalidate may drop what is dirty"),
            doorbell(
                "cvac of another line-dsb", [.dc(.dcCVAC, y), .dsb()], always: false, clause),
        ])
        // To the Point of Unification, which is above the second level.
        try expect(
            doorbell("cvau-dsb", [.dc(.dcCVAU, x), .dsb()], always: false, "D7.5.9.11"),
            try OrderMachine.large())
    }

    @Test("ARMv7 completes maintenance at any DSB, ARMv7-M orders it by none but that")
    func olderArchitectures() throws {
        let clean = Operation.dc(.dcCVAC, x)
        let old = "DDI 0406 A3.8.3 DSB, B2.2.9; DDI 0403 B2.2.7 for M"
        func on(
            _ architecture: MachineConfiguration.Architecture, _ name: String,
            _ between: [Operation], always: Bool
        ) -> Litmus {
            doorbell("\(name) on \(architecture)", between, always: always, old) {
                $0.architecture = architecture
                $0.doorbells = .observed
            }
        }
        let stores = Barrier.Accesses.stores
        try expectOfDevices([
            on(.arm32v7, "cvac-dsb.st", [clean, .dsb(.fullSystem, stores)], always: true),
            on(.arm32v7, "cvac-dsb.ishst", [clean, .dsb(.innerShareable, stores)], always: false),
            on(.arm32v7, "cvac-dsb.ld", [clean, .dsb(.innerShareable, .loads)], always: true),
            on(.arm32v7, "cvac-dmb", [clean, .dmb()], always: true),
            on(.arm32v7, "cvac-dmb.st", [clean, .dmb(.fullSystem, stores)], always: false),
            on(.armv7m, "cvac-dmb", [clean, .dmb()], always: false),
            on(.armv7m, "cvac-dsb", [clean, .dsb()], always: true),
            on(.arm64, "cvac-dsb.st", [clean, .dsb(.fullSystem, stores)], always: false),
        ])
    }

    @Test("A device that is rung finds a store to memory that caches do not stand before")
    func uncachedForDoorbell() throws {
        let word = Litmus.uncachedX
        let out = "B2.4.2 Out-of-band-ordered-before, K11.4 Using a mailbox"
        let stores = Barrier.Accesses.stores
        func cases(_ word: UInt64, _ domain: Barrier.Domain, isCoherent: Bool) -> [Litmus] {
            func bell(_ name: String, _ between: [Operation], _ always: Bool) -> Litmus {
                doorbell(
                    name, between, always: always, out, word: word, domain: domain,
                    isCoherent: isCoherent)
            }
            let isNear = domain == .innerShareable
            return [
                bell("po", [], false), bell("isb", [.isb], false), bell("dmb", [.dmb()], false),
                bell("dsb.st", [.dsb(.fullSystem, stores)], true), bell("dsb", [.dsb()], true),
                bell("dsb.oshst", [.dsb(.outerShareable, stores)], true),
                bell("dsb.ishst", [.dsb(.innerShareable, stores)], isNear),
                bell("dsb.ld", [.dsb(.fullSystem, .loads)], false),
            ]
        }
        try expectOfDevices(cases(word, .outerShareable, isCoherent: false))
        try expectOfDevices(cases(x, .innerShareable, isCoherent: true))
        try expectOfDevices(cases(x, .outerShareable, isCoherent: true))
        let observed = { (litmus: inout Litmus) in litmus.doorbells = .observed }
        try expectOfDevices([
            doorbell(
                "dmb.oshst observed", [.dmb(.outerShareable, stores)], always: true, "bob: DMB ST",
                word: word, change: observed),
            doorbell(
                "dmb.ishst observed", [.dmb(.innerShareable, stores)], always: false,
                "C6.2 DMB", word: word, change: observed),
        ])
    }

    // MARK: By a flag in memory

    @Test("An observer past the caches that polls a flag: clean, DMB, flag")
    func polledFlag() throws {
        let all: Set<String> = ["00", "01", "10", "11"]
        let clean = Operation.dc(.dcCVAC, x)
        let store = Operation.st(flag, 1)
        func polled(
            _ name: String, _ after: [Operation], _ isOrdered: Bool, _ source: String,
            domain: Barrier.Domain = .outerShareable
        ) -> Litmus {
            Litmus(
                "MP+\(name)+flag", [[.st(x, 1)] + after],
                devices: [device([.rd(flag), .rd(x)], domain: domain)],
                allowed: isOrdered ? all.subtracting(["10"]) : all, source: source)
        }
        let example = "K11.5.1.1 Message passing to non-caching observers"
        try expectOfDevices([
            polled("po", [store], false, example),
            polled("dmb", [.dmb(), store], false, example),
            polled("cvac", [clean, store], false, example),
            polled("cvac-dmb", [clean, .dmb(), store], true, example),
            polled("cvac-dmb.osh", [clean, .dmb(.outerShareable), store], true, example),
            polled(
                "cvac-dmb.ish, observer in it", [clean, .dmb(.innerShareable), store], true,
                example, domain: .innerShareable),
            polled(
                "cvac-dmb.ish", [clean, .dmb(.innerShareable), store], false,
                "C6.2 DMB: the observer is outside the domain"),
            polled(
                "cvac-dmb.st", [clean, .dmb(.fullSystem, .stores), store], false, "D7.5.9.15"),
            polled("cvac-rel", [clean, .stl(flag, 1)], false, example + ": releases do not order"),
            polled("cvac-dsb", [clean, .dsb(), store], true, "D7.5.9.15"),
            polled("dmb-cvac", [.dmb(), clean, store], false, example),
        ])
        // The observer may as well be a core that maps the data non-cacheable.
        let ordered = [Operation.st(x, 1), clean, .dmb(.innerShareable), store]
        try expectOfDevices([
            Litmus(
                "MP+cvac-dmb.ish+core past the caches",
                [ordered, [.lda(flag), .ld(Litmus.aliasX)]], allowed: all.subtracting(["10"]),
                source: example),
            Litmus(
                "MP+cvac-dmb.ish+core past the caches, weak",
                [ordered, [.ld(flag), .ld(Litmus.aliasX)]], allowed: all, source: example),
        ])
    }

    @Test("Another core cleans what the first one wrote")
    func cleanedByAnother() throws {
        let writer: [Operation] = [.st(x, 1), .stl(y, 1)]
        let all = Set(["00", "01", "10", "11"].flatMap { ["0" + $0, "1" + $0] })
        func cleaner(_ name: String, _ program: [Operation], _ isOrdered: Bool) -> Litmus {
            Litmus(
                "ISA2+rel+\(name)+flag", [writer, program], devices: [device([.rd(flag), .rd(x)])],
                allowed: isOrdered ? all.subtracting(["110"]) : all,
                source: "K11.5.1.2 Multiprocessing message passing to non-caching observers")
        }
        let clean = Operation.dc(.dcCVAC, x)
        try expectOfDevices([
            cleaner("dmb-cvac-dmb", [.ld(y), .dmb(), clean, .dmb(), .st(flag, 1)], true),
            cleaner("cvac-dmb", [.ld(y), clean, .dmb(), .st(flag, 1)], false),
            cleaner("acq-cvac-dmb", [.lda(y), clean, .dmb(), .st(flag, 1)], false),
            cleaner("dmb-cvac", [.ld(y), .dmb(), clean, .st(flag, 1)], false),
        ])
    }
}
