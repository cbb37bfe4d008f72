import Hazards
import Testing

/// The files of `Traces/litmus` come in pairs, and their heads can be read.
@Suite("Litmus traces: pairs")
struct PairTests {
    /// The scenarios that must be there.
    static let scenarios = ["S01", "S02", "S03", "S04", "S07", "S08", "S14", "S17"]

    @Test("Every head can be read, and names profiles once")
    func heads() throws {
        let files = try LitmusFile.all()
        #expect(!files.isEmpty, "\(LitmusFile.folder.path): no trace")
        for file in files {
            #expect(
                file.isViolating || file.isSafe,
                "\(file.name): expected an ending .violates.slt, .safe.slt or .safe-WORD.slt")
            let profiles = file.expectations.map(\.profile)
            #expect(!profiles.isEmpty, "\(file.name): no line # expect")
            #expect(
                Set(profiles).count == profiles.count, "\(file.name): a profile is named twice")
        }
    }

    @Test("Every violating trace finds something, and has a safe twin with its profiles")
    func twins() throws {
        let files = try LitmusFile.all()
        for file in files where file.isViolating {
            #expect(
                file.expectations.contains { !$0.pairs.isEmpty },
                "\(file.name): expects nothing on all profiles")
            guard let twin = files.first(where: { $0.name == "\(file.stem).safe.slt" }) else {
                Issue.record("\(file.name): there is no \(file.stem).safe.slt")
                continue
            }
            #expect(
                twin.expectations.map(\.profile) == file.expectations.map(\.profile),
                "\(twin.name): the profiles are not those of \(file.name)")
            #expect(twin.text != file.text, "\(twin.name): the same as \(file.name)")
        }
    }

    @Test("Every safe trace expects nothing, and belongs to a violating one")
    func safe() throws {
        let files = try LitmusFile.all()
        for file in files where file.isSafe {
            for expectation in file.expectations {
                #expect(
                    expectation.pairs.isEmpty,
                    "\(file.place(expectation)): a safe trace expects \(expectation.pairs)")
            }
            guard let other = files.first(where: { $0.name == "\(file.stem).violates.slt" }) else {
                Issue.record("\(file.name): there is no \(file.stem).violates.slt")
                continue
            }
            let known = Set(other.expectations.map(\.profile))
            let strange = file.expectations.map(\.profile).filter { !known.contains($0) }
            #expect(strange.isEmpty, "\(file.name): \(other.name) has no profile \(strange)")
        }
    }

    @Test("A name says the code that its trace is about")
    func names() throws {
        for file in try LitmusFile.all() where file.isViolating {
            let codes = Set(
                file.stem.split(separator: "-").compactMap {
                    HazardCode(rawValue: $0.uppercased())
                })
            #expect(codes.count == 1, "\(file.name): expected a code in the name, as S01-h01")
            let expected = Set(file.expectations.flatMap { $0.pairs.map(\.code) })
            #expect(
                codes.isSubset(of: expected),
                "\(file.name): no profile expects the code of the name")
        }
    }

    @Test("The scenarios of the reference are there", arguments: scenarios)
    func scenario(_ name: String) throws {
        let files = try LitmusFile.all()
        #expect(
            files.contains { $0.isViolating && $0.name.hasPrefix("\(name)-") },
            "no trace of \(name) in \(LitmusFile.folder.path)")
    }

    @Test("No trace fixes its machine or kernel: its head names the profiles")
    func neutral() throws {
        for file in try LitmusFile.all() {
            for line in file.text.split(separator: "\n") {
                #expect(
                    !line.hasPrefix("machine ") && !line.hasPrefix("kernel "),
                    "\(file.name): found \"\(line)\"")
            }
        }
    }

    @Test(
        "A head that cannot be read is refused with its place",
        arguments: [
            "# expect zynq7000: nothing", "# expect zynq7000 6.12 nothing",
            "# expect zynq7000 6.12: latent", "# expect zynq7000 6.12: latent H99",
            "# expect zynq7000 6.12: perhaps H08",
            "# expect zynq7000 6.12: latent H08 manifest H01",
            " # expect zynq7000 6.12: nothing", "# expect zynq7000 6.12:",
        ])
    func faults(_ line: String) {
        #expect {
            _ = try LitmusFile(name: "x.safe.slt", text: "staleline 1\n\(line)\n")
        } throws: { error in
            "\(error)".hasPrefix("x.safe.slt:2: found \"\(line)\"")
        }
    }
}
