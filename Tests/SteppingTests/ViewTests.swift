import Foundation
import Testing

@testable import Stepping

/// What is drawn, and the same in words.
@Suite("Views")
struct ViewTests {
    static let staleRead = """
        staleline 1
        device eth0 noncoherent
        buffer rx 0x10000000 64
        ld rx 4
        eth0: wr rx 32 = 5
        wait eth0
        ld rx 4
        """

    @Test("A line that a device wrote behind a cache is stale there, and fresh in memory")
    func stale() throws {
        var session = try StepSupport.session(Self.staleRead)
        session.move(to: session.count)
        let line = try #require(session.view.lines.first { $0.name == "rx" })
        let cache = try #require(line.copies.first { $0.place == "L1D0" })
        let memory = try #require(line.copies.last)
        #expect(cache.freshness == .stale)
        #expect(cache.old == 0xFFFF_FFFF)
        #expect(memory.place == "DRAM")
        #expect(memory.freshness == .fresh)
        #expect(session.view.text().contains("L1D0 STALE"))
        #expect(session.view.versions.last?.writer == "eth0")
        session.move(to: 0)
        #expect(session.view.lines.isEmpty)
    }

    @Test("Where the latest bytes were dropped, what is left is not older than anything")
    func dropped() throws {
        var session = try StepSupport.session(
            """
            staleline 1
            device eth0 noncoherent
            buffer rx 0x10000000 64
            st rx 64 by 4
            H = dma_map_single eth0 rx 64 FROM_DEVICE
            dma_mapping_error H
            eth0: wr rx 32
            wait eth0
            dma_unmap_single H
            ld rx 32 by 4
            """)
        session.stepForward()
        #expect(session.view.lines.contains { $0.freshness == .behind })
        session.move(to: session.count)
        #expect(!session.view.lines.isEmpty)
        for line in session.view.lines { #expect(line.freshness == .fresh, "\(line.text)") }
    }

    @Test("A line of memory that waits for a buffer is told, whatever it holds")
    func told() throws {
        var session = try StepSupport.session(
            "staleline 1\nregion n 0x10000000 64 nc\ncore0: ld n 4\ncore1: st n 4\n", on: "rpi3")
        session.move(to: session.count)
        #expect(session.view.text().contains("DRAM behind"))
    }

    @Test(
        "Where a core is found to have read stale bytes a copy of them is drawn as old",
        arguments: StepSupport.litmus.filter { $0.contains(".violates") })
    func found(_ name: String) throws {
        var session = try StepSupport.litmus(name)
        session.move(to: session.count)
        for finding in session.view.findings
        where finding.verdict == "manifest" && finding.code == "H01" {
            session.move(to: finding.position)
            let old = session.view.lines.contains { line in
                line.address <= finding.address && finding.address < line.address + 64
                    && line.freshness == .stale
            }
            #expect(old, "\(finding.detail)")
        }
    }

    @Test("A store of memory that is not cached waits in the buffer, and memory is behind")
    func buffered() throws {
        var session = try StepSupport.session(
            "staleline 1\nregion n 0x10000000 64 nc\nst n 4\nwork 1\ndsb\n", on: "rpi3")
        session.stepForward()
        #expect(session.view.buffers.first?.place == "store buffer 0")
        #expect(session.view.lines.first?.copies.last?.freshness == .behind)
        #expect(session.view.text().contains("store buffer 0 holds n, 4 byte(s), version 1"))
        session.move(to: session.count)
        #expect(session.view.buffers.isEmpty)
        #expect(session.view.lines.first?.freshness == .fresh)
    }

    @Test("A store makes its line dirty, and memory is behind until the line is cleaned")
    func dirty() throws {
        var session = try StepSupport.session(
            "staleline 1\nbuffer b 0x10000000 64\nst b 4 = 0x01020304\ndsb\ndc cvac b\ndsb\n",
            on: "rpi3")
        session.move(to: 2)
        #expect(session.view.lines.first?.copies.last?.freshness == .behind)
        let dirty = try #require(session.view.lines.first?.copies.first)
        #expect(dirty.isDirty)
        #expect(dirty.dirty == 0xF)
        session.move(to: session.count)
        #expect(session.view.lines.first?.freshness == .fresh)
        #expect(session.versions.first?.byte(at: 0x1000_0001) == 3)
    }

    @Test("Every part of a view is told in words", arguments: StepSupport.litmus)
    func words(_ name: String) throws {
        var session = try StepSupport.litmus(name)
        session.move(to: session.count)
        let view = session.view
        let lines = Set(view.text(allLines: true).split(separator: "\n").map(String.init))
        for line in view.lines { #expect(lines.contains(line.text)) }
        for device in view.devices { #expect(lines.contains(device.text)) }
        for mapping in view.mappings { #expect(lines.contains(mapping.text)) }
        for finding in view.findings { #expect(lines.contains(finding.text)) }
    }

    @Test(
        "A view is the same after it was written and read", arguments: StepSupport.litmus.prefix(20)
    )
    func codable(_ name: String) throws {
        var session = try StepSupport.litmus(name)
        session.move(to: session.count)
        let data = try JSONEncoder().encode(session.view)
        #expect(try JSONDecoder().decode(SessionView.self, from: data) == session.view)
    }

    @Test("Owners follow the calls")
    func owners() throws {
        var session = try StepSupport.session(
            """
            staleline 1
            device eth0 noncoherent
            buffer rx 0x10000000 64
            H = dma_map_single eth0 rx 64 FROM_DEVICE
            dma_sync_single_for_cpu H
            dma_sync_single_for_device H
            dma_unmap_single H
            """)
        var owners: [Owner] = []
        while session.position < session.count {
            session.stepForward()
            owners.append(contentsOf: session.view.mappings.map(\.owner))
        }
        #expect(owners == [.device, .cpu, .device, .released, .released])
        #expect(session.view.mappings.first?.direction == "FROM_DEVICE")
    }

    @Test("The life of a byte names its writers and the moment it went stale")
    func biography() throws {
        var session = try StepSupport.session(Self.staleRead)
        session.move(to: session.count)
        let life = session.biography(of: 0x1000_0000)
        #expect(life.name == "rx")
        #expect(life.entries.map(\.position) == life.entries.map(\.position).sorted())
        let turn = try #require(life.entries.first { !$0.wentStale.isEmpty })
        #expect(turn.agent == "eth0")
        #expect(turn.wentStale.contains("L1D0"))
        #expect(life.entries.last?.text == "core0 read it from L1D0")
        #expect(life.text.contains("Now stale: L1D0"))
        session.move(to: 1)
        #expect(session.biography(of: 0x1000_0000).entries.allSatisfy { $0.position <= 1 })
    }

    @Test("A life told of one line is that of all lines", arguments: 1...6)
    func sameVersions(_ seed: Int) throws {
        var session = try StepSupport.session(StepSupport.random(UInt64(seed), steps: 60))
        session.move(to: session.count)
        for line in session.view.lines.prefix(8) {
            let life = session.biography(of: line.address)
            guard let last = life.entries.last else { continue }
            for copy in line.copies {
                guard let bytes = copy.bytes.first, bytes.start == 0,
                    let told = last.copies.first(where: { $0.place == copy.place })
                else { continue }
                #expect(told.version == bytes.version, "seed \(seed), \(line.name), \(copy.place)")
            }
        }
    }
}
