import Experiments
import Hazards
import Reports
import Testing
import Traces

/// Where the edges of the causes are: what is nearly a hazard, or another one.
@Suite("Causes, and what is none") struct CauseTests {
    /// A trace, on a machine, and what is found.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var machine = "rpi3"
        var kernel = "6.12"
        var text: String
        var pairs: [String]

        init(
            _ what: String, on machine: String = "rpi3", kernel: String = "6.12", _ text: String,
            finds pairs: [String]
        ) {
            testDescription = what
            self.machine = machine
            self.kernel = kernel
            self.text = text
            self.pairs = pairs
        }
    }

    private static let status = """
        device eth0 noncoherent
        region rx 0x10000000 4K nc
        region other 0x10001000 4K nc

        """

    private static let posted = """
        device eth0 noncoherent posted
        region rx 0x10000000 4K nc

        """

    private static let receive = """
        device eth0 noncoherent
        buffer rx 0x10000000 256
        ld rx 256 by 8
        h = dma_map_single eth0 rx 256 FROM_DEVICE
        dma_mapping_error h
        ring eth0
        eth0: wr rx 256
        wait eth0

        """

    static let registers = [
        Case(
            "an interrupt tells", status + "ring eth0\neth0: wr rx 64\nwait eth0\nld rx 4",
            finds: []),
        Case(
            "a register read before the doorbell tells nothing of its transfer",
            status + "readl_relaxed eth0\nring eth0\neth0: wr rx 64\nwait eth0\nld rx 4", finds: []),
        Case(
            "a register read before another access is not what the wait learned from",
            status
                + "ring eth0\neth0: wr rx 64\nreadl_relaxed eth0\nld rx+32 4\nwait eth0\nld rx 4",
            finds: []),
        Case(
            "a read of another device's register is not, either",
            "device usb0 noncoherent\n" + status
                + "ring eth0\neth0: wr rx 64\nreadl_relaxed usb0\nwait eth0\nld rx 4", finds: []),
        Case(
            "a poll of the register is told by its last read",
            status
                + "ring eth0\neth0: wr rx 64\nrepeat 3\nreadl_relaxed eth0+4\nend\nwait eth0\nld rx 4",
            finds: ["latent H07"]),
        Case(
            "a barrier of stores does not order loads",
            status + "ring eth0\neth0: wr rx 64\nreadl_relaxed eth0\nwait eth0\nwmb\nld rx 4",
            finds: ["latent H07"]),
        Case(
            "an ISB behind the branch does",
            status + "ring eth0\neth0: wr rx 64\nreadl_relaxed eth0\nwait eth0\nisb\nld rx 4",
            finds: []),
        Case(
            "so does an address that comes from the load before",
            status
                + "ring eth0\neth0: wr rx 64\nreadl_relaxed eth0\nwait eth0\nld rx 4 dep", finds: []
        ),
        Case(
            "only what the device wrote is concerned",
            status + "ring eth0\neth0: wr rx 64\nreadl_relaxed eth0\nwait eth0\nld other 4",
            finds: []),
        Case(
            "an unmap in between has a DSB",
            """
            device eth0 noncoherent
            buffer rx 0x10000000 64
            h = dma_map_single eth0 rx 64 FROM_DEVICE
            dma_mapping_error h
            ring eth0
            eth0: wr rx 64
            readl_relaxed eth0
            wait eth0
            dma_unmap_single h
            ld rx 64 by 4
            """, finds: []),
        Case(
            "posted: a relaxed read brings the data and does not order the load",
            posted + "ring eth0\neth0: wr rx 64\neth0: irq\nwait eth0\nreadl_relaxed eth0\nld rx 4",
            finds: ["latent H07"]),
        Case(
            "posted: the read of a poll is enough",
            posted + "ring eth0\neth0: wr rx 64\nreadl eth0\nwait eth0\nld rx 4", finds: []),
        Case(
            "posted: a read that tells of nothing does not bring what the device writes later",
            posted
                + "ring eth0\neth0: wr rx 64\nreadl eth0\nld rx+32 4\neth0: irq\nwait eth0\nld rx 4",
            finds: ["latent H39"]),
        Case(
            "the last read counts, not an ordered one before",
            status
                + "ring eth0\neth0: wr rx 64\nreadl eth0\nreadl_relaxed eth0\nwait eth0\nld rx 4",
            finds: ["latent H07"]),
        Case(
            "posted: without a wait nobody says that the data are there",
            posted + "ring eth0\neth0: wr rx 64\nld rx 4", finds: []),
    ]

    static let calls = [
        Case(
            "a line that is dirty by one mapping goes over what came into another's",
            """
            swiotlb none
            device eth0 noncoherent
            buffer a 0x10000000 32
            buffer b 0x10000020 32
            one = dma_map_single eth0 a 32 BIDIRECTIONAL
            dma_mapping_error one
            two = dma_map_single eth0 b 32 FROM_DEVICE
            dma_mapping_error two
            dma_sync_single_for_cpu one
            st a 4
            writel eth0 = 1
            eth0: wr b 32
            wait eth0
            env evict a 64 core0
            dma_unmap_single two
            ld b 32 by 4
            dma_unmap_single one
            """, finds: ["misuse H19", "latent H10", "manifest H19"]),
        Case(
            "an unmap that is skipped after a sync of all",
            receive
                + "dma_sync_single_for_cpu h\ndma_unmap_single h attrs=SKIP_CPU_SYNC\nld rx 256 by 8",
            finds: []),
        Case(
            "a sync of other bytes that the loads leave alone",
            receive + "dma_sync_single_for_cpu h 0 64\nld rx 64 by 8\ndma_unmap_single h", finds: []
        ),
        Case(
            "no call at all is the plain hazard",
            receive + "ld rx 256 by 8\ndma_unmap_single h", finds: ["manifest H01"]),
        Case(
            "a sync before the transfer is none of its calls",
            """
            device eth0 noncoherent
            buffer rx 0x10000000 128
            h = dma_map_single eth0 rx 128 FROM_DEVICE
            dma_mapping_error h
            dma_sync_single_for_cpu h 0 64
            ld rx 128 by 8
            dma_sync_single_for_device h
            ring eth0
            eth0: wr rx 128
            wait eth0
            ld rx+64 64 by 8
            dma_unmap_single h
            """, finds: ["manifest H01"]),
        Case(
            "a list that is synced whole",
            """
            device eth0 noncoherent
            buffer a 0x10000000 64
            buffer b 0x10001000 64
            ld b 64 by 8
            h = dma_map_sg eth0 FROM_DEVICE a,64 b,64
            ring eth0
            eth0: wr b 64
            wait eth0
            dma_sync_sg_for_cpu h 2
            ld b 64 by 8
            dma_unmap_sg h
            """, finds: []),
        Case(
            "in a loop the sync of the round counts",
            """
            device eth0 noncoherent
            buffer rx 0x10000000 128
            h = dma_map_single eth0 rx 128 FROM_DEVICE
            dma_mapping_error h
            repeat 4
            ring eth0
            eth0: wr rx 128
            wait eth0
            dma_sync_single_for_cpu h 0 64
            ld rx 128 by 8
            dma_sync_single_for_device h
            end
            dma_unmap_single h
            """, finds: ["manifest H16"]),
    ]

    static let polls = [
        Case(
            "a load after a wait is no poll", kernel: "none",
            """
            device dma0
            buffer flag 0x10000000 64
            ld flag 4
            dma0: wr flag 4
            wait dma0
            ld flag 4
            """, finds: ["manifest H01"]),
        Case(
            "loads of two words are no poll", kernel: "none",
            """
            device dma0
            buffer flag 0x10000000 64
            ld flag 4
            dma0: wr flag 8
            ld flag+4 4
            """, finds: ["manifest H01"]),
        Case(
            "uncached memory can be polled", kernel: "none",
            """
            device dma0
            region flag 0x10000000 4K nc
            ring dma0
            dma0: wr flag 4
            repeat 5
            ld flag 4
            end
            """, finds: []),
        Case(
            "behind a coherent port, too", on: "zynqmp", kernel: "none",
            """
            device dma0 port ACP coherent
            buffer flag 0x10000000 64
            ring dma0
            dma0: wr flag 4
            repeat 5
            ld flag 4
            end
            """, finds: []),
    ]

    static let memory = [
        Case(
            "a set/way clean of what no device uses", kernel: "none",
            """
            device dma0
            buffer mine 0x10000000 64
            buffer tx 0x10001000 64
            st mine 64 by 8
            dc csw
            dsb
            ring dma0
            dma0: rd tx 64
            """, finds: []),
        Case(
            "a set/way clean beside one by address", kernel: "none",
            """
            device dma0
            buffer tx 0x10000000 64
            st tx 64 by 8
            dsb
            dc csw
            dc cvac tx 64
            dsb
            ring dma0
            dma0: rd tx 64
            """, finds: []),
        Case(
            "a block of bytes is as aligned as its parts", kernel: "none",
            "region bar 0x40000000 4K device\nst bar+8 24\nld bar+1 1\nst bar+4 64 by 4", finds: []),
        Case(
            "a register at an odd offset", "device eth0 noncoherent\nreadl eth0+2",
            finds: ["misuse H41"]),
        Case(
            "Normal memory takes what Device memory does not", kernel: "none",
            "region bar 0x40000000 4K nc\nst bar+2 8\nldx bar+8 4", finds: []),
        Case(
            "a small buffer that the core alone uses",
            "device eth0 noncoherent\nbuffer mine 0x10000000 8\ndc civac mine 8\ndsb", finds: []),
        Case(
            "a small buffer, where kmalloc gives out whole lines",
            """
            swiotlb none
            device eth0 noncoherent
            buffer status 0x10000000 8
            dc ivac status 8
            dsb
            ring eth0
            eth0: wr status 8
            """, finds: []),
        Case(
            "a part of a buffer of whole lines",
            """
            device eth0 noncoherent
            buffer block 0x10000000 64
            dc ivac block 8
            dsb
            ring eth0
            eth0: wr block 8
            """, finds: []),
    ]

    @Test(arguments: registers + calls + polls + memory)
    func finds(_ one: Case) throws {
        let result = try Check.run(
            Setup(
                NativeParser.parse(Array(("staleline 1\n" + one.text).utf8), file: "t.slt"),
                file: "t.slt", machine: LitmusFile.machine(one.machine),
                kernel: .init(parsing: one.kernel)))
        let found = Set(
            result.judgement.findings.map { "\($0.verdict.rawValue) \($0.code.rawValue)" })
        #expect(found == Set(one.pairs), "\(CheckReport(result).text(colours: false))")
    }

    @Test(
        "What two cores share that do not look into each other's caches is watched, however it is stored and however much",
        arguments: [
            "st word 4 = 1", "st word 65540 by 4", "st word 1M by 4", "dc zva word 64",
            "copy word 0x20000000 64 by 4", "st word 256 by 4 step 128",
        ])
    func apart(_ store: String) throws {
        func findings(_ leave: String) throws -> [HazardCode] {
            let text = """
                staleline 1
                buffer word 0x10000000 1M
                \(leave)
                core1: ld word 4
                core0: \(store)
                core0: dsb sy
                core1: ld word 4

                """
            let program = try NativeParser.parse(Array(text.utf8), file: "t.slt")
            let setup = try Setup(
                program, file: "t.slt", machine: LitmusFile.machine("zynqmp"),
                kernel: .init(parsing: "none"))
            return try Check.run(setup).judgement.findings.map(\.code)
        }
        #expect(try findings("env leave core1") == [.h01])
        #expect(try findings("").isEmpty)
    }
}
