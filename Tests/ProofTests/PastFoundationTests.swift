import Experiments
import Testing

@testable import Soak

/// What random traces showed the may-analysis and the search to differ in, each reduced.
@Suite("Past differences of the may-analysis and the search")
struct PastFoundationTests {
    /// Asks both about statements on a machine: of the Zynq-7000 with a device that is not coherent and one on the ACP.
    ///
    /// On others, and on "mixed", a Zynq-7000, the buffer has another mapping that is not cached.
    private func flaw(
        on machine: String = "zynq7000", _ body: String...
    ) throws -> (flaw: Flaw?, goesWrong: Bool) {
        var source = SourceProgram(RandomTrace(seed: 1))
        source.machine = machine == "mixed" ? "zynq7000" : machine
        source.kernel = "none"
        source.head = ["region b 0x10000000 4K wb"]
        source.head.append("device eth0 noncoherent")
        if source.machine == "zynq7000" { source.head.append("device dsp port ACP coherent") }
        if machine != "zynq7000" { source.head.append("alias a b 0x90000000 nc osh") }
        source.body = body
        let subject = try RandomMachines.subject()
        let both = try ProofAgreement.judge(#require(source.setup(subject)))
        return (TraceProgram(source).flaw(subject), both.proof.fault != nil)
    }

    @Test("What a device was asked before a second doorbell need not know what that one tells")
    func rungTwice() throws {
        let twice = try flaw("ring eth0", "eth0: rd b 4", "dsp: wr b 4", "ring eth0")
        #expect(twice.flaw == nil)
        #expect(!twice.goesWrong)
        let late = try flaw(
            "ring dsp", "dsp: wr b 4", "ring eth0", "eth0: rd b 4", "wait dsp", "ring eth0")
        #expect(late.flaw == nil)
        #expect(!late.goesWrong)
    }

    @Test("What a device was asked by the second doorbell has to know it")
    func askedAgain() throws {
        let asked = try flaw(
            "ring eth0", "eth0: rd b+32 4", "dsp: wr b 4", "ring eth0", "eth0: rd b 4")
        #expect(asked.flaw == nil)
        #expect(asked.goesWrong)
    }

    @Test(
        "Where no line comes unasked, one that is loaded may be older than what waits to go past it",
        arguments: ["kirkwood", "arm926"])
    func lineBeforeStore(_ machine: String) throws {
        // Its dirty line goes over what was stored past it.
        let dirtied = try flaw(on: machine, "st a+4 4", "st b 4", "ld b 16")
        #expect(dirtied.flaw == nil)
        #expect(dirtied.goesWrong)
        // It is there when the store has gone past.
        let again = try flaw(on: machine, "st a+4 4", "ld b 16", "dsb sy", "ld b 16")
        #expect(again.flaw == nil)
        #expect(again.goesWrong)
        let ordered = try flaw(on: machine, "st a+4 4", "dsb sy", "st b 4", "ld b 16")
        #expect(ordered.flaw == nil)
        let stores = try flaw(on: machine, "st a+4 4", "st b 4")
        #expect(stores.flaw == nil)
        #expect(!stores.goesWrong)
    }

    @Test(
        "A load that has its bytes from the buffer brings no line",
        arguments: ["kirkwood", "arm926"])
    func forwardedLoad(_ machine: String) throws {
        let same = try flaw(on: machine, "st a 4", "ld b 4", "ld b 4")
        #expect(same.flaw == nil)
    }

    @Test("Past the caches nobody need find what a device is only now writing into them")
    func racingLoad() throws {
        for body in [["ld a 4", "dsp: wr b 4"], ["dsp: wr b 4", "ld a 4"]] {
            let race = try flaw(on: "mixed", "ring dsp", body[0], body[1])
            #expect(race.flaw == nil)
            #expect(!race.goesWrong)
        }
    }

    @Test(
        "What a core stored itself, or knows to have been written, it has to find past the caches")
    func knownLoad() throws {
        for body in [
            ["st b 4", "dsb sy", "ring dsp", "dsp: wr b 4", "ld a 4"],
            ["ring dsp", "dsp: wr b 4", "dsp: wr b+64 4", "ld b+64 4", "ld a 4"],
            ["ring dsp", "dsp: wr b 4", "ld b 4", "dmb sy", "ld a 4"],
        ] {
            let known = try flaw(on: "mixed", body[0], body[1], body[2], body[3], body[4])
            #expect(known.flaw == nil, "\(body)")
            #expect(known.goesWrong, "\(body)")
        }
    }

    @Test(
        "A doorbell overtakes a load, and so all that the load waits for",
        arguments: ["rpi3", "imx7d"])
    func overtakenLoad(_ machine: String) throws {
        let early = try flaw(
            on: machine, "st b 4", "dc civac b 4", "ld b 4", "ring eth0", "eth0: wr b 4")
        #expect(early.flaw == nil)
        #expect(early.goesWrong)
        let ordered = try flaw(
            on: machine, "st b 4", "dc civac b 4", "dsb sy", "ring eth0", "eth0: wr b 4")
        #expect(ordered.flaw == nil)
        #expect(!ordered.goesWrong)
    }

    @Test("What a load has told of stays told when the core stores over it")
    func clearedFlag() throws {
        let cleared = try flaw("dsp: wr b 128", "ld b+64 4", "st b+64 4", "ld b 4")
        #expect(cleared.flaw == nil)
        #expect(cleared.goesWrong)
        let ordered = try flaw("dsp: wr b 128", "ld b+64 4", "dmb sy", "st b+64 4", "ld b 4")
        #expect(ordered.flaw == nil)
        #expect(!ordered.goesWrong)
    }

    @Test("A load that passes another need not find what a device wrote after that one's bytes")
    func toldByFlag() throws {
        let later = try flaw(
            "dsp: wr b+64 4", "dsp: wr b 4", "ld b+64 4", "ld b 4", "dsp: wr b+68 4")
        #expect(later.flaw == nil)
        #expect(!later.goesWrong)
        let told = try flaw(
            "dsp: wr b 4", "dsp: wr b+64 4", "ld b+64 4", "ld b 4", "dsp: wr b+68 4")
        #expect(told.flaw == nil)
        #expect(told.goesWrong)
    }

    @Test("What another core has cleaned is clean when it hands over")
    func cleanedElsewhere() throws {
        for body in [
            ["st b 4", "core1: dc civac a 4", "st a 4"],
            ["st b 4", "dc cvac b 4", "core1: st a 4"],
            ["dc zva b", "core1: dc ivac b 64", "st a 4"],
        ] {
            let clean = try flaw(on: "rpi3", body[0], body[1], body[2])
            #expect(clean.flaw == nil, "\(body)")
            #expect(!clean.goesWrong, "\(body)")
        }
        let own = try flaw(on: "rpi3", "st b 4", "dc civac a 4", "st a 4")
        #expect(own.flaw == nil)
        #expect(own.goesWrong)
    }

    @Test(
        "A device that has seen a store in memory has seen its bytes, and has to find those before")
    func toldByItself() throws {
        let itself = try flaw(on: "mixed", "ring dsp", "st a+32 4", "dsp: rd b+32 4")
        #expect(itself.flaw == nil)
        #expect(!itself.goesWrong)
        let before = try flaw(
            on: "mixed", "ring dsp", "st a+32 4", "dsb sy", "st a+36 4", "dsp: rd b+32 8")
        #expect(before.flaw == nil)
    }

    @Test(
        "A line that is stale stays so until a device has written into it, which is known when it is done"
    )
    func staleUntilWritten() throws {
        let early = try flaw("eth0: wr b 4", "ring dsp", "ld b 4", "dsp: wr b 4")
        #expect(early.flaw == nil)
        #expect(early.goesWrong)
        let known = try flaw("eth0: wr b 4", "ring dsp", "dsp: wr b 4", "wait dsp", "ld b 4")
        #expect(known.flaw == nil)
        #expect(!known.goesWrong)
        // The load of the flag may have come before the device.
        let polled = try flaw(
            "eth0: wr b 4", "ring dsp", "dsp: wr b 4", "dsp: wr b+64 4", "ld b+64 4", "dmb sy",
            "ld b 4")
        #expect(polled.flaw == nil)
        #expect(polled.goesWrong)
    }

    @Test(
        "A device that nobody sent finds done what was on its way, whether or not it looks into caches"
    )
    func storesBeforeItsTurn() throws {
        let done = try flaw("st b 4", "dsp: wr b 4", "ring dsp", "dsp: rd b 4")
        #expect(done.flaw == nil)
        #expect(!done.goesWrong)
    }

    @Test("A clean that finds nothing to clean takes over no other core's")
    func cleanedTwice() throws {
        let twice = try flaw(
            on: "zynqmp", "core1: st b 64 by 4", "core1: dc cvac b 4", "dc cvac b 4",
            "st a 64 by 4", "dsb sy", "ld a 64 by 4")
        #expect(twice.flaw == nil)
        #expect(!twice.goesWrong)
    }
}
