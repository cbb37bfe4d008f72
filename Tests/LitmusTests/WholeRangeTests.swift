import Experiments
import Hazards
import Testing
import Traces

/// What a statement does to all of its bytes, wherever they lie and however often: each analysis has to see all of it.
@Suite("Whole ranges: zeros, rounds and other addresses")
struct WholeRangeTests {
    private func setup(_ text: String, _ machine: String, kernel: String = "none") throws -> Setup {
        try Setup(
            NativeParser.parse(Array(("staleline 1\n" + text + "\n").utf8), file: "t.slt"),
            file: "t.slt", machine: LitmusFile.machine(machine), kernel: .init(parsing: kernel))
    }

    /// What is found, as `latent H03 by record 4`, and whether some schedule goes wrong.
    private func judged(
        _ text: String, _ machine: String = "rpi3"
    ) throws -> (found: Set<String>, isWrong: Bool) {
        let setup = try setup(text, machine)
        let found = try Check.run(setup).judgement.findings.map {
            "\($0.verdict.rawValue) \($0.code.rawValue) by record \($0.record)"
        }
        return (Set(found), try Prove.run(setup).fault != nil)
    }

    // MARK: Zeros

    private static func zeroed(_ store: String, _ after: String, _ read: String) -> String {
        """
        device dma0 noncoherent
        buffer a 0x10000000 256
        ld a 256 by 8
        \(store)
        \(after)
        dsb sy
        ring dma0
        dma0: rd \(read)
        wait dma0
        """
    }

    @Test(
        "dc zva stores all lines that its bytes touch, as a run of stores does",
        arguments: [
            ("dc zva a+16 64", "st a 128 by 8", "a+64 64"),
            ("dc zva a+16 64", "st a 128 by 8", "a 64"),
            ("dc zva a+60", "st a 64 by 8", "a 64"),
            ("dc zva a+100 64", "st a+64 128 by 8", "a+128 64"),
            ("dc zva a+16 64", "st a 128 by 8", "a+128 64"),
        ])
    func zeros(zero: String, stores: String, read: String) throws {
        // Left in the caches, which shows; gone from them by chance, which does not; cleaned.
        for after in ["work 1", "env evict a 256 core0\nenv evict a 256 l2", "dc cvac a 256"] {
            let zero = try judged(Self.zeroed(zero, after, read))
            let stores = try judged(Self.zeroed(stores, after, read))
            #expect(zero.found == stores.found, "\(after)")
            #expect(zero.isWrong == stores.isWrong, "\(after)")
        }
    }

    @Test func whatIsLeftDirtyByZerosIsFound() throws {
        let left = try judged(Self.zeroed("dc zva a+16 64", "work 1", "a+64 64"))
        #expect(left.found == ["manifest H03 by record 8"] && left.isWrong)
        let evicted = try judged(
            Self.zeroed("dc zva a+16 64", "env evict a 256 core0\nenv evict a 256 l2", "a+64 64"))
        #expect(evicted.found == ["latent H03 by record 9"] && evicted.isWrong)
    }

    @Test(
        "Every rule takes zeros for stores",
        arguments: [
            // Of a device's buffer (H18), by either address; behind a doorbell that tells of it (H04); of instructions (H22).
            (
                """
                device dma0 noncoherent
                region a 0x10000000 4K wb
                alias b a 0x40000000 wb
                h = dma_map_single dma0 a 64 FROM_DEVICE
                dma_mapping_error h
                STORE
                writel dma0 = 1
                dma0: wr a 64
                wait dma0
                dma_unmap_single h
                """, "6.12"
            ),
            (
                """
                device dma0 noncoherent
                region a 0x10000000 4K nc
                alias b a 0x40000000 nc
                STORE
                ring dma0
                dma0: rd a 64
                wait dma0
                """, "none"
            ),
            (
                """
                region a 0x10000000 4K wb
                alias b a 0x40000000 wb
                ld a 4
                STORE
                dsb sy
                isb
                fetch a 4
                """, "none"
            ),
            // Cleaned by set and way alone, with another core that may have the line (H24).
            (
                """
                device dma0 noncoherent
                region a 0x10000000 4K wb
                alias b a 0x40000000 wb
                core1: ld a 4
                STORE
                dc csw
                dsb sy
                ring dma0
                dma0: rd a 64
                wait dma0
                """, "none"
            ),
        ])
    func likeStores(text: String, kernel: String) throws {
        func findings(_ store: String) throws -> Set<String> {
            let setup = try setup(text.replacing("STORE", with: store), "rpi3", kernel: kernel)
            return Set(
                try Check.run(setup).judgement.findings.map {
                    "\($0.verdict.rawValue) \($0.code.rawValue) by record \($0.record)"
                })
        }
        let stores = try findings("st a 64 by 8")
        #expect(!stores.isEmpty)
        #expect(try findings("dc zva a 64") == stores)
        #expect(try findings("dc zva a+20") == stores)
        #expect(try findings("dc zva b 64") == stores)
    }

    @Test(
        "What lacks between writing instructions and fetching them is said",
        arguments: [
            (
                "st code 64 by 4\ndc cvau code 64\nisb", "nc",
                "stored past the caches or cleaned may not be complete"
            ),
            (
                "st code 64 by 4\nic ivau code 64\ndsb\nisb", "nc",
                "the instruction cache was not told since"
            ),
            (
                "ld code 4\nst code 64 by 4\ndc cvau code 64\nisb", "wb",
                "stored past the caches or cleaned may not be complete"
            ),
            ("ld code 4\nst code 64 by 4\ndsb\nisb", "wb", "on the data side alone, not cleaned"),
            ("st code 64 by 4\ndsb\nisb", "nc", "the instruction cache was not told since"),
            (
                "st code 64 by 4\ndsb\nic ivau code 64\nisb", "nc",
                "the invalidate may not be complete"
            ),
            ("st code 64 by 4\ndsb\nic ivau code 64\ndsb", "nc", "no ISB stands after the DSB"),
        ])
    func instructions(text: String, type: String, words: String) throws {
        let setup = try setup(
            "region code 0x10000000 4K \(type)\n\(text)\nfetch code 4", "rpi4")
        let findings = try Check.run(setup).judgement.findings
        let own = findings.filter { $0.code == .h22 }
        #expect(own.count == 1 && findings.count == 1, "\(findings.map(\.detail))")
        if own.first?.verdict == .latent {
            #expect(own[0].detail.contains(words), "\(own[0].detail)")
        }
    }

    // MARK: Long ranges

    @Test(
        "What an invalidate drops at its ends is found, however long it is",
        arguments: [4_096, 65_536, 131_072, 1 << 20])
    func longRanges(bytes: Int) throws {
        // The lines of 64 bytes at both ends have neighbours that are dirty.
        let judged = try judged(
            """
            buffer before 0x10000000 32
            buffer long 0x10000020 \(bytes)
            buffer behind 0x\(String(0x1000_0020 + bytes, radix: 16)) 32
            st before 4
            st behind 4
            dc ivac long \(bytes)
            dsb sy
            """)
        #expect(judged.found == ["manifest H11 by record 6"])
    }

    // MARK: Rounds

    @Test("A device that goes round and round reads until it is waited for, and writes again")
    func rounds() throws {
        func text(_ transfer: String, _ before: String, _ after: String) -> String {
            """
            device audio0 noncoherent
            buffer ring 0x10000000 64
            st ring 64 by 8
            dc cvac ring 64
            dsb sy
            ring audio0
            audio0: \(transfer)
            \(before)
            wait audio0
            \(after)
            """
        }
        // Stored while it plays: only a device that reads more than once finds it missing.
        let store = "st ring 4\ndsb sy"
        let once = try judged(text("rd ring 64", store, ""))
        let round = try judged(text("rd ring 64 cycles 4", store, ""))
        #expect(round.isWrong)
        #expect(!once.isWrong)
        let cleaned = "st ring 4\ndc cvac ring 4\ndsb sy"
        #expect(try !judged(text("rd ring 64 cycles 4", cleaned, "")).isWrong)
        // Received into it, loaded after a proper end.
        let load = "dc ivac ring 64\ndsb sy\nld ring 64 by 8"
        #expect(try !judged(text("wr ring 64 cycles 4", "", load)).isWrong)
        #expect(try judged(text("wr ring 64 cycles 4", "", "ld ring 64 by 8")).isWrong)
    }

    // MARK: Other addresses

    @Test(
        "A core that reaches bytes by another address breaks the same rules",
        arguments: [
            "st X 4 = 1", "st X 64 by 4", "copy X far 64 by 4", "ld X 4", "copy far X 64 by 4",
        ])
    func aliases(operation: String) throws {
        func findings(_ name: String) throws -> [String] {
            let setup = try setup(
                """
                device eth0 noncoherent
                region page 0x10000000 4K wb
                alias user page 0x40000000 wb
                buffer far 0x20000000 64
                h = dma_map_single eth0 page 64 FROM_DEVICE
                dma_mapping_error h
                writel eth0 = 1
                \(operation.replacing("X", with: name))
                eth0: wr page 64
                wait eth0
                dma_unmap_single h
                """, "rpi3", kernel: "6.12")
            return try Check.run(setup).judgement.findings.map {
                "\($0.verdict.rawValue) \($0.code.rawValue) by record \($0.record)"
            }.sorted()
        }
        let direct = try findings("page")
        #expect(try findings("user") == direct)
        #expect(!direct.isEmpty || operation.hasPrefix("ld") || operation.hasSuffix("X 64 by 4"))
    }

    @Test(
        "A line that is kept under a user's address is not dropped by the kernel's, where caches tell the two apart"
    )
    func otherLines() throws {
        let text = """
            device disk0 noncoherent
            region page 0x10000000 4K wb
            alias user page 0x40000000 wb
            ld user 64 by 4
            h = dma_map_single disk0 page 64 FROM_DEVICE
            dma_mapping_error h
            writel disk0 = 1
            disk0: wr page 64
            wait disk0
            dma_unmap_single h
            ld user 64 by 4
            """
        let found = try Check.run(setup(text, "arm926", kernel: "6.12")).judgement.findings
        #expect(found.map(\.code) == [.h25])
        #expect(found.first?.verdict == .manifest && found.first?.record == 11)
        let bare = text.replacing(
            "h = dma_map_single disk0 page 64 FROM_DEVICE\ndma_mapping_error h\n", with: ""
        )
        .replacing("dma_unmap_single h", with: "dc ivac page 64\ndsb")
        let own = try Check.run(setup(bare, "arm926")).judgement.findings
        #expect(own.map(\.code) == [.h25])
        #expect(
            own.first?.mend == "maintain page under the other address, too, by which it was used",
            "\(own.map(\.mend))")
        // One line for both addresses.
        #expect(try Check.run(setup(text, "rpi3", kernel: "6.12")).judgement.findings.isEmpty)
    }

    // MARK: Polls

    @Test(
        "What is taken back too early is wrong if it is then loaded, a word or all of it",
        arguments: [
            ("ld rx 4", true), ("ld rx 256 by 8", true), ("ld far 4", false), ("st rx+8 4", false),
        ])
    func takenBack(load: String, isWrong: Bool) throws {
        let setup = try setup(
            """
            device eth0 noncoherent
            buffer rx 0x10000000 256
            buffer far 0x20000000 64
            h = dma_map_single eth0 rx 256 FROM_DEVICE
            dma_mapping_error h
            writel eth0 = 1
            eth0: wr rx 256
            dma_sync_single_for_cpu h
            wait eth0
            \(load)
            dma_unmap_single h
            ld rx 256 by 8
            """, "rpi3", kernel: "6.12")
        let codes = try Check.run(setup).judgement.findings.map(\.code)
        #expect(codes.contains(.h09) == isWrong, "\(codes)")
    }
}
