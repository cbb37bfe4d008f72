import Experiments
import Hazards
import Reports
import Testing

/// SARIF: what review tools read of it.
@Suite("SARIF")
struct SARIFTests {
    private func document(_ text: String, machine: String) throws -> Document {
        let result = try Check.run(Sample.setup(text, machine: machine))
        return try Document(SARIFReport(result, version: "1.2.3").json)
    }

    @Test(
        "One run, one rule for each code, one result for each finding, each with its place and chain"
    )
    func results() throws {
        let document = try document(Sample.faulty, machine: "rpi3")
        #expect(document["version"]?.string == "2.1.0")
        let run = try #require(document["runs"]?.list?.first)
        #expect(run["tool.driver.name"]?.string == "staleline")
        #expect(run["tool.driver.version"]?.string == "1.2.3")
        let rules = try #require(run["tool.driver.rules"]?.list)
        #expect(rules.compactMap { $0["id"]?.string } == ["H01", "H03"])
        let results = try #require(run["results"]?.list)
        #expect(results.compactMap { $0["ruleId"]?.string } == ["H03", "H01"])
        for result in results {
            let index = try #require(result["ruleIndex"]?.count)
            #expect(rules[index]["id"]?.string == result["ruleId"]?.string)
            #expect(result["message.text"]?.string?.isEmpty == false)
            let flow = result["codeFlows"]?.list?.first?["threadFlows"]?.list?.first
            #expect(flow?["locations"]?.list?.isEmpty == false)
        }
        #expect(results.compactMap { $0["level"]?.string } == ["error", "error"])
        let places = results.compactMap { $0["locations"]?.list?.first?["physicalLocation"] }
        #expect(
            places.compactMap { $0["artifactLocation.uri"]?.string } == [
                "sample.slt", "sample.slt",
            ])
        #expect(places.compactMap { $0["region.startLine"]?.count } == [11, 15])
    }

    @Test("The source line of a statement is the place, in percent where a URI wants it")
    func sources() throws {
        let text = Sample.faulty.replacing(
            "dma0: rd tx 64", with: "dma0: rd tx 64 @src=drivers/my%20dir/dma.c:7")
        let document = try document(text, machine: "rpi3")
        let result = try #require(document["runs"]?.list?.first?["results"]?.list?.first)
        let place = result["locations"]?.list?.first?["physicalLocation"]
        #expect(place?["artifactLocation.uri"]?.string == "drivers/my%20dir/dma.c")
        #expect(place?["region.startLine"]?.count == 7)
    }

    @Test("Latent hazards are warnings, and nothing found is an empty list")
    func levels() throws {
        let latent = Sample.faulty.replacing("ld rx 64 by 8\nst", with: "st").replacing(
            "st tx 64 by 8          @fn=send @src=net.c:12\n", with: "")
        let results = try document(latent, machine: "rpi3")["runs"]?.list?.first?["results"]?.list
        #expect(results?.compactMap { $0["level"]?.string } == ["warning"])
        let none = try document(Sample.copy, machine: "zynq7000")["runs"]?.list?.first
        #expect(none?["results"]?.list?.isEmpty == true)
    }
}
