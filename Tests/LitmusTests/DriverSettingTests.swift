import DMAMapping
import Experiments
import Hazards
import Testing
import Traces

/// What a driver tells the kernel of its device, and what dma-debug makes of that.
@Suite("Settings of drivers")
struct DriverSettingTests {
    private func setup(_ text: String) throws -> Setup {
        try Setup(
            NativeParser.parse(Array(("staleline 1\n" + text + "\n").utf8), file: "t.slt"),
            file: "t.slt", machine: LitmusFile.machine("zynq7000"),
            kernel: .init(parsing: "6.12"))
    }

    private func checks(_ text: String) throws -> [String] {
        let setup = try setup(text)
        var debug = try #require(setup.dmaDebug)
        debug.run(setup.program)
        return debug.reports.compactMap(\.check).map(\.name)
    }

    @Test(
        "Entries of a list are held to what the driver has set, from there on",
        arguments: [
            ("", []), ("dma_set_max_seg_size disk0 8192", []),
            ("dma_set_max_seg_size disk0 4096", ["E19"]),
            ("dma_set_seg_boundary disk0 0xffff", ["E20"]),
            ("dma_set_seg_boundary disk0 0x1ffff", []),
            ("dma_set_max_seg_size disk0 4096\ndma_set_max_seg_size disk0 64K", []),
            ("dma_set_max_seg_size other 4096", []),
        ])
    func lists(setting: String, expected: [String]) throws {
        let text = """
            device disk0 noncoherent
            device other noncoherent
            \(setting)
            h = dma_map_sg disk0 TO_DEVICE 0x1000f800,6144
            dma_unmap_sg h
            """
        #expect(try checks(text) == expected)
        let codes = try Check.run(setup(text)).judgement.findings.map(\.code)
        #expect(codes == expected.map { _ in .h34 })
    }

    @Test("Memory that is set apart is given and taken without dma-debug")
    func setApart() throws {
        let text = """
            device dma0 noncoherent
            A = dma_alloc_coherent dma0 0x30000000 4096
            dma_free_coherent A 8192
            B = dma_alloc_coherent dma0 0x30001000 4096
            driver_unbind dma0
            """
        #expect(try checks(text) == ["E4", "E1"])
        let apart = text.replacing(
            "A = dma_alloc", with: "dma_declare_coherent_memory dma0 0x30000000 64K\nA = dma_alloc")
        #expect(try checks(apart) == [])
    }

    @Test("Pages that are not contiguous are kept as a list of one entry")
    func noncontiguous() throws {
        let made = "device dma0 noncoherent\nA = dma_alloc_noncontiguous dma0 0x30000000 8192\n"
        #expect(try checks(made + "dma_free_noncontiguous A\ndriver_unbind dma0") == [])
        #expect(try checks(made + "driver_unbind dma0") == ["E1"])
        #expect(try checks(made + "dma_free_noncontiguous A\ndma_free_noncontiguous A") == ["E3"])
        #expect(try checks(made + "dma_free_noncontiguous A 4096") == ["E4"])
        #expect(try checks(made + "dma_free_coherent A") == ["E5"])
    }
}
