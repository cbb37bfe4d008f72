import Operations
import Quantities
import Testing

@testable import Hazards

/// What the may-analysis makes of lowered operations, each hazard beside its safe twin.
@Suite("Latent findings from hand-made steps")
struct LatentTests {
    private static let buffer = Story.buffer
    private static let uncached: UInt64 = 0x8000

    /// The codes found in a list of operations; device operations are the device's.
    private func codes(
        _ operations: [Operation], _ profile: HazardProfile = Story.profile(),
        uncached: Bool = false
    ) -> [HazardCode] {
        var map = MemoryMap()
        if uncached {
            map.insert(
                MemoryMapping(
                    start: Self.buffer, end: Self.buffer + 0x1000, physical: Self.buffer,
                    type: .nonCacheable, shareability: .innerShareable))
        }
        let steps = operations.enumerated().map { index, operation in
            var agent = Agent.core(0)
            if case .device = operation { agent = Story.device }
            return LoweredStep(operation, by: agent, record: UInt32(index + 1))
        }
        let findings = LatentStream.judge(
            steps, profile: profile, watch: Story.watch, map: map
        ).findings
        #expect(findings.allSatisfy { $0.verdict == .latent && $0.tick == nil })
        return findings.map(\.code)
    }

    private func load(_ offset: UInt64 = 0, _ size: UInt32 = 8) -> Operation {
        .access(
            MemoryAccess(.load, at: Self.buffer + offset, size: size), symbol: .none, value: nil)
    }

    private func store(_ offset: UInt64 = 0, _ size: UInt32 = 8) -> Operation {
        .access(
            MemoryAccess(.store, at: Self.buffer + offset, size: size), symbol: .none, value: nil)
    }

    private func maintain(
        _ instruction: Maintenance.Instruction, _ offset: UInt64 = 0, _ bytes: UInt64 = 64
    ) -> Operation {
        .maintenance(Maintenance(instruction, at: Operand(Self.buffer + offset), bytes: bytes))
    }

    private func device(
        _ kind: DeviceOperation.Kind, _ offset: UInt64 = 0, _ bytes: UInt64 = 64
    ) -> Operation {
        .device(DeviceOperation(kind, at: Operand(Self.buffer + offset), bytes: bytes))
    }

    /// A device operation that goes round four times.
    private func cyclic(_ kind: DeviceOperation.Kind) -> Operation {
        var operation = DeviceOperation(kind, at: Operand(Self.buffer), bytes: 64)
        operation.cycles = 4
        return .device(operation)
    }

    private let ring = Operation.ring(Story.device)
    private let wait = Operation.wait(Story.device)
    private let dsb = Operation.barrier(Barrier(.dsb))
    private let dmb = Operation.barrier(Barrier(.dmb))

    // MARK: Stale reads of the core

    @Test("H01: a line that the core loaded before the transfer may still be there after it")
    func h01() {
        #expect(codes([load(), ring, device(.write), wait, load()]) == [.h01])
        #expect(
            codes([load(), ring, device(.write), wait, maintain(.dcIVAC), dsb, load()]) == [])
    }

    @Test("H08: invalidated before the transfer only, the line may come back by itself")
    func h08() {
        let once = [load(), maintain(.dcIVAC), dsb, ring, device(.write), wait, load()]
        #expect(codes(once) == [.h08])
        #expect(codes(once, Story.profile(speculates: false)) == [])
        #expect(
            codes([
                load(), maintain(.dcIVAC), dsb, ring, device(.write), wait, maintain(.dcIVAC), dsb,
                load(),
            ]) == [])
    }

    @Test("An invalidate while the device may still write does not settle it")
    func tooEarly() {
        #expect(
            codes([ring, device(.write), maintain(.dcIVAC), dsb, wait, load()]) == [.h08])
    }

    @Test("A load of bytes that the core stored since is no stale read")
    func storedSince() {
        #expect(codes([ring, device(.write), wait, maintain(.dcIVAC), dsb, store(), load()]) == [])
    }

    // MARK: Stale reads of the device

    @Test("H03: stored and not cleaned")
    func h03() {
        #expect(codes([store(), ring, device(.read)]) == [.h03])
        #expect(codes([store(), maintain(.dcCVAC), dsb, ring, device(.read)]) == [])
    }

    @Test("H03 is the bytes' own: a clean of another line does not help")
    func h03OtherLine() {
        #expect(
            codes([store(), maintain(.dcCVAC, 64, 64), dsb, ring, device(.read)]) == [.h03])
    }

    @Test("H04: an uncached store that nothing orders before the doorbell; a clean not waited for")
    func h04() {
        #expect(codes([store(), ring, device(.read)], uncached: true) == [.h04])
        #expect(codes([store(), dmb, ring, device(.read)], uncached: true) == [])
        #expect(codes([store(), dsb, ring, device(.read)], uncached: true) == [])
        #expect(codes([store(), maintain(.dcCVAC), ring, device(.read)]) == [.h04])
    }

    @Test(
        "A barrier that no device is among the observers of, or of loads only, orders nothing here")
    func weakBarriers() {
        for barrier in [
            Barrier(.dmb, .innerShareable), Barrier(.dsb, .nonShareable),
            Barrier(.dmb, .fullSystem, .loads), Barrier(.isb),
        ] {
            #expect(
                codes([store(), .barrier(barrier), ring, device(.read)], uncached: true) == [.h04],
                "\(barrier)")
        }
        for barrier in [Barrier(.dmb, .outerShareable, .stores), Barrier(.dsb, .outerShareable)] {
            #expect(
                codes([store(), .barrier(barrier), ring, device(.read)], uncached: true) == [],
                "\(barrier)")
        }
    }

    @Test("Before Armv8 only a DSB stands between what a core did and a doorbell, of stores or not")
    func beforeArmv8() {
        let profile = Story.profile(doorbellOrder: .beforeArmv8)
        for accesses in [Barrier.Accesses.all, .stores] {
            let dmb = Operation.barrier(Barrier(.dmb, .fullSystem, accesses))
            let dsb = Operation.barrier(Barrier(.dsb, .fullSystem, accesses))
            let clean = [store(), maintain(.dcCVAC)]
            #expect(codes([store(), dmb, ring, device(.read)], profile, uncached: true) == [.h04])
            #expect(codes([store(), dsb, ring, device(.read)], profile, uncached: true) == [])
            #expect(codes(clean + [dmb, ring, device(.read)], profile) == [.h04])
            #expect(codes(clean + [dsb, ring, device(.read)], profile) == [])
        }
    }

    @Test("On arm64 a barrier of stores is nothing to a clean, be it a DMB or a DSB")
    func cleanOnArm64() {
        for instruction in [Barrier.Instruction.dmb, .dsb] {
            let all = Operation.barrier(Barrier(instruction))
            let stores = Operation.barrier(Barrier(instruction, .fullSystem, .stores))
            let clean = [store(), maintain(.dcCVAC)]
            #expect(codes(clean + [all, ring, device(.read)]) == [])
            #expect(codes(clean + [stores, ring, device(.read)]) == [.h04])
            #expect(codes(clean + [stores, all, ring, device(.read)]) == [])
            #expect(codes([store(), stores, ring, device(.read)], uncached: true) == [])
        }
    }

    // MARK: Cyclic transfers

    @Test("A cyclic write: the core reads what rounds have left only after an invalidate meanwhile")
    func cyclicWrite() {
        let begin = [load(), ring, cyclic(.write)]
        let invalidate = [maintain(.dcIVAC), dsb]
        #expect(codes(begin + [load()]) == [.h01])
        #expect(codes(begin + invalidate + [load()]) == [])
        #expect(codes([maintain(.dcIVAC), dsb, ring, cyclic(.write), load()]) == [.h08])
        // One pass is nobody's before its completion is seen.
        #expect(codes([load(), ring, device(.write), load()]) == [])
        // The load of one round leaves a line that the next makes stale.
        #expect(codes(begin + invalidate + [load(), wait, load()]) == [.h01])
        #expect(codes(begin + invalidate + [load(), wait] + invalidate + [load()]) == [])
        #expect(codes(begin + [wait] + invalidate + [load()]) == [])
    }

    @Test("A cyclic read: a later round looks for what was stored since the doorbell")
    func cyclicRead() {
        #expect(codes([ring, cyclic(.read), store(), wait]) == [.h03])
        #expect(codes([ring, cyclic(.read), store()]) == [.h03])
        #expect(codes([ring, cyclic(.read), store(), maintain(.dcCVAC), dsb, wait]) == [])
        #expect(codes([ring, cyclic(.read), wait, store()]) == [])
        #expect(codes([ring, device(.read), store(), wait]) == [])
        // Stored before and after: one statement, one finding.
        #expect(codes([store(), ring, cyclic(.read), store(), wait]) == [.h03])
    }

    @Test("A load while a device may write leaves a line to be stale, also without speculation")
    func loadInFlight() {
        let profile = Story.profile(speculates: false)
        #expect(codes([ring, device(.write), load(), wait, load()], profile) == [.h01])
        #expect(codes([ring, device(.write), wait, load()], profile) == [])
    }

    @Test("H23: a clean of the inner caches only, where there is an outer one")
    func h23() {
        let profile = Story.profile(hasOuterCache: true)
        #expect(codes([store(), maintain(.dcCVAC), dsb, ring, device(.read)], profile) == [.h23])
        #expect(
            codes(
                [
                    store(), maintain(.dcCVAC), dsb, maintain(.outerClean), maintain(.outerSync),
                    ring, device(.read),
                ], profile) == [])
        // Without CACHE SYNC the outer clean need not be complete.
        #expect(
            codes(
                [store(), maintain(.dcCVAC), dsb, maintain(.outerClean), ring, device(.read)],
                profile) == [.h04])
    }

    @Test(
        "H23: after the transfer L1 is invalidated before the outer cache: it may fill from there")
    func h23Order() {
        let profile = Story.profile(hasOuterCache: true)
        let begin = [
            maintain(.dcIVAC), dsb, maintain(.outerInvalidate), maintain(.outerSync), ring,
            device(.write), wait,
        ]
        let inner = [maintain(.dcIVAC), dsb]
        let outer = [maintain(.outerInvalidate), maintain(.outerSync)]
        #expect(codes(begin + outer + inner + [load()], profile) == [])
        #expect(codes(begin + inner + outer + [load()], profile) == [.h23])
    }

    @Test("H26: a device believed coherent that is not; one that snoops needs no maintenance")
    func h26() {
        let wrong = Story.profile(isDeclaredCoherent: true)
        #expect(codes([store(), ring, device(.read)], wrong) == [.h26])
        #expect(codes([load(), ring, device(.write), wait, load()], wrong) == [.h26])
        let right = Story.profile(isDeclaredCoherent: true, snoops: true)
        #expect(codes([store(), dmb, ring, device(.read)], right) == [])
        #expect(codes([load(), ring, device(.write), wait, load()], right) == [])
        // Snooping does not see store buffers.
        #expect(codes([store(), ring, device(.read)], right) == [.h04])
    }

    // MARK: Lost writes

    @Test("H02: a dirty line of the buffer may be evicted over what the device writes")
    func h02() {
        #expect(codes([store(), ring, device(.write)]) == [.h02])
        #expect(codes([store(), maintain(.dcCIVAC), dsb, ring, device(.write)]) == [])
        #expect(codes([store(), maintain(.dcIVAC), dsb, ring, device(.write)]) == [])
    }

    @Test("H10: a store beside the device's bytes in their line, before or during the transfer")
    func h10() {
        #expect(codes([store(48), ring, device(.write, 0, 32)]) == [.h10])
        #expect(codes([ring, device(.write, 0, 32), store(48), wait]) == [.h10])
        // Another line is no neighbour, and after completion and invalidate all is over.
        #expect(codes([store(64), ring, device(.write, 0, 32)]) == [])
        #expect(
            codes([ring, device(.write, 0, 32), wait, maintain(.dcIVAC), dsb, store(48)]) == [])
    }

    @Test("H10 depends on the line: 32 bytes apart is far enough for lines of 32")
    func h10LineSize() {
        let steps = [store(48), ring, device(.write, 0, 32)]
        #expect(codes(steps, Story.profile(lineSize: 32)) == [])
    }

    @Test("H11: an invalidate of a part of a line drops what was stored beside")
    func h11() {
        #expect(codes([store(48), maintain(.dcIVAC, 0, 32)]) == [.h11])
        #expect(codes([store(48), maintain(.dcCIVAC, 0, 32)]) == [])
        #expect(codes([store(16), maintain(.dcIVAC, 0, 32)]) == [])
        #expect(codes([store(48), maintain(.dcCVAC), maintain(.dcIVAC, 0, 32)]) == [])
    }

    // MARK: What is published in memory

    @Test("H05: data and the word that gives them to a polling device, with no barrier between")
    func h05() {
        let stores = [store(0, 8), store(64, 4)]
        let polls = [device(.read, 64, 4), device(.read, 0, 8)]
        #expect(codes(stores + polls, uncached: true) == [.h05])
        #expect(codes(stores + [device(.read, 0, 128)], uncached: true) == [.h05])
        #expect(codes([stores[0], dmb, stores[1]] + polls, uncached: true) == [])
        #expect(codes(stores + [dmb] + polls, uncached: true) == [])
        // In the other order the device has its data before it is told; a doorbell has other rules.
        #expect(codes(stores.reversed() + polls, uncached: true) == [])
        #expect(codes(stores + [dsb, ring] + polls, uncached: true) == [])
        let inner = Operation.barrier(Barrier(.dmb, .innerShareable, .stores))
        #expect(codes([stores[0], inner, stores[1]] + polls, uncached: true) == [.h05])
        let loads = Operation.barrier(Barrier(.dmb, .fullSystem, .loads))
        #expect(codes([stores[0], loads, stores[1]] + polls, uncached: true) == [.h05])
    }

    @Test("H05: what the device writes may be under a store that it has not waited for")
    func h05Write() {
        let steps = [store(0, 8), store(64, 4), device(.read, 64, 4), device(.write, 0, 8)]
        #expect(codes(steps, uncached: true) == [.h05])
        #expect(codes([steps[0], dmb] + steps[1...], uncached: true) == [])
    }

    @Test("H06: a device's word, then its data, loaded with no barrier between")
    func h06() {
        let writes = [device(.write, 0, 8), device(.write, 64, 4)]
        let flag = load(64, 4)
        let data = load(0, 8)
        #expect(codes(writes + [flag, data], uncached: true) == [.h06])
        #expect(
            codes(writes + [flag, data], Story.profile(speculates: false), uncached: true) == [])
        #expect(codes(writes + [flag, dmb, data], uncached: true) == [])
        #expect(codes(writes + [wait, flag, data], uncached: true) == [])
        // Polling twice, and what an earlier poll has shown already.
        #expect(codes(writes + [flag, flag], uncached: true) == [])
        #expect(codes(writes + [flag, dmb, flag, data], uncached: true) == [])
        let stores = Operation.barrier(Barrier(.dmb, .fullSystem, .stores))
        #expect(codes(writes + [flag, stores, data], uncached: true) == [.h06])
    }

    @Test("A machine without caches and without buffers has nothing to find")
    func nothing() {
        var profile = Story.profile()
        profile.hasCaches = false
        #expect(codes([store(), ring, device(.read)], profile) == [])
    }
}
