import Events
import Operations
import Testing

@testable import Hazards

/// What the replay detector makes of events, each hazard beside its safe twin.
@Suite("Manifest findings from hand-made events")
struct ManifestTests {
    // MARK: Stale reads of the core

    @Test("H01: an old copy is hit after the device wrote; an invalidate mends it")
    func h01() {
        for isMended in [false, true] {
            var story = Story()
            story.fill()
            story.load()
            story.ring()
            story.deviceWrites()
            story.wait()
            if isMended {
                story.maintain()
                story.giveUp()
                story.fill()
            }
            story.load()
            #expect(story.codes == (isMended ? [] : [.h01]))
        }
    }

    @Test("H01 says who, where and what")
    func h01Words() throws {
        var story = Story()
        story.fill()
        story.ring()
        story.deviceWrites(0, 32)
        story.wait()
        story.load(28, 8)
        let finding = try #require(story.detector.findings.first)
        // The device wrote bytes 0 to 31: of the load's eight the first four are stale.
        #expect(finding.address == Story.buffer + 28)
        #expect(finding.bytes == 4)
        #expect(finding.agent == .core(0))
        #expect(finding.writer == Story.device)
        #expect(finding.verdict == .manifest)
        #expect(finding.writeRecord == 4)
        #expect(finding.record == 7)
        #expect(!finding.chain.isEmpty)
    }

    @Test("A race is no finding: without a completion nobody can say that the write came first")
    func race() {
        var story = Story()
        story.fill()
        story.ring()
        story.deviceWrites()
        story.load()
        #expect(story.codes == [])
        // Once the core has seen new bytes of the device it knows.
        story.load(8, 8, from: .memory)
        story.load()
        #expect(story.codes == [.h01])
    }

    @Test("H08: the copy came by speculation after the maintenance before the transfer")
    func h08() {
        for isMended in [false, true] {
            var story = Story()
            story.maintain()
            story.ring()
            story.fill(.level1Data(0), from: .memory, .environment)
            story.deviceWrites()
            story.wait()
            if isMended {
                story.maintain()
                story.giveUp()
                story.fill()
            }
            story.load()
            #expect(story.codes == (isMended ? [] : [.h08]))
        }
    }

    @Test("H08 too without maintenance before: nobody asked for the copy")
    func speculationWithoutMaintenance() {
        var story = Story()
        story.ring()
        story.fill(.level1Data(0), from: .memory, .prefetch)
        story.deviceWrites()
        story.wait()
        story.load()
        #expect(story.codes == [.h08])
    }

    @Test("H13: the core reads past its own store by another mapping")
    func h13() {
        for isMended in [false, true] {
            var story = Story()
            story.fill()
            story.store()
            if isMended { story.writeBack(.level1Data(0), to: .memory, .maintenance) }
            story.load(0, 8, from: .memory)
            #expect(story.codes == (isMended ? [] : [.h13]))
        }
    }

    @Test("A core finds its own buffered bytes first, wherever else it looks")
    func forwarding() {
        var story = Story()
        story.store(0, 8, to: .storeBuffer(0), entry: 7)
        story.load(0, 8, from: .memory)
        #expect(story.codes == [])
    }

    @Test(
        "A core misses what it dropped itself: H35 where a device wrote since, H11 where none did")
    func h35() {
        for (writes, reads) in [(false, false), (false, true), (true, false), (true, true)] {
            var story = Story()
            story.fill()
            story.store(0, 64)
            story.names(0, 64)
            story.giveUp(.level1Data(0), drops: true)
            if writes {
                // A short transfer: the second half keeps what was in memory before.
                story.ring()
                story.deviceWrites(0, 32)
                story.wait()
            }
            story.fill()
            story.load(writes ? 0 : 128, 8)
            #expect(story.codes == [], "the device's own bytes, or others, are right")
            if reads { story.load(40, 8) }
            #expect(story.codes == (reads ? [writes ? .h35 : .h11] : []))
        }
    }

    // MARK: Stale reads of the device

    @Test("H03: the new bytes are in a cache, dirty; a clean before the doorbell mends it")
    func h03() {
        for isMended in [false, true] {
            var story = Story()
            story.fill()
            story.store(0, 64)
            if isMended { story.writeBack(.level1Data(0), to: .memory, .maintenance) }
            story.ring()
            story.deviceReads()
            #expect(story.codes == (isMended ? [] : [.h03]))
        }
    }

    @Test("A device that snoops and reads the dirty line has the new bytes")
    func snooping() {
        var story = Story(snoops: true)
        story.fill()
        story.store()
        story.ring()
        story.deviceReads(0, 64, from: .level1Data(0))
        #expect(story.codes == [])
    }

    @Test("A store after the doorbell is no stale read")
    func afterDoorbell() {
        var story = Story()
        story.fill()
        story.ring()
        story.store()
        story.deviceReads()
        #expect(story.codes == [])
    }

    @Test("H04: the new bytes wait in a store buffer; a drain before the doorbell mends it")
    func h04() {
        for isMended in [false, true] {
            var story = Story()
            story.store(0, 8, to: .storeBuffer(0), entry: 7)
            if isMended { story.drain(7) }
            story.ring()
            story.deviceReads()
            #expect(story.codes == (isMended ? [] : [.h04]))
        }
    }

    @Test(
        "H23: a clean of the inner caches stops in the outer one, for the device and for the core")
    func h23() {
        for isMended in [false, true] {
            var story = Story(hasOuterCache: true)
            story.fill(.outer)
            story.fill(.level1Data(0), from: .outer)
            story.store()
            story.maintain()
            story.writeBack(.level1Data(0), to: .outer, .maintenance)
            if isMended { story.writeBack(.outer, to: .memory, .maintenance) }
            story.ring()
            story.deviceReads()
            #expect(story.codes == (isMended ? [] : [.h23]))
        }
    }

    @Test("H23: the core invalidates L1 and fills it again from a stale outer line")
    func h23OfCore() {
        for isMended in [false, true] {
            var story = Story(hasOuterCache: true)
            story.fill(.outer)
            story.ring()
            story.deviceWrites()
            story.wait()
            if isMended {
                story.giveUp(.outer)
                story.fill(.outer)
            }
            story.maintain()
            story.fill(.level1Data(0), from: .outer)
            story.load()
            #expect(story.codes == (isMended ? [] : [.h23]))
        }
    }

    @Test("H26: a device believed coherent that is not, both ways; one that snoops is right")
    func h26() {
        var reading = Story(isDeclaredCoherent: true)
        reading.fill()
        reading.store()
        reading.ring()
        reading.deviceReads()
        #expect(reading.codes == [.h26])
        var writing = Story(isDeclaredCoherent: true)
        writing.fill()
        writing.ring()
        writing.deviceWrites()
        writing.wait()
        writing.load()
        #expect(writing.codes == [.h26])
        var right = Story(isDeclaredCoherent: true, snoops: true)
        right.fill()
        right.ring()
        right.giveUp(.level1Data(0), .snoop)
        right.deviceWrites()
        right.wait()
        right.fill()
        right.load()
        #expect(right.codes == [])
    }

    // MARK: Lost writes

    @Test("H02: an eviction writes a dirty line over the device's bytes; cleaning before mends it")
    func h02() {
        for isMended in [false, true] {
            var story = Story()
            story.fill()
            story.store()
            if isMended { story.writeBack(.level1Data(0), to: .memory, .maintenance) }
            story.ring()
            story.deviceWrites()
            // A clean line is given up without a write-back.
            if isMended { story.giveUp(.level1Data(0), .replacement) } else { story.writeBack() }
            #expect(story.codes == (isMended ? [] : [.h02]))
        }
    }

    @Test("H42: the same by a clean instead of an eviction")
    func h42() {
        var story = Story.dirtyUnderDevice()
        story.writeBack(.level1Data(0), to: .memory, .maintenance)
        #expect(story.codes == [.h42])
    }

    @Test("H10: the dirty bytes are a neighbour's, in the same line; another line is no neighbour")
    func h10() {
        for (offset, codes) in [(0, [HazardCode.h10]), (64, [])] as [(UInt64, [HazardCode])] {
            var story = Story.dirtyUnderDevice(storedAt: 48, writtenAt: offset, 32)
            story.writeBack()
            #expect(story.codes == codes)
        }
    }

    @Test("H11: an invalidate drops dirty bytes beside its range; those in its range it may drop")
    func h11() {
        for beside in [false, true] {
            var story = Story()
            story.fill()
            story.store(48, 8)
            story.names(0, beside ? 32 : 64)
            story.giveUp(.level1Data(0), drops: true)
            #expect(story.codes == (beside ? [.h11] : []))
        }
    }

    @Test("An invalidate of a clean line loses nothing")
    func cleanInvalidate() {
        var story = Story()
        story.fill()
        story.names(0, 32)
        story.giveUp()
        #expect(story.codes == [])
    }

    // MARK: Folding

    @Test("Equal findings of one statement become one; bytes that follow make it longer")
    func folding() {
        var story = Story()
        let record: UInt32 = 99
        story.fill()
        story.ring()
        story.deviceWrites()
        story.wait()
        for offset in [0, 8, 24] as [UInt64] {
            story.detector.record(
                Event(
                    .load, at: .init(rawValue: 5_000), agent: .core(0), place: .level1Data(0),
                    address: Story.buffer + offset, size: 8, record: record))
        }
        #expect(story.detector.findings.map(\.bytes) == [16])
        #expect(story.detector.findings.map(\.count) == [2])
    }

    @Test("Bytes that are not watched are nobody's")
    func unwatched() {
        var story = Story()
        story.fill()
        story.store(256, 8)
        story.load(256, 8, from: .memory)
        #expect(story.codes == [])
    }
}
