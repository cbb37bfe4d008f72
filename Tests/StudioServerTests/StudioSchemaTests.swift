import Foundation
import JSONSchemas
import Testing

/// What the studio answers is what `docs/schema` publishes.
@Suite("Schemas of the studio")
struct StudioSchemaTests {
    @Test("Every kind of answer follows its schema")
    func answers() async throws {
        let studio = try await RunningStudio()
        defer { studio.stop() }
        let trace = Array(StudioServerTests.trace.utf8)
        let answers: [(name: String, answer: Answer)] = [
            ("studio/1", try await studio.get("/api/start")),
            ("accepted/1", try await studio.post("/api/check", trace)),
            ("errors/1", try await studio.post("/api/check", Array("staleline 1\nsd 1\n".utf8))),
            ("refusal/1", try await studio.get("/nothing")),
            ("refusal/1", try await studio.post("/api/check?kernel=old", trace)),
            ("studio-compare/1", try await studio.post("/api/compare", trace)),
            ("studio-compare/1", try await studio.post("/api/sweep", trace)),
            ("steps/1", try await studio.post("/api/run", trace)),
        ]
        let schemas = try SchemaFolder.published.get()
        for (name, answer) in answers {
            let document = try JSON(String(decoding: answer.body, as: UTF8.self))
            #expect(document["schema"]?.text == "staleline.\(name)")
            for fault in schemas.faults(of: document) { Issue.record("\(name) \(fault)") }
        }
    }
}
