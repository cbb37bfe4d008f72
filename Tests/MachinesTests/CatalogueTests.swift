import Testing

@testable import Machines

@Suite("The catalogue")
struct CatalogueTests {
    private let names = ["zynq7000", "am335x", "rpi3", "stm32h743"]

    private func catalogue() throws -> MachineCatalogue {
        MachineCatalogue(
            try names.map {
                ("configs/\($0).yaml", try ConfigurationFiles.text($0))
            } + [("broken.yaml", "name: [&")])
    }

    @Test func findsByNameAndAlias() throws {
        let catalogue = try catalogue()
        #expect(try catalogue.find("rpi3").file == "configs/rpi3.yaml")
        #expect(try catalogue.find("rpi3_bcm2837").name == "rpi3")
        #expect(try catalogue.find("zynq7000_667").name == "zynq7000")
        #expect(try catalogue.find("broken").title.isEmpty)
        #expect(catalogue.entries.map(\.name) == names + ["broken"])
    }

    @Test func saysWhatItHas() throws {
        let catalogue = try catalogue()
        let error = #expect(throws: UnknownMachine.self) { try catalogue.find("zinq7000") }
        #expect(
            error?.description
                == "machine: found 'zinq7000', expected one of zynq7000, am335x, rpi3, stm32h743, "
                + "broken; did you mean zynq7000?")
    }
}
