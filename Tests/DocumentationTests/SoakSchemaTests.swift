import JSONSchemas
import Reports
import Testing

@testable import Soak
@testable import staleline

/// What `soak --json` says of a difference: no run has one, so it is made here.
@Suite("The schema of a soak that finds something")
struct SoakSchemaTests {
    private func document(_ difference: SoakDifference?) throws -> JSON {
        let end = SoakEnd(
            result: SoakRun.Result(tally: SoakTally(), difference: difference), seconds: 61,
            rate: (30, 15), isInterrupted: true)
        return try JSON(end.json(first: 3).compactText)
    }

    @Test("A difference of each kind follows it, and none does", arguments: SoakKind.allCases)
    func difference(_ kind: SoakKind) throws {
        let schemas = try SchemaFolder.published.get()
        let found = SoakDifference(
            reducing: WorldProgram(seed: 4), Flaw(kind: .stuck, words: ["it is stuck"]),
            SoakSubject(), kind: kind, isChosen: true)
        let document = try document(found)
        #expect(document["difference"]?["trace"]?.text?.hasPrefix("staleline 1\n") == true)
        #expect(schemas.faults(of: document) == [])
        #expect(try schemas.faults(of: self.document(nil)) == [])
    }
}
